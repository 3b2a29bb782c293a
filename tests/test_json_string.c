#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "guarded.h"
#include "json_string.h"

/* Texts are moved to each of so many places, so that they meet the borders of all vectors. */
#define PLACES 70
#define LENGTH_MAX 200

static void check_all_ways(struct slice text, size_t expected)
{
	const char *end = text.data + text.length;

	for (size_t i = 0; i < json_string_way_count; i++) {
		const struct json_string_way *way = &json_string_ways[i];

		if (way->is_supported() && way->pass_over(text.data, end) != text.data + expected)
			fail_msg("%s: of %zu bytes it passes over %td, not %zu", way->name,
				 text.length, way->pass_over(text.data, end) - text.data, expected);
	}
	assert_ptr_equal(json_string_skip(text.data, end), text.data + expected);
}

/* Text of which `passed` bytes are passed over. */
struct example {
	const char *text;
	size_t passed;
};

/* Behind 0 to PLACES plain bytes; at the end of memory, and with `after` behind it. */
static void check_at_all_places(const struct example *example, const char *after, bool goes_on)
{
	struct guarded guarded = { .pages = NULL };
	char bytes[LENGTH_MAX];

	assert_true(guarded_init(&guarded));
	for (size_t place = 0; place <= PLACES; place++) {
		size_t length = strlen(example->text), rest = strlen(after);
		size_t passed = place + example->passed;

		memset(bytes, 'a', place);
		memcpy(bytes + place, example->text, length);
		memcpy(bytes + place + length, after, rest);
		if (goes_on && example->passed == length)
			passed += rest;
		check_all_ways(guarded_put(&guarded, slice_of(bytes, place + length + rest)),
			       passed);
	}
	guarded_release(&guarded);
}

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_at_all_places(&examples[i], "", true);
		check_at_all_places(&examples[i], "\"", false);
		check_at_all_places(&examples[i], " and some more of it, behind which is an end",
				    true);
	}
}

