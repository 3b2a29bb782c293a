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
#include "state_map.h"
#include "streams.h"

#define STREAMS_MAX 6

static void start(struct state_map *map, struct stream_list *streams)
{
	struct error error = ERROR_NONE;

	if (!state_map_init(map, streams, &error))
		fail_msg("%s", error.message);
}

static void take(struct state_map *map, const char *value)
{
	struct error error = ERROR_NONE;

	if (!state_map_take(map, slice_of_string(value), false, &error))
		fail_msg("%s: %s", value, error.message);
}

static struct buffer write_entry(struct state_map *map, size_t stream)
{
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	state_map_write(map, stream, &out);
	assert_false(out.failed);
	return out;
}

static void assert_entry(struct state_map *map, size_t stream, const char *expected)
{
	struct buffer out = write_entry(map, stream);

	if (!slice_equals(buffer_slice(&out), slice_of_string(expected)))
		fail_msg("stream %zu:\n%.*s\nexpected:\n%s", stream, (int)out.length, out.data,
			 expected);
	buffer_release(&out);
}

/* What the tap is handed for a --state; "" is none. */
static void assert_read(struct state_map *map, const char *text, const char *expected)
{
	struct error error = ERROR_NONE;
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	if (!state_map_read(map, slice_of_string(text), &out, &warnings_none, &error))
		fail_msg("%s: %s", text, error.message);
	if (!slice_equals(buffer_slice(&out), slice_of_string(expected)))
		fail_msg("%s\nis handed to the tap as:\n%.*s\nexpected:\n%s", text,
			 (int)out.length, out.data, expected);
	buffer_release(&out);
}

/*
 * ---- splitting ----
 */

#define S1 ",\"__tapbyte_sequence\":1}"

