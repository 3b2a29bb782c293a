#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_invert.h"
#include "config_map.h"
#include "count.h"
#include "json_compact.h"
#include "spec_check.h"
#include "spec_schema.h"
#include "spec_settings.h"

static const struct config_folders folders = { .start = "/data", .work_dir = "/private" };

static json_t *parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	if (value == NULL)
		fail_msg("no JSON: %s", text);
	return value;
}

static void assert_json(const json_t *value, const char *expected)
{
	char *text = json_compact(value);

	assert_string_equal(text, expected);
	free(text);
}

static json_t *apply(const json_t *rules, const json_t *config)
{
	struct mapped_config mapped = MAPPED_CONFIG_NONE;
	struct error error = ERROR_NONE;
	json_t *result;

	if (!config_map_apply(rules, config, &folders, &mapped, &error))
		fail_msg("%s", error.message);
	result = json_incref(mapped.config);
	mapped_config_release(&mapped);
	return result;
}

static void assert_refused(const json_t *rules, const json_t *config, const char *message)
{
	struct mapped_config mapped = MAPPED_CONFIG_NONE;
	struct error error = ERROR_NONE;

	assert_false(config_map_apply(rules, config, &folders, &mapped, &error));
	assert_string_equal(error.message, message);
	assert_int_equal(error.type, FAILURE_CONFIG);
	mapped_config_release(&mapped);
}

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
		/* split */
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\"}}", "{\"a\": \" x, y\\t,,z,\"}",
		  "{\"d\":[\"x\",\"y\",\"z\"]}" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \" \"}}", "{\"a\": \"x  y\"}",
		  "{\"d\":[\"x\",\"y\"]}" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \"\\n\"}}", "{\"a\": \"x y\\r\\nz\"}",
		  "{\"d\":[\"x y\",\"z\"]}" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\"}}", "{\"a\": \"\"}",
		  "{\"d\":[]}" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \"--\", \"default\": \"x--y-z\"}}",
		  "{}", "{\"d\":[\"x\",\"y-z\"]}" },
		/* date */
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%d\"}}",
		  "{\"a\": \"2024-02-29T13:14:15Z\"}", "{\"d\":\"2024-02-29\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%dT%H:%M:%SZ\"}}",
		  "{\"a\": \"2024-01-31\"}", "{\"d\":\"2024-01-31T00:00:00Z\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%dT%H:%M:%SZ\"}}",
		  "{\"a\": \"2024-01-01t01:30:00.999+02:00\"}",
		  "{\"d\":\"2023-12-31T23:30:00Z\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%d.%m.%Y %H:%M %z\"}}",
		  "{\"a\": \"2024-01-01T01:30:00-03:30\"}",
		  "{\"d\":\"01.01.2024 01:30 -0330\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y%%%z\"}}",
		  "{\"a\": \"2024-01-01\"}", "{\"d\":\"2024%+0000\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%s\"}}",
		  "{\"a\": \"2024-01-31T23:59:58Z\"}", "{\"d\":1706745598}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%s\"}}",
		  "{\"a\": \"1969-12-31T23:59:59.5Z\"}", "{\"d\":-1}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"@%s\"}}",
		  "{\"a\": \"1900-03-01\"}", "{\"d\":\"@-2203891200\"}" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%d\"}}",
		  "{\"a\": \"2016-12-31T23:59:60Z\"}", "{\"d\":\"2017-01-01\"}" },
		/* nested keys */
		{ "{\"/api/key/id\": {\"from\": \"/a\"}, \"/api/url\": {\"value\": \"u\"},"
		  " \"/api/none\": {\"from\": \"/none\"}}",
		  "{\"a\": 1}", "{\"api\":{\"key\":{\"id\":1},\"url\":\"u\"}}" },
		{ "{\"/a~1b/0\": {\"from\": \"/a\"}}", "{\"a\": 1}", "{\"a/b\":{\"0\":1}}" },
		{ "{\"a/b\": {\"from\": \"/a\"}}", "{\"a\": 1}", "{\"a/b\":1}" },
		{ "{\"/api/key\": {\"from\": \"/none\"}, \"*\": {\"from\": \"\"}}",
		  "{\"api\": {\"other\": 1}, \"b\": 2}", "{\"b\":2}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = parse(cases[i].rules);
		json_t *config = parse(cases[i].config);
		json_t *mapped;

		if (!config_map_check(rules, "/config", &error))
			fail_msg("%s: %s", cases[i].rules, error.message);
		mapped = apply(rules, config);
		assert_json(mapped, cases[i].mapped);
		json_decref(mapped);
		json_decref(config);
		json_decref(rules);
	}
}

static void without_rules_the_config_is_passed_as_it_is(void **state)
{
	json_t *config = parse("{\"a\": null, \"b\": [1]}");
	json_t *mapped = apply(NULL, config);

	(void)state;
	assert_true(json_equal(config, mapped));
	json_decref(mapped);
	json_decref(config);
}

