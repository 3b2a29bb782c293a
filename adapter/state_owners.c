#include "state_owners.h"

#include <stdlib.h>

#include "raw_name.h"
#include "state_value.h"

#define NOBODY STATE_OF_NOBODY

/* Whose each stream's members are: its own if it is read, else its heir's. */
struct heirs {
	const struct stream_list *streams;
	uint32_t *owners;
	bool *disputed; /* two streams would be it */
};

static bool is_read(const struct stream *stream)
{
	return stream->configured || stream->elsewhere;
}

/*
 * ---- parents ----
 */

static struct stream *parent_of(const struct stream_list *streams, const struct stream *stream)
{
	if (stream->parent_id == NULL)
		return NULL;
	return stream_list_find(streams, slice_of_string(stream->parent_id), SLICE(""));
}

struct stream *state_owners_parent(const struct stream_list *streams, const struct stream *stream)
{
	struct stream *parent = parent_of(streams, stream);

	/* no more steps than there are streams: it may be a circle */
	for (size_t i = 0; parent != NULL && !is_read(parent); i++)
		parent = i < streams->count ? parent_of(streams, parent) : NULL;
	return parent;
}

/* Makes a stream the heir of all that are not read on the way up to the next that is. */
static void claim_parents(struct heirs *heirs, uint32_t child)
{
	const struct stream *items = heirs->streams->items, *parent = &items[child];

	while ((parent = parent_of(heirs->streams, parent)) != NULL && !is_read(parent)) {
		size_t i = (size_t)(parent - items);

		if (heirs->disputed[i] || heirs->owners[i] == child)
			return; /* so is all above it, or it is a circle */
		heirs->disputed[i] = heirs->owners[i] != NOBODY;
		heirs->owners[i] = heirs->disputed[i] ? NOBODY : child;
	}
}

static void find_heirs(struct heirs *heirs)
{
	const struct stream_list *streams = heirs->streams;

	for (size_t i = 0; i < streams->count; i++)
		heirs->owners[i] = is_read(&streams->items[i]) ? (uint32_t)i : NOBODY;
	for (size_t i = 0; i < streams->count; i++)
		if (is_read(&streams->items[i]))
			claim_parents(heirs, (uint32_t)i);
}

/*
 * ---- keys ----
 */

static bool set_owner(struct name_table *owners, const struct heirs *heirs, const char *key,
		      size_t stream)
{
	return !heirs->streams->items[stream].in_tap ||
	       name_table_set(owners, slice_of_string(key), heirs->owners[stream]);
}

/* A name that is another stream's id owns nothing, one that is shared neither. */
static bool set_names(struct name_table *owners, const struct heirs *heirs,
		      const struct name_table *ids)
{
	for (size_t i = 0; i < heirs->streams->count; i++) {
		const char *name = heirs->streams->items[i].tap_name;
		bool done = true;

		if (name_table_get(ids, slice_of_string(name)) != NULL)
			continue;
		if (name_table_get(owners, slice_of_string(name)) != NULL)
			done = name_table_set(owners, slice_of_string(name), NOBODY);
		else
			done = set_owner(owners, heirs, name, i);
		if (!done)
			return false;
	}
	return true;
}

/* `named` has the owner of each key that was named before. */
static bool set_state_key(struct name_table *owners, const struct heirs *heirs,
			  struct name_table *named, const char *key, size_t stream)
{
	struct slice name = slice_of_string(key);
	const uint32_t *before = name_table_get(named, name);

	if (before != NULL && *before != heirs->owners[stream])
		return name_table_set(owners, name, NOBODY) && name_table_set(named, name, NOBODY);
	return name_table_set(named, name, heirs->owners[stream]) &&
	       set_owner(owners, heirs, key, stream);
}

/* People's word on the keys is the last, even on what is another stream's id. */
static bool set_state_keys(struct name_table *owners, const struct heirs *heirs)
{
	struct name_table named = NAME_TABLE_EMPTY;
	bool done = true;
	const json_t *key;
	size_t j;

	for (size_t i = 0; i < heirs->streams->count; i++) {
		const struct stream *stream = &heirs->streams->items[i];

		if (!stream->in_tap)
			continue;
		json_array_foreach(stream->state_keys, j, key)
			done = done && set_state_key(owners, heirs, &named,
						     json_string_value(key), i);
	}
	name_table_release(&named);
	return done;
}

/* Ids, then names, then what the overlay says. */
static bool set_owners(struct name_table *owners, const struct heirs *heirs)
{
	struct name_table ids = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < heirs->streams->count; i++) {
		const char *id = heirs->streams->items[i].id;

		done = name_table_set(&ids, slice_of_string(id), 0) &&
		       set_owner(owners, heirs, id, i);
	}
	done = done && set_names(owners, heirs, &ids) && set_state_keys(owners, heirs);
	name_table_release(&ids);
	return done;
}

bool state_owners_collect(struct name_table *owners, const struct stream_list *streams)
{
	struct heirs heirs = {
		.streams = streams,
		.owners = calloc(streams->count + 1, sizeof(*heirs.owners)),
		.disputed = calloc(streams->count + 1, sizeof(*heirs.disputed)),
	};
	bool done = heirs.owners != NULL && heirs.disputed != NULL;

	if (done) {
		find_heirs(&heirs);
		done = set_owners(owners, &heirs);
	}
	free(heirs.owners);
	free(heirs.disputed);
	return done;
}

uint32_t state_owners_find(const struct name_table *owners, struct slice raw_key)
{
	const uint32_t *owner = raw_name_get(owners, raw_key);

	return owner ? *owner : NOBODY;
}
