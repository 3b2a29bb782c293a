/*
 * Each tests/logs/CASE.stderr is what a tap wrote; CASE.expected is what has to come of
 * it: a line "LEVEL<TAB>message" for each message (\n and \\ stand for a line end and a
 * backslash), then "FAILURE type", "MESSAGE text" and "STACK_TRACE text".
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "count.h"
#include "tap_log.h"

static void append_escaped(struct buffer *out, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '\n')
			buffer_append_string(out, "\\n");
		else if (text.data[i] == '\\')
			buffer_append_string(out, "\\\\");
		else
			buffer_append_char(out, text.data[i]);
	}
	buffer_append_char(out, '\n');
}

static void write_down(void *owner, enum log_level level, struct slice message)
{
	struct buffer *out = owner;

	buffer_append_string(out, log_level_name(level));
	buffer_append_char(out, '\t');
	append_escaped(out, message);
}

static void read_file(struct buffer *out, const char *path)
{
	char chunk[4096];
	size_t got;
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_append(out, slice_of(chunk, got));
	assert_int_equal(fclose(file), 0);
}

static void feed(struct tap_log *log, struct slice text)
{
	struct slice line;

	while (slice_take_line(&text, &line))
		tap_log_line(log, line);
}

static void feed_string(struct tap_log *log, const char *text)
{
	feed(log, slice_of_string(text));
}

static void describe_failure(struct buffer *out, struct tap_log *log)
{
	struct tap_failure failure;

	tap_log_failure(log, &failure);
	buffer_append_string(out, "FAILURE ");
	append_escaped(out, slice_of_string(failure_type_name(failure.type)));
	buffer_append_string(out, "MESSAGE ");
	append_escaped(out, failure.message);
	buffer_append_string(out, "STACK_TRACE ");
	append_escaped(out, failure.stack_trace);
}

static void a_recorded_log_becomes_the_messages_written_beside_it(void **state)
{
	const char *path = *state;
	char expected_path[512];
	struct buffer text, expected, got;
	struct tap_log log;
	char *expected_string, *got_string;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&got, BUFFER_MAXIMUM);
	tap_log_init(&log, write_down, &got);

	read_file(&text, path);
	snprintf(expected_path, sizeof(expected_path), "%.*s.expected",
		 (int)(strlen(path) - strlen(".stderr")), path);
	read_file(&expected, expected_path);
	feed(&log, buffer_slice(&text));
	tap_log_flush(&log);
	describe_failure(&got, &log);

	got_string = buffer_to_string(&got);
	expected_string = buffer_to_string(&expected);
	assert_string_equal(got_string, expected_string);
	free(got_string);
	free(expected_string);
	tap_log_release(&log);
	buffer_release(&text);
	buffer_release(&expected);
	buffer_release(&got);
}

/* A log, and all its messages, as write_down writes them. */
struct fixture {
	struct tap_log log;
	struct buffer messages;
};

static void fixture_init(struct fixture *fixture)
{
	buffer_init(&fixture->messages, BUFFER_MAXIMUM);
	tap_log_init(&fixture->log, write_down, &fixture->messages);
}

static void fixture_release(struct fixture *fixture)
{
	tap_log_release(&fixture->log);
	buffer_release(&fixture->messages);
}

static void assert_messages(struct fixture *fixture, const char *expected)
{
	char *got = buffer_to_string(&fixture->messages);

	assert_string_equal(got, expected);
	free(got);
}

static void a_line_after_a_pause_is_a_message_of_the_same_level(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	feed_string(&fixture.log, "WARNING slow query\n");
	tap_log_flush(&fixture.log);
	feed_string(&fixture.log, "SELECT 1\n  FROM t\n");
	tap_log_flush(&fixture.log);
	assert_messages(&fixture, "WARN\tslow query\nWARN\tSELECT 1\\n  FROM t\n");
	fixture_release(&fixture);
}

static void a_pause_inside_a_traceback_does_not_cut_it(void **state)
{
	static const char *const lines[] = {
		"Traceback (most recent call last):", "  File \"a.py\", line 1, in <module>",
		"    f()", "ValueError: one", "two",
	};
	struct fixture fixture;
	struct tap_failure failure;

	(void)state;
	fixture_init(&fixture);
	for (size_t i = 0; i < COUNT(lines); i++) {
		feed_string(&fixture.log, lines[i]);
		tap_log_flush(&fixture.log);
	}
	tap_log_failure(&fixture.log, &failure);
	assert_true(slice_equals(failure.message, SLICE("one\ntwo")));
	assert_true(slice_starts_with(failure.stack_trace, SLICE("Traceback (most")));
	fixture_release(&fixture);
}

