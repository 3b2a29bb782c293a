#include "state_map.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "airbyte_state.h"
#include "json_text.h"
#include "raw_name.h"
#include "state_owners.h"
#include "state_walk.h"

#define NOBODY STATE_OF_NOBODY

/* More than we ever count; beyond it, it was not we who wrote the number. */
#define NUMBER_MAXIMUM (1LL << 53)

/* Members that are ours; the tap does not get to see them. */
static bool is_ours(struct slice key)
{
	return json_text_equals(key, SLICE(STATE_SEQUENCE_KEY)) ||
	       json_text_equals(key, SLICE(STATE_PROCESS_KEY)) ||
	       json_text_equals(key, SLICE(STATE_RECORDS_KEY));
}

static void append_member(struct buffer *out, const struct node *member)
{
	buffer_append_char(out, '"');
	buffer_append(out, member->key);
	buffer_append_string(out, "\":");
	buffer_append(out, member->text);
}

/*
 * ---- has a stream's own part changed? ----
 */

/* The members of one stream. */
struct own_part {
	uint32_t stream;
	uint64_t hash; /* as state_value_own */
};

static void hash_member(void *data, const struct state_place *place, const struct node *member,
			uint32_t owner)
{
	struct own_part *part = data;

	if (owner == part->stream)
		part->hash = state_hash_join(
			part->hash, hash_bytes(state_hash_place(place, member->key), member->text));
}

static uint64_t hash_own(const struct state_map *map, size_t stream, const struct node *value)
{
	struct own_part part = { .stream = (uint32_t)stream };

	state_walk(&map->owners, value, &(struct state_visitor){ hash_member, NULL, &part });
	return part.hash;
}

bool state_map_changed(const struct state_map *map, size_t stream)
{
	return map->has_value && state_value_own(&map->value, (uint32_t)stream) !=
					 map->entries[stream].emitted;
}

/*
 * ---- splitting: the tap's state → one stream's ----
 */
struct split {
	uint32_t stream;
	struct buffer *out;
};

static void split_member(void *data, const struct state_place *place, const struct node *member,
			 uint32_t owner)
{
	struct split *split = data;

	if (owner != NOBODY && owner != split->stream)
		return;
	if (place->level == STATE_TOP && is_ours(member->key))
		return;
	state_append_comma(split->out);
	append_member(split->out, member);
}

static void split_object(void *data, const struct node *object, bool entering)
{
	struct split *split = data;

	if (!entering) {
		buffer_append_char(split->out, '}');
		return;
	}
	state_append_comma(split->out);
	buffer_append_char(split->out, '"');
	buffer_append(split->out, object->key);
	buffer_append_string(split->out, "\":{");
}

static void append_number(struct buffer *out, const char *key, uint64_t number)
{
	state_append_comma(out);
	json_text_encode(out, slice_of_string(key));
	buffer_append_char(out, ':');
	buffer_append_integer(out, (long long)number);
}

/* Ends the object that stands open at the end of `out`. */
static void append_ours(struct buffer *out, uint64_t sequence, uint64_t process, uint64_t records)
{
	append_number(out, STATE_SEQUENCE_KEY, sequence);
	if (process > 0)
		append_number(out, STATE_PROCESS_KEY, process);
	if (records > 0)
		append_number(out, STATE_RECORDS_KEY, records);
	buffer_append_char(out, '}');
}

void state_map_write(struct state_map *map, size_t stream, struct buffer *out)
{
	struct state_entry *entry = &map->entries[stream];

	if (!map->has_value) {
		bool given = entry->given.length > 0;

		buffer_append(out, given ? slice_of(entry->given.data, entry->given.length - 1)
					 : SLICE("{"));
		append_ours(out, given ? entry->sequence : map->sequence,
			    given ? entry->process : map->process, entry->records);
		return;
	}
	state_value_write(&map->value, (uint32_t)stream, out);
	append_ours(out, map->sequence, map->process, entry->records);
	entry->emitted = state_value_own(&map->value, (uint32_t)stream);
}

/*
 * ---- the tap's state, piece by piece ----
 */
struct cutting {
	struct state_value *value;
	const char *text;
	uint32_t *syncing; /* gets its place in the pieces; or NULL */
};

static void cut(struct cutting *cutting, enum state_piece_kind kind, const struct node *node,
		struct slice text, uint32_t owner, uint64_t seed)
{
	struct state_piece piece = { .owner = owner, .kind = kind, .seed = seed };

