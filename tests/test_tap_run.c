#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "count.h"
#include "tap_run.h"

static const struct {
	unsigned idle;
	bool closed;
	bool crashed;
	unsigned silence;
} cases[] = {
	{ 10800, false, false, 10800 },
	{ 0, false, false, 0 },
	{ 5, false, false, 5 },
	{ 10800, true, false, TAP_RUN_ENDING },
	{ 0, true, false, TAP_RUN_ENDING },
	{ 5, true, false, 5 },
	{ 10800, false, true, TAP_RUN_CRASHED },
	{ 0, false, true, TAP_RUN_CRASHED },
	{ 5, false, true, 5 },
	{ 10800, true, true, TAP_RUN_ENDING },
};

static void a_tap_that_only_fails_to_end_is_not_waited_for_as_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(tap_run_silence(cases[i].idle, cases[i].closed, cases[i].crashed),
				 cases[i].silence);
}

static void what_a_tap_leaves_behind_has_as_long_as_its_silence_or_deadline(void **state)
{
	(void)state;
	assert_int_equal(tap_run_patience(&(struct tap_task){ .silence = 5, .deadline = 9 }), 5);
	assert_int_equal(tap_run_patience(&(struct tap_task){ .deadline = 9 }), 9);
	assert_int_equal(tap_run_patience(&(struct tap_task){ .silence = 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_that_only_fails_to_end_is_not_waited_for_as_long),
		cmocka_unit_test(what_a_tap_leaves_behind_has_as_long_as_its_silence_or_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
