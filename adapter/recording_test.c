#include "recording_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count.h"
#include "line_reader.h"
#include "message_diff.h"
#include "recording.h"

static const char *const operations[] = { "discover", "check", "read" };

/* What is kept of the child's stderr: the end says why it failed. */
#define STDERR_KEPT ((size_t)4096)

struct comparison {
	struct message_diff diff;
	struct line_reader expected;
	int expected_fd;
	bool expected_ended;
	int read_error;     /* errno of a read of the expected file, or 0 */
	FILE *update;       /* the new output, or NULL */
	bool reported;      /* a TRACE ERROR or a CONNECTION_STATUS: a failure is told */
	bool any;           /* a line came */
	bool unfinished;    /* the last one had no end */
	struct buffer log;
};

/*
 * ---- one replay ----
 */

/* The next line of the expected file; false at its end. */
static bool next_expected(struct comparison *comparison, struct slice *line)
{
	while (!line_reader_next(&comparison->expected, line)) {
		size_t room = 0;
		ssize_t got = -1;
		char *space;

		if (comparison->expected_ended)
			return false;
		space = line_reader_space(&comparison->expected, &room);
		errno = ENOMEM;
		do
			got = space ? read(comparison->expected_fd, space, room) : -1;
		while (got < 0 && errno == EINTR);
		if (got > 0) {
			line_reader_fill(&comparison->expected, (size_t)got);
			continue;
		}
		comparison->expected_ended = true;
		comparison->read_error = got < 0 ? errno : 0;
		return line_reader_rest(&comparison->expected, line);
	}
	return true;
}

/* A TRACE ERROR or a CONNECTION_STATUS. */
static bool is_verdict(struct slice line)
{
	static const char error[] = "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\"";
	static const char status[] = "{\"type\":\"CONNECTION_STATUS\"";

	return slice_starts_with(line, slice_of_string(error)) ||
	       slice_starts_with(line, slice_of_string(status));
}

static void on_line(void *owner, struct slice line, bool complete)
{
	struct comparison *comparison = owner;
	struct slice expected;
	bool more = next_expected(comparison, &expected);

	message_diff_lines(&comparison->diff, more ? &expected : NULL, &line);
	comparison->any = true;
	comparison->unfinished = !complete;
	comparison->reported = comparison->reported || is_verdict(line);
	if (comparison->update == NULL)
		return;
	/* ferror tells at the end. */
	(void)fwrite(line.data, 1, line.length, comparison->update);
	if (complete)
		(void)fputc('\n', comparison->update);
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	struct comparison *comparison = owner;

	(void)cut;
	if (line.length > STDERR_KEPT)
		line.length = STDERR_KEPT;
	buffer_append(&comparison->log, line);
	buffer_append_char(&comparison->log, '\n');
	if (comparison->log.length > STDERR_KEPT)
		buffer_remove_front(&comparison->log, comparison->log.length - STDERR_KEPT);
}

static bool open_comparison(struct comparison *comparison, const char *expected,
			    const char *update, struct error *error)
{
	*comparison = (struct comparison){ .expected_fd = -1 };
	message_diff_init(&comparison->diff);
	line_reader_init(&comparison->expected, BUFFER_MAXIMUM);
	buffer_init(&comparison->log, 4 * STDERR_KEPT);
	comparison->expected_fd = open(expected, O_RDONLY | O_CLOEXEC);
	if (comparison->expected_fd < 0)
		return error_set(error, FAILURE_CONFIG, "cannot read %s: %s", expected,
				 strerror(errno));
	if (update == NULL)
		return true;
	comparison->update = fopen(update, "we");
	return comparison->update != NULL ||
	       error_set(error, FAILURE_CONFIG, "cannot write %s: %s", update, strerror(errno));
}

