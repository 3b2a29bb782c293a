#include "translator.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_scan.h"
#include "json_text.h"
#include "raw_name.h"
#include "record_shape.h"
#include "schema_map.h"

/* So many different sentences are said by say_once; a tap may write any number of names. */
#define SAID_MAXIMUM 200

/* How a stream's records look, and what goes out in front of their data. */
struct record_form {
	struct buffer frame; /* airbyte_writer_record_frame; empty until it is made */
	struct record_shape shape;
	bool mended;         /* it was said that text had to be mended */
};

bool translator_init(struct translator *translator, struct stream_list *streams,
		     struct state_map *state, struct airbyte_writer *writer, struct error *error)
{
	*translator = (struct translator){
		.streams = streams,
		.state = state,
		.writer = writer,
		.batch_place = { .directory = "." },
		.batch = BATCH_NONE,
	};
	singer_message_init(&translator->message);
	buffer_init(&translator->currently_syncing, BUFFER_MAXIMUM);
	buffer_init(&translator->scratch, BUFFER_MAXIMUM);
	buffer_init(&translator->last_name, BUFFER_MAXIMUM);
	buffer_init(&translator->shown, BUFFER_MAXIMUM);
	translator->forms = calloc(streams->count + 1, sizeof(*translator->forms));
	if (translator->forms == NULL)
		return error_set_no_memory(error);
	for (size_t i = 0; i < streams->count; i++)
		buffer_init(&translator->forms[i].frame, BUFFER_MAXIMUM);
	return read_progress_init(&translator->progress, streams, writer, error);
}

void translator_release(struct translator *translator)
{
	for (size_t i = 0; translator->forms != NULL && i < translator->streams->count; i++) {
		buffer_release(&translator->forms[i].frame);
		record_shape_release(&translator->forms[i].shape);
	}
	free(translator->forms);
	read_progress_release(&translator->progress);
	batch_close(&translator->batch);
	singer_message_release(&translator->message);
	name_table_release(&translator->said);
	buffer_release(&translator->currently_syncing);
	buffer_release(&translator->scratch);
	buffer_release(&translator->last_name);
	buffer_release(&translator->shown);
}

static struct record_form *form_of(const struct translator *translator,
				   const struct stream *stream)
{
	return &translator->forms[stream - translator->streams->items];
}

static struct stream_progress *progress_of(const struct translator *translator,
					   const struct stream *stream)
{
	return read_progress_of(&translator->progress, stream);
}

/* For the log and errors: the beginning of a name that the tap wrote, without secrets. */
static const char *shown(struct translator *translator, struct slice name)
{
	static const size_t maximum = 200;
	size_t length;

	buffer_clear(&translator->shown);
	secret_mask_apply(translator->writer->mask, &translator->shown, name);
	length = translator->shown.length < maximum ? translator->shown.length : maximum;
	translator->shown.length = length;
	buffer_append_char(&translator->shown, '\0');
	if (!translator->shown.failed)
		return translator->shown.data;
	translator->writer->failed = true;
	return "?";
}

static void say_once(struct translator *translator, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Into the log, unless the same sentence is there already. */
static void say_once(struct translator *translator, enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0 || translator->said.count >= SAID_MAXIMUM ||
	    name_table_get(&translator->said, slice_of_string(text)) != NULL)
		return;
	if (translator->said.count + 1 == SAID_MAXIMUM)
		snprintf(text, sizeof(text), "There is more of what was said before; it is not "
			 "listed any further.");
	if (!name_table_set(&translator->said, slice_of_string(text), 0))
		translator->writer->failed = true;
	airbyte_writer_log(translator->writer, level, slice_of_string(text));
}

