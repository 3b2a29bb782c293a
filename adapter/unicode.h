/*
 * unicode.h - UTF-8 sequences in bytes, and UTF-16 units in JSON's \u escapes.
 *
 * Inline, because the scanner passes every byte outside ASCII through here.
 */
#ifndef TAPBYTE_UNICODE_H
#define TAPBYTE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/* U+FFFD, which stands for what cannot be read. */
#define UNICODE_REPLACEMENT SLICE("\xef\xbf\xbd")

/*
 * The length of the UTF-8 sequence at `p`, which is before `end`. Well-formed is what
 * table 3-7 of the Unicode standard lists; where the bytes are not, the length is that
 * of the maximal subpart, the piece that one U+FFFD replaces.
 */
static inline size_t utf8_sequence(const char *p, const char *end, bool *well_formed)
{
	unsigned char lead = (unsigned char)*p;
	unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	*well_formed = lead < 0x80 || (lead >= 0xc2 && lead <= 0xf4);
	if (!*well_formed)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if (p + i == end || (unsigned char)p[i] < low || (unsigned char)p[i] > high) {
			*well_formed = false;
			return i;
		}
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

/* Writes a code point that is no surrogate; gives the number of bytes. */
static inline size_t utf8_write(char bytes[4], uint32_t code)
{
	if (code < 0x80) {
		bytes[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | code >> 18);
	bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* The digit's value plus one; 0 is no digit. */
static const unsigned char unicode_hex_digit[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

#define UNICODE_ESCAPE_LENGTH 6 /* \uXXXX */

/* The UTF-16 unit of a whole \uXXXX at `p`, or -1 where there is none. */
static inline int unicode_escape(const char *p, const char *end)
{
	int unit = 0;

	if (end - p < UNICODE_ESCAPE_LENGTH || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (size_t i = 2; i < UNICODE_ESCAPE_LENGTH; i++) {
		int digit = unicode_hex_digit[(unsigned char)p[i]];

		if (digit == 0)
			return -1;
		unit = unit << 4 | (digit - 1);
	}
	return unit;
}

static inline bool unicode_is_high_surrogate(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static inline bool unicode_is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static inline bool unicode_is_surrogate(int unit)
{
	return unit >= 0xd800 && unit <= 0xdfff;
}

static inline uint32_t unicode_join_surrogates(int high, int low)
{
	return 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

#endif
