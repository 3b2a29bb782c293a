/*
 * package_license.h - a package's license as an SPDX identifier, out of what its metadata say.
 */
#ifndef TAPBYTE_PACKAGE_LICENSE_H
#define TAPBYTE_PACKAGE_LICENSE_H

#include <jansson.h>

/*
 * Of a package of package_report.h: its License-Expression ("license_expression"), which is
 * one already, else what its License ("license") and its classifiers ("license_classifiers")
 * agree on. NULL: they do not say it, or not clearly ("BSD"). Borrowed.
 */
const char *package_license(const json_t *package);

#endif
