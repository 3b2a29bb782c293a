/*
 * catalog_choice.h - what the user chose in Airbyte, as the tap has to be told.
 */
#ifndef TAPBYTE_CATALOG_CHOICE_H
#define TAPBYTE_CATALOG_CHOICE_H

#include <stdbool.h>

#include "buffer.h"
#include "catalog_map.h"
#include "configured_catalog.h"
#include "error.h"
#include "stream.h"
#include "warnings.h"

/*
 * The user's choice: fills `streams` with every stream of the tap, in the order of its
 * catalog, and then the configured ones that the tap does not have (in_tap is false; id
 * and tap_name are empty, so that no message can mean them), and appends to
 * `tap_catalog` the catalog to hand to the tap. Streams that are not configured have no
 * `fields`; those that another tap process reads are not configured, but `elsewhere`.
 * Warns where incremental was asked for and only full refresh can be done.
 * Parents of selected children are selected for the tap, though not configured.
 */
bool catalog_choice_apply(const struct catalog_map *map, const struct singer_catalog *catalog,
			  const struct configured_catalog *configured,
			  struct stream_list *streams, struct buffer *tap_catalog,
			  const struct warnings *warnings, struct error *error);

/*
 * The same for a tap that takes no catalog: the configured streams only, with tap_name and
 * id equal to the Airbyte name, unless the overlay gave a stream that name; sync modes as
 * they were asked for.
 */
bool catalog_choice_apply_blind(const struct configured_catalog *configured, const json_t *overlay,
				struct stream_list *streams, struct error *error);

#endif
