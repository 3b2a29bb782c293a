/*
 * catalog_map.h - the tap's catalog as Airbyte's.
 */
#ifndef TAPBYTE_CATALOG_MAP_H
#define TAPBYTE_CATALOG_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "singer_catalog.h"
#include "warnings.h"

/* A stream of the tap as Airbyte sees it. */
struct mapped_stream {
	const struct singer_entry *entry; /* borrowed */
	const json_t *overlay;            /* what it says of the stream, borrowed; NULL: nothing */
	const char *name;                 /* borrowed from the entry or the overlay */
	const char *namespace;            /* borrowed likewise; NULL: none */
	bool excluded;                    /* not offered, and not to be chosen */
	struct buffer json_schema;        /* by schema_map.h and overlay_schema.h */
	struct name_table fields;         /* the names of the json_schema's top-level fields */
	char **primary_key;               /* top-level field names, NULL-terminated; NULL: none */
	char *cursor_field;               /* top-level field name; NULL: none that is defined */
	bool incremental;                 /* may be asked for */
	bool source_defined_cursor;       /* false with incremental: the user chooses a field */
};

struct catalog_map {
	struct mapped_stream *streams; /* one for each entry, in the order of the catalog */
	size_t count;
};

#define CATALOG_MAP_EMPTY ((struct catalog_map){ .streams = NULL })

/*
 * Maps the catalog, which must outlive the map, as the overlay (overlay.h) must, which may
 * be NULL. Warns of what the overlay names and the tap lacks.
 * `namespaces` says how streams are named (catalog_names.h).
 */
bool catalog_map_make(struct catalog_map *map, const struct singer_catalog *catalog,
		      const json_t *overlay, bool namespaces,
		      const struct warnings *warnings, struct error *error);

void catalog_map_release(struct catalog_map *map);

/* Has the stream's schema a top-level field of that name? */
bool catalog_map_has_field(const struct mapped_stream *stream, const char *name);

#endif
