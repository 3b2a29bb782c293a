/*
 * anonymizer.h - a recording that can be published: stand-ins (stand_in.h) for what records say.
 *
 * Values in RECORDs, in STATEs, in the state that was given, and the strings of the config get
 * stand-ins; the same value the same one, in one recording. Another recording has others: the
 * key is random and not kept. What stays: true, false and null; whatever the tap's discovery,
 * its SCHEMAs, the configured catalog or the spec spell out (names of streams and fields,
 * enum); other keys that are identifiers; what marks a type ("object": "customer"). In all
 * other lines (the log) values that got a stand-in become ****.
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

/* The same with a key that is known, for tests. */
bool anonymizer_apply_key(struct recording *recording, const json_t *connection_specification,
			  const struct siphash_key *key, struct error *error);

#endif
