#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "memory_kills.h"

/* Two files, of which the first may be missing. */
struct files {
	char folder[32];
	char first[64];
	char second[64];
	const char *names[3];
};

static void files_make(struct files *files)
{
	*files = (struct files){ .folder = "/tmp/tapbyte-test-XXXXXX" };
	assert_non_null(mkdtemp(files->folder));
	snprintf(files->first, sizeof(files->first), "%s/first", files->folder);
	snprintf(files->second, sizeof(files->second), "%s/second", files->folder);
	files->names[0] = files->first;
	files->names[1] = files->second;
}

static void files_remove(const struct files *files)
{
	(void)unlink(files->first);
	(void)unlink(files->second);
	assert_int_equal(rmdir(files->folder), 0);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const struct {
	const char *before; /* NULL: there is no such file */
	const char *after;
	uint64_t kills;
} cases[] = {
	/* version 1 */
	{ "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
	  "oom_kill_disable 0\nunder_oom 1\noom_kill 5\n", 2 },
	/* version 2 */
	{ "low 0\nhigh 0\nmax 8\noom 0\noom_kill 0\noom_group_kill 0\n",
	  "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n", 1 },
	{ "oom_kill 7\n", "oom_kill 7\n", 0 },
	{ "oom_kill 7\n", "oom_kill 1\n", 0 },
	{ "oom_kill 7\n", NULL, 0 },
	{ "oom_kill 7\n", "", 0 },
	/* a kernel that does not count, or a machine without control groups */
	{ "oom_kill_disable 0\nunder_oom 0\n", "oom_kill_disable 0\nunder_oom 0\n", 0 },
	{ "oom_kill_disable 0\nunder_oom 0", "oom_kill 4\n", 0 },
	{ NULL, "oom_kill 4\n", 0 },
	{ "", "oom_kill 4\n", 0 },
};

static void what_the_kernel_killed_since_the_beginning_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct memory_kills kills;
		struct files files;

		files_make(&files);
		if (cases[i].before != NULL)
			put(files.second, cases[i].before);
		memory_kills_begin(&kills, files.names);
		(void)unlink(files.second);
		if (cases[i].after != NULL)
			put(files.second, cases[i].after);
		assert_int_equal(memory_kills_take(&kills, UINT64_MAX), cases[i].kills);
		assert_int_equal(memory_kills_take(&kills, UINT64_MAX), 0);
		files_remove(&files);
	}
}

static void the_first_file_that_has_a_count_is_the_one(void **state)
{
	struct memory_kills kills;
	struct files files;

	(void)state;
	files_make(&files);
	put(files.first, "oom_kill 1\n");
	put(files.second, "oom_kill 1\n");
	memory_kills_begin(&kills, files.names);
	put(files.second, "oom_kill 9\n");
	assert_int_equal(memory_kills_take(&kills, UINT64_MAX), 0);
	put(files.first, "oom_kill 2\n");
	assert_int_equal(memory_kills_take(&kills, UINT64_MAX), 1);
	files_remove(&files);
}

static void no_more_are_taken_than_asked_for(void **state)
{
	struct memory_kills kills;
	struct files files;

	(void)state;
	files_make(&files);
	put(files.first, "oom_kill 0\n");
	memory_kills_begin(&kills, files.names);
	put(files.first, "oom_kill 3\n");
	assert_int_equal(memory_kills_take(&kills, 1), 1);
	assert_int_equal(memory_kills_take(&kills, UINT64_MAX), 2);
	files_remove(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_killed_since_the_beginning_is_counted),
		cmocka_unit_test(the_first_file_that_has_a_count_is_the_one),
		cmocka_unit_test(no_more_are_taken_than_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