static void a_stream_gets_the_value_without_the_members_of_the_others(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *value;
		const char *entries[STREAMS_MAX]; /* NULL: not looked at */
	} cases[] = {
		{ { { .id = "a" }, { .id = "b" } },
		  "{\"bookmarks\": {\"a\": {\"x\": 12.30}, \"b\": {\"x\": 1e-07}}, \"c\": null}",
		  { "{\"bookmarks\":{\"a\":{\"x\": 12.30}},\"c\":null" S1,
		    "{\"bookmarks\":{\"b\":{\"x\": 1e-07}},\"c\":null" S1 } },
		/* at the top */
		{ { { .id = "a" }, { .id = "b" } },
		  "{\"a\":[1,2],\"b\":\"x\"}", { "{\"a\":[1,2]" S1, "{\"b\":\"x\"" S1 } },
		/* one level below bookmarks, beside what belongs to nobody */
		{ { { .id = "a" }, { .id = "b" } },
		  "{\"bookmarks\":{\"o/r\":{\"a\":1,\"b\":2,\"c\":3},\"d\":4}}",
		  { "{\"bookmarks\":{\"o/r\":{\"a\":1,\"c\":3},\"d\":4}" S1,
		    "{\"bookmarks\":{\"o/r\":{\"b\":2,\"c\":3},\"d\":4}" S1 } },
		/* in versions, as in bookmarks */
		{ { { .id = "a" }, { .id = "b" } },
		  "{\"bookmarks\":{\"a\":1},\"versions\":{\"a\":17,\"b\":18,\"c\":19}}",
		  { "{\"bookmarks\":{\"a\":1},\"versions\":{\"a\":17,\"c\":19}" S1,
		    "{\"bookmarks\":{},\"versions\":{\"b\":18,\"c\":19}" S1 } },
		{ { { .id = "a" } }, "{\"versions\":7}", { "{\"versions\":7" S1 } },
		/* a stream called versions */
		{ { { .id = "versions" }, { .id = "b" } },
		  "{\"bookmarks\":{\"versions\":1,\"b\":2},\"versions\":{\"b\":3}}",
		  { "{\"bookmarks\":{\"versions\":1},\"versions\":{\"b\":3}" S1,
		    "{\"bookmarks\":{\"b\":2}" S1 } },
		/* no deeper, and not inside what has an owner */
		{ { { .id = "a" }, { .id = "b" } },
		  "{\"bookmarks\":{\"o\":{\"p\":{\"a\":1}},\"a\":{\"b\":2}},\"x\":{\"b\":3}}",
		  { "{\"bookmarks\":{\"o\":{\"p\":{\"a\":1}},\"a\":{\"b\":2}},\"x\":{\"b\":3}" S1,
		    "{\"bookmarks\":{\"o\":{\"p\":{\"a\":1}}},\"x\":{\"b\":3}" S1 } },
		/* id before name */
		{ { { .id = "s-a", .tap_name = "a" }, { .id = "s-b", .tap_name = "b" } },
		  "{\"bookmarks\":{\"s-a\":1,\"a\":2,\"b\":3}}",
		  { "{\"bookmarks\":{\"s-a\":1,\"a\":2}" S1, "{\"bookmarks\":{\"b\":3}" S1 } },
		/* a name that is another's id belongs to that one */
		{ { { .id = "a", .tap_name = "b" }, { .id = "b", .tap_name = "x" } },
		  "{\"a\":1,\"b\":2,\"x\":3}", { "{\"a\":1" S1, "{\"b\":2,\"x\":3" S1 } },
		/* a name that two share belongs to nobody */
		{ { { .id = "e-t", .tap_name = "t" }, { .id = "w-t", .tap_name = "t" } },
		  "{\"t\":1,\"e-t\":2,\"w-t\":3}",
		  { "{\"t\":1,\"e-t\":2" S1, "{\"t\":1,\"w-t\":3" S1 } },
		/* three */
		{ { { .id = "1", .tap_name = "t" }, { .id = "2", .tap_name = "t" },
		    { .id = "3", .tap_name = "t" } },
		  "{\"t\":1}", { "{\"t\":1" S1, "{\"t\":1" S1, "{\"t\":1" S1 } },
		/* a stream called bookmarks */
		{ { { .id = "bookmarks" }, { .id = "b" } },
		  "{\"bookmarks\":{\"bookmarks\":1,\"b\":2}}",
		  { "{\"bookmarks\":{\"bookmarks\":1}" S1, "{\"bookmarks\":{\"b\":2}" S1 } },
		/* keys that are spelled with escapes */
		{ { { .id = "caf\xc3\xa9" }, { .id = "b" } },
		  "{\"caf\\u00e9\":1,\"\\u0062\":2,\"book\\u006darks\":{\"b\":3}}",
		  { "{\"caf\\u00e9\":1,\"book\\u006darks\":{}" S1,
		    "{\"\\u0062\":2,\"book\\u006darks\":{\"b\":3}" S1 } },
		/* a stream that is not configured: its members belong to nobody */
		{ { { .id = "a" }, { .id = "b", .not_configured = true } },
		  "{\"bookmarks\":{\"a\":1,\"b\":{\"x\":2}}}",
		  { "{\"bookmarks\":{\"a\":1,\"b\":{\"x\":2}}" S1 } },
		/* a stream that another process reads: they belong to it */
		{ { { .id = "a" }, { .id = "b", .elsewhere = true } },
		  "{\"bookmarks\":{\"a\":1,\"b\":{\"x\":2}}}",
		  { "{\"bookmarks\":{\"a\":1}" S1 } },
		/* nothing */
		{ { { .id = "a" } }, "{}", { "{\"__tapbyte_sequence\":1}" } },
		{ { { .id = "a" } }, "{\"bookmarks\":{}}", { "{\"bookmarks\":{}" S1 } },
		{ { { .id = "a" } }, "{\"bookmarks\":null}", { "{\"bookmarks\":null" S1 } },
		{ { { .id = "a" } }, "{\"bookmarks\":[\"a\"]}", { "{\"bookmarks\":[\"a\"]" S1 } },
		/* members that are not ours */
		{ { { .id = "a" } },
		  "{\"__tapbyte_process\":5,\"a\":1,\"__tapbyte_records\":7}",
		  { "{\"a\":1" S1 } },
		{ { { .id = "a" } }, "{\"__tapbyte_sequence\":99,\"a\":1}", { "{\"a\":1" S1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		struct state_map map;

		start(&map, &streams);
		take(&map, cases[i].value);
		for (size_t j = 0; j < STREAMS_MAX; j++)
			if (cases[i].entries[j] != NULL)
				assert_entry(&map, j, cases[i].entries[j]);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void keys_that_the_overlay_names_belong_to_the_stream(void **state)
{
	static const struct row rows[] = { { .id = "lists" }, { .id = "members" }, { NULL } };
	static const char value[] = "{\"bookmarks\":{\"lists\":{\"1\":{\"members\":2}},"
				    "\"members\":3,\"run\":4,\"x\":5}}";
	static const char members[] = "{\"bookmarks\":{\"lists\":{\"1\":{\"members\":2}},"
				      "\"members\":3,\"run\":4,\"x\":5}" S1;
	struct stream_list streams = make_streams(rows, NULL);
	json_t *keys = json_pack("[ss]", "lists", "run");
	struct state_map map;

	(void)state;
	streams.items[1].state_keys = keys;
	start(&map, &streams);
	take(&map, value);
	assert_entry(&map, 0, "{\"bookmarks\":{\"x\":5}" S1);
	assert_entry(&map, 1, members);
	state_map_release(&map);
	streams.items[0].sync_mode = SYNC_FULL_REFRESH;
	start(&map, &streams);
	assert_read(&map,
		    "[{\"type\":\"STREAM\",\"stream\":{"
		    "\"stream_descriptor\":{\"name\":\"members\"},"
		    "\"stream_state\":{\"bookmarks\":{\"lists\":2,\"run\":4,\"x\":5}}}}]",
		    "{\"bookmarks\":{\"lists\":2,\"run\":4}}");
	state_map_release(&map);
	stream_list_release(&streams);
	json_decref(keys);
}

#define P1 ",\"__tapbyte_sequence\":1,\"__tapbyte_parents\":1}"
#define P2 ",\"__tapbyte_sequence\":1,\"__tapbyte_parents\":2}"

static void a_child_gets_the_members_of_its_parents_too(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *value;
		const char *entries[STREAMS_MAX]; /* NULL: not looked at */
	} cases[] = {
		{ { { .id = "p" }, { .id = "a", .parent = "p" }, { .id = "b" } },
		  "{\"bookmarks\":{\"b\":1,\"a\":2,\"p\":3},\"p\":4,\"x\":5}",
		  { "{\"bookmarks\":{\"p\":3},\"p\":4,\"x\":5" S1,
		    "{\"bookmarks\":{\"a\":2,\"p\":3},\"p\":4,\"x\":5" P1,
		    "{\"bookmarks\":{\"b\":1},\"x\":5" S1 } },
		/* whether they are configured or not; other children are none of its business */
		{ { { .id = "p", .not_configured = true }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p" } },
		  "{\"p\":1,\"a\":2,\"b\":3}",
		  { NULL, "{\"p\":1,\"a\":2" P1, "{\"p\":1,\"b\":3" P1 } },
		{ { { .id = "c", .parent = "p" }, { .id = "g" },
		    { .id = "p", .parent = "g", .not_configured = true } },
		  "{\"c\":1,\"p\":2,\"g\":3}",
		  { "{\"c\":1,\"p\":2,\"g\":3" P2, "{\"g\":3" S1, NULL } },
		/* that it has them is said where there are none */
		{ { { .id = "p" }, { .id = "a", .parent = "p" } },
		  "{\"bookmarks\":{}}",
		  { "{\"bookmarks\":{}" S1, "{\"bookmarks\":{}" P1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		struct state_map map;

		start(&map, &streams);
		take(&map, cases[i].value);
		for (size_t j = 0; j < STREAMS_MAX; j++)
			if (cases[i].entries[j] != NULL)
				assert_entry(&map, j, cases[i].entries[j]);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void what_is_below_a_parent_that_is_not_configured_is_not_the_childs(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *entry; /* of "a" */
	} cases[] = {
		{ { { .id = "p", .not_configured = true }, { .id = "a", .parent = "p" },
		    { .id = "b" } },
		  "{\"bookmarks\":{\"p\":1,\"more\":2,\"a\":3,\"x\":5}" P1 },
		{ { { .id = "p", .not_configured = true }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p", .not_configured = true } },
		  "{\"bookmarks\":{\"p\":1,\"more\":2,\"a\":3,\"b\":4,\"x\":5}" P1 },
	};
	static const char value[] =
		"{\"bookmarks\":{\"p\":1,\"more\":2,\"a\":3,\"b\":4,\"x\":5}}";
	static const char other[] = "{\"bookmarks\":{\"b\":4,\"x\":5}" S1;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		json_t *keys = json_pack("[s]", "more");
		struct state_map map;

		streams.items[0].state_keys = keys;
		start(&map, &streams);
		take(&map, value);
		assert_entry(&map, 1, cases[i].entry);
		if (streams.items[2].configured)
			assert_entry(&map, 2, other);
		state_map_release(&map);
		stream_list_release(&streams);
		json_decref(keys);
	}
}

static void a_value_that_is_no_object_is_refused(void **state)
{
	static const char *const values[] = { "null", "[]", "1", "\"x\"", "{\"a\":1", "" };
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	for (size_t i = 0; i < COUNT(values); i++) {
		struct error error = ERROR_NONE;

		assert_false(state_map_take(&map, slice_of_string(values[i]), false, &error));
		assert_int_equal(error.type, FAILURE_SYSTEM);
	}
	assert_false(state_map_changed(&map, 0));
	state_map_release(&map);
	stream_list_release(&streams);
}

static void a_value_is_mended_when_it_has_to_be(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct error error = ERROR_NONE;
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_true(state_map_take(&map, SLICE("{\"a\":[NaN,\"\\ud800\",1.50]}"), true, &error));
	assert_entry(&map, 0, "{\"a\":[null,\"\\ufffd\",1.50]" S1);
	state_map_release(&map);
	stream_list_release(&streams);
}

static void only_its_own_members_change_a_stream(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	static const struct {
		const char *value;
		bool changed[2];
	} steps[] = {
		{ "{}", { false, false } },
		{ "{\"x\":1}", { false, false } },
		{ "{\"bookmarks\":{\"a\":1}}", { true, false } },
		{ "{\"bookmarks\":{\"a\":1},\"currently_syncing\":\"b\"}", { false, false } },
		{ "{\"bookmarks\":{\"a\":1,\"b\":{}}}", { false, true } },
		{ "{\"bookmarks\":{\"b\":{},\"a\":1}}", { false, false } },
		{ "{\"bookmarks\":{\"r\":{\"a\":1},\"b\":{}}}", { true, false } },
		{ "{\"bookmarks\":{\"q\":{\"a\":1},\"b\":{}}}", { true, false } },
		{ "{\"a\":1,\"bookmarks\":{\"b\":{}}}", { true, false } },
		{ "{\"a\":10,\"bookmarks\":{\"b\":{}}}", { true, false } },
		{ "{\"a\":1,\"bookmarks\":{\"b\":{}}}", { true, false } },
		{ "{\"bookmarks\":{\"a\":1,\"b\":{}}}", { true, false } },
		{ "{\"a\":1,\"bookmarks\":{\"b\":{}}}", { true, false } },
		{ "{}", { true, true } },
	};
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_false(state_map_changed(&map, 0));
	for (size_t i = 0; i < COUNT(steps); i++) {
		take(&map, steps[i].value);
		for (size_t j = 0; j < 2; j++) {
			struct buffer entry;

			if (state_map_changed(&map, j) != steps[i].changed[j])
				fail_msg("%s: stream %zu", steps[i].value, j);
			entry = write_entry(&map, j);
			buffer_release(&entry);
			assert_false(state_map_changed(&map, j));
		}
	}
	state_map_release(&map);
	stream_list_release(&streams);
}

static void a_parent_that_moves_on_changes_its_children(void **state)
{
	static const struct row rows[] = { { .id = "p" }, { .id = "c", .parent = "p" }, { NULL } };
	static const struct {
		const char *value;
		bool changed[2];
	} steps[] = {
		{ "{\"x\":1}", { false, false } },
		{ "{\"p\":1}", { true, true } },
		{ "{\"p\":1,\"c\":1}", { false, true } },
		{ "{\"c\":1,\"p\":1}", { false, false } },
		{ "{\"c\":1,\"p\":2}", { true, true } },
	};
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	for (size_t i = 0; i < COUNT(steps); i++) {
		take(&map, steps[i].value);
		for (size_t j = 0; j < 2; j++) {
			struct buffer entry;

			if (state_map_changed(&map, j) != steps[i].changed[j])
				fail_msg("%s: stream %zu", steps[i].value, j);
			entry = write_entry(&map, j);
			buffer_release(&entry);
		}
	}
	state_map_release(&map);
	stream_list_release(&streams);
}

static void what_came_in_counts_as_emitted(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map,
		    "[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"a\"},"
		    "\"stream_state\":{\"bookmarks\":{\"a\":{\"x\":1}},"
		    "\"__tapbyte_sequence\":4}}}]", "{\"bookmarks\":{\"a\":{\"x\":1}}}");
	take(&map, "{\"bookmarks\":{\"a\":{\"x\":1}},\"currently_syncing\":\"a\"}");
	assert_false(state_map_changed(&map, 0));
	take(&map, "{\"bookmarks\":{\"a\":{\"x\":2}}}");
	assert_true(state_map_changed(&map, 0));
	assert_entry(&map, 0, "{\"bookmarks\":{\"a\":{\"x\":2}},\"__tapbyte_sequence\":6}");
	state_map_release(&map);
	stream_list_release(&streams);
}

/*
 * ---- merging ----
 */

#define ENTRY(name, state) \
	"{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"" name \
	"\"},\"stream_state\":" state "}}"
#define SEQ(number) "\"__tapbyte_sequence\":" number

static void each_form_of_input_is_understood(void **state)
{
	static const struct row two[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "[]", "" },
		{ " [ ] \n", "" },
		{ "{}", "" },
		{ "null", "" },
		{ "[null]", "" },
		{ "[{}]", "" },
		/* as it was written */
		{ "[" ENTRY("a", "{\"bookmarks\":{\"a\":12.30},\"s\":1}") ","
		  ENTRY("b", "{\"bookmarks\":{\"b\":1e400},\"s\":1}") "]",
		  "{\"s\":1,\"bookmarks\":{\"a\":12.30,\"b\":1e400}}" },
		/* a null among the entries takes nothing away */
		{ "[" ENTRY("a", "{\"a\":1}") "," ENTRY("b", "{\"b\":1}") ",null,{}]",
		  "{\"a\":1,\"b\":1}" },
		/* as PyAirbyte and the platform write it */
		{ "[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"a\","
		  "\"namespace\":null,\"x\":1},\"stream_state\":{\"a\":1},\"y\":[]},"
		  "\"global\":null,"
		  "\"data\":null,\"sourceStats\":{\"recordCount\":1.0},\"id\":7},"
		  ENTRY("b", "{\"b\":2}")
		  "]",
		  "{\"a\":1,\"b\":2}" },
		{ "[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"a\","
		  "\"namespace\":\"\"},\"stream_state\":{\"a\":1}}}," ENTRY("b", "{\"b\":2}") "]",
		  "{\"a\":1,\"b\":2}" },
		{ ENTRY("a", "{\"a\":1,\"s\":1}"), "{\"a\":1}" },
		/* the last of several entries, and of several keys, counts */
		{ "[" ENTRY("a", "{\"a\":1}") "," ENTRY("b", "{\"b\":1}") ","
		  ENTRY("a", "{\"a\":2}") "]", "{\"a\":2,\"b\":1}" },
		{ "[{\"type\":\"GLOBAL\",\"type\":\"STREAM\",\"stream\":{},\"stream\":{"
		  "\"stream_descriptor\":{\"name\":\"a\"},\"stream_state\":{},"
		  "\"stream_state\":{\"a\":3}}},"
		  ENTRY("b", "{\"b\":1}") "]",
		  "{\"a\":3,\"b\":1}" },
		/* a stream that is not ours, or of another namespace */
		{ "[" ENTRY("gone", "{\"gone\":1,\"s\":9}") "," ENTRY("a", "{\"a\":1}") "]",
		  "{\"a\":1}" },
		{ "[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"a\","
		  "\"namespace\":\"n\"},\"stream_state\":{\"a\":1}}}," ENTRY("b", "{\"b\":2}") "]",
		  "{\"b\":2}" },
		/* what others' entries say of a stream does not count */
		{ "[" ENTRY("a", "{\"a\":1,\"b\":8}") "," ENTRY("b", "{\"b\":2,\"a\":9}") "]",
		  "{\"a\":1,\"b\":2}" },
		/* LEGACY, with and without its name, and a raw Singer state */
		{ "[{\"type\":\"LEGACY\",\"data\":{\"a\":1,\"b\":2,\"s\":3}}]",
		  "{\"a\":1,\"b\":2,\"s\":3}" },
		{ "[{\"type\":null,\"data\":{\"a\":1,\"b\":2,\"s\":3}}]",
		  "{\"a\":1,\"b\":2,\"s\":3}" },
		{ "[{\"data\":{\"a\":1,\"b\":2,\"s\":3}}]", "{\"a\":1,\"b\":2,\"s\":3}" },
		{ "{\"type\":\"LEGACY\",\"data\":{\"a\":1}}", "{\"a\":1}" },
		{ "[{\"type\":\"LEGACY\",\"data\":null}]", "" },
		/* GLOBAL, of which the entries of streams are understood */
		{ "[{\"type\":\"GLOBAL\",\"global\":{\"shared_state\":null,\"stream_states\":["
		  "{\"stream_descriptor\":{\"name\":\"b\"},\"stream_state\":{\"b\":7}}]}}]",
		  "{\"b\":7}" },
		{ "{\"type\":\"GLOBAL\"}", "" },
		{ "{\"type\":\"GLOBAL\",\"global\":{\"stream_states\":[]}}", "" },
		/* whole messages, as they were printed */
		{ "[{\"type\":\"STATE\",\"state\":" ENTRY("a", "{\"a\":1,\"s\":2}") "},"
		  "{\"type\":\"STATE\",\"state\":" ENTRY("b", "{\"b\":3,\"s\":2}") "}]",
		  "{\"a\":1,\"s\":2,\"b\":3}" },
		{ " \n", "" },
		{ "{\"bookmarks\":{\"a\":{\"v\":1.0},\"x\":{}},\"currently_syncing\":null}",
		  "{\"currently_syncing\":null,\"bookmarks\":{\"a\":{\"v\":1.0},\"x\":{}}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(two, NULL);
		struct state_map map;

		start(&map, &streams);
		assert_read(&map, cases[i].text, cases[i].expected);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

/* What only the entries of several processes hold. */
#define OF(sequence, process) SEQ(sequence) ",\"__tapbyte_process\":" process
#define SYNCING(stream) "\"currently_syncing\":" stream

static void shared_members_of_processes_that_disagree_are_not_handed_on(void **state)
{
	static const struct row rows[] = {
		{ .id = "a" }, { .id = "b" }, { .id = "c", .elsewhere = true }, { .id = NULL },
	};
	static const struct {
		const char *text, *expected;
		bool disagree;
	} cases[] = {
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":2," OF("3", "77") "}") "]",
		  "{\"a\":1,\"s\":1,\"b\":1}", false },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":2," OF("3", "78") "}") "]",
		  "{\"a\":1,\"b\":1}", true },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":2," SEQ("1") "}") "]",
		  "{\"a\":1,\"b\":1}", true },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," OF("3", "78") "}") "]",
		  "{\"a\":1,\"s\":1,\"b\":1}", false },
		/* at which stream each was says little, and goes alone */
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," SYNCING("\"a\"") "," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," SYNCING("\"b\"") "," OF("3", "78") "}") "]",
		  "{\"a\":1,\"s\":1,\"b\":1}", false },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," SYNCING("\"a\"") "," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":2," SYNCING("\"a\"") "," OF("3", "78") "}") "]",
		  "{\"a\":1,\"b\":1}", true },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," SYNCING("\"a\"") "," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," SYNCING("\"b\"") "," OF("3", "77") "}") "]",
		  "{\"a\":1,\"s\":1," SYNCING("\"a\"") ",\"b\":1}", false },
		{ "[" ENTRY("a", "{\"bookmarks\":{\"a\":1," SYNCING("1") "}," OF("2", "77") "}") ","
		  ENTRY("b", "{\"bookmarks\":{\"b\":1," SYNCING("2") "}," OF("3", "78") "}") "]",
		  "{\"bookmarks\":{\"a\":1,\"b\":1}}", true },
		/* what another process reads does not count */
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," OF("3", "77") "}") ","
		  ENTRY("c", "{\"c\":1,\"s\":5," OF("9", "78") "}") "]",
		  "{\"a\":1,\"s\":1,\"b\":1}", false },
		{ "{\"a\":1,\"b\":2,\"c\":3,\"s\":4}", "{\"a\":1,\"b\":2,\"s\":4}", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(rows, NULL);
		struct state_map map;

		start(&map, &streams);
		assert_read(&map, cases[i].text, cases[i].expected);
		assert_int_equal(map.disagree, cases[i].disagree);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void an_entry_tells_its_process_and_the_records_of_the_last_read(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct error error = ERROR_NONE;
	struct state_map map;

	(void)state;
	start(&map, &streams);
	map.process = 78;
	assert_read(&map, "[" ENTRY("a", "{\"a\":1,\"__tapbyte_records\":12," OF("4", "77") "}")
		    "," ENTRY("b", "{\"b\":1,\"__tapbyte_records\":-1," OF("4", "77") "}") "]",
		    "{\"a\":1,\"b\":1}");
	assert_entry(&map, 0, "{\"a\":1," OF("4", "77") ",\"__tapbyte_records\":12}");
	take(&map, "{\"a\":2,\"b\":2}");
	map.entries[1].records = 5;
	assert_entry(&map, 0, "{\"a\":2," OF("5", "78") ",\"__tapbyte_records\":12}");
	assert_entry(&map, 1, "{\"b\":2," OF("5", "78") ",\"__tapbyte_records\":5}");
	state_map_release(&map);
	start(&map, &streams);
	assert_true(state_map_read_history(
		&map, SLICE("[" ENTRY("b", "{\"__tapbyte_records\":9}") "]"), &error));
	assert_int_equal(map.entries[0].records, 0);
	assert_int_equal(map.entries[1].records, 9);
	assert_true(state_map_read_history(&map, SLICE("[{"), &error)); /* not told of here */
	state_map_release(&map);
	stream_list_release(&streams);
}

/* Else sequences of two processes would be compared after the next crash. */
static void what_another_process_wrote_is_written_again_where_something_is_shared(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	static const struct {
		const char *text;
		uint64_t process;
		const char *rewound; /* one digit a stream */
	} cases[] = {
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," OF("3", "78") "}") "]", 78, "10" },
		{ "[" ENTRY("a", "{\"a\":1,\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1,\"s\":1," SEQ("3") "}") "]", 0, "10" },
		{ "[" ENTRY("a", "{\"a\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1," OF("3", "78") "}") "]", 79, "00" },
		{ "[" ENTRY("a", "{\"a\":1," SYNCING("\"a\"") "," OF("2", "77") "}") ","
		  ENTRY("b", "{\"b\":1," OF("3", "78") "}") "]", 78, "10" },
		{ "{\"a\":1,\"b\":1,\"s\":1}", 79, "11" },
		{ "{\"a\":1,\"b\":1,\"s\":1}", 0, "00" },
		{ "{\"a\":1,\"b\":1}", 79, "00" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(rows, NULL);
		struct buffer out;
		struct state_map map;
		struct error error = ERROR_NONE;

		start(&map, &streams);
		map.process = cases[i].process;
		buffer_init(&out, BUFFER_MAXIMUM);
		assert_true(state_map_read(&map, slice_of_string(cases[i].text), &out,
					   &warnings_none, &error));
		for (size_t j = 0; j < streams.count; j++)
			if (map.entries[j].rewound != (cases[i].rewound[j] == '1'))
				fail_msg("%s: stream %zu", cases[i].text, j);
		buffer_release(&out);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void the_history_tells_whether_processes_have_parted(void **state)
{
	static const struct row rows[] = {
		{ .id = "a" }, { .id = "b" }, { .id = "c" }, { .id = NULL },
	};
	static const struct {
		const char *text;
		bool parted;
	} cases[] = {
		{ "", false },
		{ "[", false },
		{ "{\"a\":1,\"b\":1,\"s\":1}", false },
		{ "[" ENTRY("a", "{\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"s\":2," OF("3", "77") "}") "]", false },
		{ "[" ENTRY("a", "{\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"s\":1," OF("3", "78") "}") "]", false },
		{ "[" ENTRY("a", "{\"s\":1," SYNCING("1") "," OF("2", "77") "}") ","
		  ENTRY("b", "{\"s\":1," SYNCING("2") "," OF("3", "78") "}") "]", false },
		/* though c starts from the beginning */
		{ "[" ENTRY("a", "{\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"s\":2," OF("3", "78") "}") "]", true },
		/* of 77 s is 1 and 2, so not all fits together with what 78 says */
		{ "[" ENTRY("a", "{\"s\":1," OF("2", "77") "}") ","
		  ENTRY("b", "{\"s\":2," OF("3", "77") "}") ","
		  ENTRY("c", "{\"s\":1," OF("3", "78") "}") "]", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(rows, NULL);
		struct error error = ERROR_NONE;
		struct state_map map;

		start(&map, &streams);
		assert_true(state_map_read_history(&map, slice_of_string(cases[i].text), &error));
		if (map.disagree != cases[i].parted)
			fail_msg("%s", cases[i].text);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void note_warning(void *owner, const char *text)
{
	snprintf(owner, 200, "%s", text);
}

static void an_entry_of_another_stream_is_told_of(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct error error = ERROR_NONE;
	char said[200] = "";
	const struct warnings warnings = { note_warning, said };
	struct state_map map;
	struct buffer out;

	(void)state;
	buffer_init(&out, BUFFER_MAXIMUM);
	start(&map, &streams);
	assert_true(state_map_read(&map, SLICE("[" ENTRY("z", "{\"z\":1}") "]"), &out, &warnings,
				   &error));
	assert_string_equal(said, "the state has an entry for the stream \"z\", which is not in "
				  "the configured catalog; it is not used");
	assert_int_equal(out.length, 0);
	state_map_release(&map);
	stream_list_release(&streams);
	buffer_release(&out);
}

static void what_cannot_be_understood_is_a_config_error(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	static const char *const texts[] = {
		"1", "\"x\"", "true", "[1]", "[\"STREAM\"]", "[[1]]", "[", "{\"a\":",
		"[{\"type\":\"GLOBAL\",\"global\":{\"shared_state\":{\"lsn\":1},"
		"\"stream_states\":[]}}]", "[{\"type\":\"STREAM\"}]",
		"[{\"stream_descriptor\":{\"name\":\"a\"},\"stream_state\":{\"a\":1}}]",
		"[{\"type\":\"LEGACY\"}]",
		"[{\"type\":\"stream\"}]",
		"[{\"type\":1}]",
		"[[]]",
		"[{\"type\":\"STREAM\",\"stream\":{}}]",
		"[{\"type\":\"STREAM\",\"stream\":{\"stream_state\":{\"a\":1}}}]",
		"[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":7}}}]",
		"[" ENTRY("a", "\"x\"") "]", "[" ENTRY("a", "[]") "]", "[" ENTRY("z", "1") "]",
		"[{\"type\":\"LEGACY\",\"data\":[1]}]",
		"[{\"type\":\"GLOBAL\",\"global\":{\"stream_states\":{\"a\":{}}}}]",
		"[{\"type\":\"GLOBAL\",\"global\":[1]}]",
		"[{\"type\":\"GLOBAL\",\"global\":{\"stream_states\":[{}]}}]",
		/* parts of messages are no Singer state */
		"{\"stream\":{\"stream_descriptor\":{\"name\":\"a\"},\"stream_state\":{\"a\":1}}}",
		"{\"stream_descriptor\":{\"name\":\"a\"},\"stream_state\":{\"a\":1}}",
		"{\"stream_states\":[]}", "{\"type\":null,\"stream_states\":[]}",
		"{\"state\":" ENTRY("a", "{\"a\":1}") "}",
	};
	struct stream_list streams = make_streams(rows, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct error error = ERROR_NONE;
		struct state_map map;
		struct buffer out;

		buffer_init(&out, BUFFER_MAXIMUM);
		start(&map, &streams);
		if (state_map_read(&map, slice_of_string(texts[i]), &out, &warnings_none, &error))
			fail_msg("%s is taken", texts[i]);
		assert_true(error.set);
		assert_int_equal(error.type, FAILURE_CONFIG);
		assert_int_equal(out.length, 0);
		state_map_release(&map);
		buffer_release(&out);
	}
	stream_list_release(&streams);
}

static void a_stream_without_a_state_starts_from_the_beginning(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *text, *expected;
	} cases[] = {
		/* absent, null, {}, or nothing but the sequence: nothing shared either */
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"a\":1,\"b\":2,\"s\":3}") "]", "{\"a\":1}" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") "," ENTRY("b", "null") "]", "{\"a\":1}" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") "," ENTRY("b", "{}") "]", "{\"a\":1}" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") "," ENTRY("b", "{" SEQ("4") "}") "]",
		  "{\"a\":1}" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") ",{\"type\":\"STREAM\",\"stream\":{"
		  "\"stream_descriptor\":{\"name\":\"b\"}}}]",
		  "{\"a\":1}" },
		/* all of them */
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{}") "," ENTRY("b", "null") "]", "" },
		/* a container stays only where something is in it */
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"bookmarks\":{\"r\":{\"a\":1,\"x\":2},\"q\":{\"x\":3}}}") "]",
		  "{\"bookmarks\":{\"r\":{\"a\":1}}}" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"bookmarks\":{\"x\":1},\"s\":{\"a\":1}}") "]", "" },
		{ { { .id = "a" }, { .id = "b" } },
		  "[" ENTRY("a", "{\"versions\":{\"a\":17,\"b\":18,\"x\":19}}") "]",
		  "{\"versions\":{\"a\":17}}" },
		/* full refresh, whatever is there */
		{ { { .id = "a" }, { .id = "b", .full_refresh = true } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") "," ENTRY("b", "{\"b\":2,\"s\":3}") "]",
		  "{\"a\":1}" },
		{ { { .id = "a", .full_refresh = true }, { .id = "b" } },
		  "{\"a\":1,\"b\":2,\"s\":3}", "{\"b\":2}" },
		/* a stream that is not configured, or that the tap lacks, starts nothing */
		{ { { .id = "a" }, { .id = "b", .not_configured = true } },
		  "[" ENTRY("a", "{\"a\":1,\"b\":2,\"s\":3}") "]", "{\"a\":1,\"b\":2,\"s\":3}" },
		{ { { .id = "a" }, { .id = "b", .not_in_tap = true } },
		  "[" ENTRY("a", "{\"a\":1,\"s\":3}") "]", "{\"a\":1,\"s\":3}" },
		/* a child takes its parents with it, by id or name, and the parent's parent */
		{ { { .id = "p" }, { .id = "c", .parent = "p" }, { .id = "o" } },
		  "[" ENTRY("p", "{\"p\":1}") "," ENTRY("o", "{\"o\":2}") "]", "{\"o\":2}" },
		{ { { .id = "s-p", .tap_name = "p" }, { .id = "c", .parent = "p" }, { .id = "o" } },
		  "[" ENTRY("s-p", "{\"p\":1}") "," ENTRY("o", "{\"o\":2}") "]", "{\"o\":2}" },
		{ { { .id = "g" }, { .id = "p", .parent = "g" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("g", "{\"g\":1}") "," ENTRY("p", "{\"p\":1}") "]", "" },
		{ { { .id = "c", .parent = "p" }, { .id = "p", .parent = "g" }, { .id = "g" } },
		  "[" ENTRY("g", "{\"g\":1}") "," ENTRY("p", "{\"p\":1}") "]", "" },
		{ { { .id = "p" }, { .id = "c", .parent = "p", .full_refresh = true } },
		  "{\"p\":1,\"c\":1}", "" },
		/* also by way of one that was not chosen */
		{ { { .id = "g" }, { .id = "p", .parent = "g", .not_configured = true },
		    { .id = "c", .parent = "p" }, { .id = "o" } },
		  "[" ENTRY("g", "{\"g\":1}") "," ENTRY("o", "{\"o\":2}") "]", "{\"o\":2}" },
		/* what two chosen ones are reached through is not handed on for one of them */
		{ { { .id = "g", .not_configured = true }, { .id = "a", .parent = "g" },
		    { .id = "p", .parent = "g", .not_configured = true },
		    { .id = "c", .parent = "p" } },
		  "[" ENTRY("a", "{\"a\":1,\"g\":2}") "]", "{\"a\":1}" },
		/* a parent does not take its child with it */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("c", "{\"c\":1}") "]", "{\"c\":1}" },
		/* nor does a child that was not chosen */
		{ { { .id = "p" }, { .id = "c", .parent = "p", .not_configured = true } },
		  "[" ENTRY("p", "{\"p\":1}") "]", "{\"p\":1}" },
		/* a circle ends: p is read by way of c */
		{ { { .id = "p", .parent = "c" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":1}") "]", "{\"p\":1}" },
		{ { { .id = "p", .parent = "c" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("c", "{\"c\":1}") "]", "" },
		{ { { .id = "p", .parent = "nobody" } }, "[]", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		struct state_map map;

		start(&map, &streams);
		assert_read(&map, cases[i].text, cases[i].expected);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void the_entry_that_was_written_first_gives_the_shared_members(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = "c" },
					   { .id = NULL } };
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "[" ENTRY("a", "{\"d\":3," SEQ("3") "}") ","
		  ENTRY("b", "{\"d\":1," SEQ("1") "}") ","
		  ENTRY("c", "{\"d\":2," SEQ("2") "}") "]",
		  "{\"d\":1}" },
		/* by number, not by text */
		{ "[" ENTRY("a", "{\"d\":10," SEQ("10") "}") ","
		  ENTRY("b", "{\"d\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"d\":11," SEQ("11") "}") "]",
		  "{\"d\":9}" },
		/* one without a sequence comes before all */
		{ "[" ENTRY("a", "{\"d\":3," SEQ("3") "}") ","
		  ENTRY("b", "{\"d\":1," SEQ("1") "}") ","
		  ENTRY("c", "{\"d\":0}") "]",
		  "{\"d\":0}" },
		/* shared members inside bookmarks, too; own members are each stream's */
		{ "[" ENTRY("a", "{\"bookmarks\":{\"a\":5,"
		  "\"x\":{\"y\":2,\"a\":6}}," SEQ("2") "}") ","
		  ENTRY("b", "{\"bookmarks\":{\"b\":7,\"x\":{\"y\":1,\"b\":8}},\"k\":0,"
		  SEQ("1") "}") ","
		  ENTRY("c", "{\"c\":9," SEQ("3") "}") "]",
		  "{\"k\":0,\"c\":9,\"bookmarks\":{\"a\":5,\"b\":7,\"x\":{\"a\":6,\"y\":1,"
		  "\"b\":8}}}" },
		/* a shared member that the first one lacks is not taken from later ones */
		{ "[" ENTRY("a", "{\"a\":1,\"late\":1," SEQ("2") "}") ","
		  ENTRY("b", "{\"b\":1," SEQ("1") "}")
		  "," ENTRY("c", "{\"c\":1,\"late\":1," SEQ("3") "}") "]",
		  "{\"a\":1,\"b\":1,\"c\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(rows, NULL);
		struct state_map map;

		start(&map, &streams);
		assert_read(&map, cases[i].text, cases[i].expected);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

#define TOLD(number, parents) SEQ(number) ",\"__tapbyte_parents\":" parents

static const struct row parent_and_child[] = { { .id = "p" }, { .id = "c", .parent = "p" },
					       { NULL } };

static void the_entry_that_was_written_first_says_how_far_a_parent_got(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *text, *expected;
	} cases[] = {
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"p\":5,\"c\":5," TOLD("5", "1") "}") "]",
		  "{\"p\":5,\"c\":5}" },
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":5," SEQ("5") "}") ","
		  ENTRY("c", "{\"p\":9,\"c\":9," TOLD("9", "1") "}") "]",
		  "{\"p\":5,\"c\":9}" },
		/* a child knows nothing but how far its parent got */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"bookmarks\":{\"p\":9}," SEQ("9") "}") ","
		  ENTRY("c", "{\"bookmarks\":{\"p\":5}," TOLD("5", "1") "}") "]",
		  "{\"bookmarks\":{\"p\":5}}" },
		/* or that it had not begun */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"c\":5," TOLD("5", "1") "}") "]", "{\"c\":5}" },
		/* an entry of the time before says nothing of that */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"c\":5," SEQ("5") "}") "]", "{\"p\":9,\"c\":5}" },
		/* unless the parent was not read then */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"p\":5,\"c\":5," SEQ("5") "}") "]", "{\"p\":5,\"c\":5}" },
		/* of several children the oldest, by way of others, too */
		{ { { .id = "g" }, { .id = "p", .parent = "g" }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "g" } },
		  "[" ENTRY("g", "{\"g\":9," SEQ("9") "}") ","
		  ENTRY("p", "{\"g\":8,\"p\":8," TOLD("8", "1") "}") ","
		  ENTRY("a", "{\"g\":6,\"p\":6,\"a\":6," TOLD("6", "2") "}") ","
		  ENTRY("b", "{\"g\":7,\"b\":7," TOLD("7", "1") "}") "]",
		  "{\"g\":6,\"p\":6,\"a\":6,\"b\":7}" },
		/* a parent's parent that was not known to be one */
		{ { { .id = "g" }, { .id = "p", .parent = "g" }, { .id = "a", .parent = "p" } },
		  "[" ENTRY("g", "{\"g\":9," SEQ("9") "}") ","
		  ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("a", "{\"p\":6,\"a\":6," TOLD("6", "1") "}") "]",
		  "{\"g\":9,\"p\":6,\"a\":6}" },
		/* children of one that is not configured */
		{ { { .id = "p", .not_configured = true }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p" }, { .id = "o", .full_refresh = true } },
		  "[" ENTRY("a", "{\"p\":6,\"a\":6," TOLD("6", "1") "}") ","
		  ENTRY("b", "{\"p\":5,\"b\":5," TOLD("5", "1") "}") "]",
		  "{\"a\":6,\"p\":5,\"b\":5}" },
		/* one that starts from the beginning does, whatever its children know */
		{ { { .id = "p" }, { .id = "c", .parent = "p" } },
		  "[" ENTRY("c", "{\"p\":5,\"c\":5," TOLD("5", "1") "}") "]", "{\"c\":5}" },
		{ { { .id = "p", .full_refresh = true }, { .id = "c", .parent = "p" } },
		  "{\"p\":1,\"c\":1}", "{\"c\":1}" },
		/* a whole Singer state */
		{ { { .id = "p", .not_configured = true }, { .id = "c", .parent = "p" },
		    { .id = "b" } },
		  "{\"p\":1,\"c\":1,\"b\":1,\"x\":1}", "{\"p\":1,\"c\":1,\"b\":1,\"x\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		struct state_map map;

		start(&map, &streams);
		assert_read(&map, cases[i].text, cases[i].expected);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

static void what_does_not_say_what_the_tap_is_handed_is_written_again(void **state)
{
	static const struct {
		const char *text;
		const char *rewound; /* one digit a stream */
	} cases[] = {
		{ "[" ENTRY("p", "{\"p\":5," SEQ("5") "}") ","
		  ENTRY("c", "{\"p\":5,\"c\":4," TOLD("4", "1") "}") "]", "00" },
		{ "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		  ENTRY("c", "{\"p\":5,\"c\":5," TOLD("5", "1") "}") "]", "10" },
		{ "[" ENTRY("p", "{\"p\":5," SEQ("5") "}") ","
		  ENTRY("c", "{\"p\":9,\"c\":9," TOLD("9", "1") "}") "]", "01" },
		/* a parent that was cleared */
		{ "[" ENTRY("c", "{\"p\":9,\"c\":9," TOLD("9", "1") "}") "]", "01" },
		/* a child that was */
		{ "[" ENTRY("p", "{\"p\":5," SEQ("5") "}") "]", "10" },
		/* an entry of the time before */
		{ "[" ENTRY("p", "{\"p\":5," SEQ("5") "}") ","
		  ENTRY("c", "{\"c\":5," SEQ("5") "}") "]", "01" },
		{ "[" ENTRY("p", "{\"x\":5," SEQ("5") "}") ","
		  ENTRY("c", "{\"x\":5," SEQ("5") "}") "]", "01" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(parent_and_child, NULL);
		struct error error = ERROR_NONE;
		struct state_map map;
		struct buffer out;

		start(&map, &streams);
		buffer_init(&out, BUFFER_MAXIMUM);
		assert_true(state_map_read(&map, slice_of_string(cases[i].text), &out,
					   &warnings_none, &error));
		for (size_t j = 0; j < streams.count; j++)
			if (map.entries[j].rewound != (cases[i].rewound[j] == '1'))
				fail_msg("%s: stream %zu", cases[i].text, j);
		buffer_release(&out);
		state_map_release(&map);
		stream_list_release(&streams);
	}
}

/* Else it would be the older one of the two from then on. */
static void a_parent_that_goes_back_is_not_overtaken_by_its_old_entry(void **state)
{
	struct stream_list streams = make_streams(parent_and_child, NULL);
	struct error error = ERROR_NONE;
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map,
		    "[" ENTRY("p", "{\"p\":9," SEQ("9") "}") ","
		    ENTRY("c", "{\"p\":5,\"c\":5," TOLD("5", "1") "}") "]",
		    "{\"p\":5,\"c\":5}");
	assert_true(state_map_rewind(&map, SLICE("{\"p\":5,\"c\":5}"), &error));
	assert_entry(&map, 0, "{\"p\":5," SEQ("5") "}");
	take(&map, "{\"p\":6,\"c\":5}");
	assert_entry(&map, 0, "{\"p\":6," SEQ("11") "}");
	state_map_release(&map);
	stream_list_release(&streams);
}

/* Those of streams that are not read now, too: they may be again, with that entry. */
static void the_sequence_goes_on_from_the_highest_of_all_entries(void **state)
{
	struct stream_list streams = make_streams(parent_and_child, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map,
		    "[" ENTRY("gone", "{\"x\":1," SEQ("70") "}") ","
		    ENTRY("p", "{\"p\":1," SEQ("41") "}") "]", "");
	take(&map, "{\"p\":2}");
	assert_entry(&map, 0, "{\"p\":2," SEQ("71") "}");
	state_map_release(&map);
	stream_list_release(&streams);
}

static void the_sequence_goes_on_from_the_highest(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map,
		    "[" ENTRY("a", "{\"a\":1," SEQ("41") "}") ","
		    ENTRY("b", "{\"b\":1," SEQ("7") "}") "]", "{\"a\":1,\"b\":1}");
	take(&map, "{\"a\":2,\"b\":1}");
	assert_entry(&map, 0, "{\"a\":2," SEQ("42") "}");
	take(&map, "{\"a\":2,\"b\":2}");
	assert_entry(&map, 1, "{\"b\":2," SEQ("43") "}");
	assert_entry(&map, 0, "{\"a\":2," SEQ("43") "}");
	state_map_release(&map);
	stream_list_release(&streams);
}

static void a_tap_without_a_state_hands_back_what_came_in(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" },
					   { .id = "c", .full_refresh = true }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map, "", "");
	assert_entry(&map, 0, "{" SEQ("0") "}");
	state_map_release(&map);

	/* each with its own sequence: the shared members may differ */
	start(&map, &streams);
	assert_read(&map,
		    "[" ENTRY("a", "{" SEQ("7") ",\"d\":9,\"a\":1.50}") ","
		    ENTRY("b", "{\"d\":1,\"b\":1," SEQ("3") "}") ","
		    ENTRY("c", "{\"c\":1," SEQ("5") "}") "]", "{\"a\":1.50,\"b\":1}");
	assert_false(state_map_changed(&map, 0));
	assert_entry(&map, 0, "{\"d\":9,\"a\":1.50," SEQ("7") "}");
	assert_entry(&map, 1, "{\"d\":1,\"b\":1," SEQ("3") "}");
	assert_entry(&map, 2, "{" SEQ("7") "}");
	state_map_release(&map);

	/* a raw state is split like one that the tap wrote */
	start(&map, &streams);
	assert_read(&map, "{\"bookmarks\":{\"a\":1,\"b\":2,\"c\":3},\"s\":4}",
		    "{\"bookmarks\":{\"a\":1,\"b\":2}}");
	assert_entry(&map, 0, "{\"bookmarks\":{\"a\":1},\"s\":4," SEQ("0") "}");
	assert_entry(&map, 1, "{\"bookmarks\":{\"b\":2},\"s\":4," SEQ("0") "}");
	state_map_release(&map);
	stream_list_release(&streams);
}

