#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "image_name.h"

static void names_that_docker_takes(void **state)
{
	static const struct {
		const char *text, *repository, *version;
	} cases[] = {
		{ "source-x", "source-x", "0.9" },
		{ "source-x:1.0.0", "source-x", "1.0.0" },
		{ "me/x:2", "me/x", "2" },
		{ "a/b/c:_1", "a/b/c", "_1" },
		{ "a__b.c---d_e:A.b-c_d", "a__b.c---d_e", "A.b-c_d" },
		{ "localhost/x", "localhost/x", "0.9" },
		{ "localhost:5000/x", "localhost:5000/x", "0.9" },
		{ "localhost:5000/x:1", "localhost:5000/x", "1" },
		{ "Registry.Example.com/x:1", "Registry.Example.com/x", "1" },
		{ "10.0.0.1:443/team/x:1", "10.0.0.1:443/team/x", "1" },
		{ "re-gistry:1/x", "re-gistry:1/x", "0.9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		struct image_name name;

		if (!image_name_parse(&name, cases[i].text, "0.9", &error))
			fail_msg("%s", error.message);
		assert_string_equal(name.repository, cases[i].repository);
		assert_string_equal(name.version, cases[i].version);
		assert_int_equal(strlen(name.whole),
				 strlen(name.repository) + 1 + strlen(name.version));
		image_name_release(&name);
	}
}

static void assert_refused(const char *text, const char *version)
{
	struct error error = ERROR_NONE;
	struct image_name name;

	if (image_name_parse(&name, text, version, &error))
		fail_msg("%s with %s was taken", text, version);
	assert_int_equal(error.type, FAILURE_CONFIG);
	assert_non_null(strstr(error.message, text));
	image_name_release(&name);
}

static void names_that_docker_refuses(void **state)
{
	static const char *const cases[] = {
		"", ":1", "x:", "X", "x:1:2", "x y", "x\n", "-x", "x-", "x..y", "x___y", "x._y",
		"_x", "x_", "a//x", "/x", "x/", "a/X", "Team/x", "x:-1", "x:.1", "x:a b", "x:a/b",
		"x@sha256:0123456789abcdef", "x:1@sha256:0123456789abcdef", "host:port/x",
		"host:/x:1", ".example.com/x", "a..example.com/x",
		"-a.example.com/x", "a-.example.com/x", "a_b.example.com:1/x", "a.example.com./x",
		"a:1:2/x", "x:\xc3\xa4", "\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_refused(cases[i], "0.9");
	assert_refused("x", "a b");
	assert_refused("x", "");
}

static void names_that_are_too_long(void **state)
{
	static const struct {
		size_t repository, version;
		bool taken;
	} cases[] = {
		{ 255, 128, true },
		{ 256, 128, false },
		{ 255, 129, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		char repository[257] = "", version[130] = "";
		struct image_name name;

		memset(repository, 'r', cases[i].repository);
		memset(version, 'v', cases[i].version);
		assert_int_equal(image_name_parse(&name, repository, version, &error),
				 cases[i].taken);
		image_name_release(&name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_docker_takes),
		cmocka_unit_test(names_that_docker_refuses),
		cmocka_unit_test(names_that_are_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
