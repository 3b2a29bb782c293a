#include "discovery.h"

#include <stdlib.h>

#include "json_scan.h"
#include "raw_name.h"
#include "singer_message.h"
#include "tap_run.h"

/* --help prints at once; Python may need a while to load a large tap on a slow machine. */
#define HELP_DEADLINE 120

/* For a tap that can only be asked by a sync: whether it is whole by then or not. */
#define SYNC_DEADLINE 60

/*
 * ---- flags ----
 */

static void collect_line(void *owner, struct slice line, bool complete)
{
	struct buffer *text = owner;

	buffer_append(text, line);
	if (complete)
		buffer_append_char(text, '\n');
}

bool discovery_ask(struct session *session, struct tap_flags *flags)
{
	const char *const arguments[] = { "--help", NULL };
	struct error error = ERROR_NONE;
	struct buffer help;
	struct tap_run run;
	bool known = false;

	buffer_init(&help, BUFFER_MAXIMUM);
	if (!tap_run_start(&run, session, arguments, HELP_DEADLINE, collect_line, &help,
			   &session->error))
		goto cleanup;
	run.quiet_logs = true;
	tap_run_wait(&run);
	known = tap_run_succeeded(&run, "print its --help", &error) &&
		tap_flags_from_help(flags, buffer_slice(&help));
	tap_run_release(&run);
	buffer_clear(&session->stack_trace);
	if (!known) {
		*flags = TAP_FLAGS_USUAL;
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "The tap's --help does not say which options it takes; it is "
				    "started with --discover, --catalog and --state.");
	}
	known = true;
cleanup:
	buffer_release(&help);
	return known;
}

bool discovery_probe(struct session *session, struct tap_flags *flags)
{
	char *kept = NULL;
	bool known;

	if (session->tap.manifest.pip != NULL)
		kept = tap_venv_file(&session->tap, TAP_FLAGS_FILE);
	known = kept != NULL && tap_flags_load(flags, kept);
	free(kept);
	if (!known && !discovery_ask(session, flags))
		return false;
	tap_flags_override(flags, session->tap.manifest.catalog_flags);
	return !session_is_interrupted(session);
}

/*
 * ---- a catalog from SCHEMA messages ----
 */

/* The last SCHEMA of each stream, as a catalog entry, in the order of their first. */
struct schema_collection {
	struct singer_message message;
	struct name_table streams; /* decoded name -> index */
	struct buffer *entries;
	size_t count;
	bool failed;
};

static void write_entry(struct buffer *entry, const struct singer_message *message)
{
	buffer_clear(entry);
	buffer_append_string(entry, "{\"tap_stream_id\":\"");
	buffer_append(entry, message->stream);
	buffer_append_string(entry, "\",\"stream\":\"");
	buffer_append(entry, message->stream);
	buffer_append_char(entry, '"');
	if (message->key_properties.length > 0) {
		buffer_append_string(entry, ",\"key_properties\":");
		buffer_append(entry, message->key_properties);
	}
	if (message->bookmark_properties.length > 0) {
		buffer_append_string(entry, ",\"metadata\":[{\"breadcrumb\":[],\"metadata\":{"
					    "\"valid-replication-keys\":");
		buffer_append(entry, message->bookmark_properties);
		buffer_append_string(entry, "}}]");
	}
	buffer_append_string(entry, ",\"schema\":");
	buffer_append(entry, message->schema);
	buffer_append_char(entry, '}');
}

/* The entry of a stream, new or not; NULL when memory runs out. */
static struct buffer *entry_of(struct schema_collection *collection, struct slice raw_name)
{
	const uint32_t *index = raw_name_get(&collection->streams, raw_name);
	struct buffer *entries;

	if (index != NULL)
		return &collection->entries[*index];
	entries = realloc(collection->entries, (collection->count + 1) * sizeof(*entries));
	if (entries == NULL)
		return NULL;
	collection->entries = entries;
	if (!raw_name_set(&collection->streams, raw_name, (uint32_t)collection->count))
		return NULL;
	buffer_init(&entries[collection->count], BUFFER_MAXIMUM);
	return &entries[collection->count++];
}

static void collect_schema(void *owner, struct slice line, bool complete)
{
	struct schema_collection *collection = owner;
	struct singer_problem problem;
	struct buffer *entry;

	if (singer_message_parse(&collection->message, line, &problem) != SINGER_LINE_MESSAGE ||
	    collection->message.type != SINGER_SCHEMA || !complete)
		return;
	entry = entry_of(collection, collection->message.stream);
	if (entry != NULL)
		write_entry(entry, &collection->message);
	if (entry == NULL || entry->failed)
		collection->failed = true;
}