static void a_state_that_a_person_laid_out_is_handed_back_mended_on_one_line(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = NULL } };
	struct stream_list streams = make_streams(rows, NULL);
	struct state_map map;

	(void)state;
	start(&map, &streams);
	assert_read(&map, "{\r\n\t\"a\": {\n\t\t\"x\": [1,\n2, NaN, \"\xff\"]\n\t}\n}\n",
		    "{\"a\":{ \t\t\"x\": [1, 2, null, \"\xef\xbf\xbd\"] \t}}");
	assert_entry(&map, 0, "{\"a\":{ \t\t\"x\": [1, 2, null, \"\xef\xbf\xbd\"] \t},"
			      SEQ("0") "}");
	state_map_release(&map);
	stream_list_release(&streams);
}

static void namespaces_tell_streams_of_one_name_apart(void **state)
{
	struct stream_list streams = STREAM_LIST_EMPTY;
	struct state_map map;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct stream *stream = stream_list_add(&streams);

		assert_non_null(stream);
		stream->id = copy_text(i == 0 ? "e" : i == 1 ? "w" : "n");
		stream->tap_name = copy_text("t");
		stream->name = copy_text("t");
		stream->namespace = copy_text(i == 0 ? "east" : i == 1 ? "west" : NULL);
		stream->configured = true;
		stream->sync_mode = SYNC_INCREMENTAL;
	}
	start(&map, &streams);
	assert_read(&map,
		    "[{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"t\","
		    "\"namespace\":\"west\"},\"stream_state\":{\"e\":1,\"w\":2,\"n\":3}}},"
		    "{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"t\"},"
		    "\"stream_state\":{\"e\":4,\"w\":5,\"n\":6}}}]",
		    "{\"w\":2,\"n\":6}");
	state_map_release(&map);
	stream_list_release(&streams);
}

