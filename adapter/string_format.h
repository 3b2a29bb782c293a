/*
 * string_format.h - the formats of JSON Schema strings: date, date-time, uri, email,
 * hostname, ipv4. Others are annotations here, as draft-07 lets them be.
 */
#ifndef TAPBYTE_STRING_FORMAT_H
#define TAPBYTE_STRING_FORMAT_H

#include <stdbool.h>

#include "slice.h"

/*
 * NULL when the text is of the format, or the format is none of these; else what it must
 * be: "must be a date like 2024-01-31". Lives forever.
 */
const char *string_format_problem(const char *format, struct slice text);

#endif
