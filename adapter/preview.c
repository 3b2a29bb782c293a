#include "preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "document.h"
#include "json_scan.h"
#include "json_text.h"
#include "terminal_text.h"

#define NAME_COLUMNS 60
#define MESSAGE_COLUMNS 2000
#define MESSAGE_LINES 50

#define PLAIN "\x1b[0m"
#define BOLD "\x1b[1m"

/* Streams that a line of progress names. */
#define PROGRESS_STREAMS 3

void preview_init(struct preview *preview, size_t width, bool colours)
{
	*preview = (struct preview){ .width = width, .colours = colours,
				     .names = NAME_TABLE_EMPTY };
	buffer_init(&preview->out, BUFFER_MAXIMUM);
	buffer_init(&preview->log, BUFFER_MAXIMUM);
}

void preview_release(struct preview *preview)
{
	for (size_t i = 0; i < preview->count; i++) {
		text_table_release(&preview->streams[i].table);
		free(preview->streams[i].name);
	}
	free(preview->streams);
	name_table_release(&preview->names);
	buffer_release(&preview->out);
	buffer_release(&preview->log);
}

/*
 * ---- streams ----
 */

static struct preview_stream *add_stream(struct preview *preview, struct slice name)
{
	struct preview_stream *streams = realloc(preview->streams,
						 (preview->count + 1) * sizeof(*streams));
	struct preview_stream *stream;
	struct buffer shown;

	if (streams == NULL)
		return NULL;
	preview->streams = streams;
	stream = &streams[preview->count];
	*stream = (struct preview_stream){ .table = TEXT_TABLE_EMPTY };
	buffer_init(&shown, BUFFER_MAXIMUM);
	terminal_text_append(&shown, name, NAME_COLUMNS);
	stream->name = buffer_to_string(&shown);
	buffer_release(&shown);
	if (stream->name == NULL ||
	    !name_table_set(&preview->names, name, (uint32_t)preview->count)) {
		free(stream->name);
		return NULL;
	}
	preview->count++;
	return stream;
}

/* By raw strings; NULL: no memory. Of too many streams the last stands for the rest. */
static struct preview_stream *find_stream(struct preview *preview, struct slice raw_namespace,
					  struct slice raw_name)
{
	struct preview_stream *stream = NULL;
	const uint32_t *index;
	struct buffer name;

	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw_namespace);
	buffer_append_string(&name, name.length > 0 ? "." : "");
	json_text_decode(&name, raw_name);
	index = name_table_get(&preview->names, buffer_slice(&name));
	if (index != NULL)
		stream = &preview->streams[*index];
	else if (preview->count == PREVIEW_STREAMS)
		stream = &preview->streams[preview->count - 1];
	else if (!name.failed)
		stream = add_stream(preview, buffer_slice(&name));
	buffer_release(&name);
	preview->failed = preview->failed || stream == NULL;
	return stream;
}

static void append_bold(struct preview *preview, const char *text)
{
	buffer_append_string(&preview->out, preview->colours ? BOLD : "");
	buffer_append_string(&preview->out, text);
	buffer_append_string(&preview->out, preview->colours ? PLAIN : "");
}

/* `more`: there may be more records than are shown. */
static void print_table(struct preview *preview, struct preview_stream *stream, bool more)
{
	if (stream->printed || stream->table.row_count == 0)
		return;
	stream->printed = true;
	append_bold(preview, stream->name);
	buffer_append_format(&preview->out, ", %s%zu record%s\n", more ? "the first " : "",
			     stream->table.row_count, stream->table.row_count == 1 ? "" : "s");
	text_table_print(&stream->table, preview->width, &preview->out);
	buffer_append_char(&preview->out, '\n');
	preview->failed = preview->failed || stream->table.failed;
	text_table_release(&stream->table);
}

/*
 * ---- records ----
 */

static void add_cell(struct preview_stream *stream, const struct node *field)
{
	struct buffer column, text;

	buffer_init(&column, BUFFER_MAXIMUM);
	buffer_init(&text, BUFFER_MAXIMUM);
	json_text_decode(&column, field->key);
	if (field->kind == NODE_STRING)
		json_text_decode(&text, node_raw(field));
	text_table_set(&stream->table, buffer_slice(&column),
		       field->kind == NODE_STRING ? buffer_slice(&text) : field->text,
		       field->kind == NODE_NUMBER || field->kind == NODE_NULL);
	stream->table.failed = stream->table.failed || column.failed || text.failed;
	buffer_release(&column);
	buffer_release(&text);
}