static void values_go_into_files_and_the_environment(void **state)
{
	static const struct {
		const char *rules;
		const char *config;
		const char *mapped;
		const char *files;
		const char *variables;
	} cases[] = {
		{ "{\"key_file\": {\"from\": \"/key\", \"file\": \"key.json\"}}",
		  "{\"key\": \"{ \\\"a\\\":1 }\\n\"}", "{\"key_file\":\"/private/key.json\"}",
		  "{\"key.json\":\"{ \\\"a\\\":1 }\\n\"}", "{}" },
		{ "{\"/tls/key\": {\"from\": \"/key\", \"file\": \"key\"}}",
		  "{\"key\": {\"a\": [0.1, true]}}", "{\"tls\":{\"key\":\"/private/key\"}}",
		  "{\"key\":\"{\\\"a\\\":[0.1,true]}\"}", "{}" },
		{ "{\"f\": {\"from\": \"/key\", \"file\": \"key\"}}", "{\"key\": \"a\\u0000b\"}",
		  "{\"f\":\"/private/key\"}", "{\"key\":\"a\\u0000b\"}", "{}" },
		{ "{\"f\": {\"from\": \"/key\", \"file\": \"key\"}}", "{}", "{}", "{}", "{}" },
		{ "{\"password\": {\"from\": \"/password\", \"env\": \"PGPASSWORD\"},"
		  " \"*\": {\"from\": \"\"}}",
		  "{\"password\": \"hush\", \"b\": 1}", "{\"b\":1}", "{}",
		  "{\"PGPASSWORD\":\"hush\"}" },
		{ "{\"a\": {\"from\": \"/a\", \"env\": \"A\"}, \"b\": {\"from\": \"/b\", \"env\":"
		  " \"B\"}, \"c\": {\"from\": \"/c\", \"env\": \"C\", \"join\": \":\"}}",
		  "{\"a\": true, \"b\": {\"x\": 1}, \"c\": [\"p\", \"q\"]}", "{}", "{}",
		  "{\"A\":\"true\",\"B\":\"{\\\"x\\\":1}\",\"C\":\"p:q\"}" },
		{ "{\"key\": {\"from\": \"/key\", \"file\": \"key.json\", \"env\": \"KEY_FILE\"}}",
		  "{\"key\": {}}", "{}", "{\"key.json\":\"{}\"}",
		  "{\"KEY_FILE\":\"/private/key.json\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mapped_config mapped = MAPPED_CONFIG_NONE;
		struct error error = ERROR_NONE;
		json_t *rules = parse(cases[i].rules);
		json_t *config = parse(cases[i].config);

		assert_true(config_map_check(rules, "/config", &error));
		assert_true(config_map_apply(rules, config, &folders, &mapped, &error));
		assert_json(mapped.config, cases[i].mapped);
		assert_json(mapped.files, cases[i].files);
		assert_json(mapped.variables, cases[i].variables);
		mapped_config_release(&mapped);
		json_decref(config);
		json_decref(rules);
	}
}

static void a_value_that_a_rule_cannot_take_is_a_config_error(void **state)
{
	static const char date_message[] = "/a: must be a date (2024-01-31) or a date and time "
					   "(2024-01-31T00:00:00Z)";
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
		{ "{\"from\": \"/a\", \"split\": \",\"}", "{\"a\": [\"x\"]}",
		  "/a: is an array, must be a string" },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": 20240101}",
		  "/a: is an integer, must be a string" },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"hush\"}", date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"2023-02-29\"}", date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"2024-01-01T00:00:00\"}",
		  date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"2024-01-01 00:00:00Z\"}",
		  date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"2024-01-01T00:00:00+0100\"}",
		  date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"2024-01-01T12:00:60Z\"}",
		  date_message },
		{ "{\"from\": \"/a\", \"date\": \"%Y\"}", "{\"a\": \"9999-12-31T23:00:00-02:00\"}",
		  "/a: must be a date from the year 0 to 9999" },
		{ "{\"from\": \"/a\", \"env\": \"A\"}", "{\"a\": \"x\\u0000y\"}",
		  "/a: must not hold a NUL character" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = json_pack("{s:o}", "d", parse(cases[i].rule));
		json_t *config = parse(cases[i].config);

		assert_true(config_map_check(rules, "/config", &error));
		assert_refused(rules, config, cases[i].message);
		json_decref(config);
		json_decref(rules);
	}
}

