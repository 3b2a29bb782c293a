#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buffer.h"
#include "count.h"
#include "json_difference.h"

static void write_down(void *owner, const char *pointer, struct slice was, struct slice is)
{
	struct buffer *text = owner;

	buffer_append_string(text, pointer);
	buffer_append_char(text, ' ');
	buffer_append(text, was.data != NULL ? was : SLICE("nothing"));
	buffer_append_string(text, " -> ");
	buffer_append(text, is.data != NULL ? is : SLICE("nothing"));
	buffer_append_char(text, '\n');
}

/* Of three places at most. */
static void each_place_that_differs_is_told_with_both_values(void **state)
{
	static const struct {
		const char *was, *is, *expected;
	} cases[] = {
		{ "{\"a\": 1}", "{\"a\":1}", "" },
		{ "{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", "" },
		{ "{\"a\": 1}", "{\"a\": 1.0}", "/a 1 -> 1.0\n" },
		{ "{\"a\": 1, \"c/~d\": {\"e\": [1, 2]}}",
		  "{\"c/~d\": {\"e\": [1, 3, 4]}, \"f\": {}}",
		  "/a 1 -> nothing\n/c~1~0d/e/1 2 -> 3\n/c~1~0d/e/2 nothing -> 4\n" },
		{ "{}", "{\"f\": {}}", "/f nothing -> {}\n" },
		{ "[]", "{}", " [] -> {}\n" },
		{ "[1, 2, 3, 4]", "[5, 6, 7, 8]", "/0 1 -> 5\n/1 2 -> 6\n/2 3 -> 7\n" },
		{ "{\"a\": [[1]]}", "{\"a\": [[]]}", "/a/0/0 1 -> nothing\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct buffer text;

		buffer_init(&text, 1000);
		assert_true(json_difference(slice_of_string(cases[i].was),
					    slice_of_string(cases[i].is), 3, write_down, &text,
					    &error));
		if (!slice_equals(buffer_slice(&text), slice_of_string(cases[i].expected)))
			fail_msg("%zu: %.*s", i, (int)text.length, text.data);
		buffer_release(&text);
	}
}

static void what_is_no_json_is_an_error(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_false(json_difference(SLICE("{"), SLICE("{}"), 3, write_down, NULL, &error));
	assert_true(error.set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_that_differs_is_told_with_both_values),
		cmocka_unit_test(what_is_no_json_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
