#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "count.h"
#include "overlay.h"

static void an_overlay_is_checked_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *message; /* NULL: it is fine */
	} cases[] = {
		{ "{\"streams\": {}}", NULL },
		{ "{\"$schema\": \"../overlay.schema.json\", \"streams\": {}}", NULL },
		{ "{\"streams\": {\"a\": {}}}", NULL },
		{ "{\"streams\": {\"a\": {\"primary_key\": [[\"id\"], [\"x\", \"y\"]],"
		  " \"cursor_field\": [\"at\"], \"keeps_position\": false}}}", NULL },
		{ "{\"streams\": {\"a\": {\"cursor_field\": [\"at\"], \"keeps_position\": true}}}",
		  "/streams/a: has both keeps_position and a cursor_field; a tap that keeps its "
		  "position names no cursor" },
		{ "{\"streams\": {\"a\": {\"primary_key\": [], \"cursor_field\": []}}}", NULL },
		{ "[]", "is an array, must be an object" },
		{ "{}", "/streams: missing, must be an object" },
		{ "{\"stream\": {}}", "/stream: unknown key; expected one of streams, $schema" },
		{ "{\"streams\": []}", "/streams: is an array, must be an object" },
		{ "{\"streams\": {\"a/b\": null}}", "/streams/a~1b: is null, must be an object" },
		{ "{\"streams\": {\"a\": {\"primary_keys\": []}}}",
		  "/streams/a/primary_keys: unknown key; expected one of name, namespace, "
		  "exclude, primary_key, cursor_field, sync_modes, keeps_position, "
		  "replication_method, parent, state_keys, fields" },
		{ "{\"streams\": {\"a\": {\"primary_key\": [\"id\"]}}}",
		  "/streams/a/primary_key/0: is a string, must be an array" },
		{ "{\"streams\": {\"a\": {\"primary_key\": [[\"id\"], []]}}}",
		  "/streams/a/primary_key/1: must not be empty" },
		{ "{\"streams\": {\"a\": {\"primary_key\": [[1]]}}}",
		  "/streams/a/primary_key/0/0: is an integer, must be a string" },
		{ "{\"streams\": {\"a\": {\"cursor_field\": \"at\"}}}",
		  "/streams/a/cursor_field: is a string, must be an array" },
		{ "{\"streams\": {\"a\": {\"cursor_field\": [\"\"]}}}",
		  "/streams/a/cursor_field/0: must not be empty" },
		{ "{\"streams\": {\"a\": {\"name\": \"b\", \"namespace\": \"\", \"exclude\": false,"
		  " \"sync_modes\": [\"full_refresh\", \"incremental\"],"
		  " \"replication_method\": \"LOG_BASED\","
		  " \"fields\": {\"n\": {\"type\": [\"null\", \"number\"], \"unquote\": true}}}}}",
		  NULL },
		{ "{\"streams\": {\"a\": {\"parent\": \"b\", \"state_keys\": [\"c\"]}}}", NULL },
		{ "{\"streams\": {\"a\": {\"parent\": \"\"}}}",
		  "/streams/a/parent: must not be empty" },
		{ "{\"streams\": {\"a\": {\"state_keys\": [1]}}}",
		  "/streams/a/state_keys/0: is an integer, must be a string" },
		{ "{\"streams\": {\"a\": {\"name\": \"\"}}}",
		  "/streams/a/name: must not be empty" },
		{ "{\"streams\": {\"a\": {\"sync_modes\": []}}}",
		  "/streams/a/sync_modes: must not be empty" },
		{ "{\"streams\": {\"a\": {\"sync_modes\": [\"full\"]}}}",
		  "/streams/a/sync_modes/0: is \"full\", must be one of "
		  "\"full_refresh\", \"incremental\"" },
		{ "{\"streams\": {\"a\": {\"replication_method\": \"FULL_TABLE\"}}}",
		  "/streams/a/replication_method: is \"FULL_TABLE\", must be one of "
		  "\"INCREMENTAL\", \"LOG_BASED\"" },
		{ "{\"streams\": {\"a\": {\"fields\": {\"n\": {\"types\": \"number\"}}}}}",
		  "/streams/a/fields/n/types: unknown key; expected one of type, format, "
		  "airbyte_type, properties, items, anyOf, unquote" },
		{ "{\"streams\": {\"a\": {\"fields\": {\"n\": {\"type\": [\"nul\"]}}}}}",
		  "/streams/a/fields/n/type/0: is \"nul\", must be one of \"object\", \"array\", "
		  "\"string\", \"integer\", \"number\", \"boolean\", \"null\"" },
		{ "{\"streams\": {\"a\": {\"keeps_position\": \"yes\"}}}",
		  "/streams/a/keeps_position: is a string, must be a boolean" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *overlay = json_loads(cases[i].text, 0, NULL);

		assert_non_null(overlay);
		assert_int_equal(overlay_check(overlay, &error), cases[i].message == NULL);
		if (cases[i].message != NULL) {
			assert_string_equal(error.message, cases[i].message);
			assert_int_equal(error.type, FAILURE_SYSTEM);
		}
		json_decref(overlay);
	}
}

