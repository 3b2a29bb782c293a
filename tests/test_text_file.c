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

/* Writes a file of that many bytes; the path, which the caller frees. */
static char *file_of(size_t size)
{
	char *path = strdup("/tmp/test_text_file-XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i % 251), file); /* NUL and \n among them */
	assert_int_equal(fclose(file), 0);
	return path;
}

static void a_file_of_any_size_is_appended_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 1000003 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *path = file_of(sizes[i]);
		struct error error = ERROR_NONE;
		struct buffer text;

		buffer_init(&text, BUFFER_MAXIMUM);
		buffer_append_string(&text, "before");
		assert_true(text_file_read(path, "the config", &text, &error));
		assert_int_equal(text.length, sizes[i] + 6);
		assert_memory_equal(text.data, "before", 6);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal((unsigned char)text.data[6 + j], j % 251);
		buffer_release(&text);
		assert_int_equal(unlink(path), 0);
		free(path);
	}
}

static void what_cannot_be_read_is_the_users_error(void **state)
{
	static const struct {
		const char *path;
		const char *message;
	} cases[] = {
		{ "/no/such/file",
		  "cannot read the config, /no/such/file: No such file or directory" },
		{ "/tmp", "cannot read the config, /tmp: Is a directory" },
		{ "/etc/passwd/x", "cannot read the config, /etc/passwd/x: Not a directory" },
		{ "", "cannot read the config, : No such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct buffer text;

		buffer_init(&text, BUFFER_MAXIMUM);
		assert_false(text_file_read(cases[i].path, "the config", &text, &error));
		assert_int_equal(error.type, FAILURE_CONFIG);
		assert_string_equal(error.message, cases[i].message);
		buffer_release(&text);
	}
}

static void a_file_is_replaced_as_a_whole_or_stays_as_it_was(void **state)
{
	char *path = file_of(1000), *beside = NULL;
	struct error error = ERROR_NONE;
	struct buffer text;
	struct stat status;

	(void)state;
	buffer_init(&text, BUFFER_MAXIMUM);
	assert_true(asprintf(&beside, "%s.new", path) > 0);
	assert_true(text_file_replace(path, SLICE("new"), 0600, &error));
	assert_true(text_file_read(path, "the file", &text, &error));
	assert_true(slice_equals(buffer_slice(&text), SLICE("new")));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(access(beside, F_OK), -1);

	assert_int_equal(mkdir(beside, 0700), 0); /* in the way */
	assert_false(text_file_replace(path, SLICE("other"), 0600, &error));
	assert_int_equal(error.type, FAILURE_SYSTEM);
	assert_non_null(strstr(error.message, "cannot write /tmp/test_text_file-"));
	error = ERROR_NONE;
	buffer_clear(&text);
	assert_true(text_file_read(path, "the file", &text, &error));
	assert_true(slice_equals(buffer_slice(&text), SLICE("new")));
	assert_int_equal(rmdir(beside), 0);
	assert_int_equal(unlink(path), 0);
	buffer_release(&text);
	free(path);
	free(beside);
}

static void a_file_without_end_is_cut_off(void **state)
{
	struct error error = ERROR_NONE;
	struct buffer text;

	(void)state;
	buffer_init(&text, (size_t)1 << 20);
	assert_false(text_file_read("/dev/zero", "the state", &text, &error));
	assert_int_equal(error.type, FAILURE_SYSTEM);
	assert_string_equal(error.message, "the state, /dev/zero, is too large for memory");
	buffer_release(&text);
}

static void folders_above_a_path_are_made(void **state)
{
	char folder[] = "/tmp/test_text_file-XXXXXX", path[64], file[64];
	struct error error = ERROR_NONE;
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a/b/c", folder);
	snprintf(file, sizeof(file), "%s/a/b/c", folder);
	for (size_t i = 0; i < 2; i++) { /* also where they are */
		assert_true(text_file_make_folders(path, &error));
		assert_string_equal(path, file);
		assert_int_equal(stat(path, &status), -1);
	}
	assert_true(text_file_replace(path, SLICE("content"), 0600, &error));
	snprintf(path, sizeof(path), "%s/a/b/c/d/e", folder);
	assert_false(text_file_make_folders(path, &error));
	assert_non_null(strstr(error.message, "cannot make the folder"));
	assert_non_null(strstr(error.message, "/a/b/c/d: Not a directory"));
	assert_int_equal(unlink(file), 0);
	for (size_t i = 0; i < 3; i++) {
		*strrchr(file, '/') = '\0';
		assert_int_equal(rmdir(file), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_any_size_is_appended_whole),
		cmocka_unit_test(what_cannot_be_read_is_the_users_error),
		cmocka_unit_test(a_file_is_replaced_as_a_whole_or_stays_as_it_was),
		cmocka_unit_test(a_file_without_end_is_cut_off),
		cmocka_unit_test(folders_above_a_path_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
