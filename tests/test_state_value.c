#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "state_value.h"
#include "stream.h"

#define STREAMS 2

static const uint32_t no_parents[STREAMS] = { STREAM_NONE, STREAM_NONE };
static const uint32_t second_of_first[STREAMS] = { STREAM_NONE, 0 };

static void put(struct state_value *value, const char *text)
{
	buffer_clear(&value->next);
	buffer_append_string(&value->next, text);
}

static void add(struct state_value *value, enum state_piece_kind kind, size_t key,
		size_t key_length, size_t start, size_t end, uint32_t owner)
{
	struct state_piece piece = {
		.kind = kind, .key = (uint32_t)key, .key_length = (uint32_t)key_length,
		.value = (uint32_t)start, .end = (uint32_t)end, .owner = owner, .seed = 1 + key,
	};

	if (owner != STATE_OF_NOBODY)
		piece.hash = hash_bytes(piece.seed, slice_of(value->text.data + start,
							     end - start));
	state_value_add(value, &piece);
}

/* {"b":{"u":1,"v":"x"},"s":[2]}, u of the stream 0, v of the stream 1, s of nobody. */
static void start(struct state_value *value)
{
	assert_true(state_value_init(value, STREAMS, no_parents));
	put(value, "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2]}");
	state_value_begin(value);
	add(value, STATE_OPEN, 2, 1, 5, 6, STATE_OF_NOBODY);
	add(value, STATE_MEMBER, 7, 1, 10, 11, 0);
	add(value, STATE_MEMBER, 13, 1, 16, 19, 1);
	add(value, STATE_CLOSE, 2, 1, 19, 20, STATE_OF_NOBODY);
	add(value, STATE_MEMBER, 22, 1, 25, 28, STATE_OF_NOBODY);
	assert_false(value->failed);
}

static void check_written(struct state_value *value, uint32_t stream, const char *wanted)
{
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	state_value_write(value, stream, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, wanted);
	buffer_release(&out);
}

static void a_stream_is_written_with_what_nobody_owns_in_the_order_of_the_text(void **state)
{
	struct state_value value;

	(void)state;
	start(&value);
	check_written(&value, 0, "{\"b\":{\"u\":1},\"s\":[2]");
	check_written(&value, 1, "{\"b\":{\"v\":\"x\"},\"s\":[2]");
	state_value_release(&value);
}

static void a_text_that_differs_in_values_needs_no_parsing(void **state)
{
	static const struct {
		const char *text, *first, *second; /* NULL: it has to be parsed */
		bool first_changes, second_changes;
	} cases[] = {
		{ "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2]}", "{\"b\":{\"u\":1},\"s\":[2]",
		  "{\"b\":{\"v\":\"x\"},\"s\":[2]", false, false },
		{ "{\"b\":{\"u\":12,\"v\":\"x\"},\"s\":[2]}", "{\"b\":{\"u\":12},\"s\":[2]",
		  "{\"b\":{\"v\":\"x\"},\"s\":[2]", true, false },
		{ "{\"b\":{\"u\":\"a,}\",\"v\":{\"k\":1}},\"s\":7}", NULL, NULL, false, false },
		{ "{\"b\":{\"u\":\"a,}\",\"v\":[{}]},\"s\":7}", "{\"b\":{\"u\":\"a,}\"},\"s\":7",
		  "{\"b\":{\"v\":[{}]},\"s\":7", true, true },
		{ "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":{}}", NULL, NULL, false, false },
		{ "{\"b\":{\"u\":1,\"w\":\"x\"},\"s\":[2]}", NULL, NULL, false, false },
		{ "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2],\"t\":1}", NULL, NULL, false, false },
		{ "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2]} ", NULL, NULL, false, false },
		{ "{\"b\":{\"u\": 1,\"v\":\"x\"},\"s\":[2]}", NULL, NULL, false, false },
		{ "{\"b\":{\"u\":1,\"v\":\"x\"}}", NULL, NULL, false, false },
		{ "{\"b\":{}}", NULL, NULL, false, false },
		{ "{", NULL, NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct state_value value;
		uint64_t first, second;
		bool patched;

		start(&value);
		first = state_value_own(&value, 0);
		second = state_value_own(&value, 1);
		put(&value, cases[i].text);
		patched = state_value_patch(&value);
		if (patched != (cases[i].first != NULL))
			fail_msg("%s is %s", cases[i].text, patched ? "taken" : "not taken");
		if (patched) {
			check_written(&value, 0, cases[i].first);
			check_written(&value, 1, cases[i].second);
			assert_int_equal(state_value_own(&value, 0) != first,
					 cases[i].first_changes);
			assert_int_equal(state_value_own(&value, 1) != second,
					 cases[i].second_changes);
			put(&value, "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2]}");
			assert_true(state_value_patch(&value));
			assert_true(state_value_own(&value, 0) == first);
			assert_true(state_value_own(&value, 1) == second);
		}
		state_value_release(&value);
	}
}

static void a_child_is_written_with_what_its_parent_owns(void **state)
{
	struct state_value value;
	uint64_t alone;

	(void)state;
	start(&value);
	alone = state_value_own(&value, 1);
	value.parents = second_of_first;
	check_written(&value, 0, "{\"b\":{\"u\":1},\"s\":[2]");
	check_written(&value, 1, "{\"b\":{\"u\":1,\"v\":\"x\"},\"s\":[2]");
	assert_true(state_value_own(&value, 1) != alone);
	alone = state_value_own(&value, 1);
	put(&value, "{\"b\":{\"u\":2,\"v\":\"x\"},\"s\":[2]}");
	assert_true(state_value_patch(&value));
	assert_true(state_value_own(&value, 1) != alone);
	state_value_release(&value);
}

static void there_is_nothing_to_go_by_at_first(void **state)
{
	struct state_value value;

	(void)state;
	assert_true(state_value_init(&value, STREAMS, no_parents));
	put(&value, "{}");
	assert_false(state_value_patch(&value));
	state_value_begin(&value);
	assert_true(state_value_own(&value, 0) == 0);
	check_written(&value, 0, "{");
	state_value_release(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_stream_is_written_with_what_nobody_owns_in_the_order_of_the_text),
		cmocka_unit_test(a_text_that_differs_in_values_needs_no_parsing),
		cmocka_unit_test(a_child_is_written_with_what_its_parent_owns),
		cmocka_unit_test(there_is_nothing_to_go_by_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
