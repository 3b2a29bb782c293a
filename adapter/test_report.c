#include "test_report.h"

#include <stdarg.h>
#include <string.h>

#include "terminal_text.h"
#include "unicode.h"

static const struct {
	const char *word, *colour, *tap;
} results[TEST_RESULTS] = {
	[TEST_PASSED] = { "passed", "\x1b[32m", "ok" },
	[TEST_FAILED] = { "FAILED", "\x1b[31m", "not ok" },
	[TEST_SKIPPED] = { "skipped", "\x1b[33m", "ok" },
};

#define PLAIN "\x1b[0m"

void test_report_init(struct test_report *report, enum report_format format, bool colours)
{
	*report = (struct test_report){ .format = format, .colours = colours };
	buffer_init(&report->out, BUFFER_MAXIMUM);
	buffer_init(&report->suite, BUFFER_MAXIMUM);
	buffer_init(&report->suite_cases, BUFFER_MAXIMUM);
	buffer_init(&report->suites, BUFFER_MAXIMUM);
	if (format == REPORT_TAP)
		buffer_append_string(&report->out, "TAP version 14\n");
}

void test_report_release(struct test_report *report)
{
	buffer_release(&report->out);
	buffer_release(&report->suite);
	buffer_release(&report->suite_cases);
	buffer_release(&report->suites);
}

/*
 * ---- details ----
 */

void test_tell(struct buffer *details, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_append_arguments(details, format, arguments);
	va_end(arguments);
	buffer_append_char(details, '\n');
}

void test_tell_text(struct buffer *details, const char *front, struct slice text)
{
	buffer_append_string(details, front);
	buffer_append(details, text);
	buffer_append_char(details, '\n');
}

enum test_result test_verdict(const struct buffer *details)
{
	return details->length == 0 ? TEST_PASSED : TEST_FAILED;
}

enum test_result test_skip(struct buffer *details, const char *reason)
{
	test_tell_text(details, "", slice_of_string(reason));
	return TEST_SKIPPED;
}

/*
 * ---- texts ----
 */

/* Each line with that in front of it; fit for a terminal. */
static void append_lines(struct buffer *out, const char *front, struct slice text)
{
	struct slice line;

	while (slice_take_line(&text, &line)) {
		buffer_append_string(out, front);
		terminal_text_append(out, line, TERMINAL_TEXT_UNCUT);
		buffer_append_char(out, '\n');
	}
}

static const char *entity_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

/* XML 1.0 takes neither most control characters, nor U+FFFE and U+FFFF. */
static void append_xml_line(struct buffer *out, struct slice line)
{
	struct buffer shown;

	buffer_init(&shown, BUFFER_MAXIMUM);
	terminal_text_append(&shown, line, TERMINAL_TEXT_UNCUT);
	for (size_t i = 0; i < shown.length; i++) {
		const char *entity = entity_of(shown.data[i]);
		bool noncharacter = shown.length - i >= 3 &&
				    memcmp(shown.data + i, "\xef\xbf", 2) == 0 &&
				    (unsigned char)shown.data[i + 2] >= 0xbe;

		if (entity != NULL) {
			buffer_append_string(out, entity);
		} else if (noncharacter) {
			buffer_append(out, UNICODE_REPLACEMENT);
			i += 2;
		} else {
			buffer_append_char(out, shown.data[i]);
		}
	}
	out->failed = out->failed || shown.failed;
	buffer_release(&shown);
}

static void append_xml(struct buffer *out, struct slice text)
{
	struct slice line;

	while (slice_take_line(&text, &line)) {
		append_xml_line(out, line);
		if (text.length > 0)
			buffer_append_char(out, '\n');
	}
}

/*
 * ---- for people ----
 */

static void append_result(struct test_report *report, enum test_result result)
{
	buffer_append_string(&report->out, report->colours ? results[result].colour : "");
	buffer_append_format(&report->out, "%-7s", results[result].word);
	buffer_append_string(&report->out, report->colours ? PLAIN : "");
}

static void tell_human(struct test_report *report, const char *name, enum test_result result,
		       struct slice details)
{
	buffer_append_string(&report->out, "  ");
	append_result(report, result);
	buffer_append_char(&report->out, ' ');
	terminal_text_append(&report->out, slice_of_string(name), TERMINAL_TEXT_UNCUT);
	buffer_append_char(&report->out, '\n');
	append_lines(&report->out, "          ", details);
}

static void append_count(struct buffer *out, size_t count, const char *word)
{
	buffer_append_integer(out, (long long)count);
	buffer_append_char(out, ' ');
	buffer_append_string(out, word);
}

static void append_summary(struct test_report *report)
{
	struct buffer *out = &report->out;
	enum test_result colour = report->counts[TEST_FAILED] > 0 ? TEST_FAILED : TEST_PASSED;

	buffer_append_string(out, report->colours ? results[colour].colour : "");
	append_count(out, report->counts[TEST_PASSED], "passed, ");
	append_count(out, report->counts[TEST_FAILED], "failed, ");
	append_count(out, report->counts[TEST_SKIPPED], "skipped");
	buffer_append_string(out, report->colours ? PLAIN : "");
	buffer_append_char(out, '\n');
}

/*
 * ---- for machines ----
 */

static size_t total_of(const size_t *counts)
{
	size_t total = 0;

	for (size_t i = 0; i < TEST_RESULTS; i++)
		total += counts[i];
	return total;
}

