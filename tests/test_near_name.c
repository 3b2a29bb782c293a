#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "count.h"
#include "near_name.h"

static void a_name_is_near_another_where_it_looks_misspelt(void **state)
{
	static const struct {
		const char *written, *meant;
		bool near;
	} cases[] = {
		{ "password", "password", true },
		{ "pasword", "password", true },      /* missing */
		{ "passsword", "password", true },    /* too much */
		{ "passwort", "password", true },     /* another */
		{ "passwrod", "password", true },     /* swapped */
		{ "paswrod", "password", true },      /* two slips */
		{ "paswrd", "password", true },
		{ "pswrd", "password", false },       /* three */
		{ "Start-Date", "start_date", true },
		{ "start date", "start_date", true },
		{ "START_DATE", "start_date", true },
		{ "hots", "host", true },
		{ "hosts", "host", true },
		{ "ports", "host", false },           /* two in a short one */
		{ "ur", "url", false },
		{ "id", "ip", false },
		{ "conf", "config", true },           /* its beginning */
		{ "con", "config", true },
		{ "co", "config", false },
		{ "", "config", false },
		{ "user", "password", false },
		{ "a", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmno",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (near_name(slice_of_string(cases[i].written),
			      slice_of_string(cases[i].meant)) != cases[i].near)
			fail_msg("%s, %s", cases[i].written, cases[i].meant);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_near_another_where_it_looks_misspelt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
