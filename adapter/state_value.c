#include "state_value.h"

#include <stdlib.h>

#include "json_scan.h"
#include "stream.h"

bool state_value_init(struct state_value *value, size_t streams, const uint32_t *parents)
{
	*value = (struct state_value){ .streams = streams, .parents = parents };
	buffer_init(&value->text, BUFFER_MAXIMUM);
	buffer_init(&value->next, BUFFER_MAXIMUM);
	value->first = malloc((streams + 1) * sizeof(*value->first));
	value->last = malloc((streams + 1) * sizeof(*value->last));
	value->next_of = malloc((streams + 1) * sizeof(*value->next_of));
	return value->first != NULL && value->last != NULL && value->next_of != NULL;
}

void state_value_release(struct state_value *value)
{
	buffer_release(&value->text);
	buffer_release(&value->next);
	free(value->pieces);
	free(value->first);
	free(value->last);
	free(value->next_of);
	*value = (struct state_value){ .streams = 0 };
}

static size_t chain_of(const struct state_value *value, uint32_t owner)
{
	return owner == STATE_OF_NOBODY ? value->streams : owner;
}

static void swap_texts(struct state_value *value)
{
	struct buffer text = value->text;

	value->text = value->next;
	value->next = text;
}

void state_value_begin(struct state_value *value)
{
	swap_texts(value);
	value->count = 0;
	for (size_t i = 0; i <= value->streams; i++)
		value->first[i] = STATE_PIECE_NONE;
}

void state_value_add(struct state_value *value, const struct state_piece *piece)
{
	size_t chain = chain_of(value, piece->owner);

	if (value->count == value->capacity) {
		size_t capacity = value->capacity ? value->capacity * 2 : 64;
		struct state_piece *pieces =
			realloc(value->pieces, capacity * sizeof(*pieces));

		if (pieces == NULL) {
			value->failed = true;
			return;
		}
		value->pieces = pieces;
		value->capacity = capacity;
	}
	value->pieces[value->count] = *piece;
	value->pieces[value->count].next = STATE_PIECE_NONE;
	if (value->first[chain] == STATE_PIECE_NONE)
		value->first[chain] = (uint32_t)value->count;
	else
		value->pieces[value->last[chain]].next = (uint32_t)value->count;
	value->last[chain] = (uint32_t)value->count++;
}

/*
 * ---- the next text, by the pieces of the last ----
 */

struct patch {
	const struct buffer *old, *new;
	size_t old_at, new_at; /* so far the texts are the same but for values */
};

/* Are the bytes up to there the same? Goes on behind them. */
static bool passes(struct patch *patch, size_t old_end)
{
	size_t length = old_end - patch->old_at;

	if (length > patch->new->length - patch->new_at ||
	    memcmp(patch->old->data + patch->old_at, patch->new->data + patch->new_at,
		   length) != 0)
		return false;
	patch->old_at = old_end;
	patch->new_at += length;
	return true;
}

/* With the byte behind it, by which a number ends. */
static bool is_same_value(const struct patch *patch, const struct state_piece *piece)
{
	size_t length = piece->end - piece->value + 1;

	return length <= patch->new->length - patch->new_at &&
	       memcmp(patch->old->data + piece->value, patch->new->data + patch->new_at,
		      length) == 0;
}

/* An object that was none, or that nobody owns, may hold members of streams. */
static bool may_be_entered(const struct patch *patch, const struct state_piece *piece)
{
	return patch->new->data[patch->new_at] == '{' &&
	       (piece->owner == STATE_OF_NOBODY || patch->old->data[piece->value] != '{');
}

static bool takes_value(const struct patch *patch, struct state_piece *piece, size_t *length)
{
	struct slice rest = slice_of(patch->new->data + patch->new_at,
				     patch->new->length - patch->new_at);
	struct json_scan scan;
	struct slice text;

	if (rest.length == 0 || may_be_entered(patch, piece))
		return false;
	json_scan_init(&scan, rest);
	if (!json_scan_value(&scan, &text) || text.data != rest.data)
		return false;
	if (piece->owner != STATE_OF_NOBODY)
		piece->hash = hash_bytes(piece->seed, text);
	*length = text.length;
	return true;
}