static void all_others_must_come_from_objects(void **state)
{
	json_t *rules = parse("{\"*\": {\"from\": \"/a\"}}");
	json_t *config = parse("{\"a\": \"hush\"}");

	(void)state;
	assert_refused(rules, config, "/a: is a string, must be an object");
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
		  "/config/d/form: unknown key; expected one of from, value, default, join, "
		  "split, date, as, file, env" },
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
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\", \"date\": \"%Y\"}}",
		  "/config/d: \"split\" and \"date\" exclude each other" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \"\"}}",
		  "/config/d/split: must not be empty" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%y\"}}",
		  "/config/d/date: must be a format of %Y, %m, %d, %H, %M, %S, %z, %s, %%" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y%\"}}",
		  "/config/d/date: must be a format of %Y, %m, %d, %H, %M, %S, %z, %s, %%" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"100%%\"}}",
		  "/config/d/date: must be a format of %Y, %m, %d, %H, %M, %S, %z, %s, %%" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y\", \"default\": \"now\"}}",
		  "/config/d/default: must be a date (2024-01-31) or a date and time "
		  "(2024-01-31T00:00:00Z)" },
		{ "{\"d\": {\"from\": \"/a\", \"file\": \"../x\"}}",
		  "/config/d/file: must be made of letters, digits, \"-\", \"_\" and \".\", "
		  "and not begin with \".\"" },
		{ "{\"d\": {\"from\": \"/a\", \"file\": \"state.json\"}}",
		  "/config/d/file: is a file of tapbyte's own" },
		{ "{\"d\": {\"from\": \"/a\", \"file\": \"x\"}, \"e\": {\"from\": \"/b\", \"file\":"
		  " \"x\"}}",
		  "/config/e/file: another rule has \"x\" already" },
		{ "{\"d\": {\"from\": \"/a\", \"env\": \"A=B\"}}",
		  "/config/d/env: is no name of an environment variable" },
		{ "{\"d\": {\"from\": \"/a\", \"env\": \"A\"}, \"e\": {\"from\": \"/b\", \"env\":"
		  " \"A\"}}",
		  "/config/e/env: another rule has \"A\" already" },
		{ "{\"d\": {\"value\": 1, \"env\": \"A\"}}",
		  "/config/d: \"value\" must stand alone" },
		{ "{\"/d~\": {\"value\": 1}}",
		  "/config/~1d~0: must be a JSON pointer: \"~\" is written \"~0\"" },
		{ "{\"d\": {\"value\": 1}, \"/d\": {\"value\": 1}}",
		  "/config/~1d: another rule puts a value there, around it or inside it" },
		{ "{\"/d/e\": {\"value\": 1}, \"d\": {\"value\": 1}}",
		  "/config/d: another rule puts a value there, around it or inside it" },
		{ "{\"/d/e\": {\"value\": 1}, \"/d/e/f\": {\"value\": 1}}",
		  "/config/~1d~1e~1f: another rule puts a value there, around it or inside it" },
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

/* A sink for warnings: the sentences, one a line. */
struct said {
	char text[4096];
};

static void say(void *owner, const char *text)
{
	struct said *said = owner;
	size_t length = strlen(said->text);

	snprintf(said->text + length, sizeof(said->text) - length, "%s\n", text);
}

static json_t *invert(const json_t *rules, const json_t *config, const json_t *before,
		      const json_t *after, struct said *said)
{
	struct warnings warnings = { .say = say, .owner = said };
	struct error error = ERROR_NONE;
	json_t *inverted;

	said->text[0] = '\0';
	inverted = config_invert(rules, config, before, after, &warnings, &error);
	if (inverted == NULL)
		fail_msg("%s", error.message);
	return inverted;
}

#define NO_WAY_BACK(place) \
	"The tap changed " place " in its config; its rule has no way back, so the Airbyte " \
	"config keeps its value.\n"
#define REMOVED(place) \
	"The tap removed " place " in its config; the Airbyte config keeps its value.\n"
#define ADDED(place) \
	"The tap added " place " in its config; no rule maps it back, so the Airbyte config " \
	"does not get it.\n"

