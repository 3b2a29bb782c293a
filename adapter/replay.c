#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "count.h"
#include "json_difference.h"
#include "neutral_paths.h"
#include "tap_run.h"
#include "text_file.h"

/* Lines between two looks at the loop. */
#define LINES_AT_ONCE 256

/* Of one of the tap's files, in the log. */
#define DIFFERENCES_MAXIMUM 10
#define SHOWN_MAXIMUM 100

#define WATCH 1000 /* as tap_run.c does */

bool replay_configure(struct replay *replay, struct tap *tap, struct error *error)
{
	const char *file = recording_part_names[RECORDING_CONFIG];
	struct buffer config;
	bool done;

	buffer_init(&config, BUFFER_MAXIMUM);
	if (!replay->recording.has_part[RECORDING_CONFIG])
		buffer_append_string(&config, "{}");
	tap->masked = true;
	done = (config.length > 0 || text_file_read(file, "the config", &config, error)) &&
	       tap_configure(tap, &config, file, error);
	buffer_release(&config);
	return done;
}

/*
 * ---- what the tap is given ----
 */

struct given {
	struct airbyte_writer *writer;
	const char *file;
};

static void say_difference(void *owner, const char *pointer, struct slice was, struct slice is)
{
	const struct given *given = owner;
	int was_shown = (int)(was.length < SHOWN_MAXIMUM ? was.length : SHOWN_MAXIMUM);
	int is_shown = (int)(is.length < SHOWN_MAXIMUM ? is.length : SHOWN_MAXIMUM);

	if (was.data == NULL)
		airbyte_writer_logf(given->writer, LOG_WARN,
				    "The tap is given something else than when it was recorded: "
				    "%s: %s is new, %.*s", given->file, pointer, is_shown, is.data);
	else if (is.data == NULL)
		airbyte_writer_logf(given->writer, LOG_WARN,
				    "The tap is given something else than when it was recorded: "
				    "%s: %s is gone, was %.*s", given->file, pointer, was_shown,
				    was.data);
	else
		airbyte_writer_logf(given->writer, LOG_WARN,
				    "The tap is given something else than when it was recorded: "
				    "%s: %s is %.*s, was %.*s", given->file, pointer, is_shown,
				    is.data, was_shown, was.data);
}

/* `whole`: what is not in tap/ was not given; else somebody put there what matters. */
static bool compare_given(const struct given *given, bool whole, struct slice now,
			  struct error *error)
{
	struct buffer before;
	bool done = true, was_given = access(given->file, F_OK) == 0;

	if (!was_given && (now.length == 0 || !whole))
		return true;
	if (was_given != (now.length > 0)) {
		airbyte_writer_logf(given->writer, LOG_WARN,
				    "The tap is given something else than when it was recorded: "
				    "there %s %s.", was_given ? "is no more" : "was no",
				    given->file);
		return true;
	}
	buffer_init(&before, BUFFER_MAXIMUM);
	done = text_file_read(given->file, "what the tap was given", &before, error);
	if (done && !json_difference(buffer_slice(&before), now, DIFFERENCES_MAXIMUM,
				     say_difference, (void *)given, error)) {
		error_prefix(error, "%s: ", given->file);
		done = false;
	}
	buffer_release(&before);
	return done;
}

static bool write_given(const char *file, struct slice now, struct error *error)
{
	if (now.length > 0)
		return recording_write_file(".", file, now, error);
	if (unlink(file) == 0 || errno == ENOENT)
		return true;
	return error_set(error, FAILURE_SYSTEM, "cannot remove %s: %s", file, strerror(errno));
}

/* The tap's config as people read it; borrowed from `text`. */
static bool describe_config(const struct tap *tap, struct buffer *text)
{
	char *config = json_dumps(tap->tap_config, JSON_INDENT(2) | JSON_REAL_PRECISION(15));

	if (config != NULL)
		buffer_append_string(text, config);
	free(config);
	return config != NULL;
}

