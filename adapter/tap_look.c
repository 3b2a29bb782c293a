#include "tap_look.h"

#include <stdlib.h>
#include <string.h>

#include "json_load.h"
#include "package_report.h"
#include "singer_message.h"
#include "tap_run.h"

/* Seconds for something that is printed at once; Python may load for a while. */
#define PRINT_DEADLINE 120

/*
 * ---- what it prints of itself ----
 */

/* The object in a text that may begin with others' words; NULL: none. */
static json_t *object_in(const struct buffer *text)
{
	struct slice rest = buffer_slice(text);
	const char *brace = rest.length > 0 ? memchr(rest.data, '{', rest.length) : NULL;
	json_error_t problem;
	json_t *value;

	if (brace == NULL)
		return NULL;
	rest = slice_after(rest, (size_t)(brace - rest.data));
	value = json_load_slice(rest, JSON_DISABLE_EOF_CHECK, &problem);
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

static json_t *ask_for_object(struct session *session, const char *program,
			      const char *const *arguments)
{
	const struct tap_question question = {
		.program = program, .arguments = arguments, .what = "print what it is",
		.deadline = PRINT_DEADLINE,
	};
	struct tap_answer answer;
	json_t *object = NULL;

	if (tap_ask(session, &question, &answer) && answer.succeeded)
		object = object_in(&answer.output);
	tap_answer_release(&answer);
	return object;
}

json_t *tap_look_packages(struct session *session)
{
	const char *const arguments[] = { "-I", "-c", PACKAGE_REPORT_SCRIPT, NULL };
	char *python = tap_venv_file(&session->tap, "bin/python");
	json_t *report = NULL;

	if (python == NULL)
		error_set_no_memory(&session->error);
	else
		report = ask_for_object(session, python, arguments);
	free(python);
	return report;
}

bool tap_look_help(struct session *session, struct tap_answer *answer)
{
	const char *const arguments[] = { "--help", NULL };
	const struct tap_question question = {
		.arguments = arguments, .what = "print its --help", .deadline = PRINT_DEADLINE,
	};

	return tap_ask(session, &question, answer);
}

json_t *tap_look_about(struct session *session)
{
	const char *const arguments[] = { "--about", "--format=json", NULL };

	json_t *about = ask_for_object(session, NULL, arguments);

	session->error = ERROR_NONE; /* the tap is asked otherwise then */
	return about;
}

/*
 * ---- a sync ----
 */

struct sync {
	struct tap_run run;
	struct singer_message message;
	struct tap_sample *sample;
	bool has_state; /* since enough records, too: the last one tells most */
};

static bool says_something(const json_t *state)
{
	json_t *bookmarks = json_object_get(state, "bookmarks");

	return json_object_size(state) > (bookmarks != NULL) || json_object_size(bookmarks) > 0;
}

static void take_state(struct sync *sync, struct slice value)
{
	json_error_t problem;
	json_t *state = json_load_slice(value, 0, &problem);

	if (!json_is_object(state) || !says_something(state)) {
		json_decref(state);
		return;
	}
	json_decref(sync->sample->state);
	sync->sample->state = state;
}

static void on_sync_line(void *owner, struct slice line, bool complete)
{
	struct sync *sync = owner;
	struct singer_problem problem;

	(void)complete;
	if (singer_message_parse(&sync->message, line, &problem) != SINGER_LINE_MESSAGE)
		return;
	if (sync->message.type == SINGER_RECORD)
		sync->sample->records++;
	else if (sync->message.type == SINGER_STATE)
		take_state(sync, sync->message.value);
	if (sync->sample->records >= TAP_LOOK_RECORDS &&
	    (sync->sample->state != NULL || sync->sample->records >= 10 * TAP_LOOK_RECORDS))
		tap_process_stop(&sync->run.process, TAP_STOP_ASKED);
}

static void select_all(const struct catalog_map *map, struct singer_selection *selections)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct mapped_stream *stream = &map->streams[i];
		bool has_cursor = stream->cursor_field != NULL && stream->source_defined_cursor;

		selections[i] = (struct singer_selection){
			.selected = true,
			.replication_method = has_cursor ? "INCREMENTAL" : "FULL_TABLE",
			.replication_key = has_cursor ? stream->cursor_field : NULL,
		};
	}
}

/* The tap's catalog with all streams selected, as a file; NULL on an error. */
static char *write_catalog(struct session *session, const struct singer_catalog *catalog,
			   const struct catalog_map *map)
{
	struct singer_selection *selections = calloc(map->count + 1, sizeof(*selections));
	struct buffer text;
	char *path = NULL;

	if (selections == NULL) {
		error_set_no_memory(&session->error);
		return NULL;
	}
	buffer_init(&text, BUFFER_MAXIMUM);
	select_all(map, selections);
	singer_catalog_select(catalog, selections, &text);
	if (text.failed)
		error_set_no_memory(&session->error);
	else
		path = work_dir_write(&session->tap.work_dir, "catalog.json", buffer_slice(&text),
				      &session->error);
	buffer_release(&text);
	free(selections);
	return path;
}

bool tap_look_sync(struct session *session, const struct tap_flags *flags,
		   const struct singer_catalog *catalog, const struct catalog_map *map,
		   struct tap_sample *sample)
{
	const char *arguments[8] = { "--config", session->tap.config_path };
	struct sync sync = { .sample = sample };
	const struct tap_task task = {
		.arguments = arguments, .what = "write records", .deadline = TAP_LOOK_DEADLINE,
		.quiet_logs = true, .line = on_sync_line, .owner = &sync,
	};
	char *path = write_catalog(session, catalog, map);
	bool started;

	if (path == NULL)
		return false;
	singer_message_init(&sync.message);
	arguments[2 + tap_flags_add_catalog(flags, path, arguments + 2)] = NULL;
	started = tap_run_start(&sync.run, session, &task, &session->error);
	if (started) {
		tap_run_wait(&sync.run);
		sample->ended = tap_run_succeeded(&sync.run, &sample->error);
		if (sync.run.process.stopped == TAP_STOP_ASKED)
			sample->error = ERROR_NONE;
		buffer_clear(&session->stack_trace);
		tap_run_release(&sync.run);
	}
	singer_message_release(&sync.message);
	free(path);
	return started;
}

/*
 * ---- a state's shape ----
 */

#define SHAPE_MEMBERS 3
#define SHAPE_DEPTH 8

static json_t *shape_of(const json_t *value, unsigned depth)
{
	json_t *shape, *child;
	const char *key;

	if (depth == SHAPE_DEPTH && (json_is_object(value) || json_is_array(value)))
		return json_string("...");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		shape = json_object();
		json_object_foreach((json_t *)value, key, child)
			if (json_object_size(shape) < SHAPE_MEMBERS &&
			    json_object_set_new(shape, key, shape_of(child, depth + 1)) != 0)
				goto failed;
		if (json_object_size(value) > SHAPE_MEMBERS &&
		    json_object_set_new(shape, "...", json_string("...")) != 0)
			goto failed;
		return shape;
	case JSON_ARRAY:
		shape = json_array();
		if (json_array_size(value) > 0 &&
		    json_array_append_new(shape, shape_of(json_array_get(value, 0),
							  depth + 1)) != 0)
			goto failed;
		return shape;
	case JSON_STRING:
		return json_string("...");
	case JSON_INTEGER:
	case JSON_REAL:
		return json_integer(0);
	default:
		return json_incref((json_t *)value);
	}
failed:
	json_decref(shape);
	return NULL;
}

json_t *tap_look_shape(const json_t *state)
{
	return shape_of(state, 0);
}
