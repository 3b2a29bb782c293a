/*
 * yaml_text.h - JSON values as YAML, in blocks as people write it.
 *
 * Strings are double-quoted as in JSON, which YAML reads the same way; keys are where they
 * might be read as anything else than a string.
 */
#ifndef TAPBYTE_YAML_TEXT_H
#define TAPBYTE_YAML_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"

/* Appends the members of an object, a line or more each. False: memory ran out. */
bool yaml_text_append(struct buffer *text, const json_t *object);

#endif
