#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "config_probe.h"
#include "count.h"
#include "json_compact.h"

#define TRACEBACK "Traceback (most recent call last):\n  File \"tap.py\", line 3, in main\n"

static const struct {
	const char *log;
	const char *found; /* a JSON array */
} cases[] = {
	/* singer-python, plain and as its traceback ends; pipelinewise's */
	{ "CRITICAL Config is missing required keys: ['token', 'start_date']",
	  "[\"token\",\"start_date\"]" },
	{ TRACEBACK "    check_config(args.config, keys)\n"
	  "Exception: Config is missing required keys: ['access_key']\n", "[\"access_key\"]" },
	{ "time=2026-11-21 09:47:48 name=tap_x level=CRITICAL message=Config is missing required "
	  "keys: ['host', 'port']", "[\"host\",\"port\"]" },
	/* words like it, of taps that check by themselves */
	{ "Missing required config keys: {'a'}", "[\"a\"]" },
	{ "ERROR The following required settings are missing: client_id, client_secret",
	  "[\"client_id\",\"client_secret\"]" },
	{ "Required keys missing from config: 'a', \"b\"", "[\"a\",\"b\"]" },
	/* the SDK, once a line and structured */
	{ "2026-11-21 | ERROR    | tap-x | 'api_key' is a required property\n"
	  "2026-11-21 | ERROR    | tap-x | \"site.id\" is a required property",
	  "[\"api_key\",\"site.id\"]" },
	/* voluptuous */
	{ "voluptuous.error.MultipleInvalid: required key not provided @ data['tables']",
	  "[\"tables\"]" },
	/* a KeyError, with and without Python 3.11's underline */
	{ TRACEBACK "    token = config['token']\n            ~~~~~~^^^^^^^^^\nKeyError: 'token'",
	  "[\"token\"]" },
	{ TRACEBACK "    self.key = self.CONFIG[\"key\"]\nKeyError: 'key'", "[\"key\"]" },
	{ TRACEBACK "    rate = data['rates']\nKeyError: 'rates'", "[]" },
	{ "KeyError: 'config'", "[]" },
	/* what names nothing */
	{ "", "[]" },
	{ "INFO all is well", "[]" },
	{ "Config is missing required keys", "[]" },
	{ "Config is missing required keys: [", "[]" },
	{ "Config is missing required keys: ['", "[]" },
	{ "Config is missing required keys: ['a", "[]" },
	{ "missing required keys: please read the documentation", "[]" },
	{ "' is a required property", "[]" },
	{ " is a required property", "[]" },
	{ "'' is a required property", "[]" },
	{ "x' is a required property", "[]" },
	{ "required key not provided @ data[", "[]" },
	{ "missing required keys: ['no name', '1a', '../x', 'a\"b']", "[]" },
	{ "missing required keys: ['a', 'a', 'b']", "[\"a\",\"b\"]" },
};

static void a_log_names_the_settings_that_are_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *required = json_array();
		/* the exact bytes, for the sanitizer to see what is read beyond them */
		char *copy = strndup(cases[i].log, strlen(cases[i].log));
		size_t added = config_probe_find(slice_of(copy, strlen(copy)), required);
		char *text = json_compact(required);

		if (strcmp(text, cases[i].found) != 0)
			fail_msg("%s: %s, not %s", cases[i].log, text, cases[i].found);
		assert_int_equal(added, json_array_size(required));
		free(text);
		free(copy);
		json_decref(required);
	}
}

static void a_zero_byte_is_no_part_of_a_name(void **state)
{
	json_t *required = json_array();

	(void)state;
	assert_int_equal(config_probe_find(SLICE("missing required keys: ['a\0b', 'c']"),
					   required), 1);
	assert_string_equal(json_string_value(json_array_get(required, 0)), "c");
	json_decref(required);
}

static void what_is_known_is_not_new(void **state)
{
	json_t *required = json_pack("[s]", "token");

	(void)state;
	assert_int_equal(config_probe_find(SLICE("missing required keys: ['token', 'id']"),
					   required), 1);
	assert_int_equal(config_probe_find(SLICE("missing required keys: ['token', 'id']"),
					   required), 0);
	assert_int_equal(json_array_size(required), 2);
	json_decref(required);
}

static void a_log_without_an_end_of_names_is_not_believed(void **state)
{
	json_t *required = json_array();
	struct buffer log;

	(void)state;
	buffer_init(&log, BUFFER_MAXIMUM);
	buffer_append_string(&log, "missing required keys: [");
	for (int i = 0; i < 1000; i++) {
		buffer_append_string(&log, "'a");
		buffer_append_integer(&log, i);
		buffer_append_string(&log, "',");
	}
	buffer_append_string(&log, "]");
	assert_int_equal(config_probe_find(buffer_slice(&log), required), CONFIG_PROBE_SETTINGS);
	json_decref(required);
	buffer_release(&log);
}

static void placeholders_suit_the_spec(void **state)
{
	json_t *required = json_pack("[s,s,s,s,s,s,s,s]", "token", "mode", "size", "ids", "on",
				     "extra", "start_date", "day");
	json_t *spec = json_pack("{s:{s:{s:s},s:{s:s,s:[s,s]},s:{s:s,s:i},s:{s:s},s:{s:s},s:{s:s},"
				 "s:{s:s,s:[s]}}}", "properties",
				 "token", "type", "string",
				 "mode", "type", "string", "enum", "a", "b",
				 "size", "type", "integer", "default", 50, "ids", "type", "array",
				 "on", "type", "boolean", "extra", "type", "object",
				 "day", "type", "string", "examples", "2024-05-01");
	json_t *config = config_probe_placeholders(required, spec);
	char *text = json_compact(config);

	(void)state;
	assert_string_equal(text, "{\"token\":\"placeholder\",\"mode\":\"a\",\"size\":50,"
			    "\"ids\":[],\"on\":false,\"extra\":{},"
			    "\"start_date\":\"2024-01-01T00:00:00Z\","
			    "\"day\":\"2024-05-01\"}");
	free(text);
	json_decref(config);
	json_decref(spec);
	json_decref(required);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_names_the_settings_that_are_missing),
		cmocka_unit_test(a_zero_byte_is_no_part_of_a_name),
		cmocka_unit_test(what_is_known_is_not_new),
		cmocka_unit_test(a_log_without_an_end_of_names_is_not_believed),
		cmocka_unit_test(placeholders_suit_the_spec),
	};

	return cmocka_run_group_tests_name("config_probe", tests, NULL, NULL);
}
