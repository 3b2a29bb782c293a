#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "stream.h"

#define NONE SIZE_MAX

struct row {
	const char *id, *tap_name;
	bool configured;
};

static void fill(struct stream_list *list, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct stream *stream = stream_list_add(list);

		assert_non_null(stream);
		stream->id = strdup(rows[i].id);
		stream->tap_name = strdup(rows[i].tap_name);
		stream->configured = rows[i].configured;
	}
}

static void a_new_stream_is_in_the_tap_and_all_else_is_zero(void **state)
{
	static const struct stream expected = { .in_tap = true };
	struct stream_list list = STREAM_LIST_EMPTY;
	const struct stream *stream = stream_list_add(&list);

	(void)state;
	assert_non_null(stream);
	assert_memory_equal(stream, &expected, sizeof(expected));
	assert_int_equal(list.count, 1);
	stream_list_release(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
}

static void many_streams_are_kept_with_all_that_they_own(void **state)
{
	struct stream_list list = STREAM_LIST_EMPTY;
	char name[] = "s000";

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct stream *stream = stream_list_add(&list);

		assert_non_null(stream);
		name[1] = (char)('0' + i / 100);
		name[2] = (char)('0' + i / 10 % 10);
		name[3] = (char)('0' + i % 10);
		stream->id = strdup(name);
		stream->tap_name = strdup(name);
		stream->parent_id = strdup("parent");
		stream->name = strdup(name);
		stream->namespace = strdup("schema");
		assert_true(name_table_set(&stream->fields, SLICE("id"), FIELD_SELECTED));
	}
	assert_int_equal(list.count, 200);
	assert_true(stream_list_index(&list));
	for (size_t i = 0; i < list.count; i++)
		assert_ptr_equal(stream_list_find(&list, slice_of_string(list.items[i].id),
						  SLICE("")),
				 &list.items[i]);
	stream_list_release(&list);
}

static void a_name_means_a_stream_by_id_then_by_name_then_by_position(void **state)
{
	static const struct row rows[] = {
		{ "east-parts", "parts", true },   /* 0: two configured ones of one name */
		{ "west-parts", "parts", true },   /* 1 */
		{ "east-users", "users", false },  /* 2: one of the two is configured */
		{ "west-users", "users", true },   /* 3 */
		{ "a-logs", "logs", false },       /* 4: none is */
		{ "b-logs", "logs", false },       /* 5 */
		{ "a-tags", "tags", false },       /* 6: alone, and not configured */
		{ "tags2", "west-parts", true },   /* 7: named like the id of 1 */
		{ "d-rows", "rows", true },        /* 8: a configured one before the other */
		{ "e-rows", "rows", false },       /* 9 */
	};
	static const struct {
		const char *name, *syncing;
		size_t found;
	} cases[] = {
		{ "east-parts", "", 0 },
		{ "east-parts", "west-parts", 0 },
		{ "west-parts", "", 1 },
		{ "west-parts", "tags2", 1 },
		{ "parts", "", NONE },
		{ "parts", "east-parts", 0 },
		{ "parts", "west-parts", 1 },
		{ "parts", "west-users", NONE },
		{ "users", "", 3 },
		{ "users", "west-users", 3 },
		{ "users", "east-users", 2 },
		{ "logs", "", NONE },
		{ "logs", "b-logs", 5 },
		{ "tags", "", 6 },
		{ "tags", "east-parts", 6 },
		{ "tags2", "", 7 },
		{ "rows", "", 8 },
		{ "rows", "e-rows", 9 },
		{ "Parts", "east-parts", NONE },
		{ "part", "east-parts", NONE },
		{ "", "", NONE },
	};
	struct stream_list list = STREAM_LIST_EMPTY;

	(void)state;
	fill(&list, rows, COUNT(rows));
	assert_true(stream_list_index(&list));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct stream *found =
			stream_list_find(&list, slice_of_string(cases[i].name),
					 slice_of_string(cases[i].syncing));
		size_t index = found ? (size_t)(found - list.items) : NONE;

		if (index != cases[i].found)
			fail_msg("<%s> while <%s> is read means %zd, not %zd", cases[i].name,
				 cases[i].syncing, (ssize_t)index, (ssize_t)cases[i].found);
	}
	stream_list_release(&list);
}

static void of_two_with_one_id_the_first_counts(void **state)
{
	static const struct row rows[] = { { "a", "x", true }, { "b", "y", true },
					   { "b", "z", true } };
	struct stream_list list = STREAM_LIST_EMPTY;

	(void)state;
	fill(&list, rows, COUNT(rows));
	assert_true(stream_list_index(&list));
	assert_ptr_equal(stream_list_find(&list, SLICE("b"), SLICE("")), &list.items[1]);
	assert_ptr_equal(stream_list_find(&list, SLICE("z"), SLICE("")), &list.items[2]);
	assert_true(stream_list_index(&list)); /* once more: what was known is forgotten */
	assert_ptr_equal(stream_list_find(&list, SLICE("b"), SLICE("")), &list.items[1]);
	stream_list_release(&list);
}

static void an_empty_list_has_no_stream(void **state)
{
	struct stream_list list = STREAM_LIST_EMPTY;

	(void)state;
	assert_true(stream_list_index(&list));
	assert_null(stream_list_find(&list, SLICE("a"), SLICE("a")));
	stream_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_stream_is_in_the_tap_and_all_else_is_zero),
		cmocka_unit_test(many_streams_are_kept_with_all_that_they_own),
		cmocka_unit_test(a_name_means_a_stream_by_id_then_by_name_then_by_position),
		cmocka_unit_test(of_two_with_one_id_the_first_counts),
		cmocka_unit_test(an_empty_list_has_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
