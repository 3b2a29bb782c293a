#include <stdio.h>
#include <stdlib.h>

#include "catalog_travel.h"
#include "commands.h"
#include "discovery.h"
#include "overlay.h"
#include "rate_limit_notice.h"
#include "read_plan.h"
#include "recorder.h"
#include "replay.h"
#include "tap_run.h"
#include "text_file.h"
#include "translator.h"

/*
 * A tap process and its part of the plan: its own state and translator, its own files. All
 * write through the session's one writer.
 */
struct share {
	struct read *read;
	struct session *session;
	struct read_part *part;
	char *folder; /* that the tap works in, its own; NULL: the work dir */
	struct state_map state;
	struct translator translator;
	struct tap_run run;
	bool started, ended;
	struct error error; /* why the translation had to end */
};

/* The whole read. */
struct read {
	struct session *session;
	struct tap_flags flags;
	struct configured_catalog configured;
	struct buffer state; /* the file that Airbyte gave */
	struct read_plan plan;
	struct share *shares; /* of the plan's parts */
	size_t share_count;
	bool stopping; /* all were told to end: what they then say of it is no news */
	bool failed;   /* the session has the error, where it is one */
};

/*
 * ---- before the tap is started ----
 */

/* The files that the command line names, before anything is started. */
static bool load_files(struct read *read)
{
	struct session *session = read->session;
	struct buffer text;
	bool done;

	if (session->options.config == NULL || session->options.catalog == NULL)
		return session_misused(session, "read needs --config FILE and --catalog FILE");
	buffer_init(&text, BUFFER_MAXIMUM);
	done = text_file_read(session->options.catalog, "the configured catalog", &text,
			      &session->error) &&
	       (session->options.state == NULL ||
		text_file_read(session->options.state, "the state", &read->state, &session->error));
	if (done && !configured_catalog_parse(&read->configured, &text, &session->error)) {
		error_prefix(&session->error, "the configured catalog, %s: ",
			     session->options.catalog);
		done = false;
	}
	buffer_release(&text);
	return done;
}

/* The tap's own catalog: what the streams carry of it, else what the tap says now. */
static bool find_catalog(struct read *read, struct singer_catalog *catalog)
{
	struct session *session = read->session;
	struct fingerprint fingerprint;
	struct error damage = ERROR_NONE;
	const char *reason;
	struct buffer text;
	bool found;

	if (session->recorder != NULL || session->replay != NULL)
		return discovery_run(session, &read->flags,
				     session->tap.manifest.discover_deadline, catalog);
	if (!catalog_travel_fingerprint(&session->tap, &fingerprint))
		return error_set_no_memory(&session->error);
	buffer_init(&text, BUFFER_MAXIMUM);
	found = catalog_travel_unpack(&read->configured, &fingerprint, &text, &reason);
	if (found && !singer_catalog_parse(catalog, &text, &damage)) {
		reason = damage.no_memory ? NULL : damage.message;
		singer_catalog_release(catalog);
		found = false;
	}
	buffer_release(&text);
	if (found)
		return overlay_set_parents(session->tap.manifest.overlay, catalog,
					   &session->error);
	if (reason == NULL)
		return error_set_no_memory(&session->error);
	airbyte_writer_logf(&session->writer, LOG_INFO,
			    "Asking the tap for its streams again: %s.", reason);
	session_flush(session);
	return discovery_run(session, &read->flags, session->tap.manifest.discover_deadline,
			     catalog);
}

/*
 * Which streams, and what to tell the tap of them. A tap that takes no catalog reads
 * all that it has; then there is no need to ask it first, and no way to share it out.
 */
