/*
 * airbyte_writer.h - the messages of the Airbyte protocol, written into a buffer, one a
 * line. Only here are the keys of messages spelled; those inside a catalog are
 * catalog_write.h's and schema_map.h's, and what Airbyte hands back is read by
 * configured_catalog.h and state_map.h.
 *
 * A message is in the buffer whole or not at all. When memory runs out the message is
 * taken back and `failed` is set; it stays set. So it is when a text cannot be masked, for
 * which SECRET_UNSEARCHED stands then.
 */
#ifndef TAPBYTE_AIRBYTE_WRITER_H
#define TAPBYTE_AIRBYTE_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "secret_mask.h"
#include "stream.h"
#include "tap_log.h"

enum stream_status {
	STREAM_STARTED,
	STREAM_RUNNING,
	STREAM_COMPLETE,
	STREAM_INCOMPLETE,
};

struct airbyte_writer {
	struct buffer *out;             /* borrowed */
	const struct secret_mask *mask; /* borrowed; for what people read: the texts of LOG, TRACE
					   and CONNECTION_STATUS */
	int64_t now;                    /* milliseconds since 1970, the time that messages carry:
					   the owner keeps it right, a replay sets it */
	bool debug;                     /* whether LOG messages of DEBUG and TRACE are written */
	bool no_data;                   /* RECORD and STATE are left out */
	bool patient;                   /* no log message is ever left out */
	bool failed;
	uint64_t logs_left_out;         /* since stdout fell behind */
	struct buffer masked;           /* of the text being written */
	char time[24];                  /* `time_of` as digits */
	size_t time_length;
	int64_t time_of;
};

void airbyte_writer_init(struct airbyte_writer *writer, struct buffer *out,
			 const struct secret_mask *mask);
void airbyte_writer_release(struct airbyte_writer *writer);

/* Takes memory for the error that ends the run, so that it can be told that there is none. */
void airbyte_writer_make_room(struct airbyte_writer *writer);

/*
 * While more than AIRBYTE_WRITER_BACKLOG bytes wait to go out, log messages are left out;
 * their number is told when there is room again.
 */
#define AIRBYTE_WRITER_BACKLOG ((size_t)8 << 20)
void airbyte_writer_log(struct airbyte_writer *writer, enum log_level level, struct slice text);

/* False: messages of this level are not wanted, and the writer passes over them. */
static inline bool airbyte_writer_takes(const struct airbyte_writer *writer, enum log_level level)
{
	return level < LOG_DEBUG || writer->debug;
}

/* Tells the number now, at the end, when nothing waits any more. */
void airbyte_writer_tell_left_out(struct airbyte_writer *writer);

/* airbyte_writer_log with a formatted text; cut at 4,095 bytes. */
void airbyte_writer_logf(struct airbyte_writer *writer, enum log_level level,
			 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* TRACE ERROR. The stack trace may be empty, the stream NULL. */
void airbyte_writer_error(struct airbyte_writer *writer, const struct error *error,
			  struct slice stack_trace, const struct stream *stream);

void airbyte_writer_stream_status(struct airbyte_writer *writer, const struct stream *stream,
				  enum stream_status status);

/*
 * STREAM_STATUS RUNNING, with the reason that the tap waits for a rate limit; until
 * `quota_reset`, in milliseconds since 1970, 0 where it is not known.
 */
void airbyte_writer_rate_limited(struct airbyte_writer *writer, const struct stream *stream,
				 int64_t quota_reset);

/* CONTROL CONNECTOR_CONFIG: the platform stores the whole config in place of the old one. */
void airbyte_writer_connector_config(struct airbyte_writer *writer, const json_t *config);

/* STATE of type STREAM; `stream_state` is JSON text, `records` goes into sourceStats. */
void airbyte_writer_state(struct airbyte_writer *writer, const struct stream *stream,
			  struct slice stream_state, uint64_t records);

void airbyte_writer_spec(struct airbyte_writer *writer, const json_t *spec);

/* CONNECTION_STATUS: SUCCEEDED where `failure` is NULL, else FAILED with its message. */
void airbyte_writer_connection_status(struct airbyte_writer *writer, const struct error *failure);

/* `catalog` is JSON text. */
void airbyte_writer_catalog(struct airbyte_writer *writer, struct slice catalog);

/*
 * A RECORD in three steps, for the path that runs for every record: the frame up to the
 * time is made once for each stream, the data is appended to writer->out by the caller.
 *
 *	airbyte_writer_record_frame(&frame, stream);             once
 *	start = airbyte_writer_begin_record(writer, buffer_slice(&frame));
 *	buffer_append(writer->out, data);
 *	airbyte_writer_end_record(writer, start, changes);
 *
 * `changes` is the elements of meta.changes (airbyte_writer_append_change), or empty.
 */
void airbyte_writer_record_frame(struct buffer *frame, const struct stream *stream);
size_t airbyte_writer_begin_record(struct airbyte_writer *writer, struct slice frame);
void airbyte_writer_end_record(struct airbyte_writer *writer, size_t start, struct slice changes);

/* All of it at once, for data that is the `count` parts, one behind the other. */
void airbyte_writer_record(struct airbyte_writer *writer, struct slice frame,
			   const struct slice *parts, size_t count);

/* Appends one element of meta.changes for a field (decoded name) that became null. */
void airbyte_writer_append_change(struct buffer *changes, struct slice field);

#endif
