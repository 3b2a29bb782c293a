#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "document.h"
#include "json_scan.h"

#define TEXT(literal) { "" literal, sizeof(literal) - 1 }

static struct document parse(struct slice text)
{
	struct document document;
	struct error error = ERROR_NONE;

	if (!document_parse(&document, text, &error))
		fail_msg("<%.*s>: %s", (int)text.length, text.data, error.message);
	return document;
}

static void assert_slice(struct slice slice, const char *expected)
{
	if (!slice_equals(slice, slice_of_string(expected)))
		fail_msg("<%.*s> is not <%s>", (int)slice.length, slice.data, expected);
}

static void nodes_lie_in_the_order_of_the_text_with_their_sizes(void **state)
{
	static const struct {
		enum node_kind kind;
		uint32_t size;
		const char *key; /* NULL: none */
		const char *text;
	} expected[] = {
		{ NODE_OBJECT, 13, NULL,
		  "{\"a\": [1.50, -Infinity, []],\"b\" :{\"\":{ }, \"x\":\"s\\n\"},"
		  "\"c\":null, \"d\":true,\"e\": [false ,NaN]\n}" },
		{ NODE_ARRAY, 4, "a", "[1.50, -Infinity, []]" },
		{ NODE_NUMBER, 1, NULL, "1.50" },
		{ NODE_NUMBER, 1, NULL, "-Infinity" },
		{ NODE_ARRAY, 1, NULL, "[]" },
		{ NODE_OBJECT, 3, "b", "{\"\":{ }, \"x\":\"s\\n\"}" },
		{ NODE_OBJECT, 1, "", "{ }" },
		{ NODE_STRING, 1, "x", "\"s\\n\"" },
		{ NODE_NULL, 1, "c", "null" },
		{ NODE_TRUE, 1, "d", "true" },
		{ NODE_ARRAY, 3, "e", "[false ,NaN]" },
		{ NODE_FALSE, 1, NULL, "false" },
		{ NODE_NUMBER, 1, NULL, "NaN" },
	};
	struct document document = parse(
		SLICE("  {\"a\": [1.50, -Infinity, []],\"b\" :{\"\":{ }, \"x\":\"s\\n\"},"
		      "\"c\":null, \"d\":true,\"e\": [false ,NaN]\n} "));

	(void)state;
	assert_int_equal(document.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct node *node = &document.nodes[i];

		assert_int_equal(node->kind, expected[i].kind);
		assert_int_equal(node->size, expected[i].size);
		assert_slice(node->text, expected[i].text);
		if (expected[i].key == NULL)
			assert_null(node->key.data);
		else
			assert_slice(node->key, expected[i].key);
	}
	document_release(&document);
}

static void walking_visits_children_and_not_grandchildren(void **state)
{
	static const char *const expected[] = { "[[1],2]", "3", "{\"a\":{\"b\":4}}", "[]", "5" };
	struct document document = parse(SLICE("[[[1],2],3,{\"a\":{\"b\":4}},[],5]"));
	const struct node *child;
	size_t i = 0;

	(void)state;
	node_for_each(child, document.nodes)
		assert_slice(child->text, expected[i++]);
	assert_int_equal(i, COUNT(expected));
	assert_int_equal(node_count(document.nodes), COUNT(expected));
	document_release(&document);
}

static void members_are_found_by_their_decoded_names_the_last_of_several(void **state)
{
	static const struct {
		const char *name, *text; /* text NULL: no such member */
	} cases[] = {
		{ "plain", "1" }, { "twice", "3" }, { "caf\xc3\xa9", "4" },
		{ "\xf0\x9f\x98\x80", "5" },
		{ "", "6" }, { "a\"b", "7" }, { "outer", "{\"inner\":8}" }, { "inner", NULL },
		{ "Plain", NULL }, { "plai", NULL }, { "plain ", NULL }, { "caf\\u00e9", NULL },
		{ "bad\xef\xbf\xbd", "9" },
	};
	struct document document = parse(
		SLICE("{\"plain\":1,\"twice\":2,\"outer\":{\"inner\":8},\"tw\\u0069ce\":3,"
		      "\"caf\\u00e9\":4,\"\\ud83d\\ude00\":5,\"\":6,\"a\\\"b\":7,\"bad\xff\":9}"));

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct node *node = node_get(document.nodes, cases[i].name);

		if (cases[i].text == NULL) {
			assert_null(node);
		} else {
			assert_non_null(node);
			assert_slice(node->text, cases[i].text);
		}
	}
	document_release(&document);
}