static void what_the_tap_changes_comes_back_into_the_config(void **state)
{
	static const struct {
		const char *rules;
		const char *config;
		const char *after; /* the tap's config, as it leaves it */
		const char *inverted;
		const char *warnings;
	} cases[] = {
		/* no change, no rules */
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}, \"e\": {\"value\": 1}}",
		  "{\"a\": 1, \"n\": null}", "{\"d\": \"1\", \"e\": 1}", "{\"a\":1,\"n\":null}",
		  "" },
		{ NULL, "{\"a\": 1}", "{\"b\": [2]}", "{\"b\":[2]}", "" },
		/* from */
		{ "{\"d\": {\"from\": [\"/c/t\", \"/t\"]}}", "{\"c\": {\"k\": 1}, \"t\": \"old\"}",
		  "{\"d\": \"new\"}", "{\"c\":{\"k\":1},\"t\":\"new\"}", "" },
		{ "{\"d\": {\"from\": \"/l/1\"}}", "{\"l\": [1, 2]}", "{\"d\": {\"x\": 3}}",
		  "{\"l\":[1,{\"x\":3}]}", "" },
		{ "{\"d\": {\"from\": \"/c\"}}", "{\"c\": {\"a\": 1, \"b\": {\"x\": 1, \"y\": 2}}}",
		  "{\"d\": {\"a\": 1, \"b\": {\"x\": 3, \"z\": 4}}}",
		  "{\"c\":{\"a\":1,\"b\":{\"x\":3,\"y\":2,\"z\":4}}}", REMOVED("d.b.y") },
		{ "{\"d\": {\"from\": \"\"}}", "{\"a\": 1}", "{\"d\": {\"a\": 2}}",
		  "{\"a\":2}", "" },
		{ "{\"d\": {\"from\": \"\"}}", "{\"a\": 1}", "{\"d\": 2}", "{\"a\":1}",
		  NO_WAY_BACK("d") },
		/* a key that was not there */
		{ "{\"d\": {\"from\": [\"/c/t\", \"/t\"]}}", "{\"a\": 1}", "{\"d\": \"new\"}",
		  "{\"a\":1,\"t\":\"new\"}", "" },
		{ "{\"d\": {\"from\": \"/c/t\"}}", "{}", "{\"d\": \"new\"}", "{}",
		  NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/t\", \"default\": 1}}", "{}", "{\"d\": 2}", "{}",
		  NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/t\"}}", "{\"t\": 1}", "{\"d\": 1, \"e\": 2}", "{\"t\":1}",
		  ADDED("e") },
		/* as */
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 1}",
		  "{\"d\": \"-20\"}", "{\"a\":-20}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 1}",
		  "{\"d\": \"1.5\"}", "{\"a\":1}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 1}",
		  "{\"d\": \"01\"}", "{\"a\":1}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 0.5}",
		  "{\"d\": \"0.25\"}", "{\"a\":0.25}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": true}",
		  "{\"d\": \"false\"}", "{\"a\":false}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": true}",
		  "{\"d\": \"no\"}", "{\"a\":true}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": \"1\"}",
		  "{\"d\": \"2\"}", "{\"a\":\"2\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"string\"}}", "{\"a\": 1}", "{\"d\": 2}",
		  "{\"a\":1}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\"}}", "{\"a\": {\"x\": 1, \"y\": 2}}",
		  "{\"d\": \"{\\\"x\\\": 3, \\\"y\\\": 2}\"}", "{\"a\":{\"x\":3,\"y\":2}}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\"}}", "{\"a\": [1]}",
		  "{\"d\": \"[1, 2\"}", "{\"a\":[1]}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"json\"}}", "{\"a\": [1]}",
		  "{\"d\": \"null\"}", "{\"a\":[1]}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"x\"}",
		  "{\"d\": \"/y\"}", "{\"a\":\"/y\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"as\": \"path\"}}", "{\"a\": \"x\"}",
		  "{\"d\": \"y\"}", "{\"a\":\"x\"}", NO_WAY_BACK("d") },
		/* join, split */
		{ "{\"d\": {\"from\": \"/a\", \"join\": \", \"}}", "{\"a\": [\"x\"]}",
		  "{\"d\": \"x, y,z, \"}", "{\"a\":[\"x\",\"y,z\",\"\"]}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \",\"}}", "{\"a\": [\"x\", \"y\"]}",
		  "{\"d\": \"\"}", "{\"a\":[]}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \",\"}}", "{\"a\": [\"x,y\"]}",
		  "{\"d\": \"x,y,z\"}", "{\"a\":[\"x,y\"]}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \",\"}}", "{\"a\": [1]}",
		  "{\"d\": \"1,2\"}", "{\"a\":[1]}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"join\": \"\"}}", "{\"a\": [\"x\"]}",
		  "{\"d\": \"xy\"}", "{\"a\":[\"x\"]}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\"}}", "{\"a\": \"x, y\"}",
		  "{\"d\": [\"x\", \"z\"]}", "{\"a\":\"x,z\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\"}}", "{\"a\": \"x\"}",
		  "{\"d\": [\"x,y\"]}", "{\"a\":\"x\"}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"split\": \",\"}}", "{\"a\": \"x\"}",
		  "{\"d\": [\"x\", 1]}", "{\"a\":\"x\"}", NO_WAY_BACK("d") },
		/* date */
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%d.%m.%Y\"}}", "{\"a\": \"2024-01-31\"}",
		  "{\"d\": \"29.02.2024\"}", "{\"a\":\"2024-02-29\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%d %H:%M:%S\"}}",
		  "{\"a\": \"2024-01-31T00:00:00+02:00\"}", "{\"d\": \"2024-02-29 01:02:03\"}",
		  "{\"a\":\"2024-02-29T01:02:03Z\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%Y-%m-%d %H\"}}",
		  "{\"a\": \"2024-01-31\"}",
		  "{\"d\": \"2024-02-29 01\"}", "{\"a\":\"2024-01-31\"}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%d.%m.%Y\"}}", "{\"a\": \"2024-01-31\"}",
		  "{\"d\": \"30.02.2024\"}", "{\"a\":\"2024-01-31\"}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%m-%d\"}}", "{\"a\": \"2024-01-31\"}",
		  "{\"d\": \"02-01\"}", "{\"a\":\"2024-01-31\"}", NO_WAY_BACK("d") },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%s\"}}",
		  "{\"a\": \"2024-01-31T00:00:00Z\"}",
		  "{\"d\": 1706745598}", "{\"a\":\"2024-01-31T23:59:58Z\"}", "" },
		{ "{\"d\": {\"from\": \"/a\", \"date\": \"%s\"}}", "{\"a\": \"2024-01-31\"}",
		  "{\"d\": 9223372036854775807}", "{\"a\":\"2024-01-31\"}", NO_WAY_BACK("d") },
		/* "*" */
		{ "{\"*\": {\"from\": [\"/c\", \"\"]}, \"k\": {\"value\": null}}",
		  "{\"c\": {\"a\": 1, \"n\": null}, \"a\": 2, \"b\": 3, \"n\": 4}",
		  "{\"a\": 5, \"b\": 6, \"n\": 7, \"c\": {\"a\": 1, \"n\": null},"
		  " \"new\": 8, \"k\": 9}",
		  "{\"c\":{\"a\":5,\"n\":null},\"a\":2,\"b\":6,\"n\":7}",
		  NO_WAY_BACK("k") ADDED("new") },
		{ "{\"*\": {\"from\": \"\"}}", "{\"a\": 1, \"b\": {\"x\": 1}}",
		  "{\"b\": {\"x\": 2}}", "{\"a\":1,\"b\":{\"x\":2}}", REMOVED("a") },
		/* nested keys */
		{ "{\"/api/t\": {\"from\": \"/t\"}, \"/api/u\": {\"from\": \"/u\", \"as\":"
		  " \"string\"}}",
		  "{\"t\": \"old\", \"u\": 1}",
		  "{\"api\": {\"t\": \"new\", \"u\": \"2\", \"v\": 3}}", "{\"t\":\"new\",\"u\":2}",
		  ADDED("api.v") },
		{ "{\"/api/t\": {\"from\": \"/t\"}}", "{\"t\": \"old\"}", "{\"api\": \"gone\"}",
		  "{\"t\":\"old\"}", REMOVED("api.t") },
		/* no way back */
		{ "{\"d\": {\"value\": 1}, \"e\": {\"from\": \"/a\", \"file\": \"f\"}, \"g\":"
		  " {\"from\": \"/a\", \"env\": \"G\"}, \"h\": {\"from\": \"/a\"}}",
		  "{\"a\": \"x\"}", "{\"d\": 2, \"e\": \"/else\", \"g\": 1, \"h\": null}",
		  "{\"a\":\"x\"}",
		  NO_WAY_BACK("d") NO_WAY_BACK("e") NO_WAY_BACK("g") REMOVED("h") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *rules = cases[i].rules ? parse(cases[i].rules) : NULL;
		json_t *config = parse(cases[i].config), *after = parse(cases[i].after);
		json_t *before = apply(rules, config), *inverted, *again;
		struct said said;

		inverted = invert(rules, config, before, after, &said);
		assert_json(inverted, cases[i].inverted);
		assert_string_equal(said.text, cases[i].warnings);
		again = invert(rules, inverted, after, after, &said);
		assert_true(json_equal(again, inverted));
		assert_string_equal(said.text, "");
		json_decref(again);
		json_decref(inverted);
		json_decref(before);
		json_decref(after);
		json_decref(config);
		json_decref(rules);
	}
}