struct sizes {
	size_t count;
	size_t bytes;
	size_t longest;
};

static void measure(void *owner, enum log_level level, struct slice message)
{
	struct sizes *sizes = owner;

	assert_int_equal(level, LOG_ERROR);
	sizes->count++;
	sizes->bytes += message.length;
	if (message.length > sizes->longest)
		sizes->longest = message.length;
}

static void a_long_line_comes_out_in_pieces_that_cut_no_character(void **state)
{
	struct sizes sizes = { 0 };
	struct tap_log log;
	struct buffer line;

	(void)state;
	buffer_init(&line, BUFFER_MAXIMUM);
	buffer_append_string(&line, "ERROR ");
	for (size_t i = 0; i < TAP_LOG_MESSAGE_MAX; i++)
		buffer_append_string(&line, "\xe2\x82\xac");
	tap_log_init(&log, measure, &sizes);
	tap_log_line(&log, buffer_slice(&line));
	tap_log_flush(&log);
	assert_int_equal(sizes.bytes, 3 * TAP_LOG_MESSAGE_MAX);
	/* 65,536 is no multiple of 3: each piece is a byte short, and the rest is a fourth. */
	assert_int_equal(sizes.longest, TAP_LOG_MESSAGE_MAX - 1);
	assert_int_equal(sizes.count, 4);
	tap_log_release(&log);
	buffer_release(&line);
}

static void a_message_of_many_lines_goes_on_as_a_new_one_at_the_limit(void **state)
{
	struct sizes sizes = { 0 };
	struct tap_log log;

	(void)state;
	tap_log_init(&log, measure, &sizes);
	feed_string(&log, "ERROR dump\n");
	for (size_t i = 0; i < 10000; i++)
		feed_string(&log, "  0123456789012345678\n");
	tap_log_flush(&log);
	/* 10,000 lines of 21 bytes and their \n are 220,000 bytes: four messages. */
	assert_int_equal(sizes.count, 4);
	assert_true(sizes.longest <= TAP_LOG_MESSAGE_MAX);
	assert_true(sizes.longest > TAP_LOG_MESSAGE_MAX - 22);
	tap_log_release(&log);
}

static void ignore(void *owner, enum log_level level, struct slice message)
{
	(void)owner;
	(void)level;
	(void)message;
}

static void of_a_traceback_without_end_the_end_is_kept(void **state)
{
	struct tap_log log;
	struct tap_failure failure;

	(void)state;
	tap_log_init(&log, ignore, NULL);
	feed_string(&log, "Traceback (most recent call last):\n");
	for (size_t i = 0; i < 50000; i++)
		feed_string(&log, "  File \"a.py\", line 1, in f\n");
	feed_string(&log, "RecursionError: maximum recursion depth exceeded\n");
	tap_log_failure(&log, &failure);
	assert_true(failure.stack_trace.length <= TAP_LOG_EVIDENCE_MAX);
	assert_true(failure.stack_trace.length > TAP_LOG_EVIDENCE_MAX - 100);
	assert_true(slice_equals(failure.message,
				 SLICE("a bug in the tap, as it seems: RecursionError: maximum "
				       "recursion depth exceeded")));
	tap_log_release(&log);
}

/* "200000" and "level" are secrets. */
static struct slice mask_words(void *owner, struct slice text)
{
	static char masked[1000];
	static const char *const words[] = { "200000", "level" };

	(void)owner;
	memcpy(masked, text.data, text.length);
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t length = strlen(words[i]);
		char *found;

		while ((found = memmem(masked, text.length, words[i], length)) != NULL)
			memset(found, '*', length);
	}
	return slice_of(masked, text.length);
}

static void masking_leaves_a_structured_line_what_it_is(void **state)
{
	struct buffer out;
	struct tap_log log;

	(void)state;
	buffer_init(&out, BUFFER_MAXIMUM);
	tap_log_init(&log, write_down, &out);
	log.mask = mask_words;
	feed_string(&log, "{\"level\": \"error\", \"lineno\": 200000, \"message\": "
			  "\"level \\u003200000\", \"exception\": {\"type\": \"E\", "
			  "\"message\": \"of 200000\"}}\nINFO a level\n{\"level\n");
	tap_log_flush(&log);
	assert_true(slice_equals(buffer_slice(&out),
				 SLICE("ERROR\t***** ******\\nTraceback (most recent call last):"
				       "\\nE: of ******\nINFO\ta *****\\n{\"*****\n")));
	tap_log_release(&log);
	buffer_release(&out);
}

