#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "count.h"
#include "neutral_paths.h"

static void folders_of_the_machine_get_names_and_urls_stay(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "/data", "." },
		{ "cannot open /data/x and \"/data/run/y\"", "cannot open ./x and \"/tapbyte/y\"" },
		{ "file:///data/x, PATH=/usr/bin:/data/bin", "file://./x, PATH=/usr/bin:./bin" },
		{ "\"one\\n/data/x\"", "\"one\\n./x\"" },
		{ "/database /data-2 /data.csv", "/database /data-2 /data.csv" },
		{ "https://api.example.com/data/users", "https://api.example.com/data/users" },
		{ "https://data/users", "https://data/users" },
		{ "old/data/x ../data", "old/data/x ../data" },
		{ "{\"url\": \"/data\"}", "{\"url\": \".\"}" },
	};
	const struct neutral_paths paths = {
		.items = { { (char *)"/data/run", "/tapbyte" }, { (char *)"/data", "." } },
		.count = 2,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer out;

		buffer_init(&out, 1000);
		neutral_paths_apply(&paths, &out, slice_of_string(cases[i].text));
		buffer_append_char(&out, '\0');
		assert_false(out.failed);
		assert_string_equal(out.data, cases[i].expected);
		buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_of_the_machine_get_names_and_urls_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
