/*
 * pattern.h - the regular expressions of a spec, as near to ECMA 262 as PCRE2 comes.
 */
#ifndef TAPBYTE_PATTERN_H
#define TAPBYTE_PATTERN_H

#include <stdbool.h>

#include "error.h"
#include "json_place.h"
#include "slice.h"

/* Does it compile? An error (FAILURE_SYSTEM) names the place, the offset and why not. */
bool pattern_check(const char *pattern, const struct json_place *place, struct error *error);

enum pattern_result {
	PATTERN_MATCHES,
	PATTERN_DIFFERS,
	PATTERN_UNKNOWN, /* too many steps or too much memory, or the pattern does not compile */
};

/* Is the pattern somewhere in the text, which is UTF-8? */
enum pattern_result pattern_match(const char *pattern, struct slice text);

#endif