/*
 * ---- property: splitting and merging give the value back ----
 */

static uint64_t seed;

static unsigned random_below(unsigned limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 16) % limit);
}

static const char *random_key(void)
{
	static const char *const keys[] = {
		"a", "b", "c", "d", "e", "bookmarks", "currently_syncing", "o/r.x", "caf\xc3\xa9",
		"q\"\\", "", "t", "since", "s-a", "s-t",
	};

	return keys[random_below(COUNT(keys))];
}

static json_t *random_value(int depth)
{
	unsigned kind = random_below(depth > 0 ? 9 : 6);
	unsigned count = random_below(5);
	json_t *value;

	switch (kind) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(random_below(2));
	case 2:
	case 3:
		return json_integer((json_int_t)random_below(100000) - 50000);
	case 4:
		return json_real(random_below(1000) / 8.0);
	case 5:
		return json_string(random_key());
	case 6:
		value = json_array();
		while (count-- > 0)
			json_array_append_new(value, random_value(depth - 1));
		return value;
	default:
		value = json_object();
		while (count-- > 0)
			json_object_set_new(value, random_key(), random_value(depth - 1));
		return value;
	}
}

static json_t *random_singer_value(void)
{
	json_t *value = json_object(), *bookmarks = json_object();

	for (unsigned count = random_below(6); count > 0; count--)
		json_object_set_new(value, random_key(), random_value(3));
	for (unsigned count = random_below(6); count > 0; count--)
		json_object_set_new(bookmarks, random_key(), random_value(3));
	if (random_below(4) > 0)
		json_object_set(value, "bookmarks", bookmarks);
	json_decref(bookmarks);
	return value;
}

