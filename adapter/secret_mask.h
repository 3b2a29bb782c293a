/*
 * secret_mask.h - takes the config's secrets out of texts that others will read.
 *
 * A secret is the string (or number) at a place that the spec marks `airbyte_secret`:
 * true; of a JSON document in a string its string leaves, and of a text of several
 * lines each line count as well. What the spec itself publishes (enum, const, default)
 * is none. The form that a secret has in a URL's query (%2F, +) is masked as well.
 * Secrets of SECRET_LENGTH_ANYWHERE and more bytes are masked wherever they stand;
 * shorter ones only where a text is nothing else or quotes them whole ('abc', "abc").
 */
#ifndef TAPBYTE_SECRET_MASK_H
#define TAPBYTE_SECRET_MASK_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "slice.h"

#define SECRET_LENGTH_ANYWHERE 6
#define SECRET_REPLACEMENT "****"

struct secret_mask {
	struct slice *secrets; /* longest first; the bytes are the mask's */
	size_t count;
	bool begins[256]; /* does a secret begin with that byte? */
};

#define SECRET_MASK_EMPTY ((struct secret_mask){ .secrets = NULL })

/* Finds the secrets of a config. False when memory runs out; the mask has to be released
 * then as well. */
bool secret_mask_collect(struct secret_mask *mask, const json_t *connection_specification,
			 const json_t *config);

/* Appends the text with every secret replaced; secrets that overlap are replaced as one. */
void secret_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text);

void secret_mask_release(struct secret_mask *mask);

#endif
