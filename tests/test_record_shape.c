#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "count.h"
#include "record_shape.h"

/* The choices are made by a key's first letter, and so many were made. */
struct chooser {
	const char *deselected; /* letters; "u" is unquoted, others are selected */
	unsigned asked;
};

static enum field_choice choice_of(const struct chooser *chooser, struct slice raw_key)
{
	if (raw_key.length == 0)
		return FIELD_SELECTED;
	if (memchr(chooser->deselected, raw_key.data[0], strlen(chooser->deselected)) != NULL)
		return FIELD_DESELECTED;
	return raw_key.data[0] == 'u' ? FIELD_UNQUOTED : FIELD_SELECTED;
}

static enum field_choice choose(void *owner, const struct stream *stream, struct slice raw_key)
{
	struct chooser *chooser = owner;

	assert_null(stream);
	chooser->asked++;
	return choice_of(chooser, raw_key);
}

static void parse(struct singer_message *message, struct slice line)
{
	struct singer_problem problem;

	assert_int_equal(singer_message_parse(message, line, &problem), SINGER_LINE_MESSAGE);
}

static void judge(struct record_shape *shape, const struct singer_message *message,
		  struct chooser *chooser)
{
	const struct field_judge judge = { choose, chooser, NULL };

	assert_true(record_shape_judge(shape, message, &judge));
	for (size_t i = 0; i < message->field_count; i++) {
		assert_true(slice_equals(shape->verdicts[i].key, message->fields[i].key));
		assert_int_equal(shape->verdicts[i].choice,
				 choice_of(chooser, message->fields[i].key));
	}
}

#define WHOLE "whole"
#define FIELDS "field by field"

/* How the judged record goes out: what is cut out of it, or one of these words. */
static struct slice way_out(struct record_shape *shape, const struct singer_message *message,
			    struct buffer *text)
{
	size_t parts;

	if (record_shape_is_whole(shape, message))
		return SLICE(WHOLE);
	parts = record_shape_cut(shape, message);
	buffer_clear(text);
	for (size_t i = 0; i < parts; i++)
		buffer_append(text, shape->parts[i]);
	return parts > 0 ? buffer_slice(text) : SLICE(FIELDS);
}

static void assert_slice(struct slice text, struct slice expected)
{
	if (!slice_equals(text, expected))
		fail_msg("%.*s, not %.*s", (int)text.length, text.data, (int)expected.length,
			 expected.data);
}

/* One record behind the other: what goes out, and how many fields had to be judged. */
#define STEPS 5

struct step {
	const char *record, *out;
	unsigned asked;
};

