#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "output.h"

/* More than any pipe or socket takes at once. */
#define LARGE ((size_t)6 << 20)

struct fixture {
	uv_loop_t loop;
	struct output output;
	int ends[2]; /* ours to read, and the one written to */
	unsigned drained;
};

static void on_drained(void *owner)
{
	((struct fixture *)owner)->drained++;
}

static void open_output(struct fixture *fixture)
{
	fixture->drained = 0;
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	output_open(&fixture->output, &fixture->loop, fixture->ends[1], on_drained, fixture);
}

static void close_output(struct fixture *fixture)
{
	output_close(&fixture->output);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	for (size_t i = 0; i < 2; i++)
		if (fixture->ends[i] >= 0)
			assert_int_equal(close(fixture->ends[i]), 0);
}

static void open_pipe(struct fixture *fixture)
{
	assert_int_equal(pipe(fixture->ends), 0);
	open_output(fixture);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

/* One turn of a loop in which something else is going on. */
static void turn(struct fixture *fixture)
{
	uv_idle_t idle;

	uv_idle_init(&fixture->loop, &idle);
	uv_idle_start(&idle, on_idle);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	uv_close((uv_handle_t *)&idle, NULL);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

static char byte_at(size_t i)
{
	return (char)(i * 31 + i / 251);
}

static void put_large(struct fixture *fixture)
{
	for (size_t i = 0; i < LARGE; i++)
		buffer_append_char(&fixture->output.bytes, byte_at(i));
	assert_false(fixture->output.bytes.failed);
	output_flush(&fixture->output);
}

static void read_large(struct fixture *fixture)
{
	static char part[70001]; /* no multiple of anything */
	size_t count = 0;

	while (count < LARGE) {
		size_t rest = LARGE - count;
		ssize_t got;

		turn(fixture);
		got = read(fixture->ends[0], part, rest < sizeof(part) ? rest : sizeof(part));
		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(part[i], byte_at(count + (size_t)i));
		count += (size_t)got;
	}
	assert_int_equal(count, LARGE);
}

static void what_fits_goes_out_at_once(void **state)
{
	struct fixture fixture;
	char text[16] = "";

	(void)state;
	open_pipe(&fixture);
	output_flush(&fixture.output); /* nothing */
	buffer_append_string(&fixture.output.bytes, "one\n");
	output_flush(&fixture.output);
	assert_int_equal(read(fixture.ends[0], text, sizeof(text)), 4);
	assert_string_equal(text, "one\n");
	assert_int_equal(fixture.output.bytes.length, 0);
	assert_false(output_is_full(&fixture.output));
	close_output(&fixture);
	assert_int_equal(fixture.drained, 0);
}

static void what_does_not_fit_waits_for_the_reader(bool socket)
{
	struct fixture fixture;

	if (socket) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fixture.ends), 0);
		open_output(&fixture);
	} else {
		open_pipe(&fixture);
	}
	put_large(&fixture);
	assert_true(output_is_full(&fixture.output));
	turn(&fixture);
	assert_true(output_is_full(&fixture.output));
	assert_int_equal(fixture.drained, 0);
	read_large(&fixture);
	turn(&fixture);
	assert_false(output_is_full(&fixture.output));
	assert_int_equal(fixture.drained, 1);
	assert_int_equal(fixture.output.error, 0);
	close_output(&fixture);
}

static void a_full_pipe_waits_for_its_reader(void **state)
{
	(void)state;
	what_does_not_fit_waits_for_the_reader(false);
}

static void a_full_socket_waits_for_its_reader(void **state)
{
	(void)state;
	what_does_not_fit_waits_for_the_reader(true);
}

static void what_is_added_while_full_keeps_its_place(void **state)
{
	struct fixture fixture;
	char rest[8] = "";

	(void)state;
	open_pipe(&fixture);
	put_large(&fixture);
	buffer_append_string(&fixture.output.bytes, "the end");
	output_flush(&fixture.output);
	read_large(&fixture);
	turn(&fixture);
	assert_int_equal(read(fixture.ends[0], rest, sizeof(rest)), 7);
	assert_string_equal(rest, "the end");
	close_output(&fixture);
}

