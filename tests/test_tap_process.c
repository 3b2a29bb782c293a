#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "tap_process.h"

/* What a script wrote: "line|line|" and, for one without its end, "rest~". */
struct heard {
	struct tap_process process;
	struct buffer out;
	struct buffer log;
	size_t cut_at;        /* the length of a log line that was cut */
	unsigned pauses;
	bool pause_at_first;  /* stop reading after the first line */
	const char *stop_at;  /* a line that makes it stop; NULL: none */
};

static void on_line(void *owner, struct slice line, bool complete)
{
	struct heard *heard = owner;

	buffer_append(&heard->out, line);
	buffer_append_char(&heard->out, complete ? '|' : '~');
	if (heard->stop_at != NULL && slice_equals(line, slice_of_string(heard->stop_at)))
		tap_process_stop(&heard->process, TAP_STOP_ASKED);
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	struct heard *heard = owner;

	if (cut)
		heard->cut_at = line.length;
	else
		buffer_append(&heard->log, line);
	buffer_append_char(&heard->log, '|');
}

static void on_pause(void *owner)
{
	struct heard *heard = owner;

	heard->pauses++;
	if (heard->pause_at_first)
		tap_process_pause(&heard->process, TAP_PAUSE_OUTPUT);
}

static void heard_init(struct heard *heard)
{
	*heard = (struct heard){ .stop_at = NULL };
	buffer_init(&heard->out, BUFFER_MAXIMUM);
	buffer_init(&heard->log, BUFFER_MAXIMUM);
}

static void heard_release(struct heard *heard)
{
	tap_process_release(&heard->process);
	buffer_release(&heard->out);
	buffer_release(&heard->log);
}

static void start_in(struct heard *heard, uv_loop_t *loop, const char *script,
		     const char *directory, unsigned deadline)
{
	char *argv[] = { "/bin/sh", "-c", (char *)script, "sh", "first", NULL };
	char *environment[] = { "PATH=/usr/bin:/bin", "NAME=value of it", NULL };
	struct tap_listener listener = { on_line, on_log_line, on_pause, heard };
	struct error error = ERROR_NONE;

	assert_true(tap_process_start(&heard->process, loop, argv, environment, directory,
				      deadline, &listener, &error));
}

static void wait_for_end(struct heard *heard, uv_loop_t *loop)
{
	while (!heard->process.ended)
		uv_run(loop, UV_RUN_ONCE);
	assert_int_equal(uv_loop_close(loop), 0); /* nothing of it is left in the loop */
}

static void start(struct heard *heard, uv_loop_t *loop, const char *script)
{
	heard_init(heard);
	assert_int_equal(uv_loop_init(loop), 0);
	start_in(heard, loop, script, "/", 0);
}

static void assert_text(const struct buffer *buffer, const char *expected)
{
	char *text = buffer_to_string(buffer);

	assert_string_equal(text, expected ? expected : "");
	free(text);
}

static const struct {
	const char *script;
	const char *out; /* NULL: nothing */
	const char *log;
	int64_t exit_status;
	int signal;
	enum tap_stop stopped;
	unsigned deadline;
	const char *stop_at;
} cases[] = {
	{ "exit 0", .out = "", .exit_status = 0 },
	{ "exit 7", .out = "", .exit_status = 7 },
	{ "exit 255", .out = "", .exit_status = 255 },
	{ "echo one; echo two", .out = "one|two|" },
	{ "printf 'a\\n\\nb\\r\\nc'", .out = "a||b|c~" },
	{ "printf 'no end' >&2; printf 'nor here'", .out = "nor here~", .log = "no end|" },
	{ "echo out; echo log >&2; exit 1", .out = "out|", .log = "log|", .exit_status = 1 },
	{ "echo before; kill -KILL $$", .out = "before|", .signal = SIGKILL },
	{ "printf half; kill -SEGV $$", .out = "half~", .signal = SIGSEGV },
	{ "kill -TERM $$", .out = "", .signal = SIGTERM },
	/* its arguments and surroundings */
	{ "echo \"$1 $NAME ${HOME-none} $#\"", .out = "first value of it none 1|" },
	{ "pwd -P", .out = "/|" },
	{ "cat; echo end of stdin", .out = "end of stdin|" },
	{ "exec 1>&-; exec 2>&-; sleep 0.2; exit 3", .out = "", .exit_status = 3 },
	{ "exec 2>&-; echo still here", .out = "still here|" },
	{ "echo again > /dev/stdout", .out = "again|" }, /* a pipe can be opened, a socket not */
	/* stopping */
	{ "echo go; sleep 60", .out = "go|", .signal = SIGTERM, .stopped = TAP_STOP_ASKED,
	  .stop_at = "go" },
	{ "trap 'echo bye; exit 0' TERM; echo go; sleep 60 & wait", .out = "go|bye|",
	  .stopped = TAP_STOP_ASKED, .stop_at = "go" },
	{ "trap '' TERM; echo go; while :; do sleep 1; done", .out = "go|", .signal = SIGKILL,
	  .stopped = TAP_STOP_ASKED, .stop_at = "go" },
	{ "echo go; sleep 60", .out = "go|", .signal = SIGTERM, .stopped = TAP_STOP_DEADLINE,
	  .deadline = 1 },
	{ "exit 0", .out = "", .deadline = 60 },
	/* children: killed with the group; one outside of it is only let go */
	{ "sleep 60 & echo done", .out = "done|" },
	{ "sleep 60 >/dev/null 2>&1 & echo done", .out = "done|" },
	{ "setsid sleep 7 & echo done", .out = "done|" },
	{ "(sleep 0.5; echo late) & echo first", .out = "first|late|" },
};

