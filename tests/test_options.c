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
#include "options.h"

/* The working directory of all tests, with these taps in it. */
static char folder[] = "/tmp/test_options-XXXXXX";
static const char *const folders[] = { "taps", "taps/one", "own", "own/one", "own/two", "empty" };
static const char *const manifests[] = { "taps/one/tap.json", "own/one/tap.json",
					 "own/two/tap.json" };

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++)
		if (mkdir(folders[i], 0700) != 0)
			return -1;
	for (size_t i = 0; i < COUNT(manifests); i++) {
		FILE *file = fopen(manifests[i], "w");

		if (file == NULL || fclose(file) != 0)
			return -1;
	}
	unsetenv("TAPBYTE_TAP");
	unsetenv("TAPBYTE_TAPS");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(manifests); i++)
		unlink(manifests[i]);
	for (size_t i = COUNT(folders); i-- > 0;)
		rmdir(folders[i]);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void set_variable(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void assert_folder(const char *found, const char *expected)
{
	char *absolute = realpath(expected, NULL);

	assert_non_null(found);
	assert_string_equal(found, absolute);
	free(absolute);
}

static void assert_same(const char *found, const char *expected)
{
	assert_int_equal(found == NULL, expected == NULL);
	if (expected != NULL)
		assert_string_equal(found, expected);
}

static void a_tap_is_found_by_path_or_name(void **state)
{
	static const struct {
		const char *tap;
		const char *taps;   /* $TAPBYTE_TAPS */
		const char *folder; /* NULL: an error */
	} cases[] = {
		{ "./taps/one", NULL, "taps/one" },
		{ "taps/one/", NULL, "taps/one" },
		{ "taps/../own/two", NULL, "own/two" },
		{ "one", NULL, "taps/one" },
		{ "one", "", "taps/one" },
		{ "one", "own", "own/one" },
		{ "two", "own", "own/two" },
		{ "one", "empty", "taps/one" },
		{ "two", NULL, NULL },
		{ "two/", "own", NULL }, /* a path, and there is no such one here */
		{ "./empty", NULL, NULL },
		{ "none", "own", NULL },
		{ "own", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		char *found;

		set_variable("TAPBYTE_TAPS", cases[i].taps);
		found = options_find_tap(cases[i].tap, &error);
		if (cases[i].folder != NULL) {
			assert_folder(found, cases[i].folder);
		} else {
			assert_null(found);
			assert_int_equal(error.type, FAILURE_CONFIG);
			assert_non_null(strstr(error.message, cases[i].tap));
		}
		free(found);
	}
	unsetenv("TAPBYTE_TAPS");
}

static void a_command_line_is_taken_apart(void **state)
{
	static const struct {
		const char *argv[10];
		const char *tap; /* $TAPBYTE_TAP */
		const char *folder, *config, *catalog, *state;
		bool debug;
		unsigned parallel;
	} cases[] = {
		{ { "spec", "--tap", "one" }, .folder = "taps/one" },
		{ { "spec", "--tap=one" }, .folder = "taps/one" },
		{ { "spec" }, .tap = "one", .folder = "taps/one" },
		{ { "spec", "--tap", "own/two" }, .tap = "one", .folder = "own/two" },
		{ { "check", "--config", "c", "--tap", "one" }, .folder = "taps/one",
		  .config = "c" },
		{ { "read", "--config", "c", "--catalog", "k", "--state", "s", "--debug" },
		  .tap = "one", .folder = "taps/one", .config = "c", .catalog = "k", .state = "s",
		  .debug = true },
		{ { "read", "--parallel", "1" }, .tap = "one", .folder = "taps/one",
		  .parallel = 1 },
		{ { "read", "--parallel=32" }, .tap = "one", .folder = "taps/one",
		  .parallel = 32 },
		{ { "check", "--config", "--state" }, .tap = "one", .folder = "taps/one",
		  .config = "--state" },
		{ { "spec", "--config", "c", "--state=" }, .tap = "one", .folder = "taps/one",
		  .config = "c", .state = "" },
		{ { "check", "--config", "a", "--config", "b" }, .tap = "one",
		  .folder = "taps/one", .config = "b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct options options;
		int argc = 0;

		while (cases[i].argv[argc] != NULL)
			argc++;
		set_variable("TAPBYTE_TAP", cases[i].tap);
		assert_true(options_parse(&options, argc, (char **)cases[i].argv, &error));
		assert_folder(options.folder, cases[i].folder);
		assert_same(options.config, cases[i].config);
		assert_same(options.catalog, cases[i].catalog);
		assert_same(options.state, cases[i].state);
		assert_int_equal(options.debug, cases[i].debug);
		assert_int_equal(options.parallel, cases[i].parallel);
		options_release(&options);
		assert_null(options.folder);
	}
	unsetenv("TAPBYTE_TAP");
}

static void a_wrong_command_line_is_an_error(void **state)
{
	static const struct {
		const char *argv[10];
		const char *tap;
		const char *message;
	} cases[] = {
		{ { "spec" }, NULL, "spec: which tap?" },
		{ { "spec" }, "", "spec: which tap?" },
		{ { "spec", "--tap", "" }, "one", "spec: which tap?" },
		{ { "spec", "--tap" }, NULL, "spec: --tap needs a value: --tap TAP; see" },
		{ { "read", "--verbose" }, "one", "read: unknown option --verbose" },
		{ { "read", "-x" }, "one", "read: unknown option -x" },
		{ { "read", "--debug=yes" }, "one", "read: --debug takes no value" },
		{ { "read", "--c", "x" }, "one", "read: unknown option --c; see" },
		{ { "read", "--conf", "x" }, "one",
		  "read: unknown option --conf; is --config meant? See tapbyte read --help" },
		{ { "read", "--conifg=x" }, "one",
		  "read: unknown option --conifg=x; is --config meant?" },
		{ { "read", "-config", "x" }, "one", "read: unknown option -config; is --config" },
		{ { "check", "--stat", "x" }, "one", "check: unknown option --stat; see" },
		{ { "read", "--", "--debug" }, "one", "read: unexpected argument --debug" },
		{ { "read", "-" }, "one", "read: unexpected argument -;" },
		{ { "read", "--parallel", "0" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", "33" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", "" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", "2x" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", "-2" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", " 2" }, "one", "read: --parallel needs a number of" },
		{ { "read", "--parallel", "99999999999999999999" }, "one",
		  "read: --parallel needs a number of" },
		{ { "check", "--parallel", "2" }, "one", "check: unknown option --parallel" },
		{ { "read", "more", "--debug" }, "one", "read: unexpected argument more" },
		{ { "read", "--debug", "more" }, "one", "read: unexpected argument more" },
		{ { "spec", "--tap", "none" }, NULL, "there is no tap named none" },
		{ { "spec", "--tap", "./none" }, NULL, "there is no tap in ./none" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct options options;
		int argc = 0;

		while (cases[i].argv[argc] != NULL)
			argc++;
		set_variable("TAPBYTE_TAP", cases[i].tap);
		assert_false(options_parse(&options, argc, (char **)cases[i].argv, &error));
		assert_int_equal(error.type, FAILURE_CONFIG);
		if (strncmp(error.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s, not: %s", error.message, cases[i].message);
		options_release(&options);
	}
	unsetenv("TAPBYTE_TAP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_is_found_by_path_or_name),
		cmocka_unit_test(a_command_line_is_taken_apart),
		cmocka_unit_test(a_wrong_command_line_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
