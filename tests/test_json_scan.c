#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "count.h"
#include "guarded.h"
#include "json_scan.h"

#define TEXT(literal) { "" literal, sizeof(literal) - 1 }

static const struct slice valid_texts[] = {
	/* literals and white space */
	TEXT("null"), TEXT("true"), TEXT("false"), TEXT(" null "), TEXT("\t\r\n true\n"),
	/* numbers */
	TEXT("0"), TEXT("-0"), TEXT("1"), TEXT("-1"), TEXT("10"), TEXT("1234567890"),
	TEXT("0.0"), TEXT("-0.0"), TEXT("0.5"), TEXT("-0.5"), TEXT("1.25"), TEXT("100.001"),
	TEXT("1e5"), TEXT("1E5"), TEXT("1e+5"), TEXT("1e-5"), TEXT("1E+05"), TEXT("0e0"),
	TEXT("0E+1"), TEXT("-0e-0"), TEXT("1.5e300"), TEXT("-1.5E-300"), TEXT("123e0000000002"),
	TEXT("9223372036854775807"), TEXT("-9223372036854775808"), TEXT("1E-400"),
	TEXT("0.30000000000000004"), TEXT("3.141592653589793238462643383279502884197169399375"),
	TEXT("[0,-1,2.5,1e3]"), TEXT("12 "),
	/* strings */
	TEXT("\"\""), TEXT("\"a\""), TEXT("\" \""), TEXT("\"a b c\""), TEXT("\"1234567\""),
	TEXT("\"12345678\""), TEXT("\"123456789\""), TEXT("\"a long one, of more than 16\""),
	TEXT("\"\x7f\""), TEXT("\"'\""), TEXT("\"/\""), TEXT("\"//\""), TEXT("\"{[,:]}\""),
	TEXT("\"NaN\""), TEXT("\"null\""),
	/* escapes */
	TEXT("\"\\\"\""), TEXT("\"\\\\\""), TEXT("\"\\/\""), TEXT("\"\\b\\f\\n\\r\\t\""),
	TEXT("\"\\u0041\""), TEXT("\"\\u00e9\""), TEXT("\"\\u00E9\""), TEXT("\"\\uaBcD\""),
	TEXT("\"\\uFFFF\""), TEXT("\"\\uffff\""), TEXT("\"\\u0000\""), TEXT("\"\\\\u0041\""),
	TEXT("\"\\\\\\\"\""), TEXT("\"\\ud83d\\ude00\""), TEXT("\"\\uD800\\uDC00\""),
	TEXT("\"\\udbff\\udfff\""), TEXT("\"\\ud7ff\\ue000\""), TEXT("\"\\u2028\\u2029\""),
	TEXT("\"1234567\\\"\""), TEXT("\"12345678\\n\""),
	/* UTF-8 */
	TEXT("\"\xc3\xa9\""), TEXT("\"\xe2\x82\xac\""), TEXT("\"\xf0\x9f\x98\x80\""),
	TEXT("\"\xc2\x80\""), TEXT("\"\xdf\xbf\""), TEXT("\"\xe0\xa0\x80\""),
	TEXT("\"\xed\x9f\xbf\""), TEXT("\"\xee\x80\x80\""), TEXT("\"\xef\xbf\xbf\""),
	TEXT("\"\xef\xbf\xbe\""), TEXT("\"\xf0\x90\x80\x80\""), TEXT("\"\xf4\x8f\xbf\xbf\""),
	TEXT("\"\xef\xbb\xbf\""), TEXT("\"\xe2\x80\xa8\""), TEXT("\"abc\xc3\xa9xyz\xc3\xa9\""),
	/* structure */
	TEXT("[]"), TEXT("{}"), TEXT("[ ]"), TEXT("{ }"), TEXT("[\n]"), TEXT("[[]]"), TEXT("[{}]"),
	TEXT("[[],[]]"), TEXT("[{},{}]"), TEXT("[[[[[[]]]]]]"), TEXT("[1]"), TEXT("[1,2]"),
	TEXT("[ 1 , 2 ]"), TEXT("[null,true,false]"), TEXT("[\"\"]"), TEXT("[\"a\",\"b\"]"),
	TEXT("{\"a\":1}"), TEXT("{ \"a\" : 1 }"), TEXT("{\"a\":1,\"b\":2}"), TEXT("{\"\":0}"),
	TEXT("{\"a\":{}}"), TEXT("{\"a\":[]}"), TEXT("{\"a\":{\"b\":{\"c\":[1,{\"d\":null}]}}}"),
	TEXT("{\"a\":[],\"b\":{}}"), TEXT("{\"a\":1,\"a\":2}"), TEXT("{\"\\u0061\":1}"),
	TEXT("{\"\xc3\xa9\":1}"), TEXT("[1,[2,[3,[4]]],5]"), TEXT("[{\"a\":[{\"b\":[]}]}]"),
	TEXT("{\"a\"\n:\n1\n,\n\"b\"\n:\n2\n}"), TEXT("[[1],{\"x\":[2]},[3]]"),
	/* as taps write them */
	TEXT("{\"type\": \"RECORD\", \"stream\": \"users\", \"record\": {\"id\": 1, \"name\": "
	     "\"J\\u00fcrgen\", \"score\": 1.50, \"tags\": [\"a\", \"b\"], \"address\": null}, "
	     "\"time_extracted\": \"2024-01-01T00:00:00.000000Z\"}"),
	TEXT("{\"type\":\"STATE\","
	     "\"value\":{\"bookmarks\":{\"users\":{\"updated_at\":\"2024\"}}}}"),
};

