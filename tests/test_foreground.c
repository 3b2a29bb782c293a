#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "foreground.h"

static void how_a_program_ends_is_told(void **state)
{
	static const struct {
		char *argv[4];
		int code;
		const char *message;
	} cases[] = {
		{ { "true" }, 0, "" },
		{ { "/bin/sh", "-c", "exit 7" }, 7, "" },
		{ { "sh", "-c", "exit 127" }, 127, "" },
		{ { "sh", "-c", "kill -9 $$" }, -1, "sh was ended by signal 9 (Killed)" },
		{ { "no-such-program" }, -1, "there is no program no-such-program in PATH" },
		{ { "/no/such" }, -1, "cannot start /no/such: No such file or directory" },
		{ { "/proc/version" }, -1, "cannot start /proc/version: Permission denied" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;

		assert_int_equal(foreground_start(cases[i].argv, FOREGROUND_PLAIN, &error),
				 cases[i].code);
		assert_string_equal(error.set ? error.message : "", cases[i].message);
	}
}

static void a_program_that_has_to_succeed(void **state)
{
	char *const good[] = { "true", NULL }, *const bad[] = { "sh", "-c", "exit 3", NULL };
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(foreground_run(good, FOREGROUND_PLAIN, &error));
	assert_false(foreground_run(bad, FOREGROUND_PLAIN, &error));
	assert_string_equal(error.message, "sh failed with status 3; see above");
}

static void its_input_is_a_file_and_its_output_goes_nowhere(void **state)
{
	/* what it printed would be among what cmocka prints */
	char *const argv[] = { "sh", "-c", "test \"$(readlink /proc/$$/fd/1)\" = /dev/null && "
			       "test \"$(cat)\" = content", NULL };
	struct error error = ERROR_NONE;
	int file = memfd_create("input", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(file, "content", 7), 7);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(foreground_start(argv, (struct foreground){ .input = file, .quiet = true },
					  &error), 0);
	close(file);
}

static void signals_that_we_ignore_end_it(void **state)
{
	char *const argv[] = { "sh", "-c", "kill -PIPE $$; exit 0", NULL };
	struct error error = ERROR_NONE;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(foreground_start(argv, FOREGROUND_PLAIN, &error), -1);
	signal(SIGPIPE, SIG_DFL);
}

static void children_that_nobody_was_to_wait_for(void **state)
{
	char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct error error = ERROR_NONE;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(foreground_start(argv, FOREGROUND_PLAIN, &error), 3);
	signal(SIGCHLD, SIG_DFL);
}

static void it_runs_in_another_folder(void **state)
{
	char *const argv[] = { "sh", "-c", "test \"$(pwd)\" = /proc", NULL };
	struct error error = ERROR_NONE;
	struct foreground how = { .input = -1, .folder = "/proc" };

	(void)state;
	assert_int_equal(foreground_start(argv, how, &error), 0);
	how.folder = "/no/such";
	assert_int_equal(foreground_start(argv, how, &error), -1);
}

static void an_interrupt_ends_us_unless_we_have_to_clear_up(void **state)
{
	char *const argv[] = { "sh", "-c", "kill -INT $PPID", NULL };

	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct error error = ERROR_NONE;
		int status;
		pid_t us = fork();

		signal(SIGINT, SIG_DFL); /* a job in the background is started without */
		if (us == 0)
			_exit(foreground_start(argv, (struct foreground){
				.input = -1, .alone = alone != 0 }, &error));
		assert_int_equal(waitpid(us, &status, 0), us);
		assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, alone ? 0 : SIGINT);
	}
}

/* The child tells its id, and would sleep for long. */
static void it_ends_when_we_do(void **state)
{
	char *const argv[] = { "sh", "-c", "echo $$; exec sleep 600", NULL };
	char text[32] = "";
	int pipes[2], status;
	pid_t us, child;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	us = fork();
	if (us == 0) {
		struct error error = ERROR_NONE;

		(void)dup2(pipes[1], STDOUT_FILENO);
		_exit(foreground_start(argv, FOREGROUND_PLAIN, &error));
	}
	assert_true(read(pipes[0], text, sizeof(text) - 1) > 0);
	child = (pid_t)strtol(text, NULL, 10);
	assert_int_equal(kill(us, SIGKILL), 0);
	assert_int_equal(waitpid(us, &status, 0), us);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_a_program_ends_is_told),
		cmocka_unit_test(a_program_that_has_to_succeed),
		cmocka_unit_test(its_input_is_a_file_and_its_output_goes_nowhere),
		cmocka_unit_test(signals_that_we_ignore_end_it),
		cmocka_unit_test(children_that_nobody_was_to_wait_for),
		cmocka_unit_test(it_runs_in_another_folder),
		cmocka_unit_test(an_interrupt_ends_us_unless_we_have_to_clear_up),
		cmocka_unit_test(it_ends_when_we_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
