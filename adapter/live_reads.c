#include "live_reads.h"

#include <stdio.h>
#include <stdlib.h>

#include "live_answer.h"
#include "work_dir.h"

/* States of a read from which it is read again. */
#define SAMPLES 3

static const char too_many[] = "too many records or states to compare; --catalog can name fewer "
			       "streams";

static void release_read(struct live_read *read)
{
	if (read->watched)
		read_watch_release(&read->watch);
	read->watched = false;
}

void live_reads_init(struct live_reads *reads, struct live_tap *tap,
		     const struct test_options *options)
{
	*reads = (struct live_reads){ .tap = tap, .options = options };
	read_rules_init(&reads->rules);
}

void live_reads_release(struct live_reads *reads)
{
	release_read(&reads->all);
	release_read(&reads->first);
	read_rules_release(&reads->rules);
}

/*
 * ---- one read ----
 */

/* A file for the command, of a text that is released; its path is the caller's. NULL: error. */
static char *write_file(struct live_tap *tap, const char *name, struct buffer *text)
{
	char *path = NULL;

	if (text->failed)
		error_set_no_memory(tap->error);
	else
		path = work_dir_write(&tap->dir, name, buffer_slice(text), tap->error);
	buffer_release(text);
	return path;
}

static char *write_catalog(struct live_reads *reads, bool incremental)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	acceptance_catalog_configure(reads->catalog, incremental, &text);
	return write_file(reads->tap, "catalog.json", &text);
}

static void take_line(void *owner, struct slice line)
{
	read_watch_line(owner, line);
}

/* Runs the command that is watched; tells of an end that is not as it should be. */
static void run_read(struct live_reads *reads, struct live_read *read,
		     struct live_command *command, struct buffer *details)
{
	struct slice error;

	if (!live_command_run(command, reads->tap))
		return;
	read->succeeded = live_command_succeeded(command);
	read_watch_end(&read->watch, read->succeeded);
	reads->any = true;
	error = buffer_slice(&read->watch.error);
	if (!read->succeeded)
		live_command_tell_end(command, error, details);
	else if (error.length > 0)
		test_tell_text(details, "exit code 0, but a TRACE ERROR: ", error);
}

/* Reads all streams; `state` may be NULL. To be released after a failure as well. */
static bool read_streams(struct live_reads *reads, struct live_read *read, const char *name,
			 bool incremental, const char *state, struct buffer *details)
{
	char *catalog = write_catalog(reads, incremental);
	struct live_command command = {
		.verb = "read", .config = reads->options->config, .catalog = catalog,
		.state = state, .line = take_line, .owner = &read->watch,
	};

	*read = (struct live_read){ .watched = catalog != NULL };
	if (catalog == NULL)
		return false;
	read->watch = (struct read_watch){
		.catalog = reads->catalog, .rules = &reads->rules, .name = name,
		.ignored = reads->options->ignored,
		.ignored_count = reads->options->ignored_count,
	};
	if (read_watch_start(&read->watch))
		run_read(reads, read, &command, details);
	if (read->watch.failed)
		error_set_no_memory(reads->tap->error);
	live_command_release(&command);
	free(catalog);
	return read->succeeded && !reads->tap->error->set;
}

/*
 * ---- reads of all records ----
 */

static void note_empty_streams(const struct read_watch *watch, struct buffer *details)
{
	bool any = false;

	for (size_t i = 0; i < watch->catalog->count; i++) {
		if (watch->streams[i].records > 0)
			continue;
		buffer_append_string(details, any ? ", " : "no record came of: ");
		buffer_append_string(details, watch->catalog->streams[i].label);
		any = true;
	}
	if (any)
		buffer_append_char(details, '\n');
}

enum test_result live_reads_full(struct live_reads *reads, struct buffer *details)
{
	struct live_read *read = &reads->all;
	enum test_result result;

	if (reads->catalog == NULL)
		return test_skip(details, "there is no catalog");
	if (reads->catalog->count == 0)
		return test_skip(details, "the catalog has no stream");
	read_streams(reads, read, "full refresh", false, NULL, details);
	if (read->succeeded && read->watch.records == 0)
		test_tell(details, "no record came");
	result = test_verdict(details);
	if (result == TEST_PASSED)
		note_empty_streams(&read->watch, details);
	return result;
}

enum test_result live_reads_again(struct live_reads *reads, struct buffer *details)
{
	const struct read_watch *before = &reads->all.watch;
	enum test_result result;
	struct live_read again;

	if (!reads->all.succeeded)
		return test_skip(details, "the first read failed");
	if (before->capped)
		return test_skip(details, too_many);
	if (read_streams(reads, &again, "second full refresh", false, NULL, details))
		read_watch_compare(before, 0, &again.watch, true, details);
	result = test_verdict(details);
	if (again.succeeded && result == TEST_FAILED)
		test_tell(details, "(fields that differ from read to read: --ignore-fields "
			  "FIELD,STREAM.FIELD)");
	release_read(&again);
	return result;
}

