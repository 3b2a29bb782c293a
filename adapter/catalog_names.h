/*
 * catalog_names.h - the names and namespaces that the tap's streams get in Airbyte.
 */
#ifndef TAPBYTE_CATALOG_NAMES_H
#define TAPBYTE_CATALOG_NAMES_H

#include "buffer.h"
#include "catalog_map.h"
#include "error.h"
#include "warnings.h"

/*
 * Names the streams of the map: with `namespaces`, those of a schema or database get its
 * name as namespace and their bare table name; without, and where two would have the same
 * name, they are named by tap_stream_id. The overlay's word is the last; FAILURE_SYSTEM
 * where it gives two streams one name.
 */
bool catalog_names_set(struct catalog_map *map, bool namespaces, struct error *error);

/*
 * A namespace (NULL: none) and a name as one key for a table, written into the buffer;
 * neither has a zero byte in it.
 */
struct slice catalog_names_key(struct buffer *key, const char *namespace, const char *name);

/* Says which names streams of different namespaces share: some clients cannot take that. */
bool catalog_names_warn_of_shared(const struct catalog_map *map,
				  const struct warnings *warnings, struct error *error);

#endif
