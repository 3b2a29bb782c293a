/*
 * What taps wrote and what must come out: the recordings (recording.h) in
 * tests/recorded/TAP/CASE that have no log and no times, each a test. Those that
 * `tapbyte record` has made are replayed by tests/e2e/test_recordings.py, as these are.
 *
 *	*.jsonl, *.gz       files of batches
 *	tap/state.json      expected: the state that the tap is handed; absent: none
 *	expected/read.jsonl expected: the messages, with the time 1700000000000
 *
 * The output is fed in chunks of many sizes, from 1 byte up. To accept what comes out
 * (after reading it): RECORDED_UPDATE=1 build/tests/test_recorded
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalog_choice.h"
#include "count.h"
#include "line_reader.h"
#include "recording.h"
#include "text_file.h"
#include "translator.h"

#define ROOT "tests/recorded"
#define NOW 1700000000000

struct recorded_case {
	char *path; /* of the folder */
	char *name; /* TAP/CASE */
};

static struct buffer load(const struct recorded_case *recorded, const char *file, bool required)
{
	struct error error = ERROR_NONE;
	struct buffer text;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", recorded->path, file);
	buffer_init(&text, BUFFER_MAXIMUM);
	if ((required || access(path, F_OK) == 0) &&
	    !text_file_read(path, "a recording", &text, &error))
		fail_msg("%s", error.message);
	return text;
}

static void save(const struct recorded_case *recorded, const char *name, struct slice text)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", recorded->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
	assert_int_equal(fclose(file), 0);
}

static void on_warning(void *owner, const char *text)
{
	airbyte_writer_log(owner, LOG_WARN, slice_of_string(text));
}

/* Everything that a read has but the tap and the loop. */
struct replay {
	const struct recorded_case *recorded;
	struct buffer out;
	struct secret_mask mask;
	struct airbyte_writer writer;
	struct singer_catalog catalog;
	struct catalog_map map;
	struct configured_catalog configured;
	struct stream_list streams;
	struct state_map state;
	struct translator translator;
	struct buffer tap_catalog;
	struct buffer tap_state;
	json_t *overlay;
};

static void choose_streams(struct replay *replay)
{
	struct buffer configured = load(replay->recorded, "catalog.json", true);
	struct buffer discovery = load(replay->recorded, "discovery.json", false);
	struct buffer overlay = load(replay->recorded, "overlay.json", false);
	const struct warnings warnings = { on_warning, &replay->writer };
	struct error error = ERROR_NONE;
	bool done;

	if (overlay.length > 0)
		replay->overlay = json_loadb(overlay.data, overlay.length, 0, NULL);
	done = configured_catalog_parse(&replay->configured, &configured, &error);
	if (done && discovery.length > 0)
		done = singer_catalog_parse(&replay->catalog, &discovery, &error) &&
		       catalog_map_make(&replay->map, &replay->catalog, replay->overlay, true,
					&warnings, &error) &&
		       catalog_choice_apply(&replay->map, &replay->catalog, &replay->configured,
					    &replay->streams, &replay->tap_catalog, &warnings,
					    &error);
	else if (done)
		done = catalog_choice_apply_blind(&replay->configured, replay->overlay,
						  &replay->streams, &error);
	if (!done)
		fail_msg("%s: %s", replay->recorded->name, error.message);
	buffer_release(&configured);
	buffer_release(&discovery);
	buffer_release(&overlay);
}

