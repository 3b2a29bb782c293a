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

	assert_true(state_owners_collect(&owners, &streams));
	for (size_t i = 0; keys[i] != '\0'; i++) {
		uint32_t owner = state_owners_find(&owners, slice_of(&keys[i], 1));

		found[i] = owner == STATE_OF_NOBODY ? '-' : (char)('0' + owner);
	}
	assert_string_equal(found, expected);
	name_table_release(&owners);
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
		/* unless the one is the other's heir, or the tap lacks it */
		{ { { .id = "a", .key = "k", NOT_READ }, { .id = "b", .key = "k", .parent = "a" } },
		  "abk", "111" },
		{ { { .id = "a", .key = "k", .not_in_tap = true }, { .id = "b", .key = "k" } },
		  "bk", "11" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void a_parent_that_is_not_read_leaves_all_to_its_only_heir(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "p", .tap_name = "n", .key = "k", NOT_READ },
		    { .id = "a", .parent = "p" } }, "pnka", "1111" },
		{ { { .id = "p" }, { .id = "a", .parent = "p" } }, "pa", "01" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p", NOT_READ } }, "pab", "11-" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p", .elsewhere = true } },
		  "pa", "11" },
		/* on the whole way up to the next that is read */
		{ { { .id = "h" }, { .id = "g", .parent = "h", NOT_READ },
		    { .id = "p", .parent = "g", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "c", .parent = "a" } }, "hgpac", "03334" },
		/* a circle ends */
		{ { { .id = "p", .parent = "q", NOT_READ }, { .id = "q", .parent = "p", NOT_READ },
		    { .id = "a", .parent = "p" } }, "pqa", "222" },
		{ { { .id = "p", .parent = "p", NOT_READ }, { .id = "a", .parent = "p" } },
		  "pa", "11" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void a_parent_with_two_heirs_leaves_nothing_to_either(void **state)
{
	static const struct example examples[] = {
		{ { { .id = "p", .key = "k", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "b", .parent = "p" } }, "pkab", "--12" },
		{ { { .id = "p", NOT_READ }, { .id = "a", .parent = "p" },
		    { .id = "q", .parent = "p", NOT_READ }, { .id = "b", .parent = "q" } },
		  "paqb", "-133" },
		{ { { .id = "g", NOT_READ }, { .id = "p", .parent = "g", NOT_READ },
		    { .id = "a", .parent = "p" }, { .id = "b", .parent = "p" },
		    { .id = "c", .parent = "p" } }, "gpabc", "--234" },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_belongs_to_the_stream_with_that_id_or_else_that_name),
		cmocka_unit_test(what_the_overlay_names_is_stronger),
		cmocka_unit_test(a_key_that_the_overlay_names_for_two_belongs_to_nobody),
		cmocka_unit_test(a_parent_that_is_not_read_leaves_all_to_its_only_heir),
		cmocka_unit_test(a_parent_with_two_heirs_leaves_nothing_to_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
