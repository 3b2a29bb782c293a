/*
 * anonymizer.h - stand-ins for what records say, so that a recording can be published.
 *
 * A stand-in has the shape and length of the value: a digit stands for a digit, a letter
 * for a letter of the same case, all other bytes stay (an e-mail keeps its @, a UUID its
 * hyphens). Dates and times stay valid, numbers stay numbers. The same value has the same
 * stand-in everywhere in one recording; another recording has others, since the key is
 * random and not kept.
 *
 * Values in RECORDs, in the bookmarks of STATEs, in the state that was given and the strings
 * of the config get stand-ins. Keys stay, and so do the names of streams and fields, what a
 * schema lists (enum, const), what the spec publishes, and what marks a type ("object":
 * "customer"). In other lines (the log) a value that has a stand-in becomes ****.
 */
#ifndef TAPBYTE_ANONYMIZER_H
#define TAPBYTE_ANONYMIZER_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "recording.h"
#include "siphash.h"

/* Anonymizes a recording whose secrets are out. */
bool anonymizer_apply(struct recording *recording, const json_t *connection_specification,
		      struct error *error);

/* For tests: the stand-in of one decoded text, with a known key. */
void anonymizer_stand_in(const struct siphash_key *key, struct buffer *out, struct slice text);

#endif
