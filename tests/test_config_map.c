#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config_map.h"
#include "json_compact.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIRECTORY "/data"

static void rules_turn_a_config_into_the_taps(void **state)
{
	static const struct {
		const char *rules;
		const char *config;
		const char *mapped;
	} cases[] = {
		/* from */
		{ "{\"d\": {\"from\": \"/a\"}}", "{\"a\": \"x\", \"b\": 1}", "{\"d\":\"x\"}" },
		{ "{\"d\": {\"from\": \"/a/b/1\"}}", "{\"a\": {\"b\": [5, 6]}}", "{\"d\":6}" },
		{ "{\"d\": {\"from\": \"/a/b/2\"}}", "{\"a\": {\"b\": [5, 6]}}", "{}" },
		{ "{\"d\": {\"from\": \"/b/01\"}}", "{\"b\": [5, 6]}", "{}" },
		{ "{\"d\": {\"from\": \"/b/\"}}", "{\"b\": [5]}", "{}" },
		{ "{\"d\": {\"from\": \"/b/-\"}}", "{\"b\": [5]}", "{}" },
		{ "{\"d\": {\"from\": \"/b/99999999999999999999\"}}", "{\"b\": [5]}", "{}" },
		{ "{\"d\": {\"from\": \"/a~1b/~0/~01\"}}", "{\"a/b\": {\"~\": {\"~1\": 7}}}",
		  "{\"d\":7}" },
		{ "{\"d\": {\"from\": \"/\"}}", "{\"\": 1}", "{\"d\":1}" },
		{ "{\"d\": {\"from\": \"\"}}", "{\"a\": 1}", "{\"d\":{\"a\":1}}" },
		{ "{\"d\": {\"from\": \"/a/b\"}}", "{\"a\": \"text\"}", "{}" },
		{ "{\"d\": {\"from\": \"/a\"}}", "{\"a\": null}", "{}" },
		{ "{\"d\": {\"from\": \"/a\"}}", "{\"a\": \"\"}", "{\"d\":\"\"}" },
		{ "{\"d\": {\"from\": [\"/a\", \"/b\", \"/c\"]}}",
		  "{\"a\": null, \"b\": 2, \"c\": 3}", "{\"d\":2}" },
		/* value, default */
		{ "{\"d\": {\"value\": {\"x\": [1]}}}", "{}", "{\"d\":{\"x\":[1]}}" },
		{ "{\"d\": {\"value\": null}}", "{}", "{}" },
		{ "{\"d\": {\"from\": \"/a\", \"default\": 300}}", "{}", "{\"d\":300}" },
		{ "{\"d\": {\"from\": \"/a\", \"default\": 300}}", "{\"a\": null}", "{\"d\":300}" },
		{ "{\"d\": {\"from\": \"/a\", \"default\": 300}}", "{\"a\": 0}", "{\"d\":0}" },
		{ "{\"d\": {\"from\": \"/a\", \"default\": null}}", "{}", "{}" },
		/* join */
		{ "{\"d\": {\"from\": \"/a\", \"join\": \" \"}}",
		  "{\"a\": [\"x/y\", 1, 0.1, true, \"z\"]}", "{\"d\":\"x/y 1 0.1 true z\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \", \"}}", "{\"a\": [\"x\"]}",
		  "{\"d\":\"x\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \" \"}}", "{\"a\": []}", "{\"d\":\"\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \"-\", \"default\": [1, 2]}}", "{}",
		  "{\"d\":\"1-2\"}" },
		/* as */
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": true}",
		  "{\"d\":\"true\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 5432}",
		  "{\"d\":\"5432\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": \"x\"}",
		  "{\"d\":\"x\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\", \"default\": false}}", "{}",
		  "{\"d\":\"false\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\"}}",
		  "{\"a\": [{\"b\": \"\xC3\xA4\", \"c\": 0.1}, null]}",
		  "{\"d\":\"[{\\\"b\\\":\\\"\xC3\xA4\\\",\\\"c\\\":0.1},null]\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\"}}", "{\"a\": \"x\"}",
		  "{\"d\":\"\\\"x\\\"\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"in/x.csv\"}",
		  "{\"d\":\"/data/in/x.csv\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"/in/x.csv\"}",
		  "{\"d\":\"/in/x.csv\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"s3://bucket/x\"}",
		  "{\"d\":\"s3://bucket/x\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"\"}",
		  "{\"d\":\"\"}" },
		/* "*" */
		{ "{\"*\": {\"from\": [\"\", \"/c\"]}, \"a\": {\"value\": 9}, \"c\": {\"value\": "
		  "null}}",
		  "{\"a\": 1, \"b\": 2, \"n\": null, \"c\": {\"b\": 3, \"n\": 4, \"a\": 5}}",
		  "{\"a\":9,\"b\":2,\"n\":4}" },
		{ "{\"*\": {\"from\": \"\"}}", "{\"a\": {\"b\": null}}", "{\"a\":{\"b\":null}}" },
		{ "{\"*\": {\"from\": \"/c\"}, \"d\": {\"from\": \"/none\"}}", "{\"d\": 1}", "{}" },
		{ "{}", "{\"a\": 1}", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = json_loads(cases[i].rules, 0, NULL);
		json_t *config = json_loads(cases[i].config, 0, NULL);
		json_t *mapped;
		char *text;

		assert_true(config_map_check(rules, "/config", &error));
		mapped = config_map_apply(rules, config, DIRECTORY, &error);
		assert_false(error.set);
		text = json_compact(mapped);
		assert_string_equal(text, cases[i].mapped);
		free(text);
		json_decref(mapped);
		json_decref(config);
		json_decref(rules);
	}
}

