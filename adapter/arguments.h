/*
 * arguments.h - a command line, one argument after the other.
 *
 *	struct arguments arguments = arguments_of(argc, argv);
 *
 *	while (arguments_next(&arguments, &error))
 *		if (arguments.option == OPTION_NONE)
 *			an operand: arguments.value
 *		else
 *			an option: its id, and its value or NULL
 *	if (error.set) ...
 *
 * Options are those of usage.h for the command that argv[0] names, as --name VALUE or
 * --name=VALUE, written out: a script that shortens one would come to mean another when
 * there is a new option. Behind "--" are operands only.
 */
#ifndef TAPBYTE_ARGUMENTS_H
#define TAPBYTE_ARGUMENTS_H

#include <stdbool.h>

#include "error.h"
#include "usage.h"

struct arguments {
	enum usage_id option;
	const char *value;
	int next;             /* index in argv of what comes then */
	/* private: */
	const struct usage *usage;
	int argc;
	char **argv;
	bool operands_only;
};

struct arguments arguments_of(int argc, char **argv);

/*
 * False: that was all, or the error is set, of FAILURE_CONFIG: an unknown option, a value
 * that is missing or too much. The caller prefixes the command.
 */
bool arguments_next(struct arguments *arguments, struct error *error);

#endif
