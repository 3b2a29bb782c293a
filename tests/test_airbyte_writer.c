#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "airbyte_writer.h"
#include "count.h"

#define NOW 1700000000123
static struct stream plain = { .name = "caf\xc3\xa9 \"x\"" };
static struct stream spaced = { .name = "orders", .namespace = "sales\n" };

struct fixture {
	struct buffer out;
	struct secret_mask mask;
	struct airbyte_writer writer;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	json_t *schema = json_pack("{s:{s:{s:b}}}", "properties", "password", "airbyte_secret", 1);
	json_t *config = json_pack("{s:s}", "password", "hunter22");

	if (fixture == NULL || !secret_mask_collect(&fixture->mask, schema, config))
		return -1;
	json_decref(schema);
	json_decref(config);
	buffer_init(&fixture->out, BUFFER_MAXIMUM);
	airbyte_writer_init(&fixture->writer, &fixture->out, &fixture->mask);
	fixture->writer.now = NOW;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	airbyte_writer_release(&fixture->writer);
	buffer_release(&fixture->out);
	secret_mask_release(&fixture->mask);
	free(fixture);
	return 0;
}

/* The bytes written since the last call. */
static void assert_written(struct fixture *fixture, const char *expected)
{
	if (!slice_equals(buffer_slice(&fixture->out), slice_of_string(expected)))
		fail_msg("written was:\n%.*s\nexpected:\n%s", (int)fixture->out.length,
			 fixture->out.data, expected);
	assert_false(fixture->writer.failed);
	buffer_clear(&fixture->out);
}

static void a_log_message_has_its_level(void **state)
{
	struct fixture *fixture = *state;
	struct airbyte_writer *writer = &fixture->writer;

	airbyte_writer_log(writer, LOG_FATAL, SLICE("f"));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"FATAL\","
		       "\"message\":\"f\"}}\n");
	airbyte_writer_log(writer, LOG_ERROR, SLICE("tab\tquote\" \xe2\x98\x83 \xff"));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"ERROR\",\"message\":"
				"\"tab\\tquote\\\" \xe2\x98\x83 \xef\xbf\xbd\"}}\n");
	airbyte_writer_logf(writer, LOG_WARN, "%d of %s", 3, "4");
	assert_written(fixture,
		       "{\"type\":\"LOG\",\"log\":{\"level\":\"WARN\",\"message\":\"3 of 4\"}}\n");
	airbyte_writer_log(writer, LOG_INFO, SLICE(""));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\","
		       "\"message\":\"\"}}\n");
}

static void debug_messages_are_written_only_when_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct airbyte_writer *writer = &fixture->writer;

	airbyte_writer_log(writer, LOG_DEBUG, SLICE("d"));
	airbyte_writer_log(writer, LOG_TRACE, SLICE("t"));
	assert_written(fixture, "");
	writer->debug = true;
	airbyte_writer_log(writer, LOG_DEBUG, SLICE("d"));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"DEBUG\","
		       "\"message\":\"d\"}}\n");
	airbyte_writer_log(writer, LOG_TRACE, SLICE("t"));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"TRACE\","
		       "\"message\":\"t\"}}\n");
}

static void a_formatted_log_message_is_cut_at_4095_bytes(void **state)
{
	struct fixture *fixture = *state;
	static const char head[] = "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"";
	char text[5001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	airbyte_writer_logf(&fixture->writer, LOG_INFO, "%s", text);
	assert_int_equal(fixture->out.length, sizeof(head) - 1 + 4095 + strlen("\"}}\n"));
}

static void a_very_long_text_loses_its_end(void **state)
{
	static const char tail[] = "x...\"}}\n";
	struct fixture *fixture = *state;
	size_t size = (size_t)1024 * 1024;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, 'x', size);
	airbyte_writer_log(&fixture->writer, LOG_INFO, slice_of(text, size));
	free(text);
	assert_true(fixture->out.length < 300000);
	assert_memory_equal(fixture->out.data + fixture->out.length - (sizeof(tail) - 1), tail,
			    sizeof(tail) - 1);
}

