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
	       json_text_equals(key, SLICE(STATE_PARENTS_KEY)) ||
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

/* With the members of one stream; 0: there are none yet. */
static uint64_t hash_members(const struct state_map *map, uint32_t stream,
			     const struct node *value, uint64_t hash)
{
	struct own_part part = { stream, hash };

	state_walk(&map->owners, value, &(struct state_visitor){ hash_member, NULL, &part });
	return part.hash;
}

/* As state_value_own. */
static uint64_t hash_own(const struct state_map *map, uint32_t stream, const struct node *value)
{
	uint64_t hash = 0;

	for (uint32_t at = stream; at != STREAM_NONE; at = map->parents[at])
		hash = hash_members(map, at, value, hash);
	return hash;
}

static uint64_t count_parents(const struct state_map *map, size_t stream)
{
	uint64_t count = 0;

	for (uint32_t at = map->parents[stream]; at != STREAM_NONE; at = map->parents[at])
		count++;
	return count;
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
	const struct state_map *map;
	uint32_t stream;
	struct buffer *out;
};

static void split_member(void *data, const struct state_place *place, const struct node *member,
			 uint32_t owner)
{
	struct split *split = data;

	if (owner != NOBODY &&
	    !state_owners_is_on_way_up(split->map->parents, split->stream, owner))
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

/* What an entry says of itself; what is 0 goes without saying. */
struct numbers {
	uint64_t sequence, process, parents;
};

/* Ends the object that stands open at the end of `out`. */
static void append_ours(struct buffer *out, const struct numbers *numbers, uint64_t records)
{
	append_number(out, STATE_SEQUENCE_KEY, numbers->sequence);
	if (numbers->process > 0)
		append_number(out, STATE_PROCESS_KEY, numbers->process);
	if (numbers->parents > 0)
		append_number(out, STATE_PARENTS_KEY, numbers->parents);
	if (records > 0)
		append_number(out, STATE_RECORDS_KEY, records);
	buffer_append_char(out, '}');
}

void state_map_write(struct state_map *map, size_t stream, struct buffer *out)
{
	struct state_entry *entry = &map->entries[stream];
	bool given = !map->has_value && entry->given.length > 0;
	struct numbers numbers = { map->handed ? entry->sequence : map->sequence, map->process,
				   count_parents(map, stream) };

	if (given) {
		numbers = (struct numbers){ entry->sequence, entry->process, entry->parents };
		buffer_append(out, slice_of(entry->given.data, entry->given.length - 1));
	} else if (map->has_value) {
		state_value_write(&map->value, (uint32_t)stream, out);
		entry->emitted = state_value_own(&map->value, (uint32_t)stream);
	} else {
		buffer_append_char(out, '{');
	}
	append_ours(out, &numbers, entry->records);
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
	map->handed = false;
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
#define NO_BASE SIZE_MAX

struct merge {
	const struct state_map *map;
	size_t base;     /* the entry whose shared members are taken; NO_BASE: none are */
	size_t *sources; /* the same for the members of each stream */
	bool syncing;    /* with currently_syncing */
	bool single;     /* a Singer state: all streams have the same object */
	struct buffer *out;
	bool failed;
};

/* Is a member that the owner has taken from the object of this stream? */
static bool is_taken(const struct merge *merge, size_t stream, uint32_t owner)
{
	size_t source = owner == NOBODY ? merge->base : merge->sources[owner];

	return merge->single ? source != NO_BASE : source == stream;
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
		} else if (is_taken(merge, stream, owner) &&
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
static uint64_t number_in(const struct node *member)
{
	char digits[24] = "";
	long long number;

	if (member == NULL || member->kind != NODE_NUMBER ||
	    member->text.length >= sizeof(digits))
		return 0;
	memcpy(digits, member->text.data, member->text.length);
	number = strtoll(digits, NULL, 10);
	return number > 0 && number < NUMBER_MAXIMUM ? (uint64_t)number : 0;
}

static uint64_t number_of(const struct node *stream_state, const char *key)
{
	return number_in(node_get(stream_state, key));
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

/* A stream that starts from the beginning takes those with it that it is read by way of. */
static void restart_parents(struct state_map *map, const struct node **states)
{
	for (size_t i = 0; i < map->streams->count; i++) {
		if (states[i] != NULL || !map->streams->items[i].configured)
			continue;
		for (uint32_t at = map->parents[i]; at != STREAM_NONE; at = map->parents[at]) {
			map->entries[at].rewound = map->entries[at].rewound || states[at] != NULL;
			states[at] = NULL;
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
 * ---- parents, which have a say in what is read of their children ----
 */

/* What an entry says of a stream; asked for again and again where there is one for all. */
struct view {
	const struct node *state;
	uint32_t stream;
	uint64_t hash; /* 0: nothing */
};

static uint64_t look(const struct state_map *map, struct view *view, const struct node *state,
		     uint32_t stream)
{
	if (view->state != state || view->stream != stream)
		*view = (struct view){ state, stream, hash_members(map, stream, state, 0) };
	return view->hash;
}

/* Does an entry say how far a stream had got, `up` steps on the way up from its own? */
static bool tells_of(const struct state_map *map, struct view *view, const struct node **states,
		     size_t entry, uint32_t stream, uint64_t up)
{
	return up <= map->entries[entry].parents || look(map, view, states[entry], stream) != 0;
}

/* The entry that was written first; of one age its own. */
static bool is_better(const struct state_map *map, size_t entry, size_t than, uint32_t stream)
{
	uint64_t age = map->entries[entry].sequence, other;

	if (than == NO_BASE)
		return true;
	other = map->entries[than].sequence;
	return age < other || (age == other && entry == stream);
}

static void choose_sources(const struct state_map *map, const struct node **states,
			   struct merge *merge)
{
	struct view view = { NULL, 0, 0 };

	for (size_t i = 0; i < map->streams->count; i++) {
		uint64_t up = 0;

		for (uint32_t at = (uint32_t)i; states[i] != NULL && at != STREAM_NONE;
		     at = map->parents[at], up++)
			if (is_better(map, i, merge->sources[at], at) &&
			    tells_of(map, &view, states, i, at, up))
				merge->sources[at] = i;
	}
}

/* What a stream that starts from the beginning is read by way of does so, too. */
static void drop_sources(const struct state_map *map, const struct node **states,
			 struct merge *merge)
{
	for (size_t i = 0; i < map->streams->count; i++)
		if (states[i] == NULL && map->streams->items[i].configured)
			for (uint32_t at = (uint32_t)i; at != STREAM_NONE; at = map->parents[at])
				merge->sources[at] = NO_BASE;
}

/* What an entry and the tap are told of a stream: the same? */
static bool is_handed(const struct state_map *map, const struct node **states,
		      const struct merge *merge, size_t entry, uint32_t stream, struct view *view)
{
	size_t source = merge->sources[stream];

	if (source != NO_BASE && states[source] == states[entry])
		return true;
	return look(map, view, states[entry], stream) ==
	       (source == NO_BASE ? 0 : hash_members(map, stream, states[source], 0));
}

static void find_sources(const struct state_map *map, const struct node **states,
			 struct merge *merge)
{
	for (size_t i = 0; i < map->streams->count; i++)
		merge->sources[i] = NO_BASE;
	choose_sources(map, states, merge);
	drop_sources(map, states, merge);
}

/*
 * ---- entries that do not say what the tap is handed ----
 */

/* Of what an entry holds when it is written again. */
static uint64_t oldest_part(const struct state_map *map, const struct merge *merge, size_t stream)
{
	uint64_t oldest = map->entries[stream].sequence;

	if (merge->base != NO_BASE && map->entries[merge->base].sequence < oldest)
		oldest = map->entries[merge->base].sequence;
	for (uint32_t at = (uint32_t)stream; at != STREAM_NONE; at = map->parents[at]) {
		size_t source = merge->sources[at];

		if (source != NO_BASE && map->entries[source].sequence < oldest)
			oldest = map->entries[source].sequence;
	}
	return oldest;
}

/*
 * An entry of another process, or of the time when there was only one, is written again: only
 * the sequences of one process can be compared. So is one that does not tell of its parents.
 */
static void mark_rewound(struct state_map *map, const struct node **states,
			 const struct merge *merge)
{
	struct view view = { NULL, 0, 0 };
	uint64_t handed = 0, sum = 0;
	const struct node *last = NULL;

	if (merge->base != NO_BASE)
		handed = shared_sum(map, states[merge->base], merge->syncing);
	for (size_t i = 0; i < map->streams->count; i++) {
		struct state_entry *entry = &map->entries[i];

		if (states[i] == NULL)
			continue;
		if (states[i] != last)
			sum = shared_sum(map, states[i], true);
		last = states[i];
		if (sum != handed || (sum != 0 && entry->process != map->process) ||
		    entry->parents < count_parents(map, i))
			entry->rewound = true;
		for (uint32_t at = (uint32_t)i; at != STREAM_NONE; at = map->parents[at])
			entry->rewound = entry->rewound ||
					 !is_handed(map, states, merge, i, at, &view);
		if (entry->rewound)
			entry->sequence = oldest_part(map, merge, i);
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
			entry->parents = entry[-1].parents;
			entry->records = entry[-1].records;
			continue;
		}
		entry->sequence = number_of(states[i], STATE_SEQUENCE_KEY);
		entry->process = number_of(states[i], STATE_PROCESS_KEY);
		entry->parents = number_of(states[i], STATE_PARENTS_KEY);
		entry->records = number_of(states[i], STATE_RECORDS_KEY);
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
		struct split split = { map, (uint32_t)i, &entry->given };

		if (states[i] == NULL)
			continue;
		buffer_append_char(&entry->given, '{');
		state_walk(&map->owners, states[i],
			   &(struct state_visitor){ split_member, split_object, &split });
		buffer_append_char(&entry->given, '}');
		entry->emitted = hash_own(map, (uint32_t)i, states[i]);
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
	bool done = state_value_init(&value, map->streams->count, map->parents);

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
	bool done;

	merge.sources = calloc(map->streams->count + 1, sizeof(*merge.sources));
	if (merge.sources == NULL)
		return error_set_no_memory(error);
	keep_numbers(map, states);
	merge.base = choose_base(map, states);
	merge.syncing = merge.base == NO_BASE || !is_disputed(map, states, merge.base, true);
	merge.single = is_single(map, states);
	find_sources(map, states, &merge);
	mark_rewound(map, states, &merge);
	done = merge.single ? keep_given_single(map, states) : keep_given(map, states);
	if (done)
		merge_objects(&merge, STATE_TOP, states);
	free(merge.sources);
	if (!done || merge.failed || tap_state->failed)
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
	if (any && !state_map_take(map, tap_state.length > 0 ? tap_state : SLICE("{}"), false,
				   error))
		return false;
	map->handed = any;
	return true;
}

static bool is_blank(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!isspace((unsigned char)text.data[i]))
			return false;
	return true;
}

/* Of all entries, also of streams that are not read now: they may be again. */
static void go_on_from_highest(struct state_map *map, const struct document *document)
{
	for (size_t i = 0; i < document->count; i++) {
		const struct node *member = &document->nodes[i];

		if (member->key.data != NULL &&
		    json_text_equals(member->key, SLICE(STATE_SEQUENCE_KEY)) &&
		    number_in(member) > map->sequence)
			map->sequence = number_in(member);
	}
}

bool state_map_read(struct state_map *map, struct slice text, struct buffer *tap_state,
		    const struct warnings *warnings, struct error *error)
{
	struct airbyte_state state;
	bool done;

	if (is_blank(text))
		return true;
	done = airbyte_state_parse(&state, map->streams, text, warnings, error);
	if (done)
		go_on_from_highest(map, &state.document);
	done = done && merge_states(map, state.streams, tap_state, error);
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
	if (map->entries == NULL || !stream_list_index(streams))
		return error_set_no_memory(error);
	for (size_t i = 0; i < streams->count; i++)
		buffer_init(&map->entries[i].given, BUFFER_MAXIMUM);
	map->parents = state_owners_parents(streams);
	return (map->parents != NULL &&
		state_value_init(&map->value, streams->count, map->parents) &&
		state_owners_collect(&map->owners, streams, map->parents)) ||
	       error_set_no_memory(error);
}

void state_map_release(struct state_map *map)
{
	for (size_t i = 0; map->entries != NULL && i < map->streams->count; i++)
		buffer_release(&map->entries[i].given);
	free(map->entries);
	free(map->parents);
	name_table_release(&map->owners);
	state_value_release(&map->value);
	*map = (struct state_map){ .streams = NULL };
}
