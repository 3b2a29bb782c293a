#include "recording.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_check.h"
#include "json_load.h"

#define RUNS_MAXIMUM ((size_t)10 << 20)

const char *const recording_part_names[RECORDING_PARTS] = {
	[RECORDING_CONFIG] = "config.json",       [RECORDING_CATALOG] = "catalog.json",
	[RECORDING_STATE] = "state.json",         [RECORDING_DISCOVERY] = "discovery.json",
	[RECORDING_STDOUT] = "stdout",            [RECORDING_STDERR] = "stderr",
};

static const char *const source_names[] = {
	[RECORDING_OUT] = "out", [RECORDING_LOG] = "err", [RECORDING_LOG_CUT] = "cut",
};

static const char *const stop_names[] = {
	[TAP_RUNNING] = "no",         [TAP_STOP_DEADLINE] = "deadline",
	[TAP_STOP_SILENT] = "silent", [TAP_STOP_ASKED] = "asked",
	[TAP_STOP_BROKEN] = "broken", [TAP_STOP_LEFT] = "left",
};

static const char *const operations[] = { "read", "discover" };

static const struct {
	const char *name;
	size_t offset;
} options[] = {
	{ "--discover", offsetof(struct tap_flags, discover) },
	{ "--catalog", offsetof(struct tap_flags, catalog) },
	{ "--properties", offsetof(struct tap_flags, properties) },
	{ "--state", offsetof(struct tap_flags, state) },
};

static bool *option_at(struct tap_flags *flags, size_t i)
{
	return (bool *)((char *)flags + options[i].offset);
}

void recording_init(struct recording *recording)
{
	*recording = (struct recording){ .started = RECORDING_STARTED };
	recording->flags = (struct tap_flags){ .discover = true, .catalog = true, .state = true };
	for (size_t i = 0; i < RECORDING_PARTS; i++)
		buffer_init(&recording->parts[i], BUFFER_MAXIMUM);
}

void recording_release(struct recording *recording)
{
	free(recording->tap);
	json_decref(recording->packages);
	json_decref(recording->argv);
	json_decref(recording->left_out);
	for (size_t i = 0; i < RECORDING_PARTS; i++)
		buffer_release(&recording->parts[i]);
	free(recording->runs);
	*recording = (struct recording){ .tap = NULL };
}

/*
 * ---- lines ----
 */

static bool add_run(struct recording *recording, const struct recording_run *run)
{
	struct recording_run *last =
		recording->run_count > 0 ? &recording->runs[recording->run_count - 1] : NULL;

	if (last != NULL && last->time == run->time && last->source == run->source &&
	    run->source != RECORDING_LOG_CUT) {
		last->count += run->count;
		return true;
	}
	if (recording->run_count == recording->run_capacity) {
		size_t capacity = recording->run_capacity ? recording->run_capacity * 2 : 256;
		struct recording_run *runs =
			realloc(recording->runs, capacity * sizeof(*runs));

		if (runs == NULL || capacity > RUNS_MAXIMUM) {
			recording->runs = runs != NULL ? runs : recording->runs;
			return false;
		}
		recording->runs = runs;
		recording->run_capacity = capacity;
	}
	recording->runs[recording->run_count++] = *run;
	return true;
}

static enum recording_part part_of(enum recording_source source)
{
	return source == RECORDING_OUT ? RECORDING_STDOUT : RECORDING_STDERR;
}

bool recording_add_line(struct recording *recording, int64_t time, enum recording_source source,
			struct slice line, bool complete)
{
	struct buffer *part = &recording->parts[part_of(source)];
	struct recording_run run = { .time = time, .source = source, .count = 1 };

	if (recording->run_count > 0 && time < recording->runs[recording->run_count - 1].time)
		run.time = recording->runs[recording->run_count - 1].time;
	buffer_append(part, line);
	if (complete)
		buffer_append_char(part, '\n');
	recording->has_part[part_of(source)] = true;
	return !part->failed && add_run(recording, &run);
}

