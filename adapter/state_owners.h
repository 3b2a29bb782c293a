/*
 * state_owners.h - which stream a member of a Singer state belongs to, by its key.
 *
 * It is the stream with that tap_stream_id, else the one with that tap_name, if it is read (by
 * this process or another). The keys that the overlay names (stream.state_keys) are as good as
 * an id, and stronger; what they name for several of which all others are read by way of one is
 * that one's, whichever of them are read. A name that two streams share, or that is another's id,
 * and a key that the overlay names for several others, own nothing.
 *
 * So it is with a stream that is not read but on the way to one that is (stream.parent_id): the
 * tap needs its position, too. What belongs to another stream that is not read is nobody's.
 */
#ifndef TAPBYTE_STATE_OWNERS_H
#define TAPBYTE_STATE_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "name_table.h"
#include "stream.h"

/*
 * For each stream the one that it is read by way of (parent_id is an id or a name), or
 * STREAM_NONE; no way goes in a circle. To be freed; NULL: memory ran out. The list is indexed.
 */
uint32_t *state_owners_parents(const struct stream_list *streams);

/* Is `other` the stream itself, or one that it is read by way of? */
bool state_owners_is_on_way_up(const uint32_t *parents, uint32_t stream, uint32_t other);

/* Fills the table, decoded key -> index of the stream or STATE_OF_NOBODY. The list is indexed. */
bool state_owners_collect(struct name_table *owners, const struct stream_list *streams,
			  const uint32_t *parents);

/* By the raw key; STATE_OF_NOBODY where it belongs to no stream. */
uint32_t state_owners_find(const struct name_table *owners, struct slice raw_key);

#endif
