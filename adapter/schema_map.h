/*
 * schema_map.h - a Singer stream's JSON Schema, of whatever draft, becomes the small
 * part of JSON Schema that Airbyte's destinations read.
 *
 * The result never holds $ref, allOf, not, required, bounds, patterns or
 * additionalProperties, and its root is always {"type":"object","properties":{...}}.
 */
#ifndef TAPBYTE_SCHEMA_MAP_H
#define TAPBYTE_SCHEMA_MAP_H

#include "buffer.h"
#include "document.h"
#include "name_table.h"

/*
 * Appends the json_schema of a stream. `schema` is the Singer schema (NULL: none).
 * Top-level properties whose name is in `left_out` (decoded; the numbers in it do not
 * matter) or that say "inclusion": "unsupported" themselves are left out. Properties
 * keep their order.
 */
void schema_map_stream(struct buffer *out, const struct node *schema,
		       const struct name_table *left_out);

/*
 * Adds the names of the top-level fields of a Singer schema, given as its text, to a
 * table, with that number; those that are there keep theirs.
 */
bool schema_map_add_fields(struct name_table *fields, struct slice schema, uint32_t value,
			   struct error *error);

#endif
