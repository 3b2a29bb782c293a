/*
 * config_probe.h - which settings a tap requires that can only be asked by starting it: it
 * fails for want of them, and its last words name them.
 */
#ifndef TAPBYTE_CONFIG_PROBE_H
#define TAPBYTE_CONFIG_PROBE_H

#include <jansson.h>
#include <stdbool.h>

#include "session.h"
#include "slice.h"
#include "tap_flags.h"

/* A tap that asks for more settings than that, or one after the other, is left alone. */
#define CONFIG_PROBE_SETTINGS 100
#define CONFIG_PROBE_ROUNDS 20

/* Seconds for one round. */
#define CONFIG_PROBE_DEADLINE 15

/*
 * Adds to an array of strings the settings that the text, a tap's log, says are missing, but
 * those that are in it. The result is how many were added. Understood are singer-python's
 * "missing required keys: ['a', 'b']" and words like it, JSON Schema's "'a' is a required
 * property", voluptuous' "required key not provided @ data['a']", and a KeyError raised by
 * a line that looks into the config.
 */
size_t config_probe_find(struct slice text, json_t *required);

/* A made-up config with these settings, which suits the spec as far as it tells their types
 * (it may be NULL). A new reference, or NULL. */
json_t *config_probe_placeholders(const json_t *required, const json_t *specification);

/*
 * Starts the tap with made-up values for what it requires, as far as that is known, and for
 * what it then asks for, until it asks for nothing new: with --discover where it has that,
 * and then without. Needs session_prepare; leaves the last config in
 * session->tap.config_path. False: it could not be started. *waits: the discovery (the sync
 * of a tap that has none) did not end by itself, so it has all that it requires and waits for
 * an answer. That there were too many rounds is added to `notes` (as of about_spec.h).
 */
bool config_probe_run(struct session *session, const struct tap_flags *flags,
		      const json_t *specification, json_t *required, bool *waits, json_t *notes);

/* Writes a config for the tap, as it is, and has session->tap.config_path name it. */
bool config_probe_write(struct session *session, const json_t *config);

#endif