static void a_name_with_a_zero_byte_is_found_by_its_slice(void **state)
{
	struct document document = parse(SLICE("{\"a\":1,\"a\\u0000b\":2}"));

	(void)state;
	assert_slice(node_get_slice(document.nodes, SLICE("a\0b"))->text, "2");
	assert_slice(node_get_slice(document.nodes, SLICE("a"))->text, "1");
	assert_null(node_get_slice(document.nodes, SLICE("a\0")));
	document_release(&document);
}

static void looking_for_a_member_of_no_object_finds_nothing(void **state)
{
	static const struct slice texts[] = {
		TEXT("[\"a\",1]"), TEXT("\"a\""), TEXT("1"), TEXT("null"), TEXT("{}"), TEXT("[]"),
	};

	(void)state;
	assert_null(node_get(NULL, "a"));
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct document document = parse(texts[i]);

		assert_null(node_get(document.nodes, "a"));
		document_release(&document);
	}
}

static void strings_are_compared_and_copied_decoded(void **state)
{
	struct document document = parse(
		SLICE("[\"a\\u00e9\\n\",\"\",\"cut\\u0000off\",\"\\ud83d\",1,null,[\"x\"],{}]"));
	const struct node *child = document.nodes + 1;
	static const char *const copies[] = { "a\xc3\xa9\n", "", "cut", "\xef\xbf\xbd" };
	static const char *const raws[] = { "a\\u00e9\\n", "", "cut\\u0000off", "\\ud83d" };

	(void)state;
	for (size_t i = 0; i < COUNT(copies); i++, child += child->size) {
		char *copy = node_to_string(child);

		assert_non_null(copy);
		assert_string_equal(copy, copies[i]);
		assert_slice(node_raw(child), raws[i]);
		assert_int_equal(node_is_string(child, copies[i]), i != 2);
		assert_false(node_is_string(child, "something else"));
		free(copy);
	}
	for (; child < document.nodes + document.count; child += child->size) {
		assert_null(node_to_string(child));
		assert_int_equal(node_raw(child).length, 0);
		assert_false(node_is_string(child, ""));
		assert_false(node_is_string(child, "1"));
	}
	assert_null(node_to_string(NULL));
	assert_int_equal(node_raw(NULL).length, 0);
	assert_false(node_is_string(NULL, ""));
	document_release(&document);
}

static void null_nothing_and_containers_without_children_are_empty(void **state)
{
	static const struct {
		struct slice text;
		bool empty;
		size_t count;
	} cases[] = {
		{ TEXT("null"), true, 0 }, { TEXT("{}"), true, 0 }, { TEXT("[ ]"), true, 0 },
		{ TEXT("\"\""), false, 0 }, { TEXT("0"), false, 0 }, { TEXT("false"), false, 0 },
		{ TEXT("[null]"), false, 1 }, { TEXT("{\"a\":{}}"), false, 1 },
		{ TEXT("[[1,2],{\"a\":[3]}]"), false, 2 }, { TEXT("\"[1]\""), false, 0 },
	};

	(void)state;
	assert_true(node_is_empty(NULL));
	assert_int_equal(node_count(NULL), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct document document = parse(cases[i].text);

		assert_int_equal(node_is_empty(document.nodes), cases[i].empty);
		assert_int_equal(node_count(document.nodes), cases[i].count);
		document_release(&document);
	}
}

