#include "tap_run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "recorder.h"
#include "replay.h"

/* A log message waits so long for continuation lines, in milliseconds. */
#define QUIET 250

/* All in milliseconds. Somebody who waits hears of it so often. */
#define WATCH 1000
#define REMINDER 15000
#define PROGRESS 60000

static void log_message(struct tap_run *run, enum log_level level, struct slice message)
{
	/* what nobody is to see must not take the place of what somebody is */
	if (!run->task.quiet_logs && airbyte_writer_takes(&run->session->writer, level))
		log_throttle_message(&run->throttle, level, message,
				     session_now(run->session));
}

static void on_log_message(void *owner, enum log_level level, struct slice message)
{
	struct tap_run *run = owner;

	if (run->task.message != NULL)
		run->task.message(run->task.owner, message);
	log_message(run, level, message);
}

static void on_throttled_message(void *owner, enum log_level level, struct slice message)
{
	struct tap_run *run = owner;

	airbyte_writer_log(&run->session->writer, level, message);
}

void tap_run_on_quiet(struct tap_run *run)
{
	session_tick(run->session);
	tap_log_flush(&run->log);
	session_flush(run->session);
}

static void on_quiet(uv_timer_t *timer)
{
	tap_run_on_quiet(timer->data);
}

static void start_quiet(struct tap_run *run)
{
	if (run->session->replay != NULL)
		run->quiet_at = run->session->replay->now + QUIET;
	else
		uv_timer_start(&run->quiet, on_quiet, QUIET, 0);
}

/* After catch_up, so that its time is now and its secrets are known. */
static void record_line(struct tap_run *run, enum recording_source source, struct slice line,
			bool complete)
{
	struct session *session = run->session;

	if (session->recorder == NULL || run->task.record == TAP_RECORD_NOTHING)
		return;
	if (recorder_line(session->recorder, session->writer.now, source, line, complete))
		tap_process_stop(&run->process, TAP_STOP_ASKED);
}

/*
 * A config that the tap rewrote before it wrote these lines is told before them, and its
 * secrets are masked in them. What reading brought at once was all written by then.
 */
static void catch_up(struct tap_run *run)
{
	if (!run->caught_up)
		session_catch_up_config(run->session);
	run->caught_up = true;
}

/* Before a long text is cut through a secret. */
static struct slice mask_text(void *owner, struct slice line)
{
	struct tap_run *run = owner;

	buffer_clear(&run->masked);
	secret_mask_apply(&run->session->tap.mask, &run->masked, line);
	if (!run->masked.failed)
		return buffer_slice(&run->masked);
	run->session->writer.failed = true; /* as for any message that is lost */
	return SLICE(SECRET_UNSEARCHED);
}

void tap_run_log(void *owner, enum log_level level, struct slice text)
{
	struct tap_run *run = owner;

	log_message(run, level, mask_text(run, text));
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	struct tap_run *run = owner;

	catch_up(run);
	record_line(run, cut ? RECORDING_LOG_CUT : RECORDING_LOG, line, true);
	if (cut)
		line = mask_text(run, line);
	if (cut && line.length > TAP_LOG_CUT_MARGIN)
		line.length -= TAP_LOG_CUT_MARGIN;
	run->log.mask = cut ? NULL : mask_text;
	tap_log_line(&run->log, line);
	if (cut)
		tap_log_line(&run->log, SLICE("... (a very long line, the rest is left out)"));
	if (run->log.failed)
		run->session->writer.failed = true;
	start_quiet(run);
}

static void on_line(void *owner, struct slice line, bool complete)
{
	struct tap_run *run = owner;

	catch_up(run);
	record_line(run, RECORDING_OUT, line, complete);
	run->task.line(run->task.owner, line, complete);
}

static void on_pause(void *owner)
{
	struct tap_run *run = owner;

	run->heard = session_now(run->session);
	run->caught_up = false;
	session_flush(run->session);
	if (output_is_full(&run->session->output))
		tap_process_pause(&run->process, TAP_PAUSE_OUTPUT);
}

