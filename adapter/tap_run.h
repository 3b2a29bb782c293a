/*
 * tap_run.h - a tap started by a session: its process and its log, from the command line
 * to the reason why it failed.
 */
#ifndef TAPBYTE_TAP_RUN_H
#define TAPBYTE_TAP_RUN_H

#include <stdbool.h>
#include <uv.h>

#include "log_throttle.h"
#include "session.h"
#include "slice.h"
#include "tap_log.h"
#include "tap_process.h"

/* Told of each line of stdout (tap_process.h). */
typedef void tap_run_line(void *owner, struct slice line, bool complete);

/* A step of longer work on the last line; false when it is done. */
typedef bool tap_run_step(void *owner);

/* Told of each message of its log, without the secrets. */
typedef void tap_run_message(void *owner, struct slice message);

/* Asked now and then, while it runs, to say in the log how far it has come. */
typedef void tap_run_progress(void *owner);

/* What of it belongs into a recording. */
enum tap_record {
	TAP_RECORD_NOTHING,
	TAP_RECORD_DISCOVERY, /* all that it writes, should it fail */
	TAP_RECORD_READ,      /* all that it writes */
};

/* What a tap is started for. */
struct tap_task {
	const char *program;          /* instead of the tap's own command; NULL: the tap */
	const char *const *arguments; /* after its own command, NULL-terminated; borrowed */
	const char *directory;        /* that it works in; NULL: the work dir. Borrowed */
	const char *what;             /* what it is to do, for messages: "discover its streams" */
	unsigned deadline;            /* seconds; 0: none */
	unsigned silence;             /* seconds without a byte after which it is taken for hung;
					 0: any number. After its end, what it left behind gets
					 so many seconds, or what the deadline says */
	enum tap_record record;       /* what the session's recorder is told of it */
	bool quiet_logs;              /* the log is kept for explanations, not written */
	tap_run_line *line;
	tap_run_message *message;     /* NULL: nobody wants to know */
	tap_run_progress *progress;   /* NULL: the log says how long it has been waited */
	void *owner;
};

/*
 * Seconds without a byte after which a tap is taken for hung that has closed its stdout;
 * and one whose log ends with the traceback of an exception that, as it looks, nobody
 * caught: it only fails to end, or it has printed the traceback itself and goes on.
 */
#define TAP_RUN_ENDING 30
#define TAP_RUN_CRASHED 600

/* Of `idle` (0: any number), and those two. */
static inline unsigned tap_run_silence(unsigned idle, bool closed, bool crashed)
{
	unsigned most = closed ? TAP_RUN_ENDING : crashed ? TAP_RUN_CRASHED : 0;

	return most != 0 && (idle == 0 || idle > most) ? most : idle;
}

/* Seconds for which what it left behind is listened to; 0: for ever. */
static inline unsigned tap_run_patience(const struct tap_task *task)
{
	return task->silence ? task->silence : task->deadline;
}

struct tap_run {
	struct session *session;
	struct tap_task task;
	struct tap_process process;
	struct tap_log log;
	struct log_throttle throttle;
	struct buffer masked;       /* of the line being read */
	uv_timer_t quiet;           /* hands out a log message that no line follows */
	uv_timer_t work;            /* calls the step of tap_run_work */
	unsigned timers_open;
	tap_run_step *step;
	bool caught_up;             /* with the config, for the lines that came together */
	uv_timer_t watch;           /* every second: is it hung, what is to be said in the log */
	uint64_t started;           /* by session_now, in milliseconds, as the next two */
	uint64_t heard;             /* when it wrote something last */
	uint64_t stood;             /* as the session's, when it was last looked at */
	int64_t quiet_at;           /* of a replay: when what the two timers do is due, */
	int64_t watch_at;           /* in milliseconds since 1970; 0: it is not */
	uint64_t told;              /* when the log last said how far it has come */
	unsigned silence;           /* of so many seconds made us stop it */
	bool starved;               /* the kernel killed it for lack of memory */
	unsigned left;              /* seconds for which what it left behind was listened to */
	char **argv;
};

/*
 * Starts the session's tap; it gets no longer than what the session's deadline leaves. On
 * failure nothing is left to release.
 */
bool tap_run_start(struct tap_run *run, struct session *session, const struct tap_task *task,
		   struct error *error);

/* What the timers do; a replay calls it by its own clock. */
void tap_run_on_quiet(struct tap_run *run);
void tap_run_on_watch(struct tap_run *run);

/*
 * Called from the line callback: no more lines come, and `step` is called from the loop
 * again and again, whenever stdout has room, until it is done; then the tap goes on.
 */
void tap_run_work(struct tap_run *run, tap_run_step *step);

/* Puts a text of the tap's into the log, as it would one of its stderr. A tap_log_message. */
void tap_run_log(void *run, enum log_level level, struct slice text);

/* Has it ended, and its last line been worked on? */
bool tap_run_has_ended(const struct tap_run *run);

/* Runs the loop until it has ended. Once for each run. */
void tap_run_wait(struct tap_run *run);

/*
 * True when it ended well: exit status 0, by itself. Otherwise the error says why, in the
 * words of the tap's own log where it has some, and the session gets the stack trace.
 */
bool tap_run_succeeded(struct tap_run *run, struct error *error);

void tap_run_release(struct tap_run *run);

#endif
