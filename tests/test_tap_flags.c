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
#include "tap_flags.h"

#define FLAGS(...) ((struct tap_flags){ __VA_ARGS__ })

static void assert_flags(struct tap_flags found, struct tap_flags expected)
{
	assert_int_equal(found.discover, expected.discover);
	assert_int_equal(found.catalog, expected.catalog);
	assert_int_equal(found.properties, expected.properties);
	assert_int_equal(found.state, expected.state);
	assert_int_equal(found.about, expected.about);
	assert_int_equal(found.structured_logs, expected.structured_logs);
}

static void the_help_of_a_tap_names_what_it_takes(void **state)
{
	static const struct {
		const char *help;
		bool any;
		struct tap_flags flags;
	} cases[] = {
		{ "", false, { .discover = false } },
		{ "usage: tap-x [-h] -c CONFIG\n", false, { .discover = false } },
		{ "usage: tap-x [-h] -c CONFIG [-s STATE] [-p PROPERTIES] "
		  "[--catalog CATALOG] [-d]\n"
		  "  -s STATE, --state STATE\n                        State file\n"
		  "  -p PROPERTIES, --properties PROPERTIES\n"
		  "  --catalog CATALOG     Catalog file\n"
		  "  -d, --discover        Do schema discovery\n",
		  true,
		  { .discover = true, .catalog = true, .properties = true, .state = true } },
		{ "Options:\n  --state PATH    Use a file\n  --catalog PATH  Use a catalog.\n"
		  "  --discover      Run in discovery mode.\n  --help\n",
		  true,
		  { .discover = true, .catalog = true, .state = true } },
		{ "usage: tap-x [-h] -c CONFIG [-s STATE]\n  -s STATE, --state STATE", true,
		  { .state = true } },
		{ "--discover", true, { .discover = true } },
		{ "[--discover] [--state=FILE]", true, { .discover = true, .state = true } },
		{ "  --about    Display package metadata and settings.\n"
		  "  --format [json|markdown]  Specify output style for --about\n"
		  "  --discover --catalog\n",
		  true, { .discover = true, .catalog = true, .about = true } },
		/* no option of the Singer specification */
		{ "--about", false, { .about = true } },
		{ "structured_logs", false, { .discover = false } },
		/* other options that begin the same */
		{ "--state-id X --catalogs X --discover_all --properties2", false,
		  { .discover = false } },
		{ "--state-id X, --state X", true, { .state = true } },
		{ "catalog, discover, state: words", false, { .discover = false } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tap_flags flags = TAP_FLAGS_USUAL; /* nothing of it stays */

		assert_int_equal(tap_flags_from_help(&flags, slice_of_string(cases[i].help)),
				 cases[i].any);
		assert_flags(flags, cases[i].flags);
	}
}

static void what_a_tap_tells_of_itself_says_how_it_writes_its_log(void **state)
{
	static const struct {
		const char *about;
		bool known;
		bool structured_logs;
	} cases[] = {
		{ "{\"capabilities\": [\"catalog\", \"structured-logging\", \"state\"]}", true,
		  true },
		{ "{\n  \"name\": \"tap-x\",\n"
		  "  \"capabilities\": [\n    \"structured-logging\"\n  ],\n"
		  "  \"settings\": {\"maximum\": 100000000000000000000}\n}\n",
		  true, true },
		{ "{\"capabilities\": [\"catalog\"]}", true, false },
		{ "{\"capabilities\": []}", true, false },
		{ "{\"capabilities\": \"structured-logging\"}", false, false },
		{ "{\"capabilities\": {\"x\": \"structured-logging\"}}", false, false },
		{ "{\"settings\": [\"structured-logging\"]}", false, false },
		{ "[\"structured-logging\"]", false, false },
		{ "# tap-x\nstructured-logging", false, false },
		{ "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tap_flags flags = FLAGS(.discover = true, .about = true);

		assert_int_equal(tap_flags_from_about(&flags, slice_of_string(cases[i].about)),
				 cases[i].known);
		assert_flags(flags, FLAGS(.discover = true, .about = true,
					  .structured_logs = cases[i].structured_logs));
	}
}

static void the_manifest_has_the_last_word_on_catalogs(void **state)
{
	static const struct {
		const char *catalog_flags; /* NULL: none */
		bool catalog;
		bool properties;
	} cases[] = {
		{ NULL, true, false },
		{ "[]", false, false },
		{ "[\"--catalog\"]", true, false },
		{ "[\"--properties\"]", false, true },
		{ "[\"--properties\", \"--catalog\"]", true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tap_flags flags = FLAGS(.discover = true, .catalog = true);
		json_t *list = cases[i].catalog_flags
				       ? json_loads(cases[i].catalog_flags, 0, NULL)
				       : NULL;

		tap_flags_override(&flags, list);
		assert_flags(flags, FLAGS(.discover = true, .catalog = cases[i].catalog,
					  .properties = cases[i].properties));
		json_decref(list);
	}
}

static void a_catalog_is_handed_over_by_all_options_that_take_one(void **state)
{
	static const struct {
		struct tap_flags flags;
		const char *argv; /* joined by blanks */
	} cases[] = {
		{ { .state = true, .discover = true }, "" },
		{ { .catalog = true }, "--catalog /c.json " },
		{ { .properties = true }, "--properties /c.json " },
		{ { .catalog = true, .properties = true },
		  "--catalog /c.json --properties /c.json " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *argv[4];
		char joined[100] = "";
		size_t count = tap_flags_add_catalog(&cases[i].flags, "/c.json", argv);

		assert_true(count <= 4);
		for (size_t j = 0; j < count; j++) {
			size_t length = strlen(joined);

			snprintf(joined + length, sizeof(joined) - length, "%s ", argv[j]);
		}
		assert_string_equal(joined, cases[i].argv);
	}
}

static char *new_path(void)
{
	char *path = strdup("/tmp/test_tap_flags-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	return path;
}

static void what_is_kept_comes_back(void **state)
{
	char *path = new_path();

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		struct tap_flags flags = FLAGS(bits & 1, bits & 2, bits & 4, bits & 8, bits & 16,
					       bits & 32);
		struct tap_flags found = FLAGS(!(bits & 1), !(bits & 2), !(bits & 4), !(bits & 8),
					       !(bits & 16), !(bits & 32));
		struct error error = ERROR_NONE;

		assert_true(tap_flags_save(&flags, path, &error));
		assert_true(tap_flags_load(&found, path));
		assert_flags(found, flags);
	}
	unlink(path);
	free(path);
}

static void a_file_of_an_earlier_version_is_believed(void **state)
{
	struct tap_flags found = FLAGS(.about = true, .structured_logs = true);
	char *path = new_path();
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs("{\"--discover\": true, \"--catalog\": true, \"--properties\": false, "
	      "\"--state\": true}", file);
	assert_int_equal(fclose(file), 0);
	assert_true(tap_flags_load(&found, path));
	assert_flags(found, TAP_FLAGS_USUAL);
	unlink(path);
	free(path);
}

static void a_file_that_is_broken_or_missing_is_not_believed(void **state)
{
	static const char *const contents[] = {
		"", "{", "[]", "{}", "{\"--discover\": true}",
		"{\"--discover\":true,\"--catalog\":true,\"--properties\":true,\"--state\":1}",
	};
	struct tap_flags flags;
	struct error error = ERROR_NONE;
	char *path = new_path();

	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(contents[i], file);
		assert_int_equal(fclose(file), 0);
		assert_false(tap_flags_load(&flags, path));
	}
	unlink(path);
	assert_false(tap_flags_load(&flags, path));
	assert_false(tap_flags_save(&flags, "/no/such/folder/flags.json", &error));
	assert_int_equal(error.type, FAILURE_SYSTEM);
	assert_string_equal(error.message, "cannot write /no/such/folder/flags.json");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_help_of_a_tap_names_what_it_takes),
		cmocka_unit_test(what_a_tap_tells_of_itself_says_how_it_writes_its_log),
		cmocka_unit_test(the_manifest_has_the_last_word_on_catalogs),
		cmocka_unit_test(a_catalog_is_handed_over_by_all_options_that_take_one),
		cmocka_unit_test(what_is_kept_comes_back),
		cmocka_unit_test(a_file_of_an_earlier_version_is_believed),
		cmocka_unit_test(a_file_that_is_broken_or_missing_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
