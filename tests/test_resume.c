/*
 * What a killed read loses: nothing. A simulated tap is read through the translator and the
 * state map, killed after any line, and read again with any of the states that were out by
 * then; what these states cover and what the second read brings must be all records.
 *
 * The simulated tap goes through its records in a fixed order, writes a STATE after every so
 * many of them, and starts where the state that it is given says: it leaves out what stands
 * before `currently_syncing`, and what its bookmarks say it has read.
 *
 * Only the records that a state covers count as read, not those that were out besides. The
 * last states and each subset of them are tried, and of each stream any state that was out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "count.h"
#include "streams.h"
#include "translator.h"

#define STREAMS 3
#define PARTS 2
#define NUMBERS 4 /* the records of a part, 1 and up */
#define STATES_MAX 64
#define LINES_MAX 128

static const char *const names[STREAMS] = { "a", "b", "c" };
static const char *const parts[PARTS] = { "o/one", "o/two" };

/* How far a tap has read; `syncing` and `syncing_part` are -1 when it is at none. */
struct position {
	int done[STREAMS][PARTS];
	int date; /* of all streams */
	int syncing, syncing_part;
};

/* Where a record stands. */
struct place {
	int stream, part, number;
};

enum way {
	BY_STREAM, /* one after the other */
	BY_PART,   /* one after the other, and this for each part */
	BY_DATE,   /* all together */
	BY_PARENT, /* b and c are found on the way through a, and only there */
	IN_LINE,   /* b is found on the way through a, c on that through b */
};

/* A kind of tap: the order of its records, and what its state looks like. */
struct shape {
	const char *name;
	int (*compare)(const void *, const void *); /* of two places */
	json_t *(*write)(const struct position *);
	void (*read)(const json_t *, struct position *);
	enum way way;
};

/*
 * ---- orders ----
 */

static int by_stream(const void *one, const void *other)
{
	const struct place *p = one, *q = other;

	if (p->stream != q->stream)
		return p->stream - q->stream;
	return p->part != q->part ? p->part - q->part : p->number - q->number;
}

static int by_part(const void *one, const void *other)
{
	const struct place *p = one, *q = other;

	return p->part != q->part ? p->part - q->part : by_stream(one, other);
}

static int by_number(const void *one, const void *other)
{
	const struct place *p = one, *q = other;

	return p->number != q->number ? p->number - q->number : by_stream(one, other);
}

/*
 * ---- shapes of states ----
 */

