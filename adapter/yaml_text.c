#include "yaml_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_compact.h"
#include "unicode.h"

/* What is deeper is written as JSON, which YAML is made to read. */
#define DEPTH_MAX 32

/* YAML scanners take no longer key for one that has a colon after it. */
#define KEY_MAX 1000

/* Not allowed, or the end of a line, or gone: all of it in the first plane. */
static bool is_special(uint32_t code)
{
	return code == 0x7f || (code >= 0x80 && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
	       code == 0xfeff || code == 0xfffe || code == 0xffff;
}

/* The code point of a well-formed sequence. */
static uint32_t code_of(const char *bytes, size_t length)
{
	uint32_t code = (unsigned char)bytes[0];

	if (length > 1)
		code &= 0x7f >> length;
	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
	return code;
}

/* From quote to quote; what follows it. */
static const char *append_string(struct buffer *text, const char *at, const char *end)
{
	bool well_formed;

	do {
		size_t length = *at == '\\' ? 2 : utf8_sequence(at, end, &well_formed);
		uint32_t code = *at == '\\' ? 0 : code_of(at, length);
		char escape[16];

		if (is_special(code)) {
			snprintf(escape, sizeof(escape), "\\u%04" PRIX32, code);
			buffer_append_string(text, escape);
		} else {
			buffer_append(text, slice_of(at, length));
		}
		at += length;
	} while (at < end && *at != '"');
	buffer_append_char(text, '"');
	return at + 1;
}

/* YAML 1.1 wants a point before an exponent, and a sign in it. */
static const char *append_number(struct buffer *text, const char *at)
{
	size_t mantissa = strspn(at, "-0123456789.");
	size_t exponent = strspn(at + mantissa, "eE+-0123456789");

	buffer_append(text, slice_of(at, mantissa));
	if (exponent > 0) {
		const char *sign = strchr("+-", at[mantissa + 1]) == NULL ? "e+" : "e";

		buffer_append_string(text, memchr(at, '.', mantissa) == NULL ? ".0" : "");
		buffer_append_string(text, sign);
		buffer_append(text, slice_of(at + mantissa + 1, exponent - 1));
	}
	return at + mantissa + exponent;
}

/* JSON on one line. */
static void append_flow(struct buffer *text, const char *json)
{
	const char *end = json + strlen(json);

	for (const char *at = json; at < end;) {
		if (*at == '"')
			at = append_string(text, at, end);
		else if (*at == '-' || isdigit((unsigned char)*at))
			at = append_number(text, at);
		else
			buffer_append_char(text, *at++);
	}
}

static void append_json(struct buffer *text, const json_t *value)
{
	char *json = json_compact(value);

	if (json == NULL)
		text->failed = true;
	else
		append_flow(text, json);
	free(json);
}

/* A name of letters that YAML has no other meaning for. */
static bool is_plain(const char *key)
{
	static const char *const meanings[] = { "true", "false", "null", "yes", "no", "on", "off",
						"y", "n" };

	for (size_t i = 0; i < COUNT(meanings); i++)
		if (strcasecmp(key, meanings[i]) == 0)
			return false;
	if (!isalpha((unsigned char)*key))
		return false;
	while (isalnum((unsigned char)*key) || *key == '_')
		key++;
	return *key == '\0';
}

static void indent(struct buffer *text, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buffer_append_string(text, "  ");
}

/* With its colon. */
static void append_key(struct buffer *text, const char *key, unsigned depth)
{
	bool is_long = strlen(key) > KEY_MAX;
	json_t *string;

	if (is_long)
		buffer_append_string(text, "? ");
	if (is_plain(key)) {
		buffer_append_string(text, key);
	} else {
		string = json_string(key);
		append_json(text, string);
		json_decref(string);
	}
	if (is_long) {
		buffer_append_char(text, '\n');
		indent(text, depth);
	}
	buffer_append_char(text, ':');
}

static bool is_block(const json_t *value, unsigned depth)
{
	return depth < DEPTH_MAX && (json_object_size(value) > 0 || json_array_size(value) > 0);
}

static void append_block(struct buffer *text, const json_t *value, unsigned depth);

/* What follows a key's colon, or the dash of an element. */
static void append_value(struct buffer *text, const json_t *value, unsigned depth)
{
	if (is_block(value, depth)) {
		buffer_append_char(text, '\n');
		append_block(text, value, depth);
		return;
	}
	buffer_append_char(text, ' ');
	append_json(text, value);
	buffer_append_char(text, '\n');
}

static void append_block(struct buffer *text, const json_t *value, unsigned depth)
{
	const char *key;
	json_t *member;
	size_t index;

	json_object_foreach((json_t *)value, key, member) {
		indent(text, depth);
		append_key(text, key, depth);
		append_value(text, member, depth + 1);
	}
	json_array_foreach(value, index, member) {
		indent(text, depth);
		buffer_append_char(text, '-');
		append_value(text, member, depth + 1);
	}
}

bool yaml_text_append(struct buffer *text, const json_t *object)
{
	append_block(text, object, 0);
	return !text->failed;
}
