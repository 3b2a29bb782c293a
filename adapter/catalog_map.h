/*
 * catalog_map.h - the tap's catalog as Airbyte's, and Airbyte's choice as the tap's.
 */
#ifndef TAPBYTE_CATALOG_MAP_H
#define TAPBYTE_CATALOG_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "configured_catalog.h"
#include "error.h"
#include "singer_catalog.h"
#include "stream.h"

/* A stream of the tap as Airbyte sees it. */
struct mapped_stream {
	const struct singer_entry *entry; /* borrowed */
	const char *name;                 /* borrowed from the entry */
	const char *namespace;            /* borrowed from the entry; NULL: none */
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

/* Told of what a user should know but need not stop for; the text ends with the call. */
typedef void catalog_map_warning(void *owner, const char *text);

/*
 * Maps the catalog, which must outlive the map. The overlay (overlay.h) may be NULL.
 * With `namespaces`, streams of a schema or database get its name as namespace and their
 * bare table name; without, all are named by tap_stream_id.
 */
bool catalog_map_make(struct catalog_map *map, const struct singer_catalog *catalog,
		      const json_t *overlay, bool namespaces, catalog_map_warning *warn,
		      void *owner, struct error *error);

void catalog_map_release(struct catalog_map *map);

/* Appends the AirbyteCatalog, {"streams":[...]}, sorted by namespace and name. */
void catalog_map_write(const struct catalog_map *map, struct buffer *out);

/*
 * The user's choice: fills `streams` with every stream of the tap, in the order of its
 * catalog, and then the configured ones that the tap does not have (in_tap is false; id
 * and tap_name are empty, so that no message can mean them), and appends to
 * `tap_catalog` the catalog to hand to the tap. Streams that are not configured have no
 * `fields`. Warns where incremental was asked for and only full refresh can be done.
 * Parents of selected children are selected for the tap, though not configured.
 */
bool catalog_map_configure(const struct catalog_map *map, const struct singer_catalog *catalog,
			   const struct configured_catalog *configured,
			   struct stream_list *streams, struct buffer *tap_catalog,
			   catalog_map_warning *warn, void *owner, struct error *error);

/*
 * The same for a tap that cannot discover: the configured streams only, with tap_name
 * and id equal to the Airbyte name, sync modes as they were asked for.
 */
bool catalog_map_configure_blind(const struct configured_catalog *configured,
				 struct stream_list *streams, struct error *error);

#endif
