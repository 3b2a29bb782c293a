#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count.h"
#include "recording.h"

static struct slice text_of(const struct buffer *buffer)
{
	return buffer_slice(buffer);
}

static void a_description_is_checked_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *message; /* NULL: it is fine */
	} cases[] = {
		{ "{\"format\": 1}", NULL },
		{ "{\"format\": 1, \"tap\": \"x\", \"operation\": \"discover\", \"argv\": [\"x\"], "
		  "\"packages\": [], \"options\": [\"--properties\"], \"started\": 0, "
		  "\"exit\": {\"after\": 5, \"status\": 255, \"signal\": 9, "
		  "\"stopped\": \"silent\", \"cut_off\": true}, \"left_out\": {}, "
		  "\"anonymized\": true}", NULL },
		{ "", "line 1, column 0: '[' or '{' expected near end of file" },
		{ "{\"format\": 1} x", "line 1, column 15: end of file expected near 'x'" },
		{ "[]", "is an array, must be an object" },
		{ "{}", "/format: missing, must be an integer" },
		{ "{\"format\": 1, \"format\": 1}",
		  "line 1, column 22: duplicate object key near '\"format\"'" },
		{ "{\"format\": 2}", "/format: this tapbyte reads recordings of format 1 only" },
		{ "{\"format\": 1, \"tap\": null}", "/tap: is null, must be a string" },
		{ "{\"format\": 1, \"argv\": [1]}", "/argv/0: is an integer, must be a string" },
		{ "{\"format\": 1, \"operation\": \"check\"}",
		  "/operation: is \"check\", must be one of \"read\", \"discover\"" },
		{ "{\"format\": 1, \"options\": [\"--help\"]}",
		  "/options/0: is \"--help\", must be one of \"--discover\", \"--catalog\", "
		  "\"--properties\", \"--state\"" },
		{ "{\"format\": 1, \"started\": -1}",
		  "/started: must be milliseconds since 1970" },
		{ "{\"format\": 1, \"started\": 9223372036854775807}",
		  "/started: must be milliseconds since 1970" },
		{ "{\"format\": 1, \"exit\": {\"after\": 2678400001}}",
		  "/exit/after: must be milliseconds, of at most 31 days" },
		{ "{\"format\": 1, \"exit\": {\"status\": -1}}",
		  "/exit/status: must be from 0 to 255" },
		{ "{\"format\": 1, \"exit\": {\"signal\": 0}}",
		  "/exit/signal: must be the number of a signal" },
		{ "{\"format\": 1, \"exit\": {\"stopped\": \"yes\"}}",
		  "/exit/stopped: is \"yes\", must be one of \"no\", \"deadline\", \"silent\", "
		  "\"asked\", \"broken\", \"left\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct recording recording;
		bool fine;

		recording_init(&recording);
		fine = recording_parse(&recording, slice_of_string(cases[i].text), &error);
		assert_int_equal(fine, cases[i].message == NULL);
		assert_string_equal(error.message, cases[i].message ? cases[i].message : "");
		recording_release(&recording);
	}
}

static void times_are_checked_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", NULL },
		{ "0 out 1\n", NULL },
		{ "0 out 1\n0 err 2147483647\n7 cut 1", NULL },
		{ "\n", "line 1: must be" },
		{ "0 out 0\n", "line 1: must be" },
		{ "0 out\n", "line 1: must be" },
		{ "0 out 1 \n", NULL },
		{ "0 out 1  \n", "line 1: must be" },
		{ "0  out 1\n", "line 1: must be" },
		{ "-1 out 1\n", "line 1: must be" },
		{ "0 in 1\n", "line 1: must be" },
		{ "0 out 1\n1 out 1x\n", "line 2: must be" },
		{ "0 out 2147483648\n", "line 1: must be" },
		{ "2678400001 out 1\n", "line 1: must be" },
		{ "5 out 1\n4 out 1\n", "line 2: the time goes back" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct recording recording;
		bool fine;

		recording_init(&recording);
		fine = recording_parse_times(&recording, slice_of_string(cases[i].text), &error);
		assert_int_equal(fine, cases[i].message == NULL);
		if (cases[i].message != NULL)
			assert_non_null(strstr(error.message, cases[i].message));
		recording_release(&recording);
	}
}

static void add(struct recording *recording, int64_t time, enum recording_source source,
		const char *line, bool complete)
{
	assert_true(recording_add_line(recording, time, source, slice_of_string(line), complete));
}