static void errors_say_line_column_and_what_is_wrong(void **state)
{
	static const struct {
		struct slice text;
		const char *message;
	} cases[] = {
		{ TEXT(""), "not valid JSON at line 1, column 1: unexpected end" },
		{ { NULL, 0 }, "not valid JSON at line 1, column 1: unexpected end" },
		{ TEXT("\n\n  "), "not valid JSON at line 3, column 3: unexpected end" },
		{ TEXT("x"), "not valid JSON at line 1, column 1: a value expected" },
		{ TEXT("\xef\xbb\xbf{}"), "not valid JSON: a byte order mark is at its beginning; "
		  "save it as UTF-8 without BOM" },
		{ TEXT("{\n  \"a\": 1\n  \"b\": 2\n}"),
		  "not valid JSON at line 3, column 3: a comma or closing brace expected" },
		{ TEXT("[1,\r\n2 3]"),
		  "not valid JSON at line 2, column 3: a comma or closing bracket expected" },
		{ TEXT("{\"\xc3\xa9\xe2\x82\xac\": ?}"),
		  "not valid JSON at line 1, column 8: a value expected" },
		{ TEXT("{\"a\":[{}"), "not valid JSON at line 1, column 9: unexpected end" },
		{ TEXT("{\"a\":1,}"),
		  "not valid JSON at line 1, column 8: a key in quotes expected" },
		{ TEXT("{} {}"), "not valid JSON at line 1, column 4: more text after the end" },
		{ TEXT("[1]]"), "not valid JSON at line 1, column 4: more text after the end" },
		{ TEXT("[1}"),
		  "not valid JSON at line 1, column 3: a comma or closing bracket expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct document document;
		struct error error = ERROR_NONE;

		assert_false(document_parse(&document, cases[i].text, &error));
		assert_true(error.set);
		assert_int_equal(error.type, FAILURE_SYSTEM);
		assert_string_equal(error.message, cases[i].message);
		assert_null(document.nodes);
		document_release(&document);
	}
}

static void nesting_is_limited_to_json_depth_max(void **state)
{
	static char text[2 * (JSON_DEPTH_MAX + 1)];
	struct document document;
	struct error error = ERROR_NONE;

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_true(document_parse(&document, slice_of(text + 1, 2 * JSON_DEPTH_MAX), &error));
	assert_int_equal(document.count, JSON_DEPTH_MAX);
	assert_int_equal(document.nodes[0].size, JSON_DEPTH_MAX);
	assert_int_equal(document.nodes[JSON_DEPTH_MAX - 1].text.length, 2);
	document_release(&document);

	assert_false(document_parse(&document, slice_of(text, sizeof(text)), &error));
	assert_string_equal(error.message,
			    "not valid JSON at line 1, column 1000: nested too deeply");
}

static void the_node_array_grows_with_the_text(void **state)
{
	enum { ELEMENTS = 100000 };
	char *text = malloc(8 * ELEMENTS + 2);
	size_t length = 0, i = 0;
	struct document document;
	const struct node *child;

	(void)state;
	assert_non_null(text);
	text[length++] = '[';
	for (int number = 0; number < ELEMENTS; number++)
		length += (size_t)snprintf(text + length, 8, "%d,", number);
	text[length - 1] = ']';
	document = parse(slice_of(text, length));
	assert_int_equal(document.count, ELEMENTS + 1);
	assert_int_equal(document.nodes[0].size, ELEMENTS + 1);
	node_for_each(child, document.nodes)
		assert_int_equal(strtoul(child->text.data, NULL, 10), i++);
	document_release(&document);
	free(text);
}

static void releasing_a_document_twice_or_never_parsed_is_fine(void **state)
{
	struct document document = DOCUMENT_NONE;

	(void)state;
	document_release(&document);
	document = parse(SLICE("[1]"));
	document_release(&document);
	assert_null(document.nodes);
	assert_int_equal(document.count, 0);
	document_release(&document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_lie_in_the_order_of_the_text_with_their_sizes),
		cmocka_unit_test(walking_visits_children_and_not_grandchildren),
		cmocka_unit_test(members_are_found_by_their_decoded_names_the_last_of_several),
		cmocka_unit_test(a_name_with_a_zero_byte_is_found_by_its_slice),
		cmocka_unit_test(looking_for_a_member_of_no_object_finds_nothing),
		cmocka_unit_test(strings_are_compared_and_copied_decoded),
		cmocka_unit_test(null_nothing_and_containers_without_children_are_empty),
		cmocka_unit_test(errors_say_line_column_and_what_is_wrong),
		cmocka_unit_test(nesting_is_limited_to_json_depth_max),
		cmocka_unit_test(the_node_array_grows_with_the_text),
		cmocka_unit_test(releasing_a_document_twice_or_never_parsed_is_fine),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
