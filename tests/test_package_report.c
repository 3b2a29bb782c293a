#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "count.h"
#include "package_report.h"

static const char report_text[] =
	"{\"packages\": ["
	"{\"name\": \"pipelinewise-tap-mysql\", \"version\": \"1.6.0\", \"direct\": false,"
	" \"programs\": [\"tap-mysql\", \"tap-mysql-tool\"]},"
	"{\"name\": \"Tap.One\", \"version\": \"2.0\", \"direct\": false, \"programs\": [\"one\"]},"
	"{\"name\": \"local\", \"version\": \"0.1\", \"direct\": true,"
	" \"programs\": [\"tap-local\", \"helper\"]},"
	"{\"name\": \"two\", \"version\": \"3\", \"direct\": false,"
	" \"programs\": [\"tap-a\", \"tap-b\"]},"
	"{\"name\": \"none\", \"version\": \"3\", \"direct\": false, \"programs\": []}]}";

static json_t *report(void)
{
	return json_loads(report_text, 0, NULL);
}

static void a_requirement_is_pinned_to_what_was_installed(void **state)
{
	static const struct {
		const char *requirement, *pinned;
	} cases[] = {
		{ "pipelinewise-tap-mysql", "pipelinewise-tap-mysql==1.6.0" },
		{ "Pipelinewise_Tap.MySQL", "Pipelinewise_Tap.MySQL==1.6.0" },
		{ "tap-one[sql,x]", "tap-one[sql,x]==2.0" },
		{ "tap-one[sql", "tap-one[sql" },
		{ "tap-one==1.9", "tap-one==1.9" },
		{ "tap-one>=1,<3", "tap-one>=1,<3" },
		{ "setuptools<81", "setuptools<81" },
		{ "tap-one; python_version>'3'", "tap-one; python_version>'3'" },
		{ "unknown", "unknown" },
		{ "git+https://example.com/x.git", "git+https://example.com/x.git" },
		{ "./nowhere/x.whl", "./nowhere/x.whl" },
		{ "", "" },
	};
	json_t *packages = report();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *pinned = package_report_pin(packages, cases[i].requirement);

		assert_string_equal(pinned, cases[i].pinned);
		free(pinned);
	}
	json_decref(packages);
}

static void the_program_of_a_package_is_the_one_that_is_the_tap(void **state)
{
	static const struct {
		const char *requirement, *program, *error;
	} cases[] = {
		{ "pipelinewise-tap-mysql==1.6.0", "tap-mysql", NULL },
		{ "tap_one", "one", NULL },
		{ "dist/local-0.1-py3-none-any.whl", "tap-local", NULL },
		{ "two", NULL, "with --command. The programs that it has: tap-a, tap-b" },
		{ "none", NULL, "The programs that it has: none" },
	};
	json_t *packages = report();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const json_t *package = package_report_of(packages, cases[i].requirement);
		struct error error = ERROR_NONE;
		const char *program = package_report_program(package, &error);

		assert_non_null(package);
		if (cases[i].program != NULL) {
			assert_string_equal(program, cases[i].program);
			continue;
		}
		assert_null(program);
		assert_non_null(strstr(error.message, cases[i].error));
	}
	assert_null(package_report_of(packages, "unknown"));
	assert_null(package_report_of(NULL, "two"));
	json_decref(packages);
}

static void a_log_tells_which_package_was_forgotten(void **state)
{
	static const struct {
		const char *log, *helper;
	} cases[] = {
		{ "ModuleNotFoundError: No module named 'pkg_resources'", "setuptools<81" },
		{ "ModuleNotFoundError: No module named 'pkg_resources.extern'", "setuptools<81" },
		{ "ModuleNotFoundError: No module named 'distutils'", "setuptools<81" },
		{ "    import six\nModuleNotFoundError: No module named 'six'\n", "six" },
		{ "ImportError: No module named six", "six" },
		{ "No module named 'sixpack'", NULL },
		{ "No module named 'six_more'", NULL },
		{ "No module named ", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *helper = package_report_helper(cases[i].log);

		if (cases[i].helper == NULL)
			assert_null(helper);
		else
			assert_string_equal(helper, cases[i].helper);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_requirement_is_pinned_to_what_was_installed),
		cmocka_unit_test(the_program_of_a_package_is_the_one_that_is_the_tap),
		cmocka_unit_test(a_log_tells_which_package_was_forgotten),
	};

	return cmocka_run_group_tests_name("package_report", tests, NULL, NULL);
}
