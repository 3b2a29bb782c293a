#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "recording_test.h"
#include "text_file.h"
#include "work_dir.h"

/*
 * Stands in for tapbyte: `replay FOLDER OPERATION` prints FOLDER/output.OPERATION, and then does
 * what FOLDER/then says.
 */
static const char replay_script[] =
	"#!/bin/sh\n"
	"test \"$1\" = replay || exit 9\n"
	"cat \"$2/output.$3\"\n"
	"if test -f \"$2/then\"; then . \"$2/then\"; fi\n";

#define LINE(value) \
	"{\"type\":\"RECORD\",\"record\":{\"stream\":\"u\",\"data\":{\"x\":" value "}}}\n"
#define FAILED_LINE "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\"}}\n"

#define ERROR_IN_A_RECORD \
	"{\"type\":\"RECORD\",\"record\":{\"stream\":\"u\",\"data\":{\"type\":\"ERROR\"}}}\n"

struct place {
	struct work_dir dir;
	struct child_runner runner;
	struct test_report report;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct error error = ERROR_NONE;
	char *script;

	assert_non_null(place);
	assert_true(work_dir_create(&place->dir, &error));
	script = work_dir_write(&place->dir, "replay", slice_of_string(replay_script), &error);
	assert_non_null(script);
	assert_int_equal(chmod(script, 0700), 0);
	assert_true(child_runner_open(&place->runner, script, &error));
	free(script);
	test_report_init(&place->report, REPORT_HUMAN, false);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	test_report_release(&place->report);
	assert_int_equal(child_runner_close(&place->runner, 0), 0);
	work_dir_remove(&place->dir);
	free(place);
	return 0;
}

static void make_folder(const struct place *place, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", place->dir.path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void write_file(const struct place *place, const char *name, const char *text)
{
	struct error error = ERROR_NONE;
	char *path = work_dir_write(&place->dir, name, slice_of_string(text), &error);

	assert_non_null(path);
	free(path);
}

/* A recording at all/NAME of which a read is expected. */
static void make_recording(const struct place *place, const char *name, const char *expected,
			   const char *output, const char *then)
{
	char path[256];

	snprintf(path, sizeof(path), "all/%s", name);
	make_folder(place, path);
	snprintf(path, sizeof(path), "all/%s/expected", name);
	make_folder(place, path);
	snprintf(path, sizeof(path), "all/%s/expected/read.jsonl", name);
	write_file(place, path, expected);
	snprintf(path, sizeof(path), "all/%s/output.read", name);
	write_file(place, path, output);
	snprintf(path, sizeof(path), "all/%s/then", name);
	if (then != NULL)
		write_file(place, path, then);
}

/* What the report says, without the path of the work dir. */
static char *run(struct place *place, bool update, size_t found)
{
	struct recording_tests tests = { .runner = &place->runner, .report = &place->report,
					 .update = update };
	struct error error = ERROR_NONE;
	struct buffer text;
	char *path = NULL, *out;

	assert_true(asprintf(&path, "%s/all/", place->dir.path) > 0);
	buffer_clear(&place->report.out);
	if (!recording_tests_run(&tests, path, &error))
		fail_msg("%s", error.message);
	assert_int_equal(tests.found, found);
	buffer_init(&text, BUFFER_MAXIMUM);
	for (size_t i = 0, length = strlen(path); i < place->report.out.length; i++) {
		const char *at = place->report.out.data + i;

		if (place->report.out.length - i >= length && memcmp(at, path, length) == 0)
			i += length - 1;
		else
			buffer_append_char(&text, *at);
	}
	out = buffer_to_string(&text);
	buffer_release(&text);
	free(path);
	assert_non_null(out);
	return out;
}

static void a_replay_is_compared_with_what_is_expected(void **state)
{
	static const struct {
		const char *expected, *output, *then, *told;
	} cases[] = {
		{ LINE("1"), LINE("1"), NULL, "  passed  read\n" },
		{ "", "", NULL,
		  "  FAILED  read\n"
		  "          The replay printed nothing.\n" },
		{ ERROR_IN_A_RECORD, ERROR_IN_A_RECORD, "exit 1",
		  "  FAILED  read\n"
		  "          The replay failed with exit code 1.\n" },
		{ LINE("1"), LINE("2"), NULL,
		  "  FAILED  read\n"
		  "          u: field /x differs\n"
		  "              line 1: was 1, is 2\n" },
		{ LINE("1") LINE("2"), LINE("1"), NULL,
		  "  FAILED  read\n"
		  "          u: 1 record missing\n"
		  "              line 2: {\"x\":2}\n" },
		{ FAILED_LINE, FAILED_LINE, "exit 1", "  passed  read\n" },
		{ LINE("1"), LINE("1"), "echo what went wrong >&2; exit 1",
		  "  FAILED  read\n"
		  "          The replay failed with exit code 1.\n"
		  "          what went wrong\n" },
		{ LINE("1"), LINE("1"), "kill -9 $$",
		  "  FAILED  read\n"
		  "          The replay was killed by signal 9 (Killed).\n" },
		{ LINE("1"), LINE("1"), "printf half",
		  "  FAILED  read\n"
		  "          The replay ended in the middle of a line.\n" },
	};
	struct place *place = *state;
	struct buffer expected;
	char *told, *wanted;

	make_folder(place, "all");
	buffer_init(&expected, BUFFER_MAXIMUM);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[16];

		snprintf(name, sizeof(name), "case%zu", i);
		make_recording(place, name, cases[i].expected, cases[i].output, cases[i].then);
		buffer_append_string(&expected, name);
		buffer_append_char(&expected, '\n');
		buffer_append_string(&expected, cases[i].told);
	}
	told = run(place, false, COUNT(cases));
	wanted = buffer_to_string(&expected);
	assert_string_equal(told, wanted);
	free(told);
	free(wanted);
	buffer_release(&expected);
}

