#include "json_mask.h"

#include <ctype.h>

#include "json_scan.h"
#include "json_token.h"

static bool is_json(struct slice text)
{
	struct json_scan scan;
	struct slice value;

	json_scan_init(&scan, text);
	return json_scan_value(&scan, &value) && json_scan_end(&scan);
}

/* A number has no room for stars. Nines, if it is made of ones. */
static void append_digits(struct buffer *out, struct slice number)
{
	char digit = memchr(number.data, '1', number.length) != NULL ? '9' : '1';

	for (size_t i = 0; i < number.length; i++)
		buffer_append_char(out, isdigit((unsigned char)number.data[i]) ? digit
									       : number.data[i]);
}

static void append_token(struct buffer *out, const struct json_token *token, struct slice masked)
{
	if (slice_equals(token->text, masked))
		buffer_append(out, masked);
	else if (token->kind == JSON_TOKEN_NUMBER)
		append_digits(out, token->text);
	else if (slice_starts_with(masked, SLICE("\"")) && is_json(masked))
		buffer_append(out, masked);
	else /* it was masked up to the middle of an escape, or with a quote */
		buffer_append_string(out, "\"" SECRET_REPLACEMENT "\"");
}

static bool mask_token(const struct secret_mask *mask, struct buffer *out,
		       const struct json_token *token)
{
	struct buffer masked;

	buffer_init(&masked, out->maximum);
	secret_mask_apply(mask, &masked, token->text);
	if (!masked.failed)
		append_token(out, token, buffer_slice(&masked));
	else
		out->failed = true;
	buffer_release(&masked);
	return !out->failed;
}

/*
 * Where the text as a whole has no secret in it, a number may still be one: a short one counts
 * only if it is all of a text.
 */
static void mask_tokens(const struct secret_mask *mask, struct buffer *out, struct slice text,
			bool numbers_only)
{
	struct json_token token;

	while (!out->failed && json_token_next(&text, &token)) {
		if (token.kind == JSON_TOKEN_REST ||
		    (numbers_only && token.kind != JSON_TOKEN_NUMBER))
			buffer_append(out, token.text);
		else if (!mask_token(mask, out, &token))
			break;
	}
}

/* A secret that goes over more than one token: then it is no JSON any more. */
static void mask_rest(const struct secret_mask *mask, struct buffer *out, size_t start)
{
	struct slice text = slice_of(out->data + start, out->length - start);
	struct buffer whole;

	buffer_init(&whole, out->maximum);
	secret_mask_apply(mask, &whole, text);
	out->failed = out->failed || whole.failed;
	if (!slice_equals(buffer_slice(&whole), text)) {
		out->length = start;
		buffer_append(out, buffer_slice(&whole));
	}
	buffer_release(&whole);
}

void json_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text)
{
	size_t start = out->length;
	struct buffer whole;
	bool clean;

	buffer_init(&whole, out->maximum);
	secret_mask_apply(mask, &whole, text);
	out->failed = out->failed || whole.failed;
	clean = slice_equals(buffer_slice(&whole), text);
	if (!is_json(text))
		buffer_append(out, buffer_slice(&whole));
	else
		mask_tokens(mask, out, text, clean);
	if (!clean && !out->failed)
		mask_rest(mask, out, start);
	if (out->failed)
		out->length = start;
	buffer_release(&whole);
}
