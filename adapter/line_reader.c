#include "line_reader.h"

/* A buffer that once held a giant line is given back when it is that much too large. */
#define LARGE_CAPACITY ((size_t)1024 * 1024)
#define TOO_LARGE_FACTOR 16

/* What the buffer holds beyond a line of the maximum length: its \r\n, and room to read. */
#define BEYOND_LINE (LINE_READER_ROOM + 2)

void line_reader_init(struct line_reader *reader, size_t maximum)
{
	if (maximum > SIZE_MAX / 2 - BEYOND_LINE)
		maximum = SIZE_MAX / 2 - BEYOND_LINE;
	*reader = (struct line_reader){ .start = 0 };
	buffer_init(&reader->bytes, maximum + BEYOND_LINE);
}

void line_reader_release(struct line_reader *reader)
{
	buffer_release(&reader->bytes);
	reader->start = 0;
	reader->searched = 0;
}

/* The line as far as it was searched, without a \r, which may belong to its end. */
static struct slice searched_line(const struct line_reader *reader)
{
	size_t length = reader->searched - reader->start;

	if (length > 0 && reader->bytes.data[reader->searched - 1] == '\r')
		length--;
	return slice_of(length ? reader->bytes.data + reader->start : "", length);
}

static bool is_too_long(const struct line_reader *reader)
{
	return searched_line(reader).length > reader->bytes.maximum - BEYOND_LINE;
}

static void move_to_front(struct line_reader *reader)
{
	buffer_remove_front(&reader->bytes, reader->start);
	reader->searched -= reader->start;
	reader->start = 0;
}

/* Best effort: without memory for a smaller buffer the large one stays. */
static void shrink(struct line_reader *reader)
{
	struct buffer smaller;

	move_to_front(reader);
	buffer_init(&smaller, reader->bytes.maximum);
	if (!buffer_reserve(&smaller, reader->bytes.length + LINE_READER_ROOM))
		return;
	buffer_append(&smaller, buffer_slice(&reader->bytes));
	buffer_release(&reader->bytes);
	reader->bytes = smaller;
}

/*
 * Linear in the bytes read: a line that is not whole moves to the front once at most,
 * because it then starts there until it is handed out; the rest is doubling.
 */
char *line_reader_space(struct line_reader *reader, size_t *room)
{
	struct buffer *bytes = &reader->bytes;
	size_t pending = bytes->length - reader->start;

	if (is_too_long(reader))
		return NULL;
	if (bytes->capacity > LARGE_CAPACITY && pending < bytes->capacity / TOO_LARGE_FACTOR)
		shrink(reader);
	else if (pending == 0 || bytes->capacity - bytes->length < LINE_READER_ROOM)
		move_to_front(reader);
	if (!buffer_reserve(bytes, LINE_READER_ROOM))
		return NULL;
	*room = bytes->capacity - bytes->length;
	return bytes->data + bytes->length;
}

void line_reader_fill(struct line_reader *reader, size_t count)
{
	reader->bytes.length += count;
}

/* Searches for the end of the line; false: it is not there yet. */
static bool search_end(struct line_reader *reader)
{
	const struct buffer *bytes = &reader->bytes;
	const char *end;

	if (reader->searched == bytes->length)
		return false;
	end = memchr(bytes->data + reader->searched, '\n', bytes->length - reader->searched);
	reader->searched = end ? (size_t)(end - bytes->data) : bytes->length;
	return end != NULL;
}

/* Drops what there is of a line that was cut; false: there may be more of it. */
static bool skip_cut_line(struct line_reader *reader)
{
	if (!reader->cut)
		return true;
	reader->cut = !search_end(reader);
	if (!reader->cut)
		reader->searched++;
	reader->start = reader->searched;
	return !reader->cut;
}

bool line_reader_next(struct line_reader *reader, struct slice *line)
{
	if (!skip_cut_line(reader) || !search_end(reader) || is_too_long(reader))
		return false;
	*line = searched_line(reader);
	reader->start = ++reader->searched;
	reader->line_number++;
	return true;
}

bool line_reader_cut(struct line_reader *reader, struct slice *line)
{
	if (reader->cut || !is_too_long(reader))
		return false;
	*line = slice_of(reader->bytes.data + reader->start, reader->bytes.maximum - BEYOND_LINE);
	reader->searched = reader->start + line->length;
	reader->start = reader->searched;
	reader->line_number++;
	reader->cut = true;
	return true;
}

bool line_reader_rest(struct line_reader *reader, struct slice *line)
{
	size_t length;

	if (!skip_cut_line(reader))
		return false;
	length = reader->bytes.length - reader->start;
	if (length == 0)
		return false;
	*line = slice_of(reader->bytes.data + reader->start, length);
	reader->start = reader->searched = reader->bytes.length;
	reader->line_number++;
	return true;
}
