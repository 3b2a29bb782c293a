/*
 * preview.h - a read for people: of its messages, line by line, a table of the first records
 * of each stream, log messages as they come, and at the end how many records came.
 *
 * Nothing of the data reaches the terminal as a control character. What is kept of a stream
 * are the first PREVIEW_RECORDS records, cut to what can be shown.
 */
#ifndef TAPBYTE_PREVIEW_H
#define TAPBYTE_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "name_table.h"
#include "slice.h"
#include "text_table.h"

#define PREVIEW_RECORDS 10
#define PREVIEW_STREAMS 10000 /* records of more streams are counted together */

struct preview_stream {
	char *name;   /* fit for a terminal */
	struct text_table table;
	bool printed; /* the table is out */
	uint64_t records;
	uint64_t states;
	char status[16];
};

struct preview {
	size_t width;       /* columns of the terminal */
	bool colours;
	struct buffer out;  /* to be printed on stdout, */
	struct buffer log;  /* and on stderr, by the caller, who clears them */
	struct preview_stream *streams;
	size_t count;
	struct name_table names;
	uint64_t records;
	bool failed;        /* memory ran out */
};

void preview_init(struct preview *preview, size_t width, bool colours);
void preview_release(struct preview *preview);

void preview_line(struct preview *preview, struct slice line);

/* The tables that are not out yet, and the summary. */
void preview_end(struct preview *preview);

/* Appends one line without its end: how far it is. */
void preview_progress(const struct preview *preview, struct buffer *out);

#endif
