#include "tap_log.h"

#include <string.h>

#include "exception_text.h"
#include "failure_evidence.h"

#define TRACEBACK_HEADER SLICE("Traceback (most recent call last):")
#define GROUP_HEADER SLICE("+ Exception Group Traceback (most recent call last):")

void tap_log_init(struct tap_log *log, tap_log_message *emit, void *owner)
{
	*log = (struct tap_log){ .emit = emit, .owner = owner, .level = LOG_INFO };
	buffer_init(&log->pending, TAP_LOG_MESSAGE_MAX);
	buffer_init(&log->last_error, 2 * TAP_LOG_EVIDENCE_MAX);
	buffer_init(&log->traceback, 2 * TAP_LOG_EVIDENCE_MAX);
	buffer_init(&log->last_text, TAP_LOG_LAST_TEXT_MAX);
	buffer_init(&log->sentence, 3 * TAP_LOG_EVIDENCE_MAX);
}

void tap_log_release(struct tap_log *log)
{
	buffer_release(&log->pending);
	buffer_release(&log->last_error);
	buffer_release(&log->traceback);
	buffer_release(&log->last_text);
	buffer_release(&log->sentence);
}

static bool is_inside_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Appends, and forgets the beginning when there is too much. Moves bytes only now and then. */
static void keep_end(struct tap_log *log, struct buffer *buffer, struct slice text)
{
	if (text.length > TAP_LOG_EVIDENCE_MAX)
		text = slice_of(text.data + text.length - TAP_LOG_EVIDENCE_MAX,
				TAP_LOG_EVIDENCE_MAX);
	if (text.length > buffer->maximum - buffer->length)
		buffer_remove_front(buffer, buffer->length + text.length - TAP_LOG_EVIDENCE_MAX);
	buffer_append(buffer, text);
	log->failed = log->failed || buffer->failed;
}

/* What keep_end kept, from the start of a character. */
static struct slice kept_end(const struct buffer *buffer)
{
	struct slice text = buffer_slice(buffer);

	if (text.length < TAP_LOG_EVIDENCE_MAX)
		return slice_trim(text);
	text = slice_of(text.data + text.length - TAP_LOG_EVIDENCE_MAX, TAP_LOG_EVIDENCE_MAX);
	while (text.length > 0 && is_inside_character(text.data[0]))
		text = slice_of(text.data + 1, text.length - 1);
	return slice_trim_end(text);
}

void tap_log_flush(struct tap_log *log)
{
	struct slice message = slice_trim_end(buffer_slice(&log->pending));

	if (message.length > 0)
		log->emit(log->owner, log->level, message);
	buffer_clear(&log->pending);
	log->has_pending = false;
}

/* The length of what fits into one message, which ends at the end of a character. */
static size_t fitting(struct slice text)
{
	size_t length = TAP_LOG_MESSAGE_MAX;

	while (length > TAP_LOG_MESSAGE_MAX - 4 && is_inside_character(text.data[length]))
		length--;
	return length;
}

/* Adds a line to the pending message, or begins one; hands out what gets too long. */
static void add_line(struct tap_log *log, struct slice text)
{
	if (log->has_pending && log->pending.length + 1 + text.length > TAP_LOG_MESSAGE_MAX)
		tap_log_flush(log);
	if (log->has_pending)
		buffer_append_char(&log->pending, '\n');
	while (text.length > TAP_LOG_MESSAGE_MAX) {
		size_t length = fitting(text);

		buffer_append(&log->pending, slice_of(text.data, length));
		log->failed = log->failed || log->pending.failed;
		tap_log_flush(log);
		text = slice_of(text.data + length, text.length - length);
	}
	buffer_append(&log->pending, text);
	log->failed = log->failed || log->pending.failed;
	log->has_pending = true;
}

static enum tap_log_evidence evidence_of(enum log_level level)
{
	switch (level) {
	case LOG_FATAL:
		return EVIDENCE_FATAL;
	case LOG_ERROR:
		return EVIDENCE_ERROR;
	default:
		return EVIDENCE_NONE;
	}
}

/*
 * singer-python logs an exception's text as one CRITICAL line for each of its lines, and
 * the SDK one ERROR line for each setting that is wrong.
 */
