/*
 * replay.h - a recording stands in for the tap of a session: no process is started, the lines
 * come as fast as they are taken, and the time is that of the recording.
 *
 * The current directory is the recording's folder.
 */
#ifndef TAPBYTE_REPLAY_H
#define TAPBYTE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "airbyte_writer.h"
#include "recording.h"
#include "tap.h"

struct replay {
	struct recording recording;
	struct recording_cursor cursor;
	int64_t now;  /* milliseconds since 1970 */
	bool update;  /* the files in tap/ are written anew; else what differs is told in the log */
};

/* The tap's config, from config.json, which has no secrets any more. */
bool replay_configure(struct replay *replay, struct tap *tap, struct error *error);

/*
 * What the tap would be given now: its config, its catalog (the path of the file; NULL: none)
 * and state (empty: none); against what the recording has in tap/.
 */
bool replay_take_given(struct replay *replay, const struct tap *tap, const char *catalog_path,
		       struct slice state, struct airbyte_writer *writer, struct error *error);

/* In place of tap_process_start; the listener belongs to a struct tap_run. */
void replay_begin(struct replay *replay, struct tap_process *process, uv_loop_t *loop,
		  const struct tap_listener *listener);

#endif
