/*
 * json_scan.h - JSON read forward, one value or member at a time, without a tree.
 *
 * The scanner validates what it passes over and hands out slices of the text
 * itself, so numbers and strings keep their spelling. It allocates nothing. The
 * grammar is RFC 8259, with these decisions of our own (tests/test_json_scan.c
 * holds the table that compares them with jansson's verdict):
 *
 *  - NaN, Infinity and -Infinity outside strings, which Python's json module
 *    writes, are passed over and noted: they have to be mended (json_text.h);
 *  - strings with bytes that are no UTF-8, and lone surrogates (\ud83d with no
 *    partner), are passed over and noted likewise;
 *  - numbers may have any number of digits and any exponent;
 *  - nesting is limited to JSON_DEPTH_MAX.
 *
 * Calling sequence for an object (an array is alike, with json_scan_element):
 *
 *	struct json_scan scan;
 *	struct slice key, value;
 *	bool first = true;
 *
 *	json_scan_init(&scan, text);
 *	if (!json_scan_open(&scan, '{'))
 *		...broken
 *	while (json_scan_member(&scan, &first, &key))
 *		json_scan_value(&scan, &value);
 *	if (scan.problem)
 *		...broken, at scan.problem_at
 *
 * A problem is sticky: once set, every call returns false and reads nothing.
 */
#ifndef TAPBYTE_JSON_SCAN_H
#define TAPBYTE_JSON_SCAN_H

#include <stdbool.h>

#include "slice.h"

/*
 * Deepest nesting of arrays and objects in one text. The platform's JSON parser
 * (Jackson, StreamReadConstraints) refuses more than 1,000 levels, and an Airbyte
 * message puts one level more around a record than a Singer message does.
 */
#define JSON_DEPTH_MAX 999

/* What was passed over and has to be mended before anybody else can read it. */
enum json_found {
	JSON_FOUND_NONFINITE = 1 << 0,      /* NaN, Infinity, -Infinity */
	JSON_FOUND_BAD_UTF8 = 1 << 1,       /* bytes in a string that are no UTF-8 */
	JSON_FOUND_LONE_SURROGATE = 1 << 2, /* \ud800 to \udfff without its partner */
	JSON_FOUND_RETURN = 1 << 3,         /* a carriage return between tokens, which ends a
					       line for some readers */
};

struct json_scan {
	const char *start;      /* of the text */
	const char *next;       /* the first byte that was not read yet */
	const char *end;
	unsigned found;         /* enum json_found, of all that was read so far; may be reset */
	unsigned depth;         /* arrays and objects opened with json_scan_open */
	const char *problem;    /* NULL, or what is wrong, in words; lives forever */
	const char *problem_at; /* where, inside the text */
};

/* Starts at the first byte of the text, which is borrowed for as long as the scan lasts. */
void json_scan_init(struct json_scan *scan, struct slice text);

/* Passes over white space; gives the next byte, or '\0' at the end or after a problem. */
char json_scan_peek(struct json_scan *scan);

/*
 * Passes over one value of any kind, with all that is inside it. *value becomes its
 * text, without the white space around it (a string with its quotes). False on a problem.
 */
bool json_scan_value(struct json_scan *scan, struct slice *value);

/* Passes over '{' or '[', which must be next. */
bool json_scan_open(struct json_scan *scan, char bracket);

/*
 * Moves to the next member of the object that was opened last: passes over a comma
 * where one has to be, the key and the colon. *first is true before the first call
 * and set to false. *key is the text between the quotes, escapes as they were
 * written. False after the '}', which is passed over, and on a problem.
 */
bool json_scan_member(struct json_scan *scan, bool *first, struct slice *key);

/* The same for the next element of an array. False after the ']' and on a problem. */
bool json_scan_element(struct json_scan *scan, bool *first);

/* True when nothing but white space is left; otherwise a problem. */
bool json_scan_end(struct json_scan *scan);

#endif
