/*
 * session.h - one run of a protocol command: the loop, the way out, the tap.
 *
 *	struct session session;
 *	bool done;
 *
 *	session_open(&session, argc, argv);
 *	done = ...;                          fills session.error when it fails
 *	return session_close(&session, done);
 *
 * On SIGTERM, SIGINT and SIGHUP, and when nobody reads stdout any more, the taps that
 * run are stopped; the command goes on to its end, and session_close lets the same
 * signal end the process.
 */
#ifndef TAPBYTE_SESSION_H
#define TAPBYTE_SESSION_H

#include <stdbool.h>
#include <uv.h>

#include "airbyte_writer.h"
#include "config_watch.h"
#include "error.h"
#include "memory_kills.h"
#include "options.h"
#include "orphans.h"
#include "output.h"
#include "tap.h"
#include "tap_process.h"
#include "warnings.h"

#define SESSION_SIGNALS 3

struct recorder;
struct replay;

struct session {
	uv_loop_t loop;
	struct options options;
	struct output output;
	struct airbyte_writer writer;
	struct warnings warnings;       /* go into the log */
	struct tap tap;
	struct config_watch config_watch;
	struct error error;             /* why the command failed */
	struct buffer stack_trace;      /* that goes with it */
	const struct stream *stream;    /* that it is about, or NULL; must live as long */
	int signal;                     /* that ended it, or 0 */
	bool misused;                   /* the command line was wrong */
	bool settled;                   /* session_settle was called */
	uv_signal_t signals[SESSION_SIGNALS];
	struct tap_process *processes;  /* that run, linked by `next` */
	unsigned deadline;              /* session_set_deadline; 0: none */
	uint64_t deadline_at;           /* by session_now, as the next one */
	uint64_t looked;                /* at the clock, by uv_now */
	uint64_t stood;                 /* milliseconds in which this process stood still */
	struct recorder *recorder;      /* is told what the tap does; NULL: nobody wants to know */
	struct replay *replay;          /* stands in for the tap, and has the time; NULL: none */
	struct orphans orphans;         /* that these leave behind */
	uv_signal_t child_ended;
	struct memory_kills memory_kills; /* unknown for a replay */
};

/*
 * Starts a session whose messages go to a descriptor, for a command that parses its own
 * command line and knows its tap otherwise. It has to be closed as any other.
 */
void session_begin(struct session *session, int out);

/*
 * Starts a session on stdout; parses the command line and loads the manifest. False: see
 * error.
 */
bool session_open(struct session *session, int argc, char **argv);

/* The same with another descriptor in place of stdout, which stays the caller's. */
bool session_open_on(struct session *session, int fd, int argc, char **argv);

/* For a command line that lacks something: sets the error and the exit code; false. */
bool session_misused(struct session *session, const char *message);

/* The tap's surroundings; from here on signals stop the taps instead of the process. */
bool session_prepare(struct session *session);

/* The same, and the tap's config and executable: for all commands but spec and install. */
bool session_configure(struct session *session);

/* From now on, all taps together get so many seconds. */
void session_set_deadline(struct session *session, unsigned seconds);

/*
 * For something that may take *deadline seconds by itself (0: as long as it likes): what
 * is left for it. Where the session's deadline is the shorter one, *deadline becomes that,
 * which is what a message should name. False: the time is up.
 */
bool session_take_time(struct session *session, unsigned *deadline, unsigned *seconds);

/* Sets the writer's time to now. */
void session_tick(struct session *session);

/*
 * In milliseconds since some time or other. It stands still while this process does (a paused
 * container, SIGSTOP): as long as a tap runs somebody looks at it each second, so more than two
 * at a time were not lived through. A replay has a clock of its own.
 */
uint64_t session_now(struct session *session);

/* Writes what can be written now; when nobody reads any more, stops the taps. */
void session_flush(struct session *session);

/*
 * A tap may have rewritten its config: writes what there is to tell of it, at once. The
 * first looks only where there is something new: before what a tap wrote is passed on. The
 * second is for the end of a tap.
 */
void session_catch_up_config(struct session *session);
void session_look_at_config(struct session *session);

/* True when a signal or a closed stdout asks for the end. */
bool session_is_interrupted(const struct session *session);

/*
 * Ends what the taps left behind, and looks at their config for the last time; once. The
 * result is `succeeded`, or false and the error where something could not be told, for
 * want of memory or since that config cannot be read. For an answer that says that all
 * went well; session_close does it, too.
 */
bool session_settle(struct session *session, bool succeeded);

/*
 * Ends the session: writes the TRACE ERROR of a failure (unless it was a signal), and
 * everything that has not gone out; ends what the taps left behind, and removes the work
 * dir. The result is the exit code; when a signal ended it, the process dies by that signal
 * here (as PID 1, whom signals do not kill: the result is 128 + signal).
 */
int session_close(struct session *session, bool succeeded);

#endif
