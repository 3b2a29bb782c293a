/*
 * json_mask.h - takes secrets out of what is kept, so that JSON stays JSON.
 */
#ifndef TAPBYTE_JSON_MASK_H
#define TAPBYTE_JSON_MASK_H

#include "buffer.h"
#include "secret_mask.h"
#include "slice.h"

/*
 * Appends the text (one line, or a whole document) without the secrets. In JSON, strings and
 * names are masked one by one, and stay strings; the digits of a number that is or holds a
 * secret become ones, or nines. A secret that goes over more than one of them, such as `", "`,
 * is taken out none the less: what is left is no JSON. Any other text is masked as a whole. Where
 * the secrets cannot be found, out->failed is set and nothing is appended.
 */
void json_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text);

#endif
