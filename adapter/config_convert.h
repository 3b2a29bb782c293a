/*
 * config_convert.h - what a config rule's `as`, `join`, `split` or `date` makes of a value,
 * and back.
 */
#ifndef TAPBYTE_CONFIG_CONVERT_H
#define TAPBYTE_CONFIG_CONVERT_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "json_check.h"

/* json_check_value functions for the four keys. */
json_check_value config_convert_check_as;
json_check_value config_convert_check_split;
json_check_value config_convert_check_date;

/* At most one of the four; false and an error that names two. */
bool config_convert_check_single(const json_t *rule, const struct json_place *place,
				 struct error *error);

/*
 * The value as the rule wants it, or a copy: a new reference. NULL and an error where the
 * rule cannot take it; `place` and `failure` say where it stands and whose fault that is.
 * `directory` is what relative paths start from.
 */
json_t *config_convert(const json_t *rule, const json_t *value, const char *directory,
		       const struct json_place *place, enum failure_type failure,
		       struct error *error);

/*
 * The value from which the rule makes `changed`, of the type that `source` has, which was
 * there before (NULL: nothing was). A new reference; NULL without an error where there is
 * no such value, or more than one.
 */
json_t *config_convert_back(const json_t *rule, const json_t *source, const json_t *changed,
			    struct error *error);

/* A string as it is, anything else as JSON text: a new string. NULL: no memory. */
json_t *config_convert_text(const json_t *value);

#endif
