#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_folder_is_private_and_removed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_folders_are_two, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_are_private_and_hold_what_was_written,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			everything_in_it_is_removed_and_links_are_not_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_folder_for_temporary_files_is_an_error, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_is_an_error, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_path_is_absolute_even_if_tmpdir_is_not, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
