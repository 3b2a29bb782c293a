/*
 * recorder.h - is told what a tap is given and what it writes, and makes a recording of it.
 *
 *	recorder_init(&recorder);
 *	session.recorder = &recorder;     then the session tells it all, and at its end, while
 *	...                               the secrets are known, calls recorder_finish
 *	if (recorder.ended)
 *		recording_save(&recorder.recording, ...);
 *	recorder_release(&recorder);
 *
 * All is kept in memory, RECORDER_MAXIMUM bytes of it, until the secrets are out.
 */
#ifndef TAPBYTE_RECORDER_H
#define TAPBYTE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "held_state.h"
#include "recording.h"
#include "singer_message.h"
#include "stream.h"
#include "tap.h"

#define RECORDER_MAXIMUM ((size_t)256 << 20)

struct recorder {
	struct recording recording;
	uint64_t max_records;  /* of each stream; 0: all */
	bool anonymize;
	bool probed;           /* the recording has the tap's flags */
	bool ended;            /* a run of the tap was recorded to its end */
	struct error error;    /* why there is no recording after all */

	bool enough;           /* every stream has max_records: the tap may be stopped */
	const struct stream_list *streams; /* of the read, borrowed; NULL: it did not begin */
	uint64_t *counts;      /* records of each ... */
	uint64_t *left_out;    /* ... and those that are not in the recording */
	struct held_state state;
	struct singer_message message;
	struct buffer text;
	const char *batches;   /* the folder that relative paths start from, borrowed */
};

void recorder_init(struct recorder *recorder);
void recorder_release(struct recorder *recorder);

/* The tap's flags are known; its discovery document is. */
void recorder_take_flags(struct recorder *recorder, const struct tap_flags *flags);
void recorder_take_discovery(struct recorder *recorder, struct slice document);

/* The streams of the read, and the state that the tap is handed (or none). */
bool recorder_take_streams(struct recorder *recorder, struct stream_list *streams,
			   struct slice tap_state, struct error *error);

/* A run of the tap begins; lines of the one before are forgotten. argv is borrowed. */
void recorder_begin(struct recorder *recorder, const struct tap *tap, bool of_discovery,
		    char *const *arguments, int64_t now);

/* A line of it. True: that is enough, the tap may be stopped. */
bool recorder_line(struct recorder *recorder, int64_t now, enum recording_source source,
		   struct slice line, bool complete);

/* It has ended. */
void recorder_end(struct recorder *recorder, int64_t now, const struct tap_process *process);

/* Takes the secrets and the machine's paths out of all that was kept, and anonymizes it. */
void recorder_finish(struct recorder *recorder, const struct tap *tap);

#endif
