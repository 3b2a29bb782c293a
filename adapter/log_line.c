#include "log_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "count.h"
#include "document.h"
#include "error.h"
#include "json_text.h"

/* Chained exceptions that are printed, from the last one back. */
#define CHAIN_MAX 16

static const struct {
	const char *word;
	enum log_level level;
} level_words[] = {
	{ "CRITICAL", LOG_FATAL }, { "FATAL", LOG_FATAL }, { "ERROR", LOG_ERROR },
	{ "WARNING", LOG_WARN },   { "WARN", LOG_WARN },   { "INFO", LOG_INFO },
	{ "DEBUG", LOG_DEBUG },    { "TRACE", LOG_TRACE }, { "NOTSET", LOG_TRACE },
};

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_FATAL] = "FATAL", [LOG_ERROR] = "ERROR", [LOG_WARN] = "WARN",
		[LOG_INFO] = "INFO",   [LOG_DEBUG] = "DEBUG", [LOG_TRACE] = "TRACE",
	};

	return names[level];
}

/* Python's numbers of the levels, and those between. */
static enum log_level level_of_number(struct slice digits)
{
	static const enum log_level levels[] = {
		LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL,
	};
	size_t tens = digits.length < 2 ? 0 : (size_t)(digits.data[0] - '0');

	return digits.length > 2 || tens >= COUNT(levels) ? LOG_FATAL : levels[tens];
}

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (!isdigit((unsigned char)text.data[i]))
			return false;
	}
	return text.length > 0;
}

static bool level_of(struct slice word, int (*compare)(const char *, const char *, size_t),
		     enum log_level *level)
{
	if (word.length > 6 && compare("Level ", word.data, 6) == 0 &&
	    is_number(slice_of(word.data + 6, word.length - 6))) {
		*level = level_of_number(slice_of(word.data + 6, word.length - 6));
		return true;
	}
	for (size_t i = 0; i < COUNT(level_words); i++) {
		if (strlen(level_words[i].word) == word.length &&
		    compare(level_words[i].word, word.data, word.length) == 0) {
			*level = level_words[i].level;
			return true;
		}
	}
	return false;
}

static void skip(struct slice *rest, size_t length)
{
	if (length == 0)
		return; /* from a NULL pointer, maybe */
	rest->data += length;
	rest->length -= length;
}

/* Passes over a pattern, in which 9 stands for any digit. */
static bool skip_pattern(struct slice *rest, const char *pattern)
{
	size_t length = strlen(pattern);

	if (rest->length < length)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '9' ? !isdigit((unsigned char)rest->data[i])
				      : rest->data[i] != pattern[i])
			return false;
	}
	skip(rest, length);
	return true;
}

/* Takes what stands before the mark, and passes over the mark. */
static bool take_until(struct slice *rest, const char *mark, struct slice *before)
{
	size_t length = strlen(mark);
	const char *found = NULL;

	if (rest->length > 0)
		found = memmem(rest->data, rest->length, mark, length);
	if (found == NULL)
		return false;
	*before = slice_of(rest->data, (size_t)(found - rest->data));
	skip(rest, before->length + length);
	return true;
}

static bool parse_singer_python(struct slice rest, enum log_level *level, struct slice *text)
{
	struct slice line = rest, word, number;

	if (skip_pattern(&rest, "Level ") && take_until(&rest, " ", &number)) {
		*text = rest;
		word = slice_of(line.data, line.length - rest.length - 1);
		return level_of(word, strncmp, level);
	}
	rest = line;
	if (!take_until(&rest, " ", &word)) {
		word = rest;
		skip(&rest, rest.length);
	}
	*text = rest;
	return level_of(word, strncmp, level);
}

static bool parse_pipelinewise(struct slice rest, enum log_level *level, struct slice *text)
{
	struct slice name, word;

	if (!skip_pattern(&rest, "time=9999-99-99 ") || !take_until(&rest, " level=", &name) ||
	    !take_until(&rest, " message=", &word))
		return false;
	*text = rest;
	return level_of(word, strncasecmp, level);
}

static bool parse_sdk(struct slice rest, enum log_level *level, struct slice *text)
{
	struct slice fraction, word, logger;

	if (!skip_pattern(&rest, "9999-99-99 99:99:99") ||
	    !take_until(&rest, " | ", &fraction) || !take_until(&rest, "| ", &word) ||
	    !take_until(&rest, " | ", &logger))
		return false;
	while (word.length > 0 && word.data[word.length - 1] == ' ')
		word.length--;
	*text = rest;
	return level_of(word, strncasecmp, level);
}

static bool is_logger_name(struct slice name)
{
	for (size_t i = 0; i < name.length; i++) {
		if (!isalnum((unsigned char)name.data[i]) && strchr("._-", name.data[i]) == NULL)
			return false;
	}
	return name.length > 0;
}

static bool parse_basic_config(struct slice rest, enum log_level *level, struct slice *text)
{
	struct slice word, logger;

	if (!take_until(&rest, ":", &word) || !level_of(word, strncmp, level) ||
	    !take_until(&rest, ":", &logger))
		return false;
	*text = rest;
	return is_logger_name(logger);
}

