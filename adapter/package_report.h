/*
 * package_report.h - what the packages that were installed for a tap say of themselves:
 * names, versions, programs, and the settings that a tap's source looks for.
 *
 * The report is what PACKAGE_REPORT_SCRIPT prints, run by the Python of the environment:
 *
 *	{"packages": [{"name": "tap-x", "version": "1.2", "summary": "...", "home": "https...",
 *	  "license": "MIT", "license_expression": null, "license_classifiers": ["License ::..."],
 *	  "direct": false, "programs": ["tap-x"], "settings": {"base": "USD", "start": null}}]}
 *
 * of the packages that were asked for, not of what these need (but for what an older pip
 * installed without a wheel, of which that is not known).
 */
#ifndef TAPBYTE_PACKAGE_REPORT_H
#define TAPBYTE_PACKAGE_REPORT_H

#include <jansson.h>

#include "error.h"

extern const char PACKAGE_REPORT_SCRIPT[];

/*
 * The package that a pip requirement ("tap-x[sql]>=1", "./tap_x-1.2.whl", "git+https:...")
 * brought, borrowed; NULL: the report does not say.
 */
const json_t *package_report_of(const json_t *report, const char *requirement);

/*
 * The requirement with the version that was installed, where it names a package and does not
 * pin it; else as it is. The caller frees it; NULL when memory runs out.
 */
char *package_report_pin(const json_t *report, const char *requirement);

/*
 * The program of a package that is the tap: the only one, or the one that is called like the
 * package ("pipelinewise-tap-x" installs tap-x), or the only one that begins with tap-. An
 * error names those there are, and --command. Borrowed.
 */
const char *package_report_program(const json_t *package, struct error *error);

/*
 * What else has to be installed for a tap whose log says "No module named 'X'": a package
 * that taps rely on without asking for it. NULL: nothing known. Lives forever.
 */
const char *package_report_helper(const char *log);

#endif
