#include "discovery.h"

#include <ctype.h>
#include <stdlib.h>

#include "overlay.h"
#include "raw_name.h"
#include "recorder.h"
#include "replay.h"
#include "schema_map.h"
#include "singer_message.h"
#include "tap_ask.h"
#include "tap_run.h"

/* --help prints at once; Python may need a while to load a large tap on a slow machine. */
#define HELP_DEADLINE 120

/* For a tap that can only be asked by a sync: whether it is whole by then or not. */
#define SYNC_DEADLINE 60

/*
 * ---- flags ----
 */

bool discovery_ask(struct session *session, struct tap_flags *flags, bool *answered)
{
	const char *const arguments[] = { "--help", NULL };
	const struct tap_question question = {
		.arguments = arguments, .what = "print its --help", .deadline = HELP_DEADLINE,
	};
	struct tap_answer answer;
	bool done = tap_ask(session, &question, &answer);

	*answered = done && answer.succeeded &&
		    tap_flags_from_help(flags, buffer_slice(&answer.output));
	if (!*answered)
		*flags = TAP_FLAGS_USUAL;
	tap_answer_release(&answer);
	return done;
}

void discovery_ask_about(struct session *session, struct tap_flags *flags)
{
	const char *const arguments[] = { "--about", "--format=json", NULL };
	const struct tap_question question = {
		.arguments = arguments, .what = "print what --about tells",
		.deadline = HELP_DEADLINE,
	};
	struct tap_answer answer;

	if (!flags->about)
		return;
	if (!tap_ask(session, &question, &answer))
		session->error = ERROR_NONE;
	if (!answer.succeeded || !tap_flags_from_about(flags, buffer_slice(&answer.output)))
		airbyte_writer_logf(&session->writer, LOG_DEBUG,
				    "The tap's --about does not tell what it can do.");
	tap_answer_release(&answer);
}

/* Of a replay, or of a recording whose tap was asked before. */
static bool flags_are_known(const struct session *session, struct tap_flags *flags)
{
	bool recorded = session->recorder != NULL && session->recorder->probed;

	if (session->replay != NULL)
		*flags = session->replay->recording.flags;
	else if (recorded)
		*flags = session->recorder->recording.flags;
	else
		return false;
	return true;
}

bool discovery_probe(struct session *session, struct tap_flags *flags)
{
	char *kept = NULL;
	bool known, answered;

	if (flags_are_known(session, flags)) {
		tap_flags_override(flags, session->tap.manifest.catalog_flags);
		return true;
	}
	if (session->tap.manifest.pip != NULL)
		kept = tap_venv_file(&session->tap, TAP_FLAGS_FILE);
	known = kept != NULL && tap_flags_load(flags, kept);
	free(kept);
	if (!known && !discovery_ask(session, flags, &answered))
		return false;
	if (!known && !answered)
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "The tap's --help does not say which options it takes; it is "
				    "started with --discover, --catalog and --state.");
	tap_flags_override(flags, session->tap.manifest.catalog_flags);
	if (flags->structured_logs &&
	    !tap_structure_logs(&session->tap, session->options.debug, &session->error))
		return false;
	if (session->recorder != NULL)
		recorder_take_flags(session->recorder, flags);
	return !session_is_interrupted(session);
}

/*
 * ---- a catalog from SCHEMA messages ----
 */

/* A stream as its messages show it. */
struct shown_stream {
	struct buffer head;       /* of its catalog entry, up to the schema */
	struct buffer schema;     /* of its last SCHEMA */
	struct name_table fields; /* of all its SCHEMAs, and those below */
	struct buffer extra;      /* members of `properties` for fields that records had besides */
};

/* In the order of their first SCHEMA. */
struct schema_collection {
	struct name_table names; /* decoded -> index */
	struct shown_stream *streams;
	size_t count;
	bool failed;
	bool too_many;
};

/* A tap whose records have other names each time shows no schema by them. */
#define EXTRA_FIELDS_MAXIMUM 2000

/* Nor is there a user who could choose from so many streams. */
#define STREAMS_MAXIMUM 100000