	piece.key = (uint32_t)(node->key.data - cutting->text);
	piece.key_length = (uint32_t)node->key.length;
	piece.value = (uint32_t)(text.data - cutting->text);
	piece.end = piece.value + (uint32_t)text.length;
	piece.hash = owner == NOBODY ? 0 : hash_bytes(seed, text);
	state_value_add(cutting->value, &piece);
}

static void cut_member(void *data, const struct state_place *place, const struct node *member,
		       uint32_t owner)
{
	struct cutting *cutting = data;
	bool top = place->level == STATE_TOP;

	if (top && is_ours(member->key))
		return;
	if (cutting->syncing != NULL && state_is_syncing(place, member->key))
		*cutting->syncing = (uint32_t)cutting->value->count;
	cut(cutting, STATE_MEMBER, member, member->text, owner,
	    owner == NOBODY ? 0 : state_hash_place(place, member->key));
}

static void cut_object(void *data, const struct node *object, bool entering)
{
	struct slice text = object->text;

	text = slice_of(entering ? text.data : text.data + text.length - 1, 1);
	cut(data, entering ? STATE_OPEN : STATE_CLOSE, object, text, NOBODY, 0);
}

/* The value that was not understood by the one before it. */
static bool cut_value(struct state_map *map, struct error *error)
{
	struct cutting cutting = { .value = &map->value, .syncing = &map->syncing };
	struct document document = DOCUMENT_NONE;
	bool done;

	state_value_begin(&map->value);
	map->syncing = STATE_PIECE_NONE;
	cutting.text = map->value.text.data;
	if (!document_parse(&document, buffer_slice(&map->value.text), error))
		return false;
	done = document.nodes[0].kind == NODE_OBJECT ||
	       error_set(error, FAILURE_SYSTEM,
			 "the tap wrote a STATE whose value is no JSON object");
	if (done)
		state_walk(&map->owners, document.nodes,
			   &(struct state_visitor){ cut_member, cut_object, &cutting });
	document_release(&document);
	if (done && map->value.failed)
		done = error_set_no_memory(error);
	return done;
}

bool state_map_take(struct state_map *map, struct slice value, bool mend, struct error *error)
{
	struct buffer *text = &map->value.next;

	buffer_clear(text);
	if (mend)
		json_text_mend(text, value);
	else
		buffer_append(text, value);
	if (text->failed)
		return error_set_no_memory(error);
	if (!map->has_value || !state_value_patch(&map->value)) {
		map->has_value = false;
		if (!cut_value(map, error))
			return false;
	}
	map->has_value = true;
	map->sequence++;
	return true;
}

struct slice state_map_currently_syncing(const struct state_map *map)
{
	const struct state_piece *piece;
	const char *text = map->value.text.data;

	if (!map->has_value || map->syncing == STATE_PIECE_NONE)
		return SLICE("");
	piece = &map->value.pieces[map->syncing];
	if (text[piece->value] != '"')
		return SLICE("");
	return slice_of(text + piece->value + 1, piece->end - piece->value - 2);
}

/*
 * ---- merging: the streams' states → the tap's ----
 */
struct merge {
	const struct state_map *map;
	size_t base;  /* the entry whose shared members are taken; NO_BASE: none are */
	bool syncing; /* with currently_syncing */
	bool single;  /* a Singer state: all streams have the same object */
	struct buffer *out;
	bool failed;
};

#define NO_BASE SIZE_MAX

/* Is a member that the owner has taken from the object of this stream? */
static bool is_taken(const struct merge *merge, const struct node **objects, size_t stream,
		     uint32_t owner)
{
	if (owner == NOBODY)
		return merge->single ? merge->base != NO_BASE : merge->base == stream;
	return merge->single ? objects[owner] != NULL : owner == stream;
}

/* The members that one object contributes itself; notes the keys of containers. */
static void merge_leaves(struct merge *merge, enum state_level level,
			 const struct node **objects, size_t stream,
			 struct name_table *containers)
{
	const struct state_place place = { .level = level };
	const struct node *member;

	node_for_each(member, objects[stream]) {
		uint32_t owner = state_owners_find(&merge->map->owners, member->key);

		if (state_is_container(level, member, owner)) {
			if (!raw_name_set(containers, member->key, 0))
				merge->failed = true;
		} else if (is_taken(merge, objects, stream, owner) &&
			   !is_ours(member->key) &&
			   (merge->syncing || !state_is_syncing(&place, member->key))) {
			state_append_comma(merge->out);
			append_member(merge->out, member);
		}
	}
}