static void without_an_explanation_the_last_lines_without_a_level_are_told(void **state)
{
	static const struct {
		const char *log;
		const char *text;
		enum failure_type type;
	} cases[] = {
		{ "INFO start\nBad password for user bob: access denied\n",
		  "Bad password for user bob: access denied", FAILURE_CONFIG },
		{ "panic: boom\n\ngoroutine 1\nINFO end\n", "panic: boom\n\ngoroutine 1",
		  FAILURE_SYSTEM },
		{ "one\nINFO two\nthree\n", "three", FAILURE_SYSTEM },
		{ "INFO start\n", "", FAILURE_SYSTEM },
		{ "text\nERROR why\nmore\n", "text", FAILURE_SYSTEM }, /* and a message */
	};
	struct tap_log log;
	struct tap_failure failure;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		tap_log_init(&log, ignore, NULL);
		feed_string(&log, cases[i].log);
		tap_log_failure(&log, &failure);
		assert_true(slice_equals(failure.last_text, slice_of_string(cases[i].text)));
		assert_int_equal(failure.type, cases[i].type);
		tap_log_release(&log);
	}
}

static void of_lines_without_a_level_the_beginning_is_kept(void **state)
{
	struct tap_log log;
	struct tap_failure failure;

	(void)state;
	tap_log_init(&log, ignore, NULL);
	feed_string(&log, "panic: boom\n");
	for (size_t i = 0; i < 1000; i++)
		feed_string(&log, "\xc3\xa4\xc3\xa4\xc3\xa4\n");
	tap_log_failure(&log, &failure);
	assert_true(slice_starts_with(failure.last_text, SLICE("panic: boom\n\xc3\xa4")));
	assert_true(failure.last_text.length <= TAP_LOG_LAST_TEXT_MAX);
	assert_true(failure.last_text.length > TAP_LOG_LAST_TEXT_MAX - 8);
	tap_log_release(&log);
}

static void of_an_error_text_without_end_the_end_is_kept(void **state)
{
	struct tap_log log;
	struct tap_failure failure;

	(void)state;
	tap_log_init(&log, ignore, NULL);
	for (size_t i = 0; i < 50000; i++)
		feed_string(&log, "ERROR again\n");
	feed_string(&log, "ERROR the last\n");
	tap_log_failure(&log, &failure);
	assert_true(failure.message.length <= TAP_LOG_EVIDENCE_MAX);
	assert_true(failure.message.length > TAP_LOG_EVIDENCE_MAX - 100);
	assert_memory_equal(failure.message.data + failure.message.length - 15,
			    "again; the last", 15);
	tap_log_release(&log);
}

static void a_log_that_never_said_anything_explains_nothing(void **state)
{
	struct tap_log log;
	struct tap_failure failure;

	(void)state;
	tap_log_init(&log, ignore, NULL);
	tap_log_flush(&log);
	tap_log_failure(&log, &failure);
	assert_int_equal(failure.message.length, 0);
	assert_int_equal(failure.stack_trace.length, 0);
	assert_int_equal(failure.type, FAILURE_SYSTEM);
	tap_log_release(&log);
}

static const struct {
	const char *lines;
	bool crashed;
} crashes[] = {
	{ "INFO fine\n", false },
	{ "INFO start\nTraceback (most recent call last):\n  File \"x\"\nKeyError: 1\n", true },
	{ "CRITICAL no\nTraceback (most recent call last):\n  File \"x\"\nKeyError: 1\n", true },
	{ "ERROR caught\nTraceback (most recent call last):\n  File \"x\"\nKeyError\n", false },
	{ "WARNING caught\nTraceback (most recent call last):\n  File \"x\"\nKeyError\n", false },
	{ "Traceback (most recent call last):\n  File \"x\"\nKeyError\nINFO on it goes\n", false },
	{ "Exception in thread T-1:\nTraceback (most recent call last):\n  File \"x\"\nKeyError\n",
	  false },
	{ "Traceback (most recent call last):\n  File \"x\"\nKeyError\n"
	  "Exception in thread T-1:\nTraceback (most recent call last):\n  File \"x\"\nKeyError\n",
	  true },
	{ "Exception ignored in: <x>\nTraceback (most recent call last):\n  File \"x\"\n", false },
};

static void a_traceback_that_nobody_caught_at_the_end_is_a_crash(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(crashes); i++) {
		struct buffer out;
		struct tap_log log;

		buffer_init(&out, BUFFER_MAXIMUM);
		tap_log_init(&log, write_down, &out);
		feed_string(&log, crashes[i].lines);
		if (tap_log_has_crashed(&log) != crashes[i].crashed)
			fail_msg("case %zu", i);
		tap_log_release(&log);
		buffer_release(&out);
	}
}

