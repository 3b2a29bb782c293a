/*
 * tap_log.h - what a tap writes on stderr, as log messages with a level.
 *
 * Knows the three families' formats: singer-python ("LEVEL message"), pipelinewise's
 * ("time=... name=... level=LEVEL message=..."), Meltano's SDK ("date time | LEVEL |
 * logger | message", or one JSON object a line from its StructuredFormatter). A line
 * without a level (SQL, driver messages, usage, the traceback of an error) belongs to
 * the message before it and is joined to it with \n, or, when that was handed out
 * already, follows it as a message of the same level. With no message before it, or a
 * METRIC line, which is always alone, it is INFO. A traceback after a message of INFO or
 * DEBUG is one of its own, and an ERROR: nobody caught that exception. A warning of Python
 * ("FILE.py:LINE: SomeWarning: text" and the indented source) is one, too, and a WARN. A
 * message ends without white space and, at TAP_LOG_MESSAGE_MAX bytes, goes on as a new one.
 *
 *	tap_log_init(&log, on_message, owner);
 *	for each line: tap_log_line(&log, line);
 *	tap_log_flush(&log);            at the end, and when stderr was quiet for a while
 *	if (the tap failed)
 *		tap_log_failure(&log, &failure);
 *	tap_log_release(&log);
 */
#ifndef TAPBYTE_TAP_LOG_H
#define TAPBYTE_TAP_LOG_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "log_line.h"
#include "slice.h"

/* Bytes in one message. */
#define TAP_LOG_MESSAGE_MAX ((size_t)64 * 1024)

/* Bytes kept of a traceback and of the text that explains a failure: the last ones. */
#define TAP_LOG_EVIDENCE_MAX ((size_t)100000)

/* Of the lines without a level, of which a beginning says most: "panic: ..." and a stack. */
#define TAP_LOG_LAST_TEXT_MAX ((size_t)1000)

/* Where in a message the lines are. */
enum tap_log_section {
	SECTION_TEXT,
	SECTION_THREAD,            /* "Exception in thread": the other threads go on */
	SECTION_TRACEBACK,
	SECTION_IGNORED,           /* "Exception ignored in": Python's, of no consequence */
	SECTION_IGNORED_TRACEBACK,
	SECTION_WARNING,           /* of Python: one line, and the indented source of it */
};

/* What the text that explains a failure is; the better comes later. */
enum tap_log_evidence {
	EVIDENCE_NONE,
	EVIDENCE_USAGE, /* of argparse or click */
	EVIDENCE_ERROR,
	EVIDENCE_FATAL,
};

/* Is given one whole message, without the tap's time and level; it ends with the call. */
typedef void tap_log_message(void *owner, enum log_level level, struct slice message);

/* The text without secrets; borrowed until the next call. */
typedef struct slice tap_log_mask(void *owner, struct slice text);

struct tap_log {
	tap_log_message *emit;
	tap_log_mask *mask;             /* NULL: there are no secrets */
	void *owner;
	struct buffer pending;          /* the message that may still get continuation lines */
	bool has_pending;
	enum log_level level;           /* of the pending message, or the last one */
	enum tap_log_section section;
	struct buffer last_error;       /* the text that explains a failure best, so far */
	enum tap_log_evidence evidence; /* what it is */
	bool explains;                  /* the last message is a part of it */
	struct buffer traceback;        /* the last traceback, whole, with its chain */
	bool traceback_is_newer;        /* than the last CRITICAL line */
	bool crashed;                   /* nobody in the main thread caught the exception of the
					   last traceback */
	bool thread_died;               /* of an exception; the tap goes on without it */
	struct buffer last_text;        /* the last lines that belong to no message */
	bool text_goes_on;              /* no message has begun since */
	struct buffer sentence;         /* that tap_log_failure made */
	bool failed;                    /* memory ran out: something of the log is lost */
};

/* Why a tap failed, as far as its log tells; the slices are borrowed from the log. */
struct tap_failure {
	struct slice message;     /* the sentence that a person needs; empty: the log has none */
	struct slice last_text;   /* where that is empty: the last lines without a level */
	struct slice stack_trace; /* empty: none */
	enum failure_type type;   /* by the exception and the words (failure_evidence.h) */
};

void tap_log_init(struct tap_log *log, tap_log_message *emit, void *owner);
void tap_log_release(struct tap_log *log);

/*
 * Takes one line, without its \n. METRIC lines are LOG_DEBUG. Of a structured one the texts
 * are masked, and not the JSON: a secret like 200000 or "level" would break that.
 */
void tap_log_line(struct tap_log *log, struct slice line);

/*
 * Is the last thing in the log the traceback of an exception that nobody caught? Whoever
 * wrote it has to end now. Not meant are those of other threads than the main one; but what
 * traceback.print_exc() prints of an exception that was caught looks the same.
 */
bool tap_log_has_crashed(const struct tap_log *log);

/* Hands out the pending message, if there is one. */
void tap_log_flush(struct tap_log *log);

/*
 * The sentence: the last CRITICAL lines, unless a traceback began after their message;
 * else the exception, which is the end of the traceback (from the first line at the
 * margin after the last "Traceback", with all lines of its text), of a group of them the
 * group's text and the first one's; else the last ERROR lines that followed one another,
 * joined by "; "; else the "tap-x: error: ..." of argparse, the "Error: ..." of click or
 * the "Fatal Python error: ...".
 * What Python puts around a sentence is taken off (exception_text.h). Where the sentence
 * tells nothing about the type, the exceptions that led to this one are asked. Call
 * tap_log_flush first.
 */
void tap_log_failure(struct tap_log *log, struct tap_failure *failure);

#endif
