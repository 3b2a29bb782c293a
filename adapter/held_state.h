/*
 * held_state.h - the states of a tap whose records are not all kept: a stream of which some
 * were left out stays where it was, or its state would stand for records that nobody has.
 *
 * What belongs to a stream is what state_map.h says. What belongs to nobody (a date for all)
 * stays as soon as one stream is held. A member that is held and was not there before is
 * left out.
 */
#ifndef TAPBYTE_HELD_STATE_H
#define TAPBYTE_HELD_STATE_H

#include <stdbool.h>

#include "buffer.h"
#include "state_map.h"

struct held_member; /* one that may be held: the last text that stands for kept records */

struct held_state {
	struct state_map map;
	struct held_member *members;
	size_t count;
	bool *held;  /* by the index of a stream; set by the owner */
	bool any;    /* one is; set by the owner */
};

#define HELD_STATE_NONE ((struct held_state){ .members = NULL })

/* The list has to outlive it. False: memory ran out; release it then as well. */
bool held_state_init(struct held_state *state, struct stream_list *streams);
void held_state_release(struct held_state *state);

/* Takes the value of a STATE, or what the tap was given, and appends what may be said of it. */
bool held_state_take(struct held_state *state, struct slice value, struct buffer *out,
		     struct error *error);

#endif
