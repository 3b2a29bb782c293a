#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive.h"
#include "count.h"
#include "text_file.h"

#define BLOCK 512

/* Where the fields of a ustar header are. */
enum { MODE = 100, SIZE = 124, CHECKSUM = 148, TYPE = 156, MAGIC = 257, PREFIX = 345 };

static void write_temporary(char *path, const char *content)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(close(fd), 0);
}

static void assert_checksum(const unsigned char *header)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < BLOCK; i++)
		if (i < CHECKSUM || i >= CHECKSUM + 8)
			sum += header[i];
	assert_int_equal(strtoul((const char *)header + CHECKSUM, NULL, 8), sum);
}

static void a_file_is_a_header_its_bytes_and_zeros(void **state)
{
	static const char zeros[2 * BLOCK];
	char path[] = "/tmp/test_archive.XXXXXX";
	struct error error = ERROR_NONE;
	struct archive archive;
	const char *bytes;

	(void)state;
	write_temporary(path, "content");
	assert_int_equal(chmod(path, 0711), 0);
	archive_init(&archive);
	assert_true(archive_add_file(&archive, "folder/name", path, &error));
	assert_true(archive_end(&archive, &error));
	bytes = archive.bytes.data;
	assert_int_equal(archive.bytes.length, 4 * BLOCK);
	assert_string_equal(bytes, "folder/name");
	assert_string_equal(bytes + MODE, "0000755");
	assert_string_equal(bytes + SIZE, "00000000007");
	assert_int_equal(bytes[TYPE], '0');
	assert_memory_equal(bytes + MAGIC, "ustar\0" "00", 8);
	assert_checksum((const unsigned char *)bytes);
	assert_memory_equal(bytes + BLOCK, "content", 7);
	assert_memory_equal(bytes + BLOCK + 7, zeros, BLOCK - 7);
	assert_memory_equal(bytes + (size_t)2 * BLOCK, zeros, sizeof(zeros));
	archive_release(&archive);
	assert_int_equal(unlink(path), 0);
}

/* `folder` letters d, a slash, `file` letters f. */
static void long_names_are_cut_at_a_slash_or_refused(void **state)
{
	static const struct {
		int folder, file;
		size_t prefix; /* where it is cut; 0: not */
		bool fits;
	} cases[] = {
		{ 50, 49, 0, true },    { 50, 50, 50, true },   { 1, 100, 1, true },
		{ 155, 100, 155, true }, { 1, 101, 0, false },  { 156, 99, 0, false },
	};
	char path[] = "/tmp/test_archive.XXXXXX";

	(void)state;
	write_temporary(path, "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct archive archive;
		char name[300];
		size_t length = (size_t)(cases[i].folder + 1 + cases[i].file);

		memset(name, 'd', (size_t)cases[i].folder);
		memset(name + cases[i].folder, 'f', sizeof(name) - (size_t)cases[i].folder);
		name[cases[i].folder] = '/';
		name[length] = '\0';
		archive_init(&archive);
		assert_int_equal(archive_add_file(&archive, name, path, &error), cases[i].fits);
		assert_int_equal(error.set, !cases[i].fits);
		if (cases[i].fits) {
			const char *bytes = archive.bytes.data;
			size_t rest = cases[i].prefix > 0 ? cases[i].prefix + 1 : 0;

			assert_int_equal(strlen(bytes + PREFIX), cases[i].prefix);
			assert_memory_equal(bytes + PREFIX, name, cases[i].prefix);
			assert_memory_equal(bytes, name + rest, length - rest);
		}
		archive_release(&archive);
	}
	assert_int_equal(unlink(path), 0);
}

