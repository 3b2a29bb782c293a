/*
 * The first line is a secret, the rest a text in which @ stands for the secret, and @ with a
 * digit for it in another spelling: none of them is in what comes out, and nothing else is
 * changed.
 */
#include "base64.h"
#include "fuzz.h"
#include "json_text.h"
#include "secret_mask.h"

static bool contains(struct slice text, struct slice part)
{
	return text.length > 0 && memmem(text.data, text.length, part.data, part.length) != NULL;
}

static void append_digits(struct buffer *out, struct slice text, const char *before)
{
	for (size_t i = 0; i < text.length; i++) {
		char digits[3];

		snprintf(digits, sizeof(digits), "%02X", (unsigned char)text.data[i]);
		buffer_append_string(out, before);
		buffer_append_string(out, digits);
	}
}

/* '0' to '4'; false for what is no spelling. */
static bool append_spelling(struct buffer *out, struct slice secret, char spelling)
{
	switch (spelling) {
	case '0':
		append_digits(out, secret, "%");
		return true;
	case '1':
		append_digits(out, secret, "");
		return true;
	case '2':
		return base64_encode(out, secret), true;
	case '3':
		json_text_encode(out, secret);
		return true;
	default:
		buffer_append(out, secret);
		return false;
	}
}

static void fill_in(struct buffer *out, struct slice text, struct slice secret)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] != '@')
			buffer_append_char(out, text.data[i]);
		else if (i + 1 < text.length && append_spelling(out, secret, text.data[i + 1]))
			i++;
		else if (i + 1 == text.length)
			buffer_append(out, secret);
	}
}

/* What is left between the replacements stands in the text in the same order. */
static void check_rest(struct slice masked, struct slice text)
{
	const struct slice mark = SLICE(SECRET_REPLACEMENT);

	while (masked.length > 0) {
		const char *end = memmem(masked.data, masked.length, mark.data, mark.length);
		size_t length = end != NULL ? (size_t)(end - masked.data) : masked.length;
		const char *found = length > 0 ? memmem(text.data, text.length, masked.data, length)
					       : text.data;

		FUZZ_CHECK(found != NULL);
		text = slice_of(found + length,
				text.length - (size_t)(found - text.data) - length);
		length += end != NULL ? mark.length : 0;
		masked = slice_of(masked.data + length, masked.length - length);
	}
}

static void check_spellings(struct slice masked, struct slice secret)
{
	struct buffer spelling;

	buffer_init(&spelling, BUFFER_MAXIMUM);
	for (char c = '0'; c <= '4'; c++) {
		buffer_clear(&spelling);
		(void)append_spelling(&spelling, secret, c);
		FUZZ_CHECK(!contains(masked, buffer_slice(&spelling)));
	}
	buffer_release(&spelling);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), secret = SLICE("");
	struct secret_mask mask = SECRET_MASK_EMPTY;
	struct buffer filled, masked;

	buffer_init(&filled, BUFFER_MAXIMUM);
	buffer_init(&masked, BUFFER_MAXIMUM);
	(void)slice_take_line(&text, &secret);
	if (secret.length >= SECRET_LENGTH_ANYWHERE && !contains(secret, SLICE("*")) &&
	    fuzz_is_utf8(secret)) {
		mask = fuzz_make_mask(secret);
		fill_in(&filled, text, secret);
		secret_mask_apply(&mask, &masked, buffer_slice(&filled));
		FUZZ_CHECK(!masked.failed);
		check_spellings(buffer_slice(&masked), secret);
		if (!contains(buffer_slice(&filled), SLICE("*")))
			check_rest(buffer_slice(&masked), buffer_slice(&filled));
	}
	secret_mask_release(&mask);
	buffer_release(&filled);
	buffer_release(&masked);
	return 0;
}