/* The stream that a message names, or NULL. False when memory runs out. */
static bool find_stream(struct translator *translator, struct slice raw_name,
			struct stream **stream, struct error *error)
{
	*stream = translator->last_stream;
	if (translator->last_stream != NULL &&
	    slice_equals(buffer_slice(&translator->last_name), raw_name))
		return true;
	buffer_clear(&translator->scratch);
	json_text_decode(&translator->scratch, raw_name);
	translator->last_stream =
		stream_list_find(translator->streams, buffer_slice(&translator->scratch),
				 buffer_slice(&translator->currently_syncing));
	buffer_clear(&translator->last_name);
	buffer_append(&translator->last_name, raw_name);
	*stream = translator->last_stream;
	return !(translator->scratch.failed || translator->last_name.failed) ||
	       error_set_no_memory(error);
}

/*
 * ---- where the tap is ----
 */

/* A tap that announces several streams at once does not tell at which one it is. */
static void announce(struct translator *translator, const struct stream *stream)
{
	if (translator->only_announced && translator->current != stream)
		stream = NULL;
	translator->current = stream;
	translator->only_announced = true;
}

static void arrive(struct translator *translator, const struct stream *stream)
{
	translator->current = stream;
	translator->only_announced = false;
}

const struct stream *translator_current_stream(const struct translator *translator)
{
	const struct stream *stream = translator->current;

	return stream != NULL && stream->configured ? stream : NULL;
}

void translator_rate_limited(struct translator *translator, unsigned seconds)
{
	const struct stream *stream = translator_current_stream(translator);

	if (stream != NULL)
		read_progress_limit(&translator->progress, stream, seconds);
}

/*
 * ---- SCHEMA ----
 */

static bool translate_schema(struct translator *translator, struct error *error)
{
	struct stream *stream;

	translator->schemas++;
	if (!find_stream(translator, translator->message.stream, &stream, error))
		return false;
	announce(translator, stream);
	if (stream == NULL || !stream->configured)
		return true;
	read_progress_start(&translator->progress, stream);
	if (stream->fields_from_discovery || stream->all_fields)
		return true;
	/* No discovery told them: what the user did not configure is deselected. */
	record_shape_forget(&form_of(translator, stream)->shape);
	return schema_map_add_fields(&stream->fields, translator->message.schema,
				     FIELD_DESELECTED, error);
}

/*
 * ---- RECORD ----
 */

/* Is a name that means no stream the name of configured ones? */
static bool is_ambiguous(const struct translator *translator, struct slice raw_name)
{
	for (size_t i = 0; i < translator->streams->count; i++) {
		const struct stream *stream = &translator->streams->items[i];

		if (stream->configured &&
		    json_text_equals(raw_name, slice_of_string(stream->tap_name)))
			return true;
	}
	return false;
}

static bool drop_record(struct translator *translator, struct stream *stream, struct error *error)
{
	struct slice name = translator->message.stream;

	if (stream == NULL && is_ambiguous(translator, name))
		return error_set(error, FAILURE_SYSTEM,
				 "the tap has several streams named %s, and its messages do not "
				 "tell which one a record is of; configure one of them only",
				 shown(translator, name));
	if (stream == NULL)
		translator->progress.unknown++;
	else if (progress_of(translator, stream)->dropped++ > 0 || stream->elsewhere)
		return true;
	say_once(translator, LOG_INFO,
		 "Records of the stream %s are left out: it is not in the configured catalog.",
		 shown(translator, name));
	return true;
}

/* What is done with a field. */
static enum field_choice choose(void *owner, const struct stream *stream, struct slice raw_key)
{
	struct translator *translator = owner;
	const uint32_t *choice = raw_name_get(&stream->fields, raw_key);

	if (choice != NULL)
		return (enum field_choice)*choice;
	if (stream->all_fields)
		return FIELD_SELECTED;
	say_once(translator, LOG_WARN,
		 "The field %s of the stream %s is in neither the tap's schema nor the configured "
		 "one. It is passed on, but Airbyte leaves it out until the schema is discovered "
		 "again or the tap's overlay names it.",
		 shown(translator, raw_key), stream->name);
	return FIELD_SELECTED;
}

