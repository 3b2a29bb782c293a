#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "count.h"
#include "orphans.h"

/* What an adapter says with its exit code. */
enum { DONE = 0, CHILDREN_LEFT = 10, SLOW, WRONG, NOT_PERMITTED };

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for(unsigned count)
{
	const struct timespec pause = { .tv_sec = count / 1000, .tv_nsec = count % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* Runs it in a process of its own, which adopts and ends; the exit code. */
static int run(int (*adapter)(const void *argument), const void *argument)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(adapter(argument));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static pid_t start(void (*function)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		function();
		_exit(0);
	}
	return pid;
}

static pid_t start_script(const char *script)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Has ended, and nobody has waited for it. */
static void wait_for_end(pid_t pid)
{
	siginfo_t info;

	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

/*
 * ---- ending ----
 */

static int end_script(const void *argument)
{
	const char *const *script = argument;
	struct orphans orphans;
	int64_t started;

	orphans_adopt(&orphans);
	(void)waitpid(start_script(*script), NULL, WUNTRACED);
	wait_for(100); /* daemons do their own forks */
	started = milliseconds();
	orphans_end(&orphans);
	if (has_children())
		return CHILDREN_LEFT;
	return milliseconds() - started < 900 ? DONE : SLOW;
}

static void whatever_a_tap_leaves_behind_is_ended(void **state)
{
	static const char *const scripts[] = {
		"true",
		"sleep 60 &",
		"setsid sleep 60 & sleep 0.1",
		"(setsid sh -c 'sleep 60 & sleep 60 & wait' &) &",
		"trap '' TERM HUP INT; sleep 60 & sleep 60 & sleep 60 &",
		"kill -STOP $$",
		"sh -c 'sh -c \"sh -c \\\"sleep 60 & kill -STOP \\$PPID\\\" & sleep 60\" & wait' &",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		int code = run(end_script, &scripts[i]);

		if (code != DONE)
			print_error("%s: %d\n", scripts[i], code);
		assert_int_equal(code, DONE);
	}
}

static void fork_and_die_forever(void)
{
	setsid();
	for (;;) {
		if (fork() != 0)
			_exit(0);
		usleep(200);
	}
}

static int end_chain(const void *argument)
{
	struct orphans orphans;

	(void)argument;
	orphans_adopt(&orphans);
	for (int i = 0; i < 3; i++)
		start(fork_and_die_forever);
	wait_for(50);
	orphans_end(&orphans);
	return has_children() ? CHILDREN_LEFT : DONE;
}

static void processes_that_fork_as_they_die_are_ended(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(run(end_chain, NULL), DONE);
}

static int end_without_proc(const void *argument)
{
	struct orphans orphans;

	(void)argument;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) != 0)
		return NOT_PERMITTED;
	orphans_adopt(&orphans);
	(void)waitpid(start_script("setsid sh -c 'sleep 60 & sleep 60' & sleep 0.2"), NULL, 0);
	orphans_end(&orphans);
	return has_children() ? CHILDREN_LEFT : DONE;
}

static void proc_is_not_needed(void **state)
{
	int code = run(end_without_proc, NULL);

	(void)state;
	if (code == NOT_PERMITTED)
		skip();
	assert_int_equal(code, DONE);
}

static void nothing(void)
{
}

