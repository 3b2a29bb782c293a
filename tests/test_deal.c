#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "deal.h"

#define ITEMS 8
#define JOINS 4
#define NOT_TAKEN UINT64_MAX

/* One letter a stream: the share it is dealt to, "." for one that is not taken. */
static void deal_as_text(const struct deal *deal, char *text)
{
	for (size_t i = 0; i < deal->count; i++)
		text[i] = deal->items[i].taken ? (char)('0' + deal->items[i].share) : '.';
	text[deal->count] = '\0';
}

static void streams_are_dealt_as_the_contract_says(void **state)
{
	static const struct {
		const char *what;
		size_t shares;
		size_t count;
		uint64_t sizes[ITEMS];      /* 0: not known; NOT_TAKEN */
		size_t joined[JOINS][2];    /* until both are the same */
		const char *expected;
		size_t used;
	} cases[] = {
		{ "nothing at all", 3, 0, { 0 }, { { 0 } }, "", 1 },
		{ "nothing taken", 3, 2, { NOT_TAKEN, NOT_TAKEN }, { { 0 } }, "..", 1 },
		{ "one share", 1, 3, { 5, 1, 3 }, { { 0 } }, "000", 1 },
		{ "unknown sizes go round", 3, 7, { 0 }, { { 0 } }, "0120120", 3 },
		{ "fewer streams than shares", 5, 2, { 0 }, { { 0 } }, "01", 2 },
		{ "the longest first", 2, 4, { 1, 2, 3, 10 }, { { 0 } }, "1110", 2 },
		{ "to whom has least", 3, 6, { 6, 5, 4, 3, 2, 1 }, { { 0 } }, "012210", 3 },
		{ "equal ones in their order", 2, 4, { 7, 7, 7, 7 }, { { 0 } }, "0101", 2 },
		{ "an unknown one is a mean one", 2, 4, { 9, 0, 5, 4 }, { { 0 } }, "0110", 2 },
		{ "what is joined stays together", 3, 4, { 0 }, { { 0, 3 } }, "0120", 3 },
		{ "and weighs as much as all of it", 2, 4, { 3, 4, 3, 5 }, { { 0, 2 } }, "0101",
		  2 },
		{ "through others", 4, 6, { 0 }, { { 4, 5 }, { 0, 1 }, { 5, 1 } }, "001200", 3 },
		{ "of which one is not taken", 4, 4, { NOT_TAKEN, 9, 9, 17 },
		  { { 2, 0 }, { 0, 1 } }, ".001", 2 },
		{ "twice the same", 2, 2, { 0 }, { { 0, 1 }, { 1, 0 } }, "00", 1 },
		{ "large sizes", 2, 3, { 1ULL << 52, 1ULL << 52, 1ULL << 52 }, { { 0 } }, "010",
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[ITEMS + 1];
		struct deal deal;
		size_t used;

		assert_true(deal_init(&deal, cases[i].count));
		for (size_t j = 0; j < cases[i].count; j++) {
			deal.items[j].taken = cases[i].sizes[j] != NOT_TAKEN;
			deal.items[j].size = cases[i].sizes[j];
		}
		for (size_t j = 0; cases[i].joined[j][0] != cases[i].joined[j][1]; j++)
			deal_join(&deal, cases[i].joined[j][0], cases[i].joined[j][1]);
		assert_true(deal_out(&deal, cases[i].shares, &used));
		deal_as_text(&deal, text);
		if (strcmp(text, cases[i].expected) != 0 || used != cases[i].used)
			fail_msg("%s: %s and %zu, not %s and %zu", cases[i].what, text, used,
				 cases[i].expected, cases[i].used);
		deal_release(&deal);
	}
}

static void a_long_chain_is_one_pack(void **state)
{
	enum { LENGTH = 100000 };
	struct deal deal;
	size_t used;

	(void)state;
	assert_true(deal_init(&deal, LENGTH));
	for (size_t i = LENGTH - 1; i > 0; i--) {
		deal.items[i].taken = true;
		deal_join(&deal, i - 1, i);
	}
	assert_true(deal_out(&deal, 32, &used));
	assert_int_equal(used, 1);
	deal_release(&deal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_dealt_as_the_contract_says),
		cmocka_unit_test(a_long_chain_is_one_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
