#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die_by.h"
#include "loop_memory.h"
#include "no_core.h"
#include "recorder.h"
#include "replay.h"
#include "text_file.h"
#include "unlisted_settings.h"

/* After a signal, stdout that nobody reads is given up after so long; in milliseconds. */
#define DRAIN_AFTER_SIGNAL 2000
#define DRAIN_STEP 100

/* In milliseconds: so often somebody looks at the clock; and so long never nobody does. */
#define LOOK 1000
#define STANDSTILL 2000

/* More processes than a session starts at a time. */
#define KNOWN_MAX (2 * PARALLEL_MAXIMUM)

static const int session_signals[SESSION_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

static void stop_taps(struct session *session)
{
	for (struct tap_process *tap = session->processes; tap != NULL; tap = tap->next)
		tap_process_stop(tap, TAP_STOP_ASKED);
}

static void on_signal(uv_signal_t *handle, int signal)
{
	struct session *session = handle->data;

	if (session->signal == 0) {
		session->signal = signal;
		session_tick(session);
		airbyte_writer_logf(&session->writer, LOG_WARN, "Stopped by a signal (%s).",
				    strsignal(signal));
	}
	stop_taps(session);
}

void session_flush(struct session *session)
{
	output_flush(&session->output);
	if (session->output.error == EPIPE && session->signal == 0)
		session->signal = SIGPIPE;
	if (session->output.error != 0)
		stop_taps(session);
}

/* The reader has caught up, or is gone. */
static void on_drained(void *owner)
{
	struct session *session = owner;

	session_flush(session);
	for (struct tap_process *tap = session->processes; tap != NULL; tap = tap->next)
		tap_process_resume(tap, TAP_PAUSE_OUTPUT);
}

static void on_warning(void *owner, const char *text)
{
	struct session *session = owner;

	airbyte_writer_log(&session->writer, LOG_WARN, slice_of_string(text));
}

void session_tick(struct session *session)
{
	struct timespec now;

	if (session->replay != NULL) {
		session->writer.now = session->replay->now;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	session->writer.now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t session_now(struct session *session)
{
	uint64_t now = uv_now(&session->loop);

	if (session->replay != NULL)
		return (uint64_t)session->replay->now;
	if (now - session->looked > STANDSTILL)
		session->stood += now - session->looked - LOOK;
	session->looked = now;
	return now - session->stood;
}

void session_set_deadline(struct session *session, unsigned seconds)
{
	uv_update_time(&session->loop);
	session->deadline = seconds;
	session->deadline_at = session_now(session) + (uint64_t)seconds * 1000;
}

bool session_take_time(struct session *session, unsigned *deadline, unsigned *seconds)
{
	uint64_t now = session_now(session), left;

	*seconds = *deadline;
	if (session->deadline == 0)
		return true;
	left = session->deadline_at > now ? (session->deadline_at - now + 999) / 1000 : 0;
	if (*deadline == 0 || left <= *deadline) {
		*deadline = session->deadline;
		*seconds = (unsigned)left;
	}
	return left > 0;
}

void session_catch_up_config(struct session *session)
{
	session_tick(session);
	if (config_watch_catch_up(&session->config_watch))
		session_flush(session);
}

static void look_at_config(struct session *session, bool last)
{
	session_tick(session);
	if (config_watch_look(&session->config_watch, last))
		session_flush(session);
}

void session_look_at_config(struct session *session)
{
	look_at_config(session, false);
}

static void on_config_touched(void *owner)
{
	session_catch_up_config(owner);
}

bool session_is_interrupted(const struct session *session)
{
	return session->signal != 0 || session->output.error != 0;
}

static void end_without_loop(int signal)
{
	static const char text[] = "tapbyte: cannot start: there are too few file descriptors "
				   "(ulimit -n)\n";

	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* Without descriptors for its own pipes libuv aborts; nothing was started or made yet. */
static void open_loop(uv_loop_t *loop)
{
	loop_memory_use();
	signal(SIGABRT, end_without_loop);
	if (uv_loop_init(loop) != 0)
		abort();
	signal(SIGABRT, SIG_DFL);
}

void session_begin(struct session *session, int out)
{
	*session = (struct session){ .tap = TAP_NONE };
	orphans_adopt(&session->orphans);
	buffer_init(&session->stack_trace, BUFFER_MAXIMUM);
	open_loop(&session->loop);
	output_open(&session->output, &session->loop, out, on_drained, session);
	airbyte_writer_init(&session->writer, &session->output.bytes, &session->tap.mask);
	airbyte_writer_make_room(&session->writer);
	session->warnings = (struct warnings){ on_warning, session };
	session->looked = uv_now(&session->loop);
	session_tick(session);
	for (size_t i = 0; i < SESSION_SIGNALS; i++) {
		if (uv_signal_init(&session->loop, &session->signals[i]) != 0)
			abort();
		session->signals[i].data = session;
		uv_unref((uv_handle_t *)&session->signals[i]);
	}
	if (uv_signal_init(&session->loop, &session->child_ended) != 0)
		abort();
	uv_unref((uv_handle_t *)&session->child_ended);
}

bool session_open(struct session *session, int argc, char **argv)
{
	return session_open_on(session, STDOUT_FILENO, argc, argv);
}

bool session_open_on(struct session *session, int fd, int argc, char **argv)
{
	session_begin(session, fd);
	if (!options_parse(&session->options, argc, argv, &session->error)) {
		session->misused = session->error.type == FAILURE_CONFIG;
		return false;
	}
	session->writer.debug = session->options.debug;
	return tap_load(&session->tap, session->options.folder, &session->error);
}

bool session_misused(struct session *session, const char *message)
{
	session->misused = true;
	return error_set(&session->error, FAILURE_CONFIG, "%s", message);
}

struct known {
	pid_t pids[KNOWN_MAX];
	size_t count;
};

static void add_known(uv_handle_t *handle, void *argument)
{
	struct known *known = argument;

	if (handle->type == UV_PROCESS && known->count < KNOWN_MAX)
		known->pids[known->count++] = uv_process_get_pid((uv_process_t *)handle);
}

/* libuv waits for its own processes only, and nobody for orphans. */
static void on_child_ended(uv_signal_t *handle, int signal)
{
	struct known known = { .count = 0 };

	(void)signal;
	uv_walk(handle->loop, add_known, &known);
	if (known.count < KNOWN_MAX)
		orphans_reap(known.pids, known.count);
}

/* From here on there is something to take away, so a signal may not just end the process. */
static bool watch_signals(struct session *session)
{
	for (size_t i = 0; i < SESSION_SIGNALS; i++)
		if (uv_signal_start(&session->signals[i], on_signal, session_signals[i]) != 0)
			return error_set(&session->error, FAILURE_SYSTEM,
					 "cannot watch for signals");
	/* Without it orphans are reaped at the end. */
	(void)uv_signal_start(&session->child_ended, on_child_ended, SIGCHLD);
	return true;
}

bool session_prepare(struct session *session)
{
	no_core();
	if (session->replay == NULL)
		memory_kills_begin(&session->memory_kills, memory_kills_files);
	return watch_signals(session) && tap_prepare(&session->tap, &session->error);
}

bool session_configure(struct session *session)
{
	struct buffer config;
	bool done;

	if (session->tap.config_path != NULL)
		return true;
	if (session->replay != NULL)
		return session_prepare(session) &&
		       replay_configure(session->replay, &session->tap, &session->error);
	if (session->options.config == NULL)
		return session_misused(session, "no config: give --config FILE");
	buffer_init(&config, BUFFER_MAXIMUM);
	done = text_file_read(session->options.config, "the config", &config, &session->error) &&
	       session_prepare(session) &&
	       tap_configure(&session->tap, &config, session->options.config, &session->error);
	buffer_release(&config);
	if (!done || !unlisted_settings_warn(manifest_connection_specification(
						     &session->tap.manifest),
					     session->tap.airbyte_config, &session->warnings,
					     &session->error))
		return false;
	config_watch_start(&session->config_watch, &session->loop, &session->tap,
			   &session->writer, &session->warnings, on_config_touched, session);
	return tap_find_executable(&session->tap, &session->error);
}

static void close_loop(struct session *session)
{
	for (size_t i = 0; i < SESSION_SIGNALS; i++)
		uv_close((uv_handle_t *)&session->signals[i], NULL);
	uv_close((uv_handle_t *)&session->child_ended, NULL);
	uv_run(&session->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&session->loop);
}

static void on_wake(uv_timer_t *timer)
{
	(void)timer;
}

/* Writes what is left; after a signal for so long only as the reader may need. */
static void drain(struct session *session)
{
	uint64_t waited_until = 0;
	uv_timer_t wake;

	uv_run(&session->loop, UV_RUN_NOWAIT); /* a signal may have come since */
	session_flush(session);
	uv_timer_init(&session->loop, &wake);
	uv_timer_start(&wake, on_wake, DRAIN_STEP, DRAIN_STEP);
	while (output_is_full(&session->output)) {
		if (session->signal != 0 && waited_until == 0)
			waited_until = session_now(session) + DRAIN_AFTER_SIGNAL;
		if (session->signal != 0 && session_now(session) >= waited_until)
			break;
		uv_run(&session->loop, UV_RUN_ONCE);
	}
	uv_close((uv_handle_t *)&wake, NULL);
	uv_run(&session->loop, UV_RUN_NOWAIT);
}

bool session_settle(struct session *session, bool succeeded)
{
	const struct error *lost = &session->config_watch.error;

	if (!session->settled) {
		orphans_end(&session->orphans);
		look_at_config(session, true); /* whoever wrote it after the tap's end */
	}
	session->settled = true;
	if (succeeded && lost->set) {
		session->tap.mask.behind = false; /* these words are our own */
		session->error = *lost;
		return false;
	}
	if (succeeded && session->writer.failed)
		return error_set_no_memory(&session->error);
	return succeeded;
}

/* Those of taps were told with their ends; what is left is of processes that they had started. */
static void tell_kills(struct session *session)
{
	if (memory_kills_take(&session->memory_kills, UINT64_MAX) > 0)
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "The kernel killed a process of this container for lack of "
				    "memory: records may be missing.");
}

int session_close(struct session *session, bool succeeded)
{
	int signal_number, write_error;
	bool misused = session->misused, told;

	succeeded = session_settle(session, succeeded);
	session_tick(session);
	session_flush(session); /* which makes room for the error */
	session->writer.failed = false;
	tell_kills(session);
	if (!succeeded && session->error.set && session->signal == 0)
		airbyte_writer_error(&session->writer, &session->error,
				     buffer_slice(&session->stack_trace), session->stream);
	drain(session);
	airbyte_writer_tell_left_out(&session->writer);
	session_flush(session);
	signal_number = session->signal;
	write_error = session->output.error;
	if (session->recorder != NULL)
		recorder_finish(session->recorder, &session->tap);
	told = !session->writer.failed;
	airbyte_writer_release(&session->writer);
	output_close(&session->output);
	config_watch_stop(&session->config_watch);
	tap_release(&session->tap);
	options_release(&session->options);
	buffer_release(&session->stack_trace);
	close_loop(session);
	if (signal_number != 0)
		return die_by(signal_number);
	if (write_error != 0)
		fprintf(stderr, "tapbyte: cannot write to stdout: %s\n", strerror(write_error));
	else if (!told)
		fputs("tapbyte: out of memory\n", stderr);
	if (succeeded && write_error == 0)
		return 0;
	return misused ? 2 : 1;
}
