#include "recorder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "anonymizer.h"
#include "batch.h"
#include "json_mask.h"
#include "json_text.h"
#include "neutral_paths.h"

void recorder_init(struct recorder *recorder)
{
	*recorder = (struct recorder){ .state = HELD_STATE_NONE };
	recording_init(&recorder->recording);
	singer_message_init(&recorder->message);
	buffer_init(&recorder->text, BUFFER_MAXIMUM);
	for (size_t i = 0; i < RECORDING_PARTS; i++)
		recorder->recording.parts[i].maximum = RECORDER_MAXIMUM;
}

void recorder_release(struct recorder *recorder)
{
	recording_release(&recorder->recording);
	singer_message_release(&recorder->message);
	buffer_release(&recorder->text);
	held_state_release(&recorder->state);
	free(recorder->counts);
	free(recorder->left_out);
}

void recorder_take_flags(struct recorder *recorder, const struct tap_flags *flags)
{
	recorder->recording.flags = *flags;
	recorder->probed = true;
}

void recorder_take_discovery(struct recorder *recorder, struct slice document)
{
	struct buffer *part = &recorder->recording.parts[RECORDING_DISCOVERY];

	buffer_clear(part);
	buffer_append(part, document);
	recorder->recording.has_part[RECORDING_DISCOVERY] = true;
	recorder->ended = false; /* its lines say no more than the document */
	if (part->failed)
		error_set_no_memory(&recorder->error);
}

bool recorder_take_streams(struct recorder *recorder, struct stream_list *streams,
			   struct slice tap_state, struct error *error)
{
	bool done;

	recorder->streams = streams;
	if (recorder->max_records == 0)
		return true;
	recorder->counts = calloc(streams->count + 1, sizeof(*recorder->counts));
	recorder->left_out = calloc(streams->count + 1, sizeof(*recorder->left_out));
	if (recorder->counts == NULL || recorder->left_out == NULL ||
	    !held_state_init(&recorder->state, streams))
		return error_set_no_memory(error);
	buffer_clear(&recorder->text);
	done = tap_state.length == 0 ||
	       held_state_take(&recorder->state, tap_state, &recorder->text, error);
	return done;
}

/* The tap's command, wherever its program is; and the arguments, bare names if they are files
 * in the work dir. */
static json_t *describe_argv(const struct tap *tap, char *const *arguments)
{
	json_t *argv = json_deep_copy(tap->manifest.command);
	const char *program = json_string_value(json_array_get(argv, 0));
	const char *slash = program != NULL ? strrchr(program, '/') : NULL;
	size_t length = strlen(tap->work_dir.path);

	if (slash != NULL && json_array_set_new(argv, 0, json_string(slash + 1)) != 0) {
		json_decref(argv);
		return NULL;
	}
	for (; argv != NULL && *arguments != NULL; arguments++) {
		bool inside = strncmp(*arguments, tap->work_dir.path, length) == 0 &&
			      (*arguments)[length] == '/';

		if (json_array_append_new(argv, json_string(*arguments +
							    (inside ? length + 1 : 0))) == 0)
			continue;
		json_decref(argv);
		argv = NULL;
	}
	return argv;
}

void recorder_begin(struct recorder *recorder, const struct tap *tap, bool of_discovery,
		    char *const *arguments, int64_t now)
{
	struct recording *recording = &recorder->recording;

	recording_clear_lines(recording);
	recording->has_part[RECORDING_STDOUT] = true;
	recording->has_part[RECORDING_STDERR] = true;
	recording->of_discovery = of_discovery;
	recording->started = now;
	free(recording->tap);
	recording->tap = strdup(tap->manifest.name);
	json_decref(recording->packages);
	recording->packages = json_deep_copy(tap->manifest.pip);
	json_decref(recording->argv);
	recording->argv = describe_argv(tap, arguments);
	recorder->ended = false;
	recorder->batches = tap->work_dir.path;
	if (recording->tap == NULL || recording->argv == NULL)
		error_set_no_memory(&recorder->error);
}

