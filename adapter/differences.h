/*
 * differences.h - differences between two outputs, gathered for people: those of one subject
 * and place are told once, with their number and a few examples.
 *
 *	struct differences differences = DIFFERENCES_NONE;
 *
 *	differences_add(&differences, &(struct difference){ DIFFERENCE_PLACE, "users",
 *			"field /price", .expected = 3, .actual = 3, .was = a, .is = b });
 *	...
 *	differences_describe(&differences, &text);
 *	differences_release(&differences);
 */
#ifndef TAPBYTE_DIFFERENCES_H
#define TAPBYTE_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "slice.h"

#define DIFFERENCES_EXAMPLES 3
#define DIFFERENCES_OF_SUBJECT 12     /* told one by one */
#define DIFFERENCES_TOLD_MAXIMUM 600  /* of all subjects */

enum difference_kind {
	DIFFERENCE_PLACE,   /* other values there */
	DIFFERENCE_WRITING, /* the same values, other bytes */
	DIFFERENCE_TEXT,    /* a line that is no message */
	DIFFERENCE_MISSING,
	DIFFERENCE_ADDED,
	DIFFERENCE_MOVED,   /* told by differences_add_line */
	DIFFERENCE_OTHERS,  /* more than is told one by one */
	DIFFERENCE_KINDS,
};

struct difference {
	enum difference_kind kind;
	const char *subject;       /* "users" or "LOG" */
	const char *what;          /* a place, or the noun of a line; or NULL */
	uint64_t expected, actual; /* line numbers; 0: none */
	struct slice was, is;      /* data is NULL: nothing there */
	uint64_t hash;             /* of a line that is missing or added */
};

struct difference_group;

struct differences {
	struct difference_group *groups;
	size_t group_count;
	bool failed; /* memory ran out: some are not told */
};

#define DIFFERENCES_NONE ((struct differences){ .groups = NULL })

void differences_release(struct differences *differences);

void differences_add(struct differences *differences, const struct difference *difference);

/*
 * The same for a line that is missing or added. False: the same one was added or missing
 * before, which counts no more: it has moved.
 */
bool differences_add_line(struct differences *differences, const struct difference *line);

/* Appends them, in lines of text fit for a terminal. */
void differences_describe(const struct differences *differences, struct buffer *out);

#endif
