/*
 * log_throttle.h - what stands between a tap's log messages and ours, so that a tap that
 * repeats itself or floods the log cannot hide what matters.
 *
 * A message that equals one of the last LOG_THROTTLE_REMEMBERED different ones is counted
 * instead of written: "(repeated 41 times) Backing off ..." follows when the next one is
 * due, LOG_THROTTLE_PERIOD after the last time it was told, when another message takes its
 * place, or at the end. Of messages of INFO, DEBUG and TRACE at most LOG_THROTTLE_MAXIMUM go
 * out in a period, and of graver ones as many again; those beyond are counted, and the
 * counts are told when the period is over: "2513 log messages are left out: more than 1000
 * in 60 seconds", "7 warnings and errors are left out: ...". FATAL is never left out, but
 * counted when it repeats. Nothing is left out without a count: what came is what was
 * written, and what was repeated, and what was left out.
 */
#ifndef TAPBYTE_LOG_THROTTLE_H
#define TAPBYTE_LOG_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"
#include "tap_log.h"

#define LOG_THROTTLE_PERIOD 60000 /* milliseconds */
#define LOG_THROTTLE_MAXIMUM 1000 /* messages in a period, of each of the two kinds */
#define LOG_THROTTLE_REMEMBERED 4
#define LOG_THROTTLE_TEXT 2000 /* bytes of a message that are written again with its count */

struct log_throttle_message {
	enum log_level level;
	char text[LOG_THROTTLE_TEXT]; /* its beginning, as it is written again */
	size_t text_length;
	uint64_t hash;
	size_t length;        /* of the whole message */
	uint64_t repeats;     /* not told yet */
	uint64_t told;        /* when it was written or told last, milliseconds */
	uint64_t used;        /* in which turn it came last; the lowest makes room */
	bool taken;
};

struct log_throttle {
	tap_log_message *emit; /* tap_log.h */
	void *owner;
	struct log_throttle_message remembered[LOG_THROTTLE_REMEMBERED];
	uint64_t uses;        /* turns so far */
	uint64_t period_began;
	uint64_t written[2];  /* in this period: of INFO and less, of graver ones */
	uint64_t left_out[2];
};

void log_throttle_init(struct log_throttle *throttle, tap_log_message *emit, void *owner);

/* One message; `now` in milliseconds of a clock that does not go back. */
void log_throttle_message(struct log_throttle *throttle, enum log_level level,
			  struct slice message, uint64_t now);

/* Tells the counts that are due; to be called now and then, and costs nothing then. */
void log_throttle_tick(struct log_throttle *throttle, uint64_t now);

/* Tells all counts. */
void log_throttle_end(struct log_throttle *throttle);

#endif
