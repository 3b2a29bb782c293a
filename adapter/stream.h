/*
 * stream.h - the streams of one read: where the tap's names and Airbyte's meet.
 *
 * catalog_choice.h makes the list; translator.h and state_map.h use it.
 */
#ifndef TAPBYTE_STREAM_H
#define TAPBYTE_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name_table.h"
#include "slice.h"

enum sync_mode {
	SYNC_FULL_REFRESH,
	SYNC_INCREMENTAL,
};

/* The numbers in stream.fields. A field that is not there is unknown to the schema. */
enum field_choice {
	FIELD_DESELECTED, /* in the tap's schema, not in the configured json_schema */
	FIELD_SELECTED,
	FIELD_UNQUOTED, /* selected; a string in it that is a number is written as one */
};

struct stream {
	/* the tap's side */
	char *id;        /* tap_stream_id: the key of its bookmarks */
	char *tap_name;  /* `stream` of its catalog entry; messages use this or the id */
	char *parent_id; /* singer_entry.parent_id, or NULL */
	const json_t *state_keys; /* more keys of its members in the state, strings; borrowed
				     from the overlay, NULL: none */
	bool in_tap;     /* false: configured, but the tap does not have it */
	uint32_t namesake; /* the next one with its tap_name (stream_list_index), or STREAM_NONE */

	/* Airbyte's side; name and namespace form the stream_descriptor */
	char *name;
	char *namespace; /* NULL: none */
	bool configured; /* false: the tap has it, the user did not choose it */
	bool elsewhere;  /* the user chose it, but another tap process reads it: not configured */
	size_t place;    /* in the configured catalog, of one that is configured or elsewhere */
	enum sync_mode sync_mode;  /* what is really done, whatever was asked for */
	struct name_table fields;  /* top-level fields of its schema: enum field_choice */
	bool fields_from_discovery; /* false: `fields` has the configured ones only, to which the
				       stream's SCHEMA messages add the tap's */
	bool all_fields;            /* the configured json_schema names none: all are selected */
};

/* In place of an index. */
#define STREAM_NONE UINT32_MAX

struct stream_list {
	struct stream *items;
	size_t count;
	size_t capacity;
	struct name_table ids;       /* -> index of the first one with that id ... */
	struct name_table tap_names; /* ... or tap_name; both by stream_list_index */
};

#define STREAM_LIST_EMPTY ((struct stream_list){ .items = NULL })

/*
 * Adds a stream with all members zero but `in_tap`, and hands it out to be filled;
 * borrowed until the next call. The strings that the caller puts in are then owned by
 * the list (malloc). NULL when memory runs out.
 */
struct stream *stream_list_add(struct stream_list *list);

void stream_list_release(struct stream_list *list);

/*
 * Makes the names known to stream_list_find; to be called when the list and the names in it
 * are complete. False: memory ran out.
 */
bool stream_list_index(struct stream_list *list);

/*
 * The stream that a message means by a name: the one with that id, else the one with
 * that tap_name. Of several with one tap_name (two schemas with a table of the same
 * name) the one whose id is `currently_syncing`, else the only one that is
 * configured, else none. NULL where there is none.
 */
struct stream *stream_list_find(const struct stream_list *list, struct slice name,
				struct slice currently_syncing);

#endif
