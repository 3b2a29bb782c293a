/*
 * acceptance.h - the checks that Airbyte runs on its own connectors, on a wrapped tap: spec,
 * check with good and bad config, discover, reads from the beginning and from states.
 *
 * tapbyte's own commands are run as a user runs them, and judged by what they print.
 */
#ifndef TAPBYTE_ACCEPTANCE_H
#define TAPBYTE_ACCEPTANCE_H

#include <stdbool.h>

#include "child_run.h"
#include "error.h"
#include "test_options.h"
#include "test_report.h"

struct acceptance_task {
	struct child_runner *runner;
	struct test_report *report;
	const struct test_options *options; /* folder and config are given */
	void (*told)(void *owner);          /* after each test */
	void *owner;
};

/* False, and an error: they could not all be run. A test that fails is no error. */
bool acceptance_run(const struct acceptance_task *task, struct error *error);

#endif
