/*
 * streams.h - the streams that fuzz_state_map and fuzz_translator read.
 */
#ifndef TAPBYTE_TESTS_FUZZ_STREAMS_H
#define TAPBYTE_TESTS_FUZZ_STREAMS_H

#include "fuzz.h"
#include "stream.h"

static inline struct stream *streams_add(struct stream_list *list, const char *id,
					 const char *tap_name, const char *parent)
{
	struct stream *stream = stream_list_add(list);

	FUZZ_CHECK(stream != NULL);
	stream->id = strdup(id);
	stream->tap_name = strdup(tap_name);
	stream->parent_id = parent != NULL ? strdup(parent) : NULL;
	stream->name = strdup(id);
	stream->configured = true;
	stream->in_tap = true;
	stream->sync_mode = SYNC_INCREMENTAL;
	return stream;
}

static inline struct stream_list streams_make(void)
{
	struct stream_list list = STREAM_LIST_EMPTY;
	struct stream *users = streams_add(&list, "users", "users", NULL);

	users->fields_from_discovery = true;
	FUZZ_CHECK(name_table_set(&users->fields, SLICE("id"), FIELD_SELECTED) &&
		   name_table_set(&users->fields, SLICE("price"), FIELD_UNQUOTED) &&
		   name_table_set(&users->fields, SLICE("secret"), FIELD_DESELECTED));
	streams_add(&list, "public-orders", "orders", NULL)->all_fields = true;
	streams_add(&list, "items", "items", "users");
	streams_add(&list, "other", "other", NULL)->configured = false;
	return list;
}

#endif
