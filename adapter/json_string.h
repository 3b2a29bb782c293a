/*
 * json_string.h - passes over the inside of a JSON string, as far as nothing has to be said
 * of it: plain characters, escapes of one letter, well-formed UTF-8.
 *
 * It stops at the quote that ends the string, at \u, at control characters, and at whatever
 * is wrong. There are several ways to do that; the best that this machine has is chosen at
 * run time. All give the same place (tests/test_json_string.c compares them).
 */
#ifndef TAPBYTE_JSON_STRING_H
#define TAPBYTE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "json_plain.h"

/* The place of the first byte that does not belong to what is passed over, or `end`. */
typedef const char *json_string_function(const char *p, const char *end);

/* The ways, the plainest first; the last one that is supported is the best. */
struct json_string_way {
	const char *name;
	json_string_function *pass_over;
	bool (*is_supported)(void);
};
extern const struct json_string_way json_string_ways[];
extern const size_t json_string_way_count;

/* The best way. */
const char *json_string_skip_long(const char *p, const char *end);

/* May the two bytes be passed over as one character? `p` is at the backslash. */
static inline bool json_is_short_escape(const char *p, const char *end)
{
	static const bool is_short[256] = {
		['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
		['f'] = true, ['n'] = true, ['r'] = true, ['t'] = true,
	};

	return end - p >= 2 && is_short[(unsigned char)p[1]];
}

/*
 * Most strings are short and plain, and are done with in line; so are the pieces between \u
 * escapes, which text outside ASCII consists of where a tap writes them.
 */
static inline const char *json_string_skip(const char *p, const char *end)
{
	p = json_plain_skip_short(p, end);
	if (p < end && (*p == '"' || (*p == '\\' && end - p > 1 && p[1] == 'u')))
		return p;
	return json_string_skip_long(p, end);
}

#endif