/*
 * ---- lines ----
 */

static void keep(struct recorder *recorder, int64_t now, enum recording_source source,
		 struct slice line, bool complete)
{
	struct recording *recording = &recorder->recording;
	int64_t time = now - recording->started;

	time = time > RECORDING_TIME_MAXIMUM ? RECORDING_TIME_MAXIMUM : time > 0 ? time : 0;
	if (!recording_add_line(recording, time, source, line, complete))
		error_set(&recorder->error, FAILURE_CONFIG,
			  "the tap writes more than a recording can hold (%zu MiB); use "
			  "--max-records", RECORDER_MAXIMUM >> 20);
}

static bool has_all(const struct recorder *recorder)
{
	bool any = false;

	for (size_t i = 0; i < recorder->streams->count; i++) {
		const struct stream *stream = &recorder->streams->items[i];

		if (!stream->configured || !stream->in_tap)
			continue;
		any = true;
		if (recorder->counts[i] < recorder->max_records)
			return false;
	}
	return any;
}

/* Is the record of a message one of the first? Else the stream's state stays as it is. */
static bool counts_record(struct recorder *recorder, struct slice raw_name)
{
	const struct stream *stream;
	size_t index;

	if (recorder->max_records == 0 || recorder->streams == NULL)
		return true;
	buffer_clear(&recorder->text);
	json_text_decode(&recorder->text, raw_name);
	stream = stream_list_find(recorder->streams, buffer_slice(&recorder->text),
				  state_map_currently_syncing(&recorder->state.map));
	if (stream == NULL)
		return true;
	index = (size_t)(stream - recorder->streams->items);
	if (recorder->counts[index] < recorder->max_records) {
		recorder->counts[index]++;
		return true;
	}
	recorder->left_out[index]++;
	recorder->enough = has_all(recorder);
	recorder->state.held[index] = recorder->state.any = true;
	return false;
}

/* The records of the files, which the translator is about to delete. */
static void keep_batch(struct recorder *recorder, int64_t now, struct slice line)
{
	const struct batch_place place = { .directory = recorder->batches, .keep = true };
	struct slice raw_name = recorder->message.stream, record;
	struct batch batch = BATCH_NONE;
	struct buffer message;
	bool open = batch_open(&batch, line, &place, &recorder->error);

	buffer_init(&message, BUFFER_MAXIMUM);
	while (open && !recorder->error.set &&
	       batch_next(&batch, &record, &recorder->error) == BATCH_LINE) {
		if (slice_trim(record).length == 0 || !counts_record(recorder, raw_name))
			continue;
		buffer_clear(&message);
		buffer_append_string(&message, "{\"type\":\"RECORD\",\"stream\":\"");
		buffer_append(&message, raw_name);
		buffer_append_string(&message, "\",\"record\":");
		buffer_append(&message, record);
		buffer_append_char(&message, '}');
		keep(recorder, now, RECORDING_OUT, buffer_slice(&message), true);
		if (message.failed)
			error_set_no_memory(&recorder->error);
	}
	batch_close(&batch);
	buffer_release(&message);
}

/* A STATE that stands for no record that was left out. */
static void keep_state(struct recorder *recorder, int64_t now, struct slice line)
{
	struct slice value = recorder->message.value;
	struct buffer message;
	bool done;

	buffer_init(&message, BUFFER_MAXIMUM);
	buffer_clear(&recorder->text);
	done = held_state_take(&recorder->state, value, &recorder->text, &recorder->error);
	if (done && recorder->state.any) {
		buffer_append(&message, slice_of(line.data, (size_t)(value.data - line.data)));
		buffer_append(&message, buffer_slice(&recorder->text));
		buffer_append(&message,
			      slice_after(line, (size_t)(value.data - line.data) + value.length));
		line = buffer_slice(&message);
	}
	if (message.failed)
		error_set_no_memory(&recorder->error);
	keep(recorder, now, RECORDING_OUT, line, true);
	recorder->enough = has_all(recorder); /* or the last records would have no state */
	buffer_release(&message);
}