static void an_error_tells_what_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct error error = ERROR_NONE, wrong = ERROR_NONE, again = ERROR_NONE;

	error_set(&error, FAILURE_SYSTEM, "it broke");
	airbyte_writer_error(&fixture->writer, &error, SLICE(""), NULL);
	assert_written(fixture,
		       "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\","
		       "\"emitted_at\":1700000000123,"
		       "\"error\":{\"message\":\"it broke\","
		       "\"failure_type\":\"system_error\"}}}\n");
	error_set(&wrong, FAILURE_CONFIG, "wrong");
	airbyte_writer_error(&fixture->writer, &wrong, SLICE("Traceback\n  File"), &spaced);
	assert_written(fixture,
		       "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\","
		       "\"emitted_at\":1700000000123,"
		       "\"error\":{\"message\":\"wrong\",\"stack_trace\":\"Traceback\\n  File\","
		       "\"failure_type\":\"config_error\","
		       "\"stream_descriptor\":{\"name\":\"orders\","
		       "\"namespace\":\"sales\\n\"}}}}\n");
	error_set(&again, FAILURE_TRANSIENT, "again");
	airbyte_writer_error(&fixture->writer, &again, SLICE(""), &plain);
	assert_written(fixture,
		       "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\","
		       "\"emitted_at\":1700000000123,"
		       "\"error\":{\"message\":\"again\",\"failure_type\":\"transient_error\","
		       "\"stream_descriptor\":{\"name\":\"caf\xc3\xa9 \\\"x\\\"\"}}}}\n");
}

static void each_status_has_its_name(void **state)
{
	static const struct {
		enum stream_status status;
		const char *expected;
	} cases[] = {
		{ STREAM_STARTED,
		  "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\","
		  "\"emitted_at\":1700000000123,"
		  "\"stream_status\":{\"stream_descriptor\":{\"name\":\"orders\",\"namespace\":"
		  "\"sales\\n\"},\"status\":\"STARTED\"}}}\n" },
		{ STREAM_RUNNING,
		  "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\","
		  "\"emitted_at\":1700000000123,"
		  "\"stream_status\":{\"stream_descriptor\":{\"name\":\"orders\",\"namespace\":"
		  "\"sales\\n\"},\"status\":\"RUNNING\"}}}\n" },
		{ STREAM_COMPLETE,
		  "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\","
		  "\"emitted_at\":1700000000123,"
		  "\"stream_status\":{\"stream_descriptor\":{\"name\":\"orders\",\"namespace\":"
		  "\"sales\\n\"},\"status\":\"COMPLETE\"}}}\n" },
		{ STREAM_INCOMPLETE,
		  "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\","
		  "\"emitted_at\":1700000000123,"
		  "\"stream_status\":{\"stream_descriptor\":{\"name\":\"orders\",\"namespace\":"
		  "\"sales\\n\"},\"status\":\"INCOMPLETE\"}}}\n" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		airbyte_writer_stream_status(&fixture->writer, &spaced, cases[i].status);
		assert_written(fixture, cases[i].expected);
	}
}

static void a_state_has_a_count_with_a_decimal_point(void **state)
{
	struct fixture *fixture = *state;

	airbyte_writer_state(&fixture->writer, &plain, SLICE("{\"at\": 12.30}"), 0);
	assert_written(fixture,
		       "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{"
		       "\"stream_descriptor\":{\"name\":\"caf\xc3\xa9 \\\"x\\\"\"},"
		       "\"stream_state\":"
		       "{\"at\": 12.30}},\"sourceStats\":{\"recordCount\":0.0}}}\n");
	airbyte_writer_state(&fixture->writer, &spaced, SLICE("{}"), 12345678901);
	assert_written(fixture,
		       "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{"
		       "\"stream_descriptor\":{\"name\":\"orders\",\"namespace\":\"sales\\n\"},"
		       "\"stream_state\":{}},\"sourceStats\":{\"recordCount\":12345678901.0}}}\n");
}

static void a_spec_is_written_in_the_order_of_its_keys(void **state)
{
	struct fixture *fixture = *state;
	json_t *spec = json_pack("{s:s,s:{s:i}}", "z", "\xc3\xa9", "a", "minimum", 3);

	airbyte_writer_spec(&fixture->writer, spec);
	json_decref(spec);
	assert_written(fixture,
		       "{\"type\":\"SPEC\",\"spec\":{\"z\":\"\xc3\xa9\",\"a\":{\"minimum\":3}}}\n");
}

static void a_connection_status_succeeds_or_says_why_not(void **state)
{
	struct fixture *fixture = *state;
	struct error error = ERROR_NONE;

	airbyte_writer_connection_status(&fixture->writer, NULL);
	assert_written(fixture, "{\"type\":\"CONNECTION_STATUS\",\"connectionStatus\":{\"status\":"
				"\"SUCCEEDED\"}}\n");
	error_set(&error, FAILURE_CONFIG, "no such host \"db\"");
	airbyte_writer_connection_status(&fixture->writer, &error);
	assert_written(fixture, "{\"type\":\"CONNECTION_STATUS\",\"connectionStatus\":{\"status\":"
				"\"FAILED\",\"message\":\"no such host \\\"db\\\"\"}}\n");
}

static void a_catalog_is_passed_on_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	airbyte_writer_catalog(&fixture->writer, SLICE("{\"streams\": [1e99]}"));
	assert_written(fixture, "{\"type\":\"CATALOG\",\"catalog\":{\"streams\": [1e99]}}\n");
}