static void merge_objects(struct merge *merge, enum state_level level,
			  const struct node **objects);

/* One container of all entries; nothing where it would be empty and the base has none. */
static void merge_container(struct merge *merge, enum state_level level,
			    const struct node **objects, struct slice key)
{
	size_t count = merge->map->streams->count, start = merge->out->length, opened;
	const struct node **inside = calloc(count, sizeof(*inside));
	const struct node *last = NULL, *found = NULL;

	if (inside == NULL) {
		merge->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (objects[i] != last) {
			last = objects[i];
			found = node_get_slice(last, key);
			if (found != NULL && found->kind != NODE_OBJECT)
				found = NULL;
		}
		inside[i] = found;
	}
	state_append_comma(merge->out);
	json_text_encode(merge->out, key);
	buffer_append_char(merge->out, ':');
	opened = merge->out->length;
	merge_objects(merge, level + 1, inside);
	if (merge->out->length == opened + 2 &&
	    (merge->base == NO_BASE || inside[merge->base] == NULL))
		merge->out->length = start;
	free(inside);
}

/* The objects of all streams at one place, as one; NULL: the stream has none there. */
static void merge_objects(struct merge *merge, enum state_level level,
			  const struct node **objects)
{
	struct name_table containers = NAME_TABLE_EMPTY;
	bool done = false;

	buffer_append_char(merge->out, '{');
	for (size_t i = 0; i < merge->map->streams->count && !done; i++) {
		if (objects[i] == NULL)
			continue;
		merge_leaves(merge, level, objects, i, &containers);
		done = merge->single;
	}
	for (size_t i = 0; i < containers.capacity; i++)
		if (containers.entries[i].name.data != NULL)
			merge_container(merge, level, objects, containers.entries[i].name);
	buffer_append_char(merge->out, '}');
	name_table_release(&containers);
}

/*
 * ---- reading Airbyte's state ----
 */

/* A number of ours; 0 where there is none. */
static uint64_t number_of(const struct node *stream_state, const char *key)
{
	const struct node *member = node_get(stream_state, key);
	char digits[24] = "";
	long long number;

	if (member == NULL || member->kind != NODE_NUMBER ||
	    member->text.length >= sizeof(digits))
		return 0;
	memcpy(digits, member->text.data, member->text.length);
	number = strtoll(digits, NULL, 10);
	return number > 0 && number < NUMBER_MAXIMUM ? (uint64_t)number : 0;
}

/* Does an entry hold nothing that a tap could go on from? */
static bool is_beginning(const struct node *stream_state)
{
	const struct node *member;

	if (stream_state == NULL || stream_state->kind != NODE_OBJECT)
		return true;
	node_for_each(member, stream_state)
		if (!is_ours(member->key))
			return false;
	return true;
}

/* A stream that starts from the beginning takes those with it that it is reached through. */
static void restart_parents(struct state_map *map, const struct node **states)
{
	const struct stream_list *streams = map->streams;
	const struct stream *parent;

	for (size_t i = 0; i < streams->count; i++) {
		if (states[i] != NULL || !streams->items[i].configured)
			continue;
		parent = state_owners_parent(streams, &streams->items[i]);
		while (parent != NULL && states[parent - streams->items] != NULL) {
			states[parent - streams->items] = NULL;
			map->entries[parent - streams->items].rewound = true;
			parent = state_owners_parent(streams, parent);
		}
	}
}

/* A sum over what entries share. */
struct shared_sum {
	uint64_t sum;
	bool syncing; /* with currently_syncing */
};

static void sum_member(void *data, const struct state_place *place, const struct node *member,
		       uint32_t owner)
{
	struct shared_sum *shared = data;

	if (owner == NOBODY && !is_ours(member->key) &&
	    (shared->syncing || !state_is_syncing(place, member->key)))
		shared->sum += hash_bytes(state_hash_place(place, member->key), member->text);
}

/* A fingerprint of what an entry shares with others, in any order; 0 for nothing. */
static uint64_t shared_sum(const struct state_map *map, const struct node *stream_state,
			   bool syncing)
{
	struct shared_sum shared = { .syncing = syncing };

	state_walk(&map->owners, stream_state,
		   &(struct state_visitor){ sum_member, NULL, &shared });
	return shared.sum;
}

