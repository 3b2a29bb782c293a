#include "stream.h"

#include <stdlib.h>

struct stream *stream_list_add(struct stream_list *list)
{
	struct stream *stream;

	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct stream *items = realloc(list->items, capacity * sizeof(*items));

		if (items == NULL)
			return NULL;
		list->items = items;
		list->capacity = capacity;
	}
	stream = &list->items[list->count++];
	*stream = (struct stream){ .in_tap = true };
	return stream;
}

void stream_list_release(struct stream_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct stream *stream = &list->items[i];

		free(stream->id);
		free(stream->tap_name);
		free(stream->parent_id);
		free(stream->name);
		free(stream->namespace);
		name_table_release(&stream->fields);
	}
	free(list->items);
	*list = STREAM_LIST_EMPTY;
}

struct stream *stream_list_find(const struct stream_list *list, struct slice name,
				struct slice currently_syncing)
{
	struct stream *only = NULL;
	size_t named = 0, configured = 0; /* streams of that name; those of them that are */

	for (size_t i = 0; i < list->count; i++)
		if (slice_equals(slice_of_string(list->items[i].id), name))
			return &list->items[i];
	for (size_t i = 0; i < list->count; i++) {
		struct stream *stream = &list->items[i];

		if (!slice_equals(slice_of_string(stream->tap_name), name))
			continue;
		if (slice_equals(slice_of_string(stream->id), currently_syncing))
			return stream;
		named++;
		if (stream->configured)
			configured++;
		if (stream->configured || configured == 0)
			only = stream;
	}
	return configured == 1 || named == 1 ? only : NULL;
}
