/*
 * tap_process.h - one run of a tap: a child process in a group of its own, its stdout
 * and stderr read as lines on the loop.
 *
 *	struct tap_process process;
 *	if (!tap_process_start(&process, loop, argv, environment, directory, 0, &listener,
 *			       &error))
 *		...
 *	while (!process.ended)
 *		uv_run(loop, UV_RUN_ONCE);
 *	tap_process_release(&process);
 *
 * It has ended when the process is gone and both its pipes are at their end. Whatever of
 * its process group is left then is killed.
 */
#ifndef TAPBYTE_TAP_PROCESS_H
#define TAPBYTE_TAP_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "error.h"
#include "line_reader.h"
#include "slice.h"

/* Called from the loop. Slices end with the call. Members may be NULL. */
struct tap_listener {
	/* a line of stdout; complete is false for bytes after the last \n */
	void (*line)(void *owner, struct slice line, bool complete);
	/* a line of stderr; cut: the beginning of one of more than TAP_LOG_LINE_MAXIMUM bytes */
	void (*log_line)(void *owner, struct slice line, bool cut);
	/* something was read, and there are no more lines for the moment: a good time to flush */
	void (*pause)(void *owner);
	void *owner;
};

/* What is kept of a line of stderr. A tap's messages may have any length. */
#define TAP_LOG_LINE_MAXIMUM ((size_t)1 << 20)

/* The end of a line that was cut may be the beginning of a secret: nobody may see so much of it. */
#define TAP_LOG_CUT_MARGIN ((size_t)64 * 1024)

/* Why the process was told to stop. */
enum tap_stop {
	TAP_RUNNING,
	TAP_STOP_DEADLINE, /* it took too long */
	TAP_STOP_SILENT,   /* it wrote nothing for too long */
	TAP_STOP_ASKED,    /* nobody wants the rest */
	TAP_STOP_BROKEN,   /* reading from it failed; `error` says why */
	TAP_STOP_LEFT,     /* it has ended, and what it left behind wrote on for too long */
};

/* In place of a process: passes on some lines to the listener. False: there are no more. */
typedef bool tap_feed(void *owner);

struct tap_stream {
	uv_pipe_t pipe;
	struct line_reader reader;
	bool open;
};

struct tap_process {
	struct tap_process *next; /* for a list of the owner's */
	bool ended;
	enum tap_stop stopped;
	int64_t exit_status; /* when ended; of a process that a signal killed, 0 */
	int signal;          /* that killed it, or 0 */
	bool cut_off;        /* a process that it left behind held its pipes and was not waited
				for */
	struct error error;

	struct tap_listener listener;
	uv_loop_t *loop;
	uv_process_t process;
	struct tap_stream out;
	struct tap_stream log;
	uv_timer_t timer;      /* the deadline; then the grace after SIGTERM or after the exit */
	uint64_t due;          /* when it is due, by uv_now */
	uv_timer_t rest;       /* ends TAP_PAUSE_REST */
	unsigned handles_open;
	bool exited;
	bool heard;            /* tap_process_renew was called since the grace began */
	bool looked_again;     /* at the end of a grace in which it was not */
	size_t owed;           /* bytes that were in its stdout then, or at the exit, and that have
				  to be read yet */
	unsigned pauses;       /* enum tap_pause */
	tap_feed *feed;        /* of tap_process_feed; NULL: there is a process */
	uv_idle_t feeder;
	uint64_t empty_at;     /* uv_hrtime when stdout had no more the last time */
	uint64_t since_empty;  /* bytes */
	uint64_t rate;         /* of late, in bytes a millisecond */
	size_t turn;           /* bytes read since others had theirs */
};

/*
 * Starts argv[0], an absolute path, with that environment (NULL-terminated, complete) in
 * that directory; stdin is empty. `deadline` in seconds, 0: none. On failure nothing is
 * left to release.
 */
bool tap_process_start(struct tap_process *process, uv_loop_t *loop, char *const *argv,
		       char *const *environment, const char *directory, unsigned deadline,
		       const struct tap_listener *listener, struct error *error);

/*
 * In place of a process, whose lines somebody knows: `feed` is called from the loop, with the
 * listener's owner, until there are no more or it is stopped. It looks at `pauses` after each
 * line, and sets how it ended. There is no deadline.
 */
void tap_process_feed(struct tap_process *process, uv_loop_t *loop, tap_feed *feed,
		      const struct tap_listener *listener);

/* Sets the deadline anew, in seconds from now. */
void tap_process_set_deadline(struct tap_process *process, unsigned deadline);

/* The deadline, if there is one, comes so many milliseconds later. */
void tap_process_put_off(struct tap_process *process, uint64_t milliseconds);

/*
 * Seconds. A process that was told to stop is killed after the first, and its pipes are
 * left after the second, whoever holds them: it has ended well within the 10 s that
 * clients wait. One that ended by itself is left the first for what still holds its
 * pipes, and longer for as long as tap_process_renew is called. All that was in its stdout
 * when it ended is read whatever happens.
 */
#define TAP_GRACE 5
#define TAP_GRACE_AFTER_STOP 1

/* From the line callback: this is what it was started for, so more is worth waiting for. */
static inline void tap_process_renew(struct tap_process *process)
{
	process->heard = true;
}

/* Is there something in its pipes that was not read yet? */
bool tap_process_has_unread(const struct tap_process *process);

/*
 * SIGTERM to its group, and SIGCONT, for a stopped one to hear it; SIGKILL when it has not
 * ended after TAP_GRACE seconds. The first reason counts.
 */
void tap_process_stop(struct tap_process *process, enum tap_stop reason);

/* Why its stdout is not read for a while; the tap then waits. */
enum tap_pause {
	TAP_PAUSE_OUTPUT = 1 << 0, /* our own stdout is full */
	TAP_PAUSE_WORK = 1 << 1,   /* its last line is still being worked on */
	TAP_PAUSE_REST = 1 << 2,   /* taps flush each record: some more are let come together */
};

/*
 * Stops passing on lines of its stdout, also those that were read already; and goes on when
 * no reason is left. One that was told to stop is read to its end.
 */
void tap_process_pause(struct tap_process *process, enum tap_pause reason);
void tap_process_resume(struct tap_process *process, enum tap_pause reason);

/* Frees what an ended process holds; its handles have been closed. */
void tap_process_release(struct tap_process *process);

#endif