bool log_line_parse(struct slice line, enum log_level *level, struct slice *text)
{
	return parse_singer_python(line, level, text) || parse_pipelinewise(line, level, text) ||
	       parse_sdk(line, level, text) || parse_basic_config(line, level, text);
}

static bool is_warning_name(struct slice word)
{
	static const char end[] = "Warning";
	size_t length = strlen(end);

	return word.length >= length && is_logger_name(word) &&
	       memcmp(word.data + word.length - length, end, length) == 0;
}

bool log_line_is_python_warning(struct slice line)
{
	struct slice rest = line, file, number, word;

	return take_until(&rest, ".py:", &file) && take_until(&rest, ": ", &number) &&
	       is_number(number) && take_until(&rest, ":", &word) && is_warning_name(word);
}

/* The text of a member; nothing where it is absent or no string. */
static void append_member(struct buffer *out, const struct node *object, const char *name)
{
	json_text_decode(out, node_raw(node_get(object, name)));
}

/* The source line, which comes with its own indentation and a \n, at Python's indentation. */
static void append_source_line(struct buffer *out, const struct node *frame)
{
	struct buffer decoded;
	struct slice line;

	buffer_init(&decoded, BUFFER_MAXIMUM);
	append_member(&decoded, frame, "line");
	line = buffer_slice(&decoded);
	while (line.length > 0 && isspace((unsigned char)line.data[0]))
		skip(&line, 1);
	while (line.length > 0 && isspace((unsigned char)line.data[line.length - 1]))
		line.length--;
	if (line.length > 0) {
		buffer_append_string(out, "    ");
		buffer_append(out, line);
		buffer_append_char(out, '\n');
	}
	buffer_release(&decoded);
}

static void append_frame(struct buffer *out, const struct node *frame)
{
	const struct node *line_number = node_get(frame, "lineno");

	buffer_append_string(out, "  File \"");
	append_member(out, frame, "filename");
	buffer_append_string(out, "\", line ");
	buffer_append(out, line_number != NULL ? line_number->text : SLICE("?"));
	buffer_append_string(out, ", in ");
	append_member(out, frame, "function");
	buffer_append_char(out, '\n');
	append_source_line(out, frame);
}

static void append_exception_text(struct buffer *out, const struct node *exception)
{
	const struct node *module = node_get(exception, "module");

	if (node_raw(module).length > 0 && !node_is_string(module, "builtins")) {
		append_member(out, exception, "module");
		buffer_append_char(out, '.');
	}
	append_member(out, exception, "type");
	if (node_raw(node_get(exception, "message")).length > 0) {
		buffer_append_string(out, ": ");
		append_member(out, exception, "message");
	}
	buffer_append_char(out, '\n');
}

static void append_exception(struct buffer *out, const struct node *exception)
{
	const struct node *traceback = node_get(exception, "traceback");
	const struct node *frame;

	buffer_append_string(out, "Traceback (most recent call last):\n");
	if (traceback != NULL) {
		node_for_each(frame, traceback)
			append_frame(out, frame);
	}
	append_exception_text(out, exception);
}

/* Python prints a chain from the first exception to the last; the JSON nests it the other way. */
static void append_chain(struct buffer *out, const struct node *exception)
{
	static const char caused[] =
		"\nThe above exception was the direct cause of the following exception:\n\n";
	static const char followed[] =
		"\nDuring handling of the above exception, another exception occurred:\n\n";
	const struct node *chain[CHAIN_MAX];
	size_t count = 0;

	while (exception != NULL && exception->kind == NODE_OBJECT && count < CHAIN_MAX) {
		const struct node *cause = node_get(exception, "cause");

		chain[count++] = exception;
		exception = node_is_empty(cause) ? node_get(exception, "context") : cause;
	}
	while (count-- > 0) {
		append_exception(out, chain[count]);
		if (count > 0)
			buffer_append_string(out, node_is_empty(node_get(chain[count - 1], "cause"))
							  ? followed : caused);
	}
}

static void append_message(struct buffer *out, const struct node *root)
{
	const struct node *message = node_get(root, "message");
	const struct node *metric = node_get(root, "metric_info");

	if (node_raw(message).length == 0) {
		append_member(out, node_get(root, "exception"), "message");
		return;
	}
	append_member(out, root, "message");
	if (node_is_string(message, "METRIC") && metric != NULL) {
		buffer_append_string(out, ": ");
		buffer_append(out, metric->text);
	}
}

static bool structured_level(const struct node *node, enum log_level *level)
{
	if (node == NULL || node->kind != NODE_NUMBER || !is_number(node->text))
		return level_of(node_raw(node), strncasecmp, level);
	*level = level_of_number(node->text);
	return true;
}

bool log_line_parse_structured(struct slice line, enum log_level *level, struct buffer *text,
			       struct buffer *traceback)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *root, *exception;
	bool known = false;

	if (!slice_starts_with(line, SLICE("{\"")) || !document_parse(&document, line, &error)) {
		text->failed = error.no_memory;
		goto cleanup;
	}
	root = document.nodes;
	exception = node_get(root, "exception");
	if (!structured_level(node_get(root, "level"), level) ||
	    (node_get(root, "message") == NULL && exception == NULL))
		goto cleanup;
	append_message(text, root);
	append_chain(traceback, exception);
	known = true;
cleanup:
	document_release(&document);
	return known;
}
