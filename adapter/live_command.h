/*
 * live_command.h - tapbyte's commands on a live tap: run as a user runs them, all that they
 * print searched for secrets.
 *
 *	struct live_command command = { .verb = "read", .config = path, .line = on_line };
 *
 *	if (live_command_run(&command, &tap) && !live_command_succeeded(&command))
 *		live_command_tell_end(&command, details);
 *	live_command_release(&command);
 */
#ifndef TAPBYTE_LIVE_COMMAND_H
#define TAPBYTE_LIVE_COMMAND_H

#include <stdbool.h>

#include "buffer.h"
#include "child_run.h"
#include "error.h"
#include "leak_search.h"
#include "slice.h"
#include "work_dir.h"

struct live_tap {
	struct child_runner *runner;
	const char *folder;        /* of the tap */
	struct work_dir dir;       /* for files that commands are given */
	struct leak_search search;
	struct error *error;       /* set: no command can be run any more */
};

struct live_command {
	const char *verb;
	const char *config, *catalog, *state; /* files; NULL: left out */
	void (*line)(void *owner, struct slice line); /* of its stdout */
	void *owner;

	struct child child; /* how it ended */
	struct buffer log;  /* the first lines of its stderr: why it failed */
};

/* Runs it to its end. False: it could not be; tap->error says why. */
bool live_command_run(struct live_command *command, struct live_tap *tap);
void live_command_release(struct live_command *command);

/* Its exit code was 0. */
bool live_command_succeeded(const struct live_command *command);

/* Appends lines that say how it ended, and its error where that is not empty. */
void live_command_tell_end(const struct live_command *command, struct slice error,
			   struct buffer *details);

#endif
