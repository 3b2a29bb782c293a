#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "spec_check.h"
#include "spec_schema.h"

#define PREFIX "The config does not fit the spec: "

struct fit {
	const char *schema;
	const char *config;
	const char *violations; /* NULL: it fits */
};

static void assert_fits(const struct fit *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct error error = ERROR_NONE;
		json_t *schema = json_loads(cases[i].schema, 0, NULL);
		json_t *config = json_loads(cases[i].config, JSON_DECODE_ANY | JSON_ALLOW_NUL,
					    NULL);

		assert_non_null(config);
		if (!spec_schema_check(schema, "", &error))
			fail_msg("%s: %s", cases[i].schema, error.message);
		if (spec_check_config(schema, config, &error) != (cases[i].violations == NULL))
			fail_msg("%s: %s", cases[i].schema, cases[i].config);
		if (cases[i].violations != NULL) {
			assert_int_equal(error.type, FAILURE_CONFIG);
			assert_memory_equal(error.message, PREFIX, strlen(PREFIX));
			assert_string_equal(error.message + strlen(PREFIX), cases[i].violations);
		}
		json_decref(config);
		json_decref(schema);
	}
}

/* A schema for one property, p. */
#define P(schema) "{\"properties\": {\"p\": " schema "}}"
#define REQUIRED_P(schema) "{\"required\": [\"p\"], \"properties\": {\"p\": " schema "}}"

