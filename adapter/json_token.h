/*
 * json_token.h - the strings and numbers of a JSON text, one after the other, for whoever
 * replaces some of them and copies the rest.
 *
 *	while (json_token_next(&text, &token))
 *		if (token.kind == JSON_TOKEN_STRING)
 *			...
 *		else
 *			buffer_append(out, token.text);
 */
#ifndef TAPBYTE_JSON_TOKEN_H
#define TAPBYTE_JSON_TOKEN_H

#include <stdbool.h>

#include "slice.h"

enum json_token_kind {
	JSON_TOKEN_KEY,    /* a member's name, with its quotes */
	JSON_TOKEN_STRING, /* with its quotes */
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_REST,   /* brackets, commas, white space, true, false, null, NaN */
};

struct json_token {
	enum json_token_kind kind;
	struct slice text;
};

/*
 * Takes the first token from the text, which is valid JSON (of any other text the tokens
 * are all its bytes, too). False at the end.
 */
bool json_token_next(struct slice *text, struct json_token *token);

#endif
