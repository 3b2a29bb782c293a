/*
 * catalog_write.h - the AirbyteCatalog, as discover prints it.
 */
#ifndef TAPBYTE_CATALOG_WRITE_H
#define TAPBYTE_CATALOG_WRITE_H

#include "buffer.h"
#include "catalog_map.h"

/*
 * Appends {"streams":[...]}, sorted by namespace and name. `carried` is one text for each
 * stream of the map, for CONFIGURED_CARRIED_KEY, or NULL.
 */
void catalog_write(const struct catalog_map *map, const struct buffer *carried,
		   struct buffer *out);

#endif
