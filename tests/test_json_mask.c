#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "count.h"
#include "json_indent.h"
#include "json_mask.h"

static void json_stays_json_without_the_secrets(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{\"a\": \"top-secret\"}", "{\"a\": \"****\"}" },
		{ "{ \"a\" :[\"x top-secret y\",1] }", "{ \"a\" :[\"x **** y\",1] }" },
		{ "{\"top-secret\": 1}", "{\"****\": 1}" },
		{ "{\"a\": \"t\\u006fp-secret\"}", "{\"a\": \"****\"}" },
		{ "{\"n\": 7734525}", "{\"n\": 1111111}" },
		{ "{\"n\": -7734525.5e3}", "{\"n\": -1111111.1e1}" },
		{ "{\"n\": 123456, \"m\": 12}", "{\"n\": 999999, \"m\": 12}" },
		{ "{\"n\": 42, \"m\": 421, \"s\": \"-42\"}",
		  "{\"n\": 11, \"m\": 421, \"s\": \"-42\"}" },
		{ "42", "11" },
		{ "{\"s\": \"abc\", \"t\": \"abcd\"}", "{\"s\": \"****\", \"t\": \"abcd\"}" },
		{ "[1, 2, true, null, NaN]", "[1, 2, true, null, NaN]" },
		{ "key=top-secret&n=7734525", "key=****&n=****" },
		{ "{\"a\": \"top-secret\"", "{\"a\": \"****\"" },
		{ "", "" },
		/* over two tokens: no secret may stay, though it is no JSON then */
		{ "[\"left\", \"right\"]", "[\"****\"]" },
	};
	static const char *const secrets[] = { "top-secret", "7734525", "123456", "abc", "42",
					       "left\", \"right" };
	struct secret_mask mask = SECRET_MASK_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++)
		assert_true(secret_mask_add(&mask, slice_of_string(secrets[i])));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer out;

		buffer_init(&out, 1000);
		buffer_append_char(&out, '>');
		json_mask_apply(&mask, &out, slice_of_string(cases[i].text));
		assert_false(out.failed);
		if (!slice_equals(slice_after(buffer_slice(&out), 1),
				  slice_of_string(cases[i].expected)))
			fail_msg("%s became %.*s", cases[i].text, (int)out.length, out.data);
		buffer_release(&out);
	}
	secret_mask_release(&mask);
}

static void nothing_is_appended_when_not_all_secrets_are_known(void **state)
{
	struct secret_mask mask = SECRET_MASK_EMPTY;
	struct buffer out;

	(void)state;
	mask.behind = true;
	buffer_init(&out, 1000);
	json_mask_apply(&mask, &out, SLICE("{\"a\": \"x\"}"));
	assert_true(out.failed);
	assert_int_equal(out.length, 0);
	buffer_release(&out);
}

static void a_text_is_indented_and_keeps_its_tokens(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", "{}\n" },
		{ "[ ]", "[]\n" },
		{ "1e400", "1e400\n" },
		{ "\"a:,{\"", "\"a:,{\"\n" },
		{ "{\"a\":1.50,\"b\":[true,null,{}],\"c\":\"\\u0041\"}",
		  "{\n  \"a\": 1.50,\n  \"b\": [\n    true,\n    null,\n    {}\n  ],\n"
		  "  \"c\": \"\\u0041\"\n}\n" },
		{ "[[1],[],{\"x\":-2}]",
		  "[\n  [\n    1\n  ],\n  [],\n  {\n    \"x\": -2\n  }\n]\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer out;

		buffer_init(&out, 1000);
		json_indent(&out, slice_of_string(cases[i].text));
		if (!slice_equals(buffer_slice(&out), slice_of_string(cases[i].expected)))
			fail_msg("%s became %.*s", cases[i].text, (int)out.length, out.data);
		buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_stays_json_without_the_secrets),
		cmocka_unit_test(nothing_is_appended_when_not_all_secrets_are_known),
		cmocka_unit_test(a_text_is_indented_and_keeps_its_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