static void say_mended(struct translator *translator, const struct stream *stream,
		       struct record_form *form)
{
	if (form->mended)
		return;
	form->mended = true;
	airbyte_writer_logf(translator->writer, LOG_WARN,
			    "The stream %s has text that is no valid Unicode; the broken "
			    "characters are replaced by U+FFFD.",
			    stream->name);
}

/* One field that has to be mended; notes in `changes` what became null. */
static void append_mended(struct translator *translator, const struct singer_field *field,
			  struct buffer *changes)
{
	json_text_mend(translator->writer->out, singer_field_member(field));
	if (field->found & JSON_FOUND_NONFINITE) {
		buffer_clear(&translator->scratch);
		json_text_decode(&translator->scratch, field->key);
		airbyte_writer_append_change(changes, buffer_slice(&translator->scratch));
		changes->failed = changes->failed || translator->scratch.failed;
	}
}

/* "12.30" becomes 12.30; a string that is no number stays as it is. */
static void append_unquoted(struct buffer *out, const struct singer_field *field)
{
	const char *start = singer_field_member(field).data;
	struct slice text = field->value, number;
	struct json_scan scan;

	if (text.length > 2 && text.data[0] == '"')
		text = slice_of(text.data + 1, text.length - 2);
	json_scan_init(&scan, text);
	if (!json_scan_value(&scan, &number) || scan.found != 0 || number.length != text.length ||
	    !(number.data[0] == '-' || isdigit((unsigned char)number.data[0])))
		number = field->value;
	buffer_append(out, slice_of(start, (size_t)(field->value.data - start)));
	buffer_append(out, number);
}

/* How many fields from this one on go out as they came, with what is between them. */
static size_t count_run(const struct singer_message *message,
			const struct field_verdict *verdicts, size_t from)
{
	size_t to = from;

	while (to < message->field_count && verdicts[to].choice == FIELD_SELECTED &&
	       message->fields[to].found == 0)
		to++;
	return to - from;
}

/* The record's selected fields; false when nothing is left. */
static bool append_fields(struct translator *translator, const struct stream *stream,
			  struct buffer *changes)
{
	const struct singer_message *message = &translator->message;
	const struct field_verdict *verdicts = form_of(translator, stream)->shape.verdicts;
	struct buffer *out = translator->writer->out;
	size_t start = out->length;

	buffer_append_char(out, '{');
	for (size_t i = 0, run; i < message->field_count; i += run > 0 ? run : 1) {
		const struct singer_field *field = &message->fields[i];

		run = count_run(message, verdicts, i);
		if (verdicts[i].choice == FIELD_DESELECTED)
			continue;
		if (out->length > start + 1)
			buffer_append_char(out, ',');
		if (run > 0)
			buffer_append(out, record_shape_run(field, field + run - 1));
		else if (field->found)
			append_mended(translator, field, changes);
		else
			append_unquoted(out, field);
	}
	buffer_append_char(out, '}');
	return out->length > start + 2;
}

/* A record of which fields are left out or mended; false when nothing is left. */
static bool write_fields(struct translator *translator, const struct stream *stream,
			 struct slice frame)
{
	struct buffer *out = translator->writer->out;
	struct buffer changes;
	size_t start;
	bool any;

	buffer_init(&changes, BUFFER_MAXIMUM);
	start = airbyte_writer_begin_record(translator->writer, frame);
	any = append_fields(translator, stream, &changes);
	if (changes.failed)
		out->failed = true;
	any = any || out->failed; /* then the record is taken back, and that is told */
	if (any)
		airbyte_writer_end_record(translator->writer, start, buffer_slice(&changes));
	else
		out->length = start;
	buffer_release(&changes);
	return any;
}

/* False when nothing is left of it. */
static bool write_data(struct translator *translator, const struct stream *stream,
		       struct record_form *form)
{
	const struct singer_message *message = &translator->message;
	struct slice frame = buffer_slice(&form->frame);
	size_t parts;

	if (message->field_count == 0)
		return false;
	if (record_shape_is_whole(&form->shape, message)) {
		airbyte_writer_record(translator->writer, frame, &message->record, 1);
		return true;
	}
	parts = record_shape_cut(&form->shape, message);
	if (parts == 0)
		return write_fields(translator, stream, frame);
	airbyte_writer_record(translator->writer, frame, form->shape.parts, parts);
	return true;
}

