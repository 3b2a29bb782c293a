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
#include "json_scan.h"
#include "singer_message.h"

/* Parses a line that ends at a page which nobody may touch. */
struct fixture {
	struct guarded guarded;
	struct singer_message message;
	struct singer_problem problem;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (fixture == NULL || !guarded_init(&fixture->guarded))
		return -1;
	singer_message_init(&fixture->message);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	singer_message_release(&fixture->message);
	guarded_release(&fixture->guarded);
	free(fixture);
	return 0;
}

static enum singer_line parse(struct fixture *fixture, struct slice line)
{
	return singer_message_parse(&fixture->message, guarded_put(&fixture->guarded, line),
				    &fixture->problem);
}

static void assert_slice(const char *line, struct slice slice, const char *expected)
{
	if (!slice_equals(slice, slice_of_string(expected)))
		fail_msg("%s: <%.*s> is not <%s>", line, (int)slice.length, slice.data, expected);
}

static void lines_that_are_no_message_are_told_apart(void **state)
{
	static const struct {
		const char *line;
		enum singer_line result;
	} cases[] = {
		{ "", SINGER_LINE_BLANK },
		{ " \t\r", SINGER_LINE_BLANK },
		{ "Connecting...", SINGER_LINE_TEXT },
		{ "{", SINGER_LINE_TEXT },
		{ "{}", SINGER_LINE_TEXT },
		{ " {", SINGER_LINE_TEXT },
		{ "{ 'type': 'RECORD' }", SINGER_LINE_TEXT },
		{ "[{\"type\":\"STATE\",\"value\":{}}]", SINGER_LINE_TEXT },
		{ "\"type\"", SINGER_LINE_TEXT },
		{ "null", SINGER_LINE_TEXT },
		{ "{\"", SINGER_LINE_BROKEN },
		{ "{ \"", SINGER_LINE_BROKEN },
		{ "{\"type\"", SINGER_LINE_BROKEN },
		{ "\xef\xbb\xbf{\"type\":\"STATE\",\"value\":{}}", SINGER_LINE_MESSAGE },
		{ "\xef\xbb\xbf", SINGER_LINE_BLANK },
		{ "{\"type\":\"STATE\",\"value\":{}}", SINGER_LINE_MESSAGE },
		{ "  {\"type\":\"STATE\",\"value\":{}} \r", SINGER_LINE_MESSAGE },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		enum singer_line result = parse(fixture, slice_of_string(cases[i].line));

		if (result != cases[i].result)
			fail_msg("<%s> gives %d, not %d", cases[i].line, result, cases[i].result);
	}
}

static void a_zero_byte_is_text(void **state)
{
	assert_int_equal(parse(*state, SLICE("\0")), SINGER_LINE_TEXT);
}