/* The new output is on the disk, whole. */
static bool close_update(struct comparison *comparison, const char *path, struct error *error)
{
	FILE *file = comparison->update;
	bool written;

	comparison->update = NULL;
	if (file == NULL)
		return true;
	written = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
	written = fclose(file) == 0 && written;
	return written || error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path,
				    strerror(errno));
}

static void close_comparison(struct comparison *comparison)
{
	if (comparison->update != NULL)
		(void)fclose(comparison->update); /* what is in it is not wanted any more */
	if (comparison->expected_fd >= 0)
		close(comparison->expected_fd);
	line_reader_release(&comparison->expected);
	message_diff_release(&comparison->diff);
	buffer_release(&comparison->log);
}

static void finish(struct comparison *comparison)
{
	struct slice expected;

	while (next_expected(comparison, &expected))
		message_diff_lines(&comparison->diff, &expected, NULL);
	message_diff_end(&comparison->diff);
}

/* Did the replay itself fail, so that there is nothing to compare or to accept? */
static bool has_broken_down(const struct comparison *comparison, const struct child *child,
			    struct buffer *details)
{
	if (child->signal != 0)
		buffer_append_format(details, "The replay was killed by signal %d (%s).\n",
				     child->signal, strsignal(child->signal));
	else if (comparison->unfinished)
		buffer_append_string(details, "The replay ended in the middle of a line.\n");
	else if (child->exit_code != 0 && !comparison->reported)
		buffer_append_format(details, "The replay failed with exit code %d.\n",
				     child->exit_code);
	else if (!comparison->any)
		buffer_append_string(details, "The replay printed nothing.\n");
	else
		return false;
	buffer_append(details, buffer_slice(&comparison->log));
	return true;
}

/*
 * ---- one test ----
 */

static bool replay(struct recording_tests *tests, const char *folder, const char *operation,
		   struct comparison *comparison, struct child *child, struct error *error)
{
	const char *arguments[6] = { "replay", folder, operation };
	const struct tap_listener listener = {
		.line = on_line, .log_line = on_log_line, .owner = comparison,
	};

	if (tests->tap != NULL) {
		arguments[3] = "--tap";
		arguments[4] = tests->tap;
	}
	if (!child_run(tests->runner, arguments, &listener, child, error))
		return false;
	finish(comparison);
	return comparison->read_error == 0 ||
	       error_set(error, FAILURE_SYSTEM, "cannot read %s/expected/%s.jsonl: %s", folder,
			 operation, strerror(comparison->read_error));
}

static bool accept_output(struct comparison *comparison, const char *expected,
			  const char *update, struct buffer *details, struct error *error)
{
	if (!close_update(comparison, update, error))
		return false;
	if (rename(update, expected) != 0)
		return error_set(error, FAILURE_SYSTEM, "cannot replace %s: %s", expected,
				 strerror(errno));
	buffer_append_string(details, "Accepted; what has changed:\n");
	message_diff_describe(&comparison->diff, details);
	return true;
}

static bool judge(struct recording_tests *tests, struct comparison *comparison,
		  const struct child *child, const char *expected, const char *update,
		  enum test_result *result, struct buffer *details, struct error *error)
{
	*result = TEST_FAILED;
	if (has_broken_down(comparison, child, details))
		return true;
	if (comparison->diff.failed)
		return error_set_no_memory(error);
	*result = TEST_PASSED;
	if (comparison->diff.count == 0)
		return true;
	if (tests->update)
		return accept_output(comparison, expected, update, details, error);
	*result = TEST_FAILED;
	message_diff_describe(&comparison->diff, details);
	return true;
}

