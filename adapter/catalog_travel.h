/*
 * catalog_travel.h - the tap's own catalog, carried by Airbyte from discover to read.
 *
 * A read has to hand the tap its own catalog, edited; to discover it again costs seconds
 * to minutes and API calls. So each stream's entry travels inside its json_schema, under
 * one root keyword (configured_catalog.h), as one string: the platform changes numbers and
 * key order in what is JSON, and leaves strings alone. The string is the JSON text
 *
 *	{"fingerprint": "...", "others": {"TAP_STREAM_ID": "STREAM", ...},
 *	 "entries": [[PLACE, ENTRY], ...]}
 *
 * where the entries are the stream's and those of its parents, as the tap wrote them but
 * for white space, each with its place in the tap's catalog, and `others` are all other
 * streams of the tap (some taps read what a catalog does not deselect); or, when that is
 * long, "z:" and its zlib stream in base64. The fingerprint tells a catalog of another
 * version of the tap, of its packages, manifest or overlay.
 */
#ifndef TAPBYTE_CATALOG_TRAVEL_H
#define TAPBYTE_CATALOG_TRAVEL_H

#include <stdbool.h>

#include "configured_catalog.h"
#include "error.h"
#include "singer_catalog.h"
#include "tap.h"

/* All strings of a catalog together are at most this long, else none travels: the platform
 * has limits of 4 and 10 MB for a whole catalog. */
#define CATALOG_TRAVEL_MAXIMUM ((size_t)1 << 20)

/* 16 hexadecimal digits and a zero. */
struct fingerprint {
	char text[17];
};

/* Needs tap_find_executable. False when memory runs out. */
bool catalog_travel_fingerprint(const struct tap *tap, struct fingerprint *fingerprint);

/*
 * The strings for all entries of a catalog, in its order, each a buffer that the caller
 * releases, with the array (free). NULL when memory runs out; `*total` is their length, or
 * more than CATALOG_TRAVEL_MAXIMUM, and then not all are there.
 */
struct buffer *catalog_travel_pack(const struct singer_catalog *catalog,
				   const struct fingerprint *fingerprint, size_t *total);

/*
 * Puts the catalog together again, from what the configured streams carry, as the text of
 * a discovery document, with an entry for each other stream, too. False where that cannot
 * be done: *reason says why in words (NULL: out of memory), and `text` is empty.
 */
bool catalog_travel_unpack(const struct configured_catalog *configured,
			   const struct fingerprint *fingerprint, struct buffer *text,
			   const char **reason);

#endif
