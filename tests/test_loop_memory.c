#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int no_memory;

static void *failing_malloc(size_t size)
{
	return no_memory ? NULL : malloc(size);
}

static void *failing_calloc(size_t count, size_t size)
{
	return no_memory ? NULL : calloc(count, size);
}

static void *failing_realloc(void *old, size_t size)
{
	return no_memory ? NULL : realloc(old, size);
}

#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
#include "../adapter/loop_memory.c"
#undef malloc
#undef calloc
#undef realloc

static int set_up(void **state)
{
	(void)state;
	no_memory = 0;
	memset(reserve, 0, sizeof(reserve));
	reserve_used = 0;
	return 0;
}

static void memory_is_that_of_the_system_as_long_as_there_is_some(void **state)
{
	char *block = loop_malloc(100);

	(void)state;
	assert_false(is_reserved(block));
	block = loop_realloc(block, 1000);
	assert_false(is_reserved(block));
	loop_free(block);
	block = loop_calloc(10, 10);
	assert_false(is_reserved(block));
	loop_free(block);
	assert_int_equal(reserve_used, 0);
}

static void without_memory_blocks_of_the_reserve_are_apart_and_aligned(void **state)
{
	char *a, *b;

	(void)state;
	no_memory = 1;
	a = loop_malloc(1);
	b = loop_calloc(3, 7);
	assert_true(is_reserved(a) && is_reserved(b));
	assert_int_equal((uintptr_t)a % _Alignof(max_align_t), 0);
	assert_int_equal((uintptr_t)b % _Alignof(max_align_t), 0);
	*a = 'a';
	memset(b, 'b', 21);
	assert_int_equal(*a, 'a');
	loop_free(a);
	loop_free(b);
	loop_free(NULL);
}

static void a_block_keeps_its_bytes_wherever_it_goes(void **state)
{
	char *block = loop_malloc(6);

	(void)state;
	memcpy(block, "bytes", 6);
	no_memory = 1;
	block = loop_realloc(block, 100);
	assert_true(is_reserved(block));
	assert_string_equal(block, "bytes");
	block = loop_realloc(block, 200);
	assert_true(is_reserved(block));
	assert_string_equal(block, "bytes");
	no_memory = 0;
	block = loop_realloc(block, 300);
	assert_false(is_reserved(block));
	assert_string_equal(block, "bytes");
	loop_free(block);
}

static void what_the_reserve_cannot_give_is_refused_and_the_old_block_stays(void **state)
{
	char *block;

	(void)state;
	no_memory = 1;
	assert_null(loop_malloc(RESERVE));
	assert_null(loop_malloc(SIZE_MAX));
	assert_null(loop_calloc(SIZE_MAX / 2, 3));
	block = loop_malloc(6);
	memcpy(block, "bytes", 6);
	assert_null(loop_realloc(block, RESERVE));
	assert_string_equal(block, "bytes");
	while (loop_malloc(1000) != NULL)
		;
	assert_true(reserve_used <= RESERVE);
	assert_string_equal(block, "bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(memory_is_that_of_the_system_as_long_as_there_is_some,
				       set_up),
		cmocka_unit_test_setup(without_memory_blocks_of_the_reserve_are_apart_and_aligned,
				       set_up),
		cmocka_unit_test_setup(a_block_keeps_its_bytes_wherever_it_goes, set_up),
		cmocka_unit_test_setup(
			what_the_reserve_cannot_give_is_refused_and_the_old_block_stays, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
