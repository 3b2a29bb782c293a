#include "child_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die_by.h"
#include "no_core.h"

#define ARGUMENTS_MAXIMUM 30

static const int child_signals[CHILD_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

static void stop_child(struct child_runner *runner)
{
	if (runner->running != NULL)
		tap_process_stop(runner->running, TAP_STOP_ASKED);
}

static void on_signal(uv_signal_t *handle, int signal)
{
	struct child_runner *runner = handle->data;

	if (runner->signal == 0)
		runner->signal = signal;
	stop_child(runner);
}

void child_runner_give_up(struct child_runner *runner, int write_error)
{
	if (runner->write_error == 0)
		runner->write_error = write_error;
	if (write_error == EPIPE && runner->signal == 0)
		runner->signal = SIGPIPE;
	stop_child(runner);
}

bool child_runner_open(struct child_runner *runner, const char *program, struct error *error)
{
	size_t size = sizeof(runner->program);
	int status;

	*runner = (struct child_runner){ .open = false };
	if (program != NULL && strlen(program) < size)
		memcpy(runner->program, program, strlen(program) + 1);
	else if (program != NULL || uv_exepath(runner->program, &size) != 0)
		return error_set(error, FAILURE_SYSTEM, "cannot find the program to start");
	no_core();
	orphans_adopt(&runner->orphans);
	status = uv_loop_init(&runner->loop);
	if (status != 0)
		return error_set(error, FAILURE_SYSTEM, "cannot start: %s", uv_strerror(status));
	runner->open = true;
	for (size_t i = 0; i < CHILD_SIGNALS; i++) {
		uv_signal_init(&runner->loop, &runner->signals[i]);
		runner->signals[i].data = runner;
		uv_unref((uv_handle_t *)&runner->signals[i]);
		if (uv_signal_start(&runner->signals[i], on_signal, child_signals[i]) != 0)
			return error_set(error, FAILURE_SYSTEM, "cannot watch for signals");
	}
	return true;
}

static bool make_argv(struct child_runner *runner, const char *const *arguments, char **argv,
		      struct error *error)
{
	size_t count = 0;

	argv[count++] = runner->program;
	while (*arguments != NULL && count < ARGUMENTS_MAXIMUM)
		argv[count++] = (char *)*arguments++;
	argv[count] = NULL;
	return *arguments == NULL ||
	       error_set(error, FAILURE_CONFIG, "more than %d arguments", ARGUMENTS_MAXIMUM);
}

static bool is_interrupted(const struct child_runner *runner, struct error *error)
{
	if (runner->write_error != 0)
		error_set(error, FAILURE_SYSTEM, "cannot write to stdout: %s",
			  strerror(runner->write_error));
	else if (runner->signal != 0)
		error_set(error, FAILURE_TRANSIENT, "stopped by a signal (%s)",
			  strsignal(runner->signal));
	return runner->signal != 0 || runner->write_error != 0;
}

bool child_run(struct child_runner *runner, const char *const *arguments,
	       const struct tap_listener *listener, struct child *child, struct error *error)
{
	char *argv[ARGUMENTS_MAXIMUM + 1];
	struct tap_process process;

	if (is_interrupted(runner, error) || !make_argv(runner, arguments, argv, error) ||
	    !tap_process_start(&process, &runner->loop, argv, environ, NULL, 0, listener, error))
		return false;
	runner->running = &process;
	while (!process.ended)
		uv_run(&runner->loop, UV_RUN_ONCE);
	runner->running = NULL;
	child->exit_code = (int)process.exit_status;
	child->signal = process.signal;
	if (process.error.set)
		error_set(error, process.error.type, "%s", process.error.message);
	tap_process_release(&process);
	return !is_interrupted(runner, error) && !process.error.set;
}

int child_runner_close(struct child_runner *runner, int exit_code)
{
	if (!runner->open)
		return exit_code;
	orphans_end(&runner->orphans);
	for (size_t i = 0; i < CHILD_SIGNALS; i++)
		uv_close((uv_handle_t *)&runner->signals[i], NULL);
	uv_run(&runner->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&runner->loop);
	return runner->signal != 0 ? die_by(runner->signal) : exit_code;
}
