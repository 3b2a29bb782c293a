#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_report.h"

/* Two suites, with one test of each result, and texts that are not to be trusted. */
static char *report_as(enum report_format format, bool colours)
{
	struct test_report report;
	char *text;

	test_report_init(&report, format, colours);
	test_report_suite(&report, "first");
	test_report_add(&report, "read", TEST_PASSED, SLICE(""), 1500);
	test_report_add(&report, "check <#1>", TEST_FAILED,
			SLICE("was \"a\" & \x1b[2J\nis b\n"), 2);
	test_report_suite(&report, "empty");
	test_report_suite(&report, "second");
	test_report_add(&report, "live", TEST_SKIPPED, SLICE("no config"), 0);
	test_report_end(&report);
	assert_false(report.failed);
	text = buffer_to_string(&report.out);
	test_report_release(&report);
	assert_non_null(text);
	return text;
}

static void check_report(enum report_format format, bool colours, const char *expected)
{
	char *text = report_as(format, colours);

	assert_string_equal(text, expected);
	free(text);
}

static void people_get_lines_and_a_summary(void **state)
{
	(void)state;
	check_report(REPORT_HUMAN, false,
		     "first\n"
		     "  passed  read\n"
		     "  FAILED  check <#1>\n"
		     "          was \"a\" & \\x1b[2J\n"
		     "          is b\n"
		     "empty\n"
		     "second\n"
		     "  skipped live\n"
		     "          no config\n"
		     "1 passed, 1 failed, 1 skipped\n");
}

static void colours_are_put_around_results(void **state)
{
	char *text = report_as(REPORT_HUMAN, true);

	(void)state;
	assert_non_null(strstr(text, "  \x1b[32mpassed \x1b[0m read\n"));
	assert_non_null(strstr(text, "  \x1b[31mFAILED \x1b[0m check"));
	assert_non_null(strstr(text, "\x1b[31m1 passed, 1 failed, 1 skipped\x1b[0m\n"));
	free(text);
}

static void tap_numbers_the_tests(void **state)
{
	(void)state;
	check_report(REPORT_TAP, false,
		     "TAP version 14\n"
		     "ok 1 - first: read\n"
		     "not ok 2 - first: check <\\#1>\n"
		     "# was \"a\" & \\x1b[2J\n"
		     "# is b\n"
		     "ok 3 - second: live # SKIP no config\n"
		     "1..3\n");
}

static void junit_is_xml_whatever_the_texts_are(void **state)
{
	(void)state;
	check_report(REPORT_JUNIT, false,
		     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<testsuites tests=\"3\" failures=\"1\" skipped=\"1\">\n"
		     "  <testsuite name=\"first\" tests=\"2\" failures=\"1\" skipped=\"0\" "
		     "time=\"1.502\">\n"
		     "    <testcase classname=\"first\" name=\"read\" time=\"1.500\"/>\n"
		     "    <testcase classname=\"first\" name=\"check &lt;#1&gt;\" time=\"0.002\">\n"
		     "      <failure message=\"was &quot;a&quot; &amp; \\x1b[2J\">was "
		     "&quot;a&quot; &amp; \\x1b[2J\nis b</failure>\n"
		     "    </testcase>\n"
		     "  </testsuite>\n"
		     "  <testsuite name=\"second\" tests=\"1\" failures=\"0\" skipped=\"1\" "
		     "time=\"0.000\">\n"
		     "    <testcase classname=\"second\" name=\"live\" time=\"0.000\">\n"
		     "      <skipped message=\"no config\">no config</skipped>\n"
		     "    </testcase>\n"
		     "  </testsuite>\n"
		     "</testsuites>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_get_lines_and_a_summary),
		cmocka_unit_test(colours_are_put_around_results),
		cmocka_unit_test(tap_numbers_the_tests),
		cmocka_unit_test(junit_is_xml_whatever_the_texts_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
