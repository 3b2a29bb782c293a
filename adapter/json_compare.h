/*
 * json_compare.h - values as JSON Schema compares them: 1 and 1.0 are equal.
 */
#ifndef TAPBYTE_JSON_COMPARE_H
#define TAPBYTE_JSON_COMPARE_H

#include <jansson.h>
#include <stdbool.h>

/* <0, 0, >0; exact, as no integer is rounded to a double. */
int json_compare_numbers(const json_t *a, const json_t *b);

/* NULL is equal to nothing. */
bool json_compare_equal(const json_t *a, const json_t *b);

#endif