/* Do entries of other processes share something else than the base does? */
static bool is_disputed(const struct state_map *map, const struct node **states, size_t base,
			bool syncing)
{
	uint64_t process = map->entries[base].process;
	uint64_t sum = shared_sum(map, states[base], syncing);

	for (size_t i = 0; i < map->streams->count; i++)
		if (states[i] != NULL && map->entries[i].process != process &&
		    shared_sum(map, states[i], syncing) != sum)
			return true;
	return false;
}

/* Leaves only the states to go on from; the result says whose shared members count. */
static size_t choose_base(struct state_map *map, const struct node **states)
{
	size_t base = NO_BASE;
	bool all = true;

	for (size_t i = 0; i < map->streams->count; i++) {
		const struct stream *stream = &map->streams->items[i];

		if (!stream->configured || !stream->in_tap ||
		    stream->sync_mode == SYNC_FULL_REFRESH || is_beginning(states[i]))
			states[i] = NULL;
	}
	restart_parents(map, states);
	for (size_t i = 0; i < map->streams->count; i++) {
		if (states[i] == NULL)
			all = all && !(map->streams->items[i].configured &&
				       map->streams->items[i].in_tap);
		else if (base == NO_BASE ||
			 map->entries[i].sequence < map->entries[base].sequence)
			base = i;
	}
	map->disagree = all && base != NO_BASE && is_disputed(map, states, base, false);
	return all && !map->disagree ? base : NO_BASE;
}

/*
 * An entry of another process, or of the time when there was only one, is written again: only
 * the sequences of one process can be compared.
 */
static void mark_rewound(struct state_map *map, const struct node **states,
			 const struct merge *merge)
{
	uint64_t handed = 0, sum = 0;
	const struct node *last = NULL;

	if (merge->base != NO_BASE)
		handed = shared_sum(map, states[merge->base], merge->syncing);
	for (size_t i = 0; i < map->streams->count; i++) {
		if (states[i] == NULL)
			continue;
		if (states[i] != last)
			sum = shared_sum(map, states[i], true);
		last = states[i];
		if (sum != handed || (sum != 0 && map->entries[i].process != map->process))
			map->entries[i].rewound = true;
	}
}

/* What an entry says of itself. */
static void keep_numbers(struct state_map *map, const struct node **states)
{
	for (size_t i = 0; i < map->streams->count; i++) {
		struct state_entry *entry = &map->entries[i];

		if (i > 0 && states[i] == states[i - 1]) { /* of a Singer state, which is long */
			entry->sequence = entry[-1].sequence;
			entry->process = entry[-1].process;
			entry->records = entry[-1].records;
			continue;
		}
		entry->sequence = number_of(states[i], STATE_SEQUENCE_KEY);
		entry->process = number_of(states[i], STATE_PROCESS_KEY);
		entry->records = number_of(states[i], STATE_RECORDS_KEY);
		if (entry->sequence > map->sequence)
			map->sequence = entry->sequence;
	}
}

/* Is there one object for all, a Singer state? */
static bool is_single(const struct state_map *map, const struct node **states)
{
	const struct node *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < map->streams->count; i++) {
		if (states[i] == NULL)
			continue;
		if (first != NULL && states[i] != first)
			return false;
		first = states[i];
		count++;
	}
	return count > 1;
}

/* Keeps the streams' parts of their stream_states, to be handed back if the tap says nothing. */
static bool keep_given(struct state_map *map, const struct node **states)
{
	bool done = true;

	for (size_t i = 0; i < map->streams->count; i++) {
		struct state_entry *entry = &map->entries[i];
		struct split split = { (uint32_t)i, &entry->given };

		if (states[i] == NULL)
			continue;
		buffer_append_char(&entry->given, '{');
		state_walk(&map->owners, states[i],
			   &(struct state_visitor){ split_member, split_object, &split });
		buffer_append_char(&entry->given, '}');
		entry->emitted = hash_own(map, i, states[i]);
		done = done && !entry->given.failed;
	}
	return done;
}