static void a_file_is_never_full(void **state)
{
	struct fixture fixture = { .ends = { -1, -1 } };
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fixture.ends[1] = dup(fileno(file));
	open_output(&fixture);
	put_large(&fixture);
	assert_false(output_is_full(&fixture.output));
	assert_int_equal(lseek(fixture.ends[1], 0, SEEK_END), LARGE);
	close_output(&fixture);
	fclose(file);
}

static void a_full_disk_is_an_error_that_stays(void **state)
{
	struct fixture fixture = { .ends = { -1, open("/dev/full", O_WRONLY) } };

	(void)state;
	open_output(&fixture);
	buffer_append_string(&fixture.output.bytes, "text");
	output_flush(&fixture.output);
	assert_int_equal(fixture.output.error, ENOSPC);
	buffer_append_string(&fixture.output.bytes, "more");
	output_flush(&fixture.output);
	assert_int_equal(fixture.output.error, ENOSPC);
	assert_int_equal(fixture.output.bytes.length, 0); /* nothing piles up */
	assert_false(output_is_full(&fixture.output));
	close_output(&fixture);
}

static void a_descriptor_that_is_not_open_is_an_error(void **state)
{
	struct fixture fixture = { .ends = { -1, -1 } };

	(void)state;
	open_output(&fixture);
	buffer_append_string(&fixture.output.bytes, "text");
	output_flush(&fixture.output);
	assert_int_equal(fixture.output.error, EBADF);
	close_output(&fixture);
}

static void close_reader(struct fixture *fixture)
{
	assert_int_equal(close(fixture->ends[0]), 0);
	fixture->ends[0] = -1;
}

static void a_reader_that_goes_away_is_noticed(void **state)
{
	static const struct {
		bool full;  /* when it goes */
		bool flush; /* something is written then */
	} cases[] = { { false, false }, { false, true }, { true, false }, { true, true } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fixture;

		open_pipe(&fixture);
		if (cases[i].full)
			put_large(&fixture);
		close_reader(&fixture);
		if (cases[i].flush) {
			buffer_append_string(&fixture.output.bytes, "text");
			output_flush(&fixture.output);
			assert_int_equal(fixture.output.error, EPIPE);
		}
		turn(&fixture);
		assert_int_equal(fixture.output.error, EPIPE);
		assert_int_equal(fixture.output.bytes.length, 0);
		assert_false(output_is_full(&fixture.output));
		assert_int_equal(fixture.drained, 1);
		turn(&fixture);
		assert_int_equal(fixture.drained, 1);
		close_output(&fixture);
	}
}

static void an_idle_output_does_not_keep_the_loop_alive(void **state)
{
	struct fixture fixture;

	(void)state;
	open_pipe(&fixture);
	assert_int_equal(uv_run(&fixture.loop, UV_RUN_DEFAULT), 0); /* returns */
	put_large(&fixture);
	assert_true(uv_loop_alive(&fixture.loop));
	read_large(&fixture);
	assert_int_equal(uv_run(&fixture.loop, UV_RUN_DEFAULT), 0);
	close_output(&fixture);
}

static void the_descriptor_gets_its_flags_back(void **state)
{
	struct fixture fixture;

	(void)state;
	for (int socket = 0; socket < 2; socket++) {
		int other;

		if (socket)
			assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fixture.ends), 0);
		else
			assert_int_equal(pipe(fixture.ends), 0);
		other = dup(fixture.ends[1]);
		open_output(&fixture);
		if (!socket) /* a pipe is opened anew: others never see a change */
			assert_int_equal(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
		close_output(&fixture);
		assert_int_equal(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
		close(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_goes_out_at_once),
		cmocka_unit_test(a_full_pipe_waits_for_its_reader),
		cmocka_unit_test(a_full_socket_waits_for_its_reader),
		cmocka_unit_test(what_is_added_while_full_keeps_its_place),
		cmocka_unit_test(a_file_is_never_full),
		cmocka_unit_test(a_full_disk_is_an_error_that_stays),
		cmocka_unit_test(a_descriptor_that_is_not_open_is_an_error),
		cmocka_unit_test(a_reader_that_goes_away_is_noticed),
		cmocka_unit_test(an_idle_output_does_not_keep_the_loop_alive),
		cmocka_unit_test(the_descriptor_gets_its_flags_back),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
