/*
 * read_progress.h - how far a read has come: the statuses of its streams and the counts of
 * their records. Each status goes out once, in the protocol's order.
 */
#ifndef TAPBYTE_READ_PROGRESS_H
#define TAPBYTE_READ_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "airbyte_writer.h"
#include "error.h"
#include "stream.h"

struct stream_progress {
	uint64_t records;       /* written */
	uint64_t since_state;   /* of them since the last STATE */
	uint64_t logged;        /* as the log last told */
	uint64_t empty;         /* not written: {} */
	uint64_t dropped;       /* of a stream that is not configured */
	int64_t quota_reset;    /* that was told last, 0: none */
	bool started;
	bool running;           /* and not waiting for a rate limit, as far as was told */
	bool limited;
};

struct read_progress {
	const struct stream_list *streams; /* borrowed */
	struct airbyte_writer *writer;     /* borrowed */
	struct stream_progress *items;     /* same index as in the list */
	uint64_t records;                  /* written, of all streams */
	uint64_t unknown;                  /* left out: of streams that nothing is known of */
	uint64_t logged;                   /* as the log last told */
	int64_t logged_at;
};

#define READ_PROGRESS_NONE ((struct read_progress){ .items = NULL })

bool read_progress_init(struct read_progress *progress, const struct stream_list *streams,
			struct airbyte_writer *writer, struct error *error);
void read_progress_release(struct read_progress *progress);

static inline struct stream_progress *read_progress_of(const struct read_progress *progress,
						       const struct stream *stream)
{
	return &progress->items[stream - progress->streams->items];
}

/* STARTED, if it was not said; and RUNNING, which is said again after a rate limit. */
void read_progress_start(struct read_progress *progress, const struct stream *stream);
void read_progress_run(struct read_progress *progress, const struct stream *stream);

/*
 * RUNNING with the reason RATE_LIMITED, for so many seconds (0: it is not known). Said again
 * only when the end of the wait moves by a second at least.
 */
void read_progress_limit(struct read_progress *progress, const struct stream *stream,
			 unsigned seconds);

/* COMPLETE or INCOMPLETE, and before them what was not said as yet. */
void read_progress_end(struct read_progress *progress, const struct stream *stream,
		       bool complete);

/*
 * One line in the log: the streams that have more records than at the last one. All parts of
 * one read together, one or more, which share a writer.
 */
void read_progress_log(struct read_progress *const *parts, size_t count);

/* At the end: what became of each stream. `failed`: silence of a stream needs no word. */
void read_progress_log_counts(const struct read_progress *progress, bool failed);

#endif