static void fill(struct recording *recording)
{
	recording_init(recording);
	recording->tap = strdup("x");
	recording->argv = json_pack("[s, s]", "tap-x", "--config");
	recording->started = 1712345678901;
	recording->exit_status = 3;
	recording->exit_after = 99;
	add(recording, 0, RECORDING_LOG, "INFO one", true);
	add(recording, 5, RECORDING_OUT, "{\"a\"}", true);
	add(recording, 5, RECORDING_OUT, "", true);
	add(recording, 3, RECORDING_LOG_CUT, "long", true); /* the clock went back */
	add(recording, 7, RECORDING_OUT, "no end", false);
}

static void lines_come_back_in_their_order_with_their_times(void **state)
{
	static const struct {
		int64_t time;
		enum recording_source source;
		const char *text;
		bool complete;
	} expected[] = {
		{ 0, RECORDING_LOG, "INFO one", true },   { 5, RECORDING_OUT, "{\"a\"}", true },
		{ 5, RECORDING_OUT, "", true },           { 5, RECORDING_LOG_CUT, "long", true },
		{ 7, RECORDING_OUT, "no end", false },
	};
	struct recording_cursor cursor;
	struct recording_line line;
	struct recording recording;

	(void)state;
	fill(&recording);
	cursor = recording_begin(&recording);
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_true(recording_next(&cursor, &line));
		assert_int_equal(line.time, expected[i].time);
		assert_int_equal(line.source, expected[i].source);
		assert_int_equal(line.complete, expected[i].complete);
		assert_true(slice_equals(line.text, slice_of_string(expected[i].text)));
	}
	assert_false(recording_next(&cursor, &line));
	recording_release(&recording);
}

static void times_are_written_in_runs(void **state)
{
	struct recording recording;
	struct buffer times;

	(void)state;
	fill(&recording);
	buffer_init(&times, 1000);
	recording_describe_times(&recording, &times);
	assert_true(slice_equals(text_of(&times),
				 SLICE("0 err 1\n5 out 2\n5 cut 1\n7 out 1\n")));
	buffer_release(&times);
	recording_release(&recording);
}

/* A folder of our own, with a recording in it after recording_save. */
static char *make_folder(void)
{
	char *folder = strdup("/tmp/test-recording-XXXXXX");

	assert_non_null(mkdtemp(folder));
	return folder;
}

static void remove_folder(char *folder)
{
	static const char *const names[] = { "recording.json", "stdout", "stderr", "times",
					     "thesis", "tap", "expected", "state.json" };

	for (size_t i = 0; i < COUNT(names); i++) {
		char *path = recording_path(folder, names[i]);

		(void)remove(path);
		free(path);
	}
	assert_int_equal(rmdir(folder), 0);
	free(folder);
}

static void what_is_saved_is_loaded_again(void **state)
{
	struct error error = ERROR_NONE;
	struct recording recording, again;
	char *folder = make_folder();

	(void)state;
	fill(&recording);
	recording.has_part[RECORDING_STATE] = true;
	buffer_append_string(&recording.parts[RECORDING_STATE], "[]");
	assert_true(recording_save(&recording, folder, &error));
	assert_true(recording_load(&again, folder, &error));
	assert_string_equal(again.tap, "x");
	assert_int_equal(again.started, 1712345678901);
	assert_int_equal(again.exit_status, 3);
	assert_int_equal(again.exit_after, 99);
	assert_int_equal(again.stopped, TAP_RUNNING);
	assert_true(again.flags.discover && again.flags.catalog && again.flags.state);
	assert_false(again.flags.properties);
	assert_true(again.has_part[RECORDING_STATE]);
	assert_false(again.has_part[RECORDING_DISCOVERY]);
	assert_int_equal(again.run_count, 4);
	assert_true(slice_equals(text_of(&again.parts[RECORDING_STDOUT]),
				 SLICE("{\"a\"}\n\nno end")));
	assert_true(slice_equals(text_of(&again.parts[RECORDING_STDERR]),
				 SLICE("INFO one\nlong\n")));
	recording_release(&recording);
	recording_release(&again);
	remove_folder(folder);
}

