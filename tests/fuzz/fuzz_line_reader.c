/* Four sizes of chunks, then the bytes: in whatever chunks they come, the lines are the same. */
#include "fuzz.h"
#include "line_reader.h"

#define SIZES 4

static void check_lines(struct line_reader *reader, struct slice *expected)
{
	struct slice line, should;

	while (line_reader_next(reader, &line)) {
		FUZZ_CHECK(slice_take_line(expected, &should));
		if (should.length > 0 && should.data[should.length - 1] == '\r')
			should.length--;
		FUZZ_CHECK(slice_equals(line, should));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text, expected, rest;
	struct line_reader reader;

	if (size < SIZES)
		return 0;
	text = expected = slice_of((const char *)data + SIZES, size - SIZES);
	line_reader_init(&reader, BUFFER_MAXIMUM);
	for (size_t i = 0; text.length > 0; i++) {
		size_t room, count = data[i % SIZES] + 1U;
		char *space = line_reader_space(&reader, &room);

		FUZZ_CHECK(space != NULL && room >= LINE_READER_ROOM);
		count = count < text.length ? count : text.length;
		memcpy(space, text.data, count);
		text = slice_of(text.data + count, text.length - count);
		line_reader_fill(&reader, count);
		check_lines(&reader, &expected);
	}
	FUZZ_CHECK(line_reader_rest(&reader, &rest) == (expected.length > 0));
	if (expected.length > 0)
		FUZZ_CHECK(slice_equals(rest, expected));
	FUZZ_CHECK(!line_reader_rest(&reader, &rest));
	line_reader_release(&reader);
	return 0;
}
