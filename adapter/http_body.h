/*
 * http_body.h - what the body of an HTTP answer says of an error, in its own words.
 */
#ifndef TAPBYTE_HTTP_BODY_H
#define TAPBYTE_HTTP_BODY_H

#include <jansson.h>

#include "buffer.h"
#include "secret_mask.h"
#include "slice.h"

/* The body as a JSON value, a new reference; NULL: it is none, or *failed: no memory. */
json_t *http_body_json(struct slice body, bool *failed);

/*
 * Appends the message of a JSON body, the title of an HTML one, else the first
 * HTTP_BODY_TEXT_MAX bytes of a text: in one line, without secrets (a cut would hide one
 * from the mask), cut with "...". Nothing where it has no words.
 */
#define HTTP_BODY_MESSAGE_MAX ((size_t)1000)
#define HTTP_BODY_TEXT_MAX ((size_t)200)
void http_body_words(struct slice body, const struct secret_mask *mask, struct buffer *words);

#endif
