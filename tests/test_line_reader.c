#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "line_reader.h"

#define TEXT(literal) { "" literal, sizeof(literal) - 1 }
#define LINES_MAX 8

static const struct {
	struct slice input;
	size_t count;
	struct slice lines[LINES_MAX]; /* whole ones, in order */
	struct slice rest;             /* data is NULL: none */
} cases[] = {
	{ TEXT(""), 0, { { NULL, 0 } }, { NULL, 0 } },
	{ TEXT("\n"), 1, { TEXT("") }, { NULL, 0 } },
	{ TEXT("one\n"), 1, { TEXT("one") }, { NULL, 0 } },
	{ TEXT("one\ntwo\nthree\n"), 3, { TEXT("one"), TEXT("two"), TEXT("three") }, { NULL, 0 } },
	{ TEXT("one\r\ntwo\r\n"), 2, { TEXT("one"), TEXT("two") }, { NULL, 0 } },
	{ TEXT("\r\n\r\n"), 2, { TEXT(""), TEXT("") }, { NULL, 0 } },
	{ TEXT("\n\n\nx\n\n"), 5, { TEXT(""), TEXT(""), TEXT(""), TEXT("x"), TEXT("") },
	  { NULL, 0 } },
	{ TEXT("no end"), 0, { { NULL, 0 } }, TEXT("no end") },
	{ TEXT("one\nno end"), 1, { TEXT("one") }, TEXT("no end") },
	{ TEXT("one\nno end\r"), 1, { TEXT("one") }, TEXT("no end\r") },
	{ TEXT("a\rb\n\rc\n"), 2, { TEXT("a\rb"), TEXT("\rc") }, { NULL, 0 } },
	{ TEXT("a\r\r\n\r"), 1, { TEXT("a\r") }, TEXT("\r") },
	{ TEXT("a\0b\n\0\n\0"), 2, { TEXT("a\0b"), TEXT("\0") }, TEXT("\0") },
	{ TEXT("\xe2\x80\xa8\x0b\x0c\x85\n\xff"), 1, { TEXT("\xe2\x80\xa8\x0b\x0c\x85") },
	  TEXT("\xff") },
};

/* Puts up to `chunk` bytes of the input there and moves on in it. */
static void feed(struct line_reader *reader, struct slice *input, size_t chunk)
{
	size_t room;
	char *space = line_reader_space(reader, &room);

	assert_non_null(space);
	assert_true(room >= LINE_READER_ROOM);
	if (chunk > input->length)
		chunk = input->length;
	if (chunk > room)
		chunk = room;
	if (chunk > 0)
		memcpy(space, input->data, chunk);
	line_reader_fill(reader, chunk);
	*input = slice_of(input->data + chunk, input->length - chunk);
}

static void check_case(size_t i, size_t chunk)
{
	struct line_reader reader;
	struct slice line, input = cases[i].input;
	size_t count = 0;

	line_reader_init(&reader, 1000);
	while (input.length > 0) {
		feed(&reader, &input, chunk);
		while (line_reader_next(&reader, &line)) {
			assert_true(count < cases[i].count);
			assert_true(slice_equals(line, cases[i].lines[count]));
			count++;
			assert_int_equal(reader.line_number, count);
		}
	}
	assert_int_equal(count, cases[i].count);
	assert_int_equal(line_reader_rest(&reader, &line), cases[i].rest.data != NULL);
	if (cases[i].rest.data != NULL) {
		assert_true(slice_equals(line, cases[i].rest));
		assert_int_equal(reader.line_number, count + 1);
	}
	assert_false(line_reader_rest(&reader, &line));
	assert_false(line_reader_next(&reader, &line));
	line_reader_release(&reader);
}

static void lines_are_the_same_whatever_chunks_they_come_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t chunk = 1; chunk <= cases[i].input.length + 1; chunk++)
			check_case(i, chunk);
}

#define CUT_MAXIMUM 10

static const struct {
	const char *input;
	size_t count;
	const char *lines[LINES_MAX]; /* as line_reader_next and _cut give them */
	const char *rest;
} cut_cases[] = {
	{ "0123456789\n", 1, { "0123456789" }, NULL },
	{ "0123456789\r\nabc\n", 2, { "0123456789", "abc" }, NULL },
	{ "0123456789x\nabc\n", 2, { "0123456789", "abc" }, NULL },
	{ "a\n0123456789xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nabc\n\nd", 4,
	  { "a", "0123456789", "abc", "" }, "d" },
	{ "0123456789xx\n0123456789yyy\n0123456789z", 3,
	  { "0123456789", "0123456789", "0123456789" }, NULL },
	{ "0123456789xx\n0123", 1, { "0123456789" }, "0123" },
	{ "0123456789\rx\n\rab\n", 2, { "0123456789", "\rab" }, NULL },
};

