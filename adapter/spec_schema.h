/*
 * spec_schema.h - is a spec's connectionSpecification one that spec_check.h covers?
 *
 * That is the part of JSON Schema draft-07 that connector specs use: type, enum, const,
 * required, properties, additionalProperties, items, oneOf, anyOf, allOf, pattern,
 * minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems,
 * maxItems, uniqueItems, format (string_format.h). Other keywords that assert something
 * ($ref, not, if, patternProperties, ...) are refused when the spec is loaded rather than
 * ignored; annotations (title, order, airbyte_secret, ...) are free.
 */
#ifndef TAPBYTE_SPEC_SCHEMA_H
#define TAPBYTE_SPEC_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * An error (FAILURE_SYSTEM) names the JSON pointer, which starts with `pointer`
 * ("/connectionSpecification"), and what was expected there.
 */
bool spec_schema_check(const json_t *schema, const char *pointer, struct error *error);

/*
 * What a value of that `type` ("integer") may be, as bits of enum json_check_type; 0 for
 * a name that is none.
 */
unsigned spec_schema_type(const char *name);

#endif
