#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line_memory.h"

/* The envelope of a stream; borrowed until the next call. */
static struct slice envelope_of(unsigned stream)
{
	static char text[64];
	int length = snprintf(text, sizeof(text), "{\"stream\":\"s%04u\",\"record\":", stream);

	return slice_of(text, (size_t)length);
}

/* A line of the stream comes, as singer_message.c takes it. True: it is now remembered. */
static bool take_line(struct line_memory *memory, unsigned stream)
{
	struct slice envelope = envelope_of(stream);

	return line_memory_find(memory, envelope) != NULL ||
	       line_memory_add(memory, envelope, slice_of(envelope.data + 2, 6),
			       slice_of(envelope.data + 11, 5)) != NULL;
}

static unsigned count_remembered(struct line_memory *memory, unsigned lines, unsigned streams)
{
	unsigned remembered = 0;

	for (unsigned i = 0; i < lines; i++)
		remembered += take_line(memory, i % streams);
	return remembered;
}

static void so_many_streams_by_turns_are_remembered(void **state)
{
	struct line_memory memory = LINE_MEMORY_NONE;

	(void)state;
	assert_int_equal(count_remembered(&memory, 1000, LINE_MEMORY_STREAMS), 1000);
	line_memory_release(&memory);
}

static void of_more_streams_by_turns_hardly_any_line_is_remembered(void **state)
{
	static const unsigned lines = 100 * LINE_MEMORY_WASTED_MAX;
	struct line_memory memory = LINE_MEMORY_NONE;

	(void)state;
	assert_in_range(count_remembered(&memory, lines, 1000), LINE_MEMORY_WASTED_MAX,
			LINE_MEMORY_WASTED_MAX + 100);
	line_memory_release(&memory);
}

static void a_stream_that_stays_is_remembered_soon(void **state)
{
	struct line_memory memory = LINE_MEMORY_NONE;
	unsigned late = 0;

	(void)state;
	count_remembered(&memory, 10000, 1000);
	while (late <= LINE_MEMORY_WASTED_MAX && !take_line(&memory, 7))
		late++;
	assert_in_range(late, 0, LINE_MEMORY_WASTED_MAX);
	assert_true(take_line(&memory, 7));
	/* and then all are as at first */
	assert_int_equal(count_remembered(&memory, LINE_MEMORY_WASTED_MAX / 2, 1000),
			 LINE_MEMORY_WASTED_MAX / 2);
	line_memory_release(&memory);
}

static void what_was_known_of_a_stream_is_not_known_of_the_next_in_its_place(void **state)
{
	static const char bytes[] = "{\"a\":";
	struct slice piece = slice_of(bytes, strlen(bytes)), key = slice_of(bytes + 2, 1);
	struct line_memory memory = LINE_MEMORY_NONE;
	struct line_stream *stream;

	(void)state;
	assert_true(take_line(&memory, 0));
	stream = line_memory_find(&memory, envelope_of(0));
	assert_non_null(stream);
	assert_true(line_memory_learn(&memory, stream, 0, piece, key));
	assert_true(line_memory_learn(&memory, stream, LINE_MEMORY_FIELDS - 1, piece, key));
	for (unsigned i = 1; i <= LINE_MEMORY_STREAMS; i++)
		assert_true(take_line(&memory, i));
	assert_ptr_equal(line_memory_find(&memory, envelope_of(LINE_MEMORY_STREAMS)), stream);
	for (size_t i = 0; i < LINE_MEMORY_FIELDS; i++)
		assert_int_equal(stream->pieces[i].length, 0);
	line_memory_release(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_streams_by_turns_are_remembered),
		cmocka_unit_test(of_more_streams_by_turns_hardly_any_line_is_remembered),
		cmocka_unit_test(a_stream_that_stays_is_remembered_soon),
		cmocka_unit_test(
			what_was_known_of_a_stream_is_not_known_of_the_next_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
