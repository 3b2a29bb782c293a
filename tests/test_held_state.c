#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "count.h"
#include "held_state.h"
#include "streams.h"

/* Takes a value while the first `held` of the streams a and b are held. */
static void check(struct held_state *state, size_t held, const char *value, const char *expected)
{
	struct error error = ERROR_NONE;
	struct buffer out;

	state->held[0] = held > 0;
	state->held[1] = held > 1;
	state->any = held > 0;
	buffer_init(&out, 1000);
	assert_true(held_state_take(state, slice_of_string(value), &out, &error));
	if (!slice_equals(buffer_slice(&out), slice_of_string(expected)))
		fail_msg("%s became %.*s, not %s", value, (int)out.length, out.data, expected);
	buffer_release(&out);
}

static struct stream_list streams;

static void begin(struct held_state *state)
{
	static const struct row rows[] = { { .id = "a" }, { .id = "b" }, { .id = NULL } };

	streams = make_streams(rows, NULL);
	assert_true(held_state_init(state, &streams));
}

static void end(struct held_state *state)
{
	held_state_release(state);
	stream_list_release(&streams);
}

static void a_held_stream_stays_where_it_was_and_others_go_on(void **unused)
{
	struct held_state state;

	(void)unused;
	begin(&state);
	check(&state, 0, "{\"bookmarks\": {\"a\": 1.50}}", "{\"bookmarks\":{\"a\":1.50}}");
	check(&state, 1, "{\"bookmarks\": {\"a\": 2, \"b\": {\"id\": 1}}}",
	      "{\"bookmarks\":{\"a\":1.50,\"b\":{\"id\": 1}}}");
	check(&state, 1, "{\"bookmarks\": {\"b\": {\"id\": 2}, \"a\": 3}}",
	      "{\"bookmarks\":{\"b\":{\"id\": 2},\"a\":1.50}}");
	check(&state, 2, "{\"bookmarks\": {\"a\": 4, \"b\": {\"id\": 3}}}",
	      "{\"bookmarks\":{\"a\":1.50,\"b\":{\"id\": 2}}}");
	end(&state);
}

static void what_a_held_stream_never_had_is_left_out(void **unused)
{
	struct held_state state;

	(void)unused;
	begin(&state);
	check(&state, 1, "{\"bookmarks\": {\"a\": 2}}", "{\"bookmarks\":{}}");
	check(&state, 1, "{\"a\": 2, \"b\": 1}", "{\"b\":1}");
	end(&state);
}

static void what_belongs_to_nobody_is_held_with_the_first(void **unused)
{
	struct held_state state;

	(void)unused;
	begin(&state);
	check(&state, 0, "{\"start_date\": \"x\"}", "{\"start_date\":\"x\"}");
	check(&state, 1, "{\"start_date\": \"y\", \"b\": 7, \"end\": 1}",
	      "{\"start_date\":\"x\",\"b\":7}");
	end(&state);
}

static void members_of_one_name_in_two_places_are_two(void **unused)
{
	struct held_state state;

	(void)unused;
	begin(&state);
	check(&state, 0, "{\"bookmarks\": {\"r\": {\"a\": 1}, \"s\": {\"a\": 2}}, \"a\": 3}",
	      "{\"bookmarks\":{\"r\":{\"a\":1},\"s\":{\"a\":2}},\"a\":3}");
	check(&state, 1,
	      "{\"bookmarks\": {\"r\": {\"a\": 4}, \"s\": {\"a\": 5}, \"t\": {\"a\": 6}}}",
	      "{\"bookmarks\":{\"r\":{\"a\":1},\"s\":{\"a\":2},\"t\":{}}}");
	end(&state);
}

static void a_parent_is_held_with_its_child(void **unused)
{
	static const struct row rows[] = { { .id = "a", .parent = "p" }, { .id = "b" },
					   { .id = "p", .not_configured = true }, { .id = NULL } };
	struct held_state state;

	(void)unused;
	streams = make_streams(rows, NULL);
	assert_true(held_state_init(&state, &streams));
	check(&state, 0, "{\"a\": 1, \"b\": 1, \"p\": 1}", "{\"a\":1,\"b\":1,\"p\":1}");
	check(&state, 1, "{\"a\": 2, \"b\": 2, \"p\": 2}", "{\"a\":1,\"b\":2,\"p\":1}");
	end(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_stream_stays_where_it_was_and_others_go_on),
		cmocka_unit_test(what_a_held_stream_never_had_is_left_out),
		cmocka_unit_test(what_belongs_to_nobody_is_held_with_the_first),
		cmocka_unit_test(members_of_one_name_in_two_places_are_two),
		cmocka_unit_test(a_parent_is_held_with_its_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
