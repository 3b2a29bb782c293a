#include <stdio.h>
#include <stdlib.h>

#include "catalog_choice.h"
#include "catalog_travel.h"
#include "commands.h"
#include "deal.h"
#include "discovery.h"
#include "overlay.h"
#include "rate_limit_notice.h"
#include "tap_run.h"
#include "text_file.h"
#include "translator.h"

/*
 * A tap process and the streams that were dealt to it: its own state and translator, its
 * own catalog and state file. All write through the session's one writer.
 */
struct share {
	struct read *read;
	struct session *session;
	struct stream_list streams;
	struct state_map state;
	struct translator translator;
	struct buffer tap_catalog; /* empty: the tap takes none */
	struct tap_run run;
	bool started, ended;
	struct error error;        /* why the translation had to end */
};

/* The whole read. With several shares, every one has some of the configured streams. */
struct read {
	struct session *session;
	struct tap_flags flags;
	struct configured_catalog configured;
	struct buffer state; /* the file that Airbyte gave */
	struct share *shares;
	size_t share_count;
	bool stopping; /* all were told to end: what they then say of it is no news */
	bool failed;   /* the session has the error, where it is one */
};

/* The setting for the number of processes, as Airbyte's own connectors call it. */
#define WORKERS_KEY "num_workers"

/* So many streams of a tap process are named in the log. */
#define NAMES_IN_LOG 10

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
 * ---- who reads what ----
 */

/* By the command line, else by the config where the spec has it, else by the manifest. */
static bool count_processes(const struct read *read, size_t *count)
{
	struct session *session = read->session;
	const json_t *properties = json_object_get(
		manifest_connection_specification(&session->tap.manifest), "properties");
	const json_t *workers = json_object_get(session->tap.airbyte_config, WORKERS_KEY);
	json_int_t number = json_integer_value(workers);

	*count = session->tap.manifest.parallel;
	if (json_object_get(properties, WORKERS_KEY) != NULL && json_is_integer(workers)) {
		if (number < 1)
			return error_set(&session->error, FAILURE_CONFIG,
					 "the config's " WORKERS_KEY " must be 1 or more");
		*count = number < PARALLEL_MAXIMUM ? (size_t)number : PARALLEL_MAXIMUM;
	}
	if (session->options.parallel > 0)
		*count = session->options.parallel;
	return true;
}

static size_t number_of(const struct share *share)
{
	return (size_t)(share - share->read->shares);
}

static bool make_shares(struct read *read, size_t count)
{
	read->shares = calloc(count, sizeof(*read->shares));
	if (read->shares == NULL)
		return error_set_no_memory(&read->session->error);
	read->share_count = count;
	for (size_t i = 0; i < count; i++) {
		read->shares[i] = (struct share){ .read = read, .session = read->session };
		buffer_init(&read->shares[i].tap_catalog, BUFFER_MAXIMUM);
	}
	return true;
}

/* What is dealt, and how many records each stream had in its last run. */
static bool measure_streams(const struct read *read, struct stream_list *streams,
			    struct deal *deal)
{
	struct state_map map;
	bool done = state_map_init(&map, streams, &read->session->error) &&
		    state_map_read_sizes(&map, buffer_slice(&read->state), &read->session->error);

	for (size_t i = 0; done && i < streams->count; i++) {
		deal->items[i].taken = streams->items[i].configured && streams->items[i].in_tap;
		deal->items[i].size = map.entries[i].records;
	}
	state_map_release(&map);
	return done;
}

static void join_group(struct deal *deal, const struct name_table *ids, const json_t *group)
{
	const uint32_t *first = NULL;
	json_t *id;
	size_t i;

	json_array_foreach(group, i, id) {
		struct slice name = slice_of_string(json_string_value(id));
		const uint32_t *stream = name_table_get(ids, name);

		if (stream != NULL && first != NULL)
			deal_join(deal, *first, *stream);
		if (first == NULL)
			first = stream;
	}
}

