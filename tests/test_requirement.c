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
#include "requirement.h"

static void requirements_with_and_without_credentials(void **state)
{
	static const struct {
		const char *requirement;
		bool credentials;
	} cases[] = {
		{ "tap-x==1.2", false },
		{ "tap-x @ https://example.com/a@b", false },
		{ "git+https://example.com/x.git@v1", false },
		{ "git+ssh://git@example.com/x.git", false },
		{ "git+ssh://me@example.com/x.git", false },
		{ "git+ssh://me:pass@example.com/x.git", true },
		{ "git+https://git@example.com/x.git", false },
		{ "git+https://token@example.com/x.git", true },
		{ "tap-x @ git+https://me:token@example.com/x.git@v1", true },
		{ "--extra-index-url=https://me:token@example.com/simple", true },
		{ "--extra-index-url https://example.com https://u:p@example.com", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (requirement_holds_credentials(cases[i].requirement) != cases[i].credentials)
			fail_msg("%s", cases[i].requirement);
}

static void requirements_that_name_files(void **state)
{
	static const struct {
		const char *requirement, *path;
	} cases[] = {
		{ "tap-x==1.2", NULL },
		{ "tap-x", NULL },
		{ "git+https://example.com/x.git@v1", NULL },
		{ "https://example.com/tap_x-1.whl", NULL },
		{ ".", "." },
		{ "./tap-x", "./tap-x" },
		{ "../tap-x[sql]", "../tap-x[sql]" },
		{ "/src/tap-x", "/src/tap-x" },
		{ "tap_x-1-py3-none-any.whl", "tap_x-1-py3-none-any.whl" },
		{ "dist/tap-x-1.tar.gz", "dist/tap-x-1.tar.gz" },
		{ "file:///src/tap-x", "/src/tap-x" },
		{ "tap-x @ file:///src/tap-x", "/src/tap-x" },
		{ "tap-x @ file:src", "src" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *path = requirement_path(cases[i].requirement);

		assert_string_equal(path ? path : "none", cases[i].path ? cases[i].path : "none");
	}
}

static void a_path_or_url_is_told_from_a_name(void **state)
{
	static const struct {
		const char *requirement;
		bool is;
	} cases[] = {
		{ "./tap-x", true },
		{ ".", true },
		{ "..", true },
		{ "a/b", true },
		{ "/opt/tap-x", true },
		{ "tap_x-1-py3-none-any.whl", true },
		{ "x.zip", true },
		{ "a/b[sql]", true },
		{ "git+https://example.com/x", true },
		{ "tap-x", false },
		{ "tap-x==1.2", false },
		{ "tap-x[sql]>=1", false },
		{ ".whl", true },
		{ "tap.whlx", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (requirement_is_place(cases[i].requirement) != cases[i].is)
			fail_msg("%s", cases[i].requirement);
}

static void a_path_becomes_absolute_and_keeps_its_extras(void **state)
{
	static const struct {
		const char *requirement, *absolute; /* NULL: an error */
	} cases[] = {
		{ ".", "" },
		{ "./a", "/a" },
		{ "a/../a@b/", "/a@b" },
		{ "./a[sql,x]", "/a[sql,x]" },
		{ "a", "a" },
		{ "a==1", "a==1" },
		{ "b.whl", "b.whl" },
		{ "-e./a", "-e./a" },
		{ "git+https://example.com/x", "git+https://example.com/x" },
		{ "a @ file:///a", "a @ file:///a" },
		{ "./nowhere", NULL },
		{ "/nowhere/at/all", NULL },
	};
	char folder[] = "/tmp/tapbyte-place-XXXXXX", *here, expected[4096];

	(void)state;
	assert_non_null(mkdtemp(folder));
	here = getcwd(NULL, 0);
	assert_int_equal(chdir(folder) || mkdir("a", 0700) || mkdir("a@b", 0700), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		char *found = requirement_resolve(cases[i].requirement, &error);
		bool inside = cases[i].absolute != NULL && strchr("/", cases[i].absolute[0]);

		assert_int_equal(found == NULL, cases[i].absolute == NULL);
		assert_int_equal(error.set, found == NULL);
		if (found == NULL)
			continue;
		snprintf(expected, sizeof(expected), "%s%s", inside ? folder : "",
			 cases[i].absolute);
		assert_string_equal(found, expected);
		free(found);
	}
	assert_int_equal(rmdir("a") || rmdir("a@b") || chdir(here) || rmdir(folder), 0);
	free(here);
}

static void what_is_in_the_folder_is_named_from_there(void **state)
{
	static const struct {
		const char *requirement, *named;
	} cases[] = {
		{ "/taps/x/tap-private", "./tap-private" },
		{ "/taps/x/a/b.whl[sql]", "./a/b.whl[sql]" },
		{ "/taps/x", "." },
		{ "/taps/x[sql]", ".[sql]" },
		{ "/taps/xy", "/taps/xy" },
		{ "/taps", "/taps" },
		{ "tap-x==1", "tap-x==1" },
		{ "git+https://example.com/taps/x/y", "git+https://example.com/taps/x/y" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *named = requirement_within(cases[i].requirement, "/taps/x");

		assert_string_equal(named, cases[i].named);
		free(named);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requirements_with_and_without_credentials),
		cmocka_unit_test(requirements_that_name_files),
		cmocka_unit_test(a_path_or_url_is_told_from_a_name),
		cmocka_unit_test(a_path_becomes_absolute_and_keeps_its_extras),
		cmocka_unit_test(what_is_in_the_folder_is_named_from_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
