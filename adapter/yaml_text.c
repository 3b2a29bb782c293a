#include "yaml_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_compact.h"

/* What is deeper is written as JSON, which YAML is made to read. */
#define DEPTH_MAX 32

static void append_json(struct buffer *text, const json_t *value)
{
	char *json = json_compact(value);

	if (json == NULL)
		text->failed = true;
	else
		buffer_append_string(text, json);
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

static void append_key(struct buffer *text, const char *key)
{
	json_t *string;

	if (is_plain(key)) {
		buffer_append_string(text, key);
		return;
	}
	string = json_string(key);
	append_json(text, string);
	json_decref(string);
}

static void indent(struct buffer *text, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buffer_append_string(text, "  ");
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
		append_key(text, key);
		buffer_append_char(text, ':');
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
