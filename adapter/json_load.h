/*
 * json_load.h - a text parsed by jansson, whole or not at all.
 *
 * When memory runs out in the middle of a string jansson goes on without the bytes that
 * it could not keep: a password has lost a letter, or memory is written that is not its
 * own. Here that is a failure. Not for more than one thread.
 */
#ifndef TAPBYTE_JSON_LOAD_H
#define TAPBYTE_JSON_LOAD_H

#include <jansson.h>

#include "slice.h"

/* As json_loadb, also of no bytes. NULL with an empty problem->text: memory ran out. */
json_t *json_load_slice(struct slice text, size_t flags, json_error_t *problem);

#endif
