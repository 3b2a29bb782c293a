#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "preview.h"

#define RECORD(stream, data) \
	"{\"type\":\"RECORD\",\"record\":{\"stream\":\"" stream "\",\"emitted_at\":1,\"data\":" \
	data "}}"
#define STATUS(stream, status) \
	"{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\",\"stream_status\":" \
	"{\"stream_descriptor\":{\"name\":\"" stream "\"},\"status\":\"" status "\"}}}"
#define STATE(stream) \
	"{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":" \
	"{\"name\":\"" stream "\"},\"stream_state\":{}}}}"

static void check_text(struct buffer *buffer, const char *expected)
{
	char *text = buffer_to_string(buffer);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	buffer_clear(buffer);
}

static void tables_come_with_the_end_of_their_stream_and_counts_at_the_end(void **state)
{
	static const char *const lines[] = {
		STATUS("users", "STARTED"), STATUS("orders", "STARTED"),
		RECORD("users", "{\"id\":1,\"name\":\"\\u001b[31mA\\nB\"}"),
		RECORD("orders", "{\"n\":1}"),
		RECORD("users", "{\"name\":null,\"id\":2,\"tags\":[\"x\",1.50]}"),
		STATE("users"), STATUS("users", "COMPLETE"),
	};
	struct preview preview;

	(void)state;
	preview_init(&preview, 80, false);
	for (size_t i = 0; i < COUNT(lines); i++)
		preview_line(&preview, slice_of_string(lines[i]));
	check_text(&preview.out, "users, 2 records\n"
				 "  id  name          tags\n"
				 "  --  ------------  ----------\n"
				 "   1  \\x1b[31mA\\nB\n"
				 "   2  null          [\"x\",1.50]\n"
				 "\n");
	preview_end(&preview);
	check_text(&preview.out, "orders, 1 record\n"
				 "  n\n"
				 "  -\n"
				 "  1\n"
				 "\n"
				 "  stream  records  states  status\n"
				 "  ------  -------  ------  --------\n"
				 "  users         2       1  COMPLETE\n"
				 "  orders        1       0  STARTED\n");
	assert_false(preview.failed);
	preview_release(&preview);
}

static void only_the_first_records_are_shown_and_all_are_counted(void **state)
{
	struct preview preview;
	struct buffer progress;
	size_t shown;

	(void)state;
	preview_init(&preview, 80, false);
	preview_line(&preview, slice_of_string(RECORD("v", "{\"id\":1}")));
	for (int i = 1; i <= 1000; i++)
		preview_line(&preview, slice_of_string(RECORD("u", "{\"id\":1}")));
	shown = preview.out.length;
	assert_true(slice_starts_with(buffer_slice(&preview.out),
				      SLICE("u, the first 10 records\n")));
	preview_line(&preview, slice_of_string(STATUS("u", "COMPLETE")));
	assert_int_equal(preview.out.length, shown);
	buffer_init(&progress, BUFFER_MAXIMUM);
	preview_progress(&preview, &progress);
	check_text(&progress, "1001 records: u 1000, v 1");
	buffer_release(&progress);
	preview_release(&preview);
}

static void logs_and_errors_are_told_and_cannot_reach_the_terminal(void **state)
{
	static const struct {
		const char *line, *told;
	} cases[] = {
		{ "{\"type\":\"LOG\",\"log\":{\"level\":\"WARN\",\"message\":"
		  "\"one\\ntwo\\u0007\"}}",
		  "WARN  one\n      two\\x07\n" },
		{ "{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"\"}}", "INFO  \n" },
		{ "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\",\"error\":{\"message\":"
		  "\"no\\u009b2J way\",\"failure_type\":\"config_error\"}}}",
		  "FAILED \n      no\\x9b2J way (config_error)\n" },
		{ "not \x1b[1m json", "      not \\x1b[1m json\n" },
		{ "{\"type\":\"CONTROL\",\"control\":{}}",
		  "INFO  The tap changed its config: a platform would keep that.\n" },
	};
	struct preview preview;

	(void)state;
	preview_init(&preview, 80, false);
	for (size_t i = 0; i < COUNT(cases); i++) {
		preview_line(&preview, slice_of_string(cases[i].line));
		check_text(&preview.log, cases[i].told);
	}
	preview_end(&preview);
	check_text(&preview.out, "No stream was read.\n");
	preview_release(&preview);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_come_with_the_end_of_their_stream_and_counts_at_the_end),
		cmocka_unit_test(only_the_first_records_are_shown_and_all_are_counted),
		cmocka_unit_test(logs_and_errors_are_told_and_cannot_reach_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
