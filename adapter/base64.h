/*
 * base64.h - RFC 4648, with padding, in one line.
 */
#ifndef TAPBYTE_BASE64_H
#define TAPBYTE_BASE64_H

#include "buffer.h"

void base64_encode(struct buffer *out, struct slice bytes);

/* False when the text is no base64; `out` then holds some of it. */
bool base64_decode(struct buffer *out, struct slice text);

#endif