static const struct step sequences[][STEPS] = {
	/* all is selected */
	{ { "{\"a\":1,\"b\":2}", WHOLE, 2 }, { "{\"a\":\"x\",\"b\":{}}", WHOLE, 0 } },
	{ { "{}", WHOLE, 0 }, { "{\"a\":1}", WHOLE, 1 }, { "{}", WHOLE, 0 } },
	/* what is left is cut out, with the white space inside of runs */
	{ { "{\"d\":1,\"a\":2}", "{\"a\":2}", 2 },
	  { "{\"d\":[{}],\"a\":\"x\"}", "{\"a\":\"x\"}", 0 } },
	{ { "{\"a\":1,\"d\":2}", "{\"a\":1}", 2 } },
	{ { "{ \"a\" : 1 , \"b\": 2 , \"d\":3, \"c\":4 }", "{\"a\" : 1 , \"b\": 2,\"c\":4}", 4 },
	  { "{ \"a\" : 5 , \"b\": 6 , \"d\":7, \"c\":8 }", "{\"a\" : 5 , \"b\": 6,\"c\":8}", 0 } },
	{ { "{\"d\":1,\"a\":2,\"d\":3,\"b\":4,\"d\":5}", "{\"a\":2,\"b\":4}", 5 } },
	{ { "{\"a\":1,\"d\":2,\"b\":3,\"d\":4,\"c\":5,\"e\":6}",
	    "{\"a\":1,\"b\":3,\"c\":5,\"e\":6}", 6 } },
	/* nothing is left, or it is not so simple */
	{ { "{\"d\":1}", FIELDS, 1 }, { "{\"d\":1,\"d2\":2}", FIELDS, 1 } },
	{ { "{\"a\":1,\"u\":\"2\"}", FIELDS, 2 }, { "{\"d\":1,\"u\":\"2\",\"a\":3}", FIELDS, 2 } },
	{ { "{\"a\":NaN}", FIELDS, 1 }, { "{\"a\":1}", WHOLE, 0 } },
	{ { "{\"d\":1,\"a\":NaN}", FIELDS, 2 }, { "{\"d\":1,\"a\":1}", "{\"a\":1}", 0 },
	  { "{\"d\":NaN,\"a\":1}", FIELDS, 0 } },
	{ { "{\"d\":1,\"a\xff\":2}", FIELDS, 2 }, { "{\"d\":1,\"a\":2}", "{\"a\":2}", 1 } },
	{ { "{\"d\":1,\r\"a\":2}", FIELDS, 2 } },
	/* the same fields at other places, and others at theirs */
	{ { "{\"a\":1,\"d\":2}", "{\"a\":1}", 2 }, { "{\"d\":3,\"a\":4}", "{\"a\":4}", 2 },
	  { "{\"a\":5,\"d\":6}", "{\"a\":5}", 2 } },
	{ { "{\"d\":1,\"a\":2}", "{\"a\":2}", 2 }, { "{\"d\":1,\"d2\":2}", FIELDS, 1 },
	  { "{\"b\":1,\"d2\":2}", "{\"b\":1}", 1 }, { "{\"b\":1,\"c\":2}", WHOLE, 1 } },
	/* a shorter one keeps the verdicts; a longer one is judged as far as it goes */
	{ { "{\"d\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}", 3 },
	  { "{\"d\":1,\"a\":2}", FIELDS, 0 },
	  { "{\"d\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}", 0 },
	  { "{\"d\":1,\"a\":2,\"b\":3,\"d2\":4}", "{\"a\":2,\"b\":3}", 1 } },
	{ { "{\"a\":1,\"b\":2,\"d\":3}", "{\"a\":1,\"b\":2}", 3 }, { "{\"a\":1}", WHOLE, 0 },
	  { "{\"a\":1,\"c\":2}", WHOLE, 1 },
	  { "{\"a\":1,\"c\":2,\"d\":3}", "{\"a\":1,\"c\":2}", 0 } },
	/* a key is what is written: with another spelling it is another one */
	{ { "{\"d\":1,\"a\":2}", "{\"a\":2}", 2 }, { "{\"\\u0064\":1,\"a\":2}", WHOLE, 1 },
	  { "{\"\":1,\"a\":2}", WHOLE, 1 } },
};

static void what_is_left_of_a_record_is_cut_out_at_places_known_from_those_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sequences); i++) {
		struct record_shape shape = RECORD_SHAPE_NONE;
		struct singer_message message;
		struct buffer line, out;

		singer_message_init(&message);
		buffer_init(&line, BUFFER_MAXIMUM);
		buffer_init(&out, BUFFER_MAXIMUM);
		for (size_t j = 0; j < STEPS && sequences[i][j].record != NULL; j++) {
			const struct step *step = &sequences[i][j];
			struct chooser chooser = { "d", 0 };

			buffer_clear(&line);
			buffer_append_format(&line, "{\"type\":\"RECORD\",\"stream\":\"s\","
					     "\"record\":%s}", step->record);
			parse(&message, buffer_slice(&line));
			judge(&shape, &message, &chooser);
			assert_slice(way_out(&shape, &message, &out), slice_of_string(step->out));
			assert_int_equal(chooser.asked, step->asked);
		}
		record_shape_release(&shape);
		singer_message_release(&message);
		buffer_release(&line);
		buffer_release(&out);
	}
}