static void note_message(struct tap_log *log, struct slice text)
{
	enum tap_log_evidence evidence = evidence_of(log->level);
	bool goes_on = log->explains && evidence == log->evidence;

	log->explains = evidence != EVIDENCE_NONE && evidence >= log->evidence;
	if (!log->explains)
		return;
	if (goes_on)
		keep_end(log, &log->last_error,
			 evidence == EVIDENCE_FATAL ? SLICE("\n") : SLICE("; "));
	else
		buffer_clear(&log->last_error);
	keep_end(log, &log->last_error, slice_trim_end(text));
	log->evidence = evidence;
	if (evidence == EVIDENCE_FATAL)
		log->traceback_is_newer = false;
}

static void start_message(struct tap_log *log, enum log_level level, struct slice text)
{
	bool is_metric = slice_starts_with(text, SLICE("METRIC:"));

	tap_log_flush(log);
	log->text_goes_on = false;
	log->section = SECTION_TEXT;
	log->level = is_metric ? LOG_DEBUG : level;
	note_message(log, text);
	add_line(log, text);
	if (is_metric) {
		tap_log_flush(log);
		log->level = LOG_INFO;
	}
}

/* "tap-x: error: ..." of argparse, "Error: ..." of click, and what Python itself dies of. */
static bool is_usage_error(struct slice line)
{
	static const char mark[] = ": error: ";
	const char *found;

	if (slice_starts_with(line, SLICE("Error: ")) ||
	    slice_starts_with(line, SLICE("Fatal Python error: ")))
		return true;
	found = line.length > 0 ? memmem(line.data, line.length, mark, strlen(mark)) : NULL;
	return found != NULL && memchr(line.data, ' ', (size_t)(found - line.data)) == NULL;
}

/* "sys.exit('...')" of Python, a panic of Go: lines without a level, a tap's last ones. */
static void note_last_text(struct tap_log *log, struct slice line)
{
	size_t room;

	if (!log->text_goes_on)
		buffer_clear(&log->last_text);
	log->text_goes_on = true;
	if (log->last_text.length > 0 && log->last_text.length < TAP_LOG_LAST_TEXT_MAX)
		buffer_append_char(&log->last_text, '\n');
	room = TAP_LOG_LAST_TEXT_MAX - log->last_text.length;
	if (line.length > room) {
		line.length = room;
		while (line.length > 0 && is_inside_character(line.data[line.length]))
			line.length--;
	}
	buffer_append(&log->last_text, line);
}

static void note_text(struct tap_log *log, struct slice line)
{
	if (log->explains) {
		keep_end(log, &log->last_error, SLICE("\n"));
		keep_end(log, &log->last_error, slice_trim_end(line));
	} else if (log->evidence <= EVIDENCE_USAGE && is_usage_error(line)) {
		buffer_clear(&log->last_error);
		keep_end(log, &log->last_error, line);
		log->evidence = EVIDENCE_USAGE;
	} else {
		note_last_text(log, line);
	}
}

static bool is_traceback_header(struct slice line)
{
	return slice_ends_with(slice_trim_end(line), TRACEBACK_HEADER);
}

static bool is_indented(struct slice line)
{
	return line.length == 0 || line.data[0] == ' ' || line.data[0] == '\t';
}

bool tap_log_has_crashed(const struct tap_log *log)
{
	return log->section == SECTION_TRACEBACK && log->crashed;
}

static void enter_section(struct tap_log *log, struct slice line)
{
	if (log->section == SECTION_WARNING && !is_indented(line)) {
		tap_log_flush(log);
		log->section = SECTION_TEXT;
		log->level = LOG_INFO;
	}
	if (slice_starts_with(line, SLICE("Exception ignored in"))) {
		log->section = SECTION_IGNORED;
	} else if (slice_starts_with(line, SLICE("Exception in thread ")) &&
		   !tap_log_has_crashed(log)) {
		log->section = SECTION_THREAD;
	} else if (log->section == SECTION_IGNORED && is_traceback_header(line)) {
		log->section = SECTION_IGNORED_TRACEBACK;
	} else if (log->section != SECTION_TRACEBACK && is_traceback_header(line)) {
		log->crashed = log->section != SECTION_THREAD &&
			       (log->level == LOG_FATAL || log->level > LOG_WARN);
		log->thread_died = log->thread_died || log->section == SECTION_THREAD;
		log->section = SECTION_TRACEBACK;
		log->traceback_is_newer = log->level != LOG_FATAL;
		buffer_clear(&log->traceback);
		if (log->level > LOG_WARN) { /* nobody caught it: no part of what was told before */
			tap_log_flush(log);
			log->level = LOG_ERROR;
		}
	}
}

