#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "name_table.h"

static void an_empty_table_knows_no_name(void **state)
{
	struct name_table table = NAME_TABLE_EMPTY;

	(void)state;
	assert_null(name_table_get(&table, SLICE("users")));
	assert_null(name_table_get(&table, slice_of(NULL, 0)));
	name_table_release(&table);
}

static void names_are_copied_and_told_apart_by_every_byte(void **state)
{
	struct name_table table = NAME_TABLE_EMPTY;
	char name[] = "users";

	(void)state;
	assert_true(name_table_set(&table, slice_of(name, 5), 1));
	memset(name, 'x', 5);
	assert_true(name_table_set(&table, SLICE("a\0b"), 2));
	assert_true(name_table_set(&table, slice_of(NULL, 0), 3));
	assert_int_equal(*name_table_get(&table, SLICE("users")), 1);
	assert_int_equal(*name_table_get(&table, SLICE("a\0b")), 2);
	assert_int_equal(*name_table_get(&table, SLICE("")), 3);
	assert_null(name_table_get(&table, SLICE("user")));
	assert_null(name_table_get(&table, SLICE("Users")));
	assert_null(name_table_get(&table, SLICE("a")));
	assert_null(name_table_get(&table, SLICE("a\0c")));
	assert_int_equal(table.count, 3);
	name_table_release(&table);
}

static void setting_a_name_again_changes_its_number(void **state)
{
	struct name_table table = NAME_TABLE_EMPTY;

	(void)state;
	assert_true(name_table_set(&table, SLICE("users"), 1));
	assert_true(name_table_set(&table, SLICE("users"), UINT32_MAX));
	assert_int_equal(*name_table_get(&table, SLICE("users")), UINT32_MAX);
	assert_int_equal(table.count, 1);
	name_table_release(&table);
}

static void many_names_survive_growth(void **state)
{
	struct name_table table = NAME_TABLE_EMPTY;
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		int length = snprintf(name, sizeof(name), "stream_%u", (unsigned)i);

		assert_true(name_table_set(&table, slice_of(name, (size_t)length), i));
	}
	assert_int_equal(table.count, 20000);
	assert_true(table.count < table.capacity);
	for (uint32_t i = 0; i < 20000; i++) {
		int length = snprintf(name, sizeof(name), "stream_%u", (unsigned)i);

		assert_int_equal(*name_table_get(&table, slice_of(name, (size_t)length)), i);
	}
	assert_null(name_table_get(&table, SLICE("stream_20000")));
	name_table_release(&table);
	assert_null(table.entries);
	assert_null(name_table_get(&table, SLICE("stream_1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_knows_no_name),
		cmocka_unit_test(names_are_copied_and_told_apart_by_every_byte),
		cmocka_unit_test(setting_a_name_again_changes_its_number),
		cmocka_unit_test(many_names_survive_growth),
	};

	return cmocka_run_group_tests_name("name_table", tests, NULL, NULL);
}