static void without_rules_the_config_is_passed_as_it_is(void **state)
{
	struct error error = ERROR_NONE;
	json_t *config = json_loads("{\"a\": null, \"b\": [1]}", 0, NULL);
	json_t *mapped = config_map_apply(NULL, config, DIRECTORY, &error);

	(void)state;
	assert_true(json_equal(config, mapped));
	json_decref(mapped);
	json_decref(config);
}

static void a_value_that_a_rule_cannot_take_is_a_config_error(void **state)
{
	static const struct {
		const char *rule;
		const char *config;
		const char *message;
	} cases[] = {
		{ "{\"from\": \"/a\", \"join\": \" \"}", "{\"a\": \"hush\"}",
		  "/a: is a string, must be an array" },
		{ "{\"from\": \"/a\", \"join\": \" \"}", "{\"a\": [\"x\", {}]}",
		  "/a/1: is an object, must be a string, a number or a boolean" },
		{ "{\"from\": [\"/b\", \"/a\"], \"as\": \"string\"}", "{\"a\": [1]}",
		  "/a: is an array, must be a string, a number or a boolean" },
		{ "{\"from\": \"/a\", \"as\": \"path\"}", "{\"a\": 1}",
		  "/a: is an integer, must be a string" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = json_pack("{s:o}", "d", json_loads(cases[i].rule, 0, NULL));
		json_t *config = json_loads(cases[i].config, 0, NULL);

		assert_true(config_map_check(rules, "/config", &error));
		assert_null(config_map_apply(rules, config, DIRECTORY, &error));
		assert_string_equal(error.message, cases[i].message);
		assert_int_equal(error.type, FAILURE_CONFIG);
		json_decref(config);
		json_decref(rules);
	}
}

static void all_others_must_come_from_objects(void **state)
{
	struct error error = ERROR_NONE;
	json_t *rules = json_loads("{\"*\": {\"from\": \"/a\"}}", 0, NULL);
	json_t *config = json_loads("{\"a\": \"hush\"}", 0, NULL);

	(void)state;
	assert_null(config_map_apply(rules, config, DIRECTORY, &error));
	assert_string_equal(error.message, "/a: is a string, must be an object");
	assert_int_equal(error.type, FAILURE_CONFIG);
	json_decref(config);
	json_decref(rules);
}

static void a_wrong_rule_is_an_error_that_names_the_place(void **state)
{
	static const struct {
		const char *rules;
		const char *message;
	} cases[] = {
		{ "[]", "/config: is an array, must be an object" },
		{ "{\"d\": \"/a\"}", "/config/d: is a string, must be an object" },
		{ "{\"d\": {}}", "/config/d: must have either \"from\" or \"value\"" },
		{ "{\"d\": {\"from\": \"/a\", \"value\": 1}}",
		  "/config/d: must have either \"from\" or \"value\"" },
		{ "{\"d\": {\"form\": \"/a\"}}",
		  "/config/d/form: unknown key; expected one of from, value, default, join, as" },
		{ "{\"d\": {\"from\": 1}}",
		  "/config/d/from: is an integer, must be a string or an array" },
		{ "{\"d\": {\"from\": []}}", "/config/d/from: must not be empty" },
		{ "{\"d\": {\"from\": [\"/a\", \"b\"]}}",
		  "/config/d/from/1: must be a JSON pointer: \"\" or begin with \"/\"" },
		{ "{\"d\": {\"from\": \"/a~\"}}",
		  "/config/d/from: must be a JSON pointer: \"~\" is written \"~0\"" },
		{ "{\"d\": {\"value\": 1, \"as\": \"string\"}}",
		  "/config/d: \"value\" must stand alone" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"int\"}}",
		  "/config/d/as: is \"int\", must be one of \"string\", \"json\", \"path\"" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\", \"join\": \",\"}}",
		  "/config/d: \"join\" and \"as\" exclude each other" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": true}}",
		  "/config/d/join: is true, must be a string" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \" \", \"default\": \"x\"}}",
		  "/config/d/default: is a string, must be an array" },
		{ "{\"*\": {\"value\": 1}}",
		  "/config/*: the rule \"*\" must have \"from\" and nothing else" },
		{ "{\"*\": {\"from\": \"\", \"default\": {}}}",
		  "/config/*: the rule \"*\" must have \"from\" and nothing else" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = json_loads(cases[i].rules, 0, NULL);

		assert_false(config_map_check(rules, "/config", &error));
		assert_string_equal(error.message, cases[i].message);
		assert_int_equal(error.type, FAILURE_SYSTEM);
		json_decref(rules);
	}
}

static void numbers_are_written_as_short_as_they_are_exact(void **state)
{
	static const struct {
		const char *read;
		const char *written;
	} cases[] = {
		{ "0.1", "0.1" },
		{ "1.0", "1.0" },
		{ "[0.1,0.30000000000000004]", "[0.10000000000000001,0.30000000000000004]" },
		{ "3.141592653589793", "3.141592653589793" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "\"a\"", "\"a\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *value = json_loads(cases[i].read, JSON_DECODE_ANY, NULL);
		char *text = json_compact(value);

		assert_string_equal(text, cases[i].written);
		free(text);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_turn_a_config_into_the_taps),
		cmocka_unit_test(without_rules_the_config_is_passed_as_it_is),
		cmocka_unit_test(a_value_that_a_rule_cannot_take_is_a_config_error),
		cmocka_unit_test(all_others_must_come_from_objects),
		cmocka_unit_test(a_wrong_rule_is_an_error_that_names_the_place),
		cmocka_unit_test(numbers_are_written_as_short_as_they_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
