#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "count.h"
#include "secret_mask.h"
#include "secret_vectors.h"

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
		{ "{\"s\": \"abc\"}", "p='abc' q=\"abc\" r:abc", "p='****' q=\"****\" r:abc" },
		{ "{\"s\": \"abc\"}", "?pin=abc&x=abc;y=abcd z=abc\n(w=abc), =abc",
		  "?pin=****&x=****;y=abcd z=****\n(w=****), =****" },
		{ "{\"s\": \"a=b\"}", "k=a=b&x=a", "k=****&x=a" },
		{ "{\"s\": \"a&b\"}", "k=a%26b#x k=a&amp;b", "k=****#x k=****" },
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
		{ "{\"s\": \"{\\\"type\\\": \\\"service_account\\\", \\\"private_key\\\": "
		  "\\\"-----BEGIN PRIVATE KEY-----\\\\nMIIEvQ\\\\n\\\", "
		  "\\\"token_uri\\\": \\\"https://oauth2.googleapis.com/token\\\", "
		  "\\\"universe_domain\\\": \\\"googleapis.com\\\"}\"}",
		  "host='oauth2.googleapis.com' /token -----BEGIN PRIVATE KEY----- MIIEvQ",
		  "host='oauth2.googleapis.com' /token -----BEGIN PRIVATE KEY----- ****" },
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

static void add(struct secret_mask *mask, const char *secret)
{
	assert_true(secret_mask_add(mask, slice_of_string(secret)));
}

static void secrets_are_masked_in_every_way_to_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(secret_vectors); i++) {
		const struct secret_vector *vector = &secret_vectors[i];
		struct secret_mask mask = SECRET_MASK_EMPTY;

		add(&mask, vector->secret);
		assert_masked(&mask, vector->text, vector->masked);
		secret_mask_release(&mask);
	}
}

static void what_is_written_in_another_way_follows_the_same_rules(void **state)
{
	static const struct {
		const char *secret;
		const char *text;
		const char *masked;
	} cases[] = {
		/* around an escape everything stays */
		{ "a/b=c d", "x%41a%2Fb%3Dc%20d%41x", "x%41****%41x" },
		{ "pass word", "\\npass\\u0020word\\n \"\\u00e4\"", "\\n****\\n \"\\u00e4\"" },
		{ "pass word", "pass+word pass%word", "**** pass%word" },
		{ "pass&word", "pass&amp;word &amp; pass&amp word", "**** &amp; pass&amp word" },
		{ "a+b c d", "a+b%20c%20d", "****" },
		{ "pass word", "pass\\\\u0020word", "****" },
		/* a URL in a URL, which HTML quotes */
		{ "ab/cd+ef=", "?u=x%3Ft%3Dab%252Fcd%252Bef%253D%26v", "?u=x%3Ft%3D****%26v" },
		{ "ab/c&d=", "?t=ab%2Fc&#37;26d%3D", "?t=****" },
		{ "ab/c d", "ab%25252Fc%252520d", "ab%25252Fc%252520d" },
		/* what looks like an escape but is none */
		{ "sec(ret", "sec&#3a;ret sec&#40;ret", "sec&#3a;ret ****" },
		{ "C:\\new%zz", "C:\\new%zz", "****" },
		{ "100% &#x; \\u12", "100% &#x; \\u12 \\", "**** \\" },
		{ "secret", "\\ud800secret\\udc00 \\xzz % %4 & &#; &#1114112; &#xd800;",
		  "\\ud800****\\udc00 \\xzz % %4 & &#; &#1114112; &#xd800;" },
		{ "\xf0\x9f\x98\x80 key",
		  "\\ud83d\\ude00 key \\U0001f600 key \\xf0\\x9f\\x98\\x80 key",
		  "**** **** ****" },
		{ "\xc3\xa4 latin", "b'\\xe4 latin' '\\xE4\\x20latin'", "b'****' '****'" },
		/* the same place in several ways, and two that overlap */
		{ "abc%20def", "abc%20def abc%2520def", "**** ****" },
		{ "secret",
		  "\"secret\" se%63ret sec&#114;et \\u0073ecret", "\"****\" **** **** ****" },
		/* short ones: whole or quoted, however they are written */
		{ "a b", "a%20b", "****" },
		{ "a b", " a+b ", " **** " },
		{ "a b", "x a%20b", "x a%20b" },
		{ "a b", "p='a%20b' q=%22a+b%22 r=\\\"a\\u0020b\\\" s=&quot;a b&quot; t=a+b&u=+a+b",
		  "p='****' q=%22****%22 r=\\\"****\\\" s=&quot;****&quot; t=****&u=+a+b" },
		{ "a\"b", "{\"k\": \"a\\\"b\"}", "{\"k\": \"****\"}" },
		{ "abc", "YWJj", "****" },
		{ "abc",
		  "'YWJj' \"616263\" 616263 xYWJjx YWJj", "'****' \"****\" 616263 xYWJjx YWJj" },
		{ "abcd", "'YWJjZA==' 'YWJjZA' YWJjZA==", "'****' '****' YWJjZA==" },
		{ "abcd", "\"6162634A\" \"61626364\"", "\"6162634A\" \"****\"" },
		{ "~~~~",
		  "'fn5+fg==' 'fn5-fg' \"7E7E7E7E\" \"7e7e7e7e\"",
		  "'****' '****' \"****\" \"****\"" },
		/* base64: the whole run, nothing else */
		{ "secret",
		  "Basic dXNlcjpzZWNyZXQ=, c2VjcmV0, [xxxxc2VjcmV0yy==]=",
		  "Basic ****, ****, [****]=" },
		{ "secret", "t=a-b_c2VjcmV0-_+/9; a.c2VjcmV0.b", "t=****; a.****.b" },
		{ "secret", "k=c2VjcmV0===; c2VjcmU=", "k=****=; c2VjcmU=" },
		{ "secret", "736563726574 0x736563726574ff 73656372657", "**** **** 73656372657" },
		/* one case of hexadecimal digits is not the other's mixture */
		{ "~secret", "7e736563726574 7E736563726574", "**** ****" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret_mask mask = SECRET_MASK_EMPTY;

		add(&mask, cases[i].secret);
		assert_masked(&mask, cases[i].text, cases[i].masked);
		secret_mask_release(&mask);
	}
}

/* Only the beginning of a long secret is looked for in base64; what it is a part of is masked. */
static void long_secrets_are_masked_in_base64_as_well(void **state)
{
	struct secret_mask mask = SECRET_MASK_EMPTY;
	struct buffer text;
	char secret[501] = "";

	(void)state;
	for (size_t i = 0; i < 500; i++)
		secret[i] = (char)('!' + i * 7 % 90);
	add(&mask, secret);
	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, "token ");
	for (size_t i = 0; i < 500; i++)
		for (int nibble = 4; nibble >= 0; nibble -= 4)
			buffer_append_char(&text, "0123456789abcdef"[secret[i] >> nibble & 15]);
	buffer_append_char(&text, '\0');
	assert_masked(&mask, text.data, "token ****");
	buffer_clear(&text);
	base64_encode(&text, slice_of_string(secret));
	buffer_append(&text, SLICE(", and more\0"));
	assert_masked(&mask, text.data, "****, and more");
	text.data[200] = '\0'; /* cut off */
	assert_masked(&mask, text.data, "****");
	buffer_release(&text);
	secret_mask_release(&mask);
}

