/*
 * configured_catalog.h - the ConfiguredAirbyteCatalog that read is given.
 */
#ifndef TAPBYTE_CONFIGURED_CATALOG_H
#define TAPBYTE_CONFIGURED_CATALOG_H

#include <stdbool.h>

#include "buffer.h"
#include "document.h"
#include "error.h"
#include "stream.h"

/* The root keyword of a json_schema under which discover hands something to read. */
#define CONFIGURED_CARRIED_KEY "x-tapbyte-catalog"

struct configured_stream {
	char *name;
	char *namespace;                /* NULL: none ("" counts as none) */
	enum sync_mode sync_mode;
	bool elsewhere;                 /* set by the owner: another tap process reads it */
	char *cursor_field;             /* the first of the path; NULL: none */
	const struct node *properties;  /* of its json_schema, borrowed; NULL: none, all fields */
	const struct node *carried;     /* what discover put under CONFIGURED_CARRIED_KEY, borrowed;
					   NULL: nothing (catalog_travel.h) */
};

struct configured_catalog {
	struct buffer text; /* what document borrows */
	struct document document;
	struct configured_stream *streams; /* in the order of the file */
	size_t count;
};

#define CONFIGURED_CATALOG_EMPTY ((struct configured_catalog){ .streams = NULL })

/*
 * Reads the text, whose bytes it takes. Unknown keys, nulls and duplicate keys (the
 * last counts) are fine. FAILURE_CONFIG with the place: no JSON, no "streams", a stream
 * without a name, a sync_mode that the protocol does not know, a stream listed twice.
 */
bool configured_catalog_parse(struct configured_catalog *catalog, struct buffer *text,
			      struct error *error);

void configured_catalog_release(struct configured_catalog *catalog);

#endif
