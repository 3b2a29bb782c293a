#include "airbyte_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_compact.h"
#include "json_text.h"

/* Of a text for people; the platform itself cuts stack traces at 100,000 characters. */
#define TEXT_MAXIMUM ((size_t)256 * 1024)

/* For the error that ends the run and the statuses of streams. */
#define ERROR_ROOM ((size_t)16 * 1024)

void airbyte_writer_init(struct airbyte_writer *writer, struct buffer *out,
			 const struct secret_mask *mask)
{
	*writer = (struct airbyte_writer){ .out = out, .mask = mask };
	buffer_init(&writer->masked, BUFFER_MAXIMUM);
}

void airbyte_writer_make_room(struct airbyte_writer *writer)
{
	if (!buffer_reserve(writer->out, ERROR_ROOM))
		writer->out->failed = false;
	if (!buffer_reserve(&writer->masked, ERROR_ROOM))
		writer->masked.failed = false;
}

void airbyte_writer_release(struct airbyte_writer *writer)
{
	buffer_release(&writer->masked);
}

static size_t begin(struct airbyte_writer *writer, const char *text)
{
	size_t start = writer->out->length;

	buffer_append_string(writer->out, text);
	return start;
}

static void end(struct airbyte_writer *writer, size_t start, const char *text)
{
	buffer_append_string(writer->out, text);
	if (!writer->out->failed)
		return;
	writer->out->failed = false;
	writer->out->length = start;
	writer->failed = true;
}

/* The time as digits, which are made once for all messages of that time. */
static struct slice time_digits(struct airbyte_writer *writer)
{
	if (writer->time_length == 0 || writer->time_of != writer->now) {
		writer->time_of = writer->now;
		writer->time_length = (size_t)snprintf(writer->time, sizeof(writer->time),
						       "%" PRId64, writer->now);
	}
	return slice_of(writer->time, writer->time_length);
}

static void append_time(struct airbyte_writer *writer)
{
	buffer_append(writer->out, time_digits(writer));
}

/*
 * A text for people as a JSON string, without the secrets; a very long one loses its end.
 * Where the secrets cannot be found, something else is said.
 */
static void append_masked(struct airbyte_writer *writer, struct slice text, const char *instead)
{
	buffer_clear(&writer->masked);
	secret_mask_apply(writer->mask, &writer->masked, text);
	if (writer->masked.length > TEXT_MAXIMUM) {
		writer->masked.length = TEXT_MAXIMUM;
		buffer_append_string(&writer->masked, "...");
	}
	if (writer->masked.failed)
		writer->failed = true;
	json_text_encode(writer->out, writer->masked.failed ? slice_of_string(instead)
							    : buffer_slice(&writer->masked));
}

static void write_log(struct airbyte_writer *writer, enum log_level level, struct slice text)
{
	size_t start = begin(writer, "{\"type\":\"LOG\",\"log\":{\"level\":\"");

	buffer_append_string(writer->out, log_level_name(level));
	buffer_append_string(writer->out, "\",\"message\":");
	append_masked(writer, text, SECRET_UNSEARCHED);
	end(writer, start, "}}\n");
}

void airbyte_writer_tell_left_out(struct airbyte_writer *writer)
{
	uint64_t left_out = writer->logs_left_out;

	if (left_out == 0)
		return;
	writer->logs_left_out = 0;
	airbyte_writer_logf(writer, LOG_WARN,
			    "%" PRIu64 " log messages are left out: stdout was not read.",
			    left_out);
}

void airbyte_writer_log(struct airbyte_writer *writer, enum log_level level, struct slice text)
{
	if (!airbyte_writer_takes(writer, level))
		return;
	if (writer->out->length > AIRBYTE_WRITER_BACKLOG && !writer->patient) {
		writer->logs_left_out++;
		return;
	}
	airbyte_writer_tell_left_out(writer);
	write_log(writer, level, text);
}

void airbyte_writer_logf(struct airbyte_writer *writer, enum log_level level,
			 const char *format, ...)
{
	char text[4096];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length > 0)
		airbyte_writer_log(writer, level, slice_of_string(text));
}