/* What an OAuth source's spec looks like, and the flat config that its tap wants. */
#define CRM_SPEC \
	"{\"type\": \"object\", \"required\": [\"credentials\", \"start_date\"]," \
	" \"additionalProperties\": true, \"properties\": {" \
	" \"start_date\": {\"type\": \"string\", \"format\": \"date-time\"}," \
	" \"credentials\": {\"type\": \"object\", \"oneOf\": [" \
	"  {\"title\": \"OAuth\", \"required\": [\"auth_type\", \"client_id\", \"client_secret\"," \
	"   \"refresh_token\"], \"properties\": {" \
	"    \"auth_type\": {\"type\": \"string\", \"const\": \"oauth\"}," \
	"    \"client_id\": {\"type\": \"string\"}," \
	"    \"client_secret\": {\"type\": \"string\", \"airbyte_secret\": true}," \
	"    \"refresh_token\": {\"type\": \"string\", \"airbyte_secret\": true}}}," \
	"  {\"title\": \"Token\", \"required\": [\"auth_type\", \"token\"], \"properties\": {" \
	"    \"auth_type\": {\"type\": \"string\", \"const\": \"token\"}," \
	"    \"token\": {\"type\": \"string\", \"airbyte_secret\": true}}}]}," \
	" \"token\": {\"type\": \"string\", \"airbyte_hidden\": true}," \
	" \"options\": {\"type\": \"object\"}}}"