static void choices_that_have_changed_are_made_anew(void **state)
{
	static const char line[] = "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":"
				   "{\"a\":1,\"b\":2,\"c\":3}}";
	struct record_shape shape = RECORD_SHAPE_NONE;
	struct chooser chooser = { "a", 0 };
	struct singer_message message;
	struct buffer out;

	(void)state;
	singer_message_init(&message);
	buffer_init(&out, BUFFER_MAXIMUM);
	for (size_t i = 0; i < 2; i++) {
		parse(&message, slice_of_string(line));
		judge(&shape, &message, &chooser);
		assert_slice(way_out(&shape, &message, &out), SLICE("{\"b\":2,\"c\":3}"));
		assert_int_equal(chooser.asked, 3);
	}
	record_shape_forget(&shape);
	chooser = (struct chooser){ "bc", 0 };
	judge(&shape, &message, &chooser);
	assert_int_equal(chooser.asked, 3);
	assert_slice(way_out(&shape, &message, &out), SLICE("{\"a\":1}"));
	record_shape_release(&shape);
	singer_message_release(&message);
	buffer_release(&out);
}

/*
 * ---- beside the slow way ----
 *
 * Records of several streams by turns, mostly alike, as taps write them and as they do not.
 * Each is also parsed by itself, with nothing remembered, and put together field by field.
 */

#define STREAMS 3
#define KEYS_MAXIMUM 8
#define RECORDS 30000

struct source {
	uint64_t seed;
	const char *keys[STREAMS][KEYS_MAXIMUM]; /* that a stream's records have now */
	unsigned key_counts[STREAMS];
};

static unsigned any(struct source *source, unsigned count)
{
	source->seed = source->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(source->seed >> 33) % count;
}

static const char *any_key(struct source *source)
{
	static const char *const keys[] = {
		"a", "b", "c", "d", "dd", "e", /* these mostly */
		"u", "", "d\\n", "\\u0061", "a\xff",
		"a key that is longer than what is remembered of one piece",
	};

	return keys[any(source, any(source, 20) == 0 ? COUNT(keys) : 6)];
}

static void change_keys(struct source *source, unsigned stream)
{
	unsigned *count = &source->key_counts[stream];

	if (any(source, 8) == 0)
		*count = any(source, KEYS_MAXIMUM + 1);
	for (unsigned i = 0; i < KEYS_MAXIMUM; i++)
		if (source->keys[stream][i] == NULL || any(source, 12) == 0)
			source->keys[stream][i] = any_key(source);
}

static void write_record(struct source *source, unsigned stream, struct buffer *out)
{
	static const char *const values[] = { "1", "\"x\"", "null", "[1,{\"d\":2}]", "{\"a\": {}}",
					      "\"}\"", "-1.50", "NaN", "\"\xff\"" };
	static const char *const commas[] = { ",", ",", ", ", " ,", ",\r" };
	const char *comma = commas[any(source, any(source, 10) == 0 ? COUNT(commas) : 1)];
	unsigned count = source->key_counts[stream];

	if (any(source, 6) == 0)
		count = any(source, count + 1);
	buffer_append_char(out, '{');
	for (unsigned i = 0; i < count; i++)
		buffer_append_format(out, "%s\"%s\": %s", i > 0 ? comma : "",
				     source->keys[stream][i],
				     values[any(source, any(source, 30) == 0 ? COUNT(values) : 7)]);
	buffer_append_char(out, '}');
}

/* How a record goes out that is put together field by field. */
struct slow {
	struct buffer text; /* of its selected fields, as they came */
	bool all, simple, empty;
};

