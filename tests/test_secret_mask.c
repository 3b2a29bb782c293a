#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "secret_mask.h"

static void collect(struct secret_mask *mask, const char *spec, const char *config)
{
	json_t *schema = json_loads(spec, 0, NULL);
	json_t *values = json_loads(config, 0, NULL);

	assert_non_null(schema);
	assert_non_null(values);
	assert_true(secret_mask_collect(mask, schema, values));
	json_decref(schema);
	json_decref(values);
}

static void assert_masked(const struct secret_mask *mask, const char *text, const char *masked)
{
	struct buffer out;
	char *result;

	buffer_init(&out, BUFFER_MAXIMUM);
	secret_mask_apply(mask, &out, slice_of_string(text));
	result = buffer_to_string(&out);
	assert_string_equal(result, masked);
	free(result);
	buffer_release(&out);
}

#define SECRET "{\"airbyte_secret\": true}"
#define SPEC "{\"properties\": {\"s\": " SECRET ", \"t\": " SECRET "}}"

static void secrets_are_masked_where_they_stand(void **state)
{
	static const struct {
		const char *config;
		const char *text;
		const char *masked;
	} cases[] = {
		{ "{}", "nothing to hide", "nothing to hide" },
		{ "{\"s\": \"secret\"}", "", "" },
		{ "{\"s\": \"secret\"}", "asecretb secret", "a****b ****" },
		{ "{\"s\": \"secret\"}", "secre", "secre" },
		{ "{\"s\": \"secret\"}", "SECRET", "SECRET" },
		{ "{\"s\": \"secret\"}", "secretsecret", "********" },
		{ "{\"open\": \"secret\"}", "secret", "secret" },
		{ "{\"s\": \"\"}", "''", "''" },
		{ "{\"s\": null}", "null", "null" },
		/* short ones */
		{ "{\"s\": \"abc\"}", "abc", "****" },
		{ "{\"s\": \"abc\"}", "  abc\n", "  ****\n" },
		{ "{\"s\": \"abc\"}", "p='abc' q=\"abc\" r=abc", "p='****' q=\"****\" r=abc" },
		{ "{\"s\": \"abc\"}", "'abc\" 'abcd' abc'", "'abc\" 'abcd' abc'" },
		{ "{\"s\": \"12345\"}", "a 12345 b", "a 12345 b" },
		{ "{\"s\": \"123456\"}", "a 123456 b", "a **** b" },
		/* numbers */
		{ "{\"s\": 12345678}", "pin 12345678", "pin ****" },
		{ "{\"s\": 0.1234567}", "0.12345678", "****8" },
		{ "{\"s\": true}", "true", "true" },
		/* of several the longest, of overlapping ones all */
		{ "{\"s\": \"abcdef\", \"t\": \"abcdefgh\"}", "abcdefghi abcdefg", "****i ****g" },
		{ "{\"s\": \"abcdef\", \"t\": \"defghi\"}", "abcdefghij", "****j" },
		{ "{\"s\": \"aaaaaa\"}", "aaaaaaaab", "****b" },
		/* white space around, lines */
		{ "{\"s\": \" token1 \\n\"}", "[token1]", "[****]" },
		{ "{\"s\": \"-----KEY\\r\\nABCDEFGH\\nIJKLMN\\n\"}", "IJKLMN\\nABCDEFGH KEY",
		  "****\\n**** KEY" },
		/* JSON documents */
		{ "{\"s\": \"{\\\"key\\\": \\\"line-1\\\\nline-2\\\", \\\"deep\\\": "
		  "[\\\"tucked\\\"]}\"}",
		  "line-2 tucked deep", "**** **** deep" },
		{ "{\"s\": \"{\\\"key\\\": \\\"tucked\\\", \\\"n\\\": 1234567}\"}", "1234567",
		  "1234567" },
		/* in a URL */
		{ "{\"s\": \"p/q=r \u00e4~\"}", "?t=p%2Fq%3Dr+%C3%A4~&u=1", "?t=****&u=1" },
		{ "{\"s\": \"100%pure\"}", "100%pure 100%25pure", "**** ****" },
		/* everything inside a secret is one */
		{ "{\"s\": [\"first-\", {\"x\": \"second\"}]}", "first- second x", "**** **** x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret_mask mask;

		collect(&mask, SPEC, cases[i].config);
		assert_masked(&mask, cases[i].text, cases[i].masked);
		secret_mask_release(&mask);
	}
}

static void secrets_are_found_wherever_the_spec_marks_them(void **state)
{
	static const struct {
		const char *spec;
		const char *config;
	} cases[] = {
		{ "{\"properties\": {\"a\": {\"properties\": {\"s\": " SECRET "}}}}",
		  "{\"a\": {\"s\": \"hidden\", \"o\": \"public\"}}" },
		{ "{\"properties\": {\"a\": {\"oneOf\": [{\"properties\": {\"x\": {}}}, "
		  "{\"properties\":"
		  " {\"s\": " SECRET "}}]}}}",
		  "{\"a\": {\"s\": \"hidden\", \"x\": \"public\"}}" },
		{ "{\"anyOf\": [{\"properties\": {\"s\": " SECRET "}}]}",
		  "{\"s\": \"hidden\", \"o\": \"public\"}" },
		{ "{\"allOf\": [{\"properties\": {\"s\": " SECRET "}}]}",
		  "{\"s\": \"hidden\", \"o\": \"public\"}" },
		{ "{\"properties\": {\"a\": {\"items\": " SECRET "}}}",
		  "{\"a\": [\"hidden\"], \"b\": \"public\"}" },
		{ "{\"properties\": {\"a\": {\"items\": {\"properties\": {\"s\": " SECRET "}}}}}",
		  "{\"a\": [{\"s\": \"hidden\", \"o\": \"public\"}]}" },
		{ "{\"properties\": {\"o\": {}}, \"additionalProperties\": " SECRET "}",
		  "{\"s\": \"hidden\", \"o\": \"public\"}" },
		{ "{\"properties\": {\"a\": " SECRET ", \"o\": {\"airbyte_secret\": false}}}",
		  "{\"a\": \"hidden\", \"o\": \"public\"}" },
		{ "{\"properties\": {\"a\": " SECRET ", \"b\": {\"airbyte_secret\": true,"
		  " \"default\": \"public\"}}}",
		  "{\"a\": \"hidden\", \"b\": \"public\"}" },
		{ "{\"properties\": {\"a\": {\"airbyte_secret\": true, \"enum\": [\"public\"]}, "
		  "\"b\": "
		  SECRET "}}",
		  "{\"a\": \"public\", \"b\": \"hidden\"}" },
		{ "{\"properties\": {\"a\": " SECRET ", \"b\": " SECRET ", \"t\": {\"oneOf\": ["
		  "{\"properties\": {\"k\": {\"const\": \"public\"}}}]}}}",
		  "{\"a\": \"public\", \"b\": \"hidden\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret_mask mask;

		collect(&mask, cases[i].spec, cases[i].config);
		assert_masked(&mask, "hidden, public", "****, public");
		secret_mask_release(&mask);
	}
}

static void an_empty_mask_changes_nothing(void **state)
{
	struct secret_mask mask = SECRET_MASK_EMPTY;

	(void)state;
	assert_masked(&mask, "text", "text");
	secret_mask_release(&mask);
}

/* Quadratic work on 16 MiB would not end within the patience of any test run. */
static void long_texts_take_linear_time(void **state)
{
	const size_t length = (size_t)16 << 20;
	char *text = malloc(length);
	struct secret_mask mask;
	struct buffer out;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', length);
	for (size_t i = length / 2; i < length; i += 4)
		memcpy(text + i, "'a' ", 4);
	collect(&mask, SPEC, "{\"s\": \"a\", \"t\": \"      x\"}");
	buffer_init(&out, BUFFER_MAXIMUM);
	secret_mask_apply(&mask, &out, slice_of(text, length));
	assert_false(out.failed);
	assert_int_equal(out.length, length / 2 + length / 8 * (strlen("'****' ")));
	buffer_release(&out);
	secret_mask_release(&mask);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked_where_they_stand),
		cmocka_unit_test(secrets_are_found_wherever_the_spec_marks_them),
		cmocka_unit_test(an_empty_mask_changes_nothing),
		cmocka_unit_test(long_texts_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