static void a_broken_message_says_what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *line;
		const char *text; /* NULL: the scanner's own words */
		size_t offset;
	} cases[] = {
		{ "{\"a\":1}", "a message without a \"type\"", 0 },
		{ "{\"type\":1,\"stream\":\"s\"}", "a message without a \"type\"", 0 },
		{ "{\"type\":\"\"}", "a message without a \"type\"", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\"}",
		  "a RECORD without a \"record\" that is an object", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":null}",
		  "a RECORD without a \"record\" that is an object", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":[{}]}",
		  "a RECORD without a \"record\" that is an object", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{},\"record\":1}",
		  "a RECORD without a \"record\" that is an object", 0 },
		{ "{\"type\":\"RECORD\",\"record\":{}}", "a RECORD without a \"stream\"", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":null,\"record\":{}}",
		  "a RECORD without a \"stream\"", 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"\",\"record\":{}}",
		  "a RECORD without a \"stream\"", 0 },
		{ "{\"type\":\"SCHEMA\",\"stream\":\"s\"}", "a SCHEMA without a \"schema\"", 0 },
		{ "{\"type\":\"SCHEMA\",\"schema\":{}}", "a SCHEMA without a \"stream\"", 0 },
		{ "{\"type\":\"STATE\"}", "a STATE without a \"value\"", 0 },
		{ "{\"type\":\"STATE\",\"value\":{}} x", NULL, 28 },
		{ "{\"type\":\"STATE\",\"value\":{}}{}", NULL, 27 },
		{ "{\"type\":\"STATE\",\"value\":tru}", NULL, 24 },
		{ "{\"type\":\"STATE\" \"value\":1}", NULL, 16 },
		{ "  {\"type\" 1}", NULL, 10 },
		{ "{\"type\":\"RECORD\",\"record\":{\"a\":01}}", NULL, 32 },
		{ "{\"type\":\"RECORD\",\"record\":{\"a\":1,}}", NULL, 33 },
		{ "{\"type\":\"RECORD\",\"record\":{\"a\":1", NULL, 32 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(fixture, slice_of_string(cases[i].line)) != SINGER_LINE_BROKEN)
			fail_msg("<%s> is not broken", cases[i].line);
		assert_non_null(fixture->problem.text);
		if (cases[i].text != NULL && strcmp(fixture->problem.text, cases[i].text) != 0)
			fail_msg("<%s>: <%s>", cases[i].line, fixture->problem.text);
		if (fixture->problem.offset != cases[i].offset)
			fail_msg("<%s>: at %zu, not %zu", cases[i].line, fixture->problem.offset,
				 cases[i].offset);
	}
}

static void every_beginning_of_a_message_is_broken_or_text(void **state)
{
	static const char line[] =
		"{\"type\": \"RECORD\", \"stream\": \"a b\", \"record\": {\"id\": -1.5e3, \"x\": "
		"[\"\\u00e9\", null]}, \"version\": 17}";
	struct fixture *fixture = *state;

	for (size_t length = 0; length < sizeof(line) - 1; length++)
		assert_int_equal(parse(fixture, slice_of(line, length)),
				 length == 0   ? SINGER_LINE_BLANK
				 : length == 1 ? SINGER_LINE_TEXT
					       : SINGER_LINE_BROKEN);
	assert_int_equal(parse(fixture, slice_of(line, sizeof(line) - 1)), SINGER_LINE_MESSAGE);
}

static void each_type_is_known_by_its_name(void **state)
{
	static const struct {
		const char *line;
		enum singer_type type;
	} cases[] = {
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{}}", SINGER_RECORD },
		{ "{\"record\":{},\"stream\":\"s\",\"type\":\"RECORD\"}", SINGER_RECORD },
		{ "{\"\\u0074ype\":\"REC\\u004fRD\",\"stream\":\"s\",\"record\":{}}",
		  SINGER_RECORD },
		{ "{\"type\":\"PING\",\"type\":\"STATE\",\"value\":1}", SINGER_STATE },
		{ "{\"type\":\"STATE\",\"value\":null}", SINGER_STATE },
		{ "{\"type\":\"SCHEMA\",\"stream\":\"s\",\"schema\":true}", SINGER_SCHEMA },
		{ "{\"type\":\"ACTIVATE_VERSION\"}", SINGER_ACTIVATE_VERSION },
		{ "{\"type\":\"BATCH\"}", SINGER_BATCH },
		{ "{\"type\":\"record\"}", SINGER_OTHER },
		{ "{\"type\":\"RECORDS\"}", SINGER_OTHER },
		{ "{\"type\":\"LOG\",\"record\":\"text\",\"value\":2,\"schema\":3}", SINGER_OTHER },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(fixture, slice_of_string(cases[i].line)) != SINGER_LINE_MESSAGE)
			fail_msg("<%s>: %s", cases[i].line, fixture->problem.text);
		if (fixture->message.type != cases[i].type)
			fail_msg("<%s>: type %d", cases[i].line, fixture->message.type);
	}
}

