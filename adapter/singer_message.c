#include "singer_message.h"

#include <stdlib.h>

#include "count.h"
#include "json_scan.h"
#include "json_text.h"

#define BYTE_ORDER_MARK SLICE("\xef\xbb\xbf")

void singer_message_init(struct singer_message *message)
{
	*message = (struct singer_message){ .type = SINGER_OTHER };
}

void singer_message_release(struct singer_message *message)
{
	free(message->fields);
	line_memory_release(&message->memory);
	singer_message_init(message);
}

/* Empties the message and keeps the memory of its fields. One by one is fastest, per line. */
static void clear(struct singer_message *message)
{
	const struct slice absent = slice_of(NULL, 0);

	message->type = SINGER_OTHER;
	message->type_name = message->stream = absent;
	message->record = message->value = message->schema = absent;
	message->key_properties = message->bookmark_properties = absent;
	message->found = message->value_found = 0;
	message->field_count = 0;
	message->shape = 0;
}

/* The place of the next field, which is not counted yet; NULL when memory runs out. */
static struct singer_field *room_for_field(struct singer_message *message)
{
	if (message->field_count == message->field_capacity) {
		size_t capacity = message->field_capacity ? message->field_capacity * 2 : 64;
		struct singer_field *fields =
			realloc(message->fields, capacity * sizeof(*fields));

		if (fields == NULL)
			return NULL;
		message->fields = fields;
		message->field_capacity = capacity;
	}
	return &message->fields[message->field_count];
}

/* Moves to the next field of the record, by the piece that is remembered for its place. */
static bool next_field(struct singer_message *message, struct json_scan *scan,
		       struct line_stream *known, bool *first, struct slice *key)
{
	const char *start = scan->next;
	size_t place = message->field_count;
	const struct line_piece *piece = NULL;

	if (known == NULL)
		return json_scan_member(scan, first, key);
	if (place < LINE_MEMORY_FIELDS)
		piece = &known->pieces[place];
	if (piece != NULL && line_piece_matches(piece, start, scan->end)) {
		*key = slice_of(start + piece->key_at, piece->key_length);
		*first = false;
		scan->next = start + piece->length;
		return true;
	}
	if (!json_scan_member(scan, first, key))
		return false;
	/* What has to be mended must be found again the next time. */
	if (scan->found != 0 ||
	    !line_memory_learn(&message->memory, known, place,
			       slice_of(start, (size_t)(scan->next - start)), *key))
		message->shape = 0;
	return true;
}

/* Its fields, up to the closing brace. */
static enum singer_line parse_fields(struct singer_message *message, struct json_scan *scan,
				     struct line_stream *known)
{
	struct singer_field *field;
	bool first = true;

	while ((field = room_for_field(message)) != NULL) {
		scan->found = 0;
		if (!next_field(message, scan, known, &first, &field->key)) {
			message->found |= scan->found; /* before the brace */
			return scan->problem ? SINGER_LINE_BROKEN : SINGER_LINE_MESSAGE;
		}
		if (!json_scan_value(scan, &field->value))
			return SINGER_LINE_BROKEN;
		field->found = scan->found;
		message->found |= scan->found;
		message->field_count++;
	}
	return SINGER_LINE_NO_MEMORY;
}

/* The record and its fields. Anything but an object counts as absent. */
static enum singer_line parse_record(struct singer_message *message, struct json_scan *scan,
				     struct line_stream *known)
{
	enum singer_line result;
	struct slice value;
	const char *start;

	message->field_count = 0;
	message->found = 0;
	message->record = SLICE("");
	if (json_scan_peek(scan) != '{')
		return json_scan_value(scan, &value) ? SINGER_LINE_MESSAGE : SINGER_LINE_BROKEN;
	start = scan->next;
	if (!json_scan_open(scan, '{'))
		return SINGER_LINE_BROKEN;
	message->shape = 1; /* it is known, as far as one can tell yet */
	result = parse_fields(message, scan, known);
	message->record = slice_of(start, (size_t)(scan->next - start));
	message->shape = known != NULL && message->shape != 0 ? known->shape : 0;
	return result;
}

static enum singer_line parse_value(struct json_scan *scan, struct slice *value)
{
	return json_scan_value(scan, value) ? SINGER_LINE_MESSAGE : SINGER_LINE_BROKEN;
}

/* Anything but a string counts as absent. */
static enum singer_line parse_string(struct json_scan *scan, struct slice *raw)
{
	struct slice value;

	if (!json_scan_value(scan, &value))
		return SINGER_LINE_BROKEN;
	*raw = value.data[0] == '"' ? slice_of(value.data + 1, value.length - 2) : SLICE("");
	return SINGER_LINE_MESSAGE;
}

static enum singer_line parse_state(struct singer_message *message, struct json_scan *scan)
{
	enum singer_line result;

