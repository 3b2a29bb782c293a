/* The input is one line of a tap's stdout: its parts are those of the JSON document. */
#include "document.h"
#include "fuzz.h"
#include "singer_message.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void check_fields(const struct singer_message *message)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *member;
	unsigned found = 0;
	size_t i = 0;

	FUZZ_CHECK(document_parse(&document, message->record, &error));
	FUZZ_CHECK(document.nodes[0].kind == NODE_OBJECT);
	node_for_each(member, document.nodes) {
		const struct singer_field *field = &message->fields[i++];

		FUZZ_CHECK(i <= message->field_count);
		FUZZ_CHECK(field->key.data == member->key.data &&
			   field->key.length == member->key.length);
		FUZZ_CHECK(field->value.data == member->text.data &&
			   field->value.length == member->text.length);
		FUZZ_CHECK(field->value.data > field->key.data + field->key.length);
		found |= field->found;
	}
	FUZZ_CHECK(i == message->field_count && (found & ~message->found) == 0);
	document_release(&document);
}

/* Of two members with one name the last counts. */
static void check_message(const struct singer_message *message, struct slice line)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *root, *value;

	if (slice_starts_with(line, SLICE(BYTE_ORDER_MARK)))
		line = slice_of(line.data + 3, line.length - 3);
	FUZZ_CHECK(document_parse(&document, line, &error));
	root = document.nodes;
	FUZZ_CHECK(slice_equals(node_raw(node_get(root, "type")), message->type_name));
	value = node_get(root, "stream");
	if (message->stream.length > 0)
		FUZZ_CHECK(slice_equals(node_raw(value), message->stream));
	if (message->type == SINGER_RECORD) {
		FUZZ_CHECK(slice_equals(node_get(root, "record")->text, message->record));
		check_fields(message);
	}
	if (message->type == SINGER_STATE && message->value.length > 0)
		FUZZ_CHECK(slice_equals(node_get(root, "value")->text, message->value));
	document_release(&document);
}

static void check_problem(const struct singer_problem *problem, struct slice line)
{
	FUZZ_CHECK(problem->text != NULL && problem->offset <= line.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = slice_of((const char *)data, size);
	struct singer_message message;
	struct singer_problem problem;
	enum singer_line kind;

	singer_message_init(&message);
	kind = singer_message_parse(&message, line, &problem);
	if (kind == SINGER_LINE_MESSAGE)
		check_message(&message, line);
	else if (kind == SINGER_LINE_BROKEN)
		check_problem(&problem, line);
	kind = singer_message_parse_record(&message, line, &problem);
	if (kind == SINGER_LINE_MESSAGE)
		check_fields(&message);
	else if (kind == SINGER_LINE_BROKEN)
		check_problem(&problem, line);
	singer_message_release(&message);
	return 0;
}