static const struct slice invalid_texts[] = {
	/* nothing, and literals */
	TEXT(""), TEXT(" "), TEXT("\n"), TEXT("nul"), TEXT("nulll"), TEXT("nullx"), TEXT("Null"),
	TEXT("TRUE"), TEXT("True"), TEXT("tru"), TEXT("truefalse"), TEXT("fals"), TEXT("None"),
	TEXT("undefined"), TEXT("nan"), TEXT("inf"), TEXT("infinity"), TEXT("a"), TEXT("'a'"),
	/* numbers */
	TEXT("-"), TEXT("+1"), TEXT("+"), TEXT("01"), TEXT("-01"), TEXT("00"), TEXT("1."),
	TEXT("-1."), TEXT(".5"), TEXT("-.5"), TEXT("1.e5"), TEXT("1e"), TEXT("1e+"), TEXT("1E-"),
	TEXT("1e5.0"), TEXT("1.2.3"), TEXT("1e1e1"), TEXT("--1"), TEXT("- 1"), TEXT("0x10"),
	TEXT("1_000"), TEXT("1,000"), TEXT("1a"), TEXT("1 2"), TEXT("0.e1"), TEXT("[1.]"),
	TEXT("[-]"), TEXT("[01]"), TEXT("[1e]"), TEXT("[.1]"), TEXT("\xef\xbc\x91"),
	TEXT("-a"), TEXT("1f"), TEXT("1L"),
	/* strings and escapes */
	TEXT("\""), TEXT("\"a"), TEXT("\"\\"), TEXT("\"\\\""), TEXT("\"\\u"), TEXT("\"\\u1"),
	TEXT("\"\\u12\""), TEXT("\"\\u123\""), TEXT("\"\\u123g\""), TEXT("\"\\u 123\""),
	TEXT("\"\\U0041\""), TEXT("\"\\x41\""), TEXT("\"\\a\""), TEXT("\"\\v\""), TEXT("\"\\0\""),
	TEXT("\"\\'\""), TEXT("\"\\ \""), TEXT("\"\\\n\""), TEXT("\"\\\0\""), TEXT("\"\n\""),
	TEXT("\"\t\""), TEXT("\"\r\""), TEXT("\"\0\""), TEXT("\"\x1f\""), TEXT("\"\x01 abc\""),
	TEXT("\"12345678\t\""), TEXT("\"a\"b"), TEXT("\"a\"\"b\""), TEXT("\"\\u-123\""),
	TEXT("\"\\u+123\""), TEXT("\"\\u0x12\""), TEXT("\"\\ud83d\\u"), TEXT("\"\\ud83d\\"),
	TEXT("\"\\ud83d\\ude0\""), TEXT("\"\\ud83d\\x\""), TEXT("\"\\\xc3\xa9\""),
	/* structure */
	TEXT("["), TEXT("]"), TEXT("{"), TEXT("}"), TEXT("[}"), TEXT("{]"), TEXT("[["), TEXT("[]]"),
	TEXT("{}}"), TEXT("[[]"), TEXT("[{]}"), TEXT("{[}]"), TEXT("[1"), TEXT("[1,"), TEXT("[,"),
	TEXT("[,]"), TEXT("[,1]"), TEXT("[1,]"), TEXT("[1,,2]"), TEXT("[1 2]"), TEXT("[1:2]"),
	TEXT("[\"a\":1]"), TEXT("[1;2]"), TEXT("{\"a\""), TEXT("{\"a\":"), TEXT("{\"a\":1"),
	TEXT("{\"a\":1,"), TEXT("{\"a\":1,}"), TEXT("{,}"), TEXT("{,\"a\":1}"), TEXT("{\"a\"}"),
	TEXT("{\"a\":}"), TEXT("{\"a\",1}"), TEXT("{\"a\"::1}"), TEXT("{\"a\" 1}"), TEXT("{a:1}"),
	TEXT("{'a':1}"), TEXT("{1:1}"), TEXT("{null:1}"), TEXT("{[]:1}"), TEXT("{:1}"),
	TEXT("{\"a\":1 \"b\":2}"), TEXT("{\"a\":1,,\"b\":2}"), TEXT("{\"a\":1;}"),
	TEXT("{\"a\":1]"), TEXT("[1}"), TEXT("{\"a\":[}"), TEXT("{\"a\":[1}"),
	TEXT("{\"a\" \"b\"}"),
	TEXT("{\"a\":1:2}"), TEXT("{\"\n\":1}"), TEXT("{\"\\x\":1}"), TEXT("{\"a\":tru}"),
	/* comments, and text behind the end */
	TEXT("// c\n1"), TEXT("/* c */ 1"), TEXT("1 // c"), TEXT("[1 /* c */]"), TEXT("# c"),
	TEXT("{} {}"), TEXT("[] []"), TEXT("{},"), TEXT("[],"), TEXT("null null"), TEXT("1]"),
	TEXT("\"\"x"), TEXT("{}\0"), TEXT("{}\n{}"), TEXT(","), TEXT(":"), TEXT("{}#"),
	/* bytes that are nothing outside strings */
	TEXT("\xef\xbb\xbf{}"), TEXT("\xef\xbb\xbf"), TEXT("\0"), TEXT("\0{}"), TEXT("[\0]"),
	TEXT("\xff\xfe{\0}\0"), TEXT("\xc2\xa0""1"), TEXT("1\xc2\xa0"), TEXT("\x0c""1"),
	TEXT("\x0b""1"), TEXT("[\x0c]"), TEXT("[\xe2\x80\xa8]"), TEXT("\x80"), TEXT("[\xff]"),
	TEXT("\x1b[0m"), TEXT("\x7f"), TEXT("INFO Starting sync"), TEXT("[2024-01-01] INFO"),
};

