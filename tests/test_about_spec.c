#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "about_spec.h"
#include "buffer.h"
#include "count.h"
#include "spec_schema.h"

/* What becomes of one setting; its `order` is 0 always. */
static const struct {
	const char *setting, *spec;
	bool noted;
} settings[] = {
	/* singer-sdk 0.3: a list with null, no titles */
	{ "{\"auth_token\": {\"type\": [\"string\", \"null\"]}}",
	  "{\"type\": \"string\", \"title\": \"Auth token\", \"airbyte_secret\": true}", false },
	{ "{\"start_date\": {\"type\": [\"string\", \"null\"], \"format\": \"date-time\"}}",
	  "{\"type\": \"string\", \"title\": \"Start date\", \"format\": \"date-time\"}", false },
	/* 0.40: descriptions, defaults, an enum with null */
	{ "{\"backoff_type\": {\"type\": [\"string\", \"null\"], \"description\": \"How.\","
	  " \"enum\": [null, \"message\", \"header\"], \"default\": null}}",
	  "{\"type\": \"string\", \"title\": \"Backoff type\", \"description\": \"How.\","
	  " \"enum\": [\"message\", \"header\"]}", false },
	{ "{\"page_size\": {\"type\": [\"integer\", \"null\"], \"default\": 50, \"minimum\": 1}}",
	  "{\"type\": \"integer\", \"title\": \"Page size\", \"default\": 50, \"minimum\": 1}",
	  false },
	{ "{\"headers\": {\"type\": [\"object\", \"null\"], \"properties\": {}}}",
	  "{\"type\": \"object\", \"title\": \"Headers\"}", false },
	{ "{\"api_keys\": {\"type\": [\"object\", \"null\"], \"properties\": {}}}",
	  "{\"type\": \"object\", \"title\": \"API keys\", \"additionalProperties\":"
	  " {\"type\": \"string\", \"airbyte_secret\": true}}", false },
	{ "{\"ids\": {\"type\": \"array\", \"items\": {\"type\": [\"string\"]}}}",
	  "{\"type\": \"array\", \"title\": \"IDs\", \"items\": {\"type\": \"string\"}}", false },
	/* 0.50: titles, marks of secrets, examples */
	{ "{\"pkey\": {\"type\": [\"string\", \"null\"], \"title\": \"Key\", \"secret\": true,"
	  " \"writeOnly\": true, \"default\": \"x\", \"examples\": [\"y\"]}}",
	  "{\"type\": \"string\", \"title\": \"Key\", \"airbyte_secret\": true}", false },
	{ "{\"host\": {\"type\": \"string\", \"writeOnly\": true}}",
	  "{\"type\": \"string\", \"title\": \"Host\", \"airbyte_secret\": true}", false },
	{ "{\"use_password\": {\"type\": [\"boolean\", \"null\"], \"default\": true}}",
	  "{\"type\": \"boolean\", \"title\": \"Use password\", \"default\": true}", false },
	{ "{\"region\": {\"type\": [\"null\", \"string\"], \"examples\": [null, \"eu\"]}}",
	  "{\"type\": \"string\", \"title\": \"Region\", \"examples\": [\"eu\"]}", false },
	/* objects in objects, with an order of their own */
	{ "{\"ftp\": {\"type\": [\"object\", \"null\"], \"required\": [\"host\", \"gone\"],"
	  " \"properties\": {\"host\": {\"type\": [\"string\"]}, \"password\":"
	  " {\"type\": [\"string\", \"null\"]}}, \"additionalProperties\": false}}",
	  "{\"type\": \"object\", \"title\": \"FTP\", \"required\": [\"host\"], \"properties\":"
	  " {\"host\": {\"type\": \"string\", \"title\": \"Host\", \"order\": 0}, \"password\":"
	  " {\"type\": \"string\", \"title\": \"Password\", \"airbyte_secret\": true,"
	  " \"order\": 1}}, \"additionalProperties\": false}", false },
	/* ways to choose from; null is none, and one alone is no choice */
	{ "{\"auth\": {\"oneOf\": [{\"type\": \"object\", \"properties\": {\"kind\": {\"const\":"
	  " \"api_key\"}, \"key\": {\"type\": \"string\", \"secret\": true}}}, {\"type\":"
	  " \"object\", \"title\": \"Login\", \"properties\": {\"kind\": {\"const\":"
	  " \"login\"}}}, {\"type\": \"null\"}]}}",
	  "{\"title\": \"Auth\", \"oneOf\": [{\"type\": \"object\", \"properties\": {\"kind\":"
	  " {\"title\": \"Kind\", \"const\": \"api_key\", \"order\": 0}, \"key\": {\"type\":"
	  " \"string\", \"title\": \"Key\", \"airbyte_secret\": true, \"order\": 1}},"
	  " \"title\": \"API key\"}, {\"type\": \"object\", \"title\": \"Login\","
	  " \"properties\": {\"kind\": {\"title\": \"Kind\", \"const\": \"login\","
	  " \"order\": 0}}}], \"type\": \"object\"}", false },
	/* ways that no constant tells apart: a form would break */
	{ "{\"auth\": {\"anyOf\": [{\"type\": \"object\", \"required\": [\"key\"],"
	  " \"properties\": {\"key\": {\"type\": \"string\"}}}, {\"properties\":"
	  " {\"key\": {\"type\": \"integer\"}, \"user\": {\"type\": \"string\"}}}]}}",
	  "{\"title\": \"Auth\", \"type\": \"object\", \"properties\": {\"key\":"
	  " {\"type\": \"string\", \"title\": \"Key\", \"order\": 0}, \"user\":"
	  " {\"type\": \"string\", \"title\": \"User\", \"order\": 1}}}", true },
	{ "{\"a\": {\"anyOf\": [{\"type\": \"string\", \"format\": \"uri\"}, {\"type\":"
	  " \"null\"}, \"null\"], \"description\": \"D.\"}}",
	  "{\"type\": \"string\", \"title\": \"A\", \"description\": \"D.\", \"format\":"
	  " \"uri\"}", false },
	/* several kinds: a form offers the first type */
	{ "{\"a\": {\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"string\"}]}}",
	  "{\"title\": \"A\", \"type\": [\"string\", \"integer\"]}", true },
	{ "{\"schema\": {\"anyOf\": [{\"type\": \"object\", \"properties\": {\"x\":"
	  " {}}}, {\"type\": \"null\"}, {\"type\": [\"string\", \"null\"]}],"
	  " \"title\": \"S\"}}",
	  "{\"type\": [\"string\", \"object\"], \"title\": \"S\", \"properties\": {\"x\":"
	  " {\"title\": \"X\", \"order\": 0}}}", true },
	{ "{\"a\": {\"anyOf\": [{\"type\": \"string\"}, {\"type:\": \"object\"}]}}",
	  "{\"type\": [\"string\", \"number\", \"boolean\", \"object\", \"array\"], \"title\":"
	  " \"A\", \"items\": {}}", true },
	{ "{\"token\": {\"oneOf\": [{\"type\": \"array\", \"items\": {\"type\": \"string\"}},"
	  " {\"type\": \"string\", \"secret\": true}]}}",
	  "{\"type\": [\"string\", \"array\"], \"title\": \"Token\", \"items\": {\"type\":"
	  " \"string\", \"airbyte_secret\": true}, \"airbyte_secret\": true}", true },
	{ "{\"a\": {\"type\": [\"object\", \"number\", \"null\"]}}",
	  "{\"type\": [\"number\", \"object\"], \"title\": \"A\"}", true },
	{ "{\"a\": {\"type\": [\"string\", \"integer\", \"null\"]}}",
	  "{\"type\": [\"string\", \"integer\"], \"title\": \"A\"}", true },
	/* what a spec cannot say */
	{ "{\"a\": {\"type\": \"string\", \"pattern\": \"(\", \"description\": \"D.\"}}",
	  "{\"title\": \"A\", \"description\": \"D.\"}", true },
	{ "{\"a\": {\"type\": \"string\", \"not\": {}, \"$ref\": \"#/x\", \"minLength\": \"1\"}}",
	  "{\"type\": \"string\", \"title\": \"A\"}", false },
	{ "{\"a\": {\"type\": \"text\"}}", "{\"title\": \"A\"}", true },
	{ "{\"a\": {}}", "{\"title\": \"A\"}", false },
	{ "{\"a\": true}", "{\"title\": \"A\"}", false },
};

