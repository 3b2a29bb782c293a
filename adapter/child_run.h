/*
 * child_run.h - tapbyte runs tapbyte: a command in a process of its own, its messages read
 * line by line.
 *
 *	struct child_runner runner;
 *
 *	if (child_runner_open(&runner, NULL, &error))
 *		child_run(&runner, arguments, &listener, &child, &error);
 *	exit_code = child_runner_close(&runner, exit_code);
 *
 * On SIGTERM, SIGINT and SIGHUP the child that runs is stopped, and no other one is started;
 * child_runner_close then lets the same signal end the process.
 */
#ifndef TAPBYTE_CHILD_RUN_H
#define TAPBYTE_CHILD_RUN_H

#include <stdbool.h>
#include <uv.h>

#include "error.h"
#include "orphans.h"
#include "tap_process.h"

#define CHILD_SIGNALS 3

struct child_runner {
	uv_loop_t loop;
	char program[4096];
	uv_signal_t signals[CHILD_SIGNALS];
	int signal;                  /* that asked for the end, or 0 */
	int write_error;             /* by child_runner_give_up, or 0 */
	struct tap_process *running; /* or NULL */
	struct orphans orphans;
	bool open;
};

/* How a child ended. */
struct child {
	int exit_code; /* 0 where a signal killed it */
	int signal;    /* that killed it, or 0 */
};

/* `program`: an absolute path; NULL: this program itself. */
bool child_runner_open(struct child_runner *runner, const char *program, struct error *error);

/*
 * Runs the program with the arguments (argv[1] and so on, NULL-terminated) to its end. The
 * listener's lines are those of its stdout, its log lines those of its stderr. False: it
 * could not be started, its output could not be read, or a signal asks for the end (the
 * error says so); how it ended otherwise is in *child.
 */
bool child_run(struct child_runner *runner, const char *const *arguments,
	       const struct tap_listener *listener, struct child *child, struct error *error);

/*
 * What we print cannot be written (an errno): no child is wanted any more. Where nobody reads
 * it (EPIPE) that is as if SIGPIPE had come.
 */
void child_runner_give_up(struct child_runner *runner, int write_error);

/* The exit code; does not return when a signal asked for the end. Once, also after a failure. */
int child_runner_close(struct child_runner *runner, int exit_code);

#endif
