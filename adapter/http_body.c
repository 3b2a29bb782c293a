#include "http_body.h"

#include <ctype.h>
#include <strings.h>

#include "count.h"
#include "json_load.h"
#include "json_pointer.h"
#include "unicode.h"

/* Where APIs put the sentence, the more telling first. */
static const char *const message_places[] = {
	"/message", "/error_description", "/error/message", "/error", "/errors/0/message",
	"/errors/0/detail", "/errors/0", "/0/message", "/errorMessages/0", "/error_message",
	"/detail", "/msg", "/title",
};

json_t *http_body_json(struct slice body, bool *failed)
{
	json_error_t problem;
	json_t *json = json_load_slice(body, JSON_ALLOW_NUL, &problem);

	if (json == NULL && problem.text[0] == '\0')
		*failed = true;
	return json;
}

static struct slice message_of(const json_t *json, bool *failed)
{
	struct error error = ERROR_NONE;

	for (size_t i = 0; i < COUNT(message_places); i++) {
		const json_t *message = json_pointer_get(json, message_places[i], &error);

		*failed = *failed || error.set;
		if (json_string_length(message) > 0)
			return slice_of(json_string_value(message), json_string_length(message));
	}
	return SLICE("");
}

static size_t find(struct slice text, size_t start, struct slice word)
{
	for (size_t i = start; i + word.length <= text.length; i++)
		if (strncasecmp(text.data + i, word.data, word.length) == 0)
			return i;
	return text.length;
}

static bool is_markup(struct slice body)
{
	size_t i = 0;

	while (i < body.length && isspace((unsigned char)body.data[i]))
		i++;
	return i < body.length && body.data[i] == '<';
}

static struct slice title_of(struct slice html)
{
	size_t start = find(html, 0, SLICE("<title"));
	size_t end;

	start = find(html, start, SLICE(">"));
	if (start == html.length)
		return SLICE("");
	start++;
	end = find(html, start, SLICE("</title"));
	return end == html.length ? SLICE("") : slice_of(html.data + start, end - start);
}

/* The text in one line, white space and control characters as single spaces. */
static void append_line(struct buffer *out, struct slice text, size_t maximum)
{
	size_t start = out->length;
	bool space = false, well_formed;

	for (size_t i = 0, length; i < text.length; i += length) {
		unsigned char byte = (unsigned char)text.data[i];

		length = utf8_sequence(text.data + i, text.data + text.length, &well_formed);
		if (isspace(byte) || iscntrl(byte)) {
			space = out->length > start;
			continue;
		}
		if (out->length - start + space + length > maximum) {
			buffer_append_string(out, "...");
			return;
		}
		if (space)
			buffer_append_char(out, ' ');
		space = false;
		buffer_append(out, slice_of(text.data + i, length));
	}
}

static void append_masked_line(struct buffer *out, struct slice text,
			       const struct secret_mask *mask, size_t maximum)
{
	struct buffer masked;

	buffer_init(&masked, BUFFER_MAXIMUM);
	secret_mask_apply(mask, &masked, text);
	if (masked.failed)
		out->failed = true;
	append_line(out, buffer_slice(&masked), maximum);
	buffer_release(&masked);
}

void http_body_words(struct slice body, const struct secret_mask *mask, struct buffer *words)
{
	json_t *json = http_body_json(body, &words->failed);
	struct slice message = message_of(json, &words->failed);

	if (message.length > 0)
		append_masked_line(words, message, mask, HTTP_BODY_MESSAGE_MAX);
	else if (is_markup(body))
		append_masked_line(words, title_of(body), mask, HTTP_BODY_TEXT_MAX);
	else
		append_masked_line(words, body, mask, HTTP_BODY_TEXT_MAX);
	json_decref(json);
}
