/*
 * foreground.h - another program, with our own stdout and stderr, waited for.
 *
 *	char *const argv[] = { "docker", "push", name, NULL };
 *
 *	foreground_run(argv, FOREGROUND_PLAIN, &error)
 */
#ifndef TAPBYTE_FOREGROUND_H
#define TAPBYTE_FOREGROUND_H

#include <stdbool.h>

#include "error.h"

struct foreground {
	int input;          /* what its stdin is; -1: ours */
	bool quiet;         /* its stdout goes nowhere */
	const char *folder; /* its working directory; NULL: ours */
	bool alone;         /* Ctrl-C is for it alone: we have to clear up behind it */
};

#define FOREGROUND_PLAIN ((struct foreground){ .input = -1 })

/*
 * Runs argv[0] of PATH, or by its path, to its end; it gets SIGTERM when we end before. Its exit
 * code, or -1 and the error: it could not be started, or a signal ended it.
 */
int foreground_start(char *const *argv, struct foreground how, struct error *error);

/* The same for a program that is to succeed: any other exit code than 0 is an error, too. */
bool foreground_run(char *const *argv, struct foreground how, struct error *error);

#endif