static int integer_at(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static int index_of(const json_t *name, const char *const *list, int count)
{
	for (int i = 0; i < count; i++)
		if (json_is_string(name) && strcmp(json_string_value(name), list[i]) == 0)
			return i;
	return -1;
}

static json_t *name_or_null(int index, const char *const *list)
{
	return index < 0 ? json_null() : json_string(list[index]);
}

/* {"bookmarks": {"a": {"o/one": 4, "o/two": 1}}, "currently_syncing": "a"} */
static json_t *write_bookmarks(const struct position *at)
{
	json_t *bookmarks = json_object();

	for (int s = 0; s < STREAMS; s++)
		if (at->done[s][0] > 0 || at->done[s][1] > 0)
			json_object_set_new(bookmarks, names[s],
					    json_pack("{s:i,s:i}", parts[0], at->done[s][0],
						      parts[1], at->done[s][1]));
	return json_pack("{s:o,s:o}", "bookmarks", bookmarks, "currently_syncing",
			 name_or_null(at->syncing, names));
}

static void read_bookmarks(const json_t *state, struct position *at)
{
	const json_t *bookmarks = json_object_get(state, "bookmarks");

	for (int s = 0; s < STREAMS; s++)
		for (int p = 0; p < PARTS; p++)
			at->done[s][p] = integer_at(json_object_get(bookmarks, names[s]), parts[p]);
	at->syncing = index_of(json_object_get(state, "currently_syncing"), names, STREAMS);
}

/* {"a": {"o/one": 4, "o/two": 1}, "seen": 7} */
static json_t *write_top(const struct position *at)
{
	json_t *whole = write_bookmarks(at);
	json_t *top = json_incref(json_object_get(whole, "bookmarks"));

	json_object_set_new(top, "seen", json_integer(at->date));
	json_decref(whole);
	return top;
}

static void read_top(const json_t *state, struct position *at)
{
	for (int s = 0; s < STREAMS; s++)
		for (int p = 0; p < PARTS; p++)
			at->done[s][p] = integer_at(json_object_get(state, names[s]), parts[p]);
}

/* {"bookmarks": {"a": {"o/one": 4, "o/two": 1}}}: b and c have no position of their own */
static json_t *write_parent(const struct position *at)
{
	return json_pack("{s:{s:{s:i,s:i}}}", "bookmarks", names[0], parts[0], at->done[0][0],
			 parts[1], at->done[0][1]);
}

static void read_parent(const json_t *state, struct position *at)
{
	const json_t *bookmarks = json_object_get(state, "bookmarks");

	for (int p = 0; p < PARTS; p++)
		at->done[0][p] = integer_at(json_object_get(bookmarks, names[0]), parts[p]);
}

/* {"bookmarks": {"o/one": {"a": 4}}, "currently_syncing": "a", "currently_syncing_repo": ...} */
static json_t *write_repositories(const struct position *at)
{
	json_t *bookmarks = json_object();

	for (int p = 0; p < PARTS; p++) {
		json_t *repository = json_object();

		for (int s = 0; s < STREAMS; s++)
			if (at->done[s][p] > 0)
				json_object_set_new(repository, names[s],
						    json_integer(at->done[s][p]));
		json_object_set_new(bookmarks, parts[p], repository);
	}
	return json_pack("{s:o,s:o,s:o}", "bookmarks", bookmarks, "currently_syncing",
			 name_or_null(at->syncing, names), "currently_syncing_repo",
			 name_or_null(at->syncing_part, parts));
}

static void read_repositories(const json_t *state, struct position *at)
{
	const json_t *bookmarks = json_object_get(state, "bookmarks");

	for (int s = 0; s < STREAMS; s++)
		for (int p = 0; p < PARTS; p++)
			at->done[s][p] = integer_at(json_object_get(bookmarks, parts[p]), names[s]);
	at->syncing = index_of(json_object_get(state, "currently_syncing"), names, STREAMS);
	at->syncing_part = index_of(json_object_get(state, "currently_syncing_repo"), parts, PARTS);
}

/* {"bookmarks": {"a": {"partitions": [{"context": {"repo": "o/one"}, "id": 4}]}}} */
static json_t *write_partitions(const struct position *at)
{
	json_t *bookmarks = json_object();

	for (int s = 0; s < STREAMS; s++) {
		json_t *partitions = json_array();

		for (int p = 0; p < PARTS; p++)
			if (at->done[s][p] > 0)
				json_array_append_new(partitions,
						      json_pack("{s:{s:s},s:i}", "context", "repo",
								parts[p], "id", at->done[s][p]));
		json_object_set_new(bookmarks, names[s],
				    json_pack("{s:o}", "partitions", partitions));
	}
	return json_pack("{s:o}", "bookmarks", bookmarks);
}

static void read_partitions(const json_t *state, struct position *at)
{
	const json_t *bookmarks = json_object_get(state, "bookmarks");

	for (int s = 0; s < STREAMS; s++) {
		const json_t *partition, *list =
			json_object_get(json_object_get(bookmarks, names[s]), "partitions");
		size_t i;

		json_array_foreach(list, i, partition) {
			const json_t *context = json_object_get(partition, "context");
			int p = index_of(json_object_get(context, "repo"), parts, PARTS);

			at->done[s][p] = integer_at(partition, "id");
		}
	}
}

/* {"start_date": 3} */
static json_t *write_date(const struct position *at)
{
	return json_pack("{s:i}", "start_date", at->date);
}

static void read_date(const json_t *state, struct position *at)
{
	at->date = integer_at(state, "start_date");
}

static void read_nothing(const json_t *state, struct position *at)
{
	(void)state;
	(void)at;
}

static const struct shape shapes[] = {
	{ "bookmarks", by_stream, write_bookmarks, read_bookmarks, BY_STREAM },
	{ "bookmarks of children", by_number, write_bookmarks, read_bookmarks, BY_PARENT },
	{ "bookmarks of children's children", by_number, write_bookmarks, read_bookmarks, IN_LINE },
	{ "a parent's bookmark", by_number, write_parent, read_parent, BY_PARENT },
	{ "the bookmark of a parent's parent", by_number, write_parent, read_parent, IN_LINE },
	{ "top level", by_stream, write_top, read_top, BY_STREAM },
	{ "repositories", by_part, write_repositories, read_repositories, BY_PART },
	{ "partitions", by_stream, write_partitions, read_partitions, BY_STREAM },
	{ "flat date", by_number, write_date, read_date, BY_DATE },
	{ "none", by_stream, NULL, read_nothing, BY_STREAM },
};

/*
 * ---- the simulated tap ----
 */

struct tap {
	const struct shape *shape;
	int state_every;
	struct place order[STREAMS * PARTS * NUMBERS];
	int count;
};

/* Some numbers have no record, so that streams differ. */
static bool is_there(const struct place *place)
{
	return (place->number + place->stream * 2 + place->part) % 4 != 0;
}

static struct tap make_tap(const struct shape *shape, int state_every)
{
	struct tap tap = { .shape = shape, .state_every = state_every };

	for (int s = 0; s < STREAMS; s++)
		for (int p = 0; p < PARTS; p++)
			for (int n = 1; n <= NUMBERS; n++) {
				struct place place = { s, p, n };

				if (is_there(&place))
					tap.order[tap.count++] = place;
			}
	qsort(tap.order, (size_t)tap.count, sizeof(tap.order[0]), shape->compare);
	return tap;
}

/* A set of records of one stream. */
static uint32_t bit_of(int part, int number)
{
	return UINT32_C(1) << (part * NUMBERS + number - 1);
}

static uint32_t all_of(const struct tap *tap, int stream)
{
	uint32_t all = 0;

	for (int i = 0; i < tap->count; i++)
		if (tap->order[i].stream == stream)
			all |= bit_of(tap->order[i].part, tap->order[i].number);
	return all;
}

struct lines {
	char *text[LINES_MAX];
	size_t count;
};

static void say(struct lines *lines, json_t *message)
{
	assert_true(lines->count < LINES_MAX);
	lines->text[lines->count] = json_dumps(message, 0);
	assert_non_null(lines->text[lines->count]);
	lines->count++;
	json_decref(message);
}

static void say_state(const struct tap *tap, struct lines *lines, const struct position *at)
{
	if (tap->shape->write != NULL)
		say(lines, json_pack("{s:s,s:o}", "type", "STATE", "value", tap->shape->write(at)));
}

static bool has_parents(const struct shape *shape)
{
	return shape->way == BY_PARENT || shape->way == IN_LINE;
}

/* The stream that it is found on the way through; -1: none. */
static int parent_of(const struct shape *shape, int stream)
{
	if (!has_parents(shape) || stream == 0)
		return -1;
	return shape->way == IN_LINE ? stream - 1 : 0;
}

/* Does it not come to this place, since it is behind it in a stream on the way? */
static bool is_passed_by(const struct shape *shape, const struct position *from,
			 const struct place *place)
{
	for (int s = parent_of(shape, place->stream); s >= 0; s = parent_of(shape, s))
		if (place->number <= from->done[s][place->part])
			return true;
	return false;
}

/* Does it start behind this place? */
static bool is_skipped(const struct shape *shape, const struct position *from,
		       const struct place *place)
{
	if (shape->way == BY_DATE)
		return place->number <= from->date;
	if (place->number <= from->done[place->stream][place->part])
		return true;
	if (has_parents(shape) && is_passed_by(shape, from, place))
		return true;
	if (shape->way == BY_PART && from->syncing_part >= 0 && place->part != from->syncing_part)
		return place->part < from->syncing_part;
	return !has_parents(shape) && from->syncing >= 0 && place->stream < from->syncing;
}

/* May a state follow this record? Where streams are read together, only when all are. */
static bool is_whole(const struct tap *tap, int i)
{
	if (tap->shape->way == BY_STREAM || tap->shape->way == BY_PART)
		return true;
	return i + 1 == tap->count || tap->order[i + 1].number != tap->order[i].number;
}

static void advance(struct position *at, const struct place *place)
{
	int *done = &at->done[place->stream][place->part];

	*done = place->number > *done ? place->number : *done;
	at->date = place->number > at->date ? place->number : at->date;
}

/* Goes to the stream of a place, if it is another one. */
static void enter(const struct tap *tap, struct lines *lines, struct position *at,
		  const struct place *place)
{
	if (tap->shape->way == BY_DATE || has_parents(tap->shape) ||
	    (at->syncing == place->stream && at->syncing_part == place->part))
		return;
	at->syncing = place->stream;
	at->syncing_part = place->part;
	say_state(tap, lines, at);
}

/* All that the tap writes when it is started with this state. */
static void run_tap(const struct tap *tap, struct slice tap_state, struct lines *lines)
{
	const struct shape *shape = tap->shape;
	struct position from = { .syncing = -1, .syncing_part = -1 }, at;
	json_t *state = json_loadb(tap_state.data, tap_state.length, 0, NULL);
	int since = 0;

	shape->read(state, &from);
	json_decref(state);
	at = from;
	at.syncing = at.syncing_part = -1;
	for (int s = 0; s < STREAMS; s++)
		say(lines, json_pack("{s:s,s:s,s:{},s:[]}", "type", "SCHEMA", "stream", names[s],
				     "schema", "key_properties"));
	for (int i = 0; i < tap->count; i++) {
		const struct place *place = &tap->order[i];

		if (is_skipped(shape, &from, place))
			continue;
		enter(tap, lines, &at, place);
		say(lines, json_pack("{s:s,s:s,s:{s:i,s:i}}", "type", "RECORD", "stream",
				     names[place->stream], "record", "part", place->part, "number",
				     place->number));
		since++;
		advance(&at, place);
		if (since >= tap->state_every && is_whole(tap, i)) {
			say_state(tap, lines, &at);
			since = 0;
		}
	}
	at.syncing = at.syncing_part = -1;
	say_state(tap, lines, &at);
}

/*
 * ---- reading it ----
 */

/* A STATE that came out, and the records of its stream that it stands for. */
struct entry {
	char *text; /* its `state` member */
	uint32_t covered;
	size_t place; /* among all that came out */
};

struct read {
	struct entry entries[STREAMS][STATES_MAX];
	size_t counts[STREAMS], states;
	size_t again; /* states that it wrote before anything else: state_map_rewind */
	uint32_t seen[STREAMS]; /* the records that were covered before, or came out */
	uint64_t written[STREAMS], told[STREAMS]; /* records; in sourceStats */
};

/* What a read starts with: of each stream an entry or NULL. */
struct given {
	const struct entry *entries[STREAMS];
};

static void release_read(struct read *read)
{
	for (int s = 0; s < STREAMS; s++)
		for (size_t i = 0; i < read->counts[s]; i++)
			free(read->entries[s][i].text);
}

static struct stream_list streams_of(const struct shape *shape)
{
	struct row rows[STREAMS + 1] = { { .id = NULL } };
	struct stream_list list;

	for (int s = 0; s < STREAMS; s++) {
		int parent = parent_of(shape, s);

		rows[s].id = names[s];
		rows[s].parent = parent < 0 ? NULL : names[parent];
	}
	list = make_streams(rows, NULL);
	for (int s = 0; s < STREAMS; s++)
		list.items[s].fields_from_discovery = list.items[s].all_fields = true;
	return list;
}

static void take_record(struct read *read, const json_t *record)
{
	int s = index_of(json_object_get(record, "stream"), names, STREAMS);
	const json_t *data = json_object_get(record, "data");

	assert_in_range(s, 0, STREAMS - 1);
	read->seen[s] |= bit_of(integer_at(data, "part"), integer_at(data, "number"));
	read->written[s]++;
}

static void take_state(struct read *read, const json_t *state)
{
	const json_t *stream = json_object_get(state, "stream");
	const json_t *descriptor = json_object_get(stream, "stream_descriptor");
	const json_t *stats = json_object_get(state, "sourceStats");
	int s = index_of(json_object_get(descriptor, "name"), names, STREAMS);

	assert_in_range(s, 0, STREAMS - 1);
	assert_true(read->counts[s] < STATES_MAX);
	read->entries[s][read->counts[s]++] =
		(struct entry){ json_dumps(state, 0), read->seen[s], read->states++ };
	read->told[s] += (uint64_t)json_real_value(json_object_get(stats, "recordCount"));
	assert_int_equal(read->told[s], read->written[s]);
}

static void take_output(struct read *read, const struct buffer *out)
{
	size_t start = 0;

	while (start < out->length) {
		const char *end = memchr(out->data + start, '\n', out->length - start);
		size_t length = (size_t)(end - (out->data + start));
		json_t *message = json_loadb(out->data + start, length, 0, NULL);

		assert_non_null(message);
		if (json_object_get(message, "record") != NULL)
			take_record(read, json_object_get(message, "record"));
		if (json_object_get(message, "state") != NULL)
			take_state(read, json_object_get(message, "state"));
		json_decref(message);
		start += length + 1;
	}
}

static void append_given(struct buffer *text, const struct given *given)
{
	buffer_append_char(text, '[');
	for (int s = 0; s < STREAMS; s++) {
		if (given->entries[s] == NULL)
			continue;
		if (text->length > 1)
			buffer_append_char(text, ',');
		buffer_append_string(text, given->entries[s]->text);
	}
	buffer_append_char(text, ']');
}

static bool translate(struct translator *translator, const struct lines *lines, size_t limit,
		      struct error *error)
{
	const struct stream *missing;

	for (size_t i = 0; i < lines->count && i < limit; i++)
		if (!translator_line(translator, slice_of_string(lines->text[i]), true, error))
			return false;
	if (limit >= lines->count)
		return translator_complete(translator, &missing, error);
	translator_abandon(translator);
	return true;
}

/* Reads, killed after so many of the tap's lines; the lines that the tap had to say. */
static size_t read_tap(const struct tap *tap, const struct given *given, size_t limit,
		       struct read *read)
{
	struct stream_list streams = streams_of(tap->shape);
	struct secret_mask mask = { 0 };
	struct lines lines = { .count = 0 };
	struct error error = ERROR_NONE;
	struct buffer out, state, tap_state;
	struct airbyte_writer writer;
	struct translator translator;
	struct state_map map;

	*read = (struct read){ 0 };
	buffer_init(&out, BUFFER_MAXIMUM);
	buffer_init(&state, BUFFER_MAXIMUM);
	buffer_init(&tap_state, BUFFER_MAXIMUM);
	append_given(&state, given);
	airbyte_writer_init(&writer, &out, &mask);
	if (!state_map_init(&map, &streams, &error) ||
	    !state_map_read(&map, buffer_slice(&state), &tap_state, &warnings_none, &error) ||
	    !translator_init(&translator, &streams, &map, &writer, &error) ||
	    !translator_start(&translator, buffer_slice(&tap_state), &error))
		fail_msg("%s", error.message);
	for (size_t i = 0; i < out.length; i++)
		read->again += out.data[i] == '\n';
	run_tap(tap, buffer_slice(&tap_state), &lines);
	if (!translate(&translator, &lines, limit, &error))
		fail_msg("%s", error.message);
	for (int s = 0; s < STREAMS; s++)
		read->seen[s] = given->entries[s] ? given->entries[s]->covered : 0;
	take_output(read, &out);
	translator_release(&translator);
	state_map_release(&map);
	stream_list_release(&streams);
	airbyte_writer_release(&writer);
	buffer_release(&out);
	buffer_release(&state);
	buffer_release(&tap_state);
	for (size_t i = 0; i < lines.count; i++)
		free(lines.text[i]);
	return lines.count;
}

static void fail_with(const struct tap *tap, const struct given *given, int stream, uint32_t seen)
{
	struct buffer state;

	buffer_init(&state, BUFFER_MAXIMUM);
	append_given(&state, given);
	fail_msg("%s, a state every %d: of %s the records %x are missing after a restart with\n"
		 "%.*s", tap->shape->name, tap->state_every, names[stream],
		 all_of(tap, stream) & ~seen, (int)state.length, state.data);
}

static void assert_restart_brings_all(const struct tap *tap, const struct given *given)
{
	struct read read;

	read_tap(tap, given, SIZE_MAX, &read);
	for (int s = 0; s < STREAMS; s++) {
		if (read.seen[s] != all_of(tap, s))
			fail_with(tap, given, s, read.seen[s]);
		assert_int_equal(read.told[s], read.written[s]);
	}
	release_read(&read);
}

/*
 * ---- the tests ----
 */

static const struct given nothing = { { NULL } };

static void a_killed_read_has_written_what_a_whole_one_writes_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct tap tap = make_tap(&shapes[i], 1);
		struct read whole, killed;
		size_t lines = read_tap(&tap, &nothing, SIZE_MAX, &whole);

		for (size_t limit = 0; limit < lines; limit++) {
			read_tap(&tap, &nothing, limit, &killed);
			for (int s = 0; s < STREAMS; s++) {
				assert_true(killed.counts[s] <= whole.counts[s]);
				for (size_t k = 0; k < killed.counts[s]; k++)
					assert_string_equal(killed.entries[s][k].text,
							    whole.entries[s][k].text);
			}
			release_read(&killed);
		}
		release_read(&whole);
	}
}