static void start(struct replay *replay, const struct recorded_case *recorded)
{
	const struct warnings warnings = { on_warning, &replay->writer };
	struct error error = ERROR_NONE;
	struct buffer state = load(recorded, "state.json", false);

	*replay = (struct replay){ .recorded = recorded };
	buffer_init(&replay->out, BUFFER_MAXIMUM);
	buffer_init(&replay->tap_catalog, BUFFER_MAXIMUM);
	buffer_init(&replay->tap_state, BUFFER_MAXIMUM);
	airbyte_writer_init(&replay->writer, &replay->out, &replay->mask);
	replay->writer.now = NOW;
	choose_streams(replay);
	if (!state_map_init(&replay->state, &replay->streams, &error) ||
	    !state_map_read(&replay->state, buffer_slice(&state), &replay->tap_state, &warnings,
			    &error) ||
	    !translator_init(&replay->translator, &replay->streams, &replay->state,
			     &replay->writer, &error) ||
	    !translator_start(&replay->translator, buffer_slice(&replay->tap_state), &error))
		fail_msg("%s: %s", recorded->name, error.message);
	replay->translator.batch_place =
		(struct batch_place){ .directory = recorded->path, .keep = true };
	buffer_release(&state);
}

static void finish(struct replay *replay)
{
	translator_release(&replay->translator);
	state_map_release(&replay->state);
	stream_list_release(&replay->streams);
	catalog_map_release(&replay->map);
	singer_catalog_release(&replay->catalog);
	configured_catalog_release(&replay->configured);
	airbyte_writer_release(&replay->writer);
	buffer_release(&replay->tap_catalog);
	buffer_release(&replay->tap_state);
	buffer_release(&replay->out);
	json_decref(replay->overlay);
}

static bool feed(struct replay *replay, struct slice text, size_t chunk, struct error *error)
{
	struct line_reader reader;
	struct slice line;
	bool done = true;

	line_reader_init(&reader, BUFFER_MAXIMUM);
	while (text.length > 0) {
		size_t room, count = text.length < chunk ? text.length : chunk;
		char *space = line_reader_space(&reader, &room);

		count = count < room ? count : room;
		memcpy(space, text.data, count);
		line_reader_fill(&reader, count);
		text = slice_of(text.data + count, text.length - count);
		while (done && line_reader_next(&reader, &line)) {
			done = translator_line(&replay->translator, line, true, error);
			while (done && translator_is_busy(&replay->translator))
				done = translator_work(&replay->translator, error);
		}
	}
	if (done && line_reader_rest(&reader, &line))
		done = translator_line(&replay->translator, line, false, error);
	line_reader_release(&reader);
	return done;
}

static int64_t exit_status(const struct recorded_case *recorded)
{
	struct error error = ERROR_NONE;
	struct recording recording;
	int64_t status;

	if (!recording_load(&recording, recorded->path, &error))
		fail_msg("%s", error.message);
	status = recording.exit_status;
	recording_release(&recording);
	return status;
}

/* The messages for the whole recording, the way that read makes them. */
static void translate(struct replay *replay, struct slice tap_output, size_t chunk)
{
	const struct stream *stream = NULL;
	struct error error = ERROR_NONE;
	int64_t status = exit_status(replay->recorded);
	bool whole = tap_output.data[tap_output.length - 1] == '\n';
	bool done = feed(replay, tap_output, chunk, &error);

	if (!whole && status != 0) /* how it ended says more than a line without its end */
		error = ERROR_NONE;
	if (status != 0)
		done = error_set(&error, FAILURE_SYSTEM,
				 "the tap could not read: it exited with status %d", (int)status);
	for (size_t i = 0; done && i < replay->streams.count; i++) {
		uint64_t records = replay->translator.progress.items[i].records;

		replay->state.entries[i].records = records > 0 ? records : 1;
	}
	if (done) {
		translator_complete(&replay->translator, &stream, &error);
	} else {
		stream = translator_current_stream(&replay->translator);
		translator_abandon(&replay->translator);
	}
	if (error.set)
		airbyte_writer_error(&replay->writer, &error, SLICE(""), stream);
}

/* Says where two texts part, by line. */
static void assert_same(const struct recorded_case *recorded, const char *file,
			struct slice expected, struct slice actual, size_t chunk)
{
	size_t same = 0, line = 1, start = 0;

