/*
 * test_report.h - the results of tests, told as they come: for people, as TAP 14 or as JUnit
 * XML.
 *
 *	test_report_init(&report, REPORT_HUMAN, colours);
 *	test_report_suite(&report, "tests/recorded/github/first");
 *	test_report_add(&report, "read", TEST_FAILED, details);
 *	...
 *	write(report.out); buffer_clear(&report.out);     after each test
 *	test_report_end(&report);                         and once more
 *
 * What is to be printed is appended to `out`. JUnit XML is built beside, whatever the
 * format is, and printed at the end where that is the format: test_report_junit.
 */
#ifndef TAPBYTE_TEST_REPORT_H
#define TAPBYTE_TEST_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "slice.h"

enum report_format {
	REPORT_HUMAN,
	REPORT_TAP,
	REPORT_JUNIT,
};

enum test_result {
	TEST_PASSED,
	TEST_FAILED,
	TEST_SKIPPED,
};

#define TEST_RESULTS 3

/* What is told of one test; the rest is cut, with a word. */
#define TEST_DETAILS_MAXIMUM ((size_t)64 << 10)

struct test_report {
	struct buffer out;
	enum report_format format;
	bool colours;
	size_t counts[TEST_RESULTS];
	struct buffer suite;       /* its name */
	size_t suite_counts[TEST_RESULTS];
	uint64_t suite_milliseconds;
	struct buffer suite_cases; /* JUnit XML of the suite so far */
	struct buffer suites;      /* and of those before it */
	bool failed;               /* memory ran out */
};

void test_report_init(struct test_report *report, enum report_format format, bool colours);
void test_report_release(struct test_report *report);

/* The tests that follow belong to a suite of that name. */
void test_report_suite(struct test_report *report, const char *name);

/*
 * The details of a test are lines of text. It adds one; `text` may be longer than a format
 * should make it.
 */
void test_tell(struct buffer *details, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void test_tell_text(struct buffer *details, const char *front, struct slice text);

/* A test that has told nothing has passed, else it has failed; or it tells why it is skipped. */
enum test_result test_verdict(const struct buffer *details);
enum test_result test_skip(struct buffer *details, const char *reason);

/*
 * One test. `details` is why it failed or was skipped, lines of text; of one that passed,
 * what is worth knowing, or empty.
 */
void test_report_add(struct test_report *report, const char *name, enum test_result result,
		     struct slice details, uint64_t milliseconds);

/* The summary. */
void test_report_end(struct test_report *report);

/* Appends the whole as JUnit XML; after test_report_end. */
void test_report_junit(const struct test_report *report, struct buffer *out);

#endif