/* Where we differ from jansson on purpose: what one accepts, the other refuses. */
static const struct {
	struct slice text;
	bool accepted; /* here, that is */
	unsigned found;
	const char *reason;
} differing_texts[] = {
	{ TEXT("9223372036854775808"), true, 0, "integers of any size pass" },
	{ TEXT("-9223372036854775809"), true, 0, "integers of any size pass" },
	{ TEXT("[123456789012345678901234567890]"), true, 0, "integers of any size pass" },
	{ TEXT("1E400"), true, 0, "exponents of any size pass" },
	{ TEXT("-1e999999999999"), true, 0, "exponents of any size pass" },
	{ TEXT("{\"\\u0000\":1}"), true, 0, "keys are no C strings here" },
	{ TEXT("NaN"), true, JSON_FOUND_NONFINITE, "Python writes it" },
	{ TEXT("Infinity"), true, JSON_FOUND_NONFINITE, "Python writes it" },
	{ TEXT("-Infinity"), true, JSON_FOUND_NONFINITE, "Python writes it" },
	{ TEXT("{\"a\":NaN,\"b\":[-Infinity]}"), true, JSON_FOUND_NONFINITE, "Python writes it" },
	{ TEXT("\"\\ud83d\""), true, JSON_FOUND_LONE_SURROGATE, "high, no partner" },
	{ TEXT("\"\\ud83dx\""), true, JSON_FOUND_LONE_SURROGATE, "high, no partner" },
	{ TEXT("\"\\ude00\""), true, JSON_FOUND_LONE_SURROGATE, "low, alone" },
	{ TEXT("\"\\ude00\\ud83d\""), true, JSON_FOUND_LONE_SURROGATE, "the wrong order" },
	{ TEXT("\"\\ude00\\ude00\""), true, JSON_FOUND_LONE_SURROGATE, "low twice" },
	{ TEXT("\"\\ud83d\\ud83d\\ude00\""), true, JSON_FOUND_LONE_SURROGATE, "one before a pair" },
	{ TEXT("\"\\ud83d\\u0041\""), true, JSON_FOUND_LONE_SURROGATE,
	  "another escape as partner" },
	{ TEXT("\"\\ud83d\\n\""), true, JSON_FOUND_LONE_SURROGATE, "another escape as partner" },
	{ TEXT("{\"\\udfff\":1}"), true, JSON_FOUND_LONE_SURROGATE, "in a key" },
	{ TEXT("\"\xff\""), true, JSON_FOUND_BAD_UTF8, "never in UTF-8" },
	{ TEXT("\"\x80\""), true, JSON_FOUND_BAD_UTF8, "continuation alone" },
	{ TEXT("\"\xc3\""), true, JSON_FOUND_BAD_UTF8, "cut by the quote" },
	{ TEXT("\"\xe2\x82\""), true, JSON_FOUND_BAD_UTF8, "cut by the quote" },
	{ TEXT("\"\xf0\x9f\x98\""), true, JSON_FOUND_BAD_UTF8, "cut by the quote" },
	{ TEXT("\"\xc0\x80\""), true, JSON_FOUND_BAD_UTF8, "overlong" },
	{ TEXT("\"\xc1\xbf\""), true, JSON_FOUND_BAD_UTF8, "overlong" },
	{ TEXT("\"\xe0\x9f\xbf\""), true, JSON_FOUND_BAD_UTF8, "overlong" },
	{ TEXT("\"\xf0\x8f\xbf\xbf\""), true, JSON_FOUND_BAD_UTF8, "overlong" },
	{ TEXT("\"\xed\xa0\x80\""), true, JSON_FOUND_BAD_UTF8, "a surrogate in UTF-8" },
	{ TEXT("\"\xf4\x90\x80\x80\""), true, JSON_FOUND_BAD_UTF8, "beyond U+10FFFF" },
	{ TEXT("\"\xf5\x80\x80\x80\""), true, JSON_FOUND_BAD_UTF8, "beyond U+10FFFF" },
	{ TEXT("\"caf\xe9\""), true, JSON_FOUND_BAD_UTF8, "Latin-1" },
	{ TEXT("{\"\xe9\":1}"), true, JSON_FOUND_BAD_UTF8, "Latin-1 in a key" },
	{ TEXT("[NaN,\"\xff\",\"\\udc00\"]"),
	  true, JSON_FOUND_NONFINITE | JSON_FOUND_BAD_UTF8 | JSON_FOUND_LONE_SURROGATE,
	  "all at once" },
	{ TEXT("1\0"), false, 0, "jansson loses a zero byte behind a number" },
	{ TEXT("[1\0]"), false, 0, "jansson loses a zero byte behind a number" },
	{ TEXT("[null\0]"), false, 0, "jansson loses a zero byte behind a literal" },
};

