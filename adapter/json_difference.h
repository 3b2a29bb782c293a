/*
 * json_difference.h - where two JSON texts differ.
 */
#ifndef TAPBYTE_JSON_DIFFERENCE_H
#define TAPBYTE_JSON_DIFFERENCE_H

#include <stdbool.h>

#include "error.h"
#include "slice.h"

/* Told of a place, as a JSON pointer; the slice of a side that lacks it has a NULL pointer. */
typedef void json_difference_say(void *owner, const char *pointer, struct slice was,
				 struct slice is);

/*
 * Tells of each place where the values differ, in the order of `was` and then of what only
 * `is` has; of at most `maximum`. Objects are compared member by member, arrays element by
 * element, anything else by its text. False: one of them is no JSON, or memory ran out.
 */
bool json_difference(struct slice was, struct slice is, size_t maximum,
		     json_difference_say *say, void *owner, struct error *error);

#endif