static void write_head(struct buffer *head, const struct singer_message *message)
{
	buffer_clear(head);
	buffer_append_string(head, "{\"tap_stream_id\":\"");
	buffer_append(head, message->stream);
	buffer_append_string(head, "\",\"stream\":\"");
	buffer_append(head, message->stream);
	buffer_append_char(head, '"');
	if (message->key_properties.length > 0) {
		buffer_append_string(head, ",\"key_properties\":");
		buffer_append(head, message->key_properties);
	}
	if (message->bookmark_properties.length > 0) {
		buffer_append_string(head, ",\"metadata\":[{\"breadcrumb\":[],\"metadata\":{"
					   "\"valid-replication-keys\":");
		buffer_append(head, message->bookmark_properties);
		buffer_append_string(head, "}}]");
	}
}

/* The stream of that name, or NULL. */
static struct shown_stream *shown_stream(const struct schema_collection *collection,
					 struct slice raw_name)
{
	const uint32_t *index = raw_name_get(&collection->names, raw_name);

	return index ? &collection->streams[*index] : NULL;
}

/* A new stream of that name; NULL when memory runs out. */
static struct shown_stream *add_stream(struct schema_collection *collection, struct slice raw_name)
{
	struct shown_stream *streams =
		realloc(collection->streams, (collection->count + 1) * sizeof(*streams));
	struct shown_stream *stream;

	if (streams == NULL)
		return NULL;
	collection->streams = streams;
	if (!raw_name_set(&collection->names, raw_name, (uint32_t)collection->count))
		return NULL;
	stream = &streams[collection->count++];
	*stream = (struct shown_stream){ .fields = NAME_TABLE_EMPTY };
	buffer_init(&stream->head, BUFFER_MAXIMUM);
	buffer_init(&stream->schema, BUFFER_MAXIMUM);
	buffer_init(&stream->extra, BUFFER_MAXIMUM);
	return stream;
}

static void collect_schema(struct schema_collection *collection,
			   const struct singer_message *message)
{
	struct shown_stream *stream = shown_stream(collection, message->stream);
	struct error error = ERROR_NONE;

	if (stream == NULL && collection->count == STREAMS_MAXIMUM) {
		collection->too_many = true;
		return;
	}
	if (stream == NULL)
		stream = add_stream(collection, message->stream);
	if (stream == NULL) {
		collection->failed = true;
		return;
	}
	write_head(&stream->head, message);
	buffer_clear(&stream->schema);
	buffer_append(&stream->schema, message->schema);
	if (stream->schema.failed ||
	    !schema_map_add_fields(&stream->fields, message->schema, 0, &error))
		collection->failed = true;
}

/* The platform strips fields that no schema lists, so what records show is listed, too. */
static void collect_record(struct schema_collection *collection,
			   const struct singer_message *message)
{
	struct shown_stream *stream = shown_stream(collection, message->stream);

	for (size_t i = 0; stream != NULL && i < message->field_count; i++) {
		struct slice key = message->fields[i].key;

		if (raw_name_get(&stream->fields, key) != NULL ||
		    stream->fields.count > EXTRA_FIELDS_MAXIMUM)
			continue;
		if (!raw_name_set(&stream->fields, key, 0))
			collection->failed = true;
		buffer_append_string(&stream->extra, stream->extra.length > 0 ? ",\"" : "\"");
		buffer_append(&stream->extra, key);
		buffer_append_string(&stream->extra, "\":{}");
	}
}

static void write_stream(const struct shown_stream *stream, struct buffer *text)
{
	buffer_append(text, buffer_slice(&stream->head));
	buffer_append_string(text, ",\"schema\":");
	if (stream->extra.length > 0)
		buffer_append_string(text, "{\"allOf\":[");
	buffer_append(text, buffer_slice(&stream->schema));
	if (stream->extra.length > 0) {
		buffer_append_string(text, ",{\"type\":\"object\",\"properties\":{");
		buffer_append(text, buffer_slice(&stream->extra));
		buffer_append_string(text, "}}]}");
	}
	buffer_append_char(text, '}');
	if (stream->head.failed || stream->extra.failed)
		text->failed = true;
}