static bool patch_member(struct patch *patch, struct state_piece *piece)
{
	size_t old_end = piece->end, length = piece->end - piece->value;

	if (!passes(patch, piece->value) ||
	    (!is_same_value(patch, piece) && !takes_value(patch, piece, &length)))
		return false;
	piece->key = (uint32_t)(piece->key + patch->new_at - patch->old_at);
	piece->value = (uint32_t)patch->new_at;
	piece->end = (uint32_t)(patch->new_at + length);
	patch->old_at = old_end;
	patch->new_at += length;
	return true;
}

/* The braces of objects are passed with what stands before the next member. */
static void move_braces(struct state_piece *piece, const struct patch *patch)
{
	size_t moved = patch->new_at - patch->old_at; /* modulo its range */

	piece->key = (uint32_t)(piece->key + moved);
	piece->value = (uint32_t)(piece->value + moved);
	piece->end = (uint32_t)(piece->end + moved);
}

static size_t first_difference(const struct buffer *a, const struct buffer *b)
{
	size_t length = a->length < b->length ? a->length : b->length, at = 0;
	const size_t block = 1024;

	while (length - at >= block && memcmp(a->data + at, b->data + at, block) == 0)
		at += block;
	while (at < length && a->data[at] == b->data[at])
		at++;
	return at;
}

/* The first member that ends behind the place; those before it have not changed. */
static size_t skip_unchanged(const struct state_value *value, struct patch *patch, size_t place)
{
	size_t i = 0;

	for (; i < value->count; i++) {
		if (value->pieces[i].kind != STATE_MEMBER)
			continue;
		if (value->pieces[i].end >= place)
			break;
		patch->old_at = patch->new_at = value->pieces[i].end;
	}
	return i;
}

/* Are the texts the same from here on, at the same places? */
static bool is_same_rest(const struct patch *patch)
{
	return patch->old_at == patch->new_at && patch->old->length == patch->new->length &&
	       memcmp(patch->old->data + patch->old_at, patch->new->data + patch->new_at,
		      patch->new->length - patch->new_at) == 0;
}

bool state_value_patch(struct state_value *value)
{
	struct patch patch = { .old = &value->text, .new = &value->next };
	size_t first, i;

	if (value->count == 0)
		return false;
	first = skip_unchanged(value, &patch, first_difference(patch.old, patch.new));
	for (i = first; i < value->count; i++) {
		if (value->pieces[i].kind != STATE_MEMBER)
			move_braces(&value->pieces[i], &patch);
		else if (!patch_member(&patch, &value->pieces[i]))
			return false;
		if (i == first && is_same_rest(&patch)) { /* mostly one stream has moved on */
			swap_texts(value);
			return true;
		}
	}
	if (!passes(&patch, value->text.length) || patch.new_at != value->next.length)
		return false;
	swap_texts(value);
	return true;
}

/*
 * ---- one stream's part ----
 */

uint64_t state_value_own(const struct state_value *value, uint32_t stream)
{
	uint64_t own = 0;

	for (uint32_t at = stream; at != STREAM_NONE; at = value->parents[at])
		for (uint32_t i = value->first[at]; i != STATE_PIECE_NONE;
		     i = value->pieces[i].next)
			own = state_hash_join(own, value->pieces[i].hash);
	return own;
}

void state_append_comma(struct buffer *out)
{
	if (out->length > 0 && out->data[out->length - 1] != '{')
		buffer_append_char(out, ',');
}

static void write_piece(const struct state_value *value, const struct state_piece *piece,
			struct buffer *out)
{
	if (piece->kind == STATE_CLOSE) {
		buffer_append_char(out, '}');
		return;
	}
	state_append_comma(out);
	buffer_append_char(out, '"');
	buffer_append(out, slice_of(value->text.data + piece->key, piece->key_length));
	buffer_append_string(out, "\":");
	buffer_append(out, slice_of(value->text.data + piece->value, piece->end - piece->value));
}

/* The chain whose next piece stands first in the text. */
static uint32_t *nearest(uint32_t *next, size_t count)
{
	uint32_t *found = next;

	for (size_t i = 1; i < count; i++)
		if (next[i] < *found)
			found = &next[i];
	return found;
}

void state_value_write(struct state_value *value, uint32_t stream, struct buffer *out)
{
	uint32_t *next = value->next_of, *chain;
	size_t count = 0;

	next[count++] = value->first[value->streams];
	for (uint32_t at = stream; at != STREAM_NONE; at = value->parents[at])
		next[count++] = value->first[at];
	buffer_append_char(out, '{');
	for (; *(chain = nearest(next, count)) != STATE_PIECE_NONE;
	     *chain = value->pieces[*chain].next)
		write_piece(value, &value->pieces[*chain], out);
}
