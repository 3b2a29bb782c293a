/*
 * translator.h - the lines of one tap process become Airbyte messages.
 *
 * Every line has one of these outcomes, and none is lost without a word:
 *
 *	RECORD of a configured stream   RECORD; its deselected fields are left out
 *	RECORD of another stream        dropped, counted, said in the log
 *	RECORD that is or becomes {}    not written (the platform drops it uncounted), counted
 *	SCHEMA                          the stream's STARTED status
 *	STATE                           a STATE for each stream that it moves on
 *	ACTIVATE_VERSION                nothing: Airbyte's generations do its work
 *	another type                    LOG WARN, once for each type
 *	text                            LOG WARN; an error where it holds a RECORD
 *	nothing but white space         nothing
 *	BATCH                           its records, as above: translator_work
 *	a broken message                an error: the read has to fail
 */
#ifndef TAPBYTE_TRANSLATOR_H
#define TAPBYTE_TRANSLATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "airbyte_writer.h"
#include "batch.h"
#include "error.h"
#include "read_progress.h"
#include "singer_message.h"
#include "state_map.h"
#include "stream.h"

struct record_form;

struct translator {
	struct stream_list *streams;   /* borrowed */
	struct state_map *state;       /* borrowed */
	struct airbyte_writer *writer; /* borrowed; several translators may share it */
	uint64_t line_number;
	uint64_t messages;             /* lines that were one, of a type that Singer has */
	struct read_progress progress;

	struct singer_message message; /* the rest is the translator's own */
	struct record_form *forms;   /* same index as in the list */
	struct name_table said;        /* sentences in the log that are not said again */
	struct buffer currently_syncing; /* of the last STATE, decoded */
	struct buffer scratch;
	struct buffer last_name;       /* raw name of the last message's stream ... */
	struct stream *last_stream;    /* ... and the stream it means; NULL: unknown as yet */
	struct buffer shown;           /* a name for a message */
	uint64_t schemas;
	const struct stream *current;  /* whose SCHEMA or RECORD came last; NULL: unknown */
	bool only_announced;           /* by a SCHEMA, of which taps may write all at once */
	struct batch_place batch_place; /* set by the owner; none: the current directory */
	tap_log_message *log;          /* set by the owner: takes text; NULL: the writer does */
	void *log_owner;
	struct batch batch;
	struct stream *batch_stream;   /* whose batch is being read; NULL: none is */
};

/* The list, the map (made from the same list) and the writer must outlive the translator. */
bool translator_init(struct translator *translator, struct stream_list *streams,
		     struct state_map *state, struct airbyte_writer *writer, struct error *error);
void translator_release(struct translator *translator);

/* Before the first line, with the state that the tap is handed (state_map_rewind). */
bool translator_start(struct translator *translator, struct slice tap_state, struct error *error);

/*
 * Takes one line of the tap's stdout; `complete` is false for bytes after the last \n.
 * False: the read cannot go on without losing something; the error says what.
 */
bool translator_line(struct translator *translator, struct slice line, bool complete,
		     struct error *error);

/*
 * After translator_line: is there a batch whose records have to be translated before the
 * next line? Then call translator_work until there is none; each call writes some MiB at
 * most. False: an error, as of translator_line.
 */
static inline bool translator_is_busy(const struct translator *translator)
{
	return translator->batch_stream != NULL;
}
bool translator_work(struct translator *translator, struct error *error);

/* The configured stream that the tap is at, or NULL: it does not tell. */
const struct stream *translator_current_stream(const struct translator *translator);

/* The tap waits for a rate limit, for so many seconds (0: it is not known). */
void translator_rate_limited(struct translator *translator, unsigned seconds);

/*
 * The tap ended well: writes the last STATE and COMPLETE for every configured stream.
 * False when a configured stream is not in the tap after all: the others are COMPLETE,
 * it is INCOMPLETE, and the error and *missing tell of it.
 */
bool translator_complete(struct translator *translator, const struct stream **missing,
			 struct error *error);

/* The tap failed or was stopped: writes INCOMPLETE for every configured stream. */
void translator_abandon(struct translator *translator);

#endif