static void write_collection(const struct schema_collection *collection, struct buffer *text)
{
	buffer_clear(text);
	buffer_append_string(text, "{\"streams\":[");
	for (size_t i = 0; i < collection->count; i++) {
		if (i > 0)
			buffer_append_char(text, ',');
		write_stream(&collection->streams[i], text);
	}
	buffer_append_string(text, "]}");
	if (collection->failed)
		text->failed = true;
}

static void release_collection(struct schema_collection *collection)
{
	for (size_t i = 0; i < collection->count; i++) {
		buffer_release(&collection->streams[i].head);
		buffer_release(&collection->streams[i].schema);
		buffer_release(&collection->streams[i].extra);
		name_table_release(&collection->streams[i].fields);
	}
	free(collection->streams);
	name_table_release(&collection->names);
}

/*
 * ---- asking ----
 */

/*
 * What the tap prints. A document is kept as it comes. A tap that prints Singer messages
 * (an old one, which takes --discover for a sync) is given SYNC_DEADLINE from the first of
 * them, and only its schemas are kept.
 */
struct discovery {
	struct tap_run run;
	struct buffer text;
	struct singer_message message;
	struct schema_collection collection;
	bool is_sync;
};

static bool is_message(struct discovery *discovery, struct slice line)
{
	struct singer_problem problem;

	return singer_message_parse(&discovery->message, line, &problem) == SINGER_LINE_MESSAGE;
}

static void limit_sync(struct discovery *discovery)
{
	struct tap_run *run = &discovery->run;
	unsigned seconds;

	run->task.deadline = SYNC_DEADLINE;
	if (session_take_time(run->session, &run->task.deadline, &seconds))
		tap_process_set_deadline(&run->process, seconds);
}

static void collect_line(struct buffer *text, struct slice line, bool complete)
{
	buffer_append(text, line);
	if (complete)
		buffer_append_char(text, '\n');
}

static void on_discovery_line(void *owner, struct slice line, bool complete)
{
	struct discovery *discovery = owner;
	/* a document of one line is no message, and of several starts with a { alone */
	bool message = complete && (discovery->is_sync || discovery->text.length == 0) &&
		       is_message(discovery, line);

	if (message && !discovery->is_sync) {
		discovery->is_sync = true;
		limit_sync(discovery);
	}
	if (message && discovery->message.type == SINGER_SCHEMA)
		collect_schema(&discovery->collection, &discovery->message);
	else if (message && discovery->message.type == SINGER_RECORD)
		collect_record(&discovery->collection, &discovery->message);
	else if (!discovery->is_sync)
		collect_line(&discovery->text, line, complete);
	if (line.length > 0)
		tap_process_renew(&discovery->run.process);
}

/* A sync that was stopped in time has shown the streams that it came to. */
static bool has_ended_well(struct session *session, struct discovery *discovery)
{
	bool stopped = discovery->is_sync && discovery->collection.count > 0 &&
		       discovery->run.process.stopped == TAP_STOP_DEADLINE;

	if (stopped)
		airbyte_writer_logf(&session->writer, LOG_WARN,
				    "The tap was stopped after %u seconds; streams that it comes "
				    "to later are missing from the catalog.",
				    discovery->run.task.deadline);
	return stopped ||
	       tap_run_succeeded(&discovery->run, &session->error);
}

static bool ask(struct session *session, const struct tap_flags *flags, unsigned deadline,
		struct discovery *discovery)
{
	const char *const arguments[] = { "--config", session->tap.config_path,
					  flags->discover ? "--discover" : NULL, NULL };
	struct tap_task task = {
		.arguments = arguments, .what = "discover its streams", .deadline = deadline,
		.record = TAP_RECORD_DISCOVERY, .line = on_discovery_line, .owner = discovery,
	};
	bool done;

