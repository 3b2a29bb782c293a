#include "state_walk.h"

#include "hash.h"
#include "json_text.h"
#include "state_owners.h"
#include "state_value.h"

bool state_is_container(enum state_level level, const struct node *member, uint32_t owner)
{
	if (member->kind != NODE_OBJECT)
		return false;
	if (level == STATE_TOP)
		return json_text_equals(member->key, SLICE("bookmarks")) ||
		       (owner == STATE_OF_NOBODY &&
			json_text_equals(member->key, SLICE("versions")));
	return level == STATE_BOOKMARKS && owner == STATE_OF_NOBODY;
}

static struct state_place inside_of(const struct state_place *place, const struct node *container)
{
	if (place->level == STATE_TOP)
		return (struct state_place){ STATE_BOOKMARKS, container->key, SLICE("") };
	return (struct state_place){ STATE_INNER, place->outer, container->key };
}

/* Calls itself for STATE_BOOKMARKS and STATE_INNER, and no further. */
static void walk(const struct name_table *owners, const struct node *object,
		 struct state_place place, const struct state_visitor *visitor)
{
	const struct node *member;

	node_for_each(member, object) {
		uint32_t owner = state_owners_find(owners, member->key);

		if (!state_is_container(place.level, member, owner)) {
			visitor->member(visitor->data, &place, member, owner);
			continue;
		}
		if (visitor->object != NULL)
			visitor->object(visitor->data, member, true);
		walk(owners, member, inside_of(&place, member), visitor);
		if (visitor->object != NULL)
			visitor->object(visitor->data, member, false);
	}
}

void state_walk(const struct name_table *owners, const struct node *value,
		const struct state_visitor *visitor)
{
	walk(owners, value, (struct state_place){ STATE_TOP, SLICE(""), SLICE("") }, visitor);
}

bool state_is_syncing(const struct state_place *place, struct slice key)
{
	return place->level == STATE_TOP && json_text_equals(key, SLICE("currently_syncing"));
}

uint64_t state_hash_place(const struct state_place *place, struct slice key)
{
	char level = (char)('0' + place->level);
	uint64_t hash = hash_bytes(0, slice_of(&level, 1));

	hash = hash_bytes(hash_bytes(hash, place->outer), SLICE("\""));
	hash = hash_bytes(hash_bytes(hash, place->inner), SLICE("\""));
	return hash_bytes(hash_bytes(hash, key), SLICE("\""));
}