/* Of each stream the k-th entry, counted from 1; 0: none. */
static struct given choose(const struct read *read, size_t a, size_t b, size_t c)
{
	const size_t chosen[STREAMS] = { a, b, c };
	struct given given = nothing;

	for (int s = 0; s < STREAMS; s++)
		if (chosen[s] > 0)
			given.entries[s] = &read->entries[s][chosen[s] - 1];
	return given;
}

/* The last entries among the first so many that came out, of the streams in a set of bits. */
static struct given choose_last(const struct read *read, size_t limit, unsigned subset)
{
	struct given given = nothing;

	for (int s = 0; s < STREAMS; s++)
		for (size_t i = 0; i < read->counts[s]; i++)
			if (subset & (1U << s) && read->entries[s][i].place < limit)
				given.entries[s] = &read->entries[s][i];
	return given;
}

static void the_last_states_of_a_killed_read_and_each_subset_bring_the_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes) * 3; i++) {
		struct tap tap = make_tap(&shapes[i / 3], (int)(i % 3) + 1);
		struct read read;

		read_tap(&tap, &nothing, SIZE_MAX, &read);
		for (size_t limit = 0; limit <= read.states; limit++)
			for (unsigned subset = 0; subset < 1U << STREAMS; subset++) {
				struct given given = choose_last(&read, limit, subset);

				assert_restart_brings_all(&tap, &given);
			}
		release_read(&read);
	}
}