static void continue_message(struct tap_log *log, struct slice line)
{
	if (!log->has_pending && slice_trim_end(line).length == 0)
		return;
	enter_section(log, line);
	if (log->section == SECTION_TRACEBACK) {
		keep_end(log, &log->traceback, line);
		keep_end(log, &log->traceback, SLICE("\n"));
	} else if (log->section == SECTION_TEXT) {
		note_text(log, line);
	}
	add_line(log, line);
}

static struct slice without_secrets(struct tap_log *log, struct slice text)
{
	return log->mask != NULL ? log->mask(log->owner, text) : text;
}

static bool take_structured(struct tap_log *log, struct slice line)
{
	struct buffer text, traceback;
	struct slice rest, traceback_line;
	enum log_level level;
	bool known;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_init(&traceback, BUFFER_MAXIMUM);
	known = log_line_parse_structured(line, &level, &text, &traceback);
	if (known) {
		start_message(log, level, without_secrets(log, buffer_slice(&text)));
		rest = without_secrets(log, buffer_slice(&traceback));
		while (slice_take_line(&rest, &traceback_line))
			continue_message(log, traceback_line);
	}
	log->failed = log->failed || text.failed || traceback.failed;
	buffer_release(&text);
	buffer_release(&traceback);
	return known;
}

static void start_python_warning(struct tap_log *log, struct slice line)
{
	start_message(log, LOG_WARN, line);
	log->section = SECTION_WARNING;
}

void tap_log_line(struct tap_log *log, struct slice line)
{
	enum log_level level;
	struct slice text;

	if (take_structured(log, line))
		return;
	line = without_secrets(log, line);
	if (log_line_parse(line, &level, &text))
		start_message(log, level, text);
	else if (log_line_is_python_warning(line))
		start_python_warning(log, line);
	else
		continue_message(log, line);
}

/* What the last traceback of a chain says, and what those before it said. */
struct traceback {
	struct slice exception;        /* "class: text" */
	struct slice source;           /* the line of Python that raised it */
	struct slice part;             /* of a group: the first exception in it */
	struct exception_text earlier; /* the last one before it that tells whose fault it is */
	bool in_frames;
	bool is_group;
};

/* The line without the margin of a group's traceback; false for the rules in it. */
static bool take_margin(struct slice *line)
{
	struct slice rest = slice_trim(*line);

	if (rest.length == 0 || rest.data[0] != '|')
		return false;
	*line = slice_of(rest.data + 1, rest.length - 1);
	if (line->length > 0 && line->data[0] == ' ')
		*line = slice_of(line->data + 1, line->length - 1);
	return true;
}

static bool is_group(struct slice exception)
{
	return slice_starts_with(exception, SLICE("ExceptionGroup: ")) ||
	       slice_starts_with(exception, SLICE("BaseExceptionGroup: "));
}

/* The group's text comes before the first rule, and its first exception, no group, after. */
static void read_group_line(struct traceback *traceback, struct slice line)
{
	struct slice rule = slice_trim(line);

	if (slice_starts_with(rule, SLICE("+-"))) {
		traceback->in_frames = true;
		return;
	}
	if (!take_margin(&line) || is_indented(line) || is_traceback_header(line) ||
	    !traceback->in_frames)
		return;
	if (traceback->exception.length == 0)
		traceback->exception = line;
	else if (traceback->part.length == 0 || is_group(traceback->part))
		traceback->part = line;
	traceback->in_frames = false;
}

static bool is_source_line(struct slice line)
{
	if (!slice_starts_with(line, SLICE("    ")))
		return false;
	for (size_t i = 0; i < line.length; i++) {
		if (strchr(" ^~", line.data[i]) == NULL)
			return true;
	}
	return false;
}

/* The text up to the paragraph with which Python leads to the next exception of the chain. */
static struct slice cut_transition(struct slice text)
{
	const char *cut;

	text = slice_trim_end(text);
	cut = text.length > 0 ? memrchr(text.data, '\n', text.length) : NULL;
	return cut == NULL ? text : slice_trim_end(slice_of(text.data, (size_t)(cut - text.data)));
}

