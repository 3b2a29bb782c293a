/*
 * tap_look.h - a first look at a tap that nobody knows yet: it is started and asked. What it
 * cannot tell is no error. All need session_prepare and, but for the packages, the tap's
 * executable.
 */
#ifndef TAPBYTE_TAP_LOOK_H
#define TAPBYTE_TAP_LOOK_H

#include <jansson.h>
#include <stdbool.h>

#include "catalog_map.h"
#include "session.h"
#include "singer_catalog.h"
#include "tap_ask.h"
#include "tap_flags.h"

/* What package_report.h describes, from the environment's own Python; a new reference. */
json_t *tap_look_packages(struct session *session);

/* What it says when it is asked for its --help. As tap_ask. */
bool tap_look_help(struct session *session, struct tap_answer *answer);

/* What --about --format=json prints; NULL: nothing that is a JSON object. A new reference. */
json_t *tap_look_about(struct session *session);

/* A sync is stopped after so many records, or seconds. */
#define TAP_LOOK_RECORDS 1000
#define TAP_LOOK_DEADLINE 60

/* What came of a sync. */
struct tap_sample {
	size_t records;
	json_t *state; /* of the last STATE that says something; NULL: none */
	bool ended;    /* by itself, and well; else `error` says why, or it was stopped */
	struct error error;
};

/*
 * Starts a sync of all streams with the session's config, until it has written
 * TAP_LOOK_RECORDS and a STATE. `map` is of the catalog. False: it could not be started.
 */
bool tap_look_sync(struct session *session, const struct tap_flags *flags,
		   const struct singer_catalog *catalog, const struct catalog_map *map,
		   struct tap_sample *sample);

/*
 * The shape of a state: its names, with made-up values and at most a few members of an
 * object, for others to read. A new reference; NULL when memory runs out.
 */
json_t *tap_look_shape(const json_t *state);

#endif