static void write_record(struct airbyte_writer *writer, const struct stream *stream,
			 struct slice data, struct slice changes)
{
	struct buffer frame;
	size_t start;

	buffer_init(&frame, BUFFER_MAXIMUM);
	airbyte_writer_record_frame(&frame, stream);
	start = airbyte_writer_begin_record(writer, buffer_slice(&frame));
	buffer_append(writer->out, data);
	airbyte_writer_end_record(writer, start, changes);
	buffer_release(&frame);
}

static void a_record_is_its_frame_the_time_and_the_data(void **state)
{
	struct fixture *fixture = *state;
	struct buffer changes;

	write_record(&fixture->writer, &plain, SLICE("{\"id\": 1.50}"), SLICE(""));
	assert_written(fixture, "{\"type\":\"RECORD\",\"record\":{"
		       "\"stream\":\"caf\xc3\xa9 \\\"x\\\"\","
				"\"emitted_at\":1700000000123,\"data\":{\"id\": 1.50}}}\n");
	buffer_init(&changes, BUFFER_MAXIMUM);
	airbyte_writer_append_change(&changes, SLICE("a\"b"));
	airbyte_writer_append_change(&changes, SLICE(""));
	write_record(&fixture->writer, &spaced, SLICE("{}"), buffer_slice(&changes));
	buffer_release(&changes);
	assert_written(fixture,
		       "{\"type\":\"RECORD\",\"record\":{\"stream\":\"orders\","
		       "\"namespace\":\"sales\\n\","
		       "\"emitted_at\":1700000000123,\"data\":{},\"meta\":{\"changes\":["
		       "{\"field\":\"a\\\"b\",\"change\":\"NULLED\",\"reason\":"
		       "\"SOURCE_SERIALIZATION_ERROR\"},{\"field\":\"\",\"change\":\"NULLED\","
		       "\"reason\":\"SOURCE_SERIALIZATION_ERROR\"}]}}}\n");
}

static void secrets_are_masked_in_what_people_read_and_nowhere_else(void **state)
{
	struct fixture *fixture = *state;
	struct airbyte_writer *writer = &fixture->writer;
	struct stream stream = { .name = "hunter22" };
	struct error error = ERROR_NONE;

	error_set(&error, FAILURE_CONFIG, "bad hunter22");
	airbyte_writer_log(writer, LOG_INFO, SLICE("a=hunter22&b"));
	assert_written(fixture, "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":"
				"\"a=****&b\"}}\n");
	airbyte_writer_logf(writer, LOG_INFO, "%s", "hunter22");
	assert_written(fixture,
		       "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"****\"}}\n");
	airbyte_writer_error(writer, &error, SLICE("raise hunter22"), NULL);
	assert_written(fixture,
		       "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\","
		       "\"emitted_at\":1700000000123,"
		       "\"error\":{\"message\":\"bad ****\",\"stack_trace\":\"raise ****\","
		       "\"failure_type\":\"config_error\"}}}\n");
	airbyte_writer_connection_status(writer, &error);
	assert_written(fixture, "{\"type\":\"CONNECTION_STATUS\",\"connectionStatus\":{\"status\":"
				"\"FAILED\",\"message\":\"bad ****\"}}\n");
	write_record(writer, &stream, SLICE("{\"hunter22\":\"hunter22\"}"), SLICE(""));
	assert_written(fixture, "{\"type\":\"RECORD\",\"record\":{\"stream\":\"hunter22\","
				"\"emitted_at\":1700000000123,"
				"\"data\":{\"hunter22\":\"hunter22\"}}}\n");
	airbyte_writer_state(writer, &stream, SLICE("{\"a\":\"hunter22\"}"), 1);
	assert_written(fixture, "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{"
				"\"stream_descriptor\":{\"name\":\"hunter22\"},\"stream_state\":"
				"{\"a\":\"hunter22\"}},\"sourceStats\":{\"recordCount\":1.0}}}\n");
}

