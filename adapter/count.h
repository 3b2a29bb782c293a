/*
 * count.h - how many elements an array has; not for pointers.
 */
#ifndef TAPBYTE_COUNT_H
#define TAPBYTE_COUNT_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