static json_t *make(const char *about_text, json_t *notes)
{
	json_t *about = json_loads(about_text, 0, NULL), *spec;
	struct error error = ERROR_NONE;

	assert_non_null(about);
	spec = about_spec_make(about, "X", notes, &error);
	assert_non_null(spec);
	assert_true(spec_schema_check(spec, "", &error));
	json_decref(about);
	return spec;
}

static void a_setting_is_taken_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(settings); i++) {
		json_t *expected = json_loads(settings[i].spec, JSON_DECODE_ANY, NULL);
		json_t *notes = json_array(), *spec, *found;
		char about[2000];

		(void)snprintf(about, sizeof(about), "{\"settings\": {\"properties\": %s}}",
			       settings[i].setting);
		spec = make(about, notes);
		found = json_object_iter_value(json_object_iter(
			json_object_get(spec, "properties")));
		assert_int_equal(json_object_del(found, "order"), 0);
		if (!json_equal(found, expected))
			fail_msg("%s became %s", settings[i].setting,
				 json_dumps(found, JSON_INDENT(1)));
		if ((json_array_size(notes) > 0) != settings[i].noted)
			fail_msg("%s: notes %s", settings[i].setting, json_dumps(notes, 0));
		json_decref(expected);
		json_decref(notes);
		json_decref(spec);
	}
}

