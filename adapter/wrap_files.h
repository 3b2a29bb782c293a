/*
 * wrap_files.h - the files of a newly wrapped tap, from what was found out about it.
 *
 *	BASE/NAME/tap.json, spec.json, README.md
 *	BASE/NAME/configured_catalog.json   all streams, where the tap showed some
 *	BASE/../catalogs/NAME.json          the overlay
 */
#ifndef TAPBYTE_WRAP_FILES_H
#define TAPBYTE_WRAP_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "catalog_map.h"
#include "error.h"
#include "secret_mask.h"

/* What was found out. Everything is owned. */
struct wrap {
	char *name;
	char *base;             /* the folder of taps */
	char *folder;           /* base/name, absolute */
	char *overlay_path;     /* of catalogs/NAME.json, absolute */
	json_t *pip;            /* requirements, pinned */
	char *program;          /* of the tap */
	char *package;          /* "tap-x 1.2"; "" where it is not known */
	char *home;             /* its home page, or NULL */
	char *license;          /* SPDX; NULL: it is not clear */
	json_t *spec;           /* connectionSpecification */
	const char *asked;      /* how the settings were found: part of a sentence; forever */
	json_t *flags;          /* options that it takes, an array of strings; empty: unknown */
	json_t *streams;        /* array of objects as wrap_streams makes them; NULL: none */
	struct buffer catalog;  /* the configured catalog, in text; empty: none */
	bool proves_nothing;    /* its discovery succeeds with credentials that are of no use */
	bool takes_no_catalog;  /* it fails with its own, and works without */
	json_t *state;          /* the shape of its state; NULL: not known */
	json_t *overlay;        /* by tap_stream_id */
	json_t *notes;          /* array of sentences: what was not found out */
	struct secret_mask secrets; /* of the config that it was tried with */
	char *new_venv;         /* its environment; NULL: it was there before */
	bool new_base, new_folder, new_catalogs; /* folders that were not there before */
};

/* Takes names, keys and cursors out of a map, and makes a configured catalog of all streams. */
bool wrap_streams(struct wrap *wrap, const struct catalog_map *map, struct error *error);

/*
 * Is there a file already that would be written over? Its path goes to *found, which the
 * caller frees; NULL: none. False: memory ran out.
 */
bool wrap_files_there(const struct wrap *wrap, char **found, struct error *error);

/*
 * Writes the files, each whole or not at all and without the secrets, and loads them as any
 * command would; an overlay that is there stays, since people write into it, and *kept says
 * so. When it fails those that were not there before are gone again.
 */
bool wrap_files_write(const struct wrap *wrap, bool *kept, struct error *error);

/* Is a setting of the spec a secret, or an object of secrets? */
bool wrap_is_secret(const json_t *property);

void wrap_release(struct wrap *wrap);

#endif