void recording_clear_lines(struct recording *recording)
{
	buffer_clear(&recording->parts[RECORDING_STDOUT]);
	buffer_clear(&recording->parts[RECORDING_STDERR]);
	recording->run_count = 0;
}

static void swap_parts(struct recording *recording, struct recording *other,
		       enum recording_part part)
{
	struct buffer text = recording->parts[part];

	recording->parts[part] = other->parts[part];
	other->parts[part] = text;
}

void recording_swap_lines(struct recording *recording, struct recording *other)
{
	struct recording old = *recording;

	swap_parts(recording, other, RECORDING_STDOUT);
	swap_parts(recording, other, RECORDING_STDERR);
	recording->runs = other->runs;
	recording->run_count = other->run_count;
	recording->run_capacity = other->run_capacity;
	other->runs = old.runs;
	other->run_count = old.run_count;
	other->run_capacity = old.run_capacity;
}

struct recording_cursor recording_begin(const struct recording *recording)
{
	return (struct recording_cursor){
		.recording = recording,
		.rest = { buffer_slice(&recording->parts[RECORDING_STDOUT]),
			  buffer_slice(&recording->parts[RECORDING_STDERR]) },
	};
}

/* The first line of a text, which is taken from it; false: nothing is left. */
static bool take_line(struct slice *text, struct slice *line, bool *complete)
{
	const char *end;

	if (text->length == 0)
		return false;
	end = memchr(text->data, '\n', text->length);
	*complete = end != NULL;
	*line = slice_of(text->data, end != NULL ? (size_t)(end - text->data) : text->length);
	*text = slice_after(*text, line->length + *complete);
	return true;
}

bool recording_next(struct recording_cursor *cursor, struct recording_line *line)
{
	const struct recording *recording = cursor->recording;
	const struct recording_run *run;

	if (cursor->run < recording->run_count &&
	    cursor->taken == recording->runs[cursor->run].count) {
		cursor->run++;
		cursor->taken = 0;
	}
	if (cursor->run == recording->run_count)
		return false;
	run = &recording->runs[cursor->run];
	cursor->taken++;
	line->time = run->time;
	line->source = run->source;
	return take_line(&cursor->rest[run->source != RECORDING_OUT], &line->text,
			 &line->complete);
}

/*
 * ---- times ----
 */

void recording_describe_times(const struct recording *recording, struct buffer *out)
{
	for (size_t i = 0; i < recording->run_count; i++) {
		const struct recording_run *run = &recording->runs[i];

		buffer_append_integer(out, run->time);
		buffer_append_char(out, ' ');
		buffer_append_string(out, source_names[run->source]);
		buffer_append_char(out, ' ');
		buffer_append_integer(out, (long long)run->count);
		buffer_append_char(out, '\n');
	}
}

/* A number up to `most`, and the space behind it, taken from the line. */
static bool take_number(struct slice *line, int64_t most, int64_t *number)
{
	size_t length = 0;

	*number = 0;
	while (length < line->length && line->data[length] >= '0' && line->data[length] <= '9') {
		*number = *number * 10 + (line->data[length++] - '0');
		if (*number > most)
			return false;
	}
	if (length == 0)
		return false;
	*line = slice_after(*line, length);
	if (line->length > 0 && line->data[0] == ' ')
		*line = slice_after(*line, 1);
	return true;
}

static bool take_source(struct slice *line, enum recording_source *source)
{
	for (size_t i = 0; i < COUNT(source_names); i++) {
		struct slice name = slice_of_string(source_names[i]);

		if (!slice_starts_with(*line, name) || line->length == name.length ||
		    line->data[name.length] != ' ')
			continue;
		*source = (enum recording_source)i;
		*line = slice_after(*line, name.length + 1);
		return true;
	}
	return false;
}

