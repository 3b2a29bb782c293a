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
#include "manifest.h"

#define SPEC \
	"{\"documentationUrl\": \"https://example.com/docs\", \"connectionSpecification\":" \
	" {\"type\": \"object\", \"properties\": {\"token\": {\"type\": \"string\"}}}}"

/* The smallest manifest, with more of `tap` and more at the top. */
#define MANIFEST(tap, top) \
	"{\"name\": \"x\", \"tap\": {\"command\": [\"tap-x\"]" tap "}, \"spec\": " \
	"\"spec.json\"" top "}"
#define MINIMAL MANIFEST("", "")

/* A folder of its own for each test: BASE/taps/x, BASE/catalogs. */
struct folder {
	char base[64];
	char tap[96];
};

static void path_of(const struct folder *folder, const char *name, char *path, size_t size)
{
	int length = snprintf(path, size, "%s/%s", folder->base, name);

	assert_in_range(length, 1, (int)size - 1);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	path_of(folder, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(struct folder *folder)
{
	static const char *const names[] = { "taps", "taps/x", "catalogs" };

	snprintf(folder->base, sizeof(folder->base), "/tmp/test_manifest.XXXXXX");
	assert_non_null(mkdtemp(folder->base));
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[160];

		path_of(folder, names[i], path, sizeof(path));
		assert_int_equal(mkdir(path, 0700), 0);
	}
	path_of(folder, "taps/x", folder->tap, sizeof(folder->tap));
	write_file(folder, "taps/x/spec.json", SPEC);
}

static void remove_folder(const struct folder *folder)
{
	static const char *const names[] = {
		"taps/x/tap.json", "taps/x/spec.json", "catalogs/x.json",
		"taps/x", "taps", "catalogs", "",
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[160];

		path_of(folder, names[i], path, sizeof(path));
		(void)remove(path); /* not every test makes every file */
	}
}

/* Messages name files as the caller named the folder; cases leave that part out. */
/* Loads the manifest: the message, without the path of the base, or NULL: it is fine. */
static void check_load(const struct folder *folder, const char *message)
{
	size_t length = strlen(folder->base) + 1;
	struct error error = ERROR_NONE;
	struct manifest manifest;

	assert_int_equal(manifest_load(&manifest, folder->tap, &error), message == NULL);
	if (message != NULL) {
		assert_true(error.set);
		assert_int_equal(error.type, FAILURE_SYSTEM);
		assert_memory_equal(error.message, folder->base, length - 1);
		assert_string_equal(error.message + length, message);
	}
	manifest_release(&manifest);
}

static void a_small_manifest_gets_the_defaults(void **state)
{
	struct manifest manifest;
	struct error error = ERROR_NONE;
	struct folder folder;
	char *real;

	(void)state;
	make_folder(&folder);
	write_file(&folder, "taps/x/tap.json", MINIMAL);
	write_file(&folder, "catalogs/x.json", "{\"streams\": {}}");
	assert_true(manifest_load(&manifest, folder.tap, &error));
	real = realpath(folder.tap, NULL);
	assert_string_equal(manifest.folder, real);
	assert_string_equal(manifest.name, "x");
	assert_int_equal(json_array_size(manifest.command), 1);
	assert_null(manifest.pip);
	assert_null(manifest.env);
	assert_null(manifest.catalog_flags);
	assert_null(manifest.config);
	assert_null(manifest.overlay);
	assert_true(manifest.namespaces);
	assert_int_equal(manifest.check_method, CHECK_DISCOVER);
	assert_int_equal(manifest.check_deadline, 300);
	assert_null(manifest.check_http);
	assert_int_equal(manifest.discover_deadline, 1500);
	assert_int_equal(manifest.read_idle, 10800);
	assert_int_equal(manifest.parallel, 1);
	assert_false(manifest.stop_on_failure);
	assert_null(manifest.groups);
	assert_non_null(json_object_get(manifest.spec, "documentationUrl"));
	assert_non_null(json_object_get(manifest_connection_specification(&manifest),
	  "properties"));
	free(real);
	manifest_release(&manifest);
	remove_folder(&folder);
}

static void a_full_manifest_says_it_all(void **state)
{
	struct manifest manifest;
	struct error error = ERROR_NONE;
	struct folder folder;

	(void)state;
	make_folder(&folder);
	write_file(&folder, "taps/x/tap.json",
		   "\xEF\xBB\xBF{\"$schema\": \"../tap.schema.json\", \"name\": \"tap-4\","
		   " \"tap\": {\"command\": [\"bin/tap\", \"--fast\", \"\"], \"pip\": \"tap-x==1\","
		   " \"env\": {\"A\": \"1\", \"PGHOST\": true}, \"catalog_flags\": "
		   "[\"--properties\"]},"
		   " \"spec\": \"spec.json\", \"config\": {\"t\": {\"from\": \"/token\"}},"
		   " \"catalog\": \"../../catalogs/x.json\", \"namespace\": \"none\","
		   " \"check\": {\"method\": \"http\", \"deadline\": 60, \"http\":"
		   " {\"url\": \"https://example.com/{/token}\"}},"
		   " \"discover\": {\"deadline\": 7}, \"read\": {\"idle\": 0},"
		   " \"parallel\": {\"processes\": 4, \"groups\": [[\"a\", \"b\"]],"
		   " \"on_failure\": \"stop\"}}");
	write_file(&folder, "catalogs/x.json", "{\"streams\": {\"a\": {}}}");
	assert_true(manifest_load(&manifest, folder.tap, &error));
	assert_string_equal(manifest.name, "tap-4");
	assert_int_equal(json_array_size(manifest.command), 3);
	assert_string_equal(json_string_value(json_array_get(manifest.pip, 0)), "tap-x==1");
	assert_true(json_is_true(json_object_get(manifest.env, "PGHOST")));
	assert_int_equal(json_array_size(manifest.catalog_flags), 1);
	assert_non_null(json_object_get(manifest.config, "t"));
	assert_non_null(json_object_get(manifest.overlay, "streams"));
	assert_false(manifest.namespaces);
	assert_int_equal(manifest.check_method, CHECK_HTTP);
	assert_string_equal(json_string_value(json_object_get(manifest.check_http, "url")),
			    "https://example.com/{/token}");
	assert_int_equal(manifest.check_deadline, 60);
	assert_int_equal(manifest.discover_deadline, 7);
	assert_int_equal(manifest.read_idle, 0);
	assert_int_equal(manifest.parallel, 4);
	assert_true(manifest.stop_on_failure);
	assert_int_equal(json_array_size(manifest.groups), 1);
	manifest_release(&manifest);
	remove_folder(&folder);
}

static void what_is_wrong_is_named_by_file_and_place(void **state)
{
	static const struct {
		const char *manifest;
		const char *message; /* after "taps/x/tap.json: "; NULL: it is fine */
	} cases[] = {
		{ MANIFEST(", \"pip\": [\"a\", \"b\"]", ""), NULL },
		{ MANIFEST(", \"catalog_flags\": []", ""), NULL },
		{ MANIFEST("", ", \"parallel\": 32"), NULL },
		{ MANIFEST("", ", \"parallel\": {}"), NULL },
		{ MANIFEST("", ", \"parallel\": {\"groups\": [[\"a\"]]}"), NULL },
		{ MANIFEST("", ", \"parallel\": {\"on_failure\": \"finish\"}"), NULL },
		{ MANIFEST("", ", \"parallel\": {\"on_failure\": \"go on\"}"),
		  "/parallel/on_failure: is \"go on\", must be one of \"finish\", \"stop\"" },
		{ MANIFEST("", ", \"metadata\": {\"license\": \"MIT\"}"), NULL },
		{ MANIFEST("", ", \"metadata\": []"),
		  "/metadata: is an array, must be an object" },
		{ MANIFEST("", ", \"parallel\": 0"),
		  "/parallel: must be a number of processes from 1 to 32" },
		{ MANIFEST("", ", \"parallel\": {\"processes\": 33}"),
		  "/parallel/processes: must be a number of processes from 1 to 32" },
		{ MANIFEST("", ", \"parallel\": \"4\""),
		  "/parallel: is a string, must be an integer or an object" },
		{ MANIFEST("", ", \"parallel\": {\"groups\": [\"a\"]}"),
		  "/parallel/groups/0: is a string, must be an array" },
		{ MANIFEST("", ", \"parallel\": {\"groups\": [[]]}"),
		  "/parallel/groups/0: must not be empty" },
		{ MANIFEST("", ", \"parallel\": {\"groups\": [[\"a\", 1]]}"),
		  "/parallel/groups/0/1: is an integer, must be a string" },
		{ MANIFEST("", ", \"check\": {}, \"discover\": {}"), NULL },
		/* JSON */
		{ "", "line 1, column 0: '[' or '{' expected near end of file" },
		{ "{\n\"name\": \"x\",,", "line 2, column 13: string or '}' expected near ','" },
		{ "{\"name\": \"x\", \"name\": \"y\"}",
		  "line 1, column 20: duplicate object key near '\"name\"'" },
		{ "[]", "is an array, must be an object" },
		/* keys */
		{ "{\"tap\": {\"comand\": []}}",
		  "/tap/comand: unknown key; expected one of command, pip, env, catalog_flags" },
		{ MANIFEST("", ", \"specs\": 1"),
		  "/specs: unknown key; expected one of name, tap, spec, config, catalog, "
		  "namespace, "
		  "check, discover, read, parallel, metadata, $schema" },
		{ "{\"tap\": {\"command\": [\"x\"]}, \"spec\": \"s\"}",
		  "/name: missing, must be a string" },
		{ "{\"name\": \"x\", \"spec\": \"s\"}", "/tap: missing, must be an object" },
		{ "{\"name\": \"x\", \"tap\": {}}", "/tap/command: missing, must be an array" },
		{ "{\"name\": \"x\", \"tap\": {\"command\": [\"x\"]}}",
		  "/spec: missing, must be a string" },
		/* values */
		{ "{\"name\": \"Tap X\"}", "/name: must be made of a-z, 0-9 and \"-\"" },
		{ "{\"name\": \"\"}", "/name: must be made of a-z, 0-9 and \"-\"" },
		{ "{\"tap\": {\"command\": \"tap-x\"}}",
		  "/tap/command: is a string, must be an array" },
		{ "{\"tap\": {\"command\": []}}", "/tap/command: must not be empty" },
		{ "{\"tap\": {\"command\": [\"\"]}}", "/tap/command/0: must not be empty" },
		{ "{\"tap\": {\"command\": [\"x\", 1]}}",
		  "/tap/command/1: is an integer, must be a string" },
		{ MANIFEST(", \"pip\": 1", ""),
		  "/tap/pip: is an integer, must be a string or an array" },
		{ MANIFEST(", \"pip\": []", ""), "/tap/pip: must not be empty" },
		{ MANIFEST(", \"pip\": \"\"", ""), "/tap/pip: must not be empty" },
		{ MANIFEST(", \"env\": {\"A/B\": false}", ""),
		  "/tap/env/A~1B: is false, must be a string or true" },
		{ MANIFEST(", \"env\": {\"A=B\": true}", ""),
		  "/tap/env/A=B: is no name of an environment variable" },
		{ MANIFEST(", \"catalog_flags\": [\"--state\"]", ""),
		  "/tap/catalog_flags/0: is \"--state\", must be one of \"--catalog\", "
		  "\"--properties\"" },
		{ MANIFEST(", \"catalog_flags\": [\"--catalog\", \"--catalog\"]", ""),
		  "/tap/catalog_flags/1: \"--catalog\" is there twice" },
		{ MANIFEST("", ", \"config\": {\"a\": {}}"),
		  "/config/a: must have either \"from\" or \"value\"" },
		{ MANIFEST("", ", \"config\": {\"a\": {\"from\": [\"/token\", \"\"]}}"), NULL },
		{ MANIFEST("", ", \"config\": {\"token\": {\"from\": \"/tokn\"}}"),
		  "/config/token/from: the spec has no setting /tokn" },
		{ MANIFEST("", ", \"config\": {\"token\": {\"from\": [\"/token\", \"/token/a\"]}}"),
		  "/config/token/from/1: the spec has no setting /token/a" },
		{ MANIFEST("", ", \"catalog\": \"/etc/x.json\""),
		  "/catalog: must be relative to the tap's folder" },
		{ MANIFEST("", ", \"namespace\": \"database\""),
		  "/namespace: is \"database\", must be one of \"none\", \"schema\"" },
		{ MANIFEST("", ", \"check\": {\"method\": \"first_record\"}"), NULL },
		{ MANIFEST("", ", \"check\": {\"method\": \"login\"}"), NULL },
		{ MANIFEST("", ", \"check\": {\"method\": \"sdk_test\"}"), NULL },
		{ MANIFEST("", ", \"check\": {\"method\": \"ask\"}"),
		  "/check/method: is \"ask\", must be one of \"discover\", \"first_record\", "
		  "\"login\", \"sdk_test\", \"http\"" },
		{ MANIFEST("", ", \"check\": {\"method\": \"http\"}"),
		  "/check/http: missing, must be an object: the method is \"http\"" },
		{ MANIFEST("", ", \"check\": {\"http\": {\"url\": \"https://x\"}}"),
		  "/check/http: is for the method \"http\" only" },
		{ MANIFEST("", ", \"check\": {\"http\": {\"url\": \"https://x\", \"uri\": 1}}"),
		  "/check/http/uri: unknown key; expected one of url, method, headers, query, "
		  "basic, json, form, statuses, expect" },
		{ MANIFEST("", ", \"check\": {\"method\": \"http\", \"http\": "
			       "{\"url\": \"https://x/{/tokn}\"}}"),
		  "/check/http/url: the spec has no setting /tokn" },
		{ MANIFEST("", ", \"read\": {\"idle\": -1}"),
		  "/read/idle: must be a number of seconds from 0 to 86400" },
		{ MANIFEST("", ", \"read\": {\"idle\": 86401}"),
		  "/read/idle: must be a number of seconds from 0 to 86400" },
		{ MANIFEST("", ", \"read\": {\"deadline\": 1}"),
		  "/read/deadline: unknown key; expected one of idle" },
		{ MANIFEST("", ", \"check\": {\"deadline\": 0}"),
		  "/check/deadline: must be a number of seconds from 1 to 86400" },
		{ MANIFEST("", ", \"discover\": {\"deadline\": 1.5}"),
		  "/discover/deadline: is a number, must be an integer" },
		{ MANIFEST("", ", \"discover\": {\"deadline\": 86401}"),
		  "/discover/deadline: must be a number of seconds from 1 to 86400" },
		{ MANIFEST("", ", \"discover\": {\"method\": \"x\"}"),
		  "/discover/method: unknown key; expected one of deadline" },
	};
	struct folder folder;

	(void)state;
	make_folder(&folder);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char message[512];

		write_file(&folder, "taps/x/tap.json", cases[i].manifest);
		if (cases[i].message != NULL)
			snprintf(message, sizeof(message), "taps/x/tap.json: %s", cases[i].message);
		check_load(&folder, cases[i].message != NULL ? message : NULL);
	}
	remove_folder(&folder);
}

