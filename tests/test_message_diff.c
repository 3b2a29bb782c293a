#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "message_diff.h"

/* Messages in short, of which the lines of a case are made. */
#define RECORD(stream, data) \
	"{\"type\":\"RECORD\",\"record\":{\"stream\":\"" stream "\",\"emitted_at\":1,\"data\":" \
	data "}}\n"
#define STATE(stream, value, count) \
	"{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":" \
	"{\"name\":\"" stream "\"},\"stream_state\":" value "},\"sourceStats\":{\"recordCount\":" \
	count "}}}\n"
#define STATUS(stream, status) \
	"{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\",\"stream_status\":" \
	"{\"stream_descriptor\":{\"name\":\"" stream "\"},\"status\":\"" status "\"}}}\n"
#define ERROR(stream, message) \
	"{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\",\"error\":{\"message\":\"" message \
	"\",\"stream_descriptor\":{\"name\":\"" stream "\"}}}}\n"
#define LOG(text) "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"" text "\"}}\n"
#define CATALOG(streams) "{\"type\":\"CATALOG\",\"catalog\":{\"streams\":[" streams "]}}\n"

#define STREAM_A(type) \
	"{\"name\":\"a\",\"json_schema\":{\"properties\":{\"x\":{\"type\":\"" type "\"}}}}"

static char *describe(const char *expected, const char *actual, uint64_t *count)
{
	struct slice before = slice_of_string(expected), after = slice_of_string(actual);
	struct message_diff diff;
	struct buffer out;
	char *text;

	buffer_init(&out, BUFFER_MAXIMUM);
	message_diff_init(&diff);
	for (;;) {
		struct slice was, is;
		bool left = slice_take_line(&before, &was), right = slice_take_line(&after, &is);

		if (!left && !right)
			break;
		message_diff_lines(&diff, left ? &was : NULL, right ? &is : NULL);
	}
	message_diff_end(&diff);
	message_diff_describe(&diff, &out);
	*count = diff.count;
	text = buffer_to_string(&out);
	assert_non_null(text);
	message_diff_release(&diff);
	buffer_release(&out);
	return text;
}

static char *describe_buffers(struct buffer *expected, struct buffer *actual, uint64_t *count)
{
	char *was = buffer_to_string(expected), *is = buffer_to_string(actual), *told;

	assert_non_null(was);
	assert_non_null(is);
	told = describe(was, is, count);
	free(was);
	free(is);
	buffer_release(expected);
	buffer_release(actual);
	return told;
}

static void differences_are_told_by_stream_and_place(void **state)
{
	static const struct {
		const char *expected, *actual, *told;
	} cases[] = {
		{ "", "", "" },
		{ RECORD("a", "{\"id\":1}") LOG("x"), RECORD("a", "{\"id\":1}") LOG("x"), "" },
		{ RECORD("users", "{\"id\":1,\"price\":\"12.30\"}"),
		  RECORD("users", "{\"id\":1,\"price\":12.30}"),
		  "users: field /price differs\n"
		  "    line 1: was \"12.30\", is 12.30\n" },
		{ RECORD("users", "{\"a/b\":{\"c\":[1,2]}}"),
		  RECORD("users", "{\"a/b\":{\"c\":[1]}}"),
		  "users: field /a~1b/c/1 differs\n"
		  "    line 1: was 2, is missing\n" },
		{ RECORD("users", "{\"id\":1}"), RECORD("users", "{\"id\":1,\"new\":null}"),
		  "users: field /new differs\n"
		  "    line 1: was missing, is null\n" },
		{ RECORD("u", "{\"x\":1}") RECORD("u", "{\"x\":2}") RECORD("u", "{\"x\":3}")
		  RECORD("u", "{\"x\":4}"),
		  RECORD("u", "{\"x\":\"1\"}") RECORD("u", "{\"x\":\"2\"}")
		  RECORD("u", "{\"x\":\"3\"}") RECORD("u", "{\"x\":\"4\"}"),
		  "u: field /x differs in 4 lines\n"
		  "    line 1: was 1, is \"1\"\n"
		  "    line 2: was 2, is \"2\"\n"
		  "    line 3: was 3, is \"3\"\n"
		  "    and 1 more\n" },
		{ RECORD("u", "{\"x\":1}") RECORD("u", "{\"x\":2}") RECORD("u", "{\"x\":3}"),
		  RECORD("u", "{\"x\":1}") RECORD("u", "{\"x\":3}"),
		  "u: 1 record missing\n"
		  "    line 2: {\"x\":2}\n" },
		{ RECORD("u", "{\"x\":1}"), RECORD("u", "{\"x\":1}") RECORD("u", "{\"x\":1}"),
		  "u: 1 record too many\n"
		  "    line 2: {\"x\":1}\n" },
		{ RECORD("u", "{\"x\":1}") RECORD("u", "{\"x\":2}") RECORD("u", "{\"x\":3}"),
		  RECORD("u", "{\"x\":2}") RECORD("u", "{\"x\":3}") RECORD("u", "{\"x\":1}"),
		  "u: 1 record at another place\n"
		  "    line 1, now line 3: {\"x\":1}\n" },
		{ RECORD("u", "{\"x\":1,\"y\":\"a\"}"), RECORD("u", "{\"y\":\"\\u0061\",\"x\":1}"),
		  "u: 1 line with the same values, but other bytes (order of keys, spelling of "
		  "numbers or strings)\n"
		  "    line 1: was {\"x\":1,\"y\":\"a\"}\n"
		  "        is {\"y\":\"\\u0061\",\"x\":1}\n" },
		{ RECORD("u", "{\"x\":1.50}"), RECORD("u", "{\"x\":15e-1}"),
		  "u: 1 line with the same values, but other bytes (order of keys, spelling of "
		  "numbers or strings)\n"
		  "    line 1: was {\"x\":1.50}\n"
		  "        is {\"x\":15e-1}\n" },
		{ RECORD("u", "{\"x\":1}"), RECORD("u", "{\"x\":1.0}"),
		  "u: field /x differs\n"
		  "    line 1: was 1, is 1.0\n" },
		{ RECORD("u", "{\"x\":123456789012345678901}"),
		  RECORD("u", "{\"x\":123456789012345678902}"),
		  "u: field /x differs\n"
		  "    line 1: was 123456789012345678901, is 123456789012345678902\n" },
		{ STATE("u", "{\"bookmarks\":{\"u\":{\"at\":1}}}", "2.0"),
		  STATE("u", "{\"bookmarks\":{\"u\":{\"at\":2}}}", "3.0"),
		  "u: state /bookmarks/u/at differs\n"
		  "    line 1: was 1, is 2\n"
		  "u: state message /sourceStats/recordCount differs\n"
		  "    line 1: was 2.0, is 3.0\n" },
		{ STATUS("u", "STARTED") STATUS("u", "COMPLETE"),
		  STATUS("u", "STARTED") STATUS("u", "INCOMPLETE"),
		  "u: status /trace/stream_status/status differs\n"
		  "    line 2: was \"COMPLETE\", is \"INCOMPLETE\"\n" },
		{ LOG("one"), LOG("two"),
		  "LOG: log message /log/message differs\n"
		  "    line 1: was \"one\", is \"two\"\n" },
		{ LOG("one") RECORD("u", "{\"x\":1}"), RECORD("u", "{\"x\":1}"),
		  "LOG: 1 log message missing\n"
		  "    line 1: {\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":"
		  "\"one\"}}\n" },
		{ CATALOG(STREAM_A("string")
			  ",{\"name\":\"b\",\"supported_sync_modes\":[\"full_refresh\"]}"),
		  CATALOG(STREAM_A("number")
			  ",{\"name\":\"b\",\"supported_sync_modes\":[\"full_refresh\","
			  "\"incremental\"]}"
			  ",{\"name\":\"c\"}"),
		  "a: schema /properties/x/type differs\n"
		  "    line 1: was \"string\", is \"number\"\n"
		  "b: catalog /supported_sync_modes/1 differs\n"
		  "    line 1: was missing, is \"incremental\"\n"
		  "c: catalog differs\n"
		  "    line 1: was missing, is {\"name\":\"c\"}\n" },
		/* of two streams of one name each is compared with its own namespace's */
		{ CATALOG("{\"name\":\"a\",\"namespace\":\"m\",\"x\":1},"
			  "{\"name\":\"a\",\"namespace\":\"n\",\"x\":2}"),
		  CATALOG("{\"name\":\"a\",\"namespace\":\"n\",\"x\":3},"
			  "{\"name\":\"a\",\"namespace\":\"m\",\"x\":1}"),
		  "n.a: catalog /x differs\n"
		  "    line 1: was 2, is 3\n" },
		{ ERROR("u", "one"), ERROR("u", "two"),
		  "u: error /trace/error/message differs\n"
		  "    line 1: was \"one\", is \"two\"\n" },
		{ "no json\n", "neither\n",
		  "output: 1 line without a message changed\n"
		  "    line 1: was no json\n"
		  "        is neither\n" },
		{ RECORD("u", "{\"x\":\"a\"}"), RECORD("u", "{\"x\":\"\xc2\x9b" "2J\"}"),
		  "u: field /x differs\n"
		  "    line 1: was \"a\", is \"\\x9b2J\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t count;
		char *told = describe(cases[i].expected, cases[i].actual, &count);

		assert_string_equal(told, cases[i].told);
		assert_int_equal(count == 0, cases[i].told[0] == '\0');
		free(told);
	}
}

/* What is told of `count` records of which each has another value, and the 500th is missing. */
static void many_differences_are_told_once(void **state)
{
	struct buffer expected, actual;
	char *told;
	uint64_t count;

	(void)state;
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&actual, BUFFER_MAXIMUM);
	for (int i = 1; i <= 2000; i++) {
		char line[128];

		snprintf(line, sizeof(line), RECORD("u", "{\"id\":%d,\"x\":1}"), i);
		buffer_append_string(&expected, line);
		snprintf(line, sizeof(line), RECORD("u", "{\"id\":%d,\"x\":2}"), i);
		buffer_append_string(&actual, i == 500 ? "" : line);
	}
	told = describe_buffers(&expected, &actual, &count);
	assert_string_equal(told, "u: field /x differs in 1999 lines\n"
				  "    line 1: was 1, is 2\n"
				  "    line 2: was 1, is 2\n"
				  "    line 3: was 1, is 2\n"
				  "    and 1996 more\n"
				  "u: 1 record missing\n"
				  "    line 500: {\"id\":500,\"x\":1}\n");
	assert_int_equal(count, 2000);
	free(told);
}

static void a_line_at_another_place_is_told_as_such(void **state)
{
	struct buffer expected, actual;
	uint64_t count;
	char *told;

	(void)state;
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&actual, BUFFER_MAXIMUM);
	buffer_append_string(&expected, LOG("at the front"));
	for (int i = 1; i <= 2 * MESSAGE_DIFF_WINDOW; i++) {
		buffer_append_format(&expected, RECORD("u", "{\"id\":%d}"), i);
		buffer_append_format(&actual, RECORD("u", "{\"id\":%d}"), i);
	}
	buffer_append_string(&actual, LOG("at the front"));
	told = describe_buffers(&expected, &actual, &count);
	assert_string_equal(told, "LOG: 1 log message at another place\n"
				  "    line 1, now line 513: {\"type\":\"LOG\",\"log\":{\"level\":"
				  "\"INFO\",\"message\":\"at the front\"}}\n");
	assert_int_equal(count, 1);
	free(told);
}

