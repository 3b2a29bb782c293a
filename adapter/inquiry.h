/*
 * inquiry.h - what is being found out about a tap that has no tap.json yet: it is installed
 * (inquiry_packages.h), asked for its settings (inquiry_settings.h), and for its streams
 * (inquiry_streams.h). What came of it is in `wrap`, for wrap_files.h.
 *
 *	struct inquiry inquiry;
 *
 *	inquiry_init(&inquiry);
 *	...                                   the name, the requirements, the place, the config
 *	if (inquiry_begin(&inquiry, true)) ...   without the network
 *	code = inquiry_end(&inquiry, done);
 *	if (inquiry_begin(&inquiry, false)) ...  as check and read would, with the config
 *	code = inquiry_end(&inquiry, done);
 *	inquiry_release(&inquiry);
 *
 * A function of these headers that fails sets session.error.
 */
#ifndef TAPBYTE_INQUIRY_H
#define TAPBYTE_INQUIRY_H

#include <jansson.h>
#include <stdbool.h>

#include "secret_mask.h"
#include "session.h"
#include "tap_flags.h"
#include "wrap_files.h"

/* Columns of a tap's own words in a note. */
#define INQUIRY_SAID_MAXIMUM 500

/* A tap for which more is to tell is not described by more. */
#define INQUIRY_NOTES_MAXIMUM 200

struct inquiry {
	struct wrap wrap;
	struct session session;
	struct tap_flags flags;
	json_t *report;          /* package_report.h */
	size_t helpers;          /* packages that were added, since the tap forgot them */
	const char *config_path; /* of the user's config; NULL: none. Borrowed */
	json_t *config;          /* what is in it; NULL: none */
	struct secret_mask mask; /* all texts of it: whatever a setting is called, what it holds
				    is not for a README.md */
	bool waits;              /* the tap waits for the network, as it seems; config_probe.h */
};

/* wrap->name, pip and the place are then the caller's to set. False: memory ran out; to be
 * released then as well. */
bool inquiry_init(struct inquiry *inquiry);
void inquiry_release(struct inquiry *inquiry);

/* Reads the user's config. That the spec does not suit it is found later. */
bool inquiry_load_config(struct inquiry *inquiry, const char *path, struct error *error);

/*
 * Opens the session, whose messages go nowhere: the caller tells a person what there is to
 * know. Offline, the way to the network leads nowhere, for credentials that were made up.
 * To be ended in any case; the result is then the exit code.
 */
bool inquiry_begin(struct inquiry *inquiry, bool offline);
int inquiry_end(struct inquiry *inquiry, bool done);

/* The first package that was asked for, as the report has it; NULL: unknown. Borrowed. */
const json_t *inquiry_package(const struct inquiry *inquiry);

/*
 * Adds a sentence to wrap.notes. The second adds a tap's own words to it, on one line, cut,
 * and without what the config holds; the third those of session.error, which is none then.
 */
void inquiry_note(struct inquiry *inquiry, const char *sentence);
void inquiry_note_said(struct inquiry *inquiry, const char *sentence, struct slice said);
void inquiry_note_failure(struct inquiry *inquiry, const char *sentence);

#endif
