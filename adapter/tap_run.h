/*
 * tap_run.h - a tap started by a session: its process and its log, from the command line
 * to the reason why it failed.
 */
#ifndef TAPBYTE_TAP_RUN_H
#define TAPBYTE_TAP_RUN_H

#include <stdbool.h>
#include <uv.h>

#include "session.h"
#include "slice.h"
#include "tap_log.h"
#include "tap_process.h"

/* Told of each line of stdout (tap_process.h). */
typedef void tap_run_line(void *owner, struct slice line, bool complete);

/* A step of longer work on the last line; false when it is done. */
typedef bool tap_run_step(void *owner);

/* What a tap is started for. */
struct tap_task {
	const char *program;          /* instead of the tap's own command; NULL: the tap */
	const char *const *arguments; /* after its own command, NULL-terminated; borrowed */
	const char *what;             /* what it is to do, for messages: "discover its streams" */
	unsigned deadline;            /* seconds; 0: none, and no reminders in the log */
	tap_run_line *line;
	void *owner;
};

struct tap_run {
	struct session *session;
	struct tap_task task;
	struct tap_process process;
	struct tap_log log;
	struct buffer masked;       /* of the line being read */
	uv_timer_t quiet;           /* hands out a log message that no line follows */
	uv_timer_t work;            /* calls the step of tap_run_work */
	unsigned timers_open;
	tap_run_step *step;
	bool quiet_logs;            /* the log is kept for explanations, not written */
	uv_timer_t reminder;        /* says in the log that we still wait */
	uint64_t started;           /* uv_now */
	char **argv;
};

/*
 * Starts the session's tap; it gets no longer than what the session's deadline leaves. On
 * failure nothing is left to release.
 */
bool tap_run_start(struct tap_run *run, struct session *session, const struct tap_task *task,
		   struct error *error);

/*
 * Called from the line callback: no more lines come, and `step` is called from the loop
 * again and again, whenever stdout has room, until it is done; then the tap goes on.
 */
void tap_run_work(struct tap_run *run, tap_run_step *step);

/* Runs the loop until it has ended. */
void tap_run_wait(struct tap_run *run);

/*
 * True when it ended well: exit status 0, by itself. Otherwise the error says why, in the
 * words of the tap's own log where it has some, and the session gets the stack trace.
 */
bool tap_run_succeeded(struct tap_run *run, struct error *error);

void tap_run_release(struct tap_run *run);

#endif
