/*
 * line_memory.h - what the last RECORD lines of a tap looked like. A tap writes the lines
 * of a stream alike but for the values, so that the pieces between the values are known by
 * comparing bytes, and need not be parsed again.
 *
 * It is an accelerator only: a piece that is not as remembered is parsed, and remembered.
 * Remembered are bytes that were valid JSON, so what equals them is valid, too.
 */
#ifndef TAPBYTE_LINE_MEMORY_H
#define TAPBYTE_LINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/* Streams whose lines are remembered at a time; taps write parents and children by turns. */
#define LINE_MEMORY_STREAMS 4

/*
 * A tap that writes more streams by turns never has the next line's remembered. After so many
 * such lines only each such one is remembered, to see whether that has changed.
 */
#define LINE_MEMORY_WASTED_MAX 64

/* What is longer, or comes later in a record, is parsed each time. */
#define LINE_MEMORY_FIELDS 256
#define LINE_MEMORY_PIECE 56
#define LINE_MEMORY_ENVELOPE 240

/* Members behind the record that are remembered; `version` and `time_extracted` are usual. */
#define LINE_MEMORY_TAIL 2

/* From behind the last value (or the record's brace) to the next: `, "name": `. */
struct line_piece {
	uint8_t length;     /* 0: nothing is remembered */
	uint8_t key_at;     /* the raw key inside the bytes */
	uint8_t key_length;
	char bytes[LINE_MEMORY_PIECE];
};

struct line_stream {
	uint16_t length;    /* of the envelope; 0: nothing is remembered */
	uint16_t stream_at; /* the raw stream's name inside it */
	uint16_t stream_length;
	uint16_t type_at;   /* and the raw type */
	char envelope[LINE_MEMORY_ENVELOPE]; /* from the line's start to the record's brace */
	uint64_t shape;     /* of the pieces: another number after each change */
	struct line_piece tail[LINE_MEMORY_TAIL];
	uint16_t known;     /* no piece is remembered from this place on */
	struct line_piece pieces[LINE_MEMORY_FIELDS];
};

struct line_memory {
	struct line_stream *streams; /* LINE_MEMORY_STREAMS of them; NULL: not made yet */
	size_t last;                 /* that was used */
	size_t oldest;               /* is forgotten next */
	uint64_t shapes;             /* numbers given */
	unsigned wasted;             /* lines that were not as remembered, in a row */
};

#define LINE_MEMORY_NONE ((struct line_memory){ .streams = NULL })

void line_memory_release(struct line_memory *memory);

/* The stream whose envelope the line begins with; NULL: none is known. */
struct line_stream *line_memory_find(struct line_memory *memory, struct slice line);

/*
 * Remembers an envelope that was parsed; the type and the name are slices of it. NULL when
 * it is too long, is not worth it (LINE_MEMORY_WASTED_MAX), or there is no memory.
 */
struct line_stream *line_memory_add(struct line_memory *memory, struct slice envelope,
				    struct slice type, struct slice name);

/* Remembers a piece that was parsed, in place of what stood there; false: it is too long. */
bool line_memory_learn(struct line_memory *memory, struct line_stream *stream, size_t place,
		       struct slice piece, struct slice key);

/*
 * Remembers what stands behind the record, up to the value of a member that is not used;
 * the next place: behind that value. place < LINE_MEMORY_TAIL; too long ones are passed over.
 */
void line_memory_learn_tail(struct line_stream *stream, size_t place, struct slice piece);

/* Are the next bytes the piece? */
static inline bool line_piece_matches(const struct line_piece *piece, const char *p,
				      const char *end)
{
	const char *bytes = piece->bytes;
	size_t length = piece->length;
	uint64_t a, b;

	if (length < sizeof(a) || (size_t)(end - p) < length)
		return length > 0 && (size_t)(end - p) >= length && memcmp(p, bytes, length) == 0;
	for (size_t at = 0; at + sizeof(a) <= length; at += sizeof(a)) {
		memcpy(&a, p + at, sizeof(a));
		memcpy(&b, bytes + at, sizeof(b));
		if (a != b)
			return false;
	}
	memcpy(&a, p + length - sizeof(a), sizeof(a)); /* the rest, and some once more */
	memcpy(&b, bytes + length - sizeof(b), sizeof(b));
	return a == b;
}

#endif
