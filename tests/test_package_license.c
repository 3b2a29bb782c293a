#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "count.h"
#include "package_license.h"

static void a_license_is_the_one_that_the_metadata_name_clearly(void **state)
{
	static const struct {
		const char *package, *license;
	} cases[] = {
		{ "{\"license_expression\": \"MIT OR Apache-2.0\"}", "MIT OR Apache-2.0" },
		{ "{\"license_expression\": \"Apache-2.0\", \"license\": \"MIT\"}", "Apache-2.0" },
		{ "{\"license_expression\": \"MIT\\n# x\"}", NULL },
		{ "{\"license_expression\": \"\", \"license\": \"MIT\"}", "MIT" },
		{ "{\"license\": \"MIT license\"}", "MIT" },
		{ "{\"license\": \"Apache License, Version 2.0\"}", "Apache-2.0" },
		{ "{\"license\": \"BSD 3-Clause License\"}", "BSD-3-Clause" },
		{ "{\"license\": \"AGPLv3\"}", "AGPL-3.0-only" },
		{ "{\"license\": \"GPLv3+\"}", "GPL-3.0-or-later" },
		{ "{\"license\": \"MIT, but not for you\"}", NULL },
		{ "{\"license\": \"MI\"}", NULL },
		{ "{\"license\": \"BSD\"}", NULL },
		{ "{\"license\": \"Apache\"}", NULL },
		{ "{\"license\": \"UNKNOWN\"}", NULL },
		{ "{\"license\": null, \"license_classifiers\": []}", NULL },
		{ "{\"license_classifiers\": [\"License :: OSI Approved :: MIT License\"]}",
		  "MIT" },
		{ "{\"license_classifiers\": [\"License :: OSI Approved\","
		  " \"License :: OSI Approved :: GNU Affero General Public License v3\"]}",
		  "AGPL-3.0-only" },
		{ "{\"license_classifiers\": [\"License :: OSI Approved :: GNU General Public "
		  "License v3 or later (GPLv3+)\"]}", "GPL-3.0-or-later" },
		{ "{\"license_classifiers\": [\"License :: OSI Approved :: Apache Software "
		  "License\"]}", NULL },
		{ "{\"license\": \"Apache 2.0\", \"license_classifiers\":"
		  " [\"License :: OSI Approved :: Apache Software License\"]}", "Apache-2.0" },
		{ "{\"license\": \"MIT\", \"license_classifiers\": [\"License :: OSI Approved :: "
		  "Mozilla Public License 2.0 (MPL 2.0)\"]}", NULL },
		{ "{\"license_classifiers\": [\"License :: OSI Approved :: MIT License\","
		  " \"License :: OSI Approved :: ISC License (ISCL)\"]}", NULL },
		{ "{}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *package = json_loads(cases[i].package, 0, NULL);
		const char *license = package_license(package);

		assert_non_null(package);
		if ((license == NULL) != (cases[i].license == NULL) ||
		    (license != NULL && strcmp(license, cases[i].license) != 0))
			fail_msg("%s: %s", cases[i].package, license ? license : "none");
		json_decref(package);
	}
	assert_null(package_license(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_license_is_the_one_that_the_metadata_name_clearly),
	};

	return cmocka_run_group_tests_name("package_license", tests, NULL, NULL);
}