bool replay_take_given(struct replay *replay, const struct tap *tap, const char *catalog_path,
		       struct slice state, struct airbyte_writer *writer, struct error *error)
{
	static const char *const files[] = { "tap/config.json", "tap/catalog.json",
					     "tap/state.json" };
	struct neutral_paths paths = { .count = 0 };
	struct buffer config, catalog, text;
	bool whole = access(files[0], F_OK) == 0, done;

	if (!replay->update && access("tap", F_OK) != 0)
		return true;
	buffer_init(&config, BUFFER_MAXIMUM);
	buffer_init(&catalog, BUFFER_MAXIMUM);
	buffer_init(&text, BUFFER_MAXIMUM);
	done = (describe_config(tap, &config) && neutral_paths_init(&paths, tap)) ||
	       error_set_no_memory(error);
	if (done && catalog_path != NULL)
		done = text_file_read(catalog_path, "the tap's catalog", &catalog, error);
	for (size_t i = 0; done && i < COUNT(files); i++) {
		const struct slice given[] = { buffer_slice(&config), buffer_slice(&catalog),
						state };
		const struct given now = { writer, files[i] };

		buffer_clear(&text);
		neutral_paths_apply(&paths, &text, given[i]);
		if (text.length > 0 && text.data[text.length - 1] != '\n')
			buffer_append_char(&text, '\n');
		done = !text.failed || error_set_no_memory(error);
		if (done)
			done = replay->update ? write_given(files[i], buffer_slice(&text), error)
					      : compare_given(&now, whole, buffer_slice(&text),
							      error);
	}
	neutral_paths_release(&paths);
	buffer_release(&config);
	buffer_release(&catalog);
	buffer_release(&text);
	return done;
}

/*
 * ---- the lines ----
 */

/* Does what is due by then, and makes it the time. */
static void go_to(struct replay *replay, struct tap_run *run, int64_t time)
{
	for (;;) {
		bool quiet = run->quiet_at != 0 && run->quiet_at <= run->watch_at;
		int64_t due = quiet ? run->quiet_at : run->watch_at;

		if (due > time)
			break;
		replay->now = due;
		if (quiet) {
			run->quiet_at = 0;
			tap_run_on_quiet(run);
		} else {
			run->watch_at += WATCH;
			tap_run_on_watch(run);
		}
	}
	if (time > replay->now)
		replay->now = time;
	session_tick(run->session);
}

static void end(const struct recording *recording, struct tap_run *run)
{
	run->process.exit_status = recording->exit_status;
	run->process.signal = recording->signal;
	run->process.cut_off = recording->cut_off;
	if (run->process.stopped == TAP_RUNNING)
		run->process.stopped = recording->stopped;
	if (recording->stopped == TAP_STOP_BROKEN)
		error_set(&run->process.error, FAILURE_SYSTEM,
			  "cannot read what the tap writes: so it was when it was recorded");
	if (recording->stopped == TAP_STOP_SILENT)
		run->silence = tap_run_silence(run->task.silence, false,
					       tap_log_has_crashed(&run->log));
	if (recording->stopped == TAP_STOP_LEFT)
		run->silence = tap_run_patience(&run->task);
}

static bool feed(void *owner)
{
	struct tap_run *run = owner;
	struct replay *replay = run->session->replay;
	const struct recording *recording = &replay->recording;
	const struct tap_listener *listener = &run->process.listener;

	for (size_t i = 0; i < LINES_AT_ONCE; i++) {
		struct recording_line line;

		if (run->process.pauses != 0 || run->process.stopped != TAP_RUNNING)
			return true;
		if (!recording_next(&replay->cursor, &line)) {
			go_to(replay, run, recording->started + recording->exit_after);
			end(recording, run);
			return false;
		}
		go_to(replay, run, recording->started + line.time);
		if (line.source == RECORDING_OUT)
			listener->line(owner, line.text, line.complete);
		else
			listener->log_line(owner, line.text, line.source == RECORDING_LOG_CUT);
	}
	return true;
}

void replay_begin(struct replay *replay, struct tap_process *process, uv_loop_t *loop,
		  const struct tap_listener *listener)
{
	replay->cursor = recording_begin(&replay->recording);
	tap_process_feed(process, loop, feed, listener);
}
