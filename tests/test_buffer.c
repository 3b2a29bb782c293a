#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "count.h"
#include "error.h"
#include "slice.h"

#define TEXT(literal) { "" literal, sizeof(literal) - 1 }

static void assert_holds(const struct buffer *buffer, const char *expected)
{
	assert_int_equal(buffer->length, strlen(expected));
	assert_memory_equal(buffer->data, expected, buffer->length);
}

static void appended_pieces_stand_one_after_the_other(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	assert_null(buffer.data);
	buffer_append_string(&buffer, "a string, ");
	buffer_append(&buffer, SLICE("a slice"));
	buffer_append(&buffer, slice_of(NULL, 0));
	buffer_append_char(&buffer, ',');
	buffer_append_integer(&buffer, -42);
	buffer_append_integer(&buffer, 0);
	assert_false(buffer.failed);
	assert_holds(&buffer, "a string, a slice,-420");
	buffer_release(&buffer);
}

static void integers_are_written_whole_to_both_limits(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	buffer_append_integer(&buffer, INT64_MIN);
	buffer_append_integer(&buffer, INT64_MAX);
	assert_holds(&buffer, "-92233720368547758089223372036854775807");
	buffer_release(&buffer);
}

static void a_format_adds_all_of_its_text_or_nothing(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 256);
	buffer_append_format(&buffer, "%s-%d%c", "a", 7, 'z');
	assert_true(slice_equals(buffer_slice(&buffer), SLICE("a-7z")));
	buffer_append_format(&buffer, "%252d", 1);
	assert_int_equal(buffer.length, 256);
	assert_false(buffer.failed);
	buffer_append_format(&buffer, "%s", "");
	assert_false(buffer.failed);
	buffer_append_format(&buffer, "%d", 2);
	assert_true(buffer.failed);
	assert_int_equal(buffer.length, 256);
	buffer_release(&buffer);
}

static void a_buffer_grows_and_keeps_its_bytes(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	for (int i = 0; i < 100000; i++)
		buffer_append_char(&buffer, (char)('a' + i % 26));
	assert_int_equal(buffer.length, 100000);
	assert_true(buffer.capacity >= 100000 && buffer.capacity < 4 * 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buffer.data[i], 'a' + i % 26);
	buffer_release(&buffer);
}

static void an_append_beyond_the_maximum_adds_nothing_and_fails_for_good(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 10);
	buffer_append_string(&buffer, "0123456");
	buffer_append_string(&buffer, "789a");
	assert_true(buffer.failed);
	assert_holds(&buffer, "0123456");
	buffer_append_char(&buffer, '7');
	assert_holds(&buffer, "0123456");
	assert_false(buffer_reserve(&buffer, 1));
	assert_null(buffer_to_string(&buffer));

	buffer_clear(&buffer);
	assert_false(buffer.failed);
	buffer_append_string(&buffer, "0123456789");
	assert_false(buffer.failed);
	assert_holds(&buffer, "0123456789");
	assert_true(buffer.capacity <= 10);
	buffer_release(&buffer);
}

static void a_reservation_too_large_for_a_size_fails(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	buffer_append_char(&buffer, 'x');
	assert_false(buffer_reserve(&buffer, SIZE_MAX));
	assert_true(buffer.failed);
	buffer_release(&buffer);
	assert_false(buffer.failed);
	assert_int_equal(buffer.maximum, BUFFER_MAXIMUM);
}

static void reserved_room_is_there_without_another_allocation(void **state)
{
	struct buffer buffer;
	const char *data;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	assert_true(buffer_reserve(&buffer, 5000));
	assert_int_equal(buffer.length, 0);
	data = buffer.data;
	for (int i = 0; i < 5000; i++)
		buffer_append_char(&buffer, 'x');
	assert_ptr_equal(buffer.data, data);
	buffer_release(&buffer);
}

static void removing_the_front_moves_the_rest_there(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	buffer_remove_front(&buffer, 0);
	buffer_append_string(&buffer, "0123456789");
	buffer_remove_front(&buffer, 3);
	assert_holds(&buffer, "3456789");
	buffer_remove_front(&buffer, 0);
	assert_holds(&buffer, "3456789");
	buffer_remove_front(&buffer, 7);
	assert_int_equal(buffer.length, 0);
	buffer_release(&buffer);
}

static void a_string_copy_is_terminated_and_its_own(void **state)
{
	struct buffer buffer;
	char *empty, *copy;

	(void)state;
	buffer_init(&buffer, BUFFER_MAXIMUM);
	empty = buffer_to_string(&buffer);
	assert_non_null(empty);
	assert_string_equal(empty, "");
	buffer_append_string(&buffer, "text");
	copy = buffer_to_string(&buffer);
	buffer_clear(&buffer);
	buffer_append_string(&buffer, "else");
	assert_string_equal(copy, "text");
	free(empty);
	free(copy);
	buffer_release(&buffer);
}

