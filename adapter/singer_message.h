/*
 * singer_message.h - one line of a tap's stdout, taken apart without a copy.
 *
 * The line is validated and cut in one pass. Every slice is borrowed from the line.
 * Strings are raw (json_text.h). An absent member is the empty slice; of two members
 * with one name the last counts. What a message remembers of the lines before makes it
 * faster, and makes no other difference (line_memory.h).
 */
#ifndef TAPBYTE_SINGER_MESSAGE_H
#define TAPBYTE_SINGER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "line_memory.h"
#include "slice.h"

enum singer_type {
	SINGER_SCHEMA,
	SINGER_RECORD,
	SINGER_STATE,
	SINGER_ACTIVATE_VERSION,
	SINGER_BATCH,
	SINGER_OTHER, /* a type that Singer's specification and its common extensions lack */
};

/* A top-level member of a record. */
struct singer_field {
	struct slice key; /* raw, without quotes */
	struct slice value;
	unsigned found;   /* enum json_found (json_scan.h): what has to be mended in it */
};

/* From the key's opening quote to the end of the value. */
static inline struct slice singer_field_member(const struct singer_field *field)
{
	const char *start = field->key.data - 1;

	return slice_of(start, (size_t)(field->value.data + field->value.length - start));
}

struct singer_message {
	enum singer_type type;
	struct slice type_name; /* raw */
	struct slice stream;    /* raw */
	struct slice record;    /* the whole object */
	struct slice schema;    /* the whole value */
	struct slice key_properties, bookmark_properties; /* of a SCHEMA: the whole values */
	struct slice value;     /* of a STATE: the whole value */
	unsigned found;         /* enum json_found, of the record */
	unsigned value_found;   /* the same of the value of a STATE */

	struct singer_field *fields; /* of the record; kept from line to line */
	size_t field_count;
	size_t field_capacity;
	uint64_t shape;         /* two records with the same number, which is not 0, have the same
				   keys at the same places, as far as the shorter goes */
	struct line_memory memory;
};

enum singer_line {
	SINGER_LINE_MESSAGE,   /* *message is filled */
	SINGER_LINE_BLANK,     /* nothing but white space */
	SINGER_LINE_TEXT,      /* does not start like a message: {" */
	SINGER_LINE_BROKEN,    /* starts like one and is none: *problem says why and where */
	SINGER_LINE_NO_MEMORY,
};

/* What is wrong with a line that is SINGER_LINE_BROKEN. */
struct singer_problem {
	const char *text; /* lives forever */
	size_t offset;    /* in bytes, from the start of the line */
};

void singer_message_init(struct singer_message *message);
void singer_message_release(struct singer_message *message);

enum singer_line singer_message_parse(struct singer_message *message, struct slice line,
				      struct singer_problem *problem);

/* The same for a line that is a record alone (of a batch's file): fills record, found, fields. */
enum singer_line singer_message_parse_record(struct singer_message *message, struct slice line,
					     struct singer_problem *problem);

#endif
