/*
 * state_walk.h - the members of a Singer state, each with the stream that it belongs to
 * (state_owners.h): those at the top, inside `bookmarks` or `versions` (where singer-python's
 * set_version() puts a table's version), or one level below that (bookmarks.REPO.commits). The
 * outermost match counts; `bookmarks` at the top is nobody's.
 */
#ifndef TAPBYTE_STATE_WALK_H
#define TAPBYTE_STATE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "document.h"
#include "name_table.h"
#include "slice.h"

enum state_level {
	STATE_TOP,
	STATE_BOOKMARKS, /* in `bookmarks` or `versions` */
	STATE_INNER,     /* in an object inside these that belongs to nobody */
};

/* Where a member stands. */
struct state_place {
	enum state_level level;
	struct slice outer; /* raw keys of the objects around it; empty where there is none */
	struct slice inner;
};

struct state_visitor {
	/* told of each member that belongs to one stream or to nobody as a whole */
	void (*member)(void *data, const struct state_place *place, const struct node *member,
		       uint32_t owner);
	/* told of an object that is entered and left again; NULL: nobody wants to know */
	void (*object)(void *data, const struct node *object, bool entering);
	void *data;
};

/* Visits the members of an object in the order of the text. */
void state_walk(const struct name_table *owners, const struct node *value,
		const struct state_visitor *visitor);

/* Does a member at this level hold members of several streams? */
bool state_is_container(enum state_level level, const struct node *member, uint32_t owner);

bool state_is_syncing(const struct state_place *place, struct slice key);

/* A fingerprint of where a member stands and what it is named. */
uint64_t state_hash_place(const struct state_place *place, struct slice key);

#endif
