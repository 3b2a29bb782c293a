/*
 * spec_settings.h - which settings a spec's connectionSpecification has.
 */
#ifndef TAPBYTE_SPEC_SETTINGS_H
#define TAPBYTE_SPEC_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * May a config that fits have something at this JSON pointer, as far as the spec names
 * it? Properties count in whatever branch (oneOf, anyOf, allOf) they are; all that is in
 * an object of which the spec names no property counts as well. "additionalProperties":
 * true alone names nothing. Sets the error when memory runs out.
 */
bool spec_settings_has(const json_t *schema, const char *pointer, struct error *error);

/*
 * Is there one property that is a constant in all options of a oneOf, another string in
 * each? Airbyte's form breaks without one.
 */
bool spec_settings_have_selector(const json_t *options);

#endif