bool recording_parse_times(struct recording *recording, struct slice text, struct error *error)
{
	struct slice line;
	size_t number = 0;
	int64_t last = 0;
	bool complete;

	while (take_line(&text, &line, &complete)) {
		struct recording_run run;
		int64_t count;

		number++;
		if (!take_number(&line, RECORDING_TIME_MAXIMUM, &run.time) ||
		    !take_source(&line, &run.source) || !take_number(&line, INT32_MAX, &count) ||
		    line.length > 0 || count == 0)
			return error_set(error, FAILURE_CONFIG,
					 "line %zu: must be MILLISECONDS (of at most 31 days), "
					 "\"out\", \"err\" or \"cut\", and a COUNT", number);
		if (run.time < last)
			return error_set(error, FAILURE_CONFIG, "line %zu: the time goes back",
					 number);
		last = run.time;
		run.count = (uint64_t)count;
		if (!add_run(recording, &run))
			return error_set_no_memory(error);
	}
	return true;
}

/*
 * ---- recording.json, read ----
 */

static bool keep_json(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	(void)place;
	(void)error;
	json_decref(*(json_t **)target);
	*(json_t **)target = json_incref((json_t *)value);
	return true;
}

static bool keep_strings(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	return json_check_elements(value, place, JSON_CHECK_STRING, NULL, NULL, error) &&
	       keep_json(value, place, target, error);
}

static bool keep_format(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	(void)target;
	if (json_integer_value(value) != RECORDING_FORMAT)
		return json_check_fail(place, FAILURE_CONFIG, error,
				       "this tapbyte reads recordings of format %d only",
				       RECORDING_FORMAT);
	return true;
}

static bool keep_tap(const json_t *value, const struct json_place *place, void *target,
		     struct error *error)
{
	struct recording *recording = target;

	(void)place;
	free(recording->tap);
	recording->tap = strdup(json_string_value(value));
	return recording->tap != NULL || error_set_no_memory(error);
}

static bool keep_operation(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	size_t choice;

	if (!json_check_choice(value, place, operations, COUNT(operations), &choice, error))
		return false;
	*(bool *)target = choice == 1;
	return true;
}

static bool keep_option(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	const char *names[COUNT(options)];
	size_t choice;

	for (size_t i = 0; i < COUNT(options); i++)
		names[i] = options[i].name;
	if (!json_check_choice(value, place, names, COUNT(names), &choice, error))
		return false;
	*option_at(target, choice) = true;
	return true;
}

static bool keep_options(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	*(struct tap_flags *)target = (struct tap_flags){ .discover = false };
	return json_check_elements(value, place, JSON_CHECK_STRING, keep_option, target, error);
}

/* Milliseconds since 1970, before the year 10000. */
static bool keep_started(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	json_int_t number = json_integer_value(value);

	if (number < 0 || number > INT64_C(253402300799000))
		return json_check_fail(place, FAILURE_CONFIG, error,
				       "must be milliseconds since 1970");
	*(int64_t *)target = number;
	return true;
}

static bool keep_after(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	json_int_t number = json_integer_value(value);

	if (number < 0 || number > RECORDING_TIME_MAXIMUM)
		return json_check_fail(place, FAILURE_CONFIG, error,
				       "must be milliseconds, of at most 31 days");
	*(int64_t *)target = number;
	return true;
}

static bool keep_status(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	json_int_t number = json_integer_value(value);

	if (number < 0 || number > 255)
		return json_check_fail(place, FAILURE_CONFIG, error, "must be from 0 to 255");
	*(int64_t *)target = number;
	return true;
}

static bool keep_signal(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	json_int_t number = json_integer_value(value);

	if (number < 1 || number > 64)
		return json_check_fail(place, FAILURE_CONFIG, error,
				       "must be the number of a signal");
	*(int *)target = (int)number;
	return true;
}

static bool keep_stopped(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	size_t choice;

	if (!json_check_choice(value, place, stop_names, COUNT(stop_names), &choice, error))
		return false;
	*(enum tap_stop *)target = (enum tap_stop)choice;
	return true;
}

static bool keep_boolean(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	(void)place;
	(void)error;
	*(bool *)target = json_is_true(value);
	return true;
}

#define INTO(field) .offset = offsetof(struct recording, field)

