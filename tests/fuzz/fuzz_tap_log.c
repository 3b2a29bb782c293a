/*
 * A byte, then the lines of a tap's stderr: no byte of them gets lost but the time, level
 * and logger that begin a message. LONG makes the first line longer than a message may be.
 */
#include <ctype.h>

#include "fuzz.h"
#include "log_line.h"
#include "tap_log.h"

#define LONG 0xff

struct sink {
	struct buffer text; /* all that came out, without white space */
	bool is_utf8;       /* what went in is */
};

static void append_visible(struct buffer *out, struct slice text)
{
	FUZZ_CHECK(buffer_reserve(out, text.length + 1));
	for (size_t i = 0; i < text.length; i++)
		if (!isspace((unsigned char)text.data[i]))
			out->data[out->length++] = text.data[i];
}

static void take_message(void *owner, enum log_level level, struct slice message)
{
	struct sink *sink = owner;

	FUZZ_CHECK(log_level_name(level) != NULL);
	FUZZ_CHECK(message.length > 0 && message.length <= TAP_LOG_MESSAGE_MAX);
	FUZZ_CHECK(!isspace((unsigned char)message.data[message.length - 1]));
	FUZZ_CHECK(!sink->is_utf8 || fuzz_is_utf8(message));
	append_visible(&sink->text, message);
}

/* What has to come out for a line. */
static void expect(struct buffer *out, struct slice line)
{
	struct buffer structured, traceback;
	enum log_level level;
	struct slice text;

	buffer_init(&structured, BUFFER_MAXIMUM);
	buffer_init(&traceback, BUFFER_MAXIMUM);
	if (log_line_parse(line, &level, &text)) {
		FUZZ_CHECK(text.data + text.length == line.data + line.length);
		append_visible(out, text);
	} else if (log_line_parse_structured(line, &level, &structured, &traceback)) {
		append_visible(out, buffer_slice(&structured));
		append_visible(out, buffer_slice(&traceback));
	} else {
		append_visible(out, line);
	}
	buffer_release(&structured);
	buffer_release(&traceback);
}

static void check_failure(struct tap_log *log, const struct sink *sink)
{
	struct tap_failure failure;

	tap_log_failure(log, &failure);
	FUZZ_CHECK(failure.message.length <= TAP_LOG_EVIDENCE_MAX);
	FUZZ_CHECK(failure.stack_trace.length <= TAP_LOG_EVIDENCE_MAX);
	FUZZ_CHECK(!sink->is_utf8 || fuzz_is_utf8(failure.message));
	FUZZ_CHECK(!sink->is_utf8 || fuzz_is_utf8(failure.stack_trace));
	FUZZ_CHECK(failure_type_name(failure.type) != NULL);
}

/* The line again and again, until it is too long for one message. */
static struct slice lengthen(struct buffer *long_line, struct slice line)
{
	do
		buffer_append(long_line, line);
	while (line.length > 0 && long_line->length <= TAP_LOG_MESSAGE_MAX);
	return buffer_slice(long_line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text, line;
	struct buffer expected, long_line;
	struct sink sink;
	struct tap_log log;
	bool first = true;

	if (size == 0)
		return 0;
	text = slice_of((const char *)data + 1, size - 1);
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_init(&long_line, BUFFER_MAXIMUM);
	buffer_init(&sink.text, BUFFER_MAXIMUM);
	sink.is_utf8 = fuzz_is_utf8(text);
	tap_log_init(&log, take_message, &sink);
	while (slice_take_line(&text, &line)) {
		if (first && data[0] == LONG)
			line = lengthen(&long_line, line);
		first = false;
		expect(&expected, line);
		tap_log_line(&log, line);
	}
	tap_log_flush(&log);
	FUZZ_CHECK(slice_equals(buffer_slice(&sink.text), buffer_slice(&expected)));
	check_failure(&log, &sink);
	tap_log_release(&log);
	buffer_release(&sink.text);
	buffer_release(&long_line);
	buffer_release(&expected);
	return 0;
}