static bool test_operation(struct recording_tests *tests, const char *folder,
			   const char *operation, const char *expected, struct error *error)
{
	enum test_result result = TEST_FAILED;
	struct comparison comparison;
	struct buffer details;
	struct child child;
	char *update = NULL;
	uint64_t started = uv_hrtime();
	bool done;

	buffer_init(&details, BUFFER_MAXIMUM);
	if (tests->update && asprintf(&update, "%s.new", expected) < 0) {
		update = NULL;
		return error_set_no_memory(error);
	}
	done = open_comparison(&comparison, expected, update, error) &&
	       replay(tests, folder, operation, &comparison, &child, error) &&
	       judge(tests, &comparison, &child, expected, update, &result, &details, error);
	close_comparison(&comparison);
	if (done)
		test_report_add(tests->report, operation, result, buffer_slice(&details),
				(uv_hrtime() - started) / 1000000);
	if (done && tests->told != NULL)
		tests->told(tests->owner);
	if (update != NULL)
		(void)unlink(update); /* is not there any more if it was accepted */
	free(update);
	buffer_release(&details);
	return done;
}

/*
 * ---- folders ----
 */

/* The path of the expected output of an operation, where there is one; else NULL. */
static char *expected_of(const char *folder, const char *operation, struct error *error)
{
	char *path = NULL;

	if (asprintf(&path, "%s/expected/%s.jsonl", folder, operation) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	if (access(path, F_OK) == 0)
		return path;
	if (errno != ENOENT && errno != ENOTDIR)
		error_set(error, FAILURE_CONFIG, "cannot look at %s: %s", path, strerror(errno));
	free(path);
	return NULL;
}

/* Its tests; *found is their number. */
static bool test_recording(struct recording_tests *tests, const char *folder, size_t *found,
			   struct error *error)
{
	*found = 0;
	for (size_t i = 0; i < COUNT(operations); i++) {
		char *expected = expected_of(folder, operations[i], error);
		bool done;

		if (error->set)
			return false;
		if (expected == NULL)
			continue;
		if ((*found)++ == 0)
			test_report_suite(tests->report, folder);
		done = recording_check_plain(folder, error) &&
		       test_operation(tests, folder, operations[i], expected, error);
		free(expected);
		if (!done)
			return false;
	}
	return true;
}

static void tell_of_empty(struct recording_tests *tests, const char *folder)
{
	test_report_suite(tests->report, folder);
	test_report_add(tests->report, "expected", TEST_FAILED,
			SLICE("There is nothing to compare with: no expected/discover.jsonl, "
			      "check.jsonl or read.jsonl. `tapbyte replay` prints what belongs "
			      "there."), 0);
	if (tests->told != NULL)
		tests->told(tests->owner);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_folder(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool run_at(struct recording_tests *tests, const char *folder, unsigned depth,
		   struct error *error);

static bool run_inside(struct recording_tests *tests, const char *folder, unsigned depth,
		       struct error *error)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_visible, alphasort);
	bool done = true;

	if (count < 0)
		return error_set(error, FAILURE_CONFIG, "cannot look into %s: %s", folder,
				 strerror(errno));
	for (int i = 0; i < count; i++) {
		char *path = recording_path(folder, entries[i]->d_name);

		done = done && (path != NULL || error_set_no_memory(error));
		if (done && is_folder(path))
			done = run_at(tests, path, depth + 1, error);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return done;
}

static bool run_at(struct recording_tests *tests, const char *folder, unsigned depth,
		   struct error *error)
{
	size_t found;

	if (!test_recording(tests, folder, &found, error))
		return false;
	if (found > 0) {
		tests->found++;
		return true;
	}
	if (recording_has_file(folder, "recording.json", error)) {
		tests->found++;
		tell_of_empty(tests, folder);
		return true;
	}
	return !error->set && (depth >= RECORDING_DEPTH || run_inside(tests, folder, depth, error));
}

bool recording_tests_run(struct recording_tests *tests, const char *path, struct error *error)
{
	size_t length = strlen(path);
	char *folder;
	bool done;

	while (length > 1 && path[length - 1] == '/')
		length--;
	folder = strndup(path, length);
	if (folder == NULL)
		return error_set_no_memory(error);
	done = run_at(tests, folder, 0, error);
	free(folder);
	return done;
}
