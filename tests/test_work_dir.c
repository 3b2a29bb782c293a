#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "text_file.h"
#include "work_dir.h"

/* A folder for $TMPDIR, which has to be empty again at the end of each test. */
static int set_up(void **state)
{
	char path[] = "/tmp/test_work_dir-XXXXXX";

	if (mkdtemp(path) == NULL || setenv("TMPDIR", path, 1) != 0)
		return -1;
	*state = strdup(path);
	return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	int status = rmdir(*state); /* fails unless it is empty */

	free(*state);
	return status;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static char *path_in(const char *folder, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static void the_folder_is_private_and_removed(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char *path;

	umask(0);
	assert_true(work_dir_create(&dir, &error));
	assert_memory_equal(dir.path, *state, strlen(*state));
	assert_int_equal(mode_of(dir.path), 0700);
	path = strdup(dir.path);
	work_dir_remove(&dir);
	assert_null(dir.path);
	assert_int_equal(access(path, F_OK), -1);
	work_dir_remove(&dir); /* nothing */
	free(path);
}

static void two_folders_are_two(void **state)
{
	struct work_dir one = WORK_DIR_NONE, other = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(work_dir_create(&one, &error));
	assert_true(work_dir_create(&other, &error));
	assert_string_not_equal(one.path, other.path);
	work_dir_remove(&one);
	work_dir_remove(&other);
}

static void files_are_private_and_hold_what_was_written(void **state)
{
	static const struct slice contents[] = {
		{ "", 0 }, { "text", 4 }, { "a\0b\n", 4 }, { "x", 1 },
	};
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	(void)state;
	umask(0);
	assert_true(work_dir_create(&dir, &error));
	for (size_t i = 0; i < COUNT(contents); i++) {
		/* one name: the shorter text replaces all of the longer one */
		char *path = work_dir_write(&dir, "config.json", contents[i], &error);
		struct buffer text;

		assert_non_null(path);
		assert_int_equal(mode_of(path), 0600);
		buffer_init(&text, BUFFER_MAXIMUM);
		assert_true(text_file_read(path, "it", &text, &error));
		assert_true(slice_equals(buffer_slice(&text), contents[i]));
		buffer_release(&text);
		free(path);
	}
	work_dir_remove(&dir);
}

static void everything_in_it_is_removed_and_links_are_not_followed(void **state)
{
	static const char *const folders[] = { "a", "a/b", "a/b/c", ".hidden", "a/closed" };
	static const char *const files[] = { "x", "a/y", "a/b/c/z", ".hidden/.w", "a/closed/v" };
	struct work_dir dir = WORK_DIR_NONE, other = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char *path, *kept;

	(void)state;
	assert_true(work_dir_create(&dir, &error));
	assert_true(work_dir_create(&other, &error));
	kept = work_dir_write(&other, "kept", SLICE("text"), &error);
	for (size_t i = 0; i < COUNT(folders); i++) {
		path = path_in(dir.path, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		free(path);
	}
	for (size_t i = 0; i < COUNT(files); i++)
		free(work_dir_write(&dir, files[i], SLICE("text"), &error));
	assert_false(error.set);
	path = path_in(dir.path, "a/link");
	assert_int_equal(symlink(other.path, path), 0);
	free(path);
	path = path_in(dir.path, "dangling");
	assert_int_equal(symlink("/no/such/file", path), 0);
	free(path);
	path = path_in(dir.path, "a/closed");
	assert_int_equal(chmod(path, 0), 0); /* as a tap may leave it */
	free(path);

	path = strdup(dir.path);
	work_dir_remove(&dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	free(path);
	free(kept);
	work_dir_remove(&other);
}

static void no_folder_for_temporary_files_is_an_error(void **state)
{
	static const struct {
		const char *folder;
		const char *message;
	} cases[] = {
		{ "/no/such/folder",
		  "cannot use the folder for temporary files, /no/such/folder: No such file" },
		{ "/etc/passwd", "/etc/passwd: Not a directory" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct work_dir dir = WORK_DIR_NONE;
		struct error error = ERROR_NONE;

		setenv("TMPDIR", cases[i].folder, 1);
		assert_false(work_dir_create(&dir, &error));
		setenv("TMPDIR", *state, 1);
		assert_null(dir.path);
		assert_int_equal(error.type, FAILURE_SYSTEM);
		assert_non_null(strstr(error.message, cases[i].message));
		work_dir_remove(&dir);
	}
}

static void a_folder_in_it_is_private_and_goes_with_it(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char *path;

	(void)state;
	umask(0);
	assert_true(work_dir_create(&dir, &error));
	path = work_dir_make_folder(&dir, "process-0", &error);
	assert_non_null(path);
	assert_int_equal(mode_of(path), 0700);
	assert_null(work_dir_make_folder(&dir, "process-0", &error));
	assert_int_equal(error.type, FAILURE_SYSTEM);
	assert_non_null(strstr(error.message, "process-0: File exists"));
	work_dir_remove(&dir);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(work_dir_create(&dir, &error));
	assert_null(work_dir_write(&dir, "no/such/file", SLICE("text"), &error));
	assert_int_equal(error.type, FAILURE_SYSTEM);
	assert_non_null(strstr(error.message, "no/such/file: No such file or directory"));
	work_dir_remove(&dir);
}

static void the_path_is_absolute_even_if_tmpdir_is_not(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char *old = getcwd(NULL, 0);

	assert_int_equal(chdir(*state), 0);
	setenv("TMPDIR", ".", 1);
	assert_true(work_dir_create(&dir, &error));
	setenv("TMPDIR", *state, 1);
	assert_int_equal(chdir(old), 0);
	assert_int_equal(dir.path[0], '/');
	work_dir_remove(&dir);
	free(old);
}

static void names_with_any_character_are_taken(void **state)
{
	static const char *const names[] = {
		"with space", "with\nline", "it's \"quoted\"", "*?$(x)",
	};
	struct error error = ERROR_NONE;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct work_dir dir = WORK_DIR_NONE;
		char *folder = path_in(*state, names[i]), *file;

		assert_int_equal(mkdir(folder, 0700), 0);
		setenv("TMPDIR", folder, 1);
		assert_true(work_dir_create(&dir, &error));
		file = work_dir_write(&dir, "x", SLICE("text"), &error);
		assert_non_null(file);
		free(file);
		work_dir_remove(&dir);
		setenv("TMPDIR", *state, 1);
		assert_int_equal(rmdir(folder), 0);
		free(folder);
	}
}

/* It is longer than a message. */
static void a_long_name_does_not_hide_the_reason(void **state)
{
	static char name[100000];
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(name) - 1; i += 200)
		name[i] = '/';
	setenv("TMPDIR", name, 1);
	assert_false(work_dir_create(&dir, &error));
	setenv("TMPDIR", *state, 1);
	assert_non_null(strstr(error.message, ": No such file or directory"));
}

/* By 20 folders of 198 letters: 4,000 characters, of 4,095 that the kernel takes. */
static void a_long_name_is_taken(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char path[5000], *file;
	size_t length = strlen(*state);

	memcpy(path, *state, length);
	while (length + 200 < 4000) {
		path[length] = '/';
		memset(path + length + 1, 'x', 198);
		length += 199;
		path[length] = '\0';
		assert_int_equal(mkdir(path, 0700), 0);
	}
	setenv("TMPDIR", path, 1);
	assert_true(work_dir_create(&dir, &error));
	file = work_dir_write(&dir, "config.json", SLICE("text"), &error);
	assert_non_null(file);
	free(file);
	work_dir_remove(&dir);
	setenv("TMPDIR", *state, 1);
	for (; length > strlen(*state); length -= 199, path[length] = '\0')
		assert_int_equal(rmdir(path), 0);
}

static void a_file_that_the_disk_has_no_room_for_is_an_error(void **state)
{
	static char content[8192];
	struct rlimit small = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY }, old;
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(work_dir_create(&dir, &error));
	signal(SIGXFSZ, SIG_IGN); /* as main.c does */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_null(work_dir_write(&dir, "big", slice_of(content, sizeof(content)), &error));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(error.message, "/big: File too large"));
	work_dir_remove(&dir);
}

/*
 * ---- stale folders ----
 */

/* As a killed adapter leaves one: with a file in it, and no lock. Its path. */
static char *leave_stale(const char *parent, const char *name)
{
	char *path = path_in(parent, name), *file = path_in(path, "secret");

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(close(open(file, O_WRONLY | O_CREAT, 0600)), 0);
	free(file);
	return path;
}

static bool is_there(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static void remove_stale(char *path)
{
	char *file = path_in(path, "secret");

	(void)unlink(file);
	(void)rmdir(path);
	free(file);
	free(path);
}

static void make_and_remove(void)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	assert_true(work_dir_create(&dir, &error));
	work_dir_remove(&dir);
}

static void only_stale_folders_of_our_own_are_removed(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		bool kept;
	} cases[] = {
		{ "tapbyte-run-abcdef", 0700, false },
		{ "tapbyte-run-AZaz09", 0700, false },
		{ "tapbyte-run-GHIJKL", 0755, false }, /* the tap may have changed it */
		{ "tapbyte-run-MNOPQR", 01700, false },
		{ "tapbyte-backup", 0700, true },
		{ "tapbyte-run-abcde", 0700, true },
		{ "tapbyte-run-abcdefg", 0700, true },
		{ "tapbyte-run-abc.ef", 0700, true },
		{ "Tapbyte-run-abcdef", 0700, true },
		{ "xtapbyte-run-abcdef", 0700, true },
		/* mktemp -d tapbyte-XXXXXX: a person's */
		{ "tapbyte-abcdef", 0700, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *path = leave_stale(*state, cases[i].name);

		assert_int_equal(chmod(path, cases[i].mode), 0);
		make_and_remove();
		assert_int_equal(is_there(path), cases[i].kept);
		remove_stale(path);
	}
}

static void a_folder_of_another_user_stays(void **state)
{
	char *path;

	if (geteuid() != 0)
		skip();
	path = leave_stale(*state, "tapbyte-run-abcdef");
	assert_int_equal(chown(path, 65534, 65534), 0);
	make_and_remove();
	assert_true(is_there(path));
	remove_stale(path);
}

static void a_link_and_a_file_of_this_name_stay(void **state)
{
	char *folder = leave_stale(*state, "elsewhere");
	char *link = path_in(*state, "tapbyte-run-abcdef");
	char *file = path_in(*state, "tapbyte-run-ghijkl"), *kept = path_in(folder, "secret");

	assert_int_equal(symlink(folder, link), 0);
	assert_int_equal(close(open(file, O_WRONLY | O_CREAT, 0700)), 0);
	make_and_remove();
	assert_true(is_there(link) && is_there(kept) && is_there(file));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(file), 0);
	remove_stale(folder);
	free(link);
	free(file);
	free(kept);
}

