/*
 * recording_test.h - recordings as tests: what a replay prints is compared with what it is
 * expected to print, line by line.
 *
 * A recording is a folder with a recording.json or an expected/OPERATION.jsonl, where the
 * operation is discover, check or read; each of these files is one test.
 */
#ifndef TAPBYTE_RECORDING_TEST_H
#define TAPBYTE_RECORDING_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "child_run.h"
#include "error.h"
#include "test_report.h"

struct recording_tests {
	struct child_runner *runner; /* its program is called with `replay FOLDER OPERATION` */
	struct test_report *report;
	const char *tap;             /* --tap in place of the recording's own; NULL: that */
	bool update;                 /* accept the new output */
	void (*told)(void *owner);   /* after each test; may be NULL */
	void *owner;
	size_t found;                /* recordings */
};

/*
 * Tests a recording, or all that a folder holds at any depth (RECORDING_DEPTH), in order of
 * their names. False, and an error, when they cannot all be found or run; a test that fails
 * is no error.
 */
#define RECORDING_DEPTH 16
bool recording_tests_run(struct recording_tests *tests, const char *path, struct error *error);

#endif