static void what_was_secret_stays_so(void **state)
{
	json_t *schema = json_loads("{\"properties\": {\"s\": " SECRET ", \"o\": {\"default\": "
				    "\"public\"}}}", 0, NULL);
	json_t *rotated = json_loads("{\"s\": \"second\"}", 0, NULL);
	json_t *published = json_loads("{\"s\": \"public\"}", 0, NULL);
	struct secret_mask mask;

	(void)state;
	assert_true(secret_mask_collect(&mask, schema, published));
	assert_int_equal(mask.count, 0);
	assert_true(secret_mask_collect_more(&mask, schema, rotated));
	assert_masked(&mask, "first- second third-", "first- **** third-");
	add(&mask, "first-");
	add(&mask, "");
	add(&mask, "public");
	assert_true(secret_mask_collect_more(&mask, schema, rotated));
	assert_masked(&mask, "first- second third- public", "**** **** third- public");
	secret_mask_release(&mask);
	json_decref(schema);
	json_decref(rotated);
	json_decref(published);
}

/* More than fit into the first table, with many that begin the same. */
static void any_number_of_secrets_is_found(void **state)
{
	struct secret_mask mask = SECRET_MASK_EMPTY;
	char secret[32];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(secret, sizeof(secret), i % 3 ? "%06d" : "begins%06d", i);
		add(&mask, secret);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(secret, sizeof(secret), i % 3 ? "-%06d-" : "-begins%06d-", i);
		assert_masked(&mask, secret, "-****-");
	}
	assert_masked(&mask, "003000 begins00300", "003000 begins00300");
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
		cmocka_unit_test(secrets_are_masked_in_every_way_to_write_them),
		cmocka_unit_test(what_is_written_in_another_way_follows_the_same_rules),
		cmocka_unit_test(long_secrets_are_masked_in_base64_as_well),
		cmocka_unit_test(what_was_secret_stays_so),
		cmocka_unit_test(any_number_of_secrets_is_found),
		cmocka_unit_test(long_texts_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
