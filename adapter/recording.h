/*
 * recording.h - a folder with what a tap was given, what it wrote, and when: plain files
 * that a person reads, edits and compares.
 *
 *	recording.json  which tap, started how, when and how it ended
 *	config.json     what Airbyte gave: the config (secrets masked), the configured catalog,
 *	catalog.json    the state; one that is not there was not given
 *	state.json
 *	discovery.json  what the tap's --discover printed; absent: it takes no catalog
 *	stdout, stderr  the lines that the tap wrote
 *	times           when and in which order: lines "MILLISECONDS out|err|cut COUNT", so many
 *	                lines one after the other of stdout, of stderr, or of stderr and cut
 *	tap/            config.json, catalog.json, state.json as the tap was given them
 *	expected/       discover.jsonl, check.jsonl, read.jsonl: what has to come out
 *	overlay.json    in place of the tap's own, if it is there
 *
 * Only stdout has to be there. Without recording.json the tap took a catalog if there is a
 * discovery.json, started at RECORDING_STARTED and ended well; without times stdout comes
 * before stderr, all at once.
 */
#ifndef TAPBYTE_RECORDING_H
#define TAPBYTE_RECORDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "tap_flags.h"
#include "tap_process.h"

#define RECORDING_FORMAT 1
#define RECORDING_STARTED INT64_C(1700000000000)

/* No tap is recorded for longer; in milliseconds. */
#define RECORDING_TIME_MAXIMUM (INT64_C(31) * 24 * 60 * 60 * 1000)

enum recording_part {
	RECORDING_CONFIG,
	RECORDING_CATALOG,
	RECORDING_STATE,
	RECORDING_DISCOVERY,
	RECORDING_STDOUT,
	RECORDING_STDERR,
	RECORDING_PARTS,
};

/* The names of their files, by enum recording_part. */
extern const char *const recording_part_names[RECORDING_PARTS];

/* Which lines come next. */
enum recording_source {
	RECORDING_OUT,
	RECORDING_LOG,
	RECORDING_LOG_CUT,
};

/* So many lines of one source at one time. */
struct recording_run {
	int64_t time; /* milliseconds since the start */
	enum recording_source source;
	uint64_t count;
};

struct recording {
	char *tap;                  /* its name, or with a slash its folder, from the recording's
				       own; NULL: not known */
	json_t *packages;           /* tap.pip of its manifest; NULL: none */
	json_t *argv;               /* how it was started; NULL: not known */
	json_t *left_out;           /* what a limit left out; NULL: nothing */
	bool of_discovery;          /* the lines are those of a discovery that failed */
	bool anonymized;
	struct tap_flags flags;     /* which options it takes */
	int64_t started;            /* milliseconds since 1970 */
	int64_t exit_after;         /* milliseconds since the start */
	int64_t exit_status;
	int signal;                 /* that killed it, or 0 */
	enum tap_stop stopped;      /* by us; TAP_RUNNING: it ended by itself */
	bool cut_off;               /* as of struct tap_process */
	bool has_part[RECORDING_PARTS];
	struct buffer parts[RECORDING_PARTS];
	struct recording_run *runs; /* in their order */
	size_t run_count;
	size_t run_capacity;
};

void recording_init(struct recording *recording);
void recording_release(struct recording *recording);

/*
 * Adds a line; its bytes have no \n. Times that go back are those of the line before.
 * False when memory runs out.
 */
bool recording_add_line(struct recording *recording, int64_t time, enum recording_source source,
			struct slice line, bool complete);

/* Forgets all lines; exchanges them with those of another one. */
void recording_clear_lines(struct recording *recording);
void recording_swap_lines(struct recording *recording, struct recording *other);

/*
 * Is what a recording may consist of made of plain files and folders? A link of a recording
 * that somebody else made leads to what is not its own, also where it is written to.
 */
bool recording_check_plain(const char *folder, struct error *error);

/*
 * Reads a folder, if it is plain: recording.json, times, discovery.json, stdout, stderr; of
 * the other parts only whether they are there. FAILURE_CONFIG: the message names the file and
 * what is wrong.
 * On failure too, recording_release may be called.
 */
bool recording_load(struct recording *recording, const char *folder, struct error *error);

/* The texts of recording.json and times, for tests and for recording_save. */
bool recording_parse(struct recording *recording, struct slice text, struct error *error);
bool recording_parse_times(struct recording *recording, struct slice text, struct error *error);
bool recording_describe(const struct recording *recording, struct buffer *out);
void recording_describe_times(const struct recording *recording, struct buffer *out);

/* The lines of a source in order, and the times of all. */
struct recording_cursor {
	const struct recording *recording;
	struct slice rest[2];  /* of stdout and stderr */
	size_t run;
	uint64_t taken;        /* lines of that run */
};

struct recording_line {
	int64_t time;
	enum recording_source source;
	struct slice text;
	bool complete;         /* false for bytes after the last \n */
};

struct recording_cursor recording_begin(const struct recording *recording);
bool recording_next(struct recording_cursor *cursor, struct recording_line *line);

/*
 * Can a recording be put there: is it not there, an empty folder, or a recording? A
 * FAILURE_CONFIG says what else it is.
 */
bool recording_may_replace(const char *folder, struct error *error);

/*
 * Writes the files into a new folder, whole, which then takes the place of `folder`; into a
 * folder that nobody can replace (a volume of a container) file by file. What overlay.json and
 * expected/ said there goes with the rest.
 */
bool recording_save(const struct recording *recording, const char *folder, struct error *error);

/* FOLDER/NAME, which the caller frees; NULL when memory runs out. */
char *recording_path(const char *folder, const char *name);

/* Is there such a file in the folder? False with an error set: nobody knows. */
bool recording_has_file(const char *folder, const char *name, struct error *error);

/* Writes a file of a recording anew, at once or not at all. */
bool recording_write_file(const char *folder, const char *name, struct slice content,
			  struct error *error);

#endif
