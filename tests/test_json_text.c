#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "guarded.h"
#include "json_text.h"

#define TEXT(literal) { "" literal, sizeof(literal) - 1 }
#define FFFD "\xef\xbf\xbd"

struct pair {
	struct slice from, to;
};

/* Bytes that are no UTF-8, and what they become: one U+FFFD for each maximal subpart. */
static const struct pair bad_bytes[] = {
	/* tables 3-8 to 3-11 of the Unicode standard, version 15 */
	{ TEXT("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
	  TEXT(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A") },
	{ TEXT("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
	  TEXT(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A") },
	{ TEXT("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
	  TEXT(FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B") },
	{ TEXT("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), TEXT(FFFD FFFD FFFD FFFD "A") },
	/* the example of its section 3.9 */
	{ TEXT("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
	  TEXT("a" FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d") },
	{ TEXT("\xff"), TEXT(FFFD) },
	{ TEXT("\xc3"), TEXT(FFFD) },
	{ TEXT("\xf0\x9f\x98"), TEXT(FFFD) },
	{ TEXT("\xf5\x80"), TEXT(FFFD FFFD) },
	{ TEXT("caf\xe9 \xc3\xa9"), TEXT("caf" FFFD " \xc3\xa9") },
	{ TEXT("\xe2\x82\xac\xe2\x82"), TEXT("\xe2\x82\xac" FFFD) },
};

static const struct pair raw_and_decoded[] = {
	{ TEXT(""), TEXT("") },
	{ TEXT("plain"), TEXT("plain") },
	{ TEXT("\\\"\\\\\\/"), TEXT("\"\\/") },
	{ TEXT("\\b\\f\\n\\r\\t"), TEXT("\b\f\n\r\t") },
	{ TEXT("\\u0041\\u007f"), TEXT("A\x7f") },
	{ TEXT("x\\u0080\\u07ff"), TEXT("x\xc2\x80\xdf\xbf") },
	{ TEXT("\\u00e9\\u00E9"), TEXT("\xc3\xa9\xc3\xa9") },
	{ TEXT("\\u0800\\u20ac\\uffff"), TEXT("\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf") },
	{ TEXT("\\ud83d\\ude00!"), TEXT("\xf0\x9f\x98\x80!") },
	{ TEXT("\\ud800\\udc00"), TEXT("\xf0\x90\x80\x80") },
	{ TEXT("\\udbff\\udfff"), TEXT("\xf4\x8f\xbf\xbf") },
	{ TEXT("a\\u0000b"), TEXT("a\0b") },
	{ TEXT("\\\\u0041"), TEXT("\\u0041") },
	{ TEXT("\xf0\x9f\x98\x80\xc3\xa9"), TEXT("\xf0\x9f\x98\x80\xc3\xa9") },
	{ TEXT("\\ud83d"), TEXT(FFFD) },
	{ TEXT("\\ude00"), TEXT(FFFD) },
	{ TEXT("\\ud83d\\u0041"), TEXT(FFFD "A") },
	{ TEXT("\\ud83d\\n"), TEXT(FFFD "\n") },
	{ TEXT("\\ud83d\\ud83d\\ude00"), TEXT(FFFD "\xf0\x9f\x98\x80") },
	{ TEXT("\\ude00\\ud83d"), TEXT(FFFD FFFD) },
	{ TEXT("\\ude00\\ude00"), TEXT(FFFD FFFD) },
	{ TEXT("\\ud83dude00"), TEXT(FFFD "ude00") },
};

static const struct pair text_and_encoded[] = {
	{ TEXT(""), TEXT("\"\"") },
	{ TEXT("plain text"), TEXT("\"plain text\"") },
	{ TEXT("\"\\/"), TEXT("\"\\\"\\\\/\"") },
	{ TEXT("\b\f\n\r\t"), TEXT("\"\\b\\f\\n\\r\\t\"") },
	{ TEXT("a\0b\x01\x0b\x1b\x1f"), TEXT("\"a\\u0000b\\u0001\\u000b\\u001b\\u001f\"") },
	{ TEXT("\x7f"), TEXT("\"\x7f\"") },
	{ TEXT("\xc3\xa9\xf0\x9f\x98\x80\xe2\x80\xa8"),
	  TEXT("\"\xc3\xa9\xf0\x9f\x98\x80\xe2\x80\xa8\"") },
	{ TEXT("</script>"), TEXT("\"</script>\"") },
	{ TEXT("\xc3\"x"), TEXT("\"" FFFD "\\\"x\"") },
};

static const struct pair broken_and_mended[] = {
	{ TEXT("NaN"), TEXT("null") },
	{ TEXT("Infinity"), TEXT("null") },
	{ TEXT("-Infinity"), TEXT("null") },
	{ TEXT("[NaN,-1,-Infinity, Infinity ]"), TEXT("[null,-1,null, null ]") },
	{ TEXT("{\"NaN\": NaN, \"-Infinity\": \"Infinity\"}"),
	  TEXT("{\"NaN\": null, \"-Infinity\": \"Infinity\"}") },
	{ TEXT("[\"\\\"NaN\", NaN]"), TEXT("[\"\\\"NaN\", null]") },
	{ TEXT("[\"\\\\\", NaN]"), TEXT("[\"\\\\\", null]") },
	{ TEXT("\"\\ud83d\""), TEXT("\"\\ufffd\"") },
	{ TEXT("\"\\ude00x\""), TEXT("\"\\ufffdx\"") },
	{ TEXT("\"\\uD83D\\n\\\"\""), TEXT("\"\\ufffd\\n\\\"\"") },
	{ TEXT("\"\\ud83d\\ud83d\\ude00\""), TEXT("\"\\ufffd\\ud83d\\ude00\"") },
	{ TEXT("\"\\\\ud83d\""), TEXT("\"\\\\ud83d\"") },
	{ TEXT("{\"\xff\":\"\xc3\"}"), TEXT("{\"" FFFD "\":\"" FFFD "\"}") },
	{ TEXT("[NaN,\"\xe2\x82\",\"\\udc00\"]"), TEXT("[null,\"" FFFD "\",\"\\ufffd\"]") },
	{ TEXT("{\r\n  \"a\\n\": [\n1]\n}"), TEXT("{    \"a\\n\": [ 1] }") },
	/* nothing to mend: not a byte changes */
	{ TEXT(""), TEXT("") },
	{ TEXT("{ \"a\" : 1.50E+2 ,\t\"b\\/\\u0041\":[-0, 12345678901234567890 ] }"),
	  TEXT("{ \"a\" : 1.50E+2 ,\t\"b\\/\\u0041\":[-0, 12345678901234567890 ] }") },
	{ TEXT("\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \\u0000\""),
	  TEXT("\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \\u0000\"") },
};

static struct guarded guarded;

static void check_table(void (*function)(struct buffer *, struct slice), const struct pair *pairs,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer out;

		buffer_init(&out, BUFFER_MAXIMUM);
		buffer_append_char(&out, '>');
		function(&out, guarded_put(&guarded, pairs[i].from));
		assert_false(out.failed);
		if (out.data[0] != '>' ||
		    !slice_equals(slice_of(out.data + 1, out.length - 1), pairs[i].to))
			fail_msg("<%.*s> became %.*s, not <%.*s>", (int)pairs[i].from.length,
				 pairs[i].from.data, (int)out.length, out.data,
				 (int)pairs[i].to.length, pairs[i].to.data);
		buffer_release(&out);
	}
}

static void decoding_gives_the_text_that_escapes_stand_for(void **state)
{
	(void)state;
	check_table(json_text_decode, raw_and_decoded, COUNT(raw_and_decoded));
}

static void decoding_replaces_each_maximal_subpart_of_bad_utf8_once(void **state)
{
	(void)state;
	check_table(json_text_decode, bad_bytes, COUNT(bad_bytes));
}

static void encoding_escapes_what_json_demands_and_no_more(void **state)
{
	(void)state;
	check_table(json_text_encode, text_and_encoded, COUNT(text_and_encoded));
}

static void mending_changes_what_is_broken_and_nothing_else(void **state)
{
	(void)state;
	check_table(json_text_mend, broken_and_mended, COUNT(broken_and_mended));
}

/* The table of bad bytes again, with quotes around both sides. */
static void check_quoted(void (*function)(struct buffer *, struct slice), bool quote_input)
{
	char from[64], to[64];

	for (size_t i = 0; i < COUNT(bad_bytes); i++) {
		int to_length = snprintf(to, sizeof(to), "\"%s\"", bad_bytes[i].to.data);
		int from_length = snprintf(from, sizeof(from), quote_input ? "\"%s\"" : "%s",
					   bad_bytes[i].from.data);
		struct pair pair = { slice_of(from, (size_t)from_length),
				     slice_of(to, (size_t)to_length) };

		check_table(function, &pair, 1);
	}
}

static void mending_and_encoding_replace_maximal_subparts_likewise(void **state)
{
	(void)state;
	check_quoted(json_text_mend, true);
	check_quoted(json_text_encode, false);
}

static void a_raw_string_equals_what_it_decodes_to_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(raw_and_decoded); i++) {
		struct slice raw = guarded_put(&guarded, raw_and_decoded[i].from);

		for (size_t j = 0; j < COUNT(raw_and_decoded); j++) {
			struct slice text = raw_and_decoded[j].to;
			bool same = slice_equals(raw_and_decoded[i].to, text);

			if (json_text_equals(raw, text) != same)
				fail_msg("<%.*s> and <%.*s>", (int)raw.length, raw.data,
					 (int)text.length, text.data);
		}
	}
}

static void comparing_sees_differences_at_the_end(void **state)
{
	static const struct {
		struct slice raw, text;
		bool equal;
	} cases[] = {
		{ TEXT("name"), TEXT("name"), true },
		{ TEXT("name"), TEXT("names"), false },
		{ TEXT("names"), TEXT("name"), false },
		{ TEXT("name"), TEXT(""), false },
		{ TEXT(""), TEXT("name"), false },
		{ TEXT("n\\u0061me"), TEXT("name"), true },
		{ TEXT("n\\u0061me"), TEXT("n\\u0061me"), false },
		{ TEXT("a\\n"), TEXT("a\\n"), false },
		{ TEXT("\\u20ac"), TEXT("\xe2\x82\xac"), true },
		{ TEXT("\\u20ac"), TEXT("\xe2\x82"), false },
		{ TEXT("\xff"), TEXT("\xff"), false },
		{ TEXT("\xff"), TEXT(FFFD), true },
		{ { NULL, 0 }, { NULL, 0 }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (json_text_equals(cases[i].raw, cases[i].text) != cases[i].equal)
			fail_msg("case %zu: %s, %s", i, cases[i].raw.data, cases[i].text.data);
}

/* Not from any scanned text, but nobody should read beyond the end for it. */
static void raw_strings_cut_in_an_escape_are_copied(void **state)
{
	static const struct pair cut[] = {
		{ TEXT("\\"), TEXT("\\") },
		{ TEXT("a\\u"), TEXT("a\\u") },
		{ TEXT("a\\u00e"), TEXT("a\\u00e") },
		{ TEXT("\\ud83d\\ude0"), TEXT(FFFD "\\ude0") },
	};

	(void)state;
	check_table(json_text_decode, cut, COUNT(cut));
}

static void encoding_and_decoding_gives_the_text_back(void **state)
{
	char text[1024];
	size_t length = 0;
	struct buffer encoded, decoded;

	(void)state;
	for (int byte = 0; byte < 0x80; byte++)
		text[length++] = (char)byte;
	for (int lead = 0xc2; lead < 0xe0; lead++) {
		text[length++] = (char)lead;
		text[length++] = (char)0xa5;
	}
	buffer_init(&encoded, BUFFER_MAXIMUM);
	buffer_init(&decoded, BUFFER_MAXIMUM);
	json_text_encode(&encoded, slice_of(text, length));
	json_text_decode(&decoded, slice_of(encoded.data + 1, encoded.length - 2));
	assert_int_equal(decoded.length, length);
	assert_memory_equal(decoded.data, text, length);
	buffer_release(&encoded);
	buffer_release(&decoded);
}

static int map_guarded(void **state)
{
	(void)state;
	return guarded_init(&guarded) ? 0 : -1;
}

static int unmap_guarded(void **state)
{
	(void)state;
	guarded_release(&guarded);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_gives_the_text_that_escapes_stand_for),
		cmocka_unit_test(decoding_replaces_each_maximal_subpart_of_bad_utf8_once),
		cmocka_unit_test(encoding_escapes_what_json_demands_and_no_more),
		cmocka_unit_test(mending_changes_what_is_broken_and_nothing_else),
		cmocka_unit_test(mending_and_encoding_replace_maximal_subparts_likewise),
		cmocka_unit_test(a_raw_string_equals_what_it_decodes_to_and_nothing_else),
		cmocka_unit_test(comparing_sees_differences_at_the_end),
		cmocka_unit_test(raw_strings_cut_in_an_escape_are_copied),
		cmocka_unit_test(encoding_and_decoding_gives_the_text_back),
	};

	return cmocka_run_group_tests_name("json_text", tests, map_guarded, unmap_guarded);
}