static bool choose_streams(struct read *read)
{
	struct session *session = read->session;
	const struct manifest *manifest = &session->tap.manifest;
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct catalog_map map = CATALOG_MAP_EMPTY;
	struct read_plan_source source = {
		.map = &map, .catalog = &catalog, .configured = &read->configured,
		.groups = manifest->groups, .state = buffer_slice(&read->state),
		.work_dir = &session->tap.work_dir, .warnings = &session->warnings,
	};
	size_t processes;
	bool done;

	if (!read_plan_processes(&session->tap, session->options.parallel, &processes,
				 &session->error))
		return false;
	if (!tap_flags_take_catalog(&read->flags)) {
		if (processes > 1)
			airbyte_writer_log(&session->writer, LOG_WARN,
					   SLICE("The tap takes no catalog, so its streams cannot "
						 "be shared out: one process reads them all."));
		return read_plan_make_blind(&read->plan, &read->configured, manifest->overlay,
					    &session->error);
	}
	done = find_catalog(read, &catalog) &&
	       catalog_map_make(&map, &catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       read_plan_make(&read->plan, &source, processes, &session->error);
	if (done)
		read_plan_log(&read->plan, &session->writer);
	catalog_map_release(&map);
	singer_catalog_release(&catalog);
	return done;
}

/*
 * ---- the processes ----
 */

static bool make_shares(struct read *read)
{
	read->shares = calloc(read->plan.count, sizeof(*read->shares));
	if (read->shares == NULL)
		return error_set_no_memory(&read->session->error);
	read->share_count = read->plan.count;
	for (size_t i = 0; i < read->share_count; i++)
		read->shares[i] = (struct share){
			.read = read, .session = read->session, .part = &read->plan.parts[i],
		};
	return true;
}

static size_t number_of(const struct share *share)
{
	return (size_t)(share - share->read->shares);
}

/* Of no other process, neither of this read nor of another: later ones tell them apart. */
static uint64_t process_id(const struct share *share)
{
	if (share->read->share_count == 1)
		return 0;
	return (uint64_t)share->session->writer.now * PARALLEL_MAXIMUM + number_of(share);
}

/* The state for the tap; a tap that takes none starts from the beginning. */
static bool load_state(struct read *read, struct share *share, struct buffer *tap_state)
{
	struct session *session = read->session;
	bool first = share == read->shares;

	if (!state_map_init(&share->state, &share->part->streams, &session->error))
		return false;
	share->state.process = process_id(share);
	if (!read->flags.state) {
		if (session->options.state != NULL && first)
			airbyte_writer_logf(&session->writer, LOG_WARN,
					    "The tap takes no --state; it reads everything again.");
		return true;
	}
	if (!state_map_read(&share->state, buffer_slice(&read->state), tap_state,
			    first ? &session->warnings : &warnings_none, &session->error)) {
		error_prefix(&session->error, "the state, %s: ", session->options.state);
		return false;
	}
	if (share->state.disagree)
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "Several tap processes wrote the state, and what they say of "
				    "all streams together differs: it is not handed to the tap, "
				    "which may read more again than it would have to.");
	return true;
}

/*
 * ---- running ----
 */

/* What has ended by itself stays as it is, also where nobody has looked at it yet. */
static bool is_running(const struct share *share)
{
	return share->started && !share->ended && !tap_run_has_ended(&share->run);
}

static void stop_all(struct read *read)
{
	read->stopping = true;
	for (size_t i = 0; i < read->share_count; i++)
		if (is_running(&read->shares[i]))
			tap_process_stop(&read->shares[i].run.process, TAP_STOP_ASKED);
}

/* As the manifest wishes, where one has failed. */
static void stop_others(struct read *read)
{
	bool any = false;

	for (size_t i = 0; i < read->share_count; i++)
		any = any || is_running(&read->shares[i]);
	if (!any || read->stopping || session_is_interrupted(read->session))
		return;
	airbyte_writer_log(&read->session->writer, LOG_WARN,
			   SLICE("A tap process has failed, so the others are stopped."));
	stop_all(read);
}

/*
 * A process has put something new into its own config, mostly a token. The others have the
 * old one, which may be void, and would put another into theirs: Airbyte keeps only one.
 */
static void refuse_rewriting(struct read *read)
{
	static const char message[] =
		"the tap rewrites its config while it reads, which only one process may do; set "
		"the number of processes to 1 for it (--parallel, " READ_PLAN_WORKERS_KEY " in "
		"the config, or parallel in its tap.json)";

	if (!read->session->config_watch.copy_rewritten || read->stopping ||
	    session_is_interrupted(read->session))
		return;
	airbyte_writer_logf(&read->session->writer, LOG_ERROR, "Stopped: %s.", message);
	for (size_t i = 0; i < read->share_count; i++)
		if (!read->shares[i].error.set)
			error_set(&read->shares[i].error, FAILURE_CONFIG, "%s", message);
	stop_all(read);
}

static bool on_work(void *owner)
{
	struct share *share = owner;

	if (!translator_work(&share->translator, &share->error)) {
		tap_process_stop(&share->run.process, TAP_STOP_ASKED);
		return false;
	}
	return translator_is_busy(&share->translator);
}

static void on_line(void *owner, struct slice line, bool complete)
{
	struct share *share = owner;
	uint64_t messages = share->translator.messages;
	bool done;

	refuse_rewriting(share->read);
	done = !share->error.set &&
	       translator_line(&share->translator, line, complete, &share->error);
	if (share->translator.messages > messages)
		tap_process_renew(&share->run.process);
	if (done && translator_is_busy(&share->translator))
		tap_run_work(&share->run, on_work);
	/* A line without its end is the last one: how the tap ended says more than it does. */
	if (share->error.set && complete)
		tap_process_stop(&share->run.process, TAP_STOP_ASKED);
}

