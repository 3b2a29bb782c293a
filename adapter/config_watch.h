/*
 * config_watch.h - a tap rewrites its config, with the tokens that it was given anew: the
 * platform has to learn of it, or the next run starts with tokens that are void.
 *
 *	config_watch_start(&watch, loop, tap, writer, warnings, wake, owner);
 *	config_watch_catch_up(&watch); when woken, and before what the tap wrote is passed on
 *	config_watch_look(&watch, last); after the tap's end, before an answer
 *	config_watch_stop(&watch);     the handle is closed by the next turn of the loop
 *
 * Told is the whole Airbyte config (config_invert.h), as CONTROL CONNECTOR_CONFIG, once
 * for each change. What does not fit the spec stays as it was, with a warning; where
 * nothing new fits, an ERROR in the log says so. New secrets are masked from then on, and
 * so is any string that the tap put under a key that speaks of a token, a password or the
 * like, also where no rule maps it back.
 *
 * The file is looked at when a writer has closed it or another file has taken its place,
 * not at each byte. One that is no whole JSON object, or {}, is being written still: another
 * look follows. Links are not followed, and only a regular file is read.
 *
 * Where the machine refuses (no descriptor, no memory, EIO), the file is read again at
 * once and by the next look; while one that was changed could not be read the mask is
 * `behind`, and no text of the tap is shown. What the last look cannot read fails the run
 * (`error`) when memory ran out, or when there is a sign that the tap changed the file: it
 * may hold tokens without which the next run fails. Without such a sign it is a warning.
 * Where there is no watch (EMFILE) there is a sign always.
 */
#ifndef TAPBYTE_CONFIG_WATCH_H
#define TAPBYTE_CONFIG_WATCH_H

#include <stdbool.h>
#include <uv.h>

#include "airbyte_writer.h"
#include "buffer.h"
#include "error.h"
#include "tap.h"
#include "warnings.h"

/* A config is small; a file that is larger is none. */
#define CONFIG_WATCH_MAXIMUM ((size_t)16 << 20)

/* A config file, in the work dir. */
struct config_file {
	char *path;
	bool touched;        /* since it was read last, or nobody knows */
	bool unread;         /* it was touched, and could not be read */
	struct buffer seen;  /* its text when something was said about it */
	const char *problem; /* that was warned of last, or NULL */
};

struct config_watch {
	struct tap *tap; /* NULL: not started */
	struct airbyte_writer *writer;
	const struct warnings *warnings;
	void (*wake)(void *owner);
	void *owner;
	uv_poll_t poll;
	int notify;          /* inotify, of the work dir: a rename would take a watched file away;
				-1: the system has none to give */
	struct config_file files[1 + PARALLEL_MAXIMUM]; /* the tap's, and copies of it */
	size_t count;
	bool copy_rewritten; /* something was told of what a process put into its copy */
	struct error error;  /* why the run must fail: tokens may be lost */
};

/*
 * The tap has been configured (tap_configure). `wake` is called from the loop when there
 * may be something new. Where the system has no watch to give (EMFILE), it never is, and
 * config_watch_catch_up always looks. All pointers must outlive the watch.
 */
void config_watch_start(struct config_watch *watch, uv_loop_t *loop, struct tap *tap,
			struct airbyte_writer *writer, const struct warnings *warnings,
			void (*wake)(void *owner), void *owner);

/*
 * The config as it is now goes into a file of its own for one of several tap processes, which
 * is watched as well; `name` is in the work dir. The result is its path, borrowed; NULL on an
 * error. At most PARALLEL_MAXIMUM times.
 */
const char *config_watch_copy(struct config_watch *watch, const char *name, struct error *error);

/*
 * Looks if somebody has written: cheap where nobody has. What the tap did to its config
 * before it wrote a line is told before that line when this is called after it was read.
 * True when something may have been written (writer). Nothing is while the reader of our
 * stdout is far behind.
 */
bool config_watch_catch_up(struct config_watch *watch);

/*
 * Reads the files now. `last` says that nobody writes any more: a file that is no JSON
 * object then is a warning, and one that cannot be read a warning or watch->error. The
 * result as above.
 */
bool config_watch_look(struct config_watch *watch, bool last);

/* Nothing where it was never started. */
void config_watch_stop(struct config_watch *watch);

#endif
