#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "batch.h"

static void a_batch_that_was_never_opened_closes_nothing(void **state)
{
	struct batch none = BATCH_NONE;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	batch_close(&none);
	assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_that_was_never_opened_closes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