static void a_folder_in_use_stays(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	(void)state;
	assert_true(work_dir_create(&dir, &error));
	make_and_remove();
	assert_true(is_there(dir.path));
	/* or a tap would keep it locked */
	assert_true((fcntl(dir.lock, F_GETFD) & FD_CLOEXEC) != 0);
	work_dir_remove(&dir);
}

static void one_start_removes_at_most_a_hundred(void **state)
{
	unsigned left = 0;
	char name[32];

	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 150 && round == 0; i++) {
			snprintf(name, sizeof(name), "tapbyte-run-aaa%03u", i);
			free(leave_stale(*state, name));
		}
		left = 0;
		for (unsigned i = 0; i < 150; i++) {
			char *path;

			snprintf(name, sizeof(name), "tapbyte-run-aaa%03u", i);
			path = path_in(*state, name);
			left += is_there(path);
			free(path);
		}
		assert_int_equal(left, round == 0 ? 150 : round == 1 ? 50 : 0);
		make_and_remove();
	}
}

/* Makes one, writes its path and waits to be killed. */
static void wait_with_folder(int out)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;

	if (work_dir_create(&dir, &error) &&
	    work_dir_write(&dir, "config.json", SLICE("{}"), &error) != NULL)
		(void)!write(out, dir.path, strlen(dir.path) + 1);
	pause();
	_exit(0);
}

