/*
 * record_fit.h - does a record fit its stream's json_schema, by type?
 *
 * For the part of JSON Schema that schema_map.h writes: type, properties, items, anyOf, oneOf,
 * and the formats date and date-time. Integers are strict, as in Airbyte's own tests: 1.0 is
 * none. Fields that the schema does not have fit.
 */
#ifndef TAPBYTE_RECORD_FIT_H
#define TAPBYTE_RECORD_FIT_H

#include <stdbool.h>

#include "buffer.h"
#include "document.h"

/*
 * False when it does not fit; appended to `problem` is where and why, without the value:
 * "/address/zip is a number, but the schema says string, null".
 */
bool record_fit(const struct node *schema, const struct node *record, struct buffer *problem);

#endif
