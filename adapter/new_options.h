/*
 * new_options.h - the command line of `tapbyte new`.
 */
#ifndef TAPBYTE_NEW_OPTIONS_H
#define TAPBYTE_NEW_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* All borrowed from argv. */
struct new_options {
	const char *name;
	const char *command; /* NULL: none given, as the next */
	const char *config;
	bool force;
};

/*
 * Adds the requirements of --pip to an array. FAILURE_CONFIG where it was used wrongly.
 */
bool new_options_parse(struct new_options *options, int argc, char **argv, json_t *pip,
		       struct error *error);

#endif