static void write_record(struct translator *translator, struct stream *stream,
			 struct record_form *form)
{
	struct stream_progress *progress = progress_of(translator, stream);
	bool any;

	if (form->frame.length == 0)
		airbyte_writer_record_frame(&form->frame, stream);
	if (form->frame.failed) {
		translator->writer->failed = true;
		return;
	}
	any = write_data(translator, stream, form);
	if (translator->writer->failed)
		return;
	if (!any) {
		progress->empty++;
		return;
	}
	progress->records++;
	progress->since_state++;
	translator->progress.records++;
}

static bool has_broken_text(const struct singer_message *message,
			    const struct record_shape *shape)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (shape->verdicts[i].choice != FIELD_DESELECTED &&
		    message->fields[i].found & (JSON_FOUND_BAD_UTF8 | JSON_FOUND_LONE_SURROGATE))
			return true;
	return false;
}

/* The record that was parsed, of a configured stream. */
static bool take_record(struct translator *translator, struct stream *stream, struct error *error)
{
	const struct singer_message *message = &translator->message;
	const struct field_judge judge = { choose, translator, stream };
	struct record_form *form = form_of(translator, stream);

	read_progress_run(&translator->progress, stream);
	if (!record_shape_judge(&form->shape, message, &judge))
		return error_set_no_memory(error);
	if (message->found != 0 && has_broken_text(message, &form->shape))
		say_mended(translator, stream, form);
	write_record(translator, stream, form);
	return !translator->writer->failed || error_set_no_memory(error);
}

static bool translate_record(struct translator *translator, struct error *error)
{
	struct stream *stream;

	if (!find_stream(translator, translator->message.stream, &stream, error))
		return false;
	arrive(translator, stream);
	if (stream == NULL || !stream->configured)
		return drop_record(translator, stream, error);
	return take_record(translator, stream, error);
}

/*
 * ---- BATCH ----
 */

/* So much is written, or read, between two looks at the loop. */
#define WORK_STEP ((size_t)1 << 20)
#define WORK_LINES 10000

static bool translate_batch(struct translator *translator, struct slice line, struct error *error)
{
	struct slice name = translator->message.stream;
	struct stream *stream;
	bool opened;

	if (!find_stream(translator, name, &stream, error))
		return false;
	opened = batch_open(&translator->batch, line, &translator->batch_place, error);
	if (opened && stream != NULL && stream->configured) {
		translator->batch_stream = stream;
		return true;
	}
	if (opened) {
		say_once(translator, LOG_INFO,
			 "Batches of the stream %s are left out: it is not in the configured "
			 "catalog.", shown(translator, name));
		batch_discard(&translator->batch);
	}
	batch_close(&translator->batch);
	return opened;
}

static bool take_batch_line(struct translator *translator, struct slice line, struct error *error)
{
	struct singer_problem problem;

	switch (singer_message_parse_record(&translator->message, line, &problem)) {
	case SINGER_LINE_MESSAGE:
		return take_record(translator, translator->batch_stream, error);
	case SINGER_LINE_BLANK:
		return true;
	case SINGER_LINE_NO_MEMORY:
		return error_set_no_memory(error);
	default:
		break;
	}
	return error_set(error, FAILURE_SYSTEM,
			 "a file of the tap's batch for %s has a line that is no record: %s at "
			 "byte %zu; what it says would be lost",
			 translator->batch_stream->name, problem.text, problem.offset + 1);
}

bool translator_work(struct translator *translator, struct error *error)
{
	const struct buffer *out = translator->writer->out;
	size_t limit = out->length + WORK_STEP, lines = 0;
	struct slice line;

	while (translator->batch_stream != NULL && out->length < limit && lines++ < WORK_LINES) {
		switch (batch_next(&translator->batch, &line, error)) {
		case BATCH_LINE:
			if (!take_batch_line(translator, line, error))
				return false;
			break;
		case BATCH_DONE:
			batch_close(&translator->batch);
			translator->batch_stream = NULL;
			break;
		case BATCH_FAILED:
			return false;
		}
	}
	return true;
}

