/*
 * acceptance_read.h - one read of a live tap, watched line by line: does every message keep
 * the rules, and which records came?
 *
 * Records are not kept, but a hash of each, of its fields by name and text. So reads can be
 * compared with each other, up to READ_RECORDS_KEPT records each.
 */
#ifndef TAPBYTE_ACCEPTANCE_READ_H
#define TAPBYTE_ACCEPTANCE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "acceptance_catalog.h"
#include "buffer.h"
#include "name_table.h"
#include "slice.h"

#define READ_RECORDS_KEPT ((size_t)4 << 20)
#define READ_STATES_KEPT ((size_t)64 << 20) /* bytes of state messages */

/* What has to hold for every read, each a test. */
enum read_rule {
	RULE_MESSAGES,  /* every line is a message of the protocol */
	RULE_FIT,       /* records fit their schemas */
	RULE_KEYS,      /* they have their primary key and cursor */
	RULE_STATUSES,  /* STARTED, RUNNING, COMPLETE, and records in between */
	RULE_COUNTS,    /* states count the records that they stand behind */
	RULE_STATES,    /* every stream has one */
	READ_RULES,
};

/* Breaches of the rules; of each the first ones are told. */
#define BREACHES_TOLD 5

struct read_rules {
	struct buffer told[READ_RULES];
	uint64_t counts[READ_RULES];
};

void read_rules_init(struct read_rules *rules);
void read_rules_release(struct read_rules *rules);

struct read_stream {
	const struct acceptance_stream *stream;
	uint64_t records;
	uint64_t since_state;
	uint64_t states;
	int status;          /* enum stream_status in acceptance_read.c */
	uint64_t *hashes;    /* of its records, in their order */
	size_t hash_count;
	size_t hash_capacity;
	char *least, *most;  /* cursors as JSON text; NULL: none, or they cannot be compared */
};

/* A STATE of the read. */
struct read_state {
	char *text;      /* the message's `state` */
	size_t stream;
	size_t covered;  /* records of the stream that came before it */
};

struct read_watch {
	const struct acceptance_catalog *catalog;
	struct read_rules *rules;
	char *const *ignored; /* fields that are left out of hashes: FIELD or STREAM.FIELD */
	size_t ignored_count;
	const char *name;     /* of the read, for people */

	struct read_stream *streams; /* as in the catalog */
	struct name_table names;
	struct read_state *states;
	size_t state_count;
	size_t state_bytes;
	size_t hash_total;
	uint64_t records;
	bool capped;          /* more records or states than are kept */
	bool failed;          /* memory ran out */
	struct buffer error;  /* the message of the last TRACE ERROR */
	struct document document; /* of the current line */
};

/* False when memory runs out; to be released then as well. All but the last block of members
 * is the caller's to set before. */
bool read_watch_start(struct read_watch *watch);
void read_watch_line(struct read_watch *watch, struct slice line);

/* `succeeded`: its exit code was 0. */
void read_watch_end(struct read_watch *watch, bool succeeded);
void read_watch_release(struct read_watch *watch);

/* The last state of each stream, of the first `count` ones, as a state file. */
void read_watch_write_state(const struct read_watch *watch, size_t count, struct buffer *out);

/*
 * Appends a line for each stream of which the later read lacks records that the earlier one
 * has (`extra`: or has others beside), records that a state among the first `states` covers
 * left out. The watches are of the same catalog.
 */
void read_watch_compare(const struct read_watch *earlier, size_t states,
			const struct read_watch *later, bool extra, struct buffer *out);

/* Appends a line for each stream that was read again though its state said how far it was. */
void read_watch_compare_cursors(const struct read_watch *earlier, const struct read_watch *later,
				bool allow_older, struct buffer *out);

#endif