/* Parents with children, and the manifest's groups. False when memory runs out. */
static bool join_streams(const struct stream_list *streams, const json_t *groups,
			 struct deal *deal)
{
	struct name_table ids = NAME_TABLE_EMPTY;
	bool done = true;
	json_t *group;
	size_t i;

	for (i = 0; done && i < streams->count; i++)
		if (streams->items[i].in_tap)
			done = name_table_set(&ids, slice_of_string(streams->items[i].id),
					      (uint32_t)i);
	for (i = 0; done && i < streams->count; i++) {
		const char *parent_id = streams->items[i].parent_id;
		const uint32_t *parent = NULL;

		if (parent_id != NULL)
			parent = name_table_get(&ids, slice_of_string(parent_id));
		if (parent != NULL)
			deal_join(deal, *parent, i);
	}
	json_array_foreach(groups, i, group)
		join_group(deal, &ids, group);
	name_table_release(&ids);
	return done;
}

/* Deals the streams to *count processes or fewer; `chosen` gets whose each configured one is. */
static bool deal_streams(const struct read *read, struct stream_list *streams,
			 size_t *chosen, size_t *count)
{
	struct session *session = read->session;
	struct deal deal;
	bool done;

	if (!deal_init(&deal, streams->count))
		return error_set_no_memory(&session->error);
	done = measure_streams(read, streams, &deal);
	if (done && !(join_streams(streams, session->tap.manifest.groups, &deal) &&
		      deal_out(&deal, *count, count)))
		done = error_set_no_memory(&session->error);
	for (size_t i = 0; done && i < streams->count; i++)
		if (deal.items[i].taken)
			chosen[streams->items[i].place] = deal.items[i].share;
	deal_release(&deal);
	return done;
}

static void log_share(const struct share *share)
{
	const struct read *read = share->read;
	struct buffer names;
	size_t count = 0;

	buffer_init(&names, BUFFER_MAXIMUM);
	for (size_t i = 0; i < share->streams.count; i++) {
		if (!share->streams.items[i].configured || count++ >= NAMES_IN_LOG)
			continue;
		buffer_append_string(&names, count > 1 ? ", " : "");
		buffer_append_string(&names, share->streams.items[i].name);
	}
	if (count > NAMES_IN_LOG)
		buffer_append_string(&names, ", ...");
	buffer_append_char(&names, '\0');
	if (!names.failed)
		airbyte_writer_logf(&read->session->writer, LOG_INFO,
				    "Tap process %zu of %zu reads %zu streams: %s",
				    number_of(share) + 1, read->share_count, count, names.data);
	buffer_release(&names);
}

static void say_nothing(void *owner, const char *text)
{
	(void)owner;
	(void)text;
}

/* What is to be warned of was when the choice was made for all together. */
static const struct warnings no_warnings = { say_nothing, NULL };

static bool choose_for_each(struct read *read, const struct catalog_map *map,
			    const struct singer_catalog *catalog, const size_t *chosen)
{
	for (size_t i = 0; i < read->share_count; i++) {
		struct share *share = &read->shares[i];

		for (size_t j = 0; j < read->configured.count; j++)
			read->configured.streams[j].elsewhere = chosen[j] != i;
		if (!catalog_choice_apply(map, catalog, &read->configured, &share->streams,
					  &share->tap_catalog, &no_warnings, &read->session->error))
			return false;
		log_share(share);
	}
	return true;
}