static void on_message(void *owner, struct slice message)
{
	struct share *share = owner;
	unsigned seconds;

	if (rate_limit_notice(message, &seconds))
		translator_rate_limited(&share->translator, seconds);
}

/* One line for all processes; the first that runs has the say. */
static void on_progress(void *owner)
{
	struct share *share = owner;
	struct read *read = share->read;
	struct read_progress *parts[PARALLEL_MAXIMUM];
	size_t first = 0, count = 0;

	while (first < read->share_count && read->shares[first].ended)
		first++;
	if (number_of(share) != first)
		return;
	for (size_t i = 0; i < read->share_count; i++)
		if (read->shares[i].started)
			parts[count++] = &read->shares[i].translator.progress;
	read_progress_log(parts, count);
}

static char *write_state(struct read *read, const struct share *share,
			 const struct buffer *state)
{
	char name[64];

	snprintf(name, sizeof(name), "state-%zu.json", number_of(share));
	return work_dir_write(&read->session->tap.work_dir, name, buffer_slice(state),
			      &read->session->error);
}

/* One process has the tap's config, several have a copy each; borrowed. NULL: an error. */
static const char *config_for(const struct share *share)
{
	struct session *session = share->session;
	char name[64];

	if (share->read->share_count == 1)
		return session->tap.config_path;
	snprintf(name, sizeof(name), "config-%zu.json", number_of(share));
	return config_watch_copy(&session->config_watch, name, &session->error);
}

/* To whom it matters what the tap is given. */
static bool tell_given(struct read *read, struct share *share, struct slice tap_state)
{
	struct session *session = read->session;

	if (session->recorder != NULL)
		return recorder_take_streams(session->recorder, &share->part->streams, tap_state,
					     &session->error);
	return session->replay == NULL ||
	       replay_take_given(session->replay, &session->tap, share->part->catalog, tap_state,
				 &session->writer, &session->error);
}

/* Processes that put files of one name beside them must not take each other's. */
static bool make_folder(struct share *share)
{
	struct session *session = share->session;
	char name[64];

	if (share->read->share_count == 1)
		return true;
	snprintf(name, sizeof(name), "process-%zu", number_of(share));
	share->folder = work_dir_make_folder(&session->tap.work_dir, name, &session->error);
	return share->folder != NULL;
}

static bool start_share(struct read *read, struct share *share)
{
	struct session *session = read->session;
	const char *arguments[12] = { "--config", config_for(share) };
	struct tap_task task = {
		.arguments = arguments, .what = "read",
		.silence = session->tap.manifest.read_idle, .record = TAP_RECORD_READ,
		.line = on_line, .message = on_message, .progress = on_progress, .owner = share,
	};
	char *state_path = NULL;
	size_t count = 2;
	struct buffer tap_state;
	bool done = false;

	buffer_init(&tap_state, BUFFER_MAXIMUM);
	if (arguments[1] == NULL || !make_folder(share) || !load_state(read, share, &tap_state))
		goto cleanup;
	task.directory = share->folder;
	if (tap_state.length > 0) {
		state_path = write_state(read, share, &tap_state);
		if (state_path == NULL)
			goto cleanup;
		arguments[count++] = "--state";
		arguments[count++] = state_path;
	}
	if (share->part->catalog != NULL)
		count += tap_flags_add_catalog(&read->flags, share->part->catalog,
					       arguments + count);
	arguments[count] = NULL;
	if (!tell_given(read, share, buffer_slice(&tap_state)))
		goto cleanup;
	done = translator_init(&share->translator, &share->part->streams, &share->state,
			       &session->writer, &session->error) &&
	       translator_start(&share->translator, buffer_slice(&tap_state), &session->error) &&
	       tap_run_start(&share->run, session, &task, &session->error);
	share->translator.batch_place.directory = share->folder ? share->folder
								 : session->tap.work_dir.path;
	if (session->replay != NULL)
		share->translator.batch_place = (struct batch_place){ ".", .keep = true };
	share->translator.log = tap_run_log;
	share->translator.log_owner = &share->run;
	share->started = done;
cleanup:
	free(state_path);
	buffer_release(&tap_state);
	return done;
}

/* The stream that a failure is about: the only one of the process, or as the tap tells. */
static const struct stream *failed_stream(const struct share *share)
{
	const struct stream *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < share->part->streams.count; i++) {
		if (!share->part->streams.items[i].configured)
			continue;
		only = &share->part->streams.items[i];
		count++;
	}
	if (count == 1 && share->read->share_count > 1)
		return only;
	return translator_current_stream(&share->translator);
}