static bool keep_exit(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	static const struct json_member members[] = {
		{ "after", JSON_CHECK_INTEGER, .check = keep_after, INTO(exit_after) },
		{ "status", JSON_CHECK_INTEGER, .check = keep_status, INTO(exit_status) },
		{ "signal", JSON_CHECK_INTEGER, .check = keep_signal, INTO(signal) },
		{ "stopped", JSON_CHECK_STRING, .check = keep_stopped, INTO(stopped) },
		{ "cut_off", JSON_CHECK_BOOLEAN, .check = keep_boolean, INTO(cut_off) },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	return json_check_object(value, place, &shape, target, error);
}

bool recording_parse(struct recording *recording, struct slice text, struct error *error)
{
	static const struct json_member members[] = {
		{ "format", JSON_CHECK_INTEGER, .required = true, .check = keep_format },
		{ "tap", JSON_CHECK_STRING, .check = keep_tap },
		{ "packages", JSON_CHECK_ARRAY, .check = keep_strings, INTO(packages) },
		{ "operation", JSON_CHECK_STRING, .check = keep_operation, INTO(of_discovery) },
		{ "argv", JSON_CHECK_ARRAY, .check = keep_strings, INTO(argv) },
		{ "options", JSON_CHECK_ARRAY, .check = keep_options, INTO(flags) },
		{ "started", JSON_CHECK_INTEGER, .check = keep_started, INTO(started) },
		{ "exit", JSON_CHECK_OBJECT, .check = keep_exit },
		{ "left_out", JSON_CHECK_OBJECT, .check = keep_json, INTO(left_out) },
		{ "anonymized", JSON_CHECK_BOOLEAN, .check = keep_boolean, INTO(anonymized) },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };
	const struct json_place root = json_place_root("");
	json_error_t problem;
	json_t *value = json_load_slice(text, JSON_REJECT_DUPLICATES, &problem);
	bool done;

	if (value == NULL && problem.text[0] == '\0')
		return error_set_no_memory(error);
	if (value == NULL)
		return error_set(error, FAILURE_CONFIG, "line %d, column %d: %s", problem.line,
				 problem.column, problem.text);
	done = json_check_types(value, &root, JSON_CHECK_OBJECT, FAILURE_CONFIG, error) &&
	       json_check_object(value, &root, &shape, recording, error);
	json_decref(value);
	return done;
}

/*
 * ---- recording.json, written ----
 */

static json_t *describe_options(const struct recording *recording)
{
	struct tap_flags flags = recording->flags;
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < COUNT(options); i++)
		if (*option_at(&flags, i) &&
		    json_array_append_new(list, json_string(options[i].name)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *describe_exit(const struct recording *recording)
{
	json_t *end = json_pack("{s:I, s:I}", "after", (json_int_t)recording->exit_after,
				"status", (json_int_t)recording->exit_status);
	bool done = end != NULL;

	if (done && recording->signal != 0)
		done = json_object_set_new(end, "signal", json_integer(recording->signal)) == 0;
	if (done && recording->stopped != TAP_RUNNING)
		done = json_object_set_new(end, "stopped",
					   json_string(stop_names[recording->stopped])) == 0;
	if (done && recording->cut_off)
		done = json_object_set_new(end, "cut_off", json_true()) == 0;
	if (done)
		return end;
	json_decref(end);
	return NULL;
}

bool recording_describe(const struct recording *recording, struct buffer *out)
{
	/* json_pack takes no NULL for "o"; "O*" leaves it out */
	json_t *value = json_pack("{s:i, s:s*, s:O*, s:s, s:O*, s:o, s:I, s:o, s:O*, s:b}",
				  "format", RECORDING_FORMAT, "tap", recording->tap,
				  "packages", recording->packages,
				  "operation", operations[recording->of_discovery],
				  "argv", recording->argv, "options", describe_options(recording),
				  "started", (json_int_t)recording->started,
				  "exit", describe_exit(recording),
				  "left_out", recording->left_out,
				  "anonymized", recording->anonymized);
	char *text = value != NULL ? json_dumps(value, JSON_INDENT(2)) : NULL;

	if (text != NULL) {
		buffer_append_string(out, text);
		buffer_append_char(out, '\n');
	}
	free(text);
	json_decref(value);
	return text != NULL && !out->failed;
}
