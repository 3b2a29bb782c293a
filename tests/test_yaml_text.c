#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "yaml_text.h"

static char *yaml_of(const char *json)
{
	json_t *value = json_loads(json, 0, NULL);
	struct buffer text;
	char *yaml;

	assert_non_null(value);
	buffer_init(&text, BUFFER_MAXIMUM);
	assert_true(yaml_text_append(&text, value));
	yaml = buffer_to_string(&text);
	json_decref(value);
	buffer_release(&text);
	assert_non_null(yaml);
	return yaml;
}

static void values_are_written_in_blocks(void **state)
{
	static const struct {
		const char *json;
		const char *yaml;
	} cases[] = {
		{ "{}", "" },
		{ "{\"a\": \"b\"}", "a: \"b\"\n" },
		{ "{\"z\": 1, \"a\": -2.5, \"n\": null, \"t\": true}",
		  "z: 1\na: -2.5\n\"n\": null\nt: true\n" },
		{ "{\"a\": {\"b\": {\"c\": 1}}, \"d\": 2}", "a:\n  b:\n    c: 1\nd: 2\n" },
		{ "{\"a\": [1, \"x\"]}", "a:\n  - 1\n  - \"x\"\n" },
		{ "{\"a\": {}, \"b\": [], \"c\": [[]]}", "a: {}\nb: []\nc:\n  - []\n" },
		{ "{\"a\": [{\"b\": 1, \"c\": 2}]}", "a:\n  -\n    b: 1\n    c: 2\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *yaml = yaml_of(cases[i].json);

		assert_string_equal(yaml, cases[i].yaml);
		free(yaml);
	}
}

static void strings_that_yaml_might_take_for_something_else_are_quoted(void **state)
{
	static const struct {
		const char *json;
		const char *yaml;
	} cases[] = {
		{ "{\"a\": \"no\"}", "a: \"no\"\n" },
		{ "{\"a\": \"1.0\"}", "a: \"1.0\"\n" },
		{ "{\"a\": \": #\\n\\\"\\\\\"}", "a: \": #\\n\\\"\\\\\"\n" },
		{ "{\"No\": 1}", "\"No\": 1\n" },
		{ "{\"on\": 1}", "\"on\": 1\n" },
		{ "{\"null\": 1}", "\"null\": 1\n" },
		{ "{\"1\": 1}", "\"1\": 1\n" },
		{ "{\"\": 1}", "\"\": 1\n" },
		{ "{\"a b\": 1}", "\"a b\": 1\n" },
		{ "{\"a:\": 1}", "\"a:\": 1\n" },
		{ "{\"\xC3\xA4\": 1}", "\"\xC3\xA4\": 1\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *yaml = yaml_of(cases[i].json);

		assert_string_equal(yaml, cases[i].yaml);
		free(yaml);
	}
}

/* PyYAML, libyaml and ruamel.yaml read these back as they were. */
static void what_yaml_reads_otherwise_than_json_is_written_otherwise(void **state)
{
	static const struct {
		const char *json;
		const char *yaml;
	} cases[] = {
		{ "{\"a\": \"\\u007f\\u0080\\u0085\\u009f\\u00a0\"}",
		  "a: \"\\u007F\\u0080\\u0085\\u009F\xC2\xA0\"\n" },
		{ "{\"a\": \"\\u2027\\u2028\\u2029\\ufeff\\ufffd\\ufffe\\uffff\"}",
		  "a: \"\xE2\x80\xA7\\u2028\\u2029\\uFEFF\xEF\xBF\xBD\\uFFFE\\uFFFF\"\n" },
		{ "{\"a\": \"\\ud83d\\ude00\\\\\\\"\\u007f\"}",
		  "a: \"\xF0\x9F\x98\x80\\\\\\\"\\u007F\"\n" },
		{ "{\"\\u2028\": \"\\\\\"}", "\"\\u2028\": \"\\\\\"\n" },
		{ "{\"a\": 1e20, \"b\": -1.5e300, \"c\": 1e-7, \"d\": [1e20]}",
		  "a: 1.0e+20\nb: -1.5e+300\nc: 1.0e-7\nd:\n  - 1.0e+20\n" },
		{ "{\"a\": [true, false, null, \"1e5\"]}",
		  "a:\n  - true\n  - false\n  - null\n  - \"1e5\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *yaml = yaml_of(cases[i].json);

		assert_string_equal(yaml, cases[i].yaml);
		free(yaml);
	}
}

static void a_key_that_no_scanner_would_take_for_one_is_marked(void **state)
{
	char key[1002] = "";
	json_t *value;
	struct buffer text;
	char *yaml;

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	value = json_pack("{s:{s:i}}", "a", key, 1);
	buffer_init(&text, BUFFER_MAXIMUM);
	assert_true(yaml_text_append(&text, value));
	yaml = buffer_to_string(&text);
	assert_int_equal(strncmp(yaml, "a:\n  ? kkk", 10), 0);
	assert_string_equal(yaml + strlen(yaml) - 9, "kkk\n  : 1\n" + 1);
	free(yaml);
	json_decref(value);
	buffer_release(&text);
}

static void what_is_very_deep_is_written_as_json(void **state)
{
	json_t *value = json_integer(1);
	struct buffer text;
	char *yaml;

	(void)state;
	for (size_t i = 0; i < 67; i++)
		value = json_pack("[o]", value);
	value = json_pack("{s:o}", "a", value);
	assert_non_null(value);
	buffer_init(&text, BUFFER_MAXIMUM);
	assert_true(yaml_text_append(&text, value));
	yaml = buffer_to_string(&text);
	assert_non_null(yaml);
	assert_non_null(strstr(yaml, "a:\n  -\n    -\n"));
	assert_non_null(strstr(yaml, "- [[["));
	assert_non_null(strstr(yaml, "1]]]"));
	free(yaml);
	json_decref(value);
	buffer_release(&text);
}

static void a_text_that_gets_too_long_is_a_failure(void **state)
{
	json_t *value = json_pack("{s:s}", "key", "value");
	struct buffer text;

	(void)state;
	buffer_init(&text, 4);
	assert_false(yaml_text_append(&text, value));
	json_decref(value);
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_blocks),
		cmocka_unit_test(strings_that_yaml_might_take_for_something_else_are_quoted),
		cmocka_unit_test(what_yaml_reads_otherwise_than_json_is_written_otherwise),
		cmocka_unit_test(a_key_that_no_scanner_would_take_for_one_is_marked),
		cmocka_unit_test(what_is_very_deep_is_written_as_json),
		cmocka_unit_test(a_text_that_gets_too_long_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
