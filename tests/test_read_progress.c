#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "read_progress.h"

#define START 1700000000000
#define STREAMS 13

struct fixture {
	char names[STREAMS][16];
	struct stream items[STREAMS];
	struct stream_list streams;
	struct buffer out;
	struct secret_mask mask;
	struct airbyte_writer writer;
	struct read_progress progress;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error = ERROR_NONE;

	assert_non_null(fixture);
	for (size_t i = 0; i < STREAMS; i++) {
		snprintf(fixture->names[i], sizeof(fixture->names[i]), "s%zu", i);
		fixture->items[i] = (struct stream){
			.name = fixture->names[i], .configured = true, .in_tap = true,
		};
	}
	fixture->streams = (struct stream_list){ .items = fixture->items, .count = STREAMS };
	buffer_init(&fixture->out, BUFFER_MAXIMUM);
	airbyte_writer_init(&fixture->writer, &fixture->out, &fixture->mask);
	fixture->writer.now = START;
	assert_true(read_progress_init(&fixture->progress, &fixture->streams, &fixture->writer,
				       &error));
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	read_progress_release(&fixture->progress);
	airbyte_writer_release(&fixture->writer);
	buffer_release(&fixture->out);
	free(fixture);
	return 0;
}

/* What stands in the output between two marks; appended, with a blank behind it. */
static void collect(struct buffer *found, struct slice out, const char *before, char end)
{
	const char *at = out.data, *stop = out.data + out.length;

	while (out.length > 0 &&
	       (at = memmem(at, (size_t)(stop - at), before, strlen(before))) != NULL) {
		at += strlen(before);
		buffer_append(found, slice_of(at, (size_t)((char *)memchr(at, end,
								(size_t)(stop - at)) - at)));
		buffer_append_char(found, ' ');
	}
}

/* Asserts the values after a mark in what was written since the last call. */
static void assert_values(struct fixture *fixture, const char *before, char end,
			  const char *expected)
{
	struct buffer found;
	char *text;

	buffer_init(&found, BUFFER_MAXIMUM);
	collect(&found, buffer_slice(&fixture->out), before, end);
	text = buffer_to_string(&found);
	assert_string_equal(text, expected);
	free(text);
	buffer_release(&found);
	buffer_clear(&fixture->out);
}

static void assert_statuses(struct fixture *fixture, const char *expected)
{
	assert_values(fixture, "\"status\":\"", '"', expected);
}

static void statuses_come_once_and_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct read_progress *progress = &fixture->progress;
	const struct stream *stream = &fixture->items[0];

	read_progress_start(progress, stream);
	read_progress_start(progress, stream);
	assert_statuses(fixture, "STARTED ");
	read_progress_run(progress, stream);
	read_progress_run(progress, stream);
	assert_statuses(fixture, "RUNNING ");
	read_progress_end(progress, stream, true);
	assert_statuses(fixture, "COMPLETE ");
	read_progress_end(progress, &fixture->items[1], true);
	assert_statuses(fixture, "STARTED RUNNING COMPLETE ");
	read_progress_end(progress, &fixture->items[2], false);
	assert_statuses(fixture, "STARTED INCOMPLETE ");
}

static void a_rate_limit_is_told_once_for_each_wait(void **state)
{
	struct fixture *fixture = *state;
	struct read_progress *progress = &fixture->progress;
	const struct stream *stream = &fixture->items[0];

	read_progress_start(progress, stream);
	assert_statuses(fixture, "STARTED ");
	read_progress_limit(progress, stream, 60);
	assert_values(fixture, "\"status\":\"RUNNING\",\"reasons\":[", ']',
		      "{\"type\":\"RATE_LIMITED\",\"rate_limited\":{\"quota_reset\":"
		      "1700000060000}} ");
	fixture->writer.now += 1000;
	read_progress_limit(progress, stream, 59); /* the same moment */
	read_progress_limit(progress, stream, 0);
	assert_statuses(fixture, "");
	fixture->writer.now += 999;
	read_progress_limit(progress, stream, 59); /* of another thread */
	assert_statuses(fixture, "");
	fixture->writer.now += 1;
	read_progress_limit(progress, stream, 59);
	assert_values(fixture, "quota_reset\":", '}', "1700000061000 ");
	read_progress_limit(progress, stream, 120);
	assert_values(fixture, "quota_reset\":", '}', "1700000122000 ");
	read_progress_run(progress, stream); /* a record came */
	assert_statuses(fixture, "RUNNING ");
	read_progress_run(progress, stream);
	assert_statuses(fixture, "");
	read_progress_limit(progress, stream, 0);
	assert_values(fixture, "\"reasons\":", '}', "[{\"type\":\"RATE_LIMITED\" ");
	read_progress_end(progress, stream, true); /* RUNNING again before the end */
	assert_statuses(fixture, "RUNNING COMPLETE ");
}

