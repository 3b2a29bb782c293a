#include "json_pointer.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAXIMUM ((size_t)16 << 20)

const char *json_pointer_problem(const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return "must be a JSON pointer: \"\" or begin with \"/\"";
	for (; *pointer != '\0'; pointer++)
		if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
			return "must be a JSON pointer: \"~\" is written \"~0\"";
	return NULL;
}

void json_pointer_append(struct buffer *out, const char *key)
{
	buffer_append_char(out, '/');
	for (; *key != '\0'; key++) {
		if (*key == '~')
			buffer_append_string(out, "~0");
		else if (*key == '/')
			buffer_append_string(out, "~1");
		else
			buffer_append_char(out, *key);
	}
}

bool json_pointer_step(const char **pointer, struct buffer *token, struct error *error)
{
	const char *at = *pointer;

	if (*at == '\0')
		return false;
	buffer_clear(token);
	for (at++; *at != '/' && *at != '\0'; at++) {
		if (*at == '~')
			buffer_append_char(token, *++at == '0' ? '~' : '/');
		else
			buffer_append_char(token, *at);
	}
	buffer_append_char(token, '\0');
	if (token->failed)
		return error_set_no_memory(error);
	*pointer = at;
	return true;
}

/* An index as RFC 6901 writes it; false where the key is none. */
static bool index_of(const char *key, size_t *index)
{
	size_t length = strlen(key);

	if (length == 0 || length > 9 || key[strspn(key, "0123456789")] != '\0' ||
	    (key[0] == '0' && length > 1))
		return false;
	*index = strtoul(key, NULL, 10);
	return true;
}

/* The member or element that a key names; NULL: there is none. */
static const json_t *child_of(const json_t *value, const char *key)
{
	size_t index;

	if (!json_is_array(value))
		return json_object_get(value, key);
	return index_of(key, &index) ? json_array_get(value, index) : NULL;
}

const json_t *json_pointer_get(const json_t *value, const char *pointer, struct error *error)
{
	struct buffer token;

	buffer_init(&token, TOKEN_MAXIMUM);
	while (value != NULL && json_pointer_step(&pointer, &token, error))
		value = child_of(value, token.data);
	buffer_release(&token);
	return *pointer == '\0' ? value : NULL;
}

static json_t *object_in(json_t *parent, const char *key, struct error *error)
{
	json_t *child = json_object_get(parent, key);

	if (child != NULL || !json_is_object(parent))
		return child;
	child = json_object();
	if (json_object_set_new(parent, key, child) != 0) {
		error_set_no_memory(error);
		return NULL;
	}
	return child;
}

/* Where the last step begins, whose key goes to *token. NULL: nowhere. */
static json_t *parent_of(json_t *root, const char *pointer, bool make, struct buffer *token,
			 struct error *error)
{
	while (root != NULL && json_pointer_step(&pointer, token, error)) {
		if (*pointer == '\0')
			return root;
		root = make ? object_in(root, token->data, error)
			    : (json_t *)child_of(root, token->data);
	}
	return NULL;
}

/* -1: memory ran out. */
static int put(json_t *parent, const char *key, json_t *value)
{
	size_t index;

	if (json_is_object(parent))
		return json_object_set(parent, key, value);
	return index_of(key, &index) ? json_array_set(parent, index, value) : -1;
}

bool json_pointer_set(json_t *root, const char *pointer, json_t *value, struct error *error)
{
	struct buffer token;
	json_t *parent;
	bool done = false;

	buffer_init(&token, TOKEN_MAXIMUM);
	parent = parent_of(root, pointer, false, &token, error);
	if (json_is_object(parent) ||
	    (json_is_array(parent) && child_of(parent, token.data) != NULL))
		done = put(parent, token.data, value) == 0 || error_set_no_memory(error);
	buffer_release(&token);
	json_decref(value);
	return done;
}

bool json_pointer_make(json_t *root, const char *pointer, json_t *value, struct error *error)
{
	struct buffer token;
	json_t *parent;
	bool done = false;

	buffer_init(&token, TOKEN_MAXIMUM);
	parent = parent_of(root, pointer, true, &token, error);
	if (json_is_object(parent) && json_object_get(parent, token.data) == NULL)
		done = put(parent, token.data, value) == 0 || error_set_no_memory(error);
	buffer_release(&token);
	json_decref(value);
	return done;
}