/* One message of each kind. */
static void write_log(struct airbyte_writer *writer)
{
	airbyte_writer_log(writer, LOG_INFO, SLICE("a message that is long enough"));
}

static void write_error(struct airbyte_writer *writer)
{
	struct error error = ERROR_NONE;

	error_set(&error, FAILURE_SYSTEM, "broken");
	airbyte_writer_error(writer, &error, SLICE("trace"), &plain);
}

static void write_status(struct airbyte_writer *writer)
{
	airbyte_writer_stream_status(writer, &spaced, STREAM_RUNNING);
}

static void write_state(struct airbyte_writer *writer)
{
	airbyte_writer_state(writer, &spaced, SLICE("{\"a\":1}"), 7);
}

static void write_connection_status(struct airbyte_writer *writer)
{
	airbyte_writer_connection_status(writer, NULL);
}

static void write_failed_connection_status(struct airbyte_writer *writer)
{
	struct error error = ERROR_NONE;

	error_set(&error, FAILURE_SYSTEM, "broken");
	airbyte_writer_connection_status(writer, &error);
}

static void write_spec(struct airbyte_writer *writer)
{
	json_t *spec = json_pack("{s:i}", "a", 1);

	airbyte_writer_spec(writer, spec);
	json_decref(spec);
}

static void write_catalog(struct airbyte_writer *writer)
{
	airbyte_writer_catalog(writer, SLICE("{\"streams\":[]}"));
}

static void write_one_record(struct airbyte_writer *writer)
{
	write_record(writer, &spaced, SLICE("{\"a\":1}"), SLICE("{}"));
}

static void a_message_that_does_not_fit_is_taken_back_whole(void **state)
{
	static void (*const writers[])(struct airbyte_writer *) = {
		write_log, write_error, write_status, write_state, write_connection_status,
		write_failed_connection_status, write_spec, write_catalog, write_one_record,
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(writers); i++) {
		bool fits = false;

		for (size_t maximum = 4; !fits; maximum++) {
			struct airbyte_writer writer;
			struct buffer out;

			buffer_init(&out, maximum);
			buffer_append_string(&out, "old\n");
			airbyte_writer_init(&writer, &out, &fixture->mask);
			writers[i](&writer);
			fits = !writer.failed;
			assert_false(out.failed);
			assert_memory_equal(out.data, "old\n", 4);
			if (fits)
				assert_int_equal(out.data[out.length - 1], '\n');
			else
				assert_int_equal(out.length, 4);
			if (maximum > 1000)
				fail_msg("message %zu never fits", i);
			airbyte_writer_release(&writer);
			buffer_release(&out);
		}
	}
}

static void a_failure_is_remembered_and_shorter_messages_still_fit(void **state)
{
	struct fixture *fixture = *state;
	struct airbyte_writer *writer = &fixture->writer;

	fixture->out.maximum = 80;
	airbyte_writer_logf(writer, LOG_INFO, "%080d", 0);
	assert_true(writer->failed);
	assert_int_equal(fixture->out.length, 0);
	airbyte_writer_log(writer, LOG_INFO, SLICE("x"));
	assert_int_equal(fixture->out.length,
			 strlen("{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\","
				"\"message\":\"x\"}}\n"));
	assert_true(writer->failed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_message_has_its_level),
		TEST(debug_messages_are_written_only_when_asked_for),
		TEST(a_formatted_log_message_is_cut_at_4095_bytes),
		TEST(a_very_long_text_loses_its_end),
		TEST(an_error_tells_what_is_known),
		TEST(each_status_has_its_name),
		TEST(a_state_has_a_count_with_a_decimal_point),
		TEST(a_spec_is_written_in_the_order_of_its_keys),
		TEST(a_connection_status_succeeds_or_says_why_not),
		TEST(a_catalog_is_passed_on_as_it_is),
		TEST(a_record_is_its_frame_the_time_and_the_data),
		TEST(secrets_are_masked_in_what_people_read_and_nowhere_else),
		TEST(a_message_that_does_not_fit_is_taken_back_whole),
		TEST(a_failure_is_remembered_and_shorter_messages_still_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