static void any_states_of_the_streams_bring_the_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes) * 3; i++) {
		struct tap tap = make_tap(&shapes[i / 3], (int)(i % 3) + 1);
		struct read read;

		read_tap(&tap, &nothing, SIZE_MAX, &read);
		for (size_t a = 0; a <= read.counts[0]; a++)
			for (size_t b = 0; b <= read.counts[1]; b++)
				for (size_t c = 0; c <= read.counts[2]; c++) {
					struct given given = choose(&read, a, b, c);

					assert_restart_brings_all(&tap, &given);
				}
		release_read(&read);
	}
}

static unsigned random_below(unsigned limit)
{
	static uint32_t seed = 4711;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static size_t random_between(size_t low, size_t high)
{
	return low + random_below((unsigned)(high - low) + 1);
}

/*
 * Of each stream what it had or what came out of this read until a moment: one for all, or, once
 * what the read wrote again has arrived, each its own. Now and then a stream is cleared.
 */
static struct given choose_any(const struct read *read, const struct given *before)
{
	size_t moment = random_between(0, read->states);
	bool one = random_below(2) == 0 || moment < read->again;
	struct given given = nothing;

	for (int s = 0; s < STREAMS; s++) {
		if (!one)
			moment = random_between(read->again, read->states);
		given.entries[s] = choose_last(read, moment, ~0U).entries[s];
		if (given.entries[s] == NULL)
			given.entries[s] = before->entries[s];
		if (random_below(8) == 0)
			given.entries[s] = NULL;
	}
	return given;
}

#define READS 4

static void reads_that_are_killed_again_and_again_come_to_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes) * 100; i++) {
		struct tap tap = make_tap(&shapes[i / 100], (int)(i % 3) + 1);
		struct given given = nothing;
		struct read reads[READS];

		for (size_t r = 0; r < READS; r++) {
			read_tap(&tap, &given, random_below(40), &reads[r]);
			given = choose_any(&reads[r], &given);
			assert_restart_brings_all(&tap, &given);
		}
		for (size_t r = 0; r < READS; r++)
			release_read(&reads[r]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_read_has_written_what_a_whole_one_writes_first),
		cmocka_unit_test(the_last_states_of_a_killed_read_and_each_subset_bring_the_rest),
		cmocka_unit_test(any_states_of_the_streams_bring_the_rest),
		cmocka_unit_test(reads_that_are_killed_again_and_again_come_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
