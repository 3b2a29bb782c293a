/*
 * test_options.h - the command line of `tapbyte test`.
 */
#ifndef TAPBYTE_TEST_OPTIONS_H
#define TAPBYTE_TEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "test_report.h"

#define TEST_IGNORED_MAXIMUM 100

/* Borrowed from argv; NULL: not given. */
struct test_options {
	char *folder;               /* of the tap, absolute; owned */
	const char *config;         /* with it the live tap is tested */
	const char *invalid_config;
	const char *catalog;
	const char *junit;          /* a file for JUnit XML */
	enum report_format format;
	bool update;
	bool allow_older;
	char *ignored[TEST_IGNORED_MAXIMUM]; /* --ignore-fields: FIELD or STREAM.FIELD; owned */
	size_t ignored_count;
	const char **paths;         /* of recordings; the list is owned */
	size_t path_count;
};

/* Parses argv; argv[0] is the command's name. FAILURE_CONFIG on a wrong command line. */
bool test_options_parse(struct test_options *options, int argc, char **argv,
			struct error *error);
void test_options_release(struct test_options *options);

#endif