#define CRM_RULES \
	"{\"start_date\": {\"from\": \"/start_date\", \"date\": \"%Y-%m-%d\"}," \
	" \"client_id\": {\"from\": \"/credentials/client_id\"}," \
	" \"client_secret\": {\"from\": \"/credentials/client_secret\"}," \
	" \"refresh_token\": {\"from\": \"/credentials/refresh_token\"}," \
	" \"token\": {\"from\": [\"/credentials/token\", \"/token\"]}," \
	" \"page\": {\"from\": \"/options/page_size\"}}"

static void credentials_of_several_forms_become_flat_keys(void **state)
{
	static const struct {
		const char *config;
		const char *mapped;
	} cases[] = {
		{ "{\"start_date\": \"2024-01-31T00:00:00Z\", \"credentials\": {\"auth_type\":"
		  " \"oauth\", \"client_id\": \"i\", \"client_secret\": \"s\", \"refresh_token\":"
		  " \"r\"}}",
		  "{\"start_date\":\"2024-01-31\",\"client_id\":\"i\",\"client_secret\":\"s\","
		  "\"refresh_token\":\"r\"}" },
		{ "{\"start_date\": \"2024-01-31T00:00:00Z\", \"credentials\": {\"auth_type\":"
		  " \"token\", \"token\": \"t\"}, \"token\": \"u\","
		  " \"options\": {\"page_size\": 5}}",
		  "{\"start_date\":\"2024-01-31\",\"token\":\"t\",\"page\":5}" },
	};
	struct error error = ERROR_NONE;
	json_t *spec = parse(CRM_SPEC), *rules = parse(CRM_RULES);

	(void)state;
	assert_true(spec_schema_check(spec, "", &error));
	assert_true(config_map_check(rules, "/config", &error));
	assert_true(config_map_check_sources(rules, spec, "/config", &error));
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *config = parse(cases[i].config), *mapped;

		assert_true(spec_check_config(spec, config, &error));
		mapped = apply(rules, config);
		assert_json(mapped, cases[i].mapped);
		json_decref(mapped);
		json_decref(config);
	}
	json_decref(rules);
	json_decref(spec);
}

static void a_rotated_token_goes_back_to_where_it_was(void **state)
{
	json_t *rules = parse(CRM_RULES), *spec = parse(CRM_SPEC);
	json_t *config = parse("{\"start_date\": \"2024-01-31T09:00:00Z\", \"credentials\":"
			       " {\"auth_type\": \"oauth\", \"client_id\": \"i\","
			       " \"client_secret\": \"s\", \"refresh_token\": \"r\"}}");
	json_t *before = apply(rules, config);
	json_t *after = parse("{\"start_date\": \"2024-01-31\", \"client_id\": \"i\","
			      " \"client_secret\": \"s\", \"refresh_token\": \"q\","
			      " \"access_token\": \"a\"}");
	struct error error = ERROR_NONE;
	struct said said;
	json_t *inverted = invert(rules, config, before, after, &said);

	(void)state;
	assert_json(inverted, "{\"start_date\":\"2024-01-31T09:00:00Z\",\"credentials\":"
			      "{\"auth_type\":\"oauth\",\"client_id\":\"i\","
			      "\"client_secret\":\"s\",\"refresh_token\":\"q\"}}");
	assert_string_equal(said.text, ADDED("access_token"));
	assert_true(spec_check_config(spec, inverted, &error));
	json_decref(inverted);
	json_decref(after);
	json_decref(before);
	json_decref(config);
	json_decref(spec);
	json_decref(rules);
}

static void a_rule_reads_what_the_spec_has(void **state)
{
	static const struct {
		const char *rules;
		const char *message; /* NULL: it is fine */
	} cases[] = {
		{ "{\"d\": {\"from\": [\"/credentials/auth_type\", \"/credentials\", \"\"]}}",
		  NULL },
		{ "{\"d\": {\"from\": \"/options/any/thing\"}}", NULL },
		{ "{\"d\": {\"value\": 1}, \"*\": {\"from\": [\"\", \"/credentials\"]}}", NULL },
		{ "{\"token\": {\"from\": \"/tokn\"}}",
		  "/config/token/from: the spec has no setting /tokn" },
		{ "{\"token\": {\"from\": [\"/token\", \"/credentials/tokn\"]}}",
		  "/config/token/from/1: the spec has no setting /credentials/tokn" },
		{ "{\"/a/b\": {\"from\": \"/token/x\"}}",
		  "/config/~1a~1b/from: the spec has no setting /token/x" },
		{ "{\"*\": {\"from\": \"/crdentials\"}}",
		  "/config/*/from: the spec has no setting /crdentials" },
	};
	json_t *spec = parse(CRM_SPEC);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *rules = parse(cases[i].rules);

		assert_true(config_map_check(rules, "/config", &error));
		assert_int_equal(config_map_check_sources(rules, spec, "/config", &error),
				 cases[i].message == NULL);
		assert_string_equal(error.set ? error.message : "",
				    cases[i].message ? cases[i].message : "");
		json_decref(rules);
	}
	json_decref(spec);
}