static void add_record(struct preview *preview, struct preview_stream *stream, struct slice data)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *field;

	if (document_parse(&document, data, &error)) {
		text_table_add_row(&stream->table);
		node_for_each(field, document.nodes)
			add_cell(stream, field);
	}
	document_release(&document);
	if (stream->table.row_count == PREVIEW_RECORDS)
		print_table(preview, stream, true);
}

static struct slice without_quotes(struct slice value)
{
	if (value.length < 2 || value.data[0] != '"')
		return slice_of(NULL, 0);
	return slice_of(value.data + 1, value.length - 2);
}

/* Only the first records are looked into. */
static void take_record(struct preview *preview, struct slice record)
{
	struct slice key, value, name = { NULL, 0 }, namespace = { NULL, 0 }, data = { NULL, 0 };
	struct preview_stream *stream;
	struct json_scan scan;
	bool first = true;

	json_scan_init(&scan, record);
	if (!json_scan_open(&scan, '{'))
		return;
	while (json_scan_member(&scan, &first, &key) && json_scan_value(&scan, &value)) {
		if (slice_equals(key, SLICE("stream")))
			name = without_quotes(value);
		else if (slice_equals(key, SLICE("namespace")))
			namespace = without_quotes(value);
		else if (slice_equals(key, SLICE("data")))
			data = value;
	}
	stream = find_stream(preview, namespace, name);
	preview->records++;
	if (stream == NULL)
		return;
	stream->records++;
	if (!stream->printed && data.length > 0)
		add_record(preview, stream, data);
}

/*
 * ---- other messages ----
 */

static struct preview_stream *stream_of(struct preview *preview, const struct node *descriptor)
{
	return find_stream(preview, node_raw(node_get(descriptor, "namespace")),
			   node_raw(node_get(descriptor, "name")));
}

static void take_state(struct preview *preview, const struct node *state)
{
	const struct node *descriptor = node_get(node_get(state, "stream"), "stream_descriptor");
	struct preview_stream *stream = descriptor ? stream_of(preview, descriptor) : NULL;

	if (stream != NULL)
		stream->states++;
}

/* A word, and a text whose further lines stand below its first. */
static void append_log(struct preview *preview, const char *word, const char *colour,
		       struct slice text)
{
	struct buffer *out = &preview->log;
	struct slice line;
	unsigned lines = 0;

	buffer_append_string(out, preview->colours ? colour : "");
	buffer_append_format(out, "%-6s", word);
	buffer_append_string(out, preview->colours ? PLAIN : "");
	while (lines < MESSAGE_LINES && slice_take_line(&text, &line)) {
		buffer_append_string(out, lines++ > 0 ? "      " : "");
		terminal_text_append(out, line, MESSAGE_COLUMNS);
		buffer_append_char(out, '\n');
	}
	if (lines == 0)
		buffer_append_char(out, '\n');
}

static void take_log(struct preview *preview, const struct node *log)
{
	static const struct {
		const char *level, *colour;
	} levels[] = {
		{ "FATAL", "\x1b[31m" }, { "ERROR", "\x1b[31m" }, { "WARN", "\x1b[33m" },
		{ "INFO", "\x1b[36m" }, { "DEBUG", "\x1b[2m" }, { "TRACE", "\x1b[2m" },
	};
	struct buffer text;
	size_t i = 0;

	while (i + 1 < COUNT(levels) && !node_is_string(node_get(log, "level"), levels[i].level))
		i++;
	buffer_init(&text, BUFFER_MAXIMUM);
	json_text_decode(&text, node_raw(node_get(log, "message")));
	append_log(preview, levels[i].level, levels[i].colour, buffer_slice(&text));
	preview->failed = preview->failed || text.failed;
	buffer_release(&text);
}

