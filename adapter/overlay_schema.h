/*
 * overlay_schema.h - the fields that an overlay describes, put into a json_schema.
 */
#ifndef TAPBYTE_OVERLAY_SCHEMA_H
#define TAPBYTE_OVERLAY_SCHEMA_H

#include <jansson.h>

#include "buffer.h"
#include "document.h"

/*
 * Appends the json_schema that has these properties, with the fields of what
 * overlay_stream gave (which may be NULL) in their place or in addition, at the end; and
 * with the field that says when a row was deleted where the stream is read by a
 * database's log. Appends nothing where none of that changes the schema.
 */
void overlay_schema_write(struct buffer *out, const struct node *properties,
			  const json_t *overlay);

#endif
