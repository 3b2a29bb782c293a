#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guarded.h"
#include "json_plain.h"

#define LENGTH_MAX 200

static void check_all_ways(struct slice text, const char *expected)
{
	const char *end = text.data + text.length;
	const char *short_end = end - text.data < JSON_PLAIN_SHORT ? end :
				text.data + JSON_PLAIN_SHORT;
	const char *found = json_plain_skip_short(text.data, end);

	assert_ptr_equal(json_plain_skip(text.data, end), expected);
	assert_ptr_equal(json_plain_skip_words(text.data, end), expected);
	if (found != expected)
		assert_true(found >= short_end && found < expected);
}

/* Each byte that there is, at each place of texts of each length; nothing behind is read. */
static void every_way_finds_the_first_byte_that_is_not_plain(void **state)
{
	static const char others[] = {
		'\0', '\x1f', '"', '\\', '\x7f', '\x80', '\xff', ' ', '!', '~',
	};
	char bytes[LENGTH_MAX];
	struct guarded guarded = { .pages = NULL };

	(void)state;
	assert_true(guarded_init(&guarded));
	for (size_t length = 0; length <= LENGTH_MAX; length++) {
		for (size_t at = 0; at < length; at++) {
			struct slice text;

			memset(bytes, 'a' + (int)(length % 26), length);
			bytes[at] = others[(length + at) % sizeof(others)];
			text = guarded_put(&guarded, slice_of(bytes, length));
			check_all_ways(text, text.data + (json_is_plain(bytes[at]) ? length : at));
		}
	}
	guarded_release(&guarded);
}

static void plain_are_printable_ascii_and_del_but_for_quote_and_backslash(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[64];
		bool plain = byte >= 0x20 && byte <= 0x7f && byte != '"' && byte != '\\';

		memset(text, byte, sizeof(text));
		assert_int_equal(json_is_plain((char)byte), plain);
		check_all_ways(slice_of(text, sizeof(text)), text + (plain ? sizeof(text) : 0));
	}
}

static void random_texts_are_searched_alike(void **state)
{
	char text[300];

	(void)state;
	srand(7);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rand() % sizeof(text);
		const char *expected = text;

		for (size_t i = 0; i < length; i++)
			text[i] = rand() % 100 ? (char)(0x23 + rand() % 0x30) : (char)rand();
		while (expected < text + length && json_is_plain(*expected))
			expected++;
		check_all_ways(slice_of(text, length), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_finds_the_first_byte_that_is_not_plain),
		cmocka_unit_test(plain_are_printable_ascii_and_del_but_for_quote_and_backslash),
		cmocka_unit_test(random_texts_are_searched_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