/* Up to five streams with ids of their own; some not configured. */
static struct stream_list random_streams(void)
{
	static const char *const ids[] = { "a", "b", "c", "bookmarks", "caf\xc3\xa9", "q\"\\",
					   "s-a", "s-t", "o/r.x" };
	static const char *const names[] = { "a", "b", "t", "bookmarks", "d", "e" };
	unsigned first = random_below(COUNT(ids)), count = 1 + random_below(5);
	struct row rows[STREAMS_MAX + 1] = { { .id = NULL } };

	for (unsigned i = 0; i < count; i++)
		rows[i] = (struct row){
			.id = ids[(first + i) % COUNT(ids)],
			.tap_name = random_below(2) ? names[random_below(COUNT(names))] : NULL,
			.not_configured = i > 0 && random_below(5) == 0,
		};
	return make_streams(rows, NULL);
}

/* The STATE messages of all configured streams but those in `left_out` (bits), as --state. */
static void append_states(struct state_map *map, unsigned left_out, struct buffer *out)
{
	bool first = true;

	buffer_append_char(out, '[');
	for (size_t i = 0; i < map->streams->count; i++) {
		json_t *name;
		char *text;

		if (!map->streams->items[i].configured || left_out >> i & 1)
			continue;
		name = json_string(map->streams->items[i].name);
		text = json_dumps(name, JSON_ENCODE_ANY);
		buffer_append_string(out, first ? "" : ",");
		buffer_append_string(out, "{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":"
					  "{\"name\":");
		buffer_append_string(out, text);
		buffer_append_string(out, "},\"stream_state\":");
		state_map_write(map, i, out);
		buffer_append_string(out, "}}");
		first = false;
		json_decref(name);
		free(text);
	}
	buffer_append_char(out, ']');
	assert_false(out->failed);
}

