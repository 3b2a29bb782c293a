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
	struct buffer json_schema;        /* what schema_map.h makes of its schema */
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
 * With `namespaces`, streams of a schema or database get its name as namespace and their
 * bare table name; without, all are named by tap_stream_id.
 */
bool catalog_map_make(struct catalog_map *map, const struct singer_catalog *catalog,
		      const json_t *overlay, bool namespaces,
		      const struct warnings *warnings, struct error *error);

void catalog_map_release(struct catalog_map *map);

/*
 * Appends the AirbyteCatalog, {"streams":[...]}, sorted by namespace and name. `carried` is
 * one text for each stream of the map, for CONFIGURED_CARRIED_KEY, or NULL.
 */
void catalog_map_write(const struct catalog_map *map, const struct buffer *carried,
		       struct buffer *out);

/* Says which names streams of different namespaces share: some clients cannot take that. */
bool catalog_map_warn_of_shared_names(const struct catalog_map *map,
				      const struct warnings *warnings, struct error *error);

/* Has the stream's schema a top-level field of that name? */
bool catalog_map_has_field(const struct mapped_stream *stream, const char *name);

/*
 * A namespace (NULL: none) and a name as one key for a table, written into the buffer;
 * neither has a zero byte in it.
 */
struct slice catalog_map_full_name(struct buffer *key, const char *namespace, const char *name);

#endif
