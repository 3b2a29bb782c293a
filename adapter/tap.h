/*
 * tap.h - a wrapped tap, ready to be started: manifest, config, surroundings.
 *
 *	struct tap tap = TAP_NONE;
 *	tap_load(&tap, folder, &error);             the manifest; enough for spec
 *	tap_prepare(&tap, &error);                  a private folder, an environment
 *	tap_configure(&tap, &text, file, &error);   the config, checked, mapped and written
 *	...
 *	tap_release(&tap);                          removes the config from the disk, too
 */
#ifndef TAPBYTE_TAP_H
#define TAPBYTE_TAP_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "manifest.h"
#include "secret_mask.h"
#include "work_dir.h"

struct tap {
	struct manifest manifest;
	struct secret_mask mask;   /* the secrets of the config */
	struct work_dir work_dir;
	char *executable;          /* absolute path */
	char *config_path;         /* of the tap's own config, in the work dir */
	json_t *airbyte_config;    /* as Airbyte has it, */
	json_t *tap_config;        /* and as it is in the tap's file; config_watch.h */
	char **environment;        /* complete, NULL-terminated */
	bool masked;               /* the config is one without its secrets, and need not fit
				      the spec */
};

#define TAP_NONE ((struct tap){ .executable = NULL })

/* Loads the manifest of the tap in a folder. */
bool tap_load(struct tap *tap, const char *folder, struct error *error);

/* Finds the executable; a FAILURE_SYSTEM names where it was looked for, and `install`. */
bool tap_find_executable(struct tap *tap, struct error *error);

/*
 * Makes the surroundings that a tap is started in: a private folder and an environment.
 * Needs tap_load.
 */
bool tap_prepare(struct tap *tap, struct error *error);

/*
 * Takes the text of the user's config, from that file: checks it against the spec, finds
 * its secrets, maps it (in `text`) and writes the tap's own. Needs tap_prepare. A message
 * never quotes the config.
 */
bool tap_configure(struct tap *tap, struct buffer *text, const char *file, struct error *error);

/*
 * For taps of Meltano's SDK that can: they write one JSON object a log message, at the
 * level that their own variables ask for (INFO), or DEBUG. A logging config that the
 * environment names already stays. Needs tap_prepare.
 */
bool tap_structure_logs(struct tap *tap, bool debug, struct error *error);

/* Where `tapbyte install` puts the private environment: $TAPBYTE_VENVS/NAME, else .venv in
 * the tap's folder; absolute. And the file in it that tells what it learned (tap_flags.h). The
 * caller frees both; NULL when memory runs out. */
char *tap_venv_path(const struct tap *tap);
char *tap_venv_file(const struct tap *tap, const char *name);

void tap_release(struct tap *tap);

#endif