static void what_the_sdk_adds_is_left_out(void **state)
{
	json_t *notes = json_array();
	json_t *spec = make(
		"{\"name\": \"tap-x\", \"settings\": {\"type\": \"object\","
		" \"$schema\": \"2020-12\","
		" \"required\": [\"b\", \"stream_maps\"], \"properties\": {"
		" \"stream_maps\": {\"additionalProperties\": {\"anyOf\": [\"null\"]}},"
		" \"stream_map_config\": {}, \"faker_config\": {}, \"flattening_enabled\": {},"
		" \"flattening_max_depth\": {}, \"flattening_separator\": {}, \"batch_config\": {},"
		" \"b\": {\"type\": \"string\"}, \"a\": {\"type\": \"string\"}}}}", notes);
	json_t *expected = json_pack(
		"{s:s, s:s, s:s, s:b, s:[s], s:{s:{s:s,s:s,s:i}, s:{s:s,s:s,s:i}}}",
		"$schema", "http://json-schema.org/draft-07/schema#", "title", "X", "type", "object",
		"additionalProperties", 1, "required", "b", "properties",
		"b", "type", "string", "title", "B", "order", 0,
		"a", "type", "string", "title", "A", "order", 1);

	(void)state;
	assert_true(json_equal(spec, expected));
	assert_int_equal(json_array_size(notes), 0);
	json_decref(notes);
	json_decref(spec);
	json_decref(expected);
}

static void a_tap_without_settings_has_a_spec_without_properties(void **state)
{
	json_t *notes = json_array(), *about = json_object();
	json_t *spec = make("{\"settings\": {}}", notes);
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(json_is_object(json_object_get(spec, "properties")));
	assert_null(about_spec_make(about, "X", notes, &error));
	assert_true(error.set);
	json_decref(about);
	json_decref(notes);
	json_decref(spec);
}

static void settings_without_an_end_are_left_open(void **state)
{
	json_t *notes = json_array(), *spec, *schema;
	struct buffer text;
	size_t depth = 0;
	char *about;

	(void)state;
	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, "{\"settings\": {\"properties\": {\"a\": ");
	for (int i = 0; i < 100; i++)
		buffer_append_string(&text, "{\"properties\": {\"a\": ");
	buffer_append_string(&text, "{}");
	for (int i = 0; i < 100; i++)
		buffer_append_string(&text, "}}");
	buffer_append_string(&text, "}}}");
	about = buffer_to_string(&text);
	spec = make(about, notes);
	for (schema = spec; schema != NULL; depth++)
		schema = json_object_get(json_object_get(schema, "properties"), "a");
	assert_in_range(depth, 5, 20);
	free(about);
	buffer_release(&text);
	json_decref(notes);
	json_decref(spec);
}