static void the_files_that_a_manifest_names_are_checked(void **state)
{
	static const struct {
		const char *spec;
		const char *overlay;
		const char *message; /* NULL: it is fine */
	} cases[] = {
		{ SPEC, "{\"streams\": {}}", NULL },
		{ "{\"connectionSpecification\": {\"type\": \"object\", \"properties\": {}},"
		  " \"advanced_auth\": {}, \"anything\": 1}",
		  "{\"streams\": {}}", NULL },
		{ SPEC, "{\"stream\": {}}",
		  "taps/x/../../catalogs/x.json: /stream: unknown key; expected one of streams, "
		  "$schema" },
		{ SPEC, "{",
		  "taps/x/../../catalogs/x.json: line 1, column 1: string or '}' expected "
			     "near end of file" },
		{ "[]", "", "taps/x/spec.json: is an array, must be an object" },
		{ "{}", "",
		  "taps/x/spec.json: /connectionSpecification: missing, must be an object" },
		{ "{\"connectionSpecification\": {\"properties\": {}}}", "",
		  "taps/x/spec.json: /connectionSpecification/type: missing, must be a string" },
		{ "{\"connectionSpecification\": {\"type\": \"array\", \"properties\": {}}}", "",
		  "taps/x/spec.json: /connectionSpecification/type: is \"array\", must be one of "
		  "\"object\"" },
		{ "{\"connectionSpecification\": {\"type\": \"object\"}}", "",
		  "taps/x/spec.json: /connectionSpecification/properties: missing, must be an "
		  "object" },
		{ "{\"connectionSpecification\": {\"type\": \"object\", \"properties\": {\"a\":"
		  " {\"$ref\": \"#\"}}}}",
		  "",
		  "taps/x/spec.json: /connectionSpecification/properties/a/$ref: tapbyte does "
		  "not check "
		  "this keyword; the spec must do without it" },
		{ "{\"documentationUrl\": \"docs/x\"}", "",
		  "taps/x/spec.json: /documentationUrl: must be an absolute URL (https://...)" },
		{ "{\"documentationUrl\": \"https://a b\"}", "",
		  "taps/x/spec.json: /documentationUrl: must be an absolute URL (https://...)" },
		{ "{\"documentationUrl\": null}", "",
		  "taps/x/spec.json: /documentationUrl: is null, must be a string" },
	};
	struct folder folder;

	(void)state;
	make_folder(&folder);
	write_file(&folder, "taps/x/tap.json",
		   MANIFEST("", ", \"catalog\": \"../../catalogs/x.json\""));
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_file(&folder, "taps/x/spec.json", cases[i].spec);
		write_file(&folder, "catalogs/x.json", cases[i].overlay);
		check_load(&folder, cases[i].message);
	}
	remove_folder(&folder);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	static const struct {
		const char *manifest; /* NULL: there is none */
		const char *message;
	} cases[] = {
		{ NULL, "taps/x/tap.json: cannot be read: No such file or directory" },
		{ "{\"name\": \"x\", \"tap\": {\"command\": [\"x\"]}, \"spec\": \"none.json\"}",
		  "taps/x/none.json: cannot be read: No such file or directory" },
		{ "{\"name\": \"x\", \"tap\": {\"command\": [\"x\"]}, \"spec\": \"..\"}",
		  "taps/x/..: cannot be read: Is a directory" },
		{ MANIFEST("", ", \"catalog\": \"none.json\""),
		  "taps/x/none.json: cannot be read: No such file or directory" },
	};
	struct folder folder;

	(void)state;
	make_folder(&folder);
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (cases[i].manifest != NULL)
			write_file(&folder, "taps/x/tap.json", cases[i].manifest);
		check_load(&folder, cases[i].message);
	}
	remove_folder(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_manifest_gets_the_defaults),
		cmocka_unit_test(a_full_manifest_says_it_all),
		cmocka_unit_test(what_is_wrong_is_named_by_file_and_place),
		cmocka_unit_test(the_files_that_a_manifest_names_are_checked),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
