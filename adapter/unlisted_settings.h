/*
 * unlisted_settings.h - keys of a config that its spec does not name: most are misspelt.
 */
#ifndef TAPBYTE_UNLISTED_SETTINGS_H
#define TAPBYTE_UNLISTED_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "warnings.h"

/*
 * Warns of each key, never of its value, with the setting that may be meant: one of a near
 * name that the config lacks. Without such a one a key is fine where the spec has
 * "additionalProperties": true, and taps take more settings than specs list. Of keys that
 * begin with "__" nothing is said, which Airbyte puts into configs by itself, nor of those
 * that tapbyte takes, or of very long ones. Sets the error when memory runs out.
 */
bool unlisted_settings_warn(const json_t *schema, const json_t *config,
			    const struct warnings *warnings, struct error *error);

/* The key of `value` that looks like `missing` and is none of `properties`; NULL: none. */
const char *unlisted_settings_near(const json_t *properties, const json_t *value,
				   const char *missing);

#endif