static void write_collection(const struct schema_collection *collection, struct buffer *text)
{
	buffer_clear(text);
	buffer_append_string(text, "{\"streams\":[");
	for (size_t i = 0; i < collection->count; i++) {
		if (i > 0)
			buffer_append_char(text, ',');
		buffer_append(text, buffer_slice(&collection->entries[i]));
	}
	buffer_append_string(text, "]}");
}

static void release_collection(struct schema_collection *collection)
{
	for (size_t i = 0; i < collection->count; i++)
		buffer_release(&collection->entries[i]);
	free(collection->entries);
	name_table_release(&collection->streams);
	singer_message_release(&collection->message);
}

/* Runs a sync and keeps its schemas. A tap that takes longer than the deadline is stopped. */
static bool discover_by_sync(struct session *session, struct buffer *text)
{
	const char *const arguments[] = { "--config", session->tap.config_path, NULL };
	struct schema_collection collection = { .count = 0 };
	struct tap_run run;
	bool done = false;

	airbyte_writer_logf(&session->writer, LOG_INFO,
			    "The tap has no --discover; reading for at most %d seconds to see its "
			    "streams.",
			    SYNC_DEADLINE);
	session_flush(session);
	singer_message_init(&collection.message);
	if (!tap_run_start(&run, session, arguments, SYNC_DEADLINE, collect_schema, &collection,
			   &session->error))
		goto cleanup;
	tap_run_wait(&run);
	done = (run.process.stopped == TAP_STOP_DEADLINE && collection.count > 0) ||
	       tap_run_succeeded(&run, "read, to see its streams,", &session->error);
	if (done && run.process.stopped == TAP_STOP_DEADLINE)
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "The tap was stopped after %d seconds; streams that it comes to "
				    "later are missing from the catalog.",
				    SYNC_DEADLINE);
	tap_run_release(&run);
	write_collection(&collection, text);
	if (done && collection.failed)
		done = error_set_no_memory(&session->error);
cleanup:
	release_collection(&collection);
	return done;
}

/*
 * ---- --discover ----
 */

static bool run_discover(struct session *session, struct buffer *text)
{
	const char *const arguments[] = { "--config", session->tap.config_path, "--discover",
					  NULL };
	struct tap_run run;
	bool done;

	if (!tap_run_start(&run, session, arguments, session->tap.manifest.discover_deadline,
			   collect_line, text, &session->error))
		return false;
	tap_run_wait(&run);
	done = tap_run_succeeded(&run, "discover its streams", &session->error);
	tap_run_release(&run);
	if (done && text->failed)
		return error_set_no_memory(&session->error);
	return done;
}

/* Lines that a tap prints before the document go into the log. */
static void skip_text(struct session *session, struct buffer *text)
{
	while (text->length > 0 && text->data[0] != '{') {
		const char *newline = memchr(text->data, '\n', text->length);
		size_t length = newline ? (size_t)(newline - text->data) : text->length;

		if (length > 0)
			airbyte_writer_log(&session->writer, LOG_WARN, slice_of(text->data, length));
		buffer_remove_front(text, newline ? length + 1 : length);
	}
}

static bool prints_messages(struct slice text)
{
	struct singer_message message;
	struct singer_problem problem;
	const char *newline = memchr(text.data, '\n', text.length);
	bool is_message;

	if (newline == NULL)
		return false;
	singer_message_init(&message);
	is_message = singer_message_parse(&message, slice_of(text.data, (size_t)(newline - text.data)),
					  &problem) == SINGER_LINE_MESSAGE;
	singer_message_release(&message);
	return is_message;
}

bool discovery_run(struct session *session, const struct tap_flags *flags,
		   struct singer_catalog *catalog)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (flags->discover) {
		done = run_discover(session, &text);
		if (done)
			skip_text(session, &text);
		if (done && text.length == 0)
			done = error_set(&session->error, FAILURE_SYSTEM,
					 "the tap's discovery printed nothing");
		if (done && prints_messages(buffer_slice(&text)))
			done = discover_by_sync(session, &text);
	} else {
		done = discover_by_sync(session, &text);
	}
	done = done && !session_is_interrupted(session);
	if (done && !singer_catalog_parse(catalog, &text, &session->error)) {
		error_prefix(&session->error, "the tap's discovery: ");
		done = false;
	}
	buffer_release(&text);
	return done;
}
