/*
 * spec_check.h - does a config fit the spec's connectionSpecification?
 *
 * Covers the part of JSON Schema draft-07 that connector specs use: type, enum, const,
 * required, properties, additionalProperties, items, oneOf, anyOf, allOf, pattern,
 * minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems,
 * maxItems, uniqueItems, format (string_format.h). Other keywords that assert something ($ref, not, if,
 * patternProperties, ...) are refused when the spec is loaded rather than ignored;
 * annotations (title, order, airbyte_secret, ...) are free.
 */
#ifndef TAPBYTE_SPEC_CHECK_H
#define TAPBYTE_SPEC_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * Is the schema one that spec_check_config covers? An error names the JSON pointer,
 * which starts with `pointer` ("/connectionSpecification"). FAILURE_SYSTEM.
 */
bool spec_check_schema(const json_t *schema, const char *pointer, struct error *error);

/*
 * False when the config does not fit; the error (FAILURE_CONFIG) names every violation
 * by its path, as a person reads it: "start_date: missing", "credentials.port: is a
 * string, must be an integer". No value is quoted: it may be a secret.
 */
bool spec_check_config(const json_t *schema, const json_t *config, struct error *error);

#endif