static void check_case(const struct heard *heard, size_t i)
{
	assert_text(&heard->out, cases[i].out);
	assert_text(&heard->log, cases[i].log);
	assert_int_equal(heard->process.exit_status, cases[i].exit_status);
	assert_int_equal(heard->process.signal, cases[i].signal);
	assert_int_equal(heard->process.stopped, cases[i].stopped);
}

/* All at once, since some take as long as the grace. */
static void processes_are_read_to_their_end_and_their_end_is_told(void **state)
{
	static struct heard heard[COUNT(cases)];
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		heard_init(&heard[i]);
		heard[i].stop_at = cases[i].stop_at;
		start_in(&heard[i], &loop, cases[i].script, "/", cases[i].deadline);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(heard[i].process.ended);
		check_case(&heard[i], i);
		heard_release(&heard[i]);
	}
}

static void a_long_log_line_is_cut_and_costs_no_more_memory(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	start(&heard, &loop, "head -c 20000000 /dev/zero >&2; echo >&2; echo next >&2; echo out");
	wait_for_end(&heard, &loop);
	assert_int_equal(heard.cut_at, TAP_LOG_LINE_MAXIMUM);
	assert_text(&heard.log, "|next|");
	assert_text(&heard.out, "out|");
	assert_true(heard.process.log.reader.bytes.capacity < 4 * TAP_LOG_LINE_MAXIMUM);
	heard_release(&heard);
}

static void what_is_left_of_its_group_is_killed(void **state)
{
	struct heard heard;
	uv_loop_t loop;
	char *text;
	pid_t child;

	(void)state;
	start(&heard, &loop, "sleep 60 >/dev/null 2>&1 & printf $!");
	wait_for_end(&heard, &loop);
	text = buffer_to_string(&heard.out);
	child = (pid_t)strtol(text, NULL, 10);
	free(text);
	assert_true(child > 0);
	for (int i = 0; i < 100 && kill(child, 0) == 0; i++) {
		char path[64], stat[256] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			break;
		assert_true(read(fd, stat, sizeof(stat) - 1) >= 0);
		close(fd);
		if (strstr(stat, ") Z ") != NULL)
			break; /* dead, and nobody here to bury it */
		assert_true(i < 99);
		usleep(10000);
	}
	heard_release(&heard);
}

