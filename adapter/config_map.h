/*
 * config_map.h - an Airbyte config becomes the tap's own.
 *
 * The rules are the manifest's `config`: an object whose keys are the keys of the
 * tap's config and whose values say where each comes from:
 *
 *	"start_date":  {"from": "/start_date"}                 a JSON pointer (RFC 6901) into the Airbyte config
 *	"token":       {"from": ["/credentials/token", "/token"]}   the first of them that is there
 *	"user_agent":  {"value": "tapbyte"}                    a constant of any type
 *	"timeout":     {"from": "/timeout", "default": 300}    where the config has none
 *	"repository":  {"from": "/repositories", "join": " "}  a list of strings, numbers, booleans, as one string
 *	"ssl":         {"from": "/ssl", "as": "string"}        "true", "5432": what legacy taps compare with
 *	"reports":     {"from": "/reports", "as": "json"}      the value as JSON text in a string
 *	"path":        {"from": "/path", "as": "path"}         a relative path, made absolute from where tapbyte was started
 *	"*":           {"from": ["", "/credentials"]}          all members of these objects whose key has no rule of its own
 *
 * null counts as absent; a key without a value is left out. Other rules win over "*", so
 * {"value": null} keeps a key out of it. "default" stands in for the config's value and is
 * joined or converted like one; "join" and "as" exclude each other. "path" leaves absolute
 * paths and URLs (s3://...) alone.
 */
#ifndef TAPBYTE_CONFIG_MAP_H
#define TAPBYTE_CONFIG_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/*
 * Checks the rules when the manifest is loaded. An error names the JSON pointer inside
 * the manifest, which starts with `pointer` ("/config").
 */
bool config_map_check(const json_t *rules, const char *pointer, struct error *error);

/*
 * The tap's config: a new reference, which the caller releases. `directory` is what
 * relative paths start from. NULL on an error (FAILURE_CONFIG: a value that the rule
 * cannot take, named by its pointer).
 */
json_t *config_map_apply(const json_t *rules, const json_t *config, const char *directory,
			 struct error *error);

#endif