static void add_records(struct fixture *fixture, size_t stream, uint64_t count)
{
	fixture->progress.items[stream].records += count;
	fixture->progress.records += count;
}

static void log_progress(struct fixture *fixture)
{
	struct read_progress *const parts[] = { &fixture->progress };

	read_progress_log(parts, COUNT(parts));
}

static void the_log_tells_how_far_the_read_has_come(void **state)
{
	struct fixture *fixture = *state;

	fixture->writer.now = START + 2000;
	add_records(fixture, 0, 500);
	add_records(fixture, 2, 100);
	log_progress(fixture);
	assert_values(fixture, "\"message\":\"", '"',
		      "600 records so far, 300 a second: s0 500, s2 100 ");
	fixture->writer.now = START + 12000;
	add_records(fixture, 2, 50);
	log_progress(fixture);
	assert_values(fixture, "\"message\":\"", '"', "650 records so far, 5 a second: s2 150 ");
	fixture->writer.now = START + 13000;
	log_progress(fixture);
	assert_values(fixture, "\"message\":\"", '"', "650 records so far, 0 a second ");
	log_progress(fixture); /* no time has passed */
	assert_values(fixture, "\"message\":\"", '"', "650 records so far ");
	fixture->writer.now = START + 14000;
	for (size_t i = 0; i < STREAMS; i++)
		add_records(fixture, i, 1);
	log_progress(fixture);
	assert_values(fixture, "\"message\":\"", '"',
		      "663 records so far, 13 a second: s0 501, s1 1, s2 151, s3 1, s4 1, s5 1, "
		      "s6 1, s7 1, s8 1, s9 1, and of 3 streams more ");
}

static void the_log_tells_of_all_parts_of_a_read_together(void **state)
{
	struct fixture *fixture = *state;
	struct error error = ERROR_NONE;
	struct read_progress other;
	struct read_progress *const parts[] = { &fixture->progress, &other };

	assert_true(read_progress_init(&other, &fixture->streams, &fixture->writer, &error));
	fixture->writer.now = START + 2000;
	add_records(fixture, 0, 500);
	other.items[3].records = other.records = 100;
	read_progress_log(parts, COUNT(parts));
	assert_values(fixture, "\"message\":\"", '"',
		      "600 records so far, 300 a second: s0 500, s3 100 ");
	fixture->writer.now = START + 4000;
	other.items[3].records = other.records = 300;
	read_progress_log(parts, COUNT(parts));
	assert_values(fixture, "\"message\":\"", '"', "800 records so far, 100 a second: s3 300 ");
	read_progress_release(&other);
}

static void counts_are_told_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct read_progress *progress = &fixture->progress;

	fixture->streams.count = 4;
	progress->unknown = 7;
	read_progress_start(progress, &fixture->items[0]);
	add_records(fixture, 0, 5);
	progress->items[0].empty = 2;
	fixture->items[1].configured = false;
	progress->items[1].dropped = 9;
	fixture->items[2].configured = false;
	buffer_clear(&fixture->out);
	read_progress_log_counts(progress, false);
	assert_values(fixture, "\"message\":\"", '"',
		      "7 records of other streams left out s0: 5 records "
		      "s0: 2 records had no selected field and are left out "
		      "s1: 9 records left out, not configured "
		      "s3: the tap wrote nothing of this stream ");
	read_progress_log_counts(progress, true);
	assert_values(fixture, "s3", '"', "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(statuses_come_once_and_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_rate_limit_is_told_once_for_each_wait, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_log_tells_how_far_the_read_has_come, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_log_tells_of_all_parts_of_a_read_together,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_are_told_at_the_end, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