/* Refuses duplicate keys, so that no member may be handed over twice. */
static json_t *parse(struct slice text)
{
	json_error_t error;
	json_t *value = json_loadb(text.length ? text.data : "{}", text.length ? text.length : 2,
				   JSON_REJECT_DUPLICATES, &error);

	if (value == NULL)
		fail_msg("%s: %.*s", error.text, (int)text.length, text.data);
	return value;
}

static json_t *split_and_merge(struct stream_list *streams, const char *value,
			       unsigned left_out)
{
	struct buffer states, merged;
	struct error error = ERROR_NONE;
	struct state_map map;
	json_t *result;

	buffer_init(&states, BUFFER_MAXIMUM);
	buffer_init(&merged, BUFFER_MAXIMUM);
	start(&map, streams);
	take(&map, value);
	append_states(&map, left_out, &states);
	state_map_release(&map);
	start(&map, streams);
	if (!state_map_read(&map, buffer_slice(&states), &merged, &warnings_none, &error))
		fail_msg("%s", error.message);
	result = parse(buffer_slice(&merged));
	state_map_release(&map);
	buffer_release(&states);
	buffer_release(&merged);
	return result;
}

/*
 * The owner of a key by the rule's own words, slowly: the configured stream with that id,
 * else the only one with that name, unless it is somebody's id. -1: nobody.
 */
