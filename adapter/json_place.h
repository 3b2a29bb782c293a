/*
 * json_place.h - a place inside a JSON value, as a chain of structs on the stack.
 *
 * A walk hands each child its place; nothing is allocated or printed until a message
 * needs the text.
 */
#ifndef TAPBYTE_JSON_PLACE_H
#define TAPBYTE_JSON_PLACE_H

#include <stddef.h>

#include "buffer.h"

struct json_place {
	const struct json_place *parent; /* NULL: the root */
	const char *key; /* a member's name; NULL: an element; the root's text */
	size_t index;    /* an element's */
};

/* `text` begins the text of the root and all places in it: "", "/config". Borrowed. */
static inline struct json_place json_place_root(const char *text)
{
	return (struct json_place){ .key = text };
}

static inline struct json_place json_place_member(const struct json_place *parent, const char *key)
{
	return (struct json_place){ .parent = parent, .key = key };
}

static inline struct json_place json_place_element(const struct json_place *parent, size_t index)
{
	return (struct json_place){ .parent = parent, .index = index };
}

/* Appends the place as a JSON pointer (RFC 6901): "/a~1b/0". */
void json_place_pointer(const struct json_place *place, struct buffer *out);

/* Appends it as a person reads it: "credentials.keys[0]". */
void json_place_path(const struct json_place *place, struct buffer *out);

#endif
