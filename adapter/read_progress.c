#include "read_progress.h"

#include <inttypes.h>
#include <stdlib.h>

#include "buffer.h"

/* Threads of a tap that wait each for itself mean one limit, in milliseconds. */
#define SAME_RESET 1000

/* In one line of the log. */
#define STREAMS_IN_LINE 10

bool read_progress_init(struct read_progress *progress, const struct stream_list *streams,
			struct airbyte_writer *writer, struct error *error)
{
	*progress = (struct read_progress){
		.streams = streams, .writer = writer, .logged_at = writer->now,
	};
	progress->items = calloc(streams->count + 1, sizeof(*progress->items));
	return progress->items != NULL || error_set_no_memory(error);
}

void read_progress_release(struct read_progress *progress)
{
	free(progress->items);
	*progress = READ_PROGRESS_NONE;
}

/*
 * ---- statuses ----
 */

void read_progress_start(struct read_progress *progress, const struct stream *stream)
{
	struct stream_progress *item = read_progress_of(progress, stream);

	if (item->started)
		return;
	item->started = true;
	airbyte_writer_stream_status(progress->writer, stream, STREAM_STARTED);
}

void read_progress_run(struct read_progress *progress, const struct stream *stream)
{
	struct stream_progress *item = read_progress_of(progress, stream);

	if (item->running)
		return;
	read_progress_start(progress, stream);
	item->running = true;
	item->limited = false;
	airbyte_writer_stream_status(progress->writer, stream, STREAM_RUNNING);
}

void read_progress_limit(struct read_progress *progress, const struct stream *stream,
			 unsigned seconds)
{
	struct stream_progress *item = read_progress_of(progress, stream);
	int64_t reset = seconds > 0 ? progress->writer->now + (int64_t)seconds * 1000 : 0;

	if (item->limited && (reset == 0 || reset < item->quota_reset + SAME_RESET))
		return;
	read_progress_start(progress, stream);
	item->running = false;
	item->limited = true;
	item->quota_reset = reset;
	airbyte_writer_rate_limited(progress->writer, stream, reset);
}

void read_progress_end(struct read_progress *progress, const struct stream *stream,
		       bool complete)
{
	if (complete)
		read_progress_run(progress, stream);
	else
		read_progress_start(progress, stream);
	airbyte_writer_stream_status(progress->writer, stream,
				     complete ? STREAM_COMPLETE : STREAM_INCOMPLETE);
}

/*
 * ---- the log ----
 */

/* ", users 1200", for each stream that moved on; the result is how many did before and here. */
static size_t append_streams(struct read_progress *progress, size_t moved, struct buffer *text)
{
	for (size_t i = 0; i < progress->streams->count; i++) {
		struct stream_progress *item = &progress->items[i];

		if (item->records == item->logged)
			continue;
		item->logged = item->records;
		if (moved++ >= STREAMS_IN_LINE)
			continue;
		buffer_append_string(text, moved == 1 ? ": " : ", ");
		buffer_append_string(text, progress->streams->items[i].name);
		buffer_append_char(text, ' ');
		buffer_append_integer(text, (long long)item->records);
	}
	return moved;
}

/* "1200 records so far, 20 a second"; what comes next is counted from here. */
static void append_total(struct read_progress *const *parts, size_t count, struct buffer *text)
{
	int64_t elapsed = parts[0]->writer->now - parts[0]->logged_at;
	uint64_t records = 0, logged = 0;

	for (size_t i = 0; i < count; i++) {
		records += parts[i]->records;
		logged += parts[i]->logged;
		parts[i]->logged = parts[i]->records;
		parts[i]->logged_at = parts[i]->writer->now;
	}
	buffer_append_integer(text, (long long)records);
	buffer_append_string(text, " records so far");
	if (elapsed <= 0)
		return;
	buffer_append_string(text, ", ");
	buffer_append_integer(text, (long long)((records - logged) * 1000 / (uint64_t)elapsed));
	buffer_append_string(text, " a second");
}

void read_progress_log(struct read_progress *const *parts, size_t count)
{
	struct buffer text;
	size_t moved = 0;

	buffer_init(&text, BUFFER_MAXIMUM);
	append_total(parts, count, &text);
	for (size_t i = 0; i < count; i++)
		moved = append_streams(parts[i], moved, &text);
	if (moved > STREAMS_IN_LINE) {
		buffer_append_string(&text, ", and of ");
		buffer_append_integer(&text, (long long)(moved - STREAMS_IN_LINE));
		buffer_append_string(&text, " streams more");
	}
	if (!text.failed)
		airbyte_writer_log(parts[0]->writer, LOG_INFO, buffer_slice(&text));
	buffer_release(&text);
}

static void log_count(const struct read_progress *progress, const struct stream *stream,
		      bool failed)
{
	const struct stream_progress *item = read_progress_of(progress, stream);
	struct airbyte_writer *writer = progress->writer;

	if (!stream->configured) {
		if (item->dropped > 0)
			airbyte_writer_logf(writer, LOG_INFO,
					    "%s: %" PRIu64 " records left out, %s", stream->name,
					    item->dropped,
					    stream->elsewhere ? "another tap process reads them"
							      : "not configured");
		return;
	}
	if (item->started)
		airbyte_writer_logf(writer, LOG_INFO, "%s: %" PRIu64 " records", stream->name,
				    item->records);
	else if (stream->in_tap && !failed)
		airbyte_writer_logf(writer, LOG_WARN, "%s: the tap wrote nothing of this stream",
				    stream->name);
	if (item->empty > 0)
		airbyte_writer_logf(writer, LOG_WARN,
				    "%s: %" PRIu64 " records had no selected field and are left "
				    "out",
				    stream->name, item->empty);
}

void read_progress_log_counts(const struct read_progress *progress, bool failed)
{
	if (progress->unknown > 0)
		airbyte_writer_logf(progress->writer, LOG_INFO,
				    "%" PRIu64 " records of other streams left out",
				    progress->unknown);
	for (size_t i = 0; i < progress->streams->count; i++)
		log_count(progress, &progress->streams->items[i], failed);
}