static void the_members_are_slices_of_the_line_as_it_was_written(void **state)
{
	static const struct {
		const char *line;
		const char *type_name, *stream, *record, *schema, *key_properties;
		const char *bookmark_properties, *value;
	} cases[] = {
		{ "{\"type\": \"RECORD\", \"stream\": \"caf\\u00e9\","
		  " \"record\": { \"a\" : 1.50 } , \"time_extracted\": \"2023\"}",
		  "RECORD", "caf\\u00e9", "{ \"a\" : 1.50 }", "", "", "", "" },
		{ "{\"type\":\"SCHEMA\",\"stream\":\"s\",\"schema\":{\"maximum\":1e99},"
		  "\"key_properties\": [\"id\" ],\"bookmark_properties\":null}",
		  "SCHEMA", "s", "", "{\"maximum\":1e99}", "[\"id\" ]", "null", "" },
		{ "{\"type\":\"SCHEMA\",\"stream\":\"s\",\"schema\":{}}", "SCHEMA", "s",
		  "", "{}", "", "", "" },
		{ "{\"type\":\"STATE\",\"value\":\t{\"a\":12345678901234567890}}",
		  "STATE", "", "", "", "", "", "{\"a\":12345678901234567890}" },
		{ "{\"type\":\"STATE\",\"value\":1,\"value\":{\"b\":2}}", "STATE", "",
		  "", "", "", "", "{\"b\":2}" },
		{ "{\"type\":\"RECORD\",\"stream\":\"a\",\"stream\":\"b\",\"record\":{\"x\":1},"
		  "\"record\":{\"y\":2}}",
		  "RECORD", "b", "{\"y\":2}", "", "", "", "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct singer_message *message = &fixture->message;
		const char *line = cases[i].line;

		assert_int_equal(parse(fixture, slice_of_string(line)), SINGER_LINE_MESSAGE);
		assert_slice(line, message->type_name, cases[i].type_name);
		assert_slice(line, message->stream, cases[i].stream);
		assert_slice(line, message->record, cases[i].record);
		assert_slice(line, message->schema, cases[i].schema);
		assert_slice(line, message->key_properties, cases[i].key_properties);
		assert_slice(line, message->bookmark_properties, cases[i].bookmark_properties);
		assert_slice(line, message->value, cases[i].value);
	}
}

static void the_fields_of_a_record_are_cut_at_its_top_level(void **state)
{
	static const struct {
		const char *key, *value, *member;
		unsigned found;
	} expected[] = {
		{ "id", "1.50", "\"id\" : 1.50", 0 },
		{ "", "\"\"", "\"\":\"\"", 0 },
		{ "a\\\"b", "{\"x\": [NaN]}", "\"a\\\"b\":{\"x\": [NaN]}", JSON_FOUND_NONFINITE },
		{ "id", "null", "\"id\":null", 0 },
		{ "l", "\"\\ud800\"", "\"l\":\"\\ud800\"", JSON_FOUND_LONE_SURROGATE },
		{ "u", "\"\xff\"", "\"u\":\"\xff\"", JSON_FOUND_BAD_UTF8 },
		{ "k\xff", "-Infinity", "\"k\xff\":-Infinity",
		  JSON_FOUND_BAD_UTF8 | JSON_FOUND_NONFINITE },
		{ "t", "true", "\"t\":true", 0 },
	};
	static const char line[] =
		"{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{ \"id\" : 1.50 , \"\":\"\","
		"\"a\\\"b\":{\"x\": [NaN]},\"id\":null,\"l\":\"\\ud800\",\"u\":\"\xff\","
		"\"k\xff\":-Infinity, \"t\":true}}";
	struct fixture *fixture = *state;
	const struct singer_message *message = &fixture->message;

	assert_int_equal(parse(fixture, slice_of_string(line)), SINGER_LINE_MESSAGE);
	assert_int_equal(message->field_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_slice(line, message->fields[i].key, expected[i].key);
		assert_slice(line, message->fields[i].value, expected[i].value);
		assert_slice(line, singer_field_member(&message->fields[i]), expected[i].member);
		assert_int_equal(message->fields[i].found, expected[i].found);
	}
	assert_int_equal(message->found, JSON_FOUND_NONFINITE | JSON_FOUND_LONE_SURROGATE |
						 JSON_FOUND_BAD_UTF8);
}

static void what_has_to_be_mended_is_noted_where_it_counts(void **state)
{
	static const struct {
		const char *line;
		unsigned found, value_found;
	} cases[] = {
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":1}}", 0, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"extra\":NaN,"
		  "\"record\":{\"a\":1}}", 0, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":1},"
		  "\"extra\":NaN}", 0, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":\"NaN\"}}", 0, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":NaN},\"value\":1}",
		  JSON_FOUND_NONFINITE, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"value\":NaN,\"record\":{\"a\":1}}", 0,
		  JSON_FOUND_NONFINITE },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":NaN},"
		  "\"record\":{}}", 0, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\r\"a\":1}}",
		  JSON_FOUND_RETURN, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":1\r}}",
		  JSON_FOUND_RETURN, 0 },
		{ "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":1}\r}", 0, 0 },
		{ "{\"type\":\"STATE\",\"value\":{\"a\":Infinity},\"record\":{}}", 0,
		  JSON_FOUND_NONFINITE },
		{ "{\"type\":\"STATE\",\"value\":NaN,\"value\":{\"\xff\":1}}", 0,
		  JSON_FOUND_BAD_UTF8 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(fixture, slice_of_string(cases[i].line)),
				 SINGER_LINE_MESSAGE);
		if (fixture->message.found != cases[i].found ||
		    fixture->message.value_found != cases[i].value_found)
			fail_msg("<%s>: %u and %u", cases[i].line, fixture->message.found,
				 fixture->message.value_found);
	}
}