static void slices_compare_by_bytes_and_then_by_length(void **state)
{
	static const struct {
		struct slice a, b;
		int order;
		bool starts;
	} cases[] = {
		{ TEXT(""), TEXT(""), 0, true },
		{ { NULL, 0 }, TEXT(""), 0, true },
		{ { NULL, 0 }, { NULL, 0 }, 0, true },
		{ TEXT("a"), TEXT(""), 1, true },
		{ TEXT("a"), { NULL, 0 }, 1, true },
		{ TEXT(""), TEXT("a"), -1, false },
		{ TEXT("abc"), TEXT("abd"), -1, false },
		{ TEXT("abc"), TEXT("ab"), 1, true },
		{ TEXT("b"), TEXT("abc"), 1, false },
		{ TEXT("a\0b"), TEXT("a\0c"), -1, false },
		{ TEXT("\xff"), TEXT("a"), 1, false },
		{ TEXT("same"), TEXT("same"), 0, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int order = slice_compare(cases[i].a, cases[i].b);

		assert_int_equal((order > 0) - (order < 0), cases[i].order);
		assert_int_equal(slice_equals(cases[i].a, cases[i].b), cases[i].order == 0);
		assert_int_equal(slice_starts_with(cases[i].a, cases[i].b), cases[i].starts);
	}
}

static void the_first_error_is_kept(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	assert_false(error_set(&error, FAILURE_CONFIG, "file %s, line %d", "x.json", 7));
	assert_false(error_set(&error, FAILURE_SYSTEM, "a consequence"));
	assert_false(error_set_no_memory(&error));
	assert_true(error.set);
	assert_int_equal(error.type, FAILURE_CONFIG);
	assert_string_equal(error.message, "file x.json, line 7");
}

static void a_prefix_goes_before_the_message(void **state)
{
	struct error error = ERROR_NONE;

	(void)state;
	error_set_no_memory(&error);
	error_prefix(&error, "%s: ", "catalog.json");
	assert_string_equal(error.message, "catalog.json: out of memory");
	assert_int_equal(error.type, FAILURE_SYSTEM);
}

static void messages_too_long_are_cut_with_an_ellipsis(void **state)
{
	static char text[8000];
	struct error error = ERROR_NONE;
	size_t length;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	error_set(&error, FAILURE_SYSTEM, "%s", text);
	length = strlen(error.message);
	assert_int_equal(length, sizeof(error.message) - 1);
	assert_string_equal(error.message + length - 4, "x...");
}

static void a_prefix_that_makes_the_message_too_long_cuts_it_likewise(void **state)
{
	static char text[4096];
	struct error error = ERROR_NONE;
	size_t length;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	error_set(&error, FAILURE_SYSTEM, "%s", text);
	error_prefix(&error, "prefix: ");
	assert_memory_equal(error.message, "prefix: xxx", 11);
	length = strlen(error.message);
	assert_int_equal(length, sizeof(error.message) - 1);
	assert_string_equal(error.message + length - 4, "x...");
}

static void failure_types_have_the_names_of_the_protocol(void **state)
{
	(void)state;
	assert_string_equal(failure_type_name(FAILURE_CONFIG), "config_error");
	assert_string_equal(failure_type_name(FAILURE_TRANSIENT), "transient_error");
	assert_string_equal(failure_type_name(FAILURE_SYSTEM), "system_error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_pieces_stand_one_after_the_other),
		cmocka_unit_test(integers_are_written_whole_to_both_limits),
		cmocka_unit_test(a_format_adds_all_of_its_text_or_nothing),
		cmocka_unit_test(a_buffer_grows_and_keeps_its_bytes),
		cmocka_unit_test(an_append_beyond_the_maximum_adds_nothing_and_fails_for_good),
		cmocka_unit_test(a_reservation_too_large_for_a_size_fails),
		cmocka_unit_test(reserved_room_is_there_without_another_allocation),
		cmocka_unit_test(removing_the_front_moves_the_rest_there),
		cmocka_unit_test(a_string_copy_is_terminated_and_its_own),
		cmocka_unit_test(slices_compare_by_bytes_and_then_by_length),
		cmocka_unit_test(the_first_error_is_kept),
		cmocka_unit_test(a_prefix_goes_before_the_message),
		cmocka_unit_test(messages_too_long_are_cut_with_an_ellipsis),
		cmocka_unit_test(a_prefix_that_makes_the_message_too_long_cuts_it_likewise),
		cmocka_unit_test(failure_types_have_the_names_of_the_protocol),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