/* In a container a process often has the id of the one before. */
static void what_a_killed_process_left_is_not_in_the_way(void **state)
{
	static const char *const ends[] = { "", ".old" };
	struct error error = ERROR_NONE;
	struct recording recording;
	char *folder = make_folder(), path[200];

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		snprintf(path, sizeof(path), "%s.%d.new%s", folder, (int)getpid(), ends[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_true(recording_write_file(path, "stdout", SLICE("a"), &error));
	}
	fill(&recording);
	assert_true(recording_save(&recording, folder, &error));
	assert_int_equal(access(path, F_OK), -1);
	recording_release(&recording);
	remove_folder(folder);
}

static void stdout_alone_has_sensible_defaults(void **state)
{
	struct error error = ERROR_NONE;
	struct recording recording;
	char *folder = make_folder();

	(void)state;
	assert_false(recording_load(&recording, folder, &error));
	assert_non_null(strstr(error.message, "it has no file stdout"));
	recording_release(&recording);
	error = ERROR_NONE;
	assert_true(recording_write_file(folder, "stdout", SLICE("a\nb"), &error));
	assert_true(recording_write_file(folder, "stderr", SLICE("c\n"), &error));
	assert_true(recording_load(&recording, folder, &error));
	assert_null(recording.tap);
	assert_int_equal(recording.started, RECORDING_STARTED);
	assert_false(recording.flags.catalog);
	assert_int_equal(recording.run_count, 2);
	assert_int_equal(recording.runs[0].source, RECORDING_OUT);
	assert_int_equal(recording.runs[0].count, 2);
	recording_release(&recording);
	remove_folder(folder);
}

static void only_an_empty_folder_or_a_recording_is_replaced(void **state)
{
	struct error error = ERROR_NONE;
	struct recording recording;
	char *folder = make_folder();

	(void)state;
	recording_init(&recording);
	assert_true(recording_may_replace("/tmp/there is no such folder", &error));
	assert_true(recording_may_replace("/tmp/there is no such/folder", &error));
	assert_false(recording_may_replace("/dev/null/such/folder", &error));
	assert_non_null(strstr(error.message, "cannot put a recording into /dev/null/such/folder"));
	error = ERROR_NONE;
	assert_true(recording_may_replace(folder, &error));
	assert_true(recording_write_file(folder, "thesis", SLICE("x"), &error));
	assert_false(recording_may_replace(folder, &error));
	assert_int_equal(error.type, FAILURE_CONFIG);
	assert_non_null(strstr(error.message, "it has a file thesis"));
	error = ERROR_NONE;
	assert_true(recording_write_file(folder, "recording.json", SLICE("{}"), &error));
	assert_false(recording_save(&recording, folder, &error));
	error = ERROR_NONE;
	assert_int_equal(truncate(folder, 0), -1); /* it is still there */
	recording_release(&recording);
	remove_folder(folder);
}

/* A recording from elsewhere must neither be written nor read through a link, nor block. */
static void only_plain_files_and_folders_make_a_recording(void **state)
{
	static const struct {
		const char *name;
		bool pipe;
	} cases[] = {
		{ "tap", false },   { "expected", false },        { "stderr", true },
		{ "times", false }, { "recording.json.new", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct recording recording;
		char *folder = make_folder(), *path = recording_path(folder, cases[i].name);

		assert_true(recording_write_file(folder, "stdout", SLICE("a\n"), &error));
		assert_true(recording_check_plain(folder, &error));
		assert_int_equal(cases[i].pipe ? mkfifo(path, 0600) : symlink(".", path), 0);
		assert_false(recording_load(&recording, folder, &error));
		assert_int_equal(error.type, FAILURE_CONFIG);
		assert_non_null(strstr(error.message, cases[i].name));
		assert_non_null(strstr(error.message, "is no plain f"));
		recording_release(&recording);
		assert_int_equal(unlink(path), 0);
		free(path);
		remove_folder(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_checked_strictly),
		cmocka_unit_test(times_are_checked_strictly),
		cmocka_unit_test(lines_come_back_in_their_order_with_their_times),
		cmocka_unit_test(times_are_written_in_runs),
		cmocka_unit_test(what_is_saved_is_loaded_again),
		cmocka_unit_test(what_a_killed_process_left_is_not_in_the_way),
		cmocka_unit_test(stdout_alone_has_sensible_defaults),
		cmocka_unit_test(only_an_empty_folder_or_a_recording_is_replaced),
		cmocka_unit_test(only_plain_files_and_folders_make_a_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