static void read_whole(const struct place *place, const char *name, const char *expected)
{
	char path[4096], *text;
	struct error error = ERROR_NONE;
	struct buffer content;

	snprintf(path, sizeof(path), "%s/%s", place->dir.path, name);
	buffer_init(&content, BUFFER_MAXIMUM);
	assert_true(text_file_read(path, "the file", &content, &error));
	text = buffer_to_string(&content);
	assert_string_equal(text, expected);
	free(text);
	buffer_release(&content);
}

static void an_update_accepts_differences_but_no_breakdown(void **state)
{
	struct place *place = *state;
	char *told, path[4096];

	make_folder(place, "all");
	make_recording(place, "broken", LINE("1"), LINE("2"), "exit 3");
	make_recording(place, "changed", LINE("1"), LINE("2"), NULL);
	told = run(place, true, 2);
	assert_string_equal(told,
			    "broken\n"
			    "  FAILED  read\n"
			    "          The replay failed with exit code 3.\n"
			    "changed\n"
			    "  passed  read\n"
			    "          Accepted; what has changed:\n"
			    "          u: field /x differs\n"
			    "              line 1: was 1, is 2\n");
	free(told);
	read_whole(place, "all/broken/expected/read.jsonl", LINE("1"));
	read_whole(place, "all/changed/expected/read.jsonl", LINE("2"));
	snprintf(path, sizeof(path), "%s/all/broken/expected/read.jsonl.new", place->dir.path);
	assert_int_equal(access(path, F_OK), -1);
	told = run(place, false, 2);
	assert_non_null(strstr(told, "changed\n  passed  read\n"));
	free(told);
}

static void a_recording_without_expectations_fails(void **state)
{
	struct place *place = *state;
	char *told;

	make_folder(place, "all");
	make_folder(place, "all/deep");
	make_folder(place, "all/deep/down");
	write_file(place, "all/deep/down/recording.json", "{}");
	told = run(place, false, 1);
	assert_non_null(strstr(told, "deep/down\n  FAILED  expected\n"));
	free(told);
}

static void a_folder_without_recordings_has_none(void **state)
{
	struct place *place = *state;
	char *told;

	make_folder(place, "all");
	told = run(place, false, 0);
	assert_string_equal(told, "");
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_replay_is_compared_with_what_is_expected, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_update_accepts_differences_but_no_breakdown,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_recording_without_expectations_fails, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_without_recordings_has_none, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