	scan->found = 0;
	result = parse_value(scan, &message->value);
	message->value_found = scan->found;
	return result;
}

/* What stands before a record is the same for all of its stream, if it tells of nothing else. */
static struct line_stream *remember_envelope(struct singer_message *message,
					     struct json_scan *scan)
{
	if (json_scan_peek(scan) != '{' || message->stream.length == 0 ||
	    !slice_equals(message->type_name, SLICE("RECORD")) || message->record.length > 0 ||
	    message->value.length > 0 || message->schema.length > 0 ||
	    message->key_properties.length > 0 || message->bookmark_properties.length > 0)
		return NULL;
	return line_memory_add(&message->memory,
			       slice_of(scan->start, (size_t)(scan->next - scan->start)),
			       message->type_name, message->stream);
}

enum member {
	MEMBER_TYPE,
	MEMBER_STREAM,
	MEMBER_RECORD,
	MEMBER_VALUE,
	MEMBER_SCHEMA,
	MEMBER_KEY_PROPERTIES,
	MEMBER_BOOKMARK_PROPERTIES,
	MEMBER_OTHER, /* nobody asks for it */
};

static enum member member_of(struct slice key)
{
	static const struct slice names[] = {
		[MEMBER_TYPE] = { "type", 4 },
		[MEMBER_STREAM] = { "stream", 6 },
		[MEMBER_RECORD] = { "record", 6 },
		[MEMBER_VALUE] = { "value", 5 },
		[MEMBER_SCHEMA] = { "schema", 6 },
		[MEMBER_KEY_PROPERTIES] = { "key_properties", 14 },
		[MEMBER_BOOKMARK_PROPERTIES] = { "bookmark_properties", 19 },
	};
	/* looked for once, and not for each name: hardly any key has an escape */
	bool plain = memchr(key.data, '\\', key.length) == NULL;
	size_t i = 0;

	_Static_assert(COUNT(names) == MEMBER_OTHER, "each member but the others has a name");
	while (i < COUNT(names) && !(plain ? slice_equals(key, names[i]) :
				     json_text_equals(key, names[i])))
		i++;
	return (enum member)i;
}

static enum singer_line parse_member(struct singer_message *message, struct json_scan *scan,
				     enum member member)
{
	struct slice ignored;

	switch (member) {
	case MEMBER_TYPE:
		return parse_string(scan, &message->type_name);
	case MEMBER_STREAM:
		return parse_string(scan, &message->stream);
	case MEMBER_RECORD:
		return parse_record(message, scan, remember_envelope(message, scan));
	case MEMBER_VALUE:
		return parse_state(message, scan);
	case MEMBER_SCHEMA:
		return parse_value(scan, &message->schema);
	case MEMBER_KEY_PROPERTIES:
		return parse_value(scan, &message->key_properties);
	case MEMBER_BOOKMARK_PROPERTIES:
		return parse_value(scan, &message->bookmark_properties);
	case MEMBER_OTHER:
		break;
	}
	return parse_value(scan, &ignored);
}

static enum singer_type type_of(struct slice name)
{
	static const struct {
		struct slice name;
		enum singer_type type;
	} types[] = {
		{ { "RECORD", 6 }, SINGER_RECORD },
		{ { "STATE", 5 }, SINGER_STATE },
		{ { "SCHEMA", 6 }, SINGER_SCHEMA },
		{ { "ACTIVATE_VERSION", 16 }, SINGER_ACTIVATE_VERSION },
		{ { "BATCH", 5 }, SINGER_BATCH },
	};

	for (size_t i = 0; i < COUNT(types); i++)
		if (json_text_equals(name, types[i].name))
			return types[i].type;
	return SINGER_OTHER;
}

/* What each type cannot do without; NULL when it is all there. */
static const char *missing_member(const struct singer_message *message)
{
	bool has_stream = message->stream.length > 0;

	if (message->type_name.length == 0)
		return "a message without a \"type\"";
	switch (message->type) {
	case SINGER_RECORD:
		if (message->record.length == 0)
			return "a RECORD without a \"record\" that is an object";
		return has_stream ? NULL : "a RECORD without a \"stream\"";
	case SINGER_SCHEMA:
		if (message->schema.length == 0)
			return "a SCHEMA without a \"schema\"";
		return has_stream ? NULL : "a SCHEMA without a \"stream\"";
	case SINGER_STATE:
		return message->value.length > 0 ? NULL : "a STATE without a \"value\"";
	default:
		return NULL;
	}
}

static bool starts_like_a_message(struct slice line)
{
	struct json_scan scan;

	json_scan_init(&scan, line);
	return json_scan_peek(&scan) == '{' && json_scan_open(&scan, '{') &&
	       json_scan_peek(&scan) == '"';
}

static enum singer_line end_of_line(struct json_scan *scan)
{
	return json_scan_end(scan) ? SINGER_LINE_MESSAGE : SINGER_LINE_BROKEN;
}

