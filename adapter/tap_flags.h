/*
 * tap_flags.h - which of the options that Singer knows a tap takes, as its --help says,
 * and what more it says of itself with --about.
 */
#ifndef TAPBYTE_TAP_FLAGS_H
#define TAPBYTE_TAP_FLAGS_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "slice.h"

struct tap_flags {
	bool discover;        /* --discover */
	bool catalog;         /* --catalog */
	bool properties;      /* --properties */
	bool state;           /* --state */
	bool about;           /* --about, of Meltano's SDK */
	bool structured_logs; /* it writes its log as SINGER_SDK_LOG_CONFIG says */
};

/* The name of the file that `tapbyte install` keeps them in, inside the private environment. */
#define TAP_FLAGS_FILE "tapbyte-flags.json"

/* What a tap takes that does not say: what the Singer specification asks for. */
#define TAP_FLAGS_USUAL ((struct tap_flags){ .discover = true, .catalog = true, .state = true })

/*
 * Reads them out of the text that --help prints. False: it names none of discover,
 * catalog, properties and state.
 */
bool tap_flags_from_help(struct tap_flags *flags, struct slice help);

/*
 * Sets structured_logs when the text that --about --format=json prints lists that among the
 * capabilities. False: it is no such text.
 */
bool tap_flags_from_about(struct tap_flags *flags, struct slice about);

/* Sets catalog and properties from the manifest's tap.catalog_flags; NULL: leaves them. */
void tap_flags_override(struct tap_flags *flags, const json_t *catalog_flags);

/* Can a catalog be handed to the tap at all? */
static inline bool tap_flags_take_catalog(const struct tap_flags *flags)
{
	return flags->catalog || flags->properties;
}

/*
 * Puts the options that hand over a catalog file into an argv: both where a tap lists
 * both, since many taps parse one and read the other. Needs room for 4; the result is
 * how many were put. Nothing where the tap takes no catalog.
 */
size_t tap_flags_add_catalog(const struct tap_flags *flags, const char *path, const char **argv);

/*
 * `tapbyte install` keeps them in a file, so that a read need not ask again. Load is
 * false where there is no such file (or it is broken): ask the tap. A file that lacks
 * about and structured_logs is older than they are.
 */
bool tap_flags_load(struct tap_flags *flags, const char *path);
bool tap_flags_save(const struct tap_flags *flags, const char *path, struct error *error);

#endif