static void take_error(struct preview *preview, const struct node *error)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	json_text_decode(&text, node_raw(node_get(error, "message")));
	buffer_append_string(&text, " (");
	json_text_decode(&text, node_raw(node_get(error, "failure_type")));
	buffer_append_string(&text, ")");
	append_log(preview, "FAILED", "\x1b[31m", SLICE(" "));
	append_log(preview, "", "", buffer_slice(&text));
	preview->failed = preview->failed || text.failed;
	buffer_release(&text);
}

static void take_status(struct preview *preview, const struct node *status)
{
	struct preview_stream *stream = stream_of(preview, node_get(status, "stream_descriptor"));
	char *word = node_to_string(node_get(status, "status"));
	struct buffer shown;

	buffer_init(&shown, sizeof(stream->status));
	if (stream != NULL && word != NULL) {
		terminal_text_append(&shown, slice_of_string(word), 12);
		if (!shown.failed && shown.length < sizeof(stream->status)) {
			memcpy(stream->status, shown.data, shown.length);
			stream->status[shown.length] = '\0';
		}
		if (slice_ends_with(slice_of_string(word), SLICE("COMPLETE")))
			print_table(preview, stream, false);
	}
	buffer_release(&shown);
	free(word);
}

static void take_message(struct preview *preview, const struct node *message)
{
	const struct node *trace = node_get(message, "trace");

	if (node_get(message, "state") != NULL)
		take_state(preview, node_get(message, "state"));
	else if (node_get(message, "log") != NULL)
		take_log(preview, node_get(message, "log"));
	else if (node_get(trace, "stream_status") != NULL)
		take_status(preview, node_get(trace, "stream_status"));
	else if (node_get(trace, "error") != NULL)
		take_error(preview, node_get(trace, "error"));
	else if (node_get(message, "control") != NULL)
		append_log(preview, "INFO", "\x1b[36m",
			   SLICE("The tap changed its config: a platform would keep that."));
}

/* The payload of a RECORD, as text; false: it is another message. */
static bool is_record(struct slice line, struct slice *record)
{
	struct json_scan scan;
	struct slice key, value;
	bool first = true;

	json_scan_init(&scan, line);
	if (!json_scan_open(&scan, '{'))
		return false;
	while (json_scan_member(&scan, &first, &key) && json_scan_value(&scan, &value)) {
		*record = value;
		if (slice_equals(key, SLICE("record")))
			return true;
	}
	return false;
}

void preview_line(struct preview *preview, struct slice line)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	struct slice record;

	if (is_record(line, &record))
		take_record(preview, record);
	else if (document_parse(&document, line, &error))
		take_message(preview, document.nodes);
	else
		append_log(preview, "", "", line);
	document_release(&document);
}

/*
 * ---- the end ----
 */

static void set_number(struct text_table *table, struct slice column, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	text_table_set(table, column, slice_of_string(text), true);
}

void preview_end(struct preview *preview)
{
	struct text_table summary = TEXT_TABLE_EMPTY;

	for (size_t i = 0; i < preview->count; i++) {
		struct preview_stream *stream = &preview->streams[i];

		print_table(preview, stream, false);
		text_table_add_row(&summary);
		text_table_set(&summary, SLICE("stream"), slice_of_string(stream->name), false);
		set_number(&summary, SLICE("records"), stream->records);
		set_number(&summary, SLICE("states"), stream->states);
		text_table_set(&summary, SLICE("status"), slice_of_string(stream->status), false);
	}
	if (preview->count > 0)
		text_table_print(&summary, preview->width, &preview->out);
	else
		buffer_append_string(&preview->out, "No stream was read.\n");
	preview->failed = preview->failed || summary.failed || preview->out.failed ||
			  preview->log.failed;
	text_table_release(&summary);
}

void preview_progress(const struct preview *preview, struct buffer *out)
{
	size_t shown = 0;

	buffer_append_format(out, "%llu records", (unsigned long long)preview->records);
	for (size_t i = preview->count; i > 0 && shown < PROGRESS_STREAMS; i--) {
		const struct preview_stream *stream = &preview->streams[i - 1];

		if (stream->records == 0)
			continue;
		buffer_append_string(out, shown++ > 0 ? ", " : ": ");
		buffer_append_format(out, "%s %llu", stream->name,
				     (unsigned long long)stream->records);
	}
}