static struct guarded guarded;

static bool scan_whole(struct slice text, unsigned *found)
{
	struct json_scan scan;
	struct slice value;
	bool good;

	json_scan_init(&scan, guarded_put(&guarded, text));
	good = json_scan_value(&scan, &value) && json_scan_end(&scan);
	assert_int_equal(good, scan.problem == NULL);
	if (!good) {
		assert_non_null(scan.problem_at);
		assert_true(scan.problem_at >= scan.end - text.length &&
			    scan.problem_at <= scan.end);
	}
	*found = scan.found;
	return good;
}

/* The same text member by member; the recursion ends at JSON_DEPTH_MAX with the scan. */
static bool walk(struct json_scan *scan)
{
	struct slice skipped;
	bool first = true;

	switch (json_scan_peek(scan)) {
	case '{':
		if (!json_scan_open(scan, '{'))
			return false;
		while (json_scan_member(scan, &first, &skipped))
			walk(scan);
		break;
	case '[':
		if (!json_scan_open(scan, '['))
			return false;
		while (json_scan_element(scan, &first))
			walk(scan);
		break;
	default:
		return json_scan_value(scan, &skipped);
	}
	return scan->problem == NULL;
}

static bool walk_whole(struct slice text, unsigned *found)
{
	struct json_scan scan;
	bool good;

	json_scan_init(&scan, guarded_put(&guarded, text));
	good = walk(&scan) && json_scan_end(&scan);
	if (good)
		assert_int_equal(scan.depth, 0);
	*found = scan.found;
	return good;
}

