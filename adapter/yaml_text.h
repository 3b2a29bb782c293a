/*
 * yaml_text.h - JSON values as YAML, in blocks as people write it.
 *
 * Strings are double-quoted as in JSON, and so are keys that might be read as anything else than
 * a string. What YAML 1.1 or 1.2 would not read as JSON does is written otherwise: characters
 * that it does not allow or takes for line ends, numbers with an exponent, very long keys.
 */
#ifndef TAPBYTE_YAML_TEXT_H
#define TAPBYTE_YAML_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"

/* Appends the members of an object, a line or more each. False: memory ran out. */
bool yaml_text_append(struct buffer *text, const json_t *object);

#endif
