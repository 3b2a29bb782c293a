/*
 * about_spec.h - a connectionSpecification out of what a tap tells of its settings: the
 * `settings` of --about --format=json (taps of Meltano's SDK), or names and values that
 * were learned otherwise.
 *
 * `notes` is a JSON array of sentences for a person, to which is added what could not be
 * taken over as it is.
 */
#ifndef TAPBYTE_ABOUT_SPEC_H
#define TAPBYTE_ABOUT_SPEC_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * From the JSON Schema in about's `settings`. Titles, descriptions, types, enums, defaults,
 * examples and oneOf are kept; null goes from types and enums; a `secret` or `writeOnly`
 * setting, or a string that is called like one, gets airbyte_secret; settings that the SDK
 * itself adds (stream_maps, flattening, batches, ...) are left out. The result, a new
 * reference, passes spec_schema_check. NULL and an error: about has no settings, or
 * memory ran out.
 */
json_t *about_spec_make(const json_t *about, const char *title, json_t *notes,
			struct error *error);

/* Makes the settings of an array of names the required ones; one that is new is a string. */
bool about_spec_require(json_t *spec, const json_t *required, struct error *error);

/*
 * From `required`, an array of names, `settings`, an object of names and defaults (null:
 * none), and a config (or NULL), of which only names and types are taken. What has no
 * value to tell its type is a string.
 */
json_t *about_spec_learned(const json_t *required, const json_t *settings, const json_t *config,
			   const char *title, struct error *error);

#endif
