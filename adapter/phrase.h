/*
 * phrase.h - words in a text, in any case of ASCII letters.
 */
#ifndef TAPBYTE_PHRASE_H
#define TAPBYTE_PHRASE_H

#include <stdbool.h>

#include "slice.h"

/* True if the text begins with the words. */
bool phrase_starts(struct slice text, const char *words);

/* Where the words are first, as the text from there to its end; data is NULL: nowhere. */
struct slice phrase_find(struct slice text, const char *words);

bool phrase_occurs(struct slice text, const char *words);

#endif