/* The ids in /proc are those of another namespace then: whom do they name here? */
static int end_with_foreign_proc(const void *argument)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
		return NOT_PERMITTED;
	pid = fork();
	if (pid == 0) {
		static const char *const script = "setsid sleep 60 & sleep 0.2";

		(void)argument;
		for (int i = 0; i < 2000; i++) /* away from the ids that every machine has */
			(void)waitpid(start(nothing), NULL, 0);
		_exit(end_script(&script) == CHILDREN_LEFT ? CHILDREN_LEFT : DONE);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

static void proc_of_another_namespace_does_not_mislead(void **state)
{
	int code = run(end_with_foreign_proc, NULL);

	(void)state;
	if (code == NOT_PERMITTED)
		skip();
	assert_int_equal(code, DONE);
}

static int end_but_the_first(const void *argument)
{
	struct orphans orphans;
	pid_t before = start_script("exec sleep 60"), after;
	bool kept;

	(void)argument;
	orphans_adopt(&orphans);
	after = start_script("exec sleep 60");
	orphans_end(&orphans);
	kept = waitpid(before, NULL, WNOHANG) == 0 && waitpid(after, NULL, WNOHANG) == -1;
	kill(before, SIGKILL);
	(void)waitpid(before, NULL, 0);
	return kept ? DONE : WRONG;
}

static void children_that_were_there_before_are_kept(void **state)
{
	(void)state;
	assert_int_equal(run(end_but_the_first, NULL), DONE);
}

static int end_without_adopting(const void *argument)
{
	const struct orphans orphans = { .adopted = false };
	pid_t child = start_script("exec sleep 60");
	bool kept;

	(void)argument;
	orphans_end(&orphans);
	kept = waitpid(child, NULL, WNOHANG) == 0;
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	return kept ? DONE : WRONG;
}

static void nothing_is_ended_that_was_not_adopted(void **state)
{
	(void)state;
	assert_int_equal(run(end_without_adopting, NULL), DONE);
}

/*
 * ---- reaping ----
 */

static int reap_with_known(const void *argument)
{
	struct orphans orphans;
	pid_t pids[4];
	int status = 0;
	bool right;

	(void)argument;
	orphans_adopt(&orphans);
	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = start_script(i == 0 ? "exit 7" : i == 3 ? "exec sleep 60" : "exit 1");
	for (size_t i = 0; i < 3; i++)
		wait_for_end(pids[i]);
	orphans_reap(&pids[0], 1);
	right = waitpid(pids[1], NULL, WNOHANG) == -1 && waitpid(pids[2], NULL, WNOHANG) == -1 &&
		waitpid(pids[3], NULL, WNOHANG) == 0 &&
		waitpid(pids[0], &status, WNOHANG) == pids[0] && WEXITSTATUS(status) == 7;
	kill(pids[3], SIGKILL);
	(void)waitpid(pids[3], NULL, 0);
	return right ? DONE : WRONG;
}

static void a_known_child_is_left_and_hides_none(void **state)
{
	(void)state;
	assert_int_equal(run(reap_with_known, NULL), DONE);
}

static int reap_orphans(const void *argument)
{
	struct orphans orphans;

	(void)argument;
	signal(SIGCHLD, SIG_IGN); /* as some parents leave it */
	orphans_adopt(&orphans);
	(void)waitpid(start_script("true & true & (true &) & sleep 0.1"), NULL, 0);
	wait_for(100);
	if (!has_children())
		return WRONG; /* no subreaper */
	orphans_reap(NULL, 0);
	return has_children() ? CHILDREN_LEFT : DONE;
}

static void grandchildren_are_adopted_and_reaped(void **state)
{
	(void)state;
	assert_int_equal(run(reap_orphans, NULL), DONE);
}

/*
 * ---- a killed parent ----
 */

static void be_killed(int out)
{
	struct orphans orphans;
	uv_process_t process;
	char *argv[] = { "/bin/sleep", "60", NULL };
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_IGNORE }, { .flags = UV_INHERIT_FD, .data.fd = out },
	};
	uv_process_options_t options = {
		.file = argv[0], .args = argv, .stdio = stdio, .stdio_count = COUNT(stdio),
		.flags = UV_PROCESS_DETACHED,
	};

	orphans_adopt(&orphans);
	if (uv_spawn(uv_default_loop(), &process, &options) == 0)
		kill(getpid(), SIGKILL);
	_exit(0);
}

static void a_child_of_libuv_dies_with_a_killed_parent(void **state)
{
	struct pollfd ended;
	int ends[2], status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		be_killed(ends[1]);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	ended = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	assert_int_equal(poll(&ended, 1, 5000), 1); /* nobody holds the other end any more */
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_a_tap_leaves_behind_is_ended),
		cmocka_unit_test(processes_that_fork_as_they_die_are_ended),
		cmocka_unit_test(proc_is_not_needed),
		cmocka_unit_test(proc_of_another_namespace_does_not_mislead),
		cmocka_unit_test(children_that_were_there_before_are_kept),
		cmocka_unit_test(nothing_is_ended_that_was_not_adopted),
		cmocka_unit_test(a_known_child_is_left_and_hides_none),
		cmocka_unit_test(grandchildren_are_adopted_and_reaped),
		cmocka_unit_test(a_child_of_libuv_dies_with_a_killed_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