static void a_stream_is_found_by_its_id(void **state)
{
	json_t *overlay = json_loads("{\"streams\": {\"db-users\": {\"keeps_position\": true}}}", 0,
				     NULL);

	(void)state;
	assert_true(json_is_true(
		json_object_get(overlay_stream(overlay, "db-users"), "keeps_position")));
	assert_null(overlay_stream(overlay, "users"));
	assert_null(overlay_stream(NULL, "db-users"));
	json_decref(overlay);
}

static void a_stream_is_found_by_the_name_that_the_overlay_gave_it(void **state)
{
	json_t *overlay = json_loads("{\"streams\": {\"a\": {\"name\": \"people\"},"
				     " \"b\": {\"name\": \"people\", \"namespace\": \"crm\"}}}",
				     0, NULL);

	(void)state;
	assert_string_equal(overlay_find_id(overlay, NULL, "people"), "a");
	assert_string_equal(overlay_find_id(overlay, "crm", "people"), "b");
	assert_null(overlay_find_id(overlay, "erp", "people"));
	assert_null(overlay_find_id(overlay, NULL, "a"));
	assert_null(overlay_find_id(NULL, NULL, "people"));
	json_decref(overlay);
}

static void an_overlay_gives_streams_their_parents(void **state)
{
	static const char text[] =
		"{\"streams\": [{\"tap_stream_id\": \"a\"},"
		" {\"tap_stream_id\": \"b\", \"metadata\": [{\"breadcrumb\": [],"
		" \"metadata\": {\"parent-tap-stream-id\": \"x\"}}]}, {\"tap_stream_id\": \"c\"}]}";
	json_t *overlay = json_loads("{\"streams\": {\"b\": {\"parent\": \"a\"},"
				     " \"c\": {\"parent\": \"b\"}}}", 0, NULL);
	struct singer_catalog catalog;
	struct error error = ERROR_NONE;
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	buffer_append_string(&buffer, text);
	assert_true(singer_catalog_parse(&catalog, &buffer, &error));
	assert_true(overlay_set_parents(NULL, &catalog, &error));
	assert_string_equal(catalog.entries[1].parent_id, "x");
	assert_true(overlay_set_parents(overlay, &catalog, &error));
	assert_null(catalog.entries[0].parent_id);
	assert_string_equal(catalog.entries[1].parent_id, "a");
	assert_string_equal(catalog.entries[2].parent_id, "b");
	singer_catalog_release(&catalog);
	json_decref(overlay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overlay_is_checked_strictly),
		cmocka_unit_test(a_stream_is_found_by_its_id),
		cmocka_unit_test(a_stream_is_found_by_the_name_that_the_overlay_gave_it),
		cmocka_unit_test(an_overlay_gives_streams_their_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
