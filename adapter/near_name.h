/*
 * near_name.h - is one name another one that was misspelt?
 */
#ifndef TAPBYTE_NEAR_NAME_H
#define TAPBYTE_NEAR_NAME_H

#include <stdbool.h>

#include "slice.h"

/*
 * True where the names differ in case, "-" for "_" or a space, and a slip or two: a
 * character that is missing, too much, another one, or swapped with the next; or where what
 * was written, of three characters or more, begins the other. Not for long names.
 */
bool near_name(struct slice written, struct slice meant);

#endif
