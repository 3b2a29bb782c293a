#include <stdio.h>
#include <stdlib.h>

#include "catalog_choice.h"
#include "catalog_travel.h"
#include "commands.h"
#include "discovery.h"
#include "rate_limit_notice.h"
#include "tap_run.h"
#include "text_file.h"
#include "translator.h"

/*
 * A tap process and the streams that were dealt to it: its own state and translator, its
 * own catalog and state file. All write through the session's one writer.
 */
struct share {
	struct session *session;
	struct stream_list streams;
	struct state_map state;
	struct translator translator;
	struct buffer tap_catalog; /* empty: the tap takes none */
	struct tap_run run;
	bool started;
	struct error error;        /* why the translation had to end */
};

/* The whole read. Today there is one share, with all streams. */
struct read {
	struct session *session;
	struct tap_flags flags;
	struct configured_catalog configured;
	struct buffer state; /* the file that Airbyte gave */
	struct share *shares;
	size_t share_count;
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
		return true;
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
 * all that it has; then there is no need to ask it first.
 */
static bool choose_streams(struct read *read, struct share *share)
{
	struct session *session = read->session;
	const struct manifest *manifest = &session->tap.manifest;
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct catalog_map map = CATALOG_MAP_EMPTY;
	bool done;

	if (!tap_flags_take_catalog(&read->flags))
		return catalog_choice_apply_blind(&read->configured, manifest->overlay,
						  &share->streams, &session->error);
	done = find_catalog(read, &catalog) &&
	       catalog_map_make(&map, &catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       catalog_choice_apply(&map, &catalog, &read->configured, &share->streams,
				    &share->tap_catalog, &session->warnings, &session->error);
	catalog_map_release(&map);
	singer_catalog_release(&catalog);
	return done;
}

/* The state for the tap; a tap that takes none starts from the beginning. */
static bool load_state(struct read *read, struct share *share, struct buffer *tap_state)
{
	struct session *session = read->session;

	if (!state_map_init(&share->state, &share->streams, &session->error))
		return false;
	if (!read->flags.state) {
		if (session->options.state != NULL)
			airbyte_writer_logf(&session->writer, LOG_WARN,
					    "The tap takes no --state; it reads everything again.");
		return true;
	}
	if (state_map_read(&share->state, buffer_slice(&read->state), tap_state,
			   &session->warnings, &session->error))
		return true;
	error_prefix(&session->error, "the state, %s: ", session->options.state);
	return false;
}

/* ---- running ---- */

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
	bool done = !share->error.set &&
		    translator_line(&share->translator, line, complete, &share->error);

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

static void on_progress(void *owner)
{
	struct share *share = owner;

	read_progress_log(&share->translator.progress);
}

/* A file of one tap process, named for its share. */
static char *write_file(struct read *read, const struct share *share, const char *what,
			const struct buffer *content)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%zu.json", what, (size_t)(share - read->shares));
	return work_dir_write(&read->session->tap.work_dir, name, buffer_slice(content),
			      &read->session->error);
}

static bool start_share(struct read *read, struct share *share)
{
	struct session *session = read->session;
	const char *arguments[12] = { "--config", session->tap.config_path };
	const struct tap_task task = {
		.arguments = arguments, .what = "read", .silence = session->tap.manifest.read_idle,
		.line = on_line, .message = on_message, .progress = on_progress, .owner = share,
	};
	char *state_path = NULL, *catalog_path = NULL;
	size_t count = 2;
	struct buffer tap_state;
	bool done = false;

	buffer_init(&tap_state, BUFFER_MAXIMUM);
	if (!load_state(read, share, &tap_state))
		goto cleanup;
	if (tap_state.length > 0) {
		state_path = write_file(read, share, "state", &tap_state);
		if (state_path == NULL)
			goto cleanup;
		arguments[count++] = "--state";
		arguments[count++] = state_path;
	}
	if (share->tap_catalog.length > 0) {
		catalog_path = write_file(read, share, "catalog", &share->tap_catalog);
		if (catalog_path == NULL)
			goto cleanup;
		count += tap_flags_add_catalog(&read->flags, catalog_path, arguments + count);
	}
	arguments[count] = NULL;
	done = translator_init(&share->translator, &share->streams, &share->state,
			       &session->writer, &session->error) &&
	       translator_start(&share->translator, buffer_slice(&tap_state), &session->error) &&
	       tap_run_start(&share->run, session, &task, &session->error);
	share->translator.batch_place.directory = session->tap.work_dir.path;
	share->translator.log = tap_run_log;
	share->translator.log_owner = &share->run;
	share->started = done;
cleanup:
	free(state_path);
	free(catalog_path);
	buffer_release(&tap_state);
	return done;
}

/* Statuses and last states, by how it went. */
static bool finish_share(struct share *share)
{
	struct session *session = share->session;
	struct error *error = &session->error;
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
		session->stream = translator_current_stream(&share->translator);
		translator_abandon(&share->translator);
		return false;
	}
	return translator_complete(&share->translator, &session->stream, error);
}

static bool run_shares(struct read *read)
{
	bool done = true;

	for (size_t i = 0; done && i < read->share_count; i++)
		done = start_share(read, &read->shares[i]);
	for (size_t i = 0; i < read->share_count; i++) {
		struct share *share = &read->shares[i];

		if (!share->started)
			continue;
		if (!done)
			tap_process_stop(&share->run.process, TAP_STOP_ASKED);
		tap_run_wait(&share->run);
		done = finish_share(share) && done;
	}
	return done;
}

static bool prepare(struct read *read)
{
	struct session *session = read->session;

	if (!session_configure(session) || !discovery_probe(session, &read->flags))
		return false;
	read->shares = calloc(1, sizeof(*read->shares));
	if (read->shares == NULL)
		return error_set_no_memory(&session->error);
	read->share_count = 1;
	read->shares[0].session = session;
	buffer_init(&read->shares[0].tap_catalog, BUFFER_MAXIMUM);
	return choose_streams(read, &read->shares[0]);
}

static void release_share(struct share *share)
{
	if (share->started)
		tap_run_release(&share->run);
	translator_release(&share->translator);
	state_map_release(&share->state);
	stream_list_release(&share->streams);
	buffer_release(&share->tap_catalog);
}

int command_read(int argc, char **argv)
{
	struct session session;
	struct read read = { .session = &session, .configured = CONFIGURED_CATALOG_EMPTY };
	bool done;
	int exit_code;

	buffer_init(&read.state, BUFFER_MAXIMUM);
	done = session_open(&session, argc, argv) && load_files(&read);
	if (done && read.configured.count == 0)
		airbyte_writer_log(&session.writer, LOG_WARN,
				   SLICE("The configured catalog has no stream: nothing to read."));
	else if (done)
		done = prepare(&read) && run_shares(&read);
	exit_code = session_close(&session, done);
	for (size_t i = 0; i < read.share_count; i++)
		release_share(&read.shares[i]);
	free(read.shares);
	configured_catalog_release(&read.configured);
	buffer_release(&read.state);
	return exit_code;
}
