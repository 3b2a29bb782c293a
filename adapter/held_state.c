#include "held_state.h"

#include <stdlib.h>

#include "json_scan.h"

struct held_member {
	uint64_t place; /* a fingerprint of its keys */
	struct buffer text;
};

bool held_state_init(struct held_state *state, struct stream_list *streams)
{
	struct error error = ERROR_NONE;

	*state = HELD_STATE_NONE;
	state->held = calloc(streams->count + 1, sizeof(*state->held));
	return state_map_init(&state->map, streams, &error) && state->held != NULL;
}

void held_state_release(struct held_state *state)
{
	if (state->held != NULL)
		state_map_release(&state->map);
	for (size_t i = 0; i < state->count; i++)
		buffer_release(&state->members[i].text);
	free(state->members);
	free(state->held);
	*state = HELD_STATE_NONE;
}

static bool is_held(const struct held_state *state, const struct state_piece *piece)
{
	return piece->owner == STATE_OF_NOBODY ? state->any : state->held[piece->owner];
}

static struct held_member *find_member(struct held_state *state, uint64_t place)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->members[i].place == place)
			return &state->members[i];
	return NULL;
}

static struct held_member *add_member(struct held_state *state, uint64_t place)
{
	struct held_member *members =
		realloc(state->members, (state->count + 1) * sizeof(*members));

	if (members == NULL)
		return NULL;
	state->members = members;
	members[state->count].place = place;
	buffer_init(&members[state->count].text, BUFFER_MAXIMUM);
	return &members[state->count++];
}

static struct slice piece_text(const struct state_value *value, uint32_t from, uint32_t to)
{
	return slice_of(value->text.data + from, to - from);
}

/* The member, or what stands for it; false: nothing does. */
static bool member_text(struct held_state *state, const struct state_piece *piece,
			uint64_t place, struct buffer *out, struct slice *text)
{
	struct held_member *member = find_member(state, place);

	*text = piece_text(&state->map.value, piece->value, piece->end);
	if (is_held(state, piece)) {
		if (member != NULL)
			*text = buffer_slice(&member->text);
		return member != NULL;
	}
	if (member == NULL)
		member = add_member(state, place);
	if (member == NULL) {
		out->failed = true;
		return false;
	}
	buffer_clear(&member->text);
	buffer_append(&member->text, *text);
	out->failed = out->failed || member->text.failed;
	return true;
}

static void write_key(const struct held_state *state, const struct state_piece *piece,
		      struct buffer *out)
{
	state_append_comma(out);
	buffer_append_char(out, '"');
	buffer_append(out, piece_text(&state->map.value, piece->key,
				      piece->key + piece->key_length));
	buffer_append_string(out, "\":");
}

static uint64_t hash_key(const struct held_state *state, uint64_t hash,
			 const struct state_piece *piece)
{
	hash = hash_bytes(hash, piece_text(&state->map.value, piece->key,
					   piece->key + piece->key_length));
	return hash_bytes(hash, SLICE("\""));
}

/* As long as a stream stays, so does what it is read by way of. */
static void hold_parents(struct held_state *state)
{
	const uint32_t *parents = state->map.parents;

	for (size_t i = 0; state->any && i < state->map.streams->count; i++)
		for (uint32_t at = (uint32_t)i; state->held[i] && at != STREAM_NONE;
		     at = parents[at])
			state->held[at] = true;
}

/* Objects that are entered: the value, `bookmarks`, and those in it. */
#define LEVELS 4

bool held_state_take(struct held_state *state, struct slice value, struct buffer *out,
		     struct error *error)
{
	uint64_t places[LEVELS] = { HASH_START };
	size_t level = 0;

	if (!state_map_take(&state->map, value, true, error))
		return false;
	hold_parents(state);
	buffer_append_char(out, '{');
	for (size_t i = 0; i < state->map.value.count; i++) {
		const struct state_piece *piece = &state->map.value.pieces[i];
		struct slice text;

		if (piece->kind == STATE_CLOSE) {
			buffer_append_char(out, '}');
			level -= level > 0;
		} else if (piece->kind == STATE_OPEN) {
			write_key(state, piece, out);
			buffer_append_char(out, '{');
			if (level + 1 < LEVELS)
				level++;
			places[level] = hash_key(state, places[level - 1], piece);
		} else if (member_text(state, piece, hash_key(state, places[level], piece), out,
				       &text)) {
			write_key(state, piece, out);
			buffer_append(out, text);
		}
	}
	buffer_append_char(out, '}');
	return !out->failed || error_set_no_memory(error);
}
