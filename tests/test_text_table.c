#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text_table.h"

static void check_table(const struct text_table *table, size_t width, const char *expected)
{
	struct buffer out;
	char *text;

	buffer_init(&out, BUFFER_MAXIMUM);
	text_table_print(table, width, &out);
	text = buffer_to_string(&out);
	assert_false(table->failed);
	assert_string_equal(text, expected);
	free(text);
	buffer_release(&out);
}

static void set(struct text_table *table, const char *column, const char *text, bool is_number)
{
	text_table_set(table, slice_of_string(column), slice_of_string(text), is_number);
}

static void columns_are_as_wide_as_their_widest_text(void **state)
{
	struct text_table table = TEXT_TABLE_EMPTY;

	(void)state;
	text_table_add_row(&table);
	set(&table, "id", "1", true);
	set(&table, "name", "Jürgen", false);
	text_table_add_row(&table);
	set(&table, "id", "1000", true);
	set(&table, "town", "東京", false);
	check_table(&table, 80,
		    "    id  name    town\n"
		    "  ----  ------  ----\n"
		    "     1  Jürgen\n"
		    "  1000          東京\n");
	text_table_release(&table);
}

static void the_widest_columns_are_cut_first_and_the_last_ones_named(void **state)
{
	struct text_table table = TEXT_TABLE_EMPTY;

	(void)state;
	text_table_add_row(&table);
	set(&table, "id", "1", true);
	set(&table, "about", "0123456789abcdefghij", false);
	set(&table, "more", "0123456789abc", false);
	check_table(&table, 34,
		    "  id  about          more\n"
		    "  --  -------------  -------------\n"
		    "   1  0123456789ab…  0123456789abc\n");
	check_table(&table, 20,
		    "  id  about\n"
		    "  --  --------\n"
		    "   1  0123456…\n"
		    "  and 1 more: more\n");
	text_table_release(&table);
}

static void control_characters_stay_out_of_names_and_cells(void **state)
{
	struct text_table table = TEXT_TABLE_EMPTY;

	(void)state;
	text_table_add_row(&table);
	set(&table, "a\x1b[0m", "x\ny", false);
	check_table(&table, 80,
		    "  a\\x1b[0m\n"
		    "  --------\n"
		    "  x\\ny\n");
	text_table_release(&table);
}

static void columns_beyond_the_limit_are_left_out(void **state)
{
	struct text_table table = TEXT_TABLE_EMPTY;

	(void)state;
	text_table_add_row(&table);
	for (int i = 0; i < TEXT_TABLE_COLUMNS + 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%d", i);
		set(&table, name, "1", true);
	}
	assert_int_equal(table.column_count, TEXT_TABLE_COLUMNS);
	check_table(&table, 20,
		    "  c0  c1  c2  c3  c4\n"
		    "  --  --  --  --  --\n"
		    "   1   1   1   1   1\n"
		    "  and 195 or more f…\n");
	text_table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_text),
		cmocka_unit_test(the_widest_columns_are_cut_first_and_the_last_ones_named),
		cmocka_unit_test(control_characters_stay_out_of_names_and_cells),
		cmocka_unit_test(columns_beyond_the_limit_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
