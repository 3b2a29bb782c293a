/*
 * log_line.h - one line that a tap wrote on stderr: does a message start here, and how
 * grave is it?
 *
 * The formats are those of the three families of taps, and Python's own:
 *
 *	INFO text                                              singer-python
 *	time=... name=... level=INFO message=text              pipelinewise's
 *	2026-01-31 09:48:32,751 | INFO     | logger | text     Meltano's SDK
 *	{"level":"info","message":"text","exception":{...}}    the SDK, structured
 *	INFO:logger:text                                       logging.basicConfig()
 *
 * Levels between Python's ("Level 25") are the level below them.
 */
#ifndef TAPBYTE_LOG_LINE_H
#define TAPBYTE_LOG_LINE_H

#include <stdbool.h>

#include "buffer.h"
#include "slice.h"

/* The protocol's levels, the gravest first. */
enum log_level {
	LOG_FATAL,
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
	LOG_TRACE,
};

/* "FATAL" ... "TRACE"; lives forever. */
const char *log_level_name(enum log_level level);

/*
 * True for a line that starts a message in one of the formats of plain text: *text is
 * the part of the line after time, level and logger, *level the protocol's level.
 */
bool log_line_parse(struct slice line, enum log_level *level, struct slice *text);

/* True for "FILE.py:LINE: SomeWarning: text", as Python's warnings module writes it. */
bool log_line_is_python_warning(struct slice line);

/*
 * True for a line that is a whole message of the SDK's StructuredFormatter. Its text is
 * appended to *text, and its exception, where it has one, to *traceback as Python
 * prints it: lines that end with \n.
 */
bool log_line_parse_structured(struct slice line, enum log_level *level, struct buffer *text,
			       struct buffer *traceback);

#endif
