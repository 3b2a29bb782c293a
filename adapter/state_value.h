/*
 * state_value.h - the tap's last STATE in pieces, so that the next one, which mostly differs
 * in a few bookmarks of many, is understood by comparing bytes.
 *
 * A piece is a member that belongs to one stream or to nobody as a whole, or the beginning
 * or end of an object that holds such members (state_map.h says which). The pieces are in
 * the order of the text; those of each stream, and those of nobody, are chained.
 */
#ifndef TAPBYTE_STATE_VALUE_H
#define TAPBYTE_STATE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "hash.h"
#include "slice.h"

/* In place of the index of a stream. */
#define STATE_OF_NOBODY UINT32_MAX

enum state_piece_kind {
	STATE_MEMBER,
	STATE_OPEN,  /* an object's key and its brace */
	STATE_CLOSE,
};

/* Offsets are into the text, which is no longer than BUFFER_MAXIMUM. */
struct state_piece {
	uint32_t key;        /* the raw key between its quotes */
	uint32_t key_length;
	uint32_t value;
	uint32_t end;
	uint32_t owner;      /* index of a stream, or STATE_OF_NOBODY */
	uint32_t next;       /* piece of the same owner; STATE_PIECE_NONE: no more */
	enum state_piece_kind kind;
	uint64_t seed;       /* fingerprint of its place and key ... */
	uint64_t hash;       /* ... and with the value; 0 where nobody owns it */
};

#define STATE_PIECE_NONE UINT32_MAX

struct state_value {
	struct buffer text;  /* as the tap wrote it */
	struct buffer next;  /* memory for the next text */
	struct state_piece *pieces;
	size_t count;        /* 0: there is no value, or it is {} */
	size_t capacity;
	uint32_t *first;     /* piece of each stream, and last of nobody; STATE_PIECE_NONE: none */
	uint32_t *last;
	uint32_t *next_of;   /* while it is written: of each chain that is */
	size_t streams;
	const uint32_t *parents; /* of each stream (state_owners_parents); borrowed */
	bool failed;         /* memory ran out: good for nothing but to be released */
};

/* False: memory ran out. */
bool state_value_init(struct state_value *value, size_t streams, const uint32_t *parents);
void state_value_release(struct state_value *value);

/*
 * Takes the text in `next` in place of the one that there is, if it differs from it in the
 * values of members only. Else false: nothing can be said of the pieces but by parsing. The
 * text has to be one JSON value.
 */
bool state_value_patch(struct state_value *value);

/* Takes the text in `next` and forgets the pieces. Then they are added, in order. */
void state_value_begin(struct state_value *value);
void state_value_add(struct state_value *value, const struct state_piece *piece);

/* A fingerprint of all that a stream, and those on its way up, own; 0: nothing. */
uint64_t state_value_own(const struct state_value *value, uint32_t stream);

/* Appends the value without its last brace and without what other streams own. */
void state_value_write(struct state_value *value, uint32_t stream, struct buffer *out);

/* A comma where one has to stand: not after the opening brace. */
void state_append_comma(struct buffer *out);

/* The fingerprint of several members in their order. */
static inline uint64_t state_hash_join(uint64_t hash, uint64_t member)
{
	return (hash ^ member) * HASH_PRIME;
}

#endif