static void append_descriptor(struct buffer *out, const struct stream *stream)
{
	buffer_append_string(out, "\"stream_descriptor\":{\"name\":");
	json_text_encode(out, slice_of_string(stream->name));
	if (stream->namespace != NULL) {
		buffer_append_string(out, ",\"namespace\":");
		json_text_encode(out, slice_of_string(stream->namespace));
	}
	buffer_append_char(out, '}');
}

static size_t begin_trace(struct airbyte_writer *writer, const char *type)
{
	size_t start = begin(writer, "{\"type\":\"TRACE\",\"trace\":{\"type\":\"");

	buffer_append_string(writer->out, type);
	buffer_append_string(writer->out, "\",\"emitted_at\":");
	append_time(writer);
	return start;
}

static void append_message(struct airbyte_writer *writer, const struct error *error)
{
	append_masked(writer, slice_of_string(error->message),
		      error->no_memory ? "out of memory" : SECRET_UNSEARCHED);
}

void airbyte_writer_error(struct airbyte_writer *writer, const struct error *error,
			  struct slice stack_trace, const struct stream *stream)
{
	size_t start = begin_trace(writer, "ERROR");

	buffer_append_string(writer->out, ",\"error\":{\"message\":");
	append_message(writer, error);
	if (stack_trace.length > 0) {
		buffer_append_string(writer->out, ",\"stack_trace\":");
		append_masked(writer, stack_trace, SECRET_UNSEARCHED);
	}
	buffer_append_string(writer->out, ",\"failure_type\":\"");
	buffer_append_string(writer->out, failure_type_name(error->type));
	buffer_append_char(writer->out, '"');
	if (stream != NULL) {
		buffer_append_char(writer->out, ',');
		append_descriptor(writer->out, stream);
	}
	end(writer, start, "}}}\n");
}

static size_t begin_status(struct airbyte_writer *writer, const struct stream *stream,
			   enum stream_status status)
{
	static const char *const names[] = { "STARTED", "RUNNING", "COMPLETE", "INCOMPLETE" };
	size_t start = begin_trace(writer, "STREAM_STATUS");

	buffer_append_string(writer->out, ",\"stream_status\":{");
	append_descriptor(writer->out, stream);
	buffer_append_string(writer->out, ",\"status\":\"");
	buffer_append_string(writer->out, names[status]);
	buffer_append_char(writer->out, '"');
	return start;
}

void airbyte_writer_stream_status(struct airbyte_writer *writer, const struct stream *stream,
				  enum stream_status status)
{
	size_t start = begin_status(writer, stream, status);

	end(writer, start, "}}}\n");
}

void airbyte_writer_rate_limited(struct airbyte_writer *writer, const struct stream *stream,
				 int64_t quota_reset)
{
	size_t start = begin_status(writer, stream, STREAM_RUNNING);

	buffer_append_string(writer->out, ",\"reasons\":[{\"type\":\"RATE_LIMITED\"");
	if (quota_reset != 0) {
		buffer_append_string(writer->out, ",\"rate_limited\":{\"quota_reset\":");
		buffer_append_integer(writer->out, quota_reset);
		buffer_append_char(writer->out, '}');
	}
	end(writer, start, "}]}}}\n");
}

void airbyte_writer_state(struct airbyte_writer *writer, const struct stream *stream,
			  struct slice stream_state, uint64_t records)
{
	size_t start = begin(writer, "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\","
				     "\"stream\":{");

	append_descriptor(writer->out, stream);
	buffer_append_string(writer->out, ",\"stream_state\":");
	buffer_append(writer->out, stream_state);
	buffer_append_string(writer->out, "},\"sourceStats\":{\"recordCount\":");
	buffer_append_integer(writer->out, (long long)records);
	end(writer, start, ".0}}}\n"); /* the protocol wants the decimal point */
	if (writer->no_data)
		writer->out->length = start;
}

static void append_json(struct airbyte_writer *writer, const json_t *value)
{
	char *text = json_compact(value);

	if (text != NULL)
		buffer_append_string(writer->out, text);
	else
		writer->out->failed = true;
	free(text);
}

