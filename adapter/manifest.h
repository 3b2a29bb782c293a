/*
 * manifest.h - taps/NAME/tap.json: what cannot be asked of a tap itself.
 *
 * The format is described for people in the README and for editors in
 * taps/tap.schema.json. It is checked strictly when it is loaded: an unknown key or a
 * wrong type is an error that names the file, the JSON pointer and what was expected.
 */
#ifndef TAPBYTE_MANIFEST_H
#define TAPBYTE_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* How check proves the credentials. */
enum check_method {
	CHECK_DISCOVER,     /* the tap's --discover exits with 0 */
	CHECK_FIRST_RECORD, /* a sync gets as far as its first RECORD, or ends well */
	CHECK_LOGIN,        /* a sync of no stream exits with 0 */
	CHECK_SDK_TEST,     /* the tap's --test exits with 0: those of Meltano's SDK have it */
	CHECK_HTTP,         /* one HTTP request (http_check.h) */
};

/* Tap processes of one read. */
#define PARALLEL_MAXIMUM 32

struct manifest {
	char *name;
	char *folder;        /* the tap's folder, absolute */
	json_t *command;     /* tap.command: argv, an array of one or more strings */
	json_t *pip;         /* tap.pip: an array of pip requirements, or NULL */
	json_t *env;         /* tap.env: name -> string, or true to pass it on; or NULL */
	json_t *catalog_flags; /* tap.catalog_flags: array of "--catalog", "--properties"; NULL:
				  ask --help */
	json_t *spec;        /* the whole ConnectorSpecification, from the file that `spec` names */
	json_t *config;      /* the rules (config_map.h), or NULL: the config is passed as it is */
	json_t *overlay;     /* what the file says that `catalog` names (overlay.h), or NULL */
	bool namespaces;     /* `namespace` is "schema" (the default), not "none" */
	enum check_method check_method; /* check.method; default CHECK_DISCOVER */
	json_t *check_http;             /* check.http; NULL with other methods */
	unsigned check_deadline;        /* check.deadline, seconds; default 300 */
	unsigned discover_deadline;     /* discover.deadline, seconds; default 1500 */
	unsigned read_idle;             /* read.idle: a tap that writes nothing at all for so
					   many seconds is hung; 0: never; default 10800 */
	unsigned parallel;              /* parallel, or parallel.processes: tap processes of a
					   read, 1 to PARALLEL_MAXIMUM; default 1 */
	json_t *groups;                 /* parallel.groups: arrays of tap_stream_ids that one
					   process has to read; or NULL */
	bool stop_on_failure;           /* parallel.on_failure is "stop", not "finish" (the
					   default) */
	char *spec_file;                /* `spec` and `catalog`, relative to the folder; the */
	char *overlay_file;             /* latter is NULL when there is none */
	json_t *metadata;               /* for registries (image_metadata.h), or NULL */
};

/*
 * Loads FOLDER/tap.json and the files that it names. FAILURE_SYSTEM on an error:
 * the connector itself is broken, the user's config is not. On failure too,
 * manifest_release may be called.
 */
bool manifest_load(struct manifest *manifest, const char *folder, struct error *error);

void manifest_release(struct manifest *manifest);

/* manifest->spec's connectionSpecification, borrowed; an object always. */
const json_t *manifest_connection_specification(const struct manifest *manifest);

#endif
