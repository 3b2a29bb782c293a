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
	name_table_release(&list->ids);
	name_table_release(&list->tap_names);
	*list = STREAM_LIST_EMPTY;
}

/* From the last to the first, so that of several the first one counts. */
bool stream_list_index(struct stream_list *list)
{
	name_table_release(&list->ids);
	name_table_release(&list->tap_names);
	for (size_t i = list->count; i-- > 0;) {
		struct stream *stream = &list->items[i];
		struct slice tap_name = slice_of_string(stream->tap_name);
		const uint32_t *next = name_table_get(&list->tap_names, tap_name);

		stream->namesake = next ? *next : STREAM_NONE;
		if (!name_table_set(&list->tap_names, tap_name, (uint32_t)i) ||
		    !name_table_set(&list->ids, slice_of_string(stream->id), (uint32_t)i))
			return false;
	}
	return true;
}

struct stream *stream_list_find(const struct stream_list *list, struct slice name,
				struct slice currently_syncing)
{
	const uint32_t *first = name_table_get(&list->ids, name);
	struct stream *only = NULL;
	size_t named = 0, configured = 0; /* streams of that name; those of them that are */

	if (first != NULL)
		return &list->items[*first];
	first = name_table_get(&list->tap_names, name);
	for (uint32_t i = first ? *first : STREAM_NONE; i != STREAM_NONE;
	     i = list->items[i].namesake) {
		struct stream *stream = &list->items[i];

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