static bool jansson_accepts(struct slice text, enum json_error_code *code)
{
	json_error_t error;
	json_t *value = json_loadb(text.data, text.length,
				   JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	*code = value ? json_error_unknown : json_error_code(&error);
	json_decref(value);
	return value != NULL;
}

static void check_verdict(struct slice text, bool expected)
{
	enum json_error_code code;
	unsigned found, walk_found;
	bool jansson = jansson_accepts(text, &code);
	bool scanned = scan_whole(text, &found);
	bool walked = walk_whole(text, &walk_found);

	if (scanned != expected || walked != expected || jansson != expected ||
	    (expected && ((found | walk_found) & ~(unsigned)JSON_FOUND_RETURN) != 0))
		fail_msg("<%.*s>: expected %d, scanned %d, walked %d, jansson %d, found %x",
			 (int)text.length, text.data, expected, scanned, walked, jansson, found);
}

static void valid_texts_are_accepted_here_and_by_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(valid_texts); i++)
		check_verdict(valid_texts[i], true);
}

static void invalid_texts_are_refused_here_and_by_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(invalid_texts); i++)
		check_verdict(invalid_texts[i], false);
}

static void listed_differences_are_judged_as_listed_and_by_jansson_otherwise(void **state)
{
	enum json_error_code code;
	unsigned found, walk_found;

	(void)state;
	for (size_t i = 0; i < COUNT(differing_texts); i++) {
		struct slice text = differing_texts[i].text;
		bool accepted = differing_texts[i].accepted;

		if (scan_whole(text, &found) != accepted || found != differing_texts[i].found ||
		    walk_whole(text, &walk_found) != accepted || walk_found != found ||
		    jansson_accepts(text, &code) == accepted)
			fail_msg("<%.*s> (%s), found %x", (int)text.length, text.data,
				 differing_texts[i].reason, found);
	}
}