void airbyte_writer_spec(struct airbyte_writer *writer, const json_t *spec)
{
	size_t start = begin(writer, "{\"type\":\"SPEC\",\"spec\":");

	append_json(writer, spec);
	end(writer, start, "}\n");
}

void airbyte_writer_connector_config(struct airbyte_writer *writer, const json_t *config)
{
	size_t start = begin(writer, "{\"type\":\"CONTROL\",\"control\":{"
				     "\"type\":\"CONNECTOR_CONFIG\",\"emitted_at\":");

	append_time(writer);
	buffer_append_string(writer->out, ",\"connectorConfig\":{\"config\":");
	append_json(writer, config);
	end(writer, start, "}}}\n");
}

void airbyte_writer_connection_status(struct airbyte_writer *writer, const struct error *failure)
{
	size_t start = begin(writer, "{\"type\":\"CONNECTION_STATUS\","
				     "\"connectionStatus\":{\"status\":");

	if (failure == NULL) {
		end(writer, start, "\"SUCCEEDED\"}}\n");
		return;
	}
	buffer_append_string(writer->out, "\"FAILED\",\"message\":");
	append_message(writer, failure);
	end(writer, start, "}}\n");
}

void airbyte_writer_catalog(struct airbyte_writer *writer, struct slice catalog)
{
	size_t start = begin(writer, "{\"type\":\"CATALOG\",\"catalog\":");

	buffer_append(writer->out, catalog);
	end(writer, start, "}\n");
}

#define DATA_KEY ",\"data\":"
#define RECORD_END "}}\n"

void airbyte_writer_record_frame(struct buffer *frame, const struct stream *stream)
{
	buffer_append_string(frame, "{\"type\":\"RECORD\",\"record\":{\"stream\":");
	json_text_encode(frame, slice_of_string(stream->name));
	if (stream->namespace != NULL) {
		buffer_append_string(frame, ",\"namespace\":");
		json_text_encode(frame, slice_of_string(stream->namespace));
	}
	buffer_append_string(frame, ",\"emitted_at\":");
}

size_t airbyte_writer_begin_record(struct airbyte_writer *writer, struct slice frame)
{
	size_t start = writer->out->length;

	buffer_append(writer->out, frame);
	append_time(writer);
	buffer_append(writer->out, SLICE(DATA_KEY));
	return start;
}

void airbyte_writer_end_record(struct airbyte_writer *writer, size_t start, struct slice changes)
{
	if (changes.length > 0) {
		buffer_append_string(writer->out, ",\"meta\":{\"changes\":[");
		buffer_append(writer->out, changes);
		buffer_append_string(writer->out, "]}");
	}
	end(writer, start, RECORD_END);
	if (writer->no_data)
		writer->out->length = start;
}

static char *put(char *to, struct slice bytes)
{
	memcpy(to, bytes.data, bytes.length);
	return to + bytes.length;
}

void airbyte_writer_record(struct airbyte_writer *writer, struct slice frame,
			   const struct slice *parts, size_t count)
{
	static const struct slice before = { DATA_KEY, sizeof(DATA_KEY) - 1 };
	static const struct slice after = { RECORD_END, sizeof(RECORD_END) - 1 };
	struct slice time = time_digits(writer);
	size_t start = writer->out->length;
	size_t length = frame.length + time.length + before.length + after.length;
	char *to;

	if (writer->no_data)
		return;
	for (size_t i = 0; i < count; i++)
		length += parts[i].length;
	if (!buffer_reserve(writer->out, length)) {
		end(writer, start, "");
		return;
	}
	to = writer->out->data + start;
	to = put(to, frame);
	to = put(to, time);
	to = put(to, before);
	for (size_t i = 0; i < count; i++)
		to = put(to, parts[i]);
	put(to, after);
	writer->out->length += length;
}

void airbyte_writer_append_change(struct buffer *changes, struct slice field)
{
	if (changes->length > 0)
		buffer_append_char(changes, ',');
	buffer_append_string(changes, "{\"field\":");
	json_text_encode(changes, field);
	buffer_append_string(changes,
			     ",\"change\":\"NULLED\",\"reason\":\"SOURCE_SERIALIZATION_ERROR\"}");
}
