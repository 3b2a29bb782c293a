/*
 * config_watch.h - a tap rewrites its config, with the tokens that it was given anew: the
 * platform has to learn of it, or the next run starts with tokens that are void.
 *
 *	config_watch_start(&watch, loop, tap, writer, warnings);
 *	...                            the loop runs: a change is told as soon as it is seen
 *	config_watch_look(&watch);     before an answer, and after the tap's end
 *	config_watch_stop(&watch);     the handle is closed by the next turn of the loop
 *
 * Told is the whole Airbyte config (config_invert.h), as CONTROL CONNECTOR_CONFIG, once
 * for each change, and only when it fits the spec; new secrets are masked from then on. A
 * file that is no whole JSON object is being written: it is looked at again.
 */
#ifndef TAPBYTE_CONFIG_WATCH_H
#define TAPBYTE_CONFIG_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "airbyte_writer.h"
#include "tap.h"
#include "warnings.h"

struct config_watch {
	uv_fs_event_t event; /* on the work dir: a rename would take a watched file away */
	bool open;
	struct tap *tap;
	struct airbyte_writer *writer;
	const struct warnings *warnings;
	uint64_t fingerprint; /* of the file's text when it was looked at last */
};

/*
 * The tap has been configured (tap_configure). Where the system has no watch to give
 * (EMFILE), only config_watch_look sees a change. All pointers must outlive the watch.
 */
void config_watch_start(struct config_watch *watch, uv_loop_t *loop, struct tap *tap,
			struct airbyte_writer *writer, const struct warnings *warnings);

/*
 * Reads the file now. `last` says that nobody writes any more: a file that is no JSON
 * object then is a warning.
 */
void config_watch_look(struct config_watch *watch, bool last);

/* Nothing where it was never started. */
void config_watch_stop(struct config_watch *watch);

#endif