static void on_work(uv_timer_t *timer)
{
	struct tap_run *run = timer->data;

	session_tick(run->session);
	if (run->process.stopped != TAP_RUNNING) { /* nobody wants the rest */
		uv_timer_stop(timer);
		return;
	}
	if (output_is_full(&run->session->output))
		return;
	if (!run->step(run->task.owner)) {
		uv_timer_stop(timer);
		tap_process_resume(&run->process, TAP_PAUSE_WORK);
	}
	session_flush(run->session);
}

void tap_run_work(struct tap_run *run, tap_run_step *step)
{
	run->step = step;
	tap_process_pause(&run->process, TAP_PAUSE_WORK);
	uv_timer_start(&run->work, on_work, 0, 1);
}

/* The program, or the tap's own command, and then the arguments; the strings are borrowed. */
static char **make_argv(const struct tap *tap, const char *program,
			const char *const *arguments)
{
	size_t own = program ? 1 : json_array_size(tap->manifest.command), count = 0;
	char **argv;

	while (arguments[count] != NULL)
		count++;
	argv = calloc(own + count + 1, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	argv[0] = program ? (char *)program : tap->executable;
	for (size_t i = 1; i < own; i++)
		argv[i] = (char *)json_string_value(json_array_get(tap->manifest.command, i));
	for (size_t i = 0; i < count; i++)
		argv[own + i] = (char *)arguments[i];
	return argv;
}

static void log_command(struct session *session, char **argv)
{
	struct buffer line;

	buffer_init(&line, BUFFER_MAXIMUM);
	buffer_append_string(&line, "starting");
	for (; *argv != NULL; argv++) {
		buffer_append_char(&line, ' ');
		buffer_append_string(&line, *argv);
	}
	if (!line.failed)
		airbyte_writer_log(&session->writer, LOG_DEBUG, buffer_slice(&line));
	buffer_release(&line);
}

/* A deadline is by the loop's clock, which goes on while this process stands still. */
static void put_deadline_off(struct tap_run *run)
{
	uint64_t stood = run->session->stood;

	if (stood != run->stood)
		tap_process_put_off(&run->process, stood - run->stood);
	run->stood = stood;
}

static void stop_for(struct tap_run *run, enum tap_stop reason, unsigned seconds)
{
	run->silence = seconds;
	tap_process_stop(&run->process, reason);
}

/*
 * What it left behind may write messages for ever. Neither does that count which the tap itself
 * wrote, and is still on its way, nor the time in which nobody takes what comes out.
 */
static void stop_if_left(struct tap_run *run, uint64_t now)
{
	unsigned limit = tap_run_patience(&run->task);
	bool stalled = run->process.pauses != 0 && now - run->heard >= WATCH;

	if (run->process.owed > 0 || stalled)
		return;
	run->left++; /* one watch is a second */
	if (limit != 0 && run->left >= limit)
		stop_for(run, TAP_STOP_LEFT, limit);
}

static void stop_if_hung(struct tap_run *run, uint64_t now)
{
	unsigned silence = tap_run_silence(run->task.silence, !run->process.out.open,
					   tap_log_has_crashed(&run->log));

	/* it waits for us, or we have been away */
	if (run->process.pauses != 0 || tap_process_has_unread(&run->process))
		run->heard = now;
	if (silence != 0 && now - run->heard >= (uint64_t)silence * 1000)
		stop_for(run, TAP_STOP_SILENT, silence);
}

static void stop_if_over(struct tap_run *run, uint64_t now)
{
	if (run->process.stopped != TAP_RUNNING)
		return;
	if (run->process.exited)
		stop_if_left(run, now);
	else
		stop_if_hung(run, now);
}

/* Says in the log that we wait, or how far it has come. */
static void remind(struct tap_run *run, uint64_t now)
{
	bool first = run->told == run->started;
	uint64_t interval = first || run->task.progress == NULL ? REMINDER : PROGRESS;

	if (now - run->told < interval || run->process.stopped != TAP_RUNNING)
		return;
	run->told = now;
	if (run->task.progress != NULL)
		run->task.progress(run->task.owner);
	else if (run->task.deadline > 0 && !run->task.quiet_logs)
		airbyte_writer_logf(&run->session->writer, LOG_INFO,
				    "Waiting for the tap to %s: %" PRIu64 " of at most %u "
				    "seconds.",
				    run->task.what, (now - run->started) / 1000,
				    run->task.deadline);
}

void tap_run_on_watch(struct tap_run *run)
{
	uint64_t now = session_now(run->session);

	session_tick(run->session);
	log_throttle_tick(&run->throttle, now);
	remind(run, now);
	put_deadline_off(run);
	if (run->session->replay == NULL)
		stop_if_over(run, now);
	session_flush(run->session);
}

static void on_watch(uv_timer_t *timer)
{
	tap_run_on_watch(timer->data);
}

static void start_timers(struct tap_run *run)
{
	uv_timer_t *const timers[] = { &run->quiet, &run->work, &run->watch };

	for (size_t i = 0; i < COUNT(timers); i++) {
		uv_timer_init(&run->session->loop, timers[i]);
		timers[i]->data = run;
		run->timers_open++;
	}
	run->started = run->heard = run->told = session_now(run->session);
	run->stood = run->session->stood;
	if (run->session->replay != NULL)
		run->watch_at = run->session->replay->now + WATCH;
	else
		uv_timer_start(&run->watch, on_watch, WATCH, WATCH);
}

/* The process, or what was recorded of one. */
static bool start_process(struct tap_run *run, unsigned seconds, struct error *error)
{
	const struct tap_listener listener = { on_line, on_log_line, on_pause, run };
	struct session *session = run->session;
	const char *directory = run->task.directory;

	if (session->replay != NULL) {
		replay_begin(session->replay, &run->process, &session->loop, &listener);
		return true;
	}
	session_tick(session);
	log_command(session, run->argv);
	if (!tap_process_start(&run->process, &session->loop, run->argv, session->tap.environment,
			       directory ? directory : session->tap.work_dir.path, seconds,
			       &listener, error))
		return false;
	if (session->recorder != NULL && run->task.record != TAP_RECORD_NOTHING)
		recorder_begin(session->recorder, &session->tap,
			       run->task.record == TAP_RECORD_DISCOVERY,
			       (char *const *)run->task.arguments, session->writer.now);
	return true;
}

bool tap_run_start(struct tap_run *run, struct session *session, const struct tap_task *task,
		   struct error *error)
{
	unsigned seconds;

	*run = (struct tap_run){ .session = session, .task = *task };
	uv_update_time(&session->loop); /* something long may have been done without it */
	if (!session_take_time(session, &run->task.deadline, &seconds))
		return error_set(error, FAILURE_TRANSIENT,
				 "the tap did not %s within %u seconds", task->what,
				 run->task.deadline);
	run->argv = make_argv(&session->tap, task->program, task->arguments);
	if (run->argv == NULL)
		return error_set_no_memory(error);
	tap_log_init(&run->log, on_log_message, run);
	log_throttle_init(&run->throttle, on_throttled_message, run);
	buffer_init(&run->masked, BUFFER_MAXIMUM);
	if (!start_process(run, seconds, error)) {
		tap_log_release(&run->log);
		free(run->argv);
		run->argv = NULL;
		return false;
	}
	start_timers(run);
	run->process.next = session->processes;
	session->processes = &run->process;
	return true;
}

static void on_timer_closed(uv_handle_t *handle)
{
	((struct tap_run *)handle->data)->timers_open--;
}

static void leave_session(struct tap_run *run)
{
	struct tap_process **link = &run->session->processes;

	while (*link != NULL && *link != &run->process)
		link = &(*link)->next;
	if (*link != NULL)
		*link = run->process.next;
}

/* The last line of a tap that has ended may still be worked on. */
static bool is_working(const struct tap_run *run)
{
	return run->process.stopped == TAP_RUNNING && uv_is_active((const uv_handle_t *)&run->work);
}

bool tap_run_has_ended(const struct tap_run *run)
{
	return run->process.ended && !is_working(run);
}

void tap_run_wait(struct tap_run *run)
{
	while (!tap_run_has_ended(run))
		uv_run(&run->session->loop, UV_RUN_ONCE);
	leave_session(run);
	session_look_at_config(run->session);
	if (run->session->recorder != NULL && run->task.record != TAP_RECORD_NOTHING)
		recorder_end(run->session->recorder, run->session->writer.now, &run->process);
	tap_log_flush(&run->log);
	log_throttle_end(&run->throttle);
	uv_close((uv_handle_t *)&run->quiet, on_timer_closed);
	uv_close((uv_handle_t *)&run->work, on_timer_closed);
	uv_close((uv_handle_t *)&run->watch, on_timer_closed);
	while (run->timers_open > 0)
		uv_run(&run->session->loop, UV_RUN_ONCE);
}

/* What is known about the end of the process itself. */
static void describe_end(const struct tap_run *run, struct error *error)
{
	const struct tap_process *process = &run->process;
	const char *what = run->task.what, *hint = "";

	if (process->stopped == TAP_STOP_BROKEN) {
		*error = process->error;
	} else if (run->session->recorder != NULL && run->session->recorder->error.set) {
		*error = run->session->recorder->error; /* which is why it was stopped */
	} else if (process->stopped == TAP_STOP_DEADLINE) {
		error_set(error, FAILURE_TRANSIENT, "the tap did not %s within %u seconds", what,
			  run->task.deadline);
	} else if (process->stopped == TAP_STOP_SILENT) {
		error_set(error, FAILURE_TRANSIENT,
			  "the tap wrote nothing for %u seconds and was taken for hung",
			  run->silence);
	} else if (process->stopped == TAP_STOP_LEFT && process->signal == 0 &&
		   process->exit_status == 0) {
		error_set(error, FAILURE_SYSTEM,
			  "the tap has ended, but a process that it left behind went on writing "
			  "messages for %u seconds", run->silence);
	} else if (process->signal != 0) {
		if (run->starved)
			hint = " for lack of memory";
		else if (process->signal == SIGKILL)
			hint = ", which usually means that it ran out of memory";
		error_set(error, FAILURE_SYSTEM, "the tap was killed by signal %d (%s)%s",
			  process->signal, strsignal(process->signal), hint);
	} else {
		error_set(error, FAILURE_SYSTEM, "the tap could not %s: it exited with status "
			  "%" PRId64, what, process->exit_status);
	}
}

static bool has_ended_well(const struct tap_process *process)
{
	return process->stopped == TAP_RUNNING && process->exit_status == 0 && process->signal == 0;
}

/* What a tap may not notice: parts of it have ended before their time. */
static void tell_losses(struct tap_run *run)
{
	const struct tap_process *process = &run->process;
	struct airbyte_writer *writer = &run->session->writer;
	struct memory_kills *kills = &run->session->memory_kills;

	if (process->stopped == TAP_RUNNING && process->cut_off)
		airbyte_writer_logf(writer, LOG_WARN,
				    "The tap has ended, but a process that it started kept its "
				    "output open and wrote no message for %d seconds; it was not "
				    "waited for.", TAP_GRACE);
	if (process->stopped == TAP_RUNNING && process->signal == SIGKILL)
		run->starved = memory_kills_take(kills, 1) > 0;
	if (run->log.thread_died && has_ended_well(process))
		airbyte_writer_logf(writer, LOG_WARN,
				    "A thread of the tap has died of an exception, though the tap "
				    "says that it succeeded: records may be missing.");
}

bool tap_run_succeeded(struct tap_run *run, struct error *error)
{
	const struct tap_process *process = &run->process;
	struct tap_failure failure;
	struct error end = ERROR_NONE;
	struct slice said;

	if (run->session->recorder != NULL && run->session->recorder->enough)
		return true; /* it was stopped, and all that was wanted of it is there */
	tell_losses(run);
	if (has_ended_well(process))
		return true;
	describe_end(run, &end);
	if (process->stopped == TAP_STOP_BROKEN)
		return error_set(error, end.type, "%s", end.message);
	tap_log_failure(&run->log, &failure);
	said = failure.message.length > 0 ? failure.message : failure.last_text;
	buffer_clear(&run->session->stack_trace);
	buffer_append(&run->session->stack_trace, failure.stack_trace);
	if (said.length == 0)
		return error_set(error, end.type, "%s", end.message);
	if (process->stopped == TAP_RUNNING && process->signal == 0) {
		if (failure.message.length > 0)
			return error_set(error, failure.type, "%.*s", (int)said.length, said.data);
		end.type = failure.type;
	}
	return error_set(error, end.type, "%s; the last that it said: %.*s", end.message,
			 (int)said.length, said.data);
}

void tap_run_release(struct tap_run *run)
{
	tap_process_release(&run->process);
	tap_log_release(&run->log);
	buffer_release(&run->masked);
	free(run->argv);
}
