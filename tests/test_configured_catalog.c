#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "configured_catalog.h"
#include "count.h"

static bool parse(struct configured_catalog *catalog, const char *json, struct error *error)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, json);
	done = configured_catalog_parse(catalog, &text, error);
	assert_null(text.data);
	assert_int_equal(text.length, 0);
	return done;
}

static void assert_optional_string(const char *actual, const char *expected)
{
	if (expected == NULL)
		assert_null(actual);
	else
		assert_string_equal(actual, expected);
}

#define STREAM(inner, rest) "{\"streams\":[{\"stream\":{" inner "}" rest "}]}"

static void a_stream_is_read(void **state)
{
	static const struct {
		const char *json;
		const char *name, *namespace, *cursor_field;
		enum sync_mode sync_mode;
		int properties; /* their number; -1: none are given */
	} cases[] = {
		{ STREAM("\"name\":\"a\"", ",\"sync_mode\":\"full_refresh\""),
		  "a", NULL, NULL, SYNC_FULL_REFRESH, -1 },
		{ STREAM("\"name\":\"a\",\"namespace\":\"n\",\"json_schema\":{\"properties\":{}}",
			 ",\"sync_mode\":\"incremental\",\"cursor_field\":[\"at\",\"deep\"],"
			 "\"destination_sync_mode\":\"append_dedup\",\"primary_key\":[[\"id\"]]"),
		  "a", "n", "at", SYNC_INCREMENTAL, 0 },
		{ STREAM("\"name\":\"a\\u00e9\",\"namespace\":\"\",\"json_schema\":{\"properties\":"
			 "{\"x\":{},\"y\":{\"maximum\":100000000000000000000}}}",
			 ",\"sync_mode\":\"full_refresh\",\"cursor_field\":[],\"x\":1"),
		  "a\xc3\xa9", NULL, NULL, SYNC_FULL_REFRESH, 2 },
		{ STREAM("\"name\":\"a\",\"namespace\":null,\"json_schema\":null",
			 ",\"sync_mode\":null,\"cursor_field\":null,\"generation_id\":null"),
		  "a", NULL, NULL, SYNC_FULL_REFRESH, -1 },
		{ STREAM("\"name\":\"a\",\"name\":\"b\"",
			 ",\"sync_mode\":\"full_refresh\",\"sync_mode\":\"incremental\""),
		  "b", NULL, NULL, SYNC_INCREMENTAL, -1 },
		{ STREAM("\"name\":\"a\"", ""), "a", NULL, NULL, SYNC_FULL_REFRESH, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct configured_catalog catalog;
		struct error error = ERROR_NONE;
		const struct configured_stream *stream;

		assert_true(parse(&catalog, cases[i].json, &error));
		assert_int_equal(catalog.count, 1);
		stream = &catalog.streams[0];
		assert_string_equal(stream->name, cases[i].name);
		assert_optional_string(stream->namespace, cases[i].namespace);
		assert_optional_string(stream->cursor_field, cases[i].cursor_field);
		assert_int_equal(stream->sync_mode, cases[i].sync_mode);
		if (cases[i].properties < 0)
			assert_null(stream->properties);
		else
			assert_int_equal(node_count(stream->properties), cases[i].properties);
		configured_catalog_release(&catalog);
	}
}

static void streams_keep_their_order(void **state)
{
	struct configured_catalog catalog;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(parse(&catalog, "{\"streams\":[{\"stream\":{\"name\":\"b\"}},"
			  "{\"stream\":{\"name\":\"a\"}},"
			  "{\"stream\":{\"name\":\"b\",\"namespace\":\"n\"}}]}", &error));
	assert_int_equal(catalog.count, 3);
	assert_string_equal(catalog.streams[0].name, "b");
	assert_string_equal(catalog.streams[1].name, "a");
	assert_string_equal(catalog.streams[2].namespace, "n");
	configured_catalog_release(&catalog);
}

static void no_streams_are_fine(void **state)
{
	struct configured_catalog catalog;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(parse(&catalog, "{\"streams\":[]}", &error));
	assert_int_equal(catalog.count, 0);
	configured_catalog_release(&catalog);
}

static void a_broken_catalog_is_refused_with_the_place(void **state)
{
	static const struct {
		const char *json;
		const char *message; /* NULL: whatever the parser says */
	} cases[] = {
		{ "", NULL },
		{ "{\"streams\":[}", NULL },
		{ "[]", "/streams: expected a list of streams" },
		{ "{}", "/streams: expected a list of streams" },
		{ "{\"streams\":{}}", "/streams: expected a list of streams" },
		{ "{\"streams\":null}", "/streams: expected a list of streams" },
		{ "{\"streams\":[7]}", "/streams/0/stream/name: expected the name of a stream" },
		{ "{\"streams\":[{\"stream\":{\"name\":\"a\"}},{\"name\":\"b\"}]}",
		  "/streams/1: expected a configured stream, {\"stream\": ..., \"sync_mode\": "
		  "...}, not one as discover prints it" },
		{ STREAM("\"name\":\"\"", ""),
		  "/streams/0/stream/name: expected the name of a stream" },
		{ STREAM("\"name\":7", ""),
		  "/streams/0/stream/name: expected the name of a stream" },
		{ STREAM("\"name\":\"a\"", ",\"sync_mode\":\"INVALID\""),
		  "/streams/0/sync_mode: expected \"full_refresh\" or \"incremental\"" },
		{ STREAM("\"name\":\"a\"", ",\"sync_mode\":1"),
		  "/streams/0/sync_mode: expected \"full_refresh\" or \"incremental\"" },
		{ "{\"streams\":[{\"stream\":{\"name\":\"a\"}},{\"stream\":{\"name\":\"b\"}},"
		  "{\"stream\":{\"name\":\"a\",\"namespace\":\"\"}}]}",
		  "/streams/2: the stream \"a\" is listed already, at /streams/0" },
		{ "{\"streams\":[{\"stream\":{\"name\":\"a\",\"namespace\":\"n\"}},"
		  "{\"stream\":{\"name\":\"a\",\"namespace\":\"n\"}}]}",
		  "/streams/1: the stream \"a\" of the namespace \"n\" is listed already, "
		  "at /streams/0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct configured_catalog catalog;
		struct error error = ERROR_NONE;

		assert_false(parse(&catalog, cases[i].json, &error));
		assert_true(error.set);
		assert_int_equal(error.type, FAILURE_CONFIG);
		if (cases[i].message != NULL)
			assert_string_equal(error.message, cases[i].message);
		configured_catalog_release(&catalog);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_read),
		cmocka_unit_test(streams_keep_their_order),
		cmocka_unit_test(no_streams_are_fine),
		cmocka_unit_test(a_broken_catalog_is_refused_with_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