static void nothing_of_a_line_is_left_for_the_next(void **state)
{
	struct fixture *fixture = *state;
	const struct singer_message *message = &fixture->message;

	parse(fixture, SLICE("{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"a\":NaN}}"));
	assert_int_equal(parse(fixture, SLICE("{\"type\":\"STATE\",\"value\":{}}")),
			 SINGER_LINE_MESSAGE);
	assert_int_equal(message->field_count, 0);
	assert_int_equal(message->found, 0);
	assert_int_equal(message->stream.length, 0);
	assert_int_equal(message->record.length, 0);
	parse(fixture, SLICE("{\"type\":\"STATE\",\"value\":{\"a\":NaN}}"));
	assert_int_equal(parse(fixture, SLICE("{\"type\":\"BATCH\"}")), SINGER_LINE_MESSAGE);
	assert_int_equal(message->value.length, 0);
	assert_int_equal(message->value_found, 0);
}

static void a_record_may_have_many_fields(void **state)
{
	struct fixture *fixture = *state;
	char line[16384] = "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{";
	size_t length = strlen(line);

	for (int i = 0; i < 1000; i++)
		length += (size_t)snprintf(line + length, sizeof(line) - length, "%s\"f%d\":%d",
					   i ? "," : "", i, i);
	length += (size_t)snprintf(line + length, sizeof(line) - length, "}}");
	assert_int_equal(parse(fixture, slice_of(line, length)), SINGER_LINE_MESSAGE);
	assert_int_equal(fixture->message.field_count, 1000);
	assert_slice("many", singer_field_member(&fixture->message.fields[999]), "\"f999\":999");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_that_are_no_message_are_told_apart),
		TEST(a_zero_byte_is_text),
		TEST(a_broken_message_says_what_is_wrong_and_where),
		TEST(every_beginning_of_a_message_is_broken_or_text),
		TEST(each_type_is_known_by_its_name),
		TEST(the_members_are_slices_of_the_line_as_it_was_written),
		TEST(the_fields_of_a_record_are_cut_at_its_top_level),
		TEST(what_has_to_be_mended_is_noted_where_it_counts),
		TEST(nothing_of_a_line_is_left_for_the_next),
		TEST(a_record_may_have_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
