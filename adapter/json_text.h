/*
 * json_text.h - strings and values in their written form: compare, decode, encode, mend.
 *
 * "Raw" is what stands between the quotes of a JSON string, escapes as written, as
 * json_scan.h and document.h hand it out.
 */
#ifndef TAPBYTE_JSON_TEXT_H
#define TAPBYTE_JSON_TEXT_H

#include <stdbool.h>

#include "buffer.h"
#include "slice.h"

/*
 * Appends the text that a raw string stands for, as UTF-8. Lone surrogates and bytes
 * that are no UTF-8 become U+FFFD. \u0000 becomes a zero byte.
 */
void json_text_decode(struct buffer *out, struct slice raw);

/* True when the raw string, decoded, is the text; allocates nothing. */
bool json_text_equals(struct slice raw, struct slice text);

/*
 * Appends a text as a JSON string, quotes included. Escapes what JSON demands and no
 * more: UTF-8 stays as it is, bytes that are no UTF-8 become U+FFFD.
 */
void json_text_encode(struct buffer *out, struct slice text);

/*
 * Appends a value (that json_scan_value passed over) as RFC 8259 and UTF-8 want it, on one
 * line: NaN, Infinity, -Infinity become null, lone surrogates \ufffd, bad bytes U+FFFD (one
 * for each maximal subpart, as Unicode recommends), line ends between tokens spaces. All
 * else is copied byte by byte.
 */
void json_text_mend(struct buffer *out, struct slice value);

#endif
