#include "json_token.h"

#include <ctype.h>

static size_t string_length(struct slice text)
{
	size_t at = 1;

	while (at < text.length && text.data[at] != '"')
		at += text.data[at] == '\\' ? 2 : 1;
	return at < text.length ? at + 1 : text.length;
}

static bool is_key(struct slice behind)
{
	size_t at = 0;

	while (at < behind.length && isspace((unsigned char)behind.data[at]))
		at++;
	return at < behind.length && behind.data[at] == ':';
}

static bool begins_number(const char *p, const char *end)
{
	return isdigit((unsigned char)*p) ||
	       (*p == '-' && p + 1 < end && isdigit((unsigned char)p[1]));
}

static bool is_in_number(char byte)
{
	return isdigit((unsigned char)byte) || byte == '.' || byte == 'e' || byte == 'E' ||
	       byte == '+' || byte == '-';
}

bool json_token_next(struct slice *text, struct json_token *token)
{
	const char *p = text->data, *end;
	size_t length = 1;

	if (text->length == 0)
		return false;
	end = p + text->length;
	if (*p == '"') {
		length = string_length(*text);
		token->kind = is_key(slice_after(*text, length)) ? JSON_TOKEN_KEY
								 : JSON_TOKEN_STRING;
	} else if (begins_number(p, end)) {
		while (length < text->length && is_in_number(p[length]))
			length++;
		token->kind = JSON_TOKEN_NUMBER;
	} else {
		while (length < text->length && p[length] != '"' &&
		       !begins_number(p + length, end))
			length++;
		token->kind = JSON_TOKEN_REST;
	}
	token->text = slice_of(p, length);
	*text = slice_after(*text, length);
	return true;
}