static void expect_line(size_t i, size_t *count, struct slice line)
{
	assert_true(*count < cut_cases[i].count);
	assert_true(slice_equals(line, slice_of_string(cut_cases[i].lines[*count])));
	(*count)++;
}

static void check_cut_case(size_t i, size_t chunk)
{
	struct line_reader reader;
	struct slice line, input = slice_of_string(cut_cases[i].input);
	size_t count = 0;

	line_reader_init(&reader, CUT_MAXIMUM);
	while (input.length > 0) {
		feed(&reader, &input, chunk);
		while (line_reader_next(&reader, &line) || line_reader_cut(&reader, &line))
			expect_line(i, &count, line);
	}
	assert_int_equal(count, cut_cases[i].count);
	assert_int_equal(line_reader_rest(&reader, &line), cut_cases[i].rest != NULL);
	if (cut_cases[i].rest != NULL)
		assert_true(slice_equals(line, slice_of_string(cut_cases[i].rest)));
	assert_int_equal(reader.line_number, count + (cut_cases[i].rest != NULL));
	line_reader_release(&reader);
}

static void a_line_that_is_too_long_can_be_cut_and_the_next_one_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cut_cases); i++)
		for (size_t chunk = 1; chunk <= strlen(cut_cases[i].input) + 1; chunk++)
			check_cut_case(i, chunk);
}

/* Line i of the long input: its length grows and falls; its bytes tell which it is. */
static size_t long_line_length(size_t i)
{
	return i % 50 == 49 ? 200000 : i * 7919 % 3000;
}

static char *make_long_input(size_t lines, size_t *length)
{
	char *input = malloc(lines * 8000), *p = input;

	assert_non_null(input);
	for (size_t i = 0; i < lines; i++) {
		memset(p, 'a' + (int)(i % 26), long_line_length(i));
		p += long_line_length(i);
		*p++ = '\n';
	}
	*length = (size_t)(p - input);
	return input;
}

static void check_long_line(struct slice line, size_t i)
{
	assert_int_equal(line.length, long_line_length(i));
	for (size_t at = 0; at < line.length; at++)
		if (line.data[at] != (char)('a' + (int)(i % 26)))
			fail_msg("line %zu differs at %zu", i, at);
}

static void many_lines_longer_and_shorter_than_the_room_come_out_whole(void **state)
{
	static const size_t chunks[] = { 511, 4096, 65536, 1000000 };
	enum { LINES = 500 };
	size_t length;
	char *text = make_long_input(LINES, &length);

	(void)state;
	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct line_reader reader;
		struct slice line, input = slice_of(text, length);
		size_t count = 0;

		line_reader_init(&reader, 1 << 20);
		while (input.length > 0) {
			feed(&reader, &input, chunks[i]);
			while (line_reader_next(&reader, &line))
				check_long_line(line, count++);
		}
		assert_int_equal(count, LINES);
		assert_false(line_reader_rest(&reader, &line));
		line_reader_release(&reader);
	}
	free(text);
}

/* Feeds a line of that length; true when it comes out before the reader gives up. */
static bool takes_line(size_t maximum, size_t length, const char *end, size_t chunk)
{
	struct line_reader reader;
	struct slice line, input;
	size_t room;
	char *text = malloc(length + 3);
	bool taken = false;

	assert_non_null(text);
	memset(text, 'x', length);
	memcpy(text + length, end, strlen(end));
	input = slice_of(text, length + strlen(end));
	line_reader_init(&reader, maximum);
	while (input.length > 0 && line_reader_space(&reader, &room) != NULL) {
		feed(&reader, &input, chunk);
		taken = line_reader_next(&reader, &line);
	}
	if (taken)
		assert_int_equal(line.length, length);
	else
		assert_null(line_reader_space(&reader, &room));
	line_reader_release(&reader);
	free(text);
	return taken;
}

static void a_line_longer_than_the_maximum_is_refused_whatever_the_chunks(void **state)
{
	static const size_t maximums[] = { 10, 100000 };
	static const size_t chunks[] = { 1, 7, 4096, 1000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(maximums); i++) {
		for (size_t j = 0; j < COUNT(chunks); j++) {
			assert_true(takes_line(maximums[i], maximums[i], "\n", chunks[j]));
			assert_true(takes_line(maximums[i], maximums[i], "\r\n", chunks[j]));
			assert_false(takes_line(maximums[i], maximums[i] + 1, "\n", chunks[j]));
			assert_false(takes_line(maximums[i], maximums[i] + 1, "\r\n", chunks[j]));
		}
	}
}

