#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "terminal_text.h"

static void text_is_made_fit_for_a_terminal(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *expected;
		size_t width;
	} cases[] = {
		{ "", 5, "", 0 },
		{ "plain", 5, "plain", 5 },
		{ "longer", 5, "long…", 5 },
		{ "longer", 1, "…", 1 },
		{ "grün", 4, "grün", 4 },
		{ "日本語", 6, "日本語", 6 },
		{ "日本語", 5, "日本…", 5 },
		{ "日本語", 4, "日…", 3 },
		{ "e\xcc\x81t", 2, "e\xcc\x81t", 2 },
		{ "\xf0\x9f\x98\x80!", 3, "\xf0\x9f\x98\x80!", 3 },
		{ "a\nb\tc\r", 20, "a\\nb\\tc\\r", 9 },
		{ "\x1b[31mred\x07", 20, "\\x1b[31mred\\x07", 15 },
		{ "\x1b[31m", 4, "…", 1 },
		{ "\x7f", 9, "\\x7f", 4 },
		{ "\xc2\x9b" "2J", 9, "\\x9b2J", 6 },
		{ "a\xe2\x80\xae" "b", 9, "a\\u202eb", 8 },
		{ "\xff\xc3", 9, "\xef\xbf\xbd\xef\xbf\xbd", 2 },
		{ "\\n", 9, "\\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice text = slice_of_string(cases[i].text);
		struct buffer out;
		char *shown;

		buffer_init(&out, BUFFER_MAXIMUM);
		assert_int_equal(terminal_text_append(&out, text, cases[i].columns),
				 cases[i].width);
		shown = buffer_to_string(&out);
		assert_string_equal(shown, cases[i].expected);
		free(shown);
		buffer_release(&out);
	}
}

static void a_zero_byte_is_shown_and_ends_nothing(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, BUFFER_MAXIMUM);
	assert_int_equal(terminal_text_append(&out, SLICE("a\0b"), 9), 6);
	assert_true(slice_equals(buffer_slice(&out), SLICE("a\\x00b")));
	buffer_release(&out);
}

static void counting_ends_when_there_is_enough(void **state)
{
	(void)state;
	assert_int_equal(terminal_text_width(SLICE("0123456789"), 4), 5);
	assert_int_equal(terminal_text_width(SLICE("0123456789"), TERMINAL_TEXT_UNCUT), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_made_fit_for_a_terminal),
		cmocka_unit_test(a_zero_byte_is_shown_and_ends_nothing),
		cmocka_unit_test(counting_ends_when_there_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