/*
 * The next read deals by them. A read may bring next to nothing of a stream that is large, so
 * half of what it was counts at least; 0 would be one that nobody has read yet.
 */
static void keep_sizes(struct share *share)
{
	for (size_t i = 0; i < share->part->streams.count; i++) {
		uint64_t half = share->state.entries[i].records / 2;
		uint64_t records = share->translator.progress.items[i].records;

		records = records > half ? records : half;
		share->state.entries[i].records = records > 0 ? records : 1;
	}
}

/* Statuses and last states, by how it went. */
static bool finish_share(struct share *share, const struct stream **stream, struct error *error)
{
	struct session *session = share->session;
	bool stopped = share->run.process.stopped != TAP_RUNNING, done;

	session_tick(session);
	if (share->error.set && stopped)
		done = error_set(error, share->error.type, "%s", share->error.message);
	else
		done = !session_is_interrupted(session) &&
		       tap_run_succeeded(&share->run, error);
	if (done && share->error.set)
		done = error_set(error, share->error.type, "%s", share->error.message);
	if (!done) {
		*stream = failed_stream(share);
		translator_abandon(&share->translator);
		return false;
	}
	keep_sizes(share);
	return translator_complete(&share->translator, stream, error);
}

/* What failed first tells why the read did; the others go on, and what they say is logged. */
static void end_share(struct read *read, struct share *share)
{
	struct session *session = read->session;
	struct buffer stack_trace = session->stack_trace;
	const struct stream *stream = NULL;
	struct error error = ERROR_NONE;
	bool known = read->failed;

	tap_run_wait(&share->run);
	share->ended = true;
	refuse_rewriting(read);
	if (known)
		buffer_init(&session->stack_trace, BUFFER_MAXIMUM);
	if (!finish_share(share, &stream, &error))
		read->failed = true;
	if (read->failed && session->tap.manifest.stop_on_failure)
		stop_others(read);
	if (!known && read->failed) {
		session->error = error;
		session->stream = stream;
	}
	if (known && error.set && !read->stopping && !session_is_interrupted(session))
		airbyte_writer_logf(&session->writer, LOG_ERROR, "Another tap process failed: %s",
				    error.message);
	if (known) {
		buffer_release(&session->stack_trace);
		session->stack_trace = stack_trace;
	}
	session_flush(session);
}

/* Runs the loop until one has ended; NULL: none runs any more. */
static struct share *wait_for_share(struct read *read)
{
	bool any = true;

	while (any) {
		any = false;
		for (size_t i = 0; i < read->share_count; i++) {
			struct share *share = &read->shares[i];

			if (!share->started || share->ended)
				continue;
			if (tap_run_has_ended(&share->run))
				return share;
			any = true;
		}
		if (any)
			uv_run(&read->session->loop, UV_RUN_ONCE);
		refuse_rewriting(read); /* though no tap may write a line for long */
	}
	return NULL;
}

static bool run_shares(struct read *read)
{
	struct share *share;

	for (size_t i = 0; !read->failed && i < read->share_count; i++)
		read->failed = !start_share(read, &read->shares[i]);
	if (read->failed)
		stop_all(read);
	while ((share = wait_for_share(read)) != NULL)
		end_share(read, share);
	return !read->failed;
}

static bool prepare(struct read *read)
{
	struct session *session = read->session;

	return session_configure(session) && discovery_probe(session, &read->flags) &&
	       choose_streams(read) && make_shares(read);
}

static void release_share(struct share *share)
{
	if (share->started)
		tap_run_release(&share->run);
	translator_release(&share->translator);
	state_map_release(&share->state);
	free(share->folder);
}

int session_read(struct session *session, bool done)
{
	struct read read = { .session = session, .configured = CONFIGURED_CATALOG_EMPTY };
	int exit_code;

	buffer_init(&read.state, BUFFER_MAXIMUM);
	done = done && load_files(&read);
	if (done && read.configured.count == 0)
		airbyte_writer_log(&session->writer, LOG_WARN,
				   SLICE("The configured catalog has no stream: nothing to read."));
	else if (done)
		done = prepare(&read) && run_shares(&read);
	exit_code = session_close(session, done);
	for (size_t i = 0; i < read.share_count; i++)
		release_share(&read.shares[i]);
	free(read.shares);
	read_plan_release(&read.plan);
	configured_catalog_release(&read.configured);
	buffer_release(&read.state);
	return exit_code;
}

int command_read(int argc, char **argv)
{
	struct session session;
	bool opened;

	if (preview_is_asked(argc, argv))
		return command_preview(argc, argv);
	opened = session_open(&session, argc, argv);
	return session_read(&session, opened);
}