static void go_through(struct slow *slow, const struct singer_message *fresh,
		       const struct chooser *chooser)
{
	bool before = false;

	buffer_clear(&slow->text);
	slow->all = slow->simple = fresh->found == 0;
	slow->empty = true;
	buffer_append_char(&slow->text, '{');
	for (size_t i = 0; i < fresh->field_count; i++) {
		const struct singer_field *field = &fresh->fields[i], *last = field - 1;
		enum field_choice choice = choice_of(chooser, field->key);
		const char *end = field->value.data + field->value.length, *start;

		slow->all = slow->all && choice == FIELD_SELECTED;
		slow->simple = slow->simple && choice != FIELD_UNQUOTED;
		if (choice == FIELD_SELECTED) {
			start = before ? last->value.data + last->value.length
				       : field->key.data - 1;
			buffer_append_string(&slow->text, before || slow->empty ? "" : ",");
			buffer_append(&slow->text, slice_of(start, (size_t)(end - start)));
			slow->empty = false;
		}
		before = choice == FIELD_SELECTED;
	}
	buffer_append_char(&slow->text, '}');
}

static void records_go_out_as_they_do_field_by_field(void **state)
{
	struct source source = { .seed = 1 };
	struct record_shape shapes[STREAMS] = { RECORD_SHAPE_NONE };
	struct chooser chooser = { "d", 0 };
	struct singer_message message, fresh;
	struct singer_problem problem;
	struct buffer line, out;
	struct slow slow;
	unsigned cuts = 0, wholes = 0;

	(void)state;
	singer_message_init(&message);
	singer_message_init(&fresh);
	buffer_init(&line, BUFFER_MAXIMUM);
	buffer_init(&out, BUFFER_MAXIMUM);
	buffer_init(&slow.text, BUFFER_MAXIMUM);
	for (unsigned i = 0; i < RECORDS; i++) {
		unsigned stream = any(&source, STREAMS);
		const struct singer_message *judged;
		struct slice way;

		if (i == 0 || any(&source, 1000) == 0) {
			chooser.deselected = any(&source, 2) == 0 ? "d" : "bc";
			for (unsigned j = 0; j < STREAMS; j++)
				record_shape_forget(&shapes[j]);
		}
		if (i < 50 || any(&source, 20) == 0)
			change_keys(&source, stream);
		buffer_clear(&line);
		buffer_append_format(&line, "{\"type\":\"RECORD\",\"stream\":\"%u\",\"record\":",
				     stream);
		write_record(&source, stream, &line);
		buffer_append_char(&line, '}');
		parse(&message, buffer_slice(&line));
		assert_int_equal(singer_message_parse_record(&fresh, message.record, &problem),
				 SINGER_LINE_MESSAGE);
		go_through(&slow, &fresh, &chooser);
		/* now and then one that is of no known shape, as those of a batch are */
		judged = any(&source, 50) == 0 ? &fresh : &message;
		judge(&shapes[stream], judged, &chooser);
		way = way_out(&shapes[stream], judged, &out);
		assert_int_equal(slice_equals(way, SLICE(WHOLE)), slow.all);
		wholes += slow.all;
		if (slow.all || slice_equals(way, SLICE(FIELDS)))
			continue;
		assert_slice(way, buffer_slice(&slow.text));
		assert_true(slow.simple && !slow.empty);
		cuts++;
	}
	assert_in_range(cuts, RECORDS / 4, RECORDS);
	assert_in_range(wholes, RECORDS / 50, RECORDS);
	for (unsigned i = 0; i < STREAMS; i++)
		record_shape_release(&shapes[i]);
	singer_message_release(&message);
	singer_message_release(&fresh);
	buffer_release(&line);
	buffer_release(&out);
	buffer_release(&slow.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_left_of_a_record_is_cut_out_at_places_known_from_those_before),
		cmocka_unit_test(choices_that_have_changed_are_made_anew),
		cmocka_unit_test(records_go_out_as_they_do_field_by_field),
	};

	return cmocka_run_group_tests_name("record_shape", tests, NULL, NULL);
}
