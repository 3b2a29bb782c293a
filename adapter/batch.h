/*
 * batch.h - the records of a BATCH message: files of JSON lines, plain or compressed
 * with gzip, named by the message, which are deleted once they are read.
 *
 * Two forms are known. Meltano's SDK:
 *	{"type":"BATCH","stream":S,"encoding":{"format":"jsonl","compression":"gzip"},
 *	 "manifest":["file:///path/a.json.gz", ...]}
 * and pipelinewise's:
 *	{"type":"BATCH","stream":S,"filepath":"/path/a.jsonl","format":"jsonl","compression":null}
 */
#ifndef TAPBYTE_BATCH_H
#define TAPBYTE_BATCH_H

#include <stdbool.h>
#include <zlib.h>

#include "error.h"
#include "line_reader.h"
#include "slice.h"

struct batch {
	char **paths; /* absolute */
	size_t count;
	size_t current; /* of the file that is being read, or comes next */
	bool is_open;   /* the current file is, as fd */
	int fd;
	bool compressed;
	bool keep;
	bool inflating; /* stream has to be ended */
	bool in_member; /* of gzip: more has to come */
	z_stream stream;
	Bytef input[16 * 1024]; /* read and not yet inflated */
	struct line_reader reader;
};

#define BATCH_NONE ((struct batch){ .paths = NULL })

/* Where the files of batches are, and whether they stay. */
struct batch_place {
	const char *directory; /* that relative paths start from; borrowed */
	bool keep;             /* files are not deleted: a replay */
};

/*
 * Reads the whole line of a BATCH message. The place's directory must outlive the batch.
 * FAILURE_CONFIG: a format, compression or place that is not one of the above.
 */
bool batch_open(struct batch *batch, struct slice message, const struct batch_place *place,
		struct error *error);

enum batch_step {
	BATCH_LINE,   /* *line is a record, good until the next call */
	BATCH_DONE,   /* every file was read and deleted */
	BATCH_FAILED, /* the error says why */
};

enum batch_step batch_next(struct batch *batch, struct slice *line, struct error *error);

/* Deletes the files instead of reading them. */
void batch_discard(struct batch *batch);

/* Frees all; files that were not read to their end stay. */
void batch_close(struct batch *batch);

#endif
