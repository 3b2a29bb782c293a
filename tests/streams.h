/*
 * streams.h - the streams of a read, from the rows of a test's table.
 */
#ifndef TAPBYTE_TESTS_STREAMS_H
#define TAPBYTE_TESTS_STREAMS_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

/* The last row has no id. */
struct row {
	const char *id;       /* Airbyte's name, too */
	const char *tap_name; /* NULL: its id */
	const char *parent;   /* a stream */
	const char *key;      /* of the state, which the overlay names */
	bool not_configured, full_refresh, not_in_tap, elsewhere;
};

static inline char *copy_text(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	assert_true(text == NULL || copy != NULL);
	return copy;
}

/* Keys of rows are kept in an array, which outlives the streams; NULL: there are none. */
static inline struct stream_list make_streams(const struct row *rows, json_t *keys)
{
	struct stream_list list = STREAM_LIST_EMPTY;

	for (; rows->id != NULL; rows++) {
		struct stream *stream = stream_list_add(&list);

		assert_non_null(stream);
		stream->id = copy_text(rows->id);
		stream->tap_name = copy_text(rows->tap_name ? rows->tap_name : rows->id);
		stream->name = copy_text(rows->id);
		stream->parent_id = copy_text(rows->parent);
		stream->configured = !rows->not_configured && !rows->elsewhere;
		stream->elsewhere = rows->elsewhere;
		stream->in_tap = !rows->not_in_tap;
		stream->sync_mode = rows->full_refresh ? SYNC_FULL_REFRESH : SYNC_INCREMENTAL;
		if (rows->key != NULL) {
			json_array_append_new(keys, json_pack("[s]", rows->key));
			stream->state_keys = json_array_get(keys, json_array_size(keys) - 1);
		}
	}
	assert_true(stream_list_index(&list));
	return list;
}

#endif