static void a_process_that_cannot_be_started_is_an_error(void **state)
{
	static const struct {
		char *program;
		const char *directory;
		const char *message;
	} failures[] = {
		{ "/no/such/tap", "/", "cannot start the tap, /no/such/tap: no such file" },
		{ "/proc/version", "/", "cannot start the tap, /proc/version: permission denied" },
		{ "/", "/", "cannot start the tap, /: permission denied" },
		{ "/bin/sh", "/no/such/folder", "cannot start the tap, /bin/sh: no such file" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++) {
		char *argv[] = { failures[i].program, NULL }, *environment[] = { NULL };
		struct tap_listener listener = { .line = NULL };
		struct error error = ERROR_NONE;
		struct tap_process process;
		uv_loop_t loop;

		assert_int_equal(uv_loop_init(&loop), 0);
		assert_false(tap_process_start(&process, &loop, argv, environment,
					       failures[i].directory, 0, &listener, &error));
		assert_int_equal(error.type, FAILURE_SYSTEM);
		assert_memory_equal(error.message, failures[i].message,
				    strlen(failures[i].message));
		assert_int_equal(uv_loop_close(&loop), 0);
	}
}

static void a_listener_may_leave_everything_out(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "echo out; echo log >&2", NULL };
	char *environment[] = { NULL };
	struct tap_listener listener = { .line = NULL };
	struct error error = ERROR_NONE;
	struct tap_process process;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_true(tap_process_start(&process, &loop, argv, environment, "/", 0, &listener,
				      &error));
	while (!process.ended)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(process.exit_status, 0);
	tap_process_release(&process);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void on_time_over(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void run_for(uv_loop_t *loop, unsigned milliseconds)
{
	bool over = false;
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	timer.data = &over;
	uv_timer_start(&timer, on_time_over, milliseconds, 0);
	while (!over)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

/* More than the pipe and a read take. */
#define MUCH "yes 0123456789abcdef0123456789abcde | head -c 8388608"

static void a_paused_process_waits_and_loses_nothing(void **state)
{
	struct heard heard;
	size_t length;
	uv_loop_t loop;

	(void)state;
	start(&heard, &loop, "echo log >&2; " MUCH "; echo more log >&2");
	heard.pause_at_first = true;
	run_for(&loop, 300);
	length = heard.out.length;
	assert_true(length < 3000000);
	assert_text(&heard.log, "log|"); /* stderr is read all the same */
	run_for(&loop, 100);
	assert_int_equal(heard.out.length, length);
	heard.pause_at_first = false;
	tap_process_resume(&heard.process, TAP_PAUSE_OUTPUT);
	wait_for_end(&heard, &loop);
	assert_int_equal(heard.out.length, 8388608);
	assert_text(&heard.log, "log|more log|");
	assert_true(heard.pauses > 0);
	heard_release(&heard);
}

static void a_process_that_ended_while_paused_keeps_what_it_wrote(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	start(&heard, &loop, "echo one; echo two");
	tap_process_pause(&heard.process, TAP_PAUSE_OUTPUT);
	run_for(&loop, TAP_GRACE * 1000 + 500);
	assert_false(heard.process.ended);
	assert_text(&heard.out, "");
	tap_process_resume(&heard.process, TAP_PAUSE_OUTPUT);
	wait_for_end(&heard, &loop);
	assert_text(&heard.out, "one|two|");
	heard_release(&heard);
}

static void a_paused_process_that_is_stopped_is_read_to_its_end(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	start(&heard, &loop, "trap 'echo; echo last; exit 0' TERM; " MUCH);
	heard.pause_at_first = true;
	run_for(&loop, 300);
	tap_process_stop(&heard.process, TAP_STOP_ASKED);
	wait_for_end(&heard, &loop);
	assert_memory_equal(heard.out.data + heard.out.length - 5, "last|", 5);
	assert_int_equal(heard.process.stopped, TAP_STOP_ASKED);
	heard_release(&heard);
}

static void what_was_not_read_is_known(void **state)
{
	static const char *const scripts[] = { "echo out; sleep 1", "echo log >&2; sleep 1" };

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		struct heard heard;
		uv_loop_t loop;

		start(&heard, &loop, scripts[i]);
		for (int j = 0; j < 500 && !tap_process_has_unread(&heard.process); j++)
			usleep(10000);
		assert_true(tap_process_has_unread(&heard.process));
		run_for(&loop, 100);
		assert_false(tap_process_has_unread(&heard.process));
		wait_for_end(&heard, &loop);
		heard_release(&heard);
	}
}

static void a_deadline_can_be_put_off(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	heard_init(&heard);
	assert_int_equal(uv_loop_init(&loop), 0);
	start_in(&heard, &loop, "echo go; sleep 2; echo on; sleep 60", "/", 1);
	tap_process_put_off(&heard.process, 3000);
	wait_for_end(&heard, &loop);
	assert_text(&heard.out, "go|on|");
	assert_int_equal(heard.process.stopped, TAP_STOP_DEADLINE);
	heard_release(&heard);
}

static void what_is_put_off_without_a_deadline_does_not_come(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	start(&heard, &loop, "sleep 0.5; echo on");
	tap_process_put_off(&heard.process, 1);
	wait_for_end(&heard, &loop);
	assert_text(&heard.out, "on|");
	assert_int_equal(heard.process.stopped, TAP_RUNNING);
	heard_release(&heard);
}

/* As SIGSTOP and SIGCONT, or a container that is paused, while the process has all but ended. */
static void a_deadline_that_passed_while_nobody_looked_is_no_end_yet(void **state)
{
	struct heard heard;
	uv_loop_t loop;

	(void)state;
	heard_init(&heard);
	assert_int_equal(uv_loop_init(&loop), 0);
	start_in(&heard, &loop, "sleep 2.5; echo done", "/", 1);
	usleep(2200000);
	wait_for_end(&heard, &loop);
	assert_text(&heard.out, "done|");
	assert_int_equal(heard.process.stopped, TAP_RUNNING);
	heard_release(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_read_to_their_end_and_their_end_is_told),
		cmocka_unit_test(a_long_log_line_is_cut_and_costs_no_more_memory),
		cmocka_unit_test(what_is_left_of_its_group_is_killed),
		cmocka_unit_test(a_process_that_cannot_be_started_is_an_error),
		cmocka_unit_test(a_listener_may_leave_everything_out),
		cmocka_unit_test(a_paused_process_waits_and_loses_nothing),
		cmocka_unit_test(a_process_that_ended_while_paused_keeps_what_it_wrote),
		cmocka_unit_test(a_paused_process_that_is_stopped_is_read_to_its_end),
		cmocka_unit_test(what_was_not_read_is_known),
		cmocka_unit_test(a_deadline_can_be_put_off),
		cmocka_unit_test(what_is_put_off_without_a_deadline_does_not_come),
		cmocka_unit_test(a_deadline_that_passed_while_nobody_looked_is_no_end_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
