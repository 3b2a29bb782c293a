/*
 * recorded_catalog.h - the configured catalog of a recording.
 */
#ifndef TAPBYTE_RECORDED_CATALOG_H
#define TAPBYTE_RECORDED_CATALOG_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "slice.h"

/*
 * Appends a configured catalog with all streams of an AirbyteCatalog (discover's): incremental
 * where the cursor is known, else full refresh.
 */
bool recorded_catalog_choose_all(struct slice catalog, struct buffer *out, struct error *error);

/* Appends a configured catalog without what travels in it (catalog_travel.h), where nobody
 * could look for secrets. */
bool recorded_catalog_strip(struct slice configured, struct buffer *out, struct error *error);

#endif