/* So many places of each of so many streams differ. */
static char *describe_places(int streams, int places, uint64_t *count)
{
	struct buffer expected, actual;

	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&actual, BUFFER_MAXIMUM);
	for (int i = 0; i < streams; i++)
		for (int j = 0; j < places; j++) {
			buffer_append_format(&expected, RECORD("u%d", "{\"f%d\":1}"), i, j);
			buffer_append_format(&actual, RECORD("u%d", "{\"f%d\":2}"), i, j);
		}
	return describe_buffers(&expected, &actual, count);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		count++;
	}
	return count;
}

static void of_many_places_some_are_told_one_by_one(void **state)
{
	uint64_t count;
	char *told;

	(void)state;
	told = describe_places(1, DIFFERENCES_OF_SUBJECT + 5, &count);
	assert_int_equal(count_of(told, "u0: field /f"), DIFFERENCES_OF_SUBJECT);
	assert_non_null(strstr(told, "u0: 5 more differences\n"));
	assert_int_equal(count, DIFFERENCES_OF_SUBJECT + 5);
	free(told);

	told = describe_places(DIFFERENCES_TOLD_MAXIMUM + 7, 1, &count);
	assert_int_equal(count_of(told, " field /f0 differs\n"), DIFFERENCES_TOLD_MAXIMUM);
	assert_non_null(strstr(told, "all the rest: 7 more differences\n"));
	assert_int_equal(count, DIFFERENCES_TOLD_MAXIMUM + 7);
	free(told);
}

static void a_line_more_at_the_front_moves_nothing_else(void **state)
{
	struct buffer expected, actual;
	char *told;
	uint64_t count;

	(void)state;
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&actual, BUFFER_MAXIMUM);
	buffer_append_string(&actual, RECORD("u", "{\"id\":0}"));
	for (int i = 1; i <= 1000; i++) {
		char line[128];

		snprintf(line, sizeof(line), RECORD("u", "{\"id\":%d}"), i);
		buffer_append_string(&expected, line);
		buffer_append_string(&actual, line);
	}
	told = describe_buffers(&expected, &actual, &count);
	assert_string_equal(told, "u: 1 record too many\n    line 1: {\"id\":0}\n");
	assert_int_equal(count, 1);
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_are_told_by_stream_and_place),
		cmocka_unit_test(many_differences_are_told_once),
		cmocka_unit_test(a_line_at_another_place_is_told_as_such),
		cmocka_unit_test(of_many_places_some_are_told_one_by_one),
		cmocka_unit_test(a_line_more_at_the_front_moves_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
