/*
 * message_diff.h - two sequences of Airbyte messages, line by line: what is different, told
 * for people.
 *
 *	struct message_diff diff;
 *
 *	message_diff_init(&diff);
 *	...
 *		message_diff_lines(&diff, &expected, &actual);    once for each pair of lines
 *		message_diff_lines(&diff, NULL, &actual);         where one of them is longer
 *	message_diff_end(&diff);
 *	if (diff.count > 0)
 *		message_diff_describe(&diff, &text);
 *	message_diff_release(&diff);
 *
 * Lines have to be equal to the byte. Where they are not, the next MESSAGE_DIFF_WINDOW lines
 * are searched for the place from where they are again; messages in between are compared with
 * each other by type and stream. Memory is that of the window and of what there is to tell,
 * which is capped: what differs in many records is told once, with a number and examples.
 */
#ifndef TAPBYTE_MESSAGE_DIFF_H
#define TAPBYTE_MESSAGE_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "differences.h"
#include "slice.h"

#define MESSAGE_DIFF_WINDOW 256
#define MESSAGE_DIFF_WINDOW_BYTES ((size_t)64 << 20)

struct diff_queue;

struct message_diff {
	struct diff_queue *expected, *actual; /* lines that were not yet found on the other side */
	struct differences differences;
	uint64_t count;   /* of lines that differ, are missing or too many, or at another place */
	uint64_t lines;   /* of the actual output */
	bool failed;      /* memory ran out; known for certain after message_diff_end */
};

/* On failure (diff.failed) it can be used all the same, and be released. */
void message_diff_init(struct message_diff *diff);
void message_diff_release(struct message_diff *diff);

/* The next line of each side, without its end; NULL: this side has none any more. */
void message_diff_lines(struct message_diff *diff, const struct slice *expected,
			const struct slice *actual);

/* Both sides are at their end. */
void message_diff_end(struct message_diff *diff);

/* Appends what is different, in lines of text fit for a terminal. */
void message_diff_describe(const struct message_diff *diff, struct buffer *out);

#endif