static void a_too_long_line_without_an_end_is_refused_before_it_fills_memory(void **state)
{
	struct line_reader reader;
	struct slice line;
	size_t room, fed = 0;
	char *space;

	(void)state;
	line_reader_init(&reader, 1000);
	while ((space = line_reader_space(&reader, &room)) != NULL) {
		memset(space, 'x', 100);
		line_reader_fill(&reader, 100);
		fed += 100;
		assert_true(fed <= 1100);
		assert_false(line_reader_next(&reader, &line));
	}
	assert_int_equal(fed, 1100);
	line_reader_release(&reader);
}

static void lines_before_a_too_long_one_are_handed_out(void **state)
{
	struct line_reader reader;
	struct slice line, input = SLICE("short\n0123456789\nlonger than ten\nshort\n");
	size_t room;

	(void)state;
	line_reader_init(&reader, 10);
	feed(&reader, &input, input.length);
	assert_true(line_reader_next(&reader, &line));
	assert_true(slice_equals(line, SLICE("short")));
	assert_true(line_reader_next(&reader, &line));
	assert_true(slice_equals(line, SLICE("0123456789")));
	assert_false(line_reader_next(&reader, &line));
	assert_false(line_reader_next(&reader, &line));
	assert_null(line_reader_space(&reader, &room));
	assert_int_equal(reader.line_number, 2);
	line_reader_release(&reader);
}

static void the_memory_of_a_giant_line_is_given_back_and_lines_survive_it(void **state)
{
	enum { GIANT = 40 * 1024 * 1024 };
	struct line_reader reader;
	struct slice line, input;
	char *text = malloc(GIANT + 16);
	size_t giant_capacity;

	(void)state;
	assert_non_null(text);
	memset(text, 'g', GIANT);
	memcpy(text + GIANT, "\nnext\nhalf", 10);
	input = slice_of(text, GIANT + 10);
	line_reader_init(&reader, (size_t)1 << 30);
	do {
		feed(&reader, &input, 65536);
	} while (!line_reader_next(&reader, &line));
	assert_int_equal(line.length, GIANT);
	giant_capacity = reader.bytes.capacity;
	assert_true(giant_capacity >= GIANT && giant_capacity <= 4 * (size_t)GIANT);
	assert_true(line_reader_next(&reader, &line));
	assert_true(slice_equals(line, SLICE("next")));
	assert_false(line_reader_next(&reader, &line));

	input = SLICE(" and half\n");
	feed(&reader, &input, input.length);
	assert_true(reader.bytes.capacity <= 1024 * 1024);
	assert_true(line_reader_next(&reader, &line));
	assert_true(slice_equals(line, SLICE("half and half")));
	assert_int_equal(reader.line_number, 3);
	line_reader_release(&reader);
	free(text);
}

static void short_lines_never_make_the_buffer_grow_beyond_twice_the_room(void **state)
{
	struct line_reader reader;
	struct slice line;
	char chunk[1000];

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	chunk[300] = chunk[700] = '\n';
	line_reader_init(&reader, 1 << 20);
	for (int i = 0; i < 5000; i++) {
		struct slice input = slice_of(chunk, sizeof(chunk));

		feed(&reader, &input, sizeof(chunk));
		while (line_reader_next(&reader, &line))
			continue;
	}
	assert_true(reader.bytes.capacity <= 2 * LINE_READER_ROOM);
	assert_int_equal(reader.line_number, 10000);
	line_reader_release(&reader);
}

static void a_reader_that_read_nothing_has_no_lines(void **state)
{
	struct line_reader reader;
	struct slice line;

	(void)state;
	line_reader_init(&reader, SIZE_MAX);
	assert_false(line_reader_next(&reader, &line));
	assert_false(line_reader_rest(&reader, &line));
	assert_int_equal(reader.line_number, 0);
	line_reader_release(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_whatever_chunks_they_come_in),
		cmocka_unit_test(a_line_that_is_too_long_can_be_cut_and_the_next_one_is_whole),
		cmocka_unit_test(many_lines_longer_and_shorter_than_the_room_come_out_whole),
		cmocka_unit_test(a_line_longer_than_the_maximum_is_refused_whatever_the_chunks),
		cmocka_unit_test(a_too_long_line_without_an_end_is_refused_before_it_fills_memory),
		cmocka_unit_test(lines_before_a_too_long_one_are_handed_out),
		cmocka_unit_test(the_memory_of_a_giant_line_is_given_back_and_lines_survive_it),
		cmocka_unit_test(short_lines_never_make_the_buffer_grow_beyond_twice_the_room),
		cmocka_unit_test(a_reader_that_read_nothing_has_no_lines),
	};

	return cmocka_run_group_tests_name("line_reader", tests, NULL, NULL);
}