/* What came so far was only the beginning of the chain. */
static void begin_traceback(struct traceback *traceback, struct slice header)
{
	struct slice text = traceback->exception;
	struct exception_text earlier = traceback->earlier;

	if (text.length > 0) {
		text.length = (size_t)(header.data - text.data);
		earlier = exception_text_read(cut_transition(text), traceback->source);
		if (earlier.type == FAILURE_SYSTEM)
			earlier = traceback->earlier;
	}
	*traceback = (struct traceback){
		.earlier = earlier,
		.in_frames = true,
		.is_group = slice_ends_with(slice_trim_end(header), GROUP_HEADER),
	};
}

/*
 * The end of a traceback, after the frames of its last exception. The first line is the
 * header or, where the beginning was forgotten, a part of a line.
 */
static struct traceback read_traceback(struct slice text)
{
	struct traceback traceback = { .in_frames = true, .earlier.type = FAILURE_SYSTEM };
	struct slice rest = text, line;
	const char *end;

	if (!slice_take_line(&rest, &line))
		return traceback;
	end = text.data + text.length;
	traceback.is_group = slice_ends_with(slice_trim_end(line), GROUP_HEADER);
	while (slice_take_line(&rest, &line)) {
		if (traceback.is_group && (is_indented(line) || line.data[0] == '|')) {
			read_group_line(&traceback, line);
		} else if (is_traceback_header(line)) {
			begin_traceback(&traceback, line);
		} else if (traceback.in_frames && !is_indented(line)) {
			traceback.in_frames = false;
			traceback.exception = slice_of(line.data, (size_t)(end - line.data));
		} else if (traceback.in_frames && is_source_line(line)) {
			traceback.source = slice_trim(line);
		}
	}
	traceback.exception = slice_trim_end(traceback.exception);
	return traceback;
}

static void append_read(struct buffer *sentence, struct exception_text read)
{
	buffer_append_string(sentence, read.introduction);
	buffer_append(sentence, read.text);
}

/*
 * The sentence of a traceback, with the first exception of a group. A bug in a handler
 * of exceptions must not hide what was handled.
 */
static enum failure_type explain_traceback(const struct traceback *traceback,
					   struct buffer *sentence)
{
	struct exception_text read = exception_text_read(traceback->exception, traceback->source);

	if (read.certain && traceback->earlier.type != FAILURE_SYSTEM) {
		append_read(sentence, traceback->earlier);
		buffer_append_string(sentence, "; and then ");
	}
	append_read(sentence, read);
	if (traceback->part.length > 0) {
		read = exception_text_read(traceback->part, SLICE(""));
		buffer_append_string(sentence, ": ");
		append_read(sentence, read);
	}
	return read.type != FAILURE_SYSTEM ? read.type : traceback->earlier.type;
}

/* A text that the tap logged; singer-python logs CRITICAL ones with their traceback. */
static enum failure_type explain_logged(const struct tap_log *log, struct slice text,
					const struct traceback *traceback, struct buffer *sentence)
{
	struct exception_text read = exception_text_read_logged(text);
	size_t length;

	append_read(sentence, read);
	length = sentence->length;
	if (read.type == FAILURE_SYSTEM && !read.certain && log->evidence == EVIDENCE_FATAL &&
	    traceback->exception.length > 0) {
		read.type = explain_traceback(traceback, sentence);
		sentence->length = length;
	}
	return read.type;
}

/* A CRITICAL text that only repeats the exception has lost the class. */
static bool is_told_by_traceback(const struct tap_log *log, struct slice explanation,
				 const struct traceback *traceback)
{
	if (traceback->exception.length == 0)
		return false;
	return log->evidence != EVIDENCE_FATAL || log->traceback_is_newer ||
	       slice_ends_with(traceback->exception, explanation);
}

void tap_log_failure(struct tap_log *log, struct tap_failure *failure)
{
	struct slice explanation = kept_end(&log->last_error);
	struct traceback traceback;

	buffer_clear(&log->sentence);
	failure->stack_trace = kept_end(&log->traceback);
	traceback = read_traceback(failure->stack_trace);
	if (is_told_by_traceback(log, explanation, &traceback)) {
		failure->type = explain_traceback(&traceback, &log->sentence);
	} else if (log->evidence == EVIDENCE_USAGE) {
		buffer_append(&log->sentence, explanation);
		failure->type = FAILURE_SYSTEM;
	} else {
		failure->type = explain_logged(log, explanation, &traceback, &log->sentence);
	}
	failure->message = buffer_slice(&log->sentence);
	failure->last_text = slice_trim_end(buffer_slice(&log->last_text));
	if (failure->message.length == 0)
		failure->type = failure_evidence_type(failure->last_text);
}