static void keep_message(struct recorder *recorder, int64_t now, struct slice line, bool complete)
{
	struct singer_problem problem;
	bool limited = recorder->max_records > 0 && recorder->streams != NULL;

	if (recorder->recording.of_discovery ||
	    singer_message_parse(&recorder->message, line, &problem) != SINGER_LINE_MESSAGE) {
		keep(recorder, now, RECORDING_OUT, line, complete);
	} else if (recorder->message.type == SINGER_BATCH) {
		keep_batch(recorder, now, line);
	} else if (recorder->message.type == SINGER_STATE && limited && complete &&
		   slice_starts_with(recorder->message.value, SLICE("{"))) {
		keep_state(recorder, now, line);
	} else if (recorder->message.type != SINGER_RECORD ||
		   counts_record(recorder, recorder->message.stream)) {
		keep(recorder, now, RECORDING_OUT, line, complete);
	}
}

bool recorder_line(struct recorder *recorder, int64_t now, enum recording_source source,
		   struct slice line, bool complete)
{
	if (recorder->error.set || recorder->enough)
		return true;
	if (source == RECORDING_OUT)
		keep_message(recorder, now, line, complete);
	else
		keep(recorder, now, source, line, complete);
	return recorder->enough || recorder->error.set;
}

void recorder_end(struct recorder *recorder, int64_t now, const struct tap_process *process)
{
	struct recording *recording = &recorder->recording;
	int64_t after = now - recording->started;

	recording->exit_after = after > RECORDING_TIME_MAXIMUM ? RECORDING_TIME_MAXIMUM
							       : after > 0 ? after : 0;
	recording->exit_status = process->exit_status;
	recording->signal = process->signal;
	recording->stopped = process->stopped;
	recording->cut_off = process->cut_off && process->stopped == TAP_RUNNING;
	if (recorder->enough) { /* it would have ended well, as far as anybody knows */
		recording->exit_status = recording->signal = 0;
		recording->stopped = TAP_RUNNING;
	}
	recorder->ended = process->stopped != TAP_STOP_BROKEN; /* that was this machine */
}

/*
 * ---- the end ----
 */

/* What becomes of a text; the result in `out`. A secret may have a path in it: paths are last. */
struct cleaning {
	const struct tap *tap;
	struct neutral_paths paths;
	struct buffer masked;
	struct buffer out;
};

static bool clean(struct cleaning *cleaning, struct slice text)
{
	buffer_clear(&cleaning->masked);
	buffer_clear(&cleaning->out);
	json_mask_apply(&cleaning->tap->mask, &cleaning->masked, text);
	if (!cleaning->masked.failed)
		neutral_paths_apply(&cleaning->paths, &cleaning->out,
				    buffer_slice(&cleaning->masked));
	return !cleaning->masked.failed && !cleaning->out.failed;
}

static bool clean_documents(struct cleaning *cleaning, struct recording *recording)
{
	for (size_t i = 0; i < RECORDING_STDOUT; i++) {
		struct buffer *part = &recording->parts[i];

		if (!clean(cleaning, buffer_slice(part)))
			return false;
		buffer_clear(part);
		buffer_append(part, buffer_slice(&cleaning->out));
		if (part->failed)
			return false;
	}
	return true;
}

/*
 * The end of a line that was cut, maybe through a secret, which the log leaves out as well. Its
 * length stays, so that a replay cuts at the same place.
 */
static void blot_end(struct buffer *text)
{
	size_t end = text->length < TAP_LOG_CUT_MARGIN ? text->length : TAP_LOG_CUT_MARGIN;

	if (end > 0)
		memset(text->data + text->length - end, '*', end);
}