/*
 * ---- STATE ----
 */

static void write_state(struct translator *translator, size_t index)
{
	struct stream_progress *progress = &translator->progress.items[index];

	if (translator->writer->failed) /* a record may be missing before it */
		return;
	buffer_clear(&translator->scratch);
	state_map_write(translator->state, index, &translator->scratch);
	if (translator->scratch.failed) {
		translator->writer->failed = true;
		return;
	}
	airbyte_writer_state(translator->writer, &translator->streams->items[index],
			     buffer_slice(&translator->scratch), progress->since_state);
	progress->since_state = 0;
}

bool translator_start(struct translator *translator, struct slice tap_state, struct error *error)
{
	if (!state_map_rewind(translator->state, tap_state, error))
		return false;
	for (size_t i = 0; i < translator->streams->count; i++)
		if (translator->state->entries[i].rewound)
			write_state(translator, i);
	return !translator->writer->failed || error_set_no_memory(error);
}

static void move_on(struct translator *translator, size_t index)
{
	if (translator->streams->items[index].configured &&
	    (translator->progress.items[index].since_state > 0 ||
	     state_map_changed(translator->state, index)))
		write_state(translator, index);
}

/* A parent first: a child that has a state and a parent that has none is more than taps expect. */
static void move_all_on(struct translator *translator)
{
	const struct stream_list *streams = translator->streams;

	for (size_t i = 0; i < streams->count; i++)
		if (streams->items[i].parent_id == NULL)
			move_on(translator, i);
	for (size_t i = 0; i < streams->count; i++)
		if (streams->items[i].parent_id != NULL)
			move_on(translator, i);
}

static void remember_currently_syncing(struct translator *translator)
{
	buffer_clear(&translator->scratch);
	json_text_decode(&translator->scratch, state_map_currently_syncing(translator->state));
	translator->writer->failed = translator->writer->failed || translator->scratch.failed;
	if (slice_equals(buffer_slice(&translator->scratch),
			 buffer_slice(&translator->currently_syncing)))
		return;
	buffer_clear(&translator->currently_syncing);
	buffer_append(&translator->currently_syncing, buffer_slice(&translator->scratch));
	if (translator->currently_syncing.failed)
		translator->writer->failed = true;
	translator->last_stream = NULL;
}

static bool translate_state(struct translator *translator, struct error *error)
{
	if (slice_equals(translator->message.value, SLICE("null"))) {
		say_once(translator, LOG_WARN, "The tap writes STATE messages with no value.");
		return true;
	}
	if (!state_map_take(translator->state, translator->message.value,
			    translator->message.value_found != 0, error))
		return false;
	remember_currently_syncing(translator);
	move_all_on(translator);
	return !translator->writer->failed || error_set_no_memory(error);
}

/*
 * ---- lines ----
 */

static bool translate_message(struct translator *translator, struct slice line,
			      struct error *error)
{
	struct slice name = translator->message.type_name;

	switch (translator->message.type) {
	case SINGER_RECORD:
		return translate_record(translator, error);
	case SINGER_SCHEMA:
		return translate_schema(translator, error);
	case SINGER_STATE:
		return translate_state(translator, error);
	case SINGER_ACTIVATE_VERSION:
		return true;
	case SINGER_BATCH:
		return translate_batch(translator, line, error);
	case SINGER_OTHER:
		break;
	}
	say_once(translator, LOG_WARN,
		 "The tap writes messages of the type %s, which Singer does not define; they are "
		 "ignored.",
		 shown(translator, name));
	return true;
}