static int owner_by_rule(struct stream_list *streams, const char *key)
{
	int owner = -1, named = 0;

	for (size_t i = 0; i < streams->count; i++)
		if (strcmp(streams->items[i].id, key) == 0)
			return streams->items[i].configured ? (int)i : -1;
	for (size_t i = 0; i < streams->count; i++)
		if (strcmp(streams->items[i].tap_name, key) == 0) {
			named++;
			owner = streams->items[i].configured ? (int)i : -1;
		}
	return named == 1 ? owner : -1;
}

/* The value with those members only that belong to streams whose bit is set; -1 in the
 * bits: the shared ones as well. */
static json_t *keep_by_rule(struct stream_list *streams, const json_t *object, int level,
			    unsigned kept, bool shared)
{
	json_t *result = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)object, key, member) {
		int owner = owner_by_rule(streams, key);
		bool inside = level == 0 ? strcmp(key, "bookmarks") == 0 && json_is_object(member)
					 : level == 1 && owner < 0 && json_is_object(member);

		if (inside) {
			json_t *inner = keep_by_rule(streams, member, level + 1, kept, shared);

			if (shared || json_object_size(inner) > 0)
				json_object_set(result, key, inner);
			json_decref(inner);
		} else if (owner < 0 ? shared : kept >> owner & 1) {
			json_object_set(result, key, member);
		}
	}
	return result;
}

static bool is_everything_shared(struct stream_list *streams, unsigned left_out)
{
	for (size_t i = 0; i < streams->count; i++)
		if (streams->items[i].configured && left_out >> i & 1)
			return false;
	return true;
}

static void assert_round_trip(struct stream_list *streams, const json_t *value,
			      unsigned left_out, uint64_t from)
{
	char *text = json_dumps(value, JSON_COMPACT);
	json_t *merged = split_and_merge(streams, text, left_out);
	bool whole = is_everything_shared(streams, left_out);
	json_t *expected = keep_by_rule(streams, value, 0, ~left_out, whole);

	if (whole && !json_equal(value, expected))
		fail_msg("the rule itself loses something of %s", text);
	if (!json_equal(merged, expected)) {
		char *was = json_dumps(merged, 0), *should = json_dumps(expected, 0);

		fail_msg("seed %llu, without %x:\n%s\nbecomes\n%s\nexpected\n%s",
			 (unsigned long long)from, left_out, text, was, should);
	}
	json_decref(expected);
	json_decref(merged);
	free(text);
}

/* Entries that hold nothing count as absent: those of an empty value, or of a stream all
 * of whose members are others'. */
static unsigned streams_without_a_part(struct stream_list *streams, const json_t *value)
{
	unsigned without = 0;

	for (size_t i = 0; i < streams->count; i++) {
		json_t *part = keep_by_rule(streams, value, 0, 1u << i, true);

		if (json_object_size(part) == 0)
			without |= 1u << i;
		json_decref(part);
	}
	return without;
}

static void random_values_come_back_whole_or_without_the_streams_that_are_left_out(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 4000; i++) {
		struct stream_list streams;
		json_t *value;

		seed = i * UINT64_C(0x9e3779b97f4a7c15);
		streams = random_streams();
		value = random_singer_value();
		for (unsigned left_out = 0; left_out < 1u << streams.count; left_out++)
			assert_round_trip(&streams, value,
					  left_out | streams_without_a_part(&streams, value), i);
		json_decref(value);
		stream_list_release(&streams);
	}
}

static void numbers_come_back_as_they_were_written(void **state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };
	static const char value[] =
		"{\"v\":12.30,\"bookmarks\":{\"a\":{\"n\":98765432109876543210},"
		"\"r\":{\"b\":1E+400,\"x\":-0.0},\"b\":[1e-07,18446744073709551615]}}";
	struct stream_list streams = make_streams(rows, NULL);
	struct buffer states;
	struct state_map map;

	(void)state;
	buffer_init(&states, BUFFER_MAXIMUM);
	start(&map, &streams);
	take(&map, value);
	append_states(&map, 0, &states);
	buffer_append_char(&states, '\0');
	state_map_release(&map);
	start(&map, &streams);
	states.length--;
	assert_read(&map, states.data,
		    "{\"v\":12.30,\"bookmarks\":{\"a\":{\"n\":98765432109876543210},"
		    "\"b\":[1e-07,18446744073709551615],\"r\":{\"x\":-0.0,\"b\":1E+400}}}");
	state_map_release(&map);
	buffer_release(&states);
	stream_list_release(&streams);
}

