/*
 * spec_check.h - does a config fit the spec's connectionSpecification?
 *
 * The spec is one that spec_schema_check passed; spec_schema.h says what it may hold.
 */
#ifndef TAPBYTE_SPEC_CHECK_H
#define TAPBYTE_SPEC_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * False when the config does not fit; the error (FAILURE_CONFIG) names every violation
 * by its path, as a person reads it: "start_date: missing", "credentials.port: is a
 * string, must be an integer". No value is quoted: it may be a secret.
 */
bool spec_check_config(const json_t *schema, const json_t *config, struct error *error);

#endif