static void every_prefix_of_a_valid_text_gets_the_verdict_of_jansson(void **state)
{
	enum json_error_code code;

	(void)state;
	for (size_t i = 0; i < COUNT(valid_texts); i++) {
		for (size_t length = 0; length < valid_texts[i].length; length++) {
			struct slice prefix = slice_of(valid_texts[i].data, length);

			check_verdict(prefix, jansson_accepts(prefix, &code));
		}
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

struct mutant {
	char bytes[1024];
	size_t length;
};

/* Replaces `removed` bytes at a place by a fragment, where it fits. */
static void splice(struct mutant *mutant, size_t at, size_t removed, struct slice fragment)
{
	size_t tail = mutant->length - at - removed;

	if (at + fragment.length + tail > sizeof(mutant->bytes))
		return;
	memmove(mutant->bytes + at + fragment.length, mutant->bytes + at + removed, tail);
	memcpy(mutant->bytes + at, fragment.data, fragment.length);
	mutant->length = at + fragment.length + tail;
}

static void mutate(struct mutant *mutant, uint64_t *seed)
{
	static const struct slice fragments[] = {
		TEXT(""), TEXT("{"), TEXT("}"), TEXT("["), TEXT("]"), TEXT(","), TEXT(":"),
		TEXT("\""), TEXT("\\"), TEXT(" "), TEXT("\n"), TEXT("0"), TEXT("7"), TEXT("-"),
		TEXT("."), TEXT("e"), TEXT("+"), TEXT("\\u"), TEXT("\\ud83d"), TEXT("\\ude00"),
		TEXT("\\n"), TEXT("null"), TEXT("true"), TEXT("NaN"), TEXT("Infinity"), TEXT("\0"),
		TEXT("\xc3\xa9"), TEXT("\xe2"), TEXT("\x82"), TEXT("\xf0\x9f\x98\x80"),
		TEXT("\x1f"),
		TEXT("\"a\":"), TEXT("[]"), TEXT("{}"), TEXT("\"\""), TEXT("1,"), TEXT("a"),
	};
	size_t at = next_random(seed) % (mutant->length + 1);
	size_t removed = next_random(seed) % 4;
	size_t which = next_random(seed) % COUNT(fragments);

	if (removed > mutant->length - at)
		removed = mutant->length - at;
	splice(mutant, at, removed, fragments[which]);
}

/* What the table of differences lists, where a mutation may lead to it. */
static bool is_policy(struct slice text, bool scanned, enum json_error_code code)
{
	if (code == json_error_numeric_overflow || code == json_error_null_byte_in_key)
		return true;
	return !scanned && memchr(text.data, '\0', text.length) != NULL;
}

static void check_mutant(struct slice text)
{
	enum json_error_code code;
	unsigned found, walk_found;
	bool jansson = jansson_accepts(text, &code);
	bool scanned = scan_whole(text, &found);
	bool walked = walk_whole(text, &walk_found);

	found &= ~(unsigned)JSON_FOUND_RETURN; /* jansson takes those, too */
	walk_found &= ~(unsigned)JSON_FOUND_RETURN;
	if (scanned != walked || found != walk_found)
		fail_msg("<%.*s>: scanned and walked differ", (int)text.length, text.data);
	if ((scanned && found == 0) != jansson && !is_policy(text, scanned, code))
		fail_msg("<%.*s>: scanned %d, found %x, jansson %d", (int)text.length, text.data,
			 scanned, found, jansson);
}

static void mutated_texts_get_the_verdict_of_jansson(void **state)
{
	uint64_t seed = 20240229;
	struct mutant mutant;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		struct slice text = valid_texts[next_random(&seed) % COUNT(valid_texts)];
		size_t times = 1 + next_random(&seed) % 3;

		memcpy(mutant.bytes, text.data, text.length);
		mutant.length = text.length;
		while (times-- > 0)
			mutate(&mutant, &seed);
		check_mutant(slice_of(mutant.bytes, mutant.length));
	}
}

static void every_byte_at_every_offset_of_a_string_gets_the_verdict_of_jansson(void **state)
{
	char text[64];

	(void)state;
	for (size_t length = 1; length <= 20; length++) {
		for (size_t at = 1; at <= length; at++) {
			for (int byte = 0; byte < 256; byte++) {
				memset(text, 'x', sizeof(text));
				text[0] = text[length + 1] = '"';
				text[at] = (char)byte;
				check_mutant(slice_of(text, length + 2));
			}
		}
	}
}

static void utf8_is_judged_as_by_jansson_at_all_edges_of_the_table(void **state)
{
	static const unsigned char edges[] = {
		'a', '"', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xff,
	};
	unsigned char text[] = { '"', 0, 0, 0, 0, '"' };

	(void)state;
	for (unsigned lead = 0x80; lead < 0x100; lead++) {
		for (size_t i = 0; i < COUNT(edges) * COUNT(edges) * COUNT(edges); i++) {
			text[1] = (unsigned char)lead;
			text[2] = edges[i % COUNT(edges)];
			text[3] = edges[i / COUNT(edges) % COUNT(edges)];
			text[4] = edges[i / COUNT(edges) / COUNT(edges)];
			check_mutant(slice_of((const char *)text, sizeof(text)));
		}
	}
}

/* `depth` arrays, one in the other, or objects where `opening` is of one. */
static struct slice nested(char *space, const char *opening, const char *closing, size_t depth)
{
	char *p = space;

	for (size_t i = 0; i < depth; i++, p += strlen(opening))
		memcpy(p, opening, strlen(opening));
	*p++ = '1';
	for (size_t i = 0; i < depth; i++)
		*p++ = *closing;
	return slice_of(space, (size_t)(p - space));
}

static void nesting_is_limited_at_999_where_jansson_takes_2048(void **state)
{
	static char space[16384];
	static const char *const kinds[][2] = { { "[", "]" }, { "{\"\":", "}" } };
	enum json_error_code code;
	unsigned found;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct slice text = nested(space, kinds[i][0], kinds[i][1], 999);

		assert_true(scan_whole(text, &found));
		assert_true(walk_whole(text, &found));
		text = nested(space, kinds[i][0], kinds[i][1], 1000);
		assert_false(scan_whole(text, &found));
		assert_false(walk_whole(text, &found));
		assert_true(jansson_accepts(text, &code));
	}
}

static void nesting_counts_what_was_opened_before(void **state)
{
	static char space[4096];
	struct json_scan scan;
	struct slice value;
	bool first = true;

	(void)state;
	json_scan_init(&scan, nested(space, "[", "]", 999));
	assert_true(json_scan_open(&scan, '['));
	assert_true(json_scan_element(&scan, &first));
	assert_true(json_scan_value(&scan, &value));
	assert_int_equal(value.length, 998 * 2 + 1);

	json_scan_init(&scan, nested(space, "[", "]", 1000));
	assert_true(json_scan_open(&scan, '['));
	first = true;
	assert_true(json_scan_element(&scan, &first));
	assert_false(json_scan_value(&scan, &value));
	assert_string_equal(scan.problem, "nested too deeply");
	assert_ptr_equal(scan.problem_at, space + 999);
}