static const char unknown_stream[] =
	"{\"streams\":[{\"stream\":{\"name\":\"__AIRBYTE__stream_that_does_not_exist\","
	"\"json_schema\":{\"type\":\"object\",\"properties\":{\"f1\":{\"type\":\"string\"}}},"
	"\"supported_sync_modes\":[\"full_refresh\"]},\"sync_mode\":\"full_refresh\","
	"\"destination_sync_mode\":\"append\"}]}";

static void judge_unknown(const struct live_answer *answer, struct buffer *details)
{
	const struct child *child = &answer->command.child;

	if (child->signal != 0 || child->exit_code > 1)
		live_answer_tell_end(answer, details);
	else if (child->exit_code == 0)
		test_tell(details, "the read of a stream that is not there ended with exit "
			  "code 0");
	if (answer->errors == 0)
		test_tell(details, "there is no TRACE ERROR");
	if (answer->completed)
		test_tell(details, "a stream is said to be COMPLETE");
}

enum test_result live_reads_unknown(struct live_reads *reads, struct buffer *details)
{
	struct live_answer answer = {
		.type = "RECORD",
		.command = { .verb = "read", .config = reads->options->config },
	};
	char *path;

	if (!reads->all.succeeded)
		return test_skip(details, "a read of streams that are there fails, too");
	path = work_dir_write(&reads->tap->dir, "bad-catalog.json",
			      slice_of_string(unknown_stream), reads->tap->error);
	if (path == NULL)
		return TEST_FAILED;
	answer.command.catalog = path;
	if (live_answer_get(&answer, reads->tap))
		judge_unknown(&answer, details);
	live_answer_release(&answer);
	free(path);
	return test_verdict(details);
}

/*
 * ---- incremental reads ----
 */

static bool is_any_incremental(const struct acceptance_catalog *catalog)
{
	for (size_t i = 0; catalog != NULL && i < catalog->count; i++)
		if (catalog->streams[i].incremental)
			return true;
	return false;
}

enum test_result live_reads_incremental(struct live_reads *reads, struct buffer *details)
{
	if (!is_any_incremental(reads->catalog))
		return test_skip(details, "no stream can be read incrementally");
	read_streams(reads, &reads->first, "incremental read", true, NULL, details);
	return test_verdict(details);
}

/* Why it cannot be read on from states of the incremental read; NULL: it can. */
static const char *why_not_on(const struct live_reads *reads, size_t states_needed)
{
	if (!reads->first.succeeded)
		return "there was no incremental read";
	if (reads->first.watch.capped)
		return too_many;
	if (reads->first.watch.state_count < states_needed)
		return "the read has no state before its last one";
	return NULL;
}

/* Reads on from the first `count` states of the incremental read. */
static bool read_on(struct live_reads *reads, struct live_read *read, const char *name,
		    size_t count, struct buffer *details)
{
	struct buffer state;
	bool done = false;
	char *path;

	*read = (struct live_read){ .watched = false };
	buffer_init(&state, BUFFER_MAXIMUM);
	read_watch_write_state(&reads->first.watch, count, &state);
	path = write_file(reads->tap, "state.json", &state);
	if (path != NULL)
		done = read_streams(reads, read, name, true, path, details);
	free(path);
	return done;
}

enum test_result live_reads_from_last(struct live_reads *reads, struct buffer *details)
{
	const struct read_watch *first = &reads->first.watch;
	const char *reason = why_not_on(reads, 0);
	struct live_read second;

	if (reason != NULL)
		return test_skip(details, reason);
	if (read_on(reads, &second, "read from the last state", first->state_count, details))
		read_watch_compare_cursors(first, &second.watch, reads->options->allow_older,
					   details);
	release_read(&second);
	return test_verdict(details);
}

static void read_from_sample(struct live_reads *reads, size_t count, struct buffer *details)
{
	const struct read_watch *first = &reads->first.watch;
	struct live_read later;
	char name[64];

	snprintf(name, sizeof(name), "read from state %zu of %zu", count, first->state_count);
	if (read_on(reads, &later, name, count, details)) {
		size_t length = details->length;

		read_watch_compare(first, count, &later.watch, false, details);
		if (details->length > length)
			test_tell(details, "%s", name);
	}
	release_read(&later);
}

enum test_result live_reads_from_earlier(struct live_reads *reads, struct buffer *details)
{
	size_t states = reads->first.watch.state_count, before = 0;
	const char *reason = why_not_on(reads, 2);

	if (reason != NULL)
		return test_skip(details, reason);
	for (size_t i = 1; i <= SAMPLES && !reads->tap->error->set; i++) {
		size_t count = (states * i + SAMPLES) / (SAMPLES + 1);

		if (count == before || count >= states)
			continue;
		before = count;
		read_from_sample(reads, count, details);
	}
	return test_verdict(details);
}

/*
 * ---- what holds for all reads ----
 */

enum test_result live_reads_rule(const struct live_reads *reads, enum read_rule rule,
				 struct buffer *details)
{
	uint64_t count = reads->rules.counts[rule];

	if (!reads->any)
		return test_skip(details, "there was no read");
	buffer_append(details, buffer_slice(&reads->rules.told[rule]));
	if (count > BREACHES_TOLD)
		test_tell(details, "and %llu more", (unsigned long long)count - BREACHES_TOLD);
	return test_verdict(details);
}
