#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "count.h"
#include "state_owners.h"
#include "state_value.h"
#include "streams.h"

#define STREAMS_MAX 5
#define NOT_READ .not_configured = true

/* `expected`: the place of the owner of each of the keys, which have one letter; - for none. */
static void check_owners(const struct row *rows, const char *keys, const char *expected)
{
	struct name_table owners = NAME_TABLE_EMPTY;
	char found[STREAMS_MAX + 1] = "";
	json_t *overlay = json_array();
	struct stream_list streams = make_streams(rows, overlay);
	uint32_t *parents = state_owners_parents(&streams);

	assert_non_null(parents);
	assert_true(state_owners_collect(&owners, &streams, parents));
	for (size_t i = 0; keys[i] != '\0'; i++) {
		uint32_t owner = state_owners_find(&owners, slice_of(&keys[i], 1));

		found[i] = owner == STATE_OF_NOBODY ? '-' : (char)('0' + owner);
	}
	assert_string_equal(found, expected);
	name_table_release(&owners);
	free(parents);
	stream_list_release(&streams);
	json_decref(overlay);
}

struct example {
	struct row rows[STREAMS_MAX + 1];
	const char *keys, *expected;
};

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_owners(examples[i].rows, examples[i].keys, examples[i].expected);
}

static void a_key_belongs_to_the_stream_with_that_id_or_else_that_name(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "a" }, { .id = "b", NOT_READ } }, "abx", "0--" },
		{ { { .id = "a" }, { .id = "b", .elsewhere = true } }, "ab", "01" },
		{ { { .id = "a", .tap_name = "n" }, { .id = "b" } }, "nab", "001" },
		{ { { .id = "a", .tap_name = "b" }, { .id = "b" } }, "ab", "01" },
		{ { { .id = "a", .tap_name = "n" }, { .id = "b", .tap_name = "n" } },
		  "abn", "01-" },
		{ { { .id = "a", .not_in_tap = true }, { .id = "b" } }, "ab", "-1" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void what_the_overlay_names_is_stronger(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "a", .key = "k" }, { .id = "b" } }, "akb", "001" },
		{ { { .id = "a", .key = "b" }, { .id = "b" } }, "ab", "00" },
		{ { { .id = "a", .tap_name = "k" }, { .id = "b", .key = "k" } }, "abk", "011" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void a_key_that_the_overlay_names_for_two_belongs_to_nobody(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "a", .key = "k" }, { .id = "b", .key = "k" } }, "abk", "01-" },
		{ { { .id = "a", .key = "k" }, { .id = "b", .key = "k" },
		    { .id = "c", .key = "k" } },
		  "abck", "012-" },
		{ { { .id = "a", .key = "k" }, { .id = "b", .key = "k", NOT_READ } }, "ak", "0-" },
		{ { { .id = "a", .key = "k", NOT_READ }, { .id = "b", .key = "k" } }, "bk", "1-" },
		{ { { .id = "p" }, { .id = "a", .key = "k", .parent = "p" },
		    { .id = "b", .key = "k", .parent = "p" } }, "pabk", "012-" },
		/* or the tap lacks it */
		{ { { .id = "a", .key = "k", .not_in_tap = true }, { .id = "b", .key = "k" } },
		  "bk", "11" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void a_key_that_is_named_for_a_stream_and_its_parent_is_the_parents(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "p", .key = "k" }, { .id = "a", .key = "k", .parent = "p" } },
		  "pka", "001" },
		{ { { .id = "a", .key = "k", .parent = "p" }, { .id = "p", .key = "k", NOT_READ } },
		  "pka", "110" },
		{ { { .id = "g", .key = "k" }, { .id = "p", .parent = "g" },
		    { .id = "a", .key = "k", .parent = "p" },
		    { .id = "b", .key = "k", .parent = "p" } }, "gk", "00" },
		/* in any order, whichever of them is read */
		{ { { .id = "a", .key = "k", .parent = "p" },
		    { .id = "b", .key = "k", .parent = "p" },
		    { .id = "p", .key = "k" } }, "pk", "22" },
		{ { { .id = "p", .key = "k" }, { .id = "a", .key = "k", .parent = "p", NOT_READ } },
		  "pka", "00-" },
		{ { { .id = "a", .key = "k", .parent = "p", NOT_READ }, { .id = "p", .key = "k" } },
		  "pk", "11" },
		{ { { .id = "a", .key = "k", .parent = "p" }, { .id = "c", .key = "k" },
		    { .id = "p", .key = "k" } }, "k", "-" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void what_is_on_the_way_to_a_stream_that_is_read_has_its_members(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "p", .tap_name = "n", .key = "k", NOT_READ },
		    { .id = "a", .parent = "p" } }, "pnka", "0001" },
		{ { { .id = "p" }, { .id = "a", .parent = "p" } }, "pa", "01" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p", NOT_READ } }, "pab", "01-" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p" } }, "pab", "012" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p", .elsewhere = true } },
		  "pa", "01" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p", NOT_READ },
		    { .id = "b" } }, "pab", "--2" },
		/* on the whole way up */
		{ { { .id = "h" }, { .id = "g", .parent = "h", NOT_READ },
		    { .id = "p", .parent = "g", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "c", .parent = "a" } }, "hgpac", "01234" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void no_way_up_goes_in_a_circle(void **state)
{
	static const struct {
		struct row rows[STREAMS_MAX + 1];
		const char *expected; /* the place of each one's parent; - for none */
	} cases[] = {
		{ { { .id = "p" }, { .id = "a", .parent = "p" } }, "-0" },
		{ { { .id = "a", .parent = "n" }, { .id = "p", .tap_name = "n" } }, "1-" },
		{ { { .id = "a", .parent = "nobody" } }, "-" },
		{ { { .id = "p", .parent = "p" }, { .id = "a", .parent = "p" } }, "-0" },
		{ { { .id = "p", .parent = "q" }, { .id = "q", .parent = "p" },
		    { .id = "a", .parent = "p" } }, "1-0" },
		{ { { .id = "a", .parent = "b" }, { .id = "b", .parent = "c" },
		    { .id = "c", .parent = "a" } }, "12-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream_list streams = make_streams(cases[i].rows, NULL);
		uint32_t *parents = state_owners_parents(&streams);
		char found[STREAMS_MAX + 1] = "";

		assert_non_null(parents);
		for (size_t j = 0; j < streams.count; j++)
			found[j] = parents[j] == STREAM_NONE ? '-' : (char)('0' + parents[j]);
		assert_string_equal(found, cases[i].expected);
		free(parents);
		stream_list_release(&streams);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_belongs_to_the_stream_with_that_id_or_else_that_name),
		cmocka_unit_test(what_the_overlay_names_is_stronger),
		cmocka_unit_test(a_key_that_the_overlay_names_for_two_belongs_to_nobody),
		cmocka_unit_test(a_key_that_is_named_for_a_stream_and_its_parent_is_the_parents),
		cmocka_unit_test(what_is_on_the_way_to_a_stream_that_is_read_has_its_members),
		cmocka_unit_test(no_way_up_goes_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