static void a_folder_is_all_that_is_in_it_but_what_python_left(void **state)
{
	static const char *const folders[] = { "in", "in/__pycache__", "in/.git", NULL };
	static const char *const files[] = {
		"a", "in/b", "in/.hidden", "in/__pycache__/c", "in/.git/d", "in/block", NULL
	};
	static const char *const names[] = { "x/a", "x/in/b", "x/in/block" };
	char folder[] = "/tmp/test_archive.XXXXXX", content[BLOCK + 1] = "", path[200];
	struct error error = ERROR_NONE;
	struct archive archive;

	(void)state;
	assert_non_null(mkdtemp(folder));
	memset(content, 'c', BLOCK);
	for (size_t i = 0; folders[i] != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; files[i] != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		assert_true(text_file_replace(path, slice_of(content, BLOCK), 0600, &error));
	}
	archive_init(&archive);
	assert_true(archive_add_folder(&archive, "x", folder, &error));
	assert_int_equal(archive.bytes.length, COUNT(names) * 2 * BLOCK);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_string_equal(archive.bytes.data + i * 2 * BLOCK, names[i]);
		assert_memory_equal(archive.bytes.data + (i * 2 + 1) * BLOCK, content, BLOCK);
	}
	archive_release(&archive);
	for (size_t i = COUNT(files) - 1; i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	for (size_t i = COUNT(folders) - 1; i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

/* Each link to a file in the folder, which holds nothing else. */
static void a_link_to_what_is_left_out_is_left_out_too(void **state)
{
	static const struct {
		const char *folder, *target; /* the folder may be "." */
		bool taken;
	} cases[] = {
		{ ".", "./plain", true },    { "in", "in/plain", true },
		{ ".", "./x.key", false },   { ".", "./.env", false },
		{ "keys", "keys/a", false }, { ".git", ".git/a", false },
	};
	static const char *const unwanted[] = { "keys", "*.key", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char root[] = "/tmp/test_archive.XXXXXX", file[100], folder[100], link[100];
		char told[110];
		struct error error = ERROR_NONE;
		struct archive archive;

		assert_non_null(mkdtemp(root));
		snprintf(folder, sizeof(folder), "%s/%s", root, cases[i].folder);
		snprintf(file, sizeof(file), "%s/%s", root, cases[i].target);
		snprintf(link, sizeof(link), "%s/a-link", root);
		(void)mkdir(folder, 0700);
		assert_true(text_file_replace(file, SLICE("a secret"), 0600, &error));
		assert_int_equal(symlink(cases[i].target, link), 0);
		archive_init(&archive);
		archive.unwanted = unwanted;
		assert_true(archive_add_folder(&archive, "x", root, &error));
		snprintf(told, sizeof(told), ", %s", link);
		buffer_append_char(&archive.left_out, '\0');
		assert_true(archive_end(&archive, &error));
		assert_int_equal(memmem(archive.bytes.data, archive.bytes.length, "x/a-link", 8) !=
				 NULL, cases[i].taken);
		assert_int_equal(strstr(archive.left_out.data, told) != NULL, !cases[i].taken);
		archive_release(&archive);
		assert_int_equal(unlink(link), 0);
		assert_int_equal(unlink(file), 0);
		(void)rmdir(folder);
		(void)rmdir(root);
	}
}

static void what_is_not_there_is_named(void **state)
{
	struct error error = ERROR_NONE;
	struct archive archive;

	(void)state;
	archive_init(&archive);
	assert_false(archive_add_file(&archive, "x", "/no/such/file", &error));
	assert_non_null(strstr(error.message, "/no/such/file"));
	error = ERROR_NONE;
	assert_false(archive_add_folder(&archive, "x", "/no/such/folder", &error));
	assert_string_equal(error.message, "/no/such/folder: No such file or directory");
	archive_release(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_a_header_its_bytes_and_zeros),
		cmocka_unit_test(long_names_are_cut_at_a_slash_or_refused),
		cmocka_unit_test(a_folder_is_all_that_is_in_it_but_what_python_left),
		cmocka_unit_test(a_link_to_what_is_left_out_is_left_out_too),
		cmocka_unit_test(what_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