/* The same of one Singer state for all. */
static bool keep_given_single(struct state_map *map, const struct node **states)
{
	struct state_value value;
	struct cutting cutting = { .value = &value };
	const struct node *state = NULL;
	bool done = state_value_init(&value, map->streams->count);

	for (size_t i = 0; state == NULL; i++)
		state = states[i];
	buffer_append(&value.next, state->text);
	cutting.text = state->text.data;
	if (done) {
		state_value_begin(&value);
		state_walk(&map->owners, state,
			   &(struct state_visitor){ cut_member, cut_object, &cutting });
		done = !value.text.failed && !value.failed;
	}
	for (size_t i = 0; done && i < map->streams->count; i++) {
		struct state_entry *entry = &map->entries[i];

		if (states[i] == NULL)
			continue;
		state_value_write(&value, (uint32_t)i, &entry->given);
		buffer_append_char(&entry->given, '}');
		entry->emitted = state_value_own(&value, (uint32_t)i);
		done = !entry->given.failed;
	}
	state_value_release(&value);
	return done;
}

static bool merge_states(struct state_map *map, const struct node **states,
			 struct buffer *tap_state, struct error *error)
{
	struct merge merge = { .map = map, .out = tap_state };
	size_t start = tap_state->length;

	keep_numbers(map, states);
	merge.base = choose_base(map, states);
	merge.syncing = merge.base == NO_BASE || !is_disputed(map, states, merge.base, true);
	merge.single = is_single(map, states);
	mark_rewound(map, states, &merge);
	if (!(merge.single ? keep_given_single(map, states) : keep_given(map, states)))
		return error_set_no_memory(error);
	merge_objects(&merge, STATE_TOP, states);
	if (merge.failed || tap_state->failed)
		return error_set_no_memory(error);
	if (tap_state->length == start + 2)
		tap_state->length = start; /* {}: nothing to go on from */
	return true;
}

bool state_map_rewind(struct state_map *map, struct slice tap_state, struct error *error)
{
	bool any = false;

	for (size_t i = 0; i < map->streams->count; i++)
		any = any || map->entries[i].rewound;
	return !any || state_map_take(map, tap_state.length > 0 ? tap_state : SLICE("{}"), false,
				      error);
}

static bool is_blank(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!isspace((unsigned char)text.data[i]))
			return false;
	return true;
}

bool state_map_read(struct state_map *map, struct slice text, struct buffer *tap_state,
		    const struct warnings *warnings, struct error *error)
{
	struct airbyte_state state;
	bool done;

	if (is_blank(text))
		return true;
	done = airbyte_state_parse(&state, map->streams, text, warnings, error) &&
	       merge_states(map, state.streams, tap_state, error);
	airbyte_state_release(&state);
	return done;
}

/* Would it make a difference to deal the streams to other processes than they had? */
static bool have_parted(const struct state_map *map, const struct node **states)
{
	bool processes = false, sums = false;
	size_t first = SIZE_MAX;
	uint64_t sum = 0;

	for (size_t i = 0; i < map->streams->count; i++) {
		if (states[i] == NULL)
			continue;
		if (first == SIZE_MAX) {
			first = i;
			sum = shared_sum(map, states[i], false);
		} else if (states[i] != states[first]) {
			sums = sums || shared_sum(map, states[i], false) != sum;
			processes = processes || map->entries[i].process !=
							 map->entries[first].process;
		}
	}
	return processes && sums;
}

bool state_map_read_history(struct state_map *map, struct slice text, struct error *error)
{
	struct error problem = ERROR_NONE;
	struct airbyte_state state;

	if (is_blank(text))
		return true;
	if (airbyte_state_parse(&state, map->streams, text, &warnings_none, &problem)) {
		keep_numbers(map, state.streams);
		(void)choose_base(map, state.streams); /* for those that are gone on from */
		map->disagree = have_parted(map, state.streams);
	}
	airbyte_state_release(&state);
	return !problem.no_memory || error_set_no_memory(error);
}

/*
 * ---- life ----
 */

bool state_map_init(struct state_map *map, struct stream_list *streams,
		    struct error *error)
{
	*map = (struct state_map){ .streams = streams };
	map->entries = calloc(streams->count + 1, sizeof(*map->entries));
	if (!state_value_init(&map->value, streams->count) || map->entries == NULL)
		return error_set_no_memory(error);
	for (size_t i = 0; i < streams->count; i++)
		buffer_init(&map->entries[i].given, BUFFER_MAXIMUM);
	return (stream_list_index(streams) && state_owners_collect(&map->owners, streams)) ||
	       error_set_no_memory(error);
}

void state_map_release(struct state_map *map)
{
	for (size_t i = 0; map->entries != NULL && i < map->streams->count; i++)
		buffer_release(&map->entries[i].given);
	free(map->entries);
	name_table_release(&map->owners);
	state_value_release(&map->value);
	*map = (struct state_map){ .streams = NULL };
}
