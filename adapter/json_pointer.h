/*
 * json_pointer.h - places in JSON values by JSON pointer (RFC 6901): "", "/a~1b/0".
 *
 * Pointers are checked with json_pointer_problem when they are loaded; the other
 * functions take valid ones only. A function that returns NULL or false sets the error
 * when memory runs out, and otherwise leaves it alone: there is no such place.
 */
#ifndef TAPBYTE_JSON_POINTER_H
#define TAPBYTE_JSON_POINTER_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"

/* NULL when it is one, else what a pointer must be; lives forever. */
const char *json_pointer_problem(const char *pointer);

/* Appends one step, "/" and the key with "~" and "/" escaped. */
void json_pointer_append(struct buffer *out, const char *key);

/*
 * Takes the first step off *pointer; *token is then its key, NUL-terminated. False at
 * the end, and when memory runs out. The caller initialises and releases the buffer.
 */
bool json_pointer_step(const char **pointer, struct buffer *token, struct error *error);

/* What stands there, borrowed. */
const json_t *json_pointer_get(const json_t *value, const char *pointer, struct error *error);

/* Puts a value, which it takes, into an object or array that is there already. */
bool json_pointer_set(json_t *root, const char *pointer, json_t *value, struct error *error);

/*
 * Puts a value, which it takes, at a place where nothing is yet; makes the objects
 * around it. False where a value is there or in the way.
 */
bool json_pointer_make(json_t *root, const char *pointer, json_t *value, struct error *error);

#endif
