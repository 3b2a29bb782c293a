#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "acceptance.h"
#include "colours.h"
#include "complain.h"
#include "recording_test.h"
#include "test_options.h"

struct test_run {
	struct test_options options;
	struct child_runner runner;
	struct test_report report;
};

/* What there is to print so far. */
static void print(void *owner)
{
	struct test_run *run = owner;
	struct buffer *out = &run->report.out;
	bool written = out->length == 0 ||
		       fwrite(out->data, 1, out->length, stdout) == out->length;

	if (!written || fflush(stdout) != 0)
		child_runner_give_up(&run->runner, errno);
	buffer_clear(out);
}

static bool test_recordings(struct test_run *run, struct error *error)
{
	struct recording_tests tests = {
		.runner = &run->runner, .report = &run->report, .update = run->options.update,
		.tap = run->options.folder, .told = print, .owner = run,
	};

	for (size_t i = 0; i < run->options.path_count; i++) {
		const char *path = run->options.paths[i];
		size_t before = tests.found;
		struct stat status;

		if (stat(path, &status) != 0)
			return error_set(error, FAILURE_CONFIG, "cannot look into %s: %s", path,
					 strerror(errno));
		if (!recording_tests_run(&tests, path, error))
			return false;
		if (tests.found == before)
			return error_set(error, FAILURE_CONFIG, "there is no recording in %s: a "
					 "folder that `tapbyte record` made", path);
	}
	return true;
}

static bool test_tap(struct test_run *run, struct error *error)
{
	const struct acceptance_task task = {
		.runner = &run->runner, .report = &run->report, .options = &run->options,
		.told = print, .owner = run,
	};

	return run->options.config == NULL || acceptance_run(&task, error);
}

static bool write_junit(const struct test_run *run, struct error *error)
{
	const char *path = run->options.junit;
	struct buffer text;
	FILE *file;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	test_report_junit(&run->report, &text);
	file = fopen(path, "we");
	done = file != NULL && !text.failed &&
	       fwrite(text.data, 1, text.length, file) == text.length;
	if (file != NULL)
		done = fclose(file) == 0 && done;
	if (!done)
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
	buffer_release(&text);
	return done;
}

static int conclude(struct test_run *run, struct error *error)
{
	test_report_end(&run->report);
	if (run->options.junit != NULL)
		write_junit(run, error);
	print(run);
	if (run->runner.write_error != 0)
		error_set(error, FAILURE_SYSTEM, "cannot write to stdout: %s",
			  strerror(run->runner.write_error));
	if (run->report.failed)
		error_set_no_memory(error);
	if (error->set && run->runner.signal == 0)
		complain("tapbyte test", error->message);
	return error->set || run->report.counts[TEST_FAILED] > 0 ||
	       run->report.counts[TEST_PASSED] == 0;
}

int command_test(int argc, char **argv)
{
	struct test_run run = { .options = { .folder = NULL } };
	struct error error = ERROR_NONE;
	int exit_code = 1;

	if (!test_options_parse(&run.options, argc, argv, &error)) {
		complain("tapbyte test", error.message);
		test_options_release(&run.options);
		return 2;
	}
	test_report_init(&run.report, run.options.format, colours_are_wanted());
	if (child_runner_open(&run.runner, NULL, &error) && test_tap(&run, &error))
		test_recordings(&run, &error);
	exit_code = conclude(&run, &error);
	test_report_release(&run.report);
	test_options_release(&run.options);
	return child_runner_close(&run.runner, exit_code);
}