	if (!flags->discover) {
		airbyte_writer_logf(&session->writer, LOG_INFO,
				    "The tap has no --discover; reading for at most %d seconds to "
				    "see its streams.",
				    SYNC_DEADLINE);
		session_flush(session);
		discovery->is_sync = true;
		task.deadline = SYNC_DEADLINE;
	}
	if (!tap_run_start(&discovery->run, session, &task, &session->error))
		return false;
	tap_run_wait(&discovery->run);
	done = has_ended_well(session, discovery);
	tap_run_release(&discovery->run);
	return done && !session_is_interrupted(session);
}

static size_t skip_blank(const struct buffer *text, size_t at)
{
	while (at < text->length && isspace((unsigned char)text->data[at]))
		at++;
	return at;
}

/* Lines that a tap prints before the document go into the log. */
static void skip_text(struct session *session, struct buffer *text)
{
	struct slice mark = SLICE("\xef\xbb\xbf"); /* the byte order mark */
	size_t at = slice_starts_with(buffer_slice(text), mark) ? mark.length : 0;

	at = skip_blank(text, at);
	while (at < text->length && text->data[at] != '{') {
		const char *line = text->data + at;
		const char *newline = memchr(line, '\n', text->length - at);
		size_t length = newline ? (size_t)(newline - line) : text->length - at;

		airbyte_writer_log(&session->writer, LOG_WARN, slice_of(line, length));
		at = skip_blank(text, at + length);
	}
	buffer_remove_front(text, at);
}

/* The document, whoever wrote it, in discovery->text. */
static bool find_document(struct session *session, struct discovery *discovery)
{
	struct buffer *text = &discovery->text;

	if (discovery->collection.too_many)
		return error_set(&session->error, FAILURE_SYSTEM,
				 "the tap's discovery shows more than %d streams", STREAMS_MAXIMUM);
	if (discovery->is_sync)
		write_collection(&discovery->collection, text);
	if (text->failed)
		return error_set_no_memory(&session->error);
	if (text->length == 0)
		return error_set(&session->error, FAILURE_SYSTEM,
				 "the tap's discovery printed nothing");
	skip_text(session, text);
	return text->length > 0 ||
	       error_set(&session->error, FAILURE_SYSTEM,
			 "the tap's discovery printed no catalog; what it did print is in the log");
}

/* The document that a discovery brought before; false: there was none. */
static bool is_known(const struct session *session, struct buffer *text)
{
	const struct recording *recording = NULL;

	if (session->replay != NULL)
		recording = &session->replay->recording;
	else if (session->recorder != NULL)
		recording = &session->recorder->recording;
	if (recording == NULL || !recording->has_part[RECORDING_DISCOVERY])
		return false;
	buffer_append(text, buffer_slice(&recording->parts[RECORDING_DISCOVERY]));
	return true;
}

/* The tap's answer as a text, in discovery->text. */
static bool find_text(struct session *session, const struct tap_flags *flags, unsigned deadline,
		      struct discovery *discovery)
{
	if (is_known(session, &discovery->text))
		return !discovery->text.failed || error_set_no_memory(&session->error);
	if (session->replay != NULL && !session->replay->recording.of_discovery)
		return error_set(&session->error, FAILURE_CONFIG,
				 "the recording has no discovery.json");
	if (!ask(session, flags, deadline, discovery) || !find_document(session, discovery))
		return false;
	if (session->recorder != NULL)
		recorder_take_discovery(session->recorder, buffer_slice(&discovery->text));
	return true;
}

bool discovery_run(struct session *session, const struct tap_flags *flags, unsigned deadline,
		   struct singer_catalog *catalog)
{
	struct discovery discovery = { .is_sync = false };
	bool done;

	buffer_init(&discovery.text, BUFFER_MAXIMUM);
	singer_message_init(&discovery.message);
	done = find_text(session, flags, deadline, &discovery);
	if (done && !singer_catalog_parse(catalog, &discovery.text, &session->error)) {
		error_prefix(&session->error, "the tap's discovery: ");
		done = false;
	}
	done = done && overlay_set_parents(session->tap.manifest.overlay, catalog,
					   &session->error);
	release_collection(&discovery.collection);
	singer_message_release(&discovery.message);
	buffer_release(&discovery.text);
	return done;
}
