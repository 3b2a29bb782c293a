/*
 * The input is all that a tap writes on stdout: what comes out are whole messages, a RECORD
 * for each record that was counted, and each record is counted, or has nothing selected, or
 * ends the read.
 */
#include "document.h"
#include "json_text.h"
#include "raw_name.h"
#include "streams.h"
#include "translator.h"

#define NOW 1700000000000

struct read {
	struct buffer out;
	struct secret_mask mask;
	struct airbyte_writer writer;
	struct stream_list streams;
	struct state_map state;
	struct translator translator;
	struct singer_message message; /* the line, as we see it */
	struct buffer name;
};

static void start(struct read *read)
{
	struct error error = ERROR_NONE;

	buffer_init(&read->out, BUFFER_MAXIMUM);
	buffer_init(&read->name, BUFFER_MAXIMUM);
	read->mask = fuzz_make_mask(SLICE("s3cret-Passw0rd"));
	read->streams = streams_make();
	airbyte_writer_init(&read->writer, &read->out, &read->mask);
	read->writer.now = NOW;
	singer_message_init(&read->message);
	FUZZ_CHECK(state_map_init(&read->state, &read->streams, &error) &&
		   translator_init(&read->translator, &read->streams, &read->state, &read->writer,
				   &error) &&
		   translator_start(&read->translator, SLICE(""), &error));
}

static void release(struct read *read)
{
	translator_release(&read->translator);
	state_map_release(&read->state);
	singer_message_release(&read->message);
	airbyte_writer_release(&read->writer);
	secret_mask_release(&read->mask);
	stream_list_release(&read->streams);
	buffer_release(&read->name);
	buffer_release(&read->out);
}

static bool is_deselected(const struct stream *stream, struct slice raw_key)
{
	const uint32_t *choice = raw_name_get(&stream->fields, raw_key);

	return choice != NULL && *choice == FIELD_DESELECTED;
}

/* How many records the message has to bring. */
static uint64_t expected_records(struct read *read)
{
	const struct singer_message *message = &read->message;
	const struct stream *stream;

	if (message->type != SINGER_RECORD)
		return 0;
	buffer_clear(&read->name);
	json_text_decode(&read->name, message->stream);
	stream = stream_list_find(&read->streams, buffer_slice(&read->name),
				  buffer_slice(&read->translator.currently_syncing));
	if (stream == NULL || !stream->configured)
		return 0;
	for (size_t i = 0; i < message->field_count; i++)
		if (!is_deselected(stream, message->fields[i].key))
			return 1;
	return 0;
}

/* False when the read has to end. */
static bool feed(struct read *read, struct slice line, bool complete)
{
	uint64_t before = read->translator.progress.records, expected;
	struct error error = ERROR_NONE;
	struct singer_problem problem;
	enum singer_line kind = singer_message_parse(&read->message, line, &problem);

	if (kind == SINGER_LINE_MESSAGE && read->message.type == SINGER_BATCH)
		return true; /* its files would be files of this machine */
	if (!translator_line(&read->translator, line, complete, &error)) {
		FUZZ_CHECK(error.set && fuzz_is_utf8(slice_of_string(error.message)));
		return false;
	}
	FUZZ_CHECK(kind != SINGER_LINE_BROKEN && !translator_is_busy(&read->translator));
	expected = kind == SINGER_LINE_MESSAGE ? expected_records(read) : 0;
	FUZZ_CHECK(read->translator.progress.records == before + expected);
	return true;
}

static bool is_record(struct slice message)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	bool found;

	FUZZ_CHECK(document_parse(&document, message, &error));
	found = node_is_string(node_get(document.nodes, "type"), "RECORD");
	document_release(&document);
	return found;
}

static void check_messages(const struct read *read)
{
	struct slice out = buffer_slice(&read->out), line;
	uint64_t records = 0;

	FUZZ_CHECK(out.length > 0 && out.data[out.length - 1] == '\n');
	while (slice_take_line(&out, &line)) {
		fuzz_check_message(line);
		records += is_record(line);
	}
	FUZZ_CHECK(records == read->translator.progress.records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), line;
	struct error error = ERROR_NONE;
	const struct stream *missing;
	struct read read;
	bool goes_on = true;

	start(&read);
	while (goes_on && slice_take_line(&text, &line))
		goes_on = feed(&read, line, text.length > 0 || data[size - 1] == '\n');
	if (goes_on)
		FUZZ_CHECK(translator_complete(&read.translator, &missing, &error) ||
			   missing != NULL);
	else
		translator_abandon(&read.translator);
	check_messages(&read);
	release(&read);
	return 0;
}