	if (slice_equals(expected, actual))
		return;
	while (same < expected.length && same < actual.length &&
	       expected.data[same] == actual.data[same])
		if (expected.data[same++] == '\n') {
			line++;
			start = same;
		}
	fail_msg("%s/%s, line %zu, fed by %zu bytes:\nexpected %.*s\nbut it is %.*s",
		 recorded->path,
		 file, line, chunk, (int)(expected.length - start), expected.data + start,
		 (int)(actual.length - start), actual.data + start);
}

static void what_the_tap_wrote_becomes_these_messages(void **state)
{
	const struct recorded_case *recorded = *state;
	static const size_t chunks[] = { 1, 2, 3, 5, 7, 64, 1000, 4096, 65536, SIZE_MAX };
	struct buffer tap_output = load(recorded, "stdout", true);
	bool update = getenv("RECORDED_UPDATE") != NULL;
	struct replay replay;

	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct buffer expected, tap_state;

		start(&replay, recorded);
		translate(&replay, buffer_slice(&tap_output), chunks[i]);
		if (update && i == 0) {
			save(recorded, "expected/read.jsonl", buffer_slice(&replay.out));
			if (replay.tap_state.length > 0)
				save(recorded, "tap/state.json", buffer_slice(&replay.tap_state));
		}
		expected = load(recorded, "expected/read.jsonl", true);
		tap_state = load(recorded, "tap/state.json", false);
		assert_same(recorded, "expected/read.jsonl", buffer_slice(&expected),
			    buffer_slice(&replay.out), chunks[i]);
		assert_same(recorded, "tap/state.json", buffer_slice(&tap_state),
			    buffer_slice(&replay.tap_state), chunks[i]);
		buffer_release(&expected);
		buffer_release(&tap_state);
		finish(&replay);
	}
	buffer_release(&tap_output);
}

/*
 * ---- one test a folder ----
 */

struct case_list {
	struct CMUnitTest *tests;
	size_t count;
};

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_timed(const char *tap, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), ROOT "/%s/%s/times", tap, name);
	return access(path, F_OK) == 0;
}

static void add_case(struct case_list *list, const char *tap, const char *name)
{
	struct recorded_case *recorded = calloc(1, sizeof(*recorded));

	if (recorded == NULL || asprintf(&recorded->path, ROOT "/%s/%s", tap, name) < 0 ||
	    asprintf(&recorded->name, "%s/%s", tap, name) < 0)
		abort();
	list->tests = realloc(list->tests, (list->count + 1) * sizeof(*list->tests));
	if (list->tests == NULL)
		abort();
	list->tests[list->count++] = (struct CMUnitTest){
		.name = recorded->name,
		.test_func = what_the_tap_wrote_becomes_these_messages,
		.initial_state = recorded,
	};
}

static void add_tap(struct case_list *list, const char *tap)
{
	struct dirent **entries = NULL;
	char *path = NULL;
	int count;

	if (asprintf(&path, ROOT "/%s", tap) < 0)
		abort();
	count = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		if (!is_timed(tap, entries[i]->d_name))
			add_case(list, tap, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	free(path);
}

int main(void)
{
	struct case_list list = { .count = 0 };
	struct dirent **taps = NULL;
	int count = scandir(ROOT, &taps, is_visible, alphasort), failed;

	for (int i = 0; i < count; i++) {
		add_tap(&list, taps[i]->d_name);
		free(taps[i]);
	}
	free(taps);
	if (list.count == 0) {
		fprintf(stderr, "no recordings in %s; run from the top of the project\n", ROOT);
		return 1;
	}
	failed = _cmocka_run_group_tests(ROOT, list.tests, list.count, NULL, NULL);
	for (size_t i = 0; i < list.count; i++) {
		struct recorded_case *recorded = list.tests[i].initial_state;

		free(recorded->path);
		free(recorded->name);
		free(recorded);
	}
	free(list.tests);
	return failed;
}