/* "#" would begin a directive. */
static void append_tap_text(struct buffer *out, struct slice text)
{
	struct buffer shown;

	buffer_init(&shown, BUFFER_MAXIMUM);
	terminal_text_append(&shown, text, TERMINAL_TEXT_UNCUT);
	for (size_t i = 0; i < shown.length; i++) {
		if (shown.data[i] == '#' || shown.data[i] == '\\')
			buffer_append_char(out, '\\');
		buffer_append_char(out, shown.data[i]);
	}
	out->failed = out->failed || shown.failed;
	buffer_release(&shown);
}

static void tell_tap(struct test_report *report, const char *name, enum test_result result,
		     struct slice details)
{
	struct buffer *out = &report->out;
	struct slice reason;

	buffer_append_string(out, results[result].tap);
	buffer_append_char(out, ' ');
	buffer_append_integer(out, (long long)total_of(report->counts));
	buffer_append_string(out, " - ");
	append_tap_text(out, buffer_slice(&report->suite));
	buffer_append_string(out, ": ");
	append_tap_text(out, slice_of_string(name));
	if (result == TEST_SKIPPED) {
		buffer_append_string(out, " # SKIP ");
		if (slice_take_line(&details, &reason))
			append_tap_text(out, reason);
		details.length = 0;
	}
	buffer_append_char(out, '\n');
	append_lines(out, "# ", details);
}

static void append_attribute(struct buffer *out, const char *name, struct slice value)
{
	buffer_append_char(out, ' ');
	buffer_append_string(out, name);
	buffer_append_string(out, "=\"");
	append_xml(out, value);
	buffer_append_char(out, '"');
}

static void append_counts(struct buffer *out, const size_t *counts)
{
	buffer_append_format(out, " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\"",
			     total_of(counts), counts[TEST_FAILED], counts[TEST_SKIPPED]);
}

static void append_time(struct buffer *out, uint64_t milliseconds)
{
	buffer_append_format(out, " time=\"%llu.%03u\"", (unsigned long long)(milliseconds / 1000),
			     (unsigned)(milliseconds % 1000));
}

static void keep_junit(struct test_report *report, const char *name, enum test_result result,
		       struct slice details, uint64_t milliseconds)
{
	struct buffer *out = &report->suite_cases;
	struct slice rest = details, first = rest;

	(void)slice_take_line(&rest, &first); /* of no details it stays empty */
	buffer_append_string(out, "    <testcase");
	append_attribute(out, "classname", buffer_slice(&report->suite));
	append_attribute(out, "name", slice_of_string(name));
	append_time(out, milliseconds);
	if (result == TEST_SKIPPED || result == TEST_FAILED) {
		buffer_append_string(out, result == TEST_FAILED ? ">\n      <failure"
								: ">\n      <skipped");
		append_attribute(out, "message", first);
		buffer_append_char(out, '>');
		append_xml(out, details);
		buffer_append_string(out, result == TEST_FAILED ? "</failure>\n    </testcase>\n"
								: "</skipped>\n    </testcase>\n");
	} else {
		buffer_append_string(out, "/>\n");
	}
}

static void end_suite(struct test_report *report)
{
	struct buffer *out = &report->suites;

	if (total_of(report->suite_counts) == 0)
		return;
	buffer_append_string(out, "  <testsuite");
	append_attribute(out, "name", buffer_slice(&report->suite));
	append_counts(out, report->suite_counts);
	append_time(out, report->suite_milliseconds);
	buffer_append_string(out, ">\n");
	buffer_append(out, buffer_slice(&report->suite_cases));
	buffer_append_string(out, "  </testsuite>\n");
	report->failed = report->failed || report->suite_cases.failed;
	buffer_clear(&report->suite_cases);
	memset(report->suite_counts, 0, sizeof(report->suite_counts));
	report->suite_milliseconds = 0;
}

/*
 * ---- the report ----
 */

void test_report_suite(struct test_report *report, const char *name)
{
	end_suite(report);
	buffer_clear(&report->suite);
	buffer_append_string(&report->suite, name);
	if (report->format != REPORT_HUMAN)
		return;
	terminal_text_append(&report->out, slice_of_string(name), TERMINAL_TEXT_UNCUT);
	buffer_append_char(&report->out, '\n');
}

void test_report_add(struct test_report *report, const char *name, enum test_result result,
		     struct slice details, uint64_t milliseconds)
{
	struct buffer cut;

	buffer_init(&cut, BUFFER_MAXIMUM);
	if (details.length > TEST_DETAILS_MAXIMUM) {
		buffer_append(&cut, slice_of(details.data, TEST_DETAILS_MAXIMUM));
		buffer_append_string(&cut, "\n(and more)\n");
		details = buffer_slice(&cut);
	}
	report->counts[result]++;
	report->suite_counts[result]++;
	report->suite_milliseconds += milliseconds;
	keep_junit(report, name, result, details, milliseconds);
	if (report->format == REPORT_HUMAN)
		tell_human(report, name, result, details);
	else if (report->format == REPORT_TAP)
		tell_tap(report, name, result, details);
	report->failed = report->failed || report->out.failed || report->suite_cases.failed ||
			 cut.failed;
	buffer_release(&cut);
}

void test_report_end(struct test_report *report)
{
	end_suite(report);
	if (report->format == REPORT_HUMAN) {
		append_summary(report);
	} else if (report->format == REPORT_TAP) {
		buffer_append_string(&report->out, "1..");
		buffer_append_integer(&report->out, (long long)total_of(report->counts));
		buffer_append_char(&report->out, '\n');
	} else {
		test_report_junit(report, &report->out);
	}
	report->failed = report->failed || report->out.failed || report->suites.failed;
}

void test_report_junit(const struct test_report *report, struct buffer *out)
{
	buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	append_counts(out, report->counts);
	buffer_append_string(out, ">\n");
	buffer_append(out, buffer_slice(&report->suites));
	buffer_append_string(out, "</testsuites>\n");
}
