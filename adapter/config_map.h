/*
 * config_map.h - an Airbyte config becomes the tap's own.
 *
 * The rules are the manifest's `config`: an object whose keys are the keys of the
 * tap's config and whose values say where each comes from:
 *
 *	"start_date": {"from": "/start_date"}                  a pointer (RFC 6901) into the config
 *	"token":      {"from": ["/key/token", "/token"]}       the first of them that is there
 *	"user_agent": {"value": "tapbyte"}                     a constant of any type
 *	"timeout":    {"from": "/timeout", "default": 300}     where the config has none
 *	"repository": {"from": "/repositories", "join": " "}   a list of scalars as one string
 *	"accounts":   {"from": "/accounts", "split": ","}      a string as a list; white space
 *	                                                       around, and empty ones, go
 *	"since":      {"from": "/since", "date": "%Y-%m-%d"}   a date or date-time, by a format
 *	                                                       (date_time.h)
 *	"ssl":        {"from": "/ssl", "as": "string"}         "true", "5432": what legacy taps
 *	                                                       compare with
 *	"reports":    {"from": "/reports", "as": "json"}       the value as JSON text in a string
 *	"path":       {"from": "/path", "as": "path"}          a relative path, made absolute from
 *	                                                       where tapbyte was started
 *	"key_file":   {"from": "/key", "file": "key.json"}     the value goes into a private file;
 *	                                                       the tap gets its path
 *	"password":   {"from": "/password", "env": "SECRET"}   not into the config: into the tap's
 *	                                                       environment
 *	"/api/token": {"from": "/token"}                       a key that begins with "/" is a
 *	                                                       pointer: {"api": {"token": ...}}
 *	"*":          {"from": ["", "/credentials"]}           all members of these objects whose
 *	                                                       key has no rule of its own
 *
 * null counts as absent; a key without a value is left out. Other rules win over "*", so
 * {"value": null} keeps a key out of it, and a rule for "/api/token" keeps "api" out.
 * "default" stands in for the config's value and is converted like one. "join", "split",
 * "date" and "as" exclude each other. "date": "%s" alone gives an integer. "path" leaves
 * absolute paths and URLs (s3://...) alone. Files and variables get strings as they are,
 * anything else as JSON text; with both, the variable holds the file's path.
 */
#ifndef TAPBYTE_CONFIG_MAP_H
#define TAPBYTE_CONFIG_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* Absolute paths. */
struct config_folders {
	const char *start;    /* what relative paths of the config start from */
	const char *work_dir; /* where the caller writes the files */
};

/* What the tap gets; all objects, or all NULL. */
struct mapped_config {
	json_t *config;
	json_t *files;     /* name -> content, a string: to be written into the work dir */
	json_t *variables; /* name -> value, a string without NUL: the tap's environment */
};

#define MAPPED_CONFIG_NONE ((struct mapped_config){ .config = NULL })

/*
 * Checks the rules when the manifest is loaded. An error names the JSON pointer inside
 * the manifest, which starts with `pointer` ("/config").
 */
bool config_map_check(const json_t *rules, const char *pointer, struct error *error);

/*
 * Does each `from` name a setting that the spec's connectionSpecification has? Needs
 * rules that config_map_check passed.
 */
bool config_map_check_sources(const json_t *rules, const json_t *schema, const char *pointer,
			      struct error *error);

/*
 * Fills *mapped, which the caller releases, on failure too. False on an error
 * (FAILURE_CONFIG: a value that the rule cannot take, named by its pointer). Without
 * rules (NULL) the tap's config is a copy.
 */
bool config_map_apply(const json_t *rules, const json_t *config,
		      const struct config_folders *folders, struct mapped_config *mapped,
		      struct error *error);

void mapped_config_release(struct mapped_config *mapped);

#endif