/* Makes the shares. One has all that was chosen; of several, each is chosen for by itself. */
static bool split_streams(struct read *read, const struct catalog_map *map,
			  const struct singer_catalog *catalog, size_t count)
{
	struct session *session = read->session;
	struct stream_list all = STREAM_LIST_EMPTY;
	size_t *chosen = calloc(read->configured.count, sizeof(*chosen));
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = chosen != NULL || error_set_no_memory(&session->error);
	done = done && catalog_choice_apply(map, catalog, &read->configured, &all, &text,
					    &session->warnings, &session->error);
	if (done && count > 1)
		done = deal_streams(read, &all, chosen, &count);
	done = done && make_shares(read, count);
	if (done && count > 1) {
		done = choose_for_each(read, map, catalog, chosen);
	} else if (done) {
		read->shares[0].streams = all;
		read->shares[0].tap_catalog = text;
		all = STREAM_LIST_EMPTY;
		buffer_init(&text, BUFFER_MAXIMUM);
	}
	stream_list_release(&all);
	buffer_release(&text);
	free(chosen);
	return done;
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
	size_t count;
	bool done;

	if (!count_processes(read, &count))
		return false;
	if (!tap_flags_take_catalog(&read->flags)) {
		if (count > 1)
			airbyte_writer_log(&session->writer, LOG_WARN,
					   SLICE("The tap takes no catalog, so its streams cannot "
						 "be shared out: one process reads them all."));
		return make_shares(read, 1) &&
		       catalog_choice_apply_blind(&read->configured, manifest->overlay,
						  &read->shares[0].streams, &session->error);
	}
	done = find_catalog(read, &catalog) &&
	       catalog_map_make(&map, &catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       split_streams(read, &map, &catalog, count);
	catalog_map_release(&map);
	singer_catalog_release(&catalog);
	return done;
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

	if (!state_map_init(&share->state, &share->streams, &session->error))
		return false;
	share->state.process = process_id(share);
	if (!read->flags.state) {
		if (session->options.state != NULL && first)
			airbyte_writer_logf(&session->writer, LOG_WARN,
					    "The tap takes no --state; it reads everything again.");
		return true;
	}
	if (!state_map_read(&share->state, buffer_slice(&read->state), tap_state,
			    first ? &session->warnings : &no_warnings, &session->error)) {
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

static void stop_all(struct read *read)
{
	read->stopping = true;
	for (size_t i = 0; i < read->share_count; i++)
		if (read->shares[i].started && !read->shares[i].ended)
			tap_process_stop(&read->shares[i].run.process, TAP_STOP_ASKED);
}

/*
 * A process has put something new into its own config, mostly a token. The others have the
 * old one, which may be void, and would put another into theirs: Airbyte keeps only one.
 */
static void refuse_rewriting(struct read *read)
{
	static const char message[] =
		"the tap rewrites its config while it reads, which only one process may do; set "
		"the number of processes to 1 for it (--parallel, " WORKERS_KEY " in the config, "
		"or parallel in its tap.json)";

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
	bool done;

	refuse_rewriting(share->read);
	done = !share->error.set &&
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

/* A file of one tap process, named for its share. */
static char *write_file(struct read *read, const struct share *share, const char *what,
			const struct buffer *content)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%zu.json", what, number_of(share));
	return work_dir_write(&read->session->tap.work_dir, name, buffer_slice(content),
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

static bool start_share(struct read *read, struct share *share)
{
	struct session *session = read->session;
	const char *arguments[12] = { "--config", config_for(share) };
	const struct tap_task task = {
		.arguments = arguments, .what = "read", .silence = session->tap.manifest.read_idle,
		.line = on_line, .message = on_message, .progress = on_progress, .owner = share,
	};
	char *state_path = NULL, *catalog_path = NULL;
	size_t count = 2;
	struct buffer tap_state;
	bool done = false;

	buffer_init(&tap_state, BUFFER_MAXIMUM);
	if (arguments[1] == NULL || !load_state(read, share, &tap_state))
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

/* The stream that a failure is about: the only one of the process, or as the tap tells. */
static const struct stream *failed_stream(const struct share *share)
{
	const struct stream *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < share->streams.count; i++) {
		if (!share->streams.items[i].configured)
			continue;
		only = &share->streams.items[i];
		count++;
	}
	if (count == 1 && share->read->share_count > 1)
		return only;
	return translator_current_stream(&share->translator);
}

/* The next read deals by them. */
static void keep_sizes(struct share *share)
{
	for (size_t i = 0; i < share->streams.count; i++)
		share->state.entries[i].records = share->translator.progress.items[i].records;
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
	       choose_streams(read);
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
