/*
 * The input is lines of a tap: a first line is a secret, the rest its stdout. Masked and
 * anonymized, JSON stays JSON, the secret is gone, and no line is lost. A value with a quote in
 * it, as broken lines have them, may go over several tokens of a log line: that may end as text.
 */
#include "anonymizer.h"
#include "fuzz.h"
#include "json_mask.h"

static bool is_json(struct slice text)
{
	struct json_scan scan;
	struct slice value;

	json_scan_init(&scan, text);
	return json_scan_value(&scan, &value) && json_scan_end(&scan);
}

static bool has_stars(struct slice text)
{
	return memmem(text.data, text.length, "****", 4) != NULL;
}

static void check_masked(const struct secret_mask *mask, struct slice secret, struct slice line,
			 struct buffer *masked)
{
	buffer_clear(masked);
	json_mask_apply(mask, masked, line);
	FUZZ_CHECK(!masked->failed);
	if (secret.length >= 6 && masked->length > 0)
		FUZZ_CHECK(memmem(masked->data, masked->length, secret.data, secret.length) ==
			   NULL || memmem("****", 4, secret.data, secret.length) != NULL ||
			   memchr(secret.data, '*', secret.length) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct siphash_key key = { { 1, 2 } };
	struct slice text = slice_of((const char *)data, size), secret, line;
	struct secret_mask mask = SECRET_MASK_EMPTY;
	struct error error = ERROR_NONE;
	struct recording recording;
	struct recording_cursor cursor;
	struct recording_line after;
	struct buffer masked, were_json; /* a byte for each line */
	bool quotes = memchr(data, '\\', size) != NULL; /* in values */
	size_t lines = 0;

	recording_init(&recording);
	buffer_init(&masked, BUFFER_MAXIMUM);
	buffer_init(&were_json, BUFFER_MAXIMUM);
	if (!slice_take_line(&text, &secret))
		secret = SLICE("");
	if (secret.length > 0)
		FUZZ_CHECK(secret_mask_add(&mask, secret));
	while (slice_take_line(&text, &line)) {
		check_masked(&mask, secret, line, &masked);
		FUZZ_CHECK(recording_add_line(&recording, 0, RECORDING_OUT, buffer_slice(&masked),
					      true));
		buffer_append_char(&were_json, is_json(buffer_slice(&masked)));
		quotes = quotes || !is_json(buffer_slice(&masked));
	}
	FUZZ_CHECK(anonymizer_apply_key(&recording, NULL, &key, &error));
	cursor = recording_begin(&recording);
	while (recording_next(&cursor, &after)) {
		FUZZ_CHECK(lines < were_json.length);
		FUZZ_CHECK(!were_json.data[lines++] || is_json(after.text) ||
			   (quotes && has_stars(after.text)));
	}
	FUZZ_CHECK(lines == were_json.length);
	recording_release(&recording);
	secret_mask_release(&mask);
	buffer_release(&masked);
	buffer_release(&were_json);
	return 0;
}