/* A masked line is no longer than it may be, and has no line end inside. */
static bool clean_lines(struct cleaning *cleaning, struct recording *recording)
{
	struct recording cleaned;
	struct recording_cursor cursor = recording_begin(recording);
	struct recording_line line;
	bool done = true;

	recording_init(&cleaned);
	while (done && recording_next(&cursor, &line)) {
		done = clean(cleaning, line.text);
		if (line.source == RECORDING_LOG_CUT)
			blot_end(&cleaning->out);
		done = done && recording_add_line(&cleaned, line.time, line.source,
						  buffer_slice(&cleaning->out), line.complete);
	}
	if (done)
		recording_swap_lines(recording, &cleaned);
	recording_release(&cleaned);
	return done;
}

/* The strings of a list; NULL is none. */
static bool clean_list(struct cleaning *cleaning, json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (!clean(cleaning, slice_of_string(json_string_value(item))) ||
		    json_array_set_new(list, i, json_stringn(cleaning->out.data,
							     cleaning->out.length)) != 0)
			return false;
	}
	return true;
}

static bool add_left_out(struct cleaning *cleaning, json_t *streams, const char *name,
			 uint64_t count)
{
	char *cleaned = clean(cleaning, slice_of_string(name)) ? buffer_to_string(&cleaning->out)
							       : NULL;
	bool done = cleaned != NULL &&
		    json_object_set_new(streams, cleaned, json_integer((json_int_t)count)) == 0;

	free(cleaned);
	return done;
}

static bool describe_left_out(struct recorder *recorder, struct cleaning *cleaning)
{
	json_t *streams = json_object();
	bool done = streams != NULL;

	if (recorder->counts == NULL || (!recorder->state.any && !recorder->enough)) {
		json_decref(streams);
		return true;
	}
	for (size_t i = 0; done && i < recorder->streams->count; i++)
		if (recorder->left_out[i] > 0)
			done = add_left_out(cleaning, streams, recorder->streams->items[i].id,
					    recorder->left_out[i]);
	if (done)
		recorder->recording.left_out =
			json_pack("{s:I, s:b, s:O}", "max_records",
				  (json_int_t)recorder->max_records, "stopped",
				  recorder->enough, "records", streams);
	json_decref(streams);
	return recorder->recording.left_out != NULL;
}

/* The streams of the session go, and with them what knows them. */
static void forget_streams(struct recorder *recorder)
{
	held_state_release(&recorder->state);
	recorder->streams = NULL;
}

void recorder_finish(struct recorder *recorder, const struct tap *tap)
{
	struct cleaning cleaning = { .tap = tap };
	bool done;

	if (!recorder->ended || recorder->error.set) {
		forget_streams(recorder);
		return;
	}
	buffer_init(&cleaning.out, BUFFER_MAXIMUM);
	buffer_init(&cleaning.masked, BUFFER_MAXIMUM);
	done = neutral_paths_init(&cleaning.paths, tap) &&
	       clean_documents(&cleaning, &recorder->recording) &&
	       clean_lines(&cleaning, &recorder->recording) &&
	       clean_list(&cleaning, recorder->recording.argv) &&
	       clean_list(&cleaning, recorder->recording.packages) &&
	       describe_left_out(recorder, &cleaning);
	if (done && recorder->anonymize)
		done = anonymizer_apply(&recorder->recording,
					manifest_connection_specification(&tap->manifest),
					&recorder->error);
	if (!done && !recorder->error.set)
		error_set(&recorder->error, FAILURE_SYSTEM,
			  "there is no recording: what the tap wrote could not be searched for "
			  "secrets (out of memory?)");
	neutral_paths_release(&cleaning.paths);
	buffer_release(&cleaning.out);
	buffer_release(&cleaning.masked);
	forget_streams(recorder);
}
