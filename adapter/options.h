/*
 * options.h - the command line of the protocol's four commands.
 */
#ifndef TAPBYTE_OPTIONS_H
#define TAPBYTE_OPTIONS_H

#include <stdbool.h>

#include "error.h"

struct options {
	char *folder;        /* of the tap, absolute; owned */
	const char *config;  /* file names, borrowed from argv; NULL: not given */
	const char *catalog;
	const char *state;
	unsigned parallel;   /* tap processes of a read; 0: not given */
	bool debug;
};

/*
 * Parses argv (argv[0] is the command's name) and finds the tap's folder: --tap, else
 * $TAPBYTE_TAP; a folder if it has a slash, else a name that is looked up in
 * $TAPBYTE_TAPS, ./taps and the installed taps. FAILURE_CONFIG on an error.
 */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);

/* The folder of a tap by its name or path, which the caller frees; NULL on an error. */
char *options_find_tap(const char *tap, struct error *error);

void options_release(struct options *options);

#endif