static void settings_are_found_in_every_part_of_a_spec(void **state)
{
	static const struct {
		const char *schema;
		const char *pointer;
		bool there;
	} cases[] = {
		{ "{\"properties\": {\"a\": {\"type\": \"array\", \"items\": {\"properties\":"
		  " {\"b\": {}}}}}}", "/a/0/b", true },
		{ "{\"properties\": {\"a\": {\"type\": \"array\", \"items\": {\"properties\":"
		  " {\"b\": {}}}}}}", "/a/x", false },
		{ "{\"properties\": {\"a\": {\"type\": \"array\", \"items\": {\"properties\":"
		  " {\"b\": {}}}}}}", "/a/0/c", false },
		{ "{\"properties\": {\"a\": {}}, \"anyOf\": [{\"required\": [\"a\"]}]}",
		  "/b", false },
		{ "{\"properties\": {\"a\": {}}, \"anyOf\": [{\"properties\": {\"b\": {}}}]}", "/b",
		  true },
		{ "{\"properties\": {\"a\": {}}, \"allOf\": [true]}", "/b", false },
		{ "{\"properties\": {\"a\": {\"oneOf\": [{\"type\": \"string\"}, {\"type\":"
		  " \"object\"}]}}}", "/a/b", true },
		{ "{\"properties\": {\"a\": {\"oneOf\": [{\"type\": \"string\"}]}}}",
		  "/a/b", false },
		{ "{\"properties\": {\"a\": {\"type\": [\"null\", \"object\"]}}}", "/a/b/c", true },
		{ "{\"properties\": {\"a\": {\"type\": \"object\", \"additionalProperties\":"
		  " false}}}", "/a/b", false },
		{ "{\"properties\": {\"a\": {\"additionalProperties\": {\"type\": \"string\"}}}}",
		  "/a/b", true },
		{ "{\"properties\": {\"a\": {\"additionalProperties\": {\"type\": \"string\"}}}}",
		  "/a/b/c", false },
		{ "{\"properties\": {\"a\": true, \"b\": false}}", "/a/b", true },
		{ "{\"properties\": {\"a\": true, \"b\": false}}", "/b/b", false },
		{ "{\"properties\": {\"a\": {}}, \"additionalProperties\": true}", "/b", false },
		{ "{\"properties\": {\"a/b\": {}}}", "/a~1b", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *schema = parse(cases[i].schema);

		if (spec_settings_has(schema, cases[i].pointer, &error) != cases[i].there)
			fail_msg("%s: %s", cases[i].schema, cases[i].pointer);
		json_decref(schema);
	}
}

/* Random rules that have a way back, a config for them, and a change of the tap's. */

struct random {
	unsigned long long state;
};

static unsigned pick(struct random *random, unsigned below)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (unsigned)(random->state >> 33) % below;
}

static json_t *random_text(struct random *random)
{
	static const char *const texts[] = { "", "x", "a b", "0", "true", "\xC3\xA4", "/~", "y;z" };

	return json_sprintf("%s%u", texts[pick(random, COUNT(texts))], pick(random, 1000));
}

static json_t *random_texts(struct random *random)
{
	json_t *texts = json_array();

	for (unsigned count = 1 + pick(random, 3); count > 0; count--)
		json_array_append_new(texts, random_text(random));
	return texts;
}

static json_t *random_date(struct random *random)
{
	return json_sprintf("%04u-%02u-%02u", 1900 + pick(random, 200), 1 + pick(random, 12),
			    1 + pick(random, 28));
}

static json_t *random_integer(struct random *random)
{
	return json_integer((json_int_t)pick(random, 1000000) - 500000);
}

static json_t *random_boolean(struct random *random)
{
	return json_boolean(pick(random, 2));
}

static json_t *random_object(struct random *random)
{
	return json_pack("{s:o, s:{s:o}}", "p", random_text(random), "q", "r",
			 random_integer(random));
}

/* `make` makes the Airbyte value, `rule` is what stands beside "from". */
static const struct kind {
	const char *rule;
	json_t *(*make)(struct random *random);
} kinds[] = {
	{ "{}", random_text },
	{ "{}", random_object },
	{ "{}", random_texts },
	{ "{\"as\": \"string\"}", random_text },
	{ "{\"as\": \"string\"}", random_integer },
	{ "{\"as\": \"string\"}", random_boolean },
	{ "{\"as\": \"json\"}", random_object },
	{ "{\"as\": \"json\"}", random_texts },
	{ "{\"join\": \",\"}", random_texts },
	{ "{\"join\": \", \", \"default\": []}", random_texts },
	{ "{\"date\": \"%d/%m/%Y\"}", random_date },
	{ "{\"date\": \"%Y-%m-%dT%H:%M:%S%z\"}", random_date },
	{ "{\"date\": \"%s\"}", random_date },
	{ NULL, random_text }, /* no rule: for "*" */
	{ NULL, random_object },
};

