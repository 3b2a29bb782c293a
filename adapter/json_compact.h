/*
 * json_compact.h - a jansson value as JSON text on one line.
 *
 * Decimals come out with as few digits (15 to 17, the same for all of the value) as bring
 * the same numbers back: 0.1, where jansson by itself writes 0.10000000000000001.
 */
#ifndef TAPBYTE_JSON_COMPACT_H
#define TAPBYTE_JSON_COMPACT_H

#include <jansson.h>

/* The text of any value, which the caller frees; NULL when memory runs out. */
char *json_compact(const json_t *value);

#endif