static enum singer_line parse_members(struct singer_message *message, struct json_scan *scan,
				      bool first)
{
	struct slice key;

	while (json_scan_member(scan, &first, &key)) {
		enum singer_line result = parse_member(message, scan, member_of(key));

		if (result != SINGER_LINE_MESSAGE)
			return result;
	}
	return end_of_line(scan);
}

/*
 * What follows a record whose envelope is remembered: the same in each line, too. Mostly a
 * version and a time, which nobody asks for; their keys are remembered.
 */
static bool next_of_tail(struct json_scan *scan, struct line_stream *known, size_t place,
			 enum member *member)
{
	const char *start = scan->next;
	bool first = false;
	struct slice key;

	*member = MEMBER_OTHER;
	if (line_piece_matches(&known->tail[place], start, scan->end)) {
		scan->next = start + known->tail[place].length;
		return true;
	}
	scan->found = 0;
	if (!json_scan_member(scan, &first, &key))
		return false;
	*member = member_of(key);
	if (*member == MEMBER_OTHER && scan->found == 0)
		line_memory_learn_tail(known, place,
				       slice_of(start, (size_t)(scan->next - start)));
	return true;
}

static enum singer_line parse_tail(struct singer_message *message, struct json_scan *scan,
				   struct line_stream *known)
{
	enum member member;

	for (size_t i = 0; i < LINE_MEMORY_TAIL; i++) {
		enum singer_line result;

		if (!next_of_tail(scan, known, i, &member))
			return end_of_line(scan);
		result = parse_member(message, scan, member);
		if (result != SINGER_LINE_MESSAGE)
			return result;
	}
	return parse_members(message, scan, false);
}

/* A record whose envelope is remembered: goes on behind it. */
static enum singer_line parse_known(struct singer_message *message, struct json_scan *scan,
				    struct line_stream *known)
{
	const char *line = scan->next;
	enum singer_line result;

	message->type = SINGER_RECORD; /* unless a second type follows */
	message->type_name = slice_of(line + known->type_at, strlen("RECORD"));
	message->stream = slice_of(line + known->stream_at, known->stream_length);
	json_scan_open(scan, '{');
	scan->next = line + known->length;
	result = parse_record(message, scan, known);
	return result == SINGER_LINE_MESSAGE ? parse_tail(message, scan, known) : result;
}

static enum singer_line parse_object(struct singer_message *message, struct json_scan *scan)
{
	if (!json_scan_open(scan, '{'))
		return SINGER_LINE_BROKEN;
	return parse_members(message, scan, true);
}

enum singer_line singer_message_parse(struct singer_message *message, struct slice line,
				      struct singer_problem *problem)
{
	struct json_scan scan;
	struct line_stream *known;
	enum singer_line result;

	clear(message);
	if (slice_starts_with(line, BYTE_ORDER_MARK))
		line = slice_of(line.data + BYTE_ORDER_MARK.length,
				line.length - BYTE_ORDER_MARK.length);
	json_scan_init(&scan, line);
	known = line_memory_find(&message->memory, line);
	if (known != NULL) {
		result = parse_known(message, &scan, known);
	} else {
		if (json_scan_peek(&scan) == '\0' && scan.next == scan.end)
			return SINGER_LINE_BLANK;
		if (!starts_like_a_message(line))
			return SINGER_LINE_TEXT;
		result = parse_object(message, &scan);
	}
	if (result == SINGER_LINE_BROKEN) {
		problem->text = scan.problem;
		problem->offset = (size_t)(scan.problem_at - line.data);
		return result;
	}
	if (result != SINGER_LINE_MESSAGE)
		return result;
	if (known == NULL || message->type_name.data != line.data + known->type_at)
		message->type = type_of(message->type_name);
	problem->text = missing_member(message);
	problem->offset = 0;
	return problem->text ? SINGER_LINE_BROKEN : SINGER_LINE_MESSAGE;
}

enum singer_line singer_message_parse_record(struct singer_message *message, struct slice line,
					     struct singer_problem *problem)
{
	struct json_scan scan;
	enum singer_line result;

	clear(message);
	message->type = SINGER_RECORD;
	json_scan_init(&scan, line);
	if (json_scan_peek(&scan) == '\0' && scan.next == scan.end)
		return SINGER_LINE_BLANK;
	result = parse_record(message, &scan, NULL);
	if (result == SINGER_LINE_NO_MEMORY)
		return result;
	json_scan_end(&scan);
	problem->text = scan.problem;
	problem->offset = scan.problem ? (size_t)(scan.problem_at - line.data) : 0;
	if (problem->text == NULL && message->record.length == 0)
		problem->text = "a record that is no object";
	return problem->text ? SINGER_LINE_BROKEN : SINGER_LINE_MESSAGE;
}