static void a_folder_of_a_killed_process_is_removed_by_the_next(void **state)
{
	bool there[3];
	char path[4096] = "";
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		wait_with_folder(ends[1]);
	close(ends[1]);
	assert_true(read(ends[0], path, sizeof(path) - 1) > 0);
	make_and_remove();
	there[0] = is_there(path); /* it lives */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	there[1] = is_there(path);
	make_and_remove();
	there[2] = is_there(path);
	close(ends[0]);
	assert_true(there[0] && there[1] && !there[2]);
}

/* What the next lock, that of a new folder, meets. */
static enum { NOTHING, SWEPT, BEING_SWEPT, NO_LOCKS } meets;

static int refuse(int reason)
{
	errno = reason;
	return -1;
}

/* In place of libc's. */
int flock(int fd, int operation)
{
	char link[64], path[4096] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	switch (meets) {
	case NO_LOCKS:
		return refuse(EOPNOTSUPP);
	case BEING_SWEPT:
		meets = NOTHING;
		return refuse(EWOULDBLOCK);
	case SWEPT:
		meets = NOTHING;
		if (readlink(link, path, sizeof(path) - 1) < 0 || rmdir(path) != 0)
			return refuse(EINVAL);
		break;
	case NOTHING:
		break;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static void a_folder_that_is_swept_before_it_is_locked_is_made_anew(void **state)
{
	(void)state;
	for (meets = SWEPT; meets <= BEING_SWEPT; meets++) {
		struct work_dir dir = WORK_DIR_NONE;
		struct error error = ERROR_NONE;
		int met = meets, other;

		assert_true(work_dir_create(&dir, &error));
		assert_int_equal(meets, NOTHING);
		assert_true(is_there(dir.path));
		other = open(dir.path, O_RDONLY);
		assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
		close(other);
		work_dir_remove(&dir);
		meets = met;
	}
	meets = NOTHING;
}

static void without_locks_nothing_is_swept(void **state)
{
	struct work_dir dir = WORK_DIR_NONE;
	struct error error = ERROR_NONE;
	char *path = leave_stale(*state, "tapbyte-run-abcdef");
	bool made;

	meets = NO_LOCKS;
	made = work_dir_create(&dir, &error);
	meets = NOTHING;
	assert_true(made && is_there(path));
	work_dir_remove(&dir);
	remove_stale(path);
}

/* Makes and removes, or leaves like a killed process; what it holds may never be missing. */
static int compete(unsigned seed)
{
	for (unsigned i = 0; i < 200; i++) {
		struct work_dir dir = WORK_DIR_NONE;
		struct error error = ERROR_NONE;
		char *path;

		if (!work_dir_create(&dir, &error))
			return 1;
		path = work_dir_write(&dir, "config.json", SLICE("{}"), &error);
		if (path == NULL)
			return 2;
		if ((i + seed) % 3 == 0)
			sched_yield();
		if (!is_there(path))
			return 3;
		if ((i + seed) % 2 == 0)
			close(dir.lock);
		else
			work_dir_remove(&dir);
		free(path);
		free(dir.path);
	}
	return 0;
}

static void processes_that_sweep_against_each_other_lose_nothing_in_use(void **state)
{
	pid_t pids[8];

	(void)state;
	for (unsigned i = 0; i < COUNT(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(compete(i));
	}
	for (unsigned i = 0; i < COUNT(pids); i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < 9; i++) /* what the last ones left; a hundred each time */
		make_and_remove();
}

/* As the tap of a platform whose user is not root: rights are no hindrance to root. */
static void folders_that_were_closed_are_removed_by_any_user(void **state)
{
	int status = 0;
	pid_t pid;

	assert_int_equal(chmod(*state, 01777), 0);
	pid = fork();
	if (pid == 0) {
		struct work_dir dir = WORK_DIR_NONE;
		struct error error = ERROR_NONE;
		char *path;
		bool removed;

		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(1);
		if (!work_dir_create(&dir, &error) || chdir(dir.path) != 0 ||
		    mkdir("closed", 0700) != 0 || mkdir("closed/inside", 0700) != 0 ||
		    chmod("closed/inside", 0) != 0 || chmod("closed", 0) != 0 ||
		    mkdir("read-only", 0700) != 0 || mkdir("read-only/inside", 0700) != 0 ||
		    chmod("read-only", 0500) != 0 || chmod(".", 0500) != 0)
			_exit(2);
		path = strdup(dir.path);
		work_dir_remove(&dir);
		removed = !is_there(path);
		free(path);
		_exit(removed ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_folder_is_private_and_removed),
		TEST(two_folders_are_two),
		TEST(files_are_private_and_hold_what_was_written),
		TEST(everything_in_it_is_removed_and_links_are_not_followed),
		TEST(no_folder_for_temporary_files_is_an_error),
		TEST(a_folder_in_it_is_private_and_goes_with_it),
		TEST(a_file_that_cannot_be_written_is_an_error),
		TEST(the_path_is_absolute_even_if_tmpdir_is_not),
		TEST(names_with_any_character_are_taken),
		TEST(a_long_name_does_not_hide_the_reason),
		TEST(a_long_name_is_taken),
		TEST(a_file_that_the_disk_has_no_room_for_is_an_error),
		TEST(only_stale_folders_of_our_own_are_removed),
		TEST(a_folder_of_another_user_stays),
		TEST(a_link_and_a_file_of_this_name_stay),
		TEST(a_folder_in_use_stays),
		TEST(one_start_removes_at_most_a_hundred),
		TEST(a_folder_of_a_killed_process_is_removed_by_the_next),
		TEST(a_folder_that_is_swept_before_it_is_locked_is_made_anew),
		TEST(without_locks_nothing_is_swept),
		TEST(processes_that_sweep_against_each_other_lose_nothing_in_use),
		TEST(folders_that_were_closed_are_removed_by_any_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
