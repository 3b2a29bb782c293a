#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int no_memory;

__attribute__((noinline)) static void *failing_malloc(size_t size)
{
	return no_memory ? NULL : malloc(size);
}

__attribute__((noinline)) static void *failing_calloc(size_t count, size_t size)
{
	return no_memory ? NULL : calloc(count, size);
}

__attribute__((noinline)) static void *failing_realloc(void *old, size_t size)
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

/* As libuv calls them: the compiler knows nothing of what they do. */
static void *(*volatile take)(size_t) = loop_malloc;
static void *(*volatile take_zeroed)(size_t, size_t) = loop_calloc;
static void *(*volatile resize)(void *, size_t) = loop_realloc;
static void (*volatile give_back)(void *) = loop_free;

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
	char *block = take(100);

	(void)state;
	assert_false(is_reserved(block));
	block = resize(block, 1000);
	assert_false(is_reserved(block));
	give_back(block);
	block = take_zeroed(10, 10);
	assert_false(is_reserved(block));
	give_back(block);
	assert_int_equal(reserve_used, 0);
}

static void without_memory_blocks_of_the_reserve_are_apart_and_aligned(void **state)
{
	char *a, *b;

	(void)state;
	no_memory = 1;
	a = take(1);
	b = take_zeroed(3, 7);
	assert_true(is_reserved(a) && is_reserved(b));
	assert_int_equal((uintptr_t)a % _Alignof(max_align_t), 0);
	assert_int_equal((uintptr_t)b % _Alignof(max_align_t), 0);
	*a = 'a';
	memset(b, 'b', 21);
	assert_int_equal(*a, 'a');
	give_back(a);
	give_back(b);
	give_back(NULL);
}

static void a_block_keeps_its_bytes_wherever_it_goes(void **state)
{
	char *block = take(6);

	(void)state;
	memcpy(block, "bytes", 6);
	no_memory = 1;
	block = resize(block, 100);
	assert_true(is_reserved(block));
	assert_string_equal(block, "bytes");
	block = resize(block, 200);
	assert_true(is_reserved(block));
	assert_string_equal(block, "bytes");
	no_memory = 0;
	block = resize(block, 300);
	assert_false(is_reserved(block));
	assert_string_equal(block, "bytes");
	give_back(block);
}

static void what_the_reserve_cannot_give_is_refused_and_the_old_block_stays(void **state)
{
	char *block;

	(void)state;
	no_memory = 1;
	assert_null(take(RESERVE));
	assert_null(take(SIZE_MAX));
	assert_null(take_zeroed(SIZE_MAX / 2, 3));
	block = take(6);
	memcpy(block, "bytes", 6);
	assert_null(resize(block, RESERVE));
	assert_string_equal(block, "bytes");
	while (take(1000) != NULL)
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
