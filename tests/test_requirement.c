#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requirements_with_and_without_credentials),
		cmocka_unit_test(requirements_that_name_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
