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

static void mask_tokens(const struct secret_mask *mask, struct buffer *out, struct slice text)
{
	struct json_token token;
	struct buffer masked;

	buffer_init(&masked, out->maximum);
	while (!out->failed && json_token_next(&text, &token)) {
		buffer_clear(&masked);
		if (token.kind == JSON_TOKEN_REST)
			buffer_append(&masked, token.text);
		else
			secret_mask_apply(mask, &masked, token.text);
		if (masked.failed)
			out->failed = true;
		else
			append_token(out, &token, buffer_slice(&masked));
	}
	buffer_release(&masked);
}

void json_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text)
{
	size_t start = out->length;
	struct buffer whole;

	buffer_init(&whole, out->maximum);
	secret_mask_apply(mask, &whole, text);
	if (!whole.failed && !is_json(text)) {
		buffer_append(out, buffer_slice(&whole));
	} else if (!whole.failed) {
		if (slice_equals(buffer_slice(&whole), text))
			buffer_append(out, text);
		else
			mask_tokens(mask, out, text);
		buffer_clear(&whole);
		secret_mask_apply(mask, &whole, slice_of(out->data + start, out->length - start));
		/* a secret that goes over more than one token: then it is no JSON any more */
		if (!slice_equals(buffer_slice(&whole),
				  slice_of(out->data + start, out->length - start))) {
			out->length = start;
			buffer_append(out, buffer_slice(&whole));
		}
	}
	if (whole.failed)
		out->failed = true;
	if (out->failed)
		out->length = start;
	buffer_release(&whole);
}