static void strings_end_at_their_quote(void **state)
{
	static const struct example examples[] = {
		{ "", 0 },
		{ "\"", 0 },
		{ "text\" more \"", 4 },
		{ "\\\"\"", 2 },
		{ "\\\\\"", 2 },
		{ "\\\\\\\"\"", 4 },
		{ "\xc3\xa9\"\x80\\x", 2 },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void escapes_of_one_letter_are_passed_over(void **state)
{
	static const struct example examples[] = {
		{ "\\\"", 2 }, { "\\\\", 2 }, { "\\/", 2 }, { "\\b", 2 },
		{ "\\f", 2 }, { "\\n", 2 }, { "\\r", 2 }, { "\\t", 2 },
		{ "\\n\\n\\\\\\\"\\t", 10 },
		{ "C:\\\\temp\\\\new", 13 },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void it_stops_before_what_has_to_be_looked_at(void **state)
{
	static const struct example examples[] = {
		{ "\\u00e9", 0 },
		{ "\\n\\u00e9", 2 },
		{ "\\\\\\u00e9", 2 },
		{ "\\x", 0 },
		{ "\\\\\\\\\\x", 4 },
		{ "\\N", 0 },
		{ "\\\xc3\xa9", 0 },
		{ "\n", 0 },
		{ "a\x1f", 1 },
		{ "\\\n", 0 },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

/* A run of backslashes escapes what follows if it is odd, wherever a vector begins in it. */
static void runs_of_backslashes_are_counted(void **state)
{
	char text[PLACES + 2] = "";

	(void)state;
	for (size_t length = 1; length <= PLACES; length++) {
		struct example example = { text, length / 2 * 2 };

		memset(text, '\\', length);
		text[length] = 'n';
		text[length + 1] = '\0';
		if (length % 2 == 1)
			example.passed += 2;
		else
			example.passed++;
		check_at_all_places(&example, "\"", false);
		text[length] = 'u';
		example.passed = length % 2 == 1 ? length - 1 : length + 1;
		check_at_all_places(&example, "\"", false);
	}
}

/* A backslash that is the last byte escapes nothing yet. */
static void a_backslash_at_the_end_is_left(void **state)
{
	static const struct example examples[] = { { "\\", 0 }, { "\\\\\\", 2 }, { "\\n\\", 2 } };

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++)
		check_at_all_places(&examples[i], "", false);
}

static void well_formed_utf8_is_passed_over(void **state)
{
	static const struct example examples[] = {
		{ "\xc2\x80", 2 },             /* U+0080 */
		{ "\xdf\xbf", 2 },             /* U+07FF */
		{ "\xe0\xa0\x80", 3 },         /* U+0800 */
		{ "\xed\x9f\xbf", 3 },         /* U+D7FF */
		{ "\xee\x80\x80", 3 },         /* U+E000 */
		{ "\xef\xbf\xbf", 3 },         /* U+FFFF */
		{ "\xf0\x90\x80\x80", 4 },     /* U+10000 */
		{ "\xf4\x8f\xbf\xbf", 4 },     /* U+10FFFF */
		{ "\xe6\x9d\xb1\xe4\xba\xac\xf0\x9f\x98\x80\xc3\xa9 \xe2\x98\x83\\n\xc3\xbc", 20 },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

static void what_is_no_utf8_is_not_passed_over(void **state)
{
	static const struct example examples[] = {
		{ "\x80", 0 }, { "\xbf", 0 }, { "\xff", 0 }, { "\xfe", 0 },
		{ "\xc0\x80", 0 }, { "\xc1\xbf", 0 },                     /* overlong */
		{ "\xe0\x9f\xbf", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
		{ "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 },             /* surrogates */
		{ "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },     /* beyond U+10FFFF */
		{ "\xc3", 0 }, { "\xe6\x9d", 0 }, { "\xf0\x9f\x98", 0 },  /* too short */
		{ "\xc3\xa9\xc3", 2 }, { "\xe6\x9d\xb1\xe4\xba", 3 },
		{ "\xc3\xa9\xa9", 2 }, { "\xe6\x9d\xb1\xb1", 3 },         /* too long */
		{ "\\n\x80", 2 }, { "\xc3\\n", 0 },
	};

	(void)state;
	check_examples(examples, COUNT(examples));
}

/* All that four bytes can be, of those that tell something; the plainest way is the judge. */
static void all_ways_judge_each_sequence_alike(void **state)
{
	static const unsigned char seconds[] = { 0x00, 0x22, 0x41, 0x5c, 0x6e, 0x7f, 0x80, 0x81,
						 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf,
						 0xe0, 0xed, 0xf0, 0xf4, 0xff };
	char text[40];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (unsigned place = 26; place <= 34; place += 2)
		for (unsigned first = 0; first < 256; first++)
			for (size_t i = 0; i < COUNT(seconds) * COUNT(seconds); i++)
				for (unsigned fourth = 0x7f; fourth <= 0xc0; fourth += 0x41) {
					struct slice all = slice_of(text, sizeof(text));
					const char *end = text + sizeof(text), *stop;

					text[place] = (char)first;
					text[place + 1] = (char)seconds[i % COUNT(seconds)];
					text[place + 2] = (char)seconds[i / COUNT(seconds)];
					text[place + 3] = (char)fourth;
					stop = json_string_ways[0].pass_over(text, end);
					check_all_ways(all, (size_t)(stop - text));
					memset(text + place, 'a', 4);
				}
}

static void random_texts_are_passed_over_alike(void **state)
{
	static const char *const words[] = {
		"a", "plain", "\\n", "\\\\", "\\\"", "\xc3\xa9", "\xe6\x9d\xb1", "\xf0\x9f\x98\x80",
		" ", "ab", "abc", "\\/",
	};
	static const char *const ends[] = {
		"\"", "\\u0041", "\x80", "\xe6\x9d", "\\", "\n", "\\x",
	};
	char text[LENGTH_MAX];

	(void)state;
	srand(7);
	for (int round = 0; round < 20000; round++) {
		size_t length = 0, passed, most = (size_t)rand() % (LENGTH_MAX - 20);
		const char *word;

		while (length < most) {
			word = words[(size_t)rand() % COUNT(words)];
			memcpy(text + length, word, strlen(word));
			length += strlen(word);
		}
		passed = length;
		word = ends[(size_t)rand() % COUNT(ends)];
		memcpy(text + length, word, strlen(word));
		check_all_ways(slice_of(text, length + strlen(word)), passed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_end_at_their_quote),
		cmocka_unit_test(escapes_of_one_letter_are_passed_over),
		cmocka_unit_test(it_stops_before_what_has_to_be_looked_at),
		cmocka_unit_test(runs_of_backslashes_are_counted),
		cmocka_unit_test(a_backslash_at_the_end_is_left),
		cmocka_unit_test(well_formed_utf8_is_passed_over),
		cmocka_unit_test(what_is_no_utf8_is_not_passed_over),
		cmocka_unit_test(all_ways_judge_each_sequence_alike),
		cmocka_unit_test(random_texts_are_passed_over_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