/* What a line of a megabyte may consist of. */
static const struct {
	const char *begin;
	const char *repeated;
	const char *end;
} long_lines[] = {
	{ "", "Traceback (most recent call last):", "" },
	{ "", ": error: ", "" },
	{ "ERROR ", "0", "" },
	{ "CRITICAL ", "401", "" },
	{ "ERROR ", "\x80", "" },
	{ "", "                ", "" },
	{ "", ".py:1: ", "" },
	{ "time=2026-01-31 x", " level=", "" },
	{ "2026-01-31 10:03:12,5", " | ", "" },
	{ "{\"a\":", "[", "" },
	{ "", "{\"a\":", "" },
	{ "{\"level\":\"error\",\"message\":\"x\"", ",\"\\u0062\":1", "}" },
	{ "{\"level\":\"error\",\"message\":\"", "\\n", "x\"}" },
	{ "{\"level\":\"error\",\"exception\":", "{\"type\":\"X\",\"cause\":", "" },
	{ "{\"level\":\"error\",\"exception\":{\"type\":\"X\",\"message\":\"",
	  "Traceback (most recent call last):\\n", "\"}}" },
	{ "{\"level\":\"error\",\"exception\":{\"traceback\":[{}",
	  ",{\"filename\":\"a\",\"lineno\":1,\"line\":\"x\\n\"}", "]}}" },
};

/* What takes the square of its length would take minutes, and this milliseconds. */
static void a_line_of_a_megabyte_takes_no_time_whatever_is_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(long_lines); i++) {
		struct tap_log log;
		struct tap_failure failure;
		struct buffer line;
		clock_t start;

		buffer_init(&line, BUFFER_MAXIMUM);
		buffer_append_string(&line, long_lines[i].begin);
		while (line.length < (size_t)1024 * 1024)
			buffer_append_string(&line, long_lines[i].repeated);
		buffer_append_string(&line, long_lines[i].end);
		tap_log_init(&log, ignore, NULL);
		start = clock();
		tap_log_line(&log, buffer_slice(&line));
		tap_log_flush(&log);
		tap_log_failure(&log, &failure);
		if (clock() - start > 3 * CLOCKS_PER_SEC)
			fail_msg("%s... takes too long", long_lines[i].repeated);
		tap_log_release(&log);
		buffer_release(&line);
	}
}

static const struct CMUnitTest coded_tests[] = {
	cmocka_unit_test(a_traceback_that_nobody_caught_at_the_end_is_a_crash),
	cmocka_unit_test(a_line_after_a_pause_is_a_message_of_the_same_level),
	cmocka_unit_test(a_pause_inside_a_traceback_does_not_cut_it),
	cmocka_unit_test(a_long_line_comes_out_in_pieces_that_cut_no_character),
	cmocka_unit_test(a_message_of_many_lines_goes_on_as_a_new_one_at_the_limit),
	cmocka_unit_test(of_a_traceback_without_end_the_end_is_kept),
	cmocka_unit_test(masking_leaves_a_structured_line_what_it_is),
	cmocka_unit_test(without_an_explanation_the_last_lines_without_a_level_are_told),
	cmocka_unit_test(of_lines_without_a_level_the_beginning_is_kept),
	cmocka_unit_test(of_an_error_text_without_end_the_end_is_kept),
	cmocka_unit_test(a_log_that_never_said_anything_explains_nothing),
	cmocka_unit_test(a_line_of_a_megabyte_takes_no_time_whatever_is_in_it),
};

int main(void)
{
	glob_t logs;
	struct CMUnitTest *tests;
	int failed;

	if (glob("tests/logs/*.stderr", 0, NULL, &logs) != 0) {
		fprintf(stderr, "no tests/logs/*.stderr: run this from the project's folder\n");
		return 1;
	}
	tests = calloc(COUNT(coded_tests) + logs.gl_pathc, sizeof(*tests));
	if (tests == NULL)
		return 1;
	memcpy(tests, coded_tests, sizeof(coded_tests));
	for (size_t i = 0; i < logs.gl_pathc; i++)
		tests[COUNT(coded_tests) + i] = (struct CMUnitTest){
			.name = logs.gl_pathv[i],
			.test_func = a_recorded_log_becomes_the_messages_written_beside_it,
			.initial_state = logs.gl_pathv[i],
		};
	failed = _cmocka_run_group_tests("tap_log", tests, COUNT(coded_tests) + logs.gl_pathc,
					 NULL, NULL);
	free(tests);
	globfree(&logs);
	return failed;
}
