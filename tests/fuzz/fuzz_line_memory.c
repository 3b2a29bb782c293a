/*
 * The input is lines of a tap's stdout. What a message that remembers the lines before
 * makes of one is what a new message makes of it.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "singer_message.h"

static void check_slices(struct slice a, struct slice b)
{
	FUZZ_CHECK(a.length == b.length && (a.length == 0 || a.data == b.data));
}

static void check_fields(const struct singer_message *a, const struct singer_message *b)
{
	FUZZ_CHECK(a->field_count == b->field_count && a->found == b->found);
	for (size_t i = 0; i < a->field_count; i++) {
		check_slices(a->fields[i].key, b->fields[i].key);
		check_slices(a->fields[i].value, b->fields[i].value);
		check_slices(singer_field_member(&a->fields[i]),
			     singer_field_member(&b->fields[i]));
		FUZZ_CHECK(a->fields[i].found == b->fields[i].found);
	}
}

static void check_same(const struct singer_message *a, const struct singer_message *b)
{
	FUZZ_CHECK(a->type == b->type && a->value_found == b->value_found);
	check_slices(a->type_name, b->type_name);
	check_slices(a->stream, b->stream);
	check_slices(a->record, b->record);
	check_slices(a->value, b->value);
	check_slices(a->schema, b->schema);
	check_slices(a->key_properties, b->key_properties);
	check_slices(a->bookmark_properties, b->bookmark_properties);
	if (a->record.length > 0)
		check_fields(a, b);
}

/* The keys of the record that had a shape last. */
struct shape {
	uint64_t number;
	struct slice *keys;
	size_t count;
};

static void check_shape(struct shape *shape, const struct singer_message *message)
{
	if (message->type != SINGER_RECORD || message->shape == 0)
		return;
	for (size_t i = 0; message->shape == shape->number && i < message->field_count &&
			   i < shape->count; i++)
		FUZZ_CHECK(slice_equals(message->fields[i].key, shape->keys[i]));
	free(shape->keys);
	shape->number = message->shape;
	shape->count = message->field_count;
	shape->keys = calloc(shape->count + 1, sizeof(*shape->keys));
	FUZZ_CHECK(shape->keys != NULL);
	for (size_t i = 0; i < shape->count; i++)
		shape->keys[i] = message->fields[i].key;
}

static void check_line(struct singer_message *remembering, struct shape *shape,
		       struct slice line)
{
	struct singer_problem problem = { .text = "" }, other = { .text = "" };
	struct singer_message fresh;
	enum singer_line kind;

	singer_message_init(&fresh);
	kind = singer_message_parse(&fresh, line, &problem);
	FUZZ_CHECK(singer_message_parse(remembering, line, &other) == kind);
	if (kind == SINGER_LINE_BROKEN)
		FUZZ_CHECK(problem.text == other.text && problem.offset == other.offset);
	if (kind == SINGER_LINE_MESSAGE) {
		check_same(remembering, &fresh);
		check_shape(shape, remembering);
	}
	singer_message_release(&fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), line;
	struct shape shape = { .number = 0 };
	struct singer_message message;

	singer_message_init(&message);
	while (slice_take_line(&rest, &line))
		check_line(&message, &shape, line);
	free(shape.keys);
	singer_message_release(&message);
	return 0;
}
