/*
 * line_reader.h - bytes as they come from a pipe, made into lines.
 *
 *	for (;;) {
 *		size_t room;
 *		char *space = line_reader_space(&reader, &room);
 *		ssize_t got = read(fd, space, room);
 *		...
 *		line_reader_fill(&reader, got);
 *		while (line_reader_next(&reader, &line))
 *			use(line);
 *	}
 *	if (line_reader_rest(&reader, &line))
 *		...the last line had no end: the writer died, or never ends its lines
 *
 * A line ends at \n and nowhere else (U+2028 and a lone \r are ordinary bytes); a \r
 * before the \n is not part of the line.
 */
#ifndef TAPBYTE_LINE_READER_H
#define TAPBYTE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "slice.h"

struct line_reader {
	struct buffer bytes;  /* what was read and not yet handed out */
	size_t start;         /* the first byte that was not handed out */
	size_t searched;      /* no \n stands before this one */
	uint64_t line_number; /* of the line handed out last; the first is 1 */
	bool cut;             /* what comes up to the next \n belongs to a line that was cut */
};

/* A line longer than `maximum` makes line_reader_space fail. */
void line_reader_init(struct line_reader *reader, size_t maximum);
void line_reader_release(struct line_reader *reader);

/*
 * Room for the next bytes, at least LINE_READER_ROOM of it; the slices handed out
 * before end here. NULL when memory runs out or the line is too long.
 */
#define LINE_READER_ROOM ((size_t)256 * 1024)
char *line_reader_space(struct line_reader *reader, size_t *room);

/* Says how many bytes were put there. */
void line_reader_fill(struct line_reader *reader, size_t count);

/* The next whole line, good until line_reader_space is called. False: none as yet. */
bool line_reader_next(struct line_reader *reader, struct slice *line);

/*
 * Instead of failing on a line that is too long: hands out its beginning, `maximum` bytes,
 * and drops the rest of it as it comes. False: no line is too long as yet.
 */
bool line_reader_cut(struct line_reader *reader, struct slice *line);

/* At the end of input: the bytes after the last \n, if there are any; once. */
bool line_reader_rest(struct line_reader *reader, struct slice *line);

#endif
