/*
 * state_owners.h - which stream a member of a Singer state belongs to, by its key.
 *
 * It is the stream with that tap_stream_id, else the one with that tap_name, if it is read (by
 * this process or another). The keys that the overlay names (stream.state_keys) are as good as
 * an id, and stronger. A name that two streams share, or that is another's id, and a key that
 * the overlay names for two, own nothing.
 *
 * A parent that is not read is only on the way to streams that are: how far it got is how far
 * they got. If it leads to one of them only, by way of none or of others that are not read, that
 * one is its heir, and what would be the parent's is the heir's; else it is nobody's.
 */
#ifndef TAPBYTE_STATE_OWNERS_H
#define TAPBYTE_STATE_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "name_table.h"
#include "stream.h"

/* Fills the table, decoded key -> index of the stream or STATE_OF_NOBODY. The list is indexed. */
bool state_owners_collect(struct name_table *owners, const struct stream_list *streams);

/* By the raw key; STATE_OF_NOBODY where it belongs to no stream. */
uint32_t state_owners_find(const struct name_table *owners, struct slice raw_key);

/* The next stream that is read on the way up, by parent_id (an id or a name); NULL: none is. */
struct stream *state_owners_parent(const struct stream_list *streams, const struct stream *stream);

#endif
