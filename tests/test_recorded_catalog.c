#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "count.h"
#include "recorded_catalog.h"

/* One of the configured streams, as it is indented. */
#define STREAM(name, modes, rest, mode) \
	"    {\n      \"stream\": {\n        \"name\": \"" name "\",\n" \
	"        \"supported_sync_modes\": [" modes "]" rest "\n      },\n" \
	"      \"sync_mode\": \"" mode "\",\n" \
	"      \"destination_sync_mode\": \"append\"\n    }"

static void all_streams_are_chosen_as_they_can_be_read(void **state)
{
	struct error error = ERROR_NONE;
	struct buffer out;

	(void)state;
	buffer_init(&out, 10000);
	assert_true(recorded_catalog_choose_all(
		SLICE("{\"streams\":[{\"name\":\"a\",\"supported_sync_modes\":[\"full_refresh\","
		      "\"incremental\"],\"source_defined_cursor\":true},"
		      "{\"name\":\"b\",\"supported_sync_modes\":[\"full_refresh\"]},"
		      "{\"name\":\"c\",\"supported_sync_modes\":[\"full_refresh\",\"incremental\"],"
		      "\"source_defined_cursor\":false}]}"), &out, &error));
	assert_true(slice_equals(buffer_slice(&out), SLICE(
		"{\n  \"streams\": [\n"
		STREAM("a", "\n          \"full_refresh\",\n          \"incremental\"\n        ",
		       ",\n        \"source_defined_cursor\": true", "incremental") ",\n"
		STREAM("b", "\n          \"full_refresh\"\n        ", "", "full_refresh") ",\n"
		STREAM("c", "\n          \"full_refresh\",\n          \"incremental\"\n        ",
		       ",\n        \"source_defined_cursor\": false", "full_refresh")
		"\n  ]\n}\n")));
	buffer_release(&out);
}

static void what_travels_is_taken_out_wherever_it_stands(void **state)
{
	static const struct {
		const char *schema, *expected;
	} cases[] = {
		{ "{\"x-tapbyte-catalog\": \"z:abc\"}", "{}" },
		{ "{\"a\": 1, \"x-tapbyte-catalog\": \"z:,}\" }", "{\"a\": 1 }" },
		{ "{\"x-tapbyte-catalog\" : \"z\", \"a\": 1}", "{ \"a\": 1}" },
		{ "{\"a\": 1,\n\"x-tapbyte-catalog\": \"z\"\n, \"b\": {}}",
		  "{\"a\": 1,\n \"b\": {}}" },
		{ "{\"a\": 1}", "{\"a\": 1}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct buffer text, expected, out;

		buffer_init(&text, 1000);
		buffer_init(&expected, 1000);
		buffer_init(&out, 1000);
		for (int stream = 0; stream < 2; stream++) {
			buffer_append_string(&text, stream ? "," : "{\"streams\": [");
			buffer_append_string(&expected, stream ? "," : "{\"streams\": [");
			buffer_append_string(&text, "{\"stream\": {\"json_schema\": ");
			buffer_append_string(&expected, "{\"stream\": {\"json_schema\": ");
			buffer_append_string(&text, cases[i].schema);
			buffer_append_string(&expected, cases[i].expected);
			buffer_append_string(&text, "}}");
			buffer_append_string(&expected, "}}");
		}
		buffer_append_string(&text, "]}");
		buffer_append_string(&expected, "]}");
		assert_true(recorded_catalog_strip(buffer_slice(&text), &out, &error));
		if (!slice_equals(buffer_slice(&out), buffer_slice(&expected)))
			fail_msg("%s became %.*s", cases[i].schema, (int)out.length, out.data);
		buffer_release(&text);
		buffer_release(&expected);
		buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_streams_are_chosen_as_they_can_be_read),
		cmocka_unit_test(what_travels_is_taken_out_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