static void problems_say_what_is_wrong_and_where(void **state)
{
	static const struct {
		struct slice text;
		size_t at;
		const char *problem;
	} cases[] = {
		{ TEXT(""), 0, "unexpected end" },
		{ TEXT("  "), 2, "unexpected end" },
		{ TEXT("[1,"), 3, "unexpected end" },
		{ TEXT("{\"a\":"), 5, "unexpected end" },
		{ TEXT("\"abc"), 4, "unexpected end" },
		{ TEXT("\"\\u12"), 5, "unexpected end" },
		{ TEXT("nul"), 3, "unexpected end" },
		{ TEXT("-"), 1, "unexpected end" },
		{ TEXT("1e+"), 3, "unexpected end" },
		{ TEXT("[1 2]"), 3, "a comma or closing bracket expected" },
		{ TEXT("{\"a\":1]"), 6, "a comma or closing brace expected" },
		{ TEXT("{\"a\" 1}"), 5, "a colon expected" },
		{ TEXT("{a:1}"), 1, "a key in quotes expected" },
		{ TEXT("{\"a\":1,}"), 7, "a key in quotes expected" },
		{ TEXT("[1,]"), 3, "a value expected" },
		{ TEXT("[nulx]"), 1, "a value expected" },
		{ TEXT("[1.x]"), 3, "a digit expected" },
		{ TEXT("\"a\nb\""), 2, "a control character in a string" },
		{ TEXT("\"a\\qb\""), 3, "no such escape in a string" },
		{ TEXT("\"\\u12x4\""), 5, "four hexadecimal digits expected after \\u" },
		{ TEXT("{} x"), 3, "more text after the end" },
		{ TEXT("01"), 1, "more text after the end" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_scan scan;
		struct slice value, text = guarded_put(&guarded, cases[i].text);

		json_scan_init(&scan, text);
		assert_false(json_scan_value(&scan, &value) && json_scan_end(&scan));
		assert_string_equal(scan.problem, cases[i].problem);
		assert_int_equal(scan.problem_at - text.data, cases[i].at);

		json_scan_init(&scan, text);
		assert_false(walk(&scan) && json_scan_end(&scan));
		assert_string_equal(scan.problem, cases[i].problem);
		assert_int_equal(scan.problem_at - text.data, cases[i].at);
	}
}

static void assert_slice(struct slice slice, const char *expected)
{
	assert_int_equal(slice.length, strlen(expected));
	assert_memory_equal(slice.data, expected, slice.length);
}

static void members_come_in_order_with_raw_keys_and_values_as_written(void **state)
{
	static const struct {
		const char *key, *value;
	} expected[] = {
		{ "a", "1.50" }, { "\\u0062\\\"", "[ 1, {\"x\" : 2} ]" }, { "", "\"\\n\"" },
		{ "d", "{ }" }, { "e", "12345678901234567890" },
	};
	struct json_scan scan;
	struct slice key, value;
	bool first = true;
	size_t i = 0;

	(void)state;
	json_scan_init(&scan, SLICE(" { \"a\" : 1.50 ,\"\\u0062\\\"\":[ 1, {\"x\" : 2} ] ,\"\" : "
				    "\"\\n\",\"d\":{ }\t, \"e\":12345678901234567890\n} "));
	assert_true(json_scan_open(&scan, '{'));
	while (json_scan_member(&scan, &first, &key)) {
		assert_true(i < COUNT(expected));
		assert_true(json_scan_value(&scan, &value));
		assert_slice(key, expected[i].key);
		assert_slice(value, expected[i].value);
		i++;
	}
	assert_int_equal(i, COUNT(expected));
	assert_true(json_scan_end(&scan));
	assert_int_equal(scan.depth, 0);
}

static void elements_can_be_peeked_at_and_entered(void **state)
{
	struct json_scan scan;
	struct slice value;
	bool first = true, inner_first = true;

	(void)state;
	json_scan_init(&scan, SLICE("[ 7, [] , true]"));
	assert_int_equal(json_scan_peek(&scan), '[');
	assert_true(json_scan_open(&scan, '['));
	assert_true(json_scan_element(&scan, &first));
	assert_int_equal(json_scan_peek(&scan), '7');
	assert_true(json_scan_value(&scan, &value));
	assert_true(json_scan_element(&scan, &first));
	assert_true(json_scan_open(&scan, '['));
	assert_int_equal(scan.depth, 2);
	assert_false(json_scan_element(&scan, &inner_first));
	assert_int_equal(scan.depth, 1);
	assert_true(json_scan_element(&scan, &first));
	assert_int_equal(json_scan_peek(&scan), 't');
	assert_true(json_scan_value(&scan, &value));
	assert_false(json_scan_element(&scan, &first));
	assert_null(scan.problem);
	assert_int_equal(json_scan_peek(&scan), '\0');
	assert_true(json_scan_end(&scan));
}

static void opening_the_wrong_bracket_is_a_problem(void **state)
{
	struct json_scan scan;

	(void)state;
	json_scan_init(&scan, SLICE(" []"));
	assert_false(json_scan_open(&scan, '{'));
	assert_string_equal(scan.problem, "an object expected");
	json_scan_init(&scan, SLICE("1"));
	assert_false(json_scan_open(&scan, '['));
	assert_string_equal(scan.problem, "an array expected");
	json_scan_init(&scan, SLICE(""));
	assert_false(json_scan_open(&scan, '{'));
	assert_string_equal(scan.problem, "unexpected end");
}

static void a_problem_is_sticky_and_nothing_is_read_after_it(void **state)
{
	struct json_scan scan;
	struct slice slice;
	const char *next, *problem;
	bool first = true;

	(void)state;
	json_scan_init(&scan, SLICE("[x, {}, 1]"));
	assert_true(json_scan_open(&scan, '['));
	assert_false(json_scan_value(&scan, &slice));
	next = scan.next;
	problem = scan.problem;
	assert_non_null(problem);
	assert_int_equal(json_scan_peek(&scan), '\0');
	assert_false(json_scan_value(&scan, &slice));
	assert_false(json_scan_open(&scan, '{'));
	assert_false(json_scan_member(&scan, &first, &slice));
	assert_false(json_scan_element(&scan, &first));
	assert_false(json_scan_end(&scan));
	assert_ptr_equal(scan.next, next);
	assert_ptr_equal(scan.problem, problem);
}

static void found_may_be_reset_between_values(void **state)
{
	struct json_scan scan;
	struct slice value;
	bool first = true;

	(void)state;
	json_scan_init(&scan, SLICE("[NaN, 1, \"\\udc00\"]"));
	assert_true(json_scan_open(&scan, '['));
	assert_true(json_scan_element(&scan, &first) && json_scan_value(&scan, &value));
	assert_int_equal(scan.found, JSON_FOUND_NONFINITE);
	scan.found = 0;
	assert_true(json_scan_element(&scan, &first) && json_scan_value(&scan, &value));
	assert_int_equal(scan.found, 0);
	assert_true(json_scan_element(&scan, &first) && json_scan_value(&scan, &value));
	assert_int_equal(scan.found, JSON_FOUND_LONE_SURROGATE);
}

static void the_empty_slice_without_a_pointer_is_an_unexpected_end(void **state)
{
	struct json_scan scan;
	struct slice value;

	(void)state;
	json_scan_init(&scan, slice_of(NULL, 0));
	assert_int_equal(json_scan_peek(&scan), '\0');
	assert_false(json_scan_value(&scan, &value));
	assert_string_equal(scan.problem, "unexpected end");
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
		cmocka_unit_test(valid_texts_are_accepted_here_and_by_jansson),
		cmocka_unit_test(invalid_texts_are_refused_here_and_by_jansson),
		cmocka_unit_test(listed_differences_are_judged_as_listed_and_by_jansson_otherwise),
		cmocka_unit_test(every_prefix_of_a_valid_text_gets_the_verdict_of_jansson),
		cmocka_unit_test(mutated_texts_get_the_verdict_of_jansson),
		cmocka_unit_test(
			every_byte_at_every_offset_of_a_string_gets_the_verdict_of_jansson),
		cmocka_unit_test(utf8_is_judged_as_by_jansson_at_all_edges_of_the_table),
		cmocka_unit_test(nesting_is_limited_at_999_where_jansson_takes_2048),
		cmocka_unit_test(nesting_counts_what_was_opened_before),
		cmocka_unit_test(problems_say_what_is_wrong_and_where),
		cmocka_unit_test(members_come_in_order_with_raw_keys_and_values_as_written),
		cmocka_unit_test(elements_can_be_peeked_at_and_entered),
		cmocka_unit_test(opening_the_wrong_bracket_is_a_problem),
		cmocka_unit_test(a_problem_is_sticky_and_nothing_is_read_after_it),
		cmocka_unit_test(found_may_be_reset_between_values),
		cmocka_unit_test(the_empty_slice_without_a_pointer_is_an_unexpected_end),
	};

	return cmocka_run_group_tests_name("json_scan", tests, map_guarded, unmap_guarded);
}