static void what_was_learned_becomes_a_spec(void **state)
{
	json_t *required = json_pack("[s,s]", "token", "start_date");
	json_t *defaults = json_pack("{s:n, s:s, s:i, s:b, s:s, s:n}", "start_date", "base", "USD",
				     "days", 7, "archived", 0, "password", "x", "ids");
	json_t *config = json_pack("{s:s, s:[i], s:s, s:i}", "token", "very secret", "ids", 1,
				   "days", "14", "extra", 5);
	struct error error = ERROR_NONE;
	json_t *spec = about_spec_learned(required, defaults, config, "X", &error);
	json_t *expected = json_loads(
		"{\"token\": {\"type\": \"string\", \"title\": \"Token\", \"order\": 0,"
		" \"airbyte_secret\": true},"
		"\"start_date\": {\"type\": \"string\", \"title\": \"Start date\", \"order\": 1,"
		" \"examples\": [\"2024-01-01T00:00:00Z\"]},"
		"\"ids\": {\"type\": \"array\", \"title\": \"IDs\", \"order\": 2},"
		"\"days\": {\"type\": \"string\", \"title\": \"Days\", \"order\": 3},"
		"\"extra\": {\"type\": \"integer\", \"title\": \"Extra\", \"order\": 4},"
		"\"base\": {\"type\": \"string\", \"title\": \"Base\", \"order\": 5,"
		" \"default\": \"USD\"},"
		"\"archived\": {\"type\": \"boolean\", \"title\": \"Archived\", \"order\": 6,"
		" \"default\": false},"
		"\"password\": {\"type\": \"string\", \"title\": \"Password\", \"order\": 7,"
		" \"airbyte_secret\": true}}", 0, NULL);
	char *text = json_dumps(spec, 0);

	(void)state;
	assert_true(json_equal(json_object_get(spec, "properties"), expected));
	assert_true(json_equal(json_object_get(spec, "required"), required));
	assert_null(strstr(text, "very secret"));
	assert_true(spec_schema_check(spec, "", &error));
	free(text);
	json_decref(required);
	json_decref(defaults);
	json_decref(config);
	json_decref(spec);
	json_decref(expected);
}

static void a_tap_may_require_more_than_it_tells(void **state)
{
	json_t *notes = json_array(), *required = json_pack("[s,s,s]", "a", "b", "api_key");
	json_t *spec = make("{\"settings\": {\"required\": [\"a\"], \"properties\": {\"a\":"
			    " {\"type\": \"integer\"}, \"b\": {\"type\": \"boolean\"}}}}", notes);
	struct error error = ERROR_NONE;
	json_t *properties;

	(void)state;
	assert_true(about_spec_require(spec, required, &error));
	assert_true(json_equal(json_object_get(spec, "required"), required));
	properties = json_object_get(spec, "properties");
	assert_string_equal(json_string_value(json_object_get(
		json_object_get(properties, "b"), "type")), "boolean");
	assert_true(json_is_true(json_object_get(json_object_get(properties, "api_key"),
						 "airbyte_secret")));
	json_decref(notes);
	json_decref(required);
	json_decref(spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_is_taken_over),
		cmocka_unit_test(what_the_sdk_adds_is_left_out),
		cmocka_unit_test(a_tap_without_settings_has_a_spec_without_properties),
		cmocka_unit_test(settings_without_an_end_are_left_open),
		cmocka_unit_test(what_was_learned_becomes_a_spec),
		cmocka_unit_test(a_tap_may_require_more_than_it_tells),
	};

	return cmocka_run_group_tests_name("about_spec", tests, NULL, NULL);
}