static bool broken_line(struct translator *translator, const struct singer_problem *problem,
			bool complete, struct error *error)
{
	if (!complete)
		return error_set(error, FAILURE_SYSTEM,
				 "the tap's output ends in the middle of a message (line %" PRIu64
				 "); the tap was stopped or crashed while it wrote",
				 translator->line_number);
	return error_set(error, FAILURE_SYSTEM,
			 "line %" PRIu64 " of the tap's output is no valid message: %s at byte "
			 "%zu; what it says would be lost",
			 translator->line_number, problem->text, problem->offset + 1);
}

static bool contains(struct slice text, struct slice part)
{
	return text.length > 0 && memmem(text.data, text.length, part.data, part.length) != NULL;
}

/* Text is for the log, unless there is a record in it. */
static bool translate_text(struct translator *translator, struct slice line, bool complete,
			   struct error *error)
{
	static const struct singer_problem in_text = { "a RECORD message that is not alone", 0 };

	if (!complete && line.data[0] == '{')
		return broken_line(translator, &in_text, false, error);
	if (contains(line, SLICE("\"type\":\"RECORD\"")) ||
	    contains(line, SLICE("\"type\": \"RECORD\"")))
		return broken_line(translator, &in_text, true, error);
	if (translator->log != NULL)
		translator->log(translator->log_owner, LOG_WARN, line);
	else
		airbyte_writer_log(translator->writer, LOG_WARN, line);
	return true;
}

static bool translate_line(struct translator *translator, struct slice line, bool complete,
			   struct error *error)
{
	struct singer_problem problem;

	switch (singer_message_parse(&translator->message, line, &problem)) {
	case SINGER_LINE_MESSAGE:
		translator->messages += translator->message.type != SINGER_OTHER;
		return translate_message(translator, line, error);
	case SINGER_LINE_BLANK:
		return true;
	case SINGER_LINE_TEXT:
		return translate_text(translator, line, complete, error);
	case SINGER_LINE_BROKEN:
		return broken_line(translator, &problem, complete, error);
	case SINGER_LINE_NO_MEMORY:
		break;
	}
	return error_set_no_memory(error);
}

bool translator_line(struct translator *translator, struct slice line, bool complete,
		     struct error *error)
{
	translator->line_number++;
	if (translator_is_busy(translator))
		return error_set(error, FAILURE_SYSTEM,
				 "the read was stopped in the middle of a batch of the tap's");
	return translate_line(translator, line, complete, error) &&
	       (!translator->writer->failed || error_set_no_memory(error));
}

/*
 * ---- the end ----
 */

/* A tap that cannot discover, wrote schemas, but none for this stream: it lacks it. */
static void find_missing(struct translator *translator)
{
	for (size_t i = 0; i < translator->streams->count; i++) {
		struct stream *stream = &translator->streams->items[i];

		if (translator->schemas > 0 && !stream->fields_from_discovery &&
		    !translator->progress.items[i].started)
			stream->in_tap = false;
	}
}

bool translator_complete(struct translator *translator, const struct stream **missing,
			 struct error *error)
{
	*missing = NULL;
	find_missing(translator);
	read_progress_log_counts(&translator->progress, false);
	for (size_t i = 0; i < translator->streams->count; i++) {
		struct stream *stream = &translator->streams->items[i];

		if (!stream->configured)
			continue;
		if (!stream->in_tap) {
			read_progress_end(&translator->progress, stream, false);
			if (*missing == NULL)
				*missing = stream;
			error_set(error, FAILURE_CONFIG,
				  "the tap has no stream named %s; discover the schema again and "
				  "choose from the streams that are there",
				  stream->name);
			continue;
		}
		read_progress_run(&translator->progress, stream);
		write_state(translator, i);
		read_progress_end(&translator->progress, stream, !translator->writer->failed);
	}
	if (translator->writer->failed)
		return error_set_no_memory(error);
	return *missing == NULL;
}

void translator_abandon(struct translator *translator)
{
	read_progress_log_counts(&translator->progress, true);
	for (size_t i = 0; i < translator->streams->count; i++)
		if (translator->streams->items[i].configured)
			read_progress_end(&translator->progress, &translator->streams->items[i],
					  false);
}