static void types_are_named_in_words(void **state)
{
	static const struct fit cases[] = {
		{ P("{\"type\": \"string\"}"), "{\"p\": \"x\"}", NULL },
		{ P("{\"type\": \"integer\"}"), "{\"p\": \"hush\"}",
		  "p: is a string, must be an integer" },
		{ P("{\"type\": \"integer\"}"), "{\"p\": 1.0}", NULL },
		{ P("{\"type\": \"integer\"}"), "{\"p\": 1e300}", NULL },
		{ P("{\"type\": \"integer\"}"), "{\"p\": 1.5}",
		  "p: is a number, must be an integer" },
		{ P("{\"type\": \"number\"}"), "{\"p\": 1}", NULL },
		{ P("{\"type\": \"boolean\"}"), "{\"p\": false}", NULL },
		{ P("{\"type\": \"boolean\"}"), "{\"p\": 1}",
		  "p: is an integer, must be a boolean" },
		{ P("{\"type\": \"array\"}"), "{\"p\": {}}", "p: is an object, must be an array" },
		{ P("{\"type\": \"object\"}"), "{\"p\": []}", "p: is an array, must be an object" },
		{ P("{\"type\": [\"integer\", \"boolean\", \"null\"]}"), "{\"p\": \"x\"}",
		  "p: is a string, must be an integer, a boolean or null" },
		{ P("{\"type\": [\"string\"]}"), "{\"p\": true}", "p: is true, must be a string" },
		{ "{\"type\": \"object\"}", "[]", "the config: is an array, must be an object" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void null_counts_as_absent_where_a_property_is_optional(void **state)
{
	static const struct fit cases[] = {
		{ P("{\"type\": \"string\"}"), "{\"p\": null}", NULL },
		{ P("{\"enum\": [\"a\"]}"), "{\"p\": null}", NULL },
		{ REQUIRED_P("{\"type\": \"string\"}"), "{\"p\": null}",
		  "p: is null, must be a string" },
		{ REQUIRED_P("{\"type\": [\"null\", \"string\"]}"), "{\"p\": null}", NULL },
		{ REQUIRED_P("{}"), "{}", "p: missing" },
		{ "{\"required\": [\"password\"], \"properties\": {\"user\": {}}}",
		  "{\"user\": \"hush\", \"pasword\": \"hush\"}",
		  "password: missing, but there is pasword" },
		{ "{\"required\": [\"p\"]}", "{\"p\": null}", "p: is null" },
		{ "{\"additionalProperties\": false}", "{\"p\": null}", NULL },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void all_violations_are_in_one_message_with_their_paths(void **state)
{
	static const struct fit cases[] = {
		{ "{\"required\": [\"start_date\", \"name\"], \"properties\": {\"repositories\":"
		  " {\"type\": \"array\", \"items\": {\"type\": \"string\"}}, \"credentials\":"
		  " {\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\"}}}}}",
		  "{\"repositories\": [1, \"x\", {}], \"credentials\": {\"port\": \"hush\"}}",
		  "start_date: missing; name: missing; "
		  "repositories[0]: is an integer, must be a string; "
		  "repositories[2]: is an object, must be a string; "
		  "credentials.port: is a string, must be an integer" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void values_are_held_against_enum_const_and_limits(void **state)
{
	static const struct fit cases[] = {
		{ P("{\"enum\": [\"a\", 1, null]}"), "{\"p\": 1.0}", NULL },
		{ P("{\"enum\": [\"a\", \"b\"]}"), "{\"p\": \"hush\"}",
		  "p: must be one of \"a\", \"b\"" },
		{ P("{\"enum\": [\"a\"]}"), "{\"p\": \"hush\"}", "p: must be \"a\"" },
		{ P("{\"enum\": [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}"),
		  "{\"p\": 99}",
		  "p: must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, "
		  "17, 18, "
		  "19, ..." },
		{ P("{\"const\": {\"a\": 1}}"), "{\"p\": {\"a\": 1}}", NULL },
		{ P("{\"const\": 0.1}"), "{\"p\": 3}", "p: must be 0.1" },
		{ P("{\"const\": {\"a\": [1, {\"b\": 2.0}]}}"),
		  "{\"p\": {\"a\": [1.0, {\"b\": 2}]}}", NULL },
		{ P("{\"const\": {\"a\": 1}}"), "{\"p\": {\"a\": 1, \"b\": 1}}",
		  "p: must be {\"a\":1}" },
		{ P("{\"const\": [1, 2]}"), "{\"p\": [1]}", "p: must be [1,2]" },
		{ P("{\"const\": [1]}"), "{\"p\": [\"1\"]}", "p: must be [1]" },
		{ P("{\"const\": false}"), "{\"p\": 0}", "p: must be false" },
		{ REQUIRED_P("{\"const\": null}"), "{\"p\": null}", NULL },
		{ P("{\"const\": null}"), "{\"p\": 0}", "p: must be null" },
		{ P("{\"enum\": [[1.0], {\"a\": 0}]}"), "{\"p\": [1]}", NULL },
		{ P("{\"enum\": [[1.0], {\"a\": 0}]}"), "{\"p\": {\"a\": 0.0}}", NULL },
		{ P("{\"uniqueItems\": true}"), "{\"p\": [{\"a\": 1}, {\"a\": 1.0}]}",
		  "p[1]: is there twice" },
		{ P("{\"const\": 9007199254740993}"), "{\"p\": 9007199254740992.0}",
		  "p: must be 9007199254740993" },
		{ P("{\"minimum\": 9007199254740993}"), "{\"p\": 9007199254740992.0}",
		  "p: must be at least 9007199254740993" },
		{ P("{\"maximum\": 9223372036854775807}"), "{\"p\": 9223372036854775808.0}",
		  "p: must be at most 9223372036854775807" },
		{ P("{\"minimum\": -1e300, \"maximum\": 1e300}"), "{\"p\": 5}", NULL },
		{ P("{\"minimum\": 1, \"maximum\": 3}"), "{\"p\": 1}", NULL },
		{ P("{\"minimum\": 1, \"maximum\": 3}"), "{\"p\": 3.0}", NULL },
		{ P("{\"minimum\": 1}"), "{\"p\": 0.5}", "p: must be at least 1" },
		{ P("{\"maximum\": 3.5}"), "{\"p\": 4}", "p: must be at most 3.5" },
		{ P("{\"maximum\": 9007199254740992}"), "{\"p\": 9007199254740993}",
		  "p: must be at most 9007199254740992" },
		{ P("{\"exclusiveMinimum\": 1}"), "{\"p\": 2}", NULL },
		{ P("{\"exclusiveMinimum\": 1}"), "{\"p\": 1}", "p: must be more than 1" },
		{ P("{\"exclusiveMaximum\": 1}"), "{\"p\": 0}", NULL },
		{ P("{\"exclusiveMaximum\": 1}"), "{\"p\": 1}", "p: must be less than 1" },
		{ P("{\"minimum\": 1}"), "{\"p\": \"0\"}", NULL },
		{ P("{\"minLength\": 2, \"maxLength\": 2}"), "{\"p\": \"\xC3\xA4\xE2\x82\xAC\"}",
		  NULL },
		{ P("{\"minLength\": 2}"), "{\"p\": \"\xE2\x82\xAC\"}",
		  "p: its length must be at least 2" },
		{ P("{\"maxLength\": 2}"), "{\"p\": \"abc\"}", "p: its length must be at most 2" },
		{ P("{\"minItems\": 1}"), "{\"p\": []}",
		  "p: the number of its elements must be at least 1" },
		{ P("{\"maxItems\": 1}"), "{\"p\": [1, 2]}",
		  "p: the number of its elements must be at most 1" },
		{ P("{\"minItems\": 1, \"maxItems\": 2}"), "{\"p\": [1, 2]}", NULL },
		{ P("{\"uniqueItems\": true}"), "{\"p\": [1, \"1\", 2]}", NULL },
		{ P("{\"uniqueItems\": true}"), "{\"p\": [1, 2, 1.0]}", "p[2]: is there twice" },
		{ P("{\"uniqueItems\": false}"), "{\"p\": [1, 1]}", NULL },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void patterns_are_those_of_ecma_script(void **state)
{
	static const struct fit cases[] = {
		{ P("{\"pattern\": \"^[0-9]{4}$\"}"), "{\"p\": \"2024\"}", NULL },
		{ P("{\"pattern\": \"^[0-9]{4}$\"}"), "{\"p\": \"2024\\n\"}",
		  "p: must match the pattern \"^[0-9]{4}$\"" },
		{ P("{\"pattern\": \"b\"}"), "{\"p\": \"abc\"}", NULL },
		{ P("{\"pattern\": \"b\"}"), "{\"p\": 5}", NULL },
		{ P("{\"pattern\": \"^\\\\u00e4$\"}"), "{\"p\": \"\xC3\xA4\"}", NULL },
		{ P("{\"pattern\": \"^.$\"}"), "{\"p\": \"\xE2\x82\xAC\"}", NULL },
		{ P("{\"pattern\": \"^https?:\\\\/\\\\/\\\\S+$\"}"), "{\"p\": \"http://x\"}",
		  NULL },
		{ P("{\"pattern\": \"^(?!no)\\\\w+$\"}"), "{\"p\": \"nope\"}",
		  "p: must match the pattern \"^(?!no)\\\\w+$\"" },
		{ P("{\"pattern\": \"^\\\\d{4}$\", \"pattern_descriptor\": \"YYYY\"}"),
		  "{\"p\": \"hush\"}", "p: must look like \"YYYY\"" },
		{ P("{\"pattern\": \"^(a+)+$\"}"),
		  "{\"p\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}",
		  "p: is too complex to be checked against the pattern \"^(a+)+$\"" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void strings_are_held_against_their_format(void **state)
{
	static const struct {
		const char *format;
		const char *problem;
		const char *good[12];
		const char *bad[16];
	} formats[] = {
		{ "date", "must be a date like 2024-01-31",
		  { "2024-01-31", "2024-02-29", "2000-02-29", "0001-01-01", NULL },
		  { "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-01",
		    "2024-01-00", "24-01-01", "2024-1-1", "2024-01-01T00:00:00Z", "2024/01/01", "",
		    " 2024-01-01", NULL } },
		{ "date-time", "must be a date and time like 2024-01-31T00:00:00Z",
		  { "2024-01-01T00:00:00Z", "2024-01-01t00:00:00z", "2024-01-01T23:59:59.123456Z",
		    "2024-01-01T00:00:00+05:30", "1998-12-31T23:59:60Z",
		    "1998-12-31T15:59:60-08:00", NULL },
		  { "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
		    "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00Z",
		    "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+0530",
		    "2024-01-01T00:00:00+24:00",
		    "1998-12-31T22:59:60Z", "2023-02-29T00:00:00Z", "2024-01-01T00:00:00Zx",
		    "2024-01-01T00:00:00-05:3", "", NULL } },
		{ "uri", "must be a URI with its scheme, like https://example.com",
		  { "https://example.com/a?b=%20c#d", "jdbc:postgresql://host:5432/db",
		    "mailto:a@example.com", "urn:x:y", "s3://bucket/key", "http://[::1]:80/",
		    "https://ex\xC3\xA4mple.com", NULL },
		  { "example.com", "//example.com/a", "/a/b", "https://a b", "1http://x",
		    "ht_tp://x", ":x", "https:", "https://a/%zz", "https://a/%2", "https://<x>",
		    "https://a\\nb", "", NULL } },
		{ "email", "must be an e-mail address",
		  { "joe.bloggs@example.com", "te~st+x@example.com", "\\\"joe b\\\"@example.com",
		    "joe@[127.0.0.1]", "joe@localhost", NULL },
		  { "joe", "joe@", "@example.com", ".joe@example.com", "joe.@example.com",
		    "j..oe@example.com", "joe b@example.com", "joe@exam ple.com", "joe@a=b.com",
		    "joe@[300.0.0.1]", "a@b@c.com", "", NULL } },
		{ "hostname", "must be the name of a host, without scheme or port",
		  { "localhost", "db.example.com", "db.example.com.", "xn--4gbwdl.example",
		    "10.0.0.1", "1a.b-c", NULL },
		  { "https://example.com", "example.com:80", "-a.com", "a-.com", "a..com", ".a",
		    "a_b.com", "a b", "..",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com", ".", "",
		    NULL } },
		{ "ipv4", "must be an IPv4 address like 192.0.2.1",
		  { "192.0.2.1", "0.0.0.0", "255.255.255.255", NULL },
		  { "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ",
		    "1.2.3.-4", "a.b.c.d", "1..2.3", "", NULL } },
		{ "uuid", "", { "what annotations say is free", NULL }, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		char schema[128], config[256], problem[128];
		struct fit fit = { schema, config, NULL };

		snprintf(schema, sizeof(schema), P("{\"format\": \"%s\"}"), formats[i].format);
		snprintf(problem, sizeof(problem), "p: %s", formats[i].problem);
		for (size_t j = 0; formats[i].good[j] != NULL; j++) {
			snprintf(config, sizeof(config), "{\"p\": \"%s\"}", formats[i].good[j]);
			assert_fits(&fit, 1);
		}
		fit.violations = problem;
		for (size_t j = 0; formats[i].bad[j] != NULL; j++) {
			snprintf(config, sizeof(config), "{\"p\": \"%s\"}", formats[i].bad[j]);
			assert_fits(&fit, 1);
		}
	}
}

static void a_format_says_nothing_of_other_types(void **state)
{
	static const struct fit cases[] = {
		{ P("{\"format\": \"date\"}"), "{\"p\": 5}", NULL },
		{ P("{\"type\": \"string\", \"format\": \"date\"}"), "{\"p\": null}", NULL },
		{ P("{\"items\": {\"format\": \"ipv4\"}}"), "{\"p\": [\"1.2.3.4\", \"hush\"]}",
		  "p[1]: must be an IPv4 address like 192.0.2.1" },
		{ P("{\"format\": \"date\"}"), "{\"p\": \"2024-01-01\\u0000\"}",
		  "p: must be a date like 2024-01-31" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void unknown_keys_are_fine_unless_the_spec_forbids_them(void **state)
{
	static const struct fit cases[] = {
		{ P("{}"), "{\"q\": 1}", NULL },
		{ "{\"properties\": {\"p\": true}, \"additionalProperties\": false}", "{\"p\": 1}",
		  NULL },
		{ "{\"properties\": {\"p\": true}, \"additionalProperties\": false}", "{\"q\": 1}",
		  "q: the spec has no such setting" },
		{ "{\"additionalProperties\": {\"type\": \"string\"}}", "{\"q\": 1}",
		  "q: is an integer, must be a string" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

#define CREDENTIALS \
	"{\"properties\": {\"credentials\": {\"type\": \"object\", \"oneOf\": [" \
	"{\"required\": [\"auth_type\", \"token\"], \"properties\": {" \
	" \"auth_type\": {\"type\": \"string\", \"const\": \"token\"}," \
	" \"token\": {\"type\": \"string\"}}}," \
	"{\"required\": [\"auth_type\", \"user\"], \"properties\": {" \
	" \"auth_type\": {\"type\": \"string\", \"enum\": [\"password\"]}," \
	" \"user\": {\"type\": \"string\"}}}]}}}"

static void of_several_forms_the_one_that_was_meant_is_reported(void **state)
{
	static const struct fit cases[] = {
		{ CREDENTIALS, "{\"credentials\": {\"auth_type\": \"token\", \"token\": \"x\"}}",
		  NULL },
		{ CREDENTIALS, "{\"credentials\": {\"auth_type\": \"password\", \"user\": 1}}",
		  "credentials.user: is an integer, must be a string" },
		{ CREDENTIALS, "{\"credentials\": {\"auth_type\": \"token\", \"user\": \"x\"}}",
		  "credentials.token: missing" },
		{ CREDENTIALS, "{\"credentials\": {\"auth_type\": \"hush\", \"token\": \"x\"}}",
		  "credentials.auth_type: must be one of \"token\", \"password\"" },
		{ CREDENTIALS, "{\"credentials\": {\"token\": \"x\"}}",
		  "credentials.auth_type: missing, must be one of \"token\", \"password\"" },
		{ CREDENTIALS, "{\"credentials\": \"hush\"}",
		  "credentials: is a string, must be an object" },
		{ P("{\"oneOf\": [{\"type\": \"string\", \"minLength\": 2}, {\"type\": "
		  "\"integer\"}]}"),
		  "{\"p\": \"x\"}", "p: its length must be at least 2" },
		{ P("{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"integer\"}]}"),
		  "{\"p\": true}",
		  "p: fits none of the forms that the spec offers" },
		{ P("{\"oneOf\": [{\"type\": \"number\"}, {\"type\": \"integer\"}]}"), "{\"p\": 1}",
		  "p: fits more than one of the forms that the spec offers" },
		{ P("{\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"integer\"}]}"), "{\"p\": 1}",
		  NULL },
		{ P("{\"anyOf\": [{\"minimum\": 5}, {\"maximum\": 1}]}"), "{\"p\": 3}",
		  "p: fits none of the forms that the spec offers" },
		{ P("{\"allOf\": [{\"minimum\": 5}, {\"minimum\": 7}]}"), "{\"p\": 6}",
		  "p: must be at least 7" },
	};

	(void)state;
	assert_fits(cases, COUNT(cases));
}

static void a_schema_that_cannot_be_checked_is_refused(void **state)
{
	static const struct {
		const char *schema;
		const char *message; /* NULL: it is fine */
	} cases[] = {
		{ "{\"title\": \"T\", \"order\": 0, \"airbyte_secret\": true, \"format\": \"uri\","
		  " \"examples\": [1], \"default\": 1, \"definitions\": {}}", NULL },
		{ P("{\"$ref\": \"#/x\"}"),
		  "/cs/properties/p/$ref: tapbyte does not check this keyword; the spec must do "
		  "without it" },
		{ P("{\"oneOf\": [{}, {\"not\": {}}]}"),
		  "/cs/properties/p/oneOf/1/not: tapbyte does not check this keyword; the spec "
		  "must do "
		  "without it" },
		{ P("{\"items\": {\"if\": {}}}"),
		  "/cs/properties/p/items/if: tapbyte does not check this keyword; the spec must "
		  "do "
		  "without it" },
		{ "{\"additionalProperties\": {\"patternProperties\": {}}}",
		  "/cs/additionalProperties/patternProperties: tapbyte does not check this "
		  "keyword; the "
		  "spec must do without it" },
		{ P("{\"dependencies\": {\"a\": [\"b\"]}}"),
		  "/cs/properties/p/dependencies: tapbyte does not check this keyword; the spec "
		  "must do without it" },
		{ P("{\"format\": 1}"),
		  "/cs/properties/p/format: is an integer, must be a string" },
		{ P("{\"type\": \"strnig\"}"),
		  "/cs/properties/p/type: is \"strnig\", must be one of \"object\", \"array\", "
		  "\"string\", \"integer\", \"number\", \"boolean\", \"null\"" },
		{ P("{\"type\": []}"), "/cs/properties/p/type: must not be empty" },
		{ P("{\"required\": true}"),
		  "/cs/properties/p/required: is true, must be an array" },
		{ P("{\"items\": [{}]}"),
		  "/cs/properties/p/items: is an array, must be a boolean or an object" },
		{ P("{\"exclusiveMinimum\": true}"),
		  "/cs/properties/p/exclusiveMinimum: is true, must be a number" },
		{ P("{\"minLength\": -1}"), "/cs/properties/p/minLength: must not be negative" },
		{ P("{\"oneOf\": []}"), "/cs/properties/p/oneOf: must not be empty" },
		{ P("{\"pattern\": \"a(b\"}"),
		  "/cs/properties/p/pattern: is no regular expression: missing closing "
		  "parenthesis, "
		  "at offset 3" },
		{ "[]", "/cs: is an array, must be an object" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		json_t *schema = json_loads(cases[i].schema, 0, NULL);

		assert_int_equal(spec_schema_check(schema, "/cs", &error),
				 cases[i].message == NULL);
		if (cases[i].message != NULL) {
			assert_string_equal(error.message, cases[i].message);
			assert_int_equal(error.type, FAILURE_SYSTEM);
		}
		json_decref(schema);
	}
}

static void a_long_list_of_violations_is_cut(void **state)
{
	struct error error = ERROR_NONE;
	json_t *schema = json_loads("{\"items\": {\"type\": \"string\"}}", 0, NULL);
	json_t *config = json_array();
	size_t length;

	(void)state;
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(json_array_append_new(config, json_integer(1)), 0);
	assert_false(spec_check_config(schema, config, &error));
	length = strlen(error.message);
	assert_int_equal(length, sizeof(error.message) - 1);
	assert_string_equal(error.message + length - 3, "...");
	json_decref(config);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_named_in_words),
		cmocka_unit_test(null_counts_as_absent_where_a_property_is_optional),
		cmocka_unit_test(all_violations_are_in_one_message_with_their_paths),
		cmocka_unit_test(values_are_held_against_enum_const_and_limits),
		cmocka_unit_test(patterns_are_those_of_ecma_script),
		cmocka_unit_test(strings_are_held_against_their_format),
		cmocka_unit_test(a_format_says_nothing_of_other_types),
		cmocka_unit_test(unknown_keys_are_fine_unless_the_spec_forbids_them),
		cmocka_unit_test(of_several_forms_the_one_that_was_meant_is_reported),
		cmocka_unit_test(a_schema_that_cannot_be_checked_is_refused),
		cmocka_unit_test(a_long_list_of_violations_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