/* One setting: in the config, maybe in an object, and its rule, maybe for a nested key. */
static void add_setting(struct random *random, unsigned i, const struct kind *kind,
			json_t *rules, json_t *config)
{
	bool nested = pick(random, 2);
	json_t *rule = kind->rule ? parse(kind->rule) : NULL;
	json_t *home = nested ? json_object_get(config, "home") : config;
	char key[16], target[32], pointer[32];

	snprintf(key, sizeof(key), "s~/%u", i);
	snprintf(pointer, sizeof(pointer), "%s/s~0~1%u", nested ? "/home" : "", i);
	snprintf(target, sizeof(target), pick(random, 2) ? "t%u" : "/in/%u/t", i);
	json_object_set_new(home, key, kind->make(random));
	if (rule == NULL)
		return;
	if (pick(random, 2))
		json_object_set_new(rule, "from", json_pack("[s, s]", "/none", pointer));
	else
		json_object_set_new(rule, "from", json_string(pointer));
	json_object_set_new(rules, target, rule);
}

static void make_case(struct random *random, json_t **rules, json_t **config)
{
	*rules = parse("{\"*\": {\"from\": [\"/home\", \"\"]}, \"home\": {\"value\": null},"
		       " \"constant\": {\"value\": 1}, \"late\": {\"from\": \"/late\","
		       " \"default\": [2]}}");
	*config = parse("{\"home\": {}, \"unread\": null}");
	for (unsigned i = 0, count = 1 + pick(random, 6); i < count; i++)
		add_setting(random, i, &kinds[pick(random, COUNT(kinds))], *rules, *config);
}

/* Changes one setting to another value of its kind: what the tap would have got for that. */
static bool change(struct random *random, json_t *config)
{
	json_t *home = pick(random, 2) ? json_object_get(config, "home") : config;
	unsigned size = (unsigned)json_object_size(home);
	unsigned wanted = size > 0 ? pick(random, size) : 0;
	const char *key;
	json_t *value;

	json_object_foreach(home, key, value) {
		if (wanted-- > 0 || strncmp(key, "s~", 2) != 0)
			continue;
		if (json_is_integer(value))
			return json_object_set_new(home, key, random_integer(random)) == 0;
		if (json_is_boolean(value))
			return json_object_set_new(home, key, random_boolean(random)) == 0;
		if (json_is_array(value))
			return json_object_set_new(home, key, random_texts(random)) == 0;
		if (json_is_object(value))
			return json_object_set_new(home, key, random_object(random)) == 0;
		if (json_string_length(value) == 10 && json_string_value(value)[4] == '-')
			return json_object_set_new(home, key, random_date(random)) == 0;
		return json_object_set_new(home, key, random_text(random)) == 0;
	}
	return false;
}

static void any_change_that_has_a_way_back_comes_back_whole(void **state)
{
	struct random random = { .state = 88172645463325252ULL };
	unsigned changed = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		json_t *rules, *config, *wanted, *before, *after, *inverted, *again;
		struct error error = ERROR_NONE;
		struct said said;

		make_case(&random, &rules, &config);
		assert_true(config_map_check(rules, "/config", &error));
		wanted = json_deep_copy(config);
		changed += change(&random, wanted);
		before = apply(rules, config);
		after = apply(rules, wanted);
		inverted = invert(rules, config, before, after, &said);
		again = apply(rules, inverted);
		assert_string_equal(said.text, "");
		assert_true(json_equal(again, after));
		assert_true(json_equal(inverted, wanted));
		json_decref(again);
		json_decref(inverted);
		json_decref(after);
		json_decref(before);
		json_decref(wanted);
		json_decref(config);
		json_decref(rules);
	}
	assert_true(changed > 5000);
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
		cmocka_unit_test(values_go_into_files_and_the_environment),
		cmocka_unit_test(a_value_that_a_rule_cannot_take_is_a_config_error),
		cmocka_unit_test(all_others_must_come_from_objects),
		cmocka_unit_test(a_wrong_rule_is_an_error_that_names_the_place),
		cmocka_unit_test(what_the_tap_changes_comes_back_into_the_config),
		cmocka_unit_test(credentials_of_several_forms_become_flat_keys),
		cmocka_unit_test(a_rotated_token_goes_back_to_where_it_was),
		cmocka_unit_test(a_rule_reads_what_the_spec_has),
		cmocka_unit_test(settings_are_found_in_every_part_of_a_spec),
		cmocka_unit_test(any_change_that_has_a_way_back_comes_back_whole),
		cmocka_unit_test(numbers_are_written_as_short_as_they_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
