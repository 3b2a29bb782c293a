#include "state_owners.h"

#include <stdlib.h>

#include "raw_name.h"
#include "state_value.h"

#define NOBODY STATE_OF_NOBODY

static bool is_read(const struct stream *stream)
{
	return stream->configured || stream->elsewhere;
}

/*
 * ---- parents ----
 */

static uint32_t find_parent(const struct stream_list *streams, const struct stream *stream)
{
	const struct stream *parent;

	if (stream->parent_id == NULL)
		return STREAM_NONE;
	parent = stream_list_find(streams, slice_of_string(stream->parent_id), SLICE(""));
	return parent ? (uint32_t)(parent - streams->items) : STREAM_NONE;
}

bool state_owners_is_on_way_up(const uint32_t *parents, uint32_t stream, uint32_t other)
{
	while (stream != STREAM_NONE && stream != other)
		stream = parents[stream];
	return stream == other;
}

uint32_t *state_owners_parents(const struct stream_list *streams)
{
	uint32_t *parents = malloc((streams->count + 1) * sizeof(*parents));

	if (parents == NULL)
		return NULL;
	for (size_t i = 0; i < streams->count; i++)
		parents[i] = STREAM_NONE;
	for (size_t i = 0; i < streams->count; i++) {
		uint32_t parent = find_parent(streams, &streams->items[i]);

		if (parent != STREAM_NONE &&
		    !state_owners_is_on_way_up(parents, parent, (uint32_t)i))
			parents[i] = parent;
	}
	return parents;
}

/* Whose the members of each stream are: its own, or nobody's if no read has to do with it. */
static uint32_t *find_owners(const struct stream_list *streams, const uint32_t *parents)
{
	uint32_t *owners = malloc((streams->count + 1) * sizeof(*owners));

	if (owners == NULL)
		return NULL;
	for (size_t i = 0; i < streams->count; i++)
		owners[i] = NOBODY;
	for (size_t i = 0; i < streams->count; i++)
		if (is_read(&streams->items[i]))
			for (uint32_t at = (uint32_t)i; at != STREAM_NONE && owners[at] == NOBODY;
			     at = parents[at])
				owners[at] = at;
	return owners;
}

/*
 * ---- keys ----
 */

/* While the table is filled. */
struct collecting {
	const struct stream_list *streams;
	const uint32_t *parents, *owners; /* find_owners */
};

static bool set_owner(struct name_table *owners, const struct collecting *collecting,
		      const char *key, size_t stream)
{
	return !collecting->streams->items[stream].in_tap ||
	       name_table_set(owners, slice_of_string(key), collecting->owners[stream]);
}

/* A name that is another stream's id owns nothing, one that is shared neither. */
static bool set_names(struct name_table *owners, const struct collecting *collecting,
		      const struct name_table *ids)
{
	for (size_t i = 0; i < collecting->streams->count; i++) {
		const char *name = collecting->streams->items[i].tap_name;
		bool done = true;

		if (name_table_get(ids, slice_of_string(name)) != NULL)
			continue;
		if (name_table_get(owners, slice_of_string(name)) != NULL)
			done = name_table_set(owners, slice_of_string(name), NOBODY);
		else
			done = set_owner(owners, collecting, name, i);
		if (!done)
			return false;
	}
	return true;
}

/* `tops` gets of each key the uppermost of the streams that it is named for. */
static bool note_top(struct name_table *tops, const struct collecting *collecting, struct slice key,
		     uint32_t stream)
{
	const uint32_t *top = name_table_get(tops, key);

	return (top != NULL && !state_owners_is_on_way_up(collecting->parents, *top, stream)) ||
	       name_table_set(tops, key, stream);
}

/* The uppermost has it if all others are read by way of that one. */
static bool set_state_key(struct name_table *owners, const struct collecting *collecting,
			  struct name_table *tops, struct slice key, uint32_t stream)
{
	uint32_t top = *name_table_get(tops, key);

	if (top == NOBODY)
		return true;
	if (state_owners_is_on_way_up(collecting->parents, stream, top))
		return name_table_set(owners, key, collecting->owners[top]);
	return name_table_set(owners, key, NOBODY) && name_table_set(tops, key, NOBODY);
}

/* People's word on the keys is the last, even on what is another stream's id. */
static bool set_state_keys(struct name_table *owners, const struct collecting *collecting,
			   struct name_table *tops, bool topped)
{
	bool done = true;
	const json_t *text;
	size_t j;

	for (uint32_t i = 0; i < collecting->streams->count; i++) {
		const struct stream *stream = &collecting->streams->items[i];

		if (!stream->in_tap)
			continue;
		json_array_foreach(stream->state_keys, j, text) {
			struct slice key = slice_of_string(json_string_value(text));

			done = done && (topped ? set_state_key(owners, collecting, tops, key, i)
					       : note_top(tops, collecting, key, i));
		}
	}
	return done;
}

/* Ids, then names, then what the overlay says. */
static bool set_owners(struct name_table *owners, const struct collecting *collecting)
{
	struct name_table ids = NAME_TABLE_EMPTY, tops = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < collecting->streams->count; i++) {
		const char *id = collecting->streams->items[i].id;

		done = name_table_set(&ids, slice_of_string(id), 0) &&
		       set_owner(owners, collecting, id, i);
	}
	done = done && set_names(owners, collecting, &ids) &&
	       set_state_keys(owners, collecting, &tops, false) &&
	       set_state_keys(owners, collecting, &tops, true);
	name_table_release(&ids);
	name_table_release(&tops);
	return done;
}

bool state_owners_collect(struct name_table *owners, const struct stream_list *streams,
			  const uint32_t *parents)
{
	uint32_t *found = find_owners(streams, parents);
	struct collecting collecting = { streams, parents, found };
	bool done = found != NULL && set_owners(owners, &collecting);

	free(found);
	return done;
}

uint32_t state_owners_find(const struct name_table *owners, struct slice raw_key)
{
	const uint32_t *owner = raw_name_get(owners, raw_key);

	return owner ? *owner : NOBODY;
}
