/*
 * secret_mask.h - takes the config's secrets out of texts that others will read.
 *
 * A secret is the string (or number) at a place that the spec marks `airbyte_secret`:
 * true; of a JSON document in a string its string leaves, and of a text of several
 * lines each line count as well. What the spec itself publishes (enum, const, default)
 * is none, nor is what Google writes into every key file. Secrets of
 * SECRET_LENGTH_ANYWHERE and more bytes are masked wherever they stand; shorter ones only
 * where a text is nothing else, quotes them whole ('abc', "abc"), or has them behind a "="
 * as the whole value (?pin=abc&page=2).
 *
 * Masked as well are the other ways to write a secret, also mixed: percent-encoded, once or
 * twice, as Python's quote and quote_plus, JavaScript and curl do it, in either case of the
 * digits; escaped as in a JSON string, with \uXXXX or without, up to three times (JSON in
 * JSON in a structured log), with \/ ; as Python's repr prints it, of str and of bytes; in
 * XML and HTML; hexadecimal; and in base64 of either alphabet, alone or as a part of a longer
 * text, at any of the three alignments ("Authorization: Basic ..."): then all base64
 * characters around it go.
 */
#ifndef TAPBYTE_SECRET_MASK_H
#define TAPBYTE_SECRET_MASK_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "name_table.h"
#include "secret_index.h"
#include "slice.h"

#define SECRET_REPLACEMENT "****"

struct secret_mask {
	struct secret_index index;
	struct name_table published; /* what is none, wherever it stands in the config */
	size_t count;                /* of the texts that were added; 0: nothing is masked */
	bool incomplete;             /* memory ran out when one was added: no text is safe */
	bool behind;                 /* there are secrets that could not be read yet: the same */
};

#define SECRET_MASK_EMPTY ((struct secret_mask){ .count = 0 })

/* Finds the secrets of a config. False when memory runs out; the mask has to be released
 * then as well. */
bool secret_mask_collect(struct secret_mask *mask, const json_t *connection_specification,
			 const json_t *config);

/*
 * Takes the secrets of a changed config in addition to those that are known: what was
 * secret stays so. And one more secret, wherever it came from.
 */
bool secret_mask_collect_more(struct secret_mask *mask, const json_t *connection_specification,
			      const json_t *config);
bool secret_mask_add(struct secret_mask *mask, struct slice secret);

/*
 * Appends the text with every secret replaced; secrets that overlap are replaced as one.
 * Where not all of them can be found (no memory, or they are not all known), out->failed is
 * set and nothing is appended: SECRET_UNSEARCHED can stand for the text.
 */
#define SECRET_UNSEARCHED "(left out: it could not be searched for secrets)"
void secret_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text);

void secret_mask_release(struct secret_mask *mask);

#endif