/* What a state of a tap may be followed by: alike but for values, or not. */
static const char *const sequels[] = {
	"{\"bookmarks\":{\"users\":{\"id\":1},\"orders\":12,\"x\":7}}",
	"{\"bookmarks\":{\"users\":{\"id\":1},\"orders\":12,\"x\":7}}",
	"{\"bookmarks\":{\"users\":{\"id\":10},\"orders\":1,\"x\":7}}",
	"{\"bookmarks\":{\"users\":{\"id\":10},\"orders\":123,\"x\":7}}",
	"{\"bookmarks\":{\"users\":{\"id\":10},\"orders\":123,\"x\":71}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":{\"a\":[1,{\"users\":2}]},\"x\":\"}\"}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":{\"users\":5}}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":{\"users\":55}}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":{\"orders\":55}}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":{\"y\":55}}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":{\"y\":{\"users\":1}}}}",
	"{\"bookmarks\":{\"users\":null,\"orders\":[],\"x\":3}}",
	"{ \"bookmarks\" : { \"users\" : 1 , \"orders\" : 2 } , \"users\" : 3 , \"z\" : 4 }",
	"{ \"bookmarks\" : { \"users\" : 1.5 , \"orders\" : 2 } , \"users\" : \"3\" , \"z\" : -4 }",
	"{ \"bookmarks\" : { \"users\" : 1.5  , \"orders\" : 2 } , \"users\" : 3 , \"z\" : -4 }",
	"{ \"bookmarks\" : { \"users\" : 1.5  , \"orders\" : 2 } , \"users\" : 3 , \"z\" : -4 } ",
	"{\"bookmarks\":7,\"users\":1}",
	"{\"bookmarks\":{\"users\":2},\"users\":1}",
	"{\"bookmarks\":{\"users\":2},\"users\":{\"users\":1}}",
	"{\"currently_syncing\":\"users\",\"users\":1}",
	"{\"currently_syncing\":\"orders\",\"users\":1}",
	"{\"currently_syncing\":null,\"users\":1}",
	"{\"users\":1,\"currently_syncing\":\"users\",\"currently_syncing\":\"z\"}",
	"{\"users\":1}",
	"{\"users\":12}",
	"{\"users\":12,\"users\":13}",
	"{\"users\":12,\"users\":12}",
	"{\"orders\":12,\"users\":12}",
	"{\"__tapbyte_sequence\":5,\"users\":12}",
	"{\"__tapbyte_sequence\":6,\"users\":12}",
	"{}",
	"{}",
	"{\"users\":12}",
};

static void check_same(struct state_map *followed, struct state_map *fresh, const char *value)
{
	struct slice a = state_map_currently_syncing(followed);
	struct slice b = state_map_currently_syncing(fresh);

	if (!slice_equals(a, b))
		fail_msg("%s: syncs <%.*s>, not <%.*s>", value, (int)a.length, a.data,
			 (int)b.length, b.data);
	for (size_t i = 0; i < followed->streams->count; i++) {
		struct buffer out = write_entry(followed, i), wanted = write_entry(fresh, i);

		if (!slice_equals(buffer_slice(&out), buffer_slice(&wanted)))
			fail_msg("%s: %.*s, not %.*s", value, (int)out.length, out.data,
				 (int)wanted.length, wanted.data);
		assert_true(followed->entries[i].emitted == fresh->entries[i].emitted);
		buffer_release(&out);
		buffer_release(&wanted);
	}
}

/* Each two after each other, in both directions. */
static void a_state_after_another_is_understood_as_by_itself(void **state)
{
	static const struct row rows[] = {
		{ .id = "users" }, { .id = "orders" }, { .id = "bookmarks" }, { .id = NULL },
	};
	struct stream_list streams = make_streams(rows, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(sequels); i++) {
		for (size_t j = 0; j < COUNT(sequels); j++) {
			struct state_map followed, fresh;

			start(&followed, &streams);
			start(&fresh, &streams);
			take(&followed, sequels[i]);
			take(&followed, sequels[j]);
			take(&fresh, sequels[j]);
			fresh.sequence = followed.sequence;
			check_same(&followed, &fresh, sequels[j]);
			state_map_release(&followed);
			state_map_release(&fresh);
		}
	}
	stream_list_release(&streams);
}

static void check_given(struct state_map *map, struct state_map *taken, const char *value)
{
	for (size_t i = 0; i < map->streams->count; i++) {
		struct buffer out = write_entry(map, i), wanted;

		taken->sequence = map->entries[i].sequence;
		wanted = write_entry(taken, i);
		if (!slice_equals(buffer_slice(&out), buffer_slice(&wanted)))
			fail_msg("%s: %.*s, not %.*s", value, (int)out.length, out.data,
				 (int)wanted.length, wanted.data);
		if (map->entries[i].emitted != taken->entries[i].emitted)
			fail_msg("%s: stream %zu counts as changed", value, i);
		buffer_release(&out);
		buffer_release(&wanted);
	}
}

/* It is gone through once, not once a stream; what each gets is the same. */
static void a_singer_state_gives_each_stream_what_an_entry_would(void **state)
{
	static const struct row rows[] = {
		{ .id = "users" }, { .id = "orders" }, { .id = "visits" }, { .id = NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sequels); i++) {
		struct stream_list streams = make_streams(rows, NULL);
		struct error error = ERROR_NONE;
		struct state_map map, taken;
		struct buffer out;

		buffer_init(&out, BUFFER_MAXIMUM);
		start(&map, &streams);
		start(&taken, &streams);
		assert_true(state_map_read(&map, slice_of_string(sequels[i]), &out,
					   &warnings_none, &error));
		take(&taken, sequels[i]);
		if (map.entries[0].given.length > 0)
			check_given(&map, &taken, sequels[i]);
		state_map_release(&map);
		state_map_release(&taken);
		buffer_release(&out);
		stream_list_release(&streams);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_gets_the_value_without_the_members_of_the_others),
		cmocka_unit_test(
			what_is_below_a_parent_that_is_not_configured_is_not_the_childs),
		cmocka_unit_test(a_child_gets_the_members_of_its_parents_too),
		cmocka_unit_test(a_parent_that_moves_on_changes_its_children),
		cmocka_unit_test(the_entry_that_was_written_first_says_how_far_a_parent_got),
		cmocka_unit_test(what_does_not_say_what_the_tap_is_handed_is_written_again),
		cmocka_unit_test(a_parent_that_goes_back_is_not_overtaken_by_its_old_entry),
		cmocka_unit_test(keys_that_the_overlay_names_belong_to_the_stream),
		cmocka_unit_test(a_value_that_is_no_object_is_refused),
		cmocka_unit_test(a_value_is_mended_when_it_has_to_be),
		cmocka_unit_test(only_its_own_members_change_a_stream),
		cmocka_unit_test(what_came_in_counts_as_emitted),
		cmocka_unit_test(each_form_of_input_is_understood),
		cmocka_unit_test(shared_members_of_processes_that_disagree_are_not_handed_on),
		cmocka_unit_test(an_entry_tells_its_process_and_the_records_of_the_last_read),
		cmocka_unit_test(
			what_another_process_wrote_is_written_again_where_something_is_shared),
		cmocka_unit_test(the_history_tells_whether_processes_have_parted),
		cmocka_unit_test(a_singer_state_gives_each_stream_what_an_entry_would),
		cmocka_unit_test(an_entry_of_another_stream_is_told_of),
		cmocka_unit_test(what_cannot_be_understood_is_a_config_error),
		cmocka_unit_test(a_stream_without_a_state_starts_from_the_beginning),
		cmocka_unit_test(the_entry_that_was_written_first_gives_the_shared_members),
		cmocka_unit_test(the_sequence_goes_on_from_the_highest),
		cmocka_unit_test(the_sequence_goes_on_from_the_highest_of_all_entries),
		cmocka_unit_test(a_tap_without_a_state_hands_back_what_came_in),
		cmocka_unit_test(
			a_state_that_a_person_laid_out_is_handed_back_mended_on_one_line),
		cmocka_unit_test(namespaces_tell_streams_of_one_name_apart),
		cmocka_unit_test(
			random_values_come_back_whole_or_without_the_streams_that_are_left_out),
		cmocka_unit_test(numbers_come_back_as_they_were_written),
		cmocka_unit_test(a_state_after_another_is_understood_as_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
