/*
 * colours.h - may what is printed for people have colours?
 */
#ifndef TAPBYTE_COLOURS_H
#define TAPBYTE_COLOURS_H

#include <stdbool.h>

/* stdout is a terminal that has them, and NO_COLOR (https://no-color.org) is not set. */
bool colours_are_wanted(void);

#endif
