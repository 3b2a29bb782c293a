/*
 * usage.h - what each command takes: one table for those who parse a command line
 * (arguments.h) and for --help.
 */
#ifndef TAPBYTE_USAGE_H
#define TAPBYTE_USAGE_H

#include <stddef.h>

#include "buffer.h"

#define USAGE_OPTIONS_MAXIMUM 10

/* What an option is, whatever command it belongs to. */
enum usage_id {
	OPTION_NONE, /* ends a command's options */
	OPTION_ALLOW_OLDER,
	OPTION_ANONYMIZE,
	OPTION_AS_TAP,
	OPTION_BASE,
	OPTION_CATALOG,
	OPTION_COMMAND,
	OPTION_CONFIG,
	OPTION_DEBUG,
	OPTION_FORCE,
	OPTION_FORMAT,
	OPTION_IGNORE_FIELDS,
	OPTION_INVALID_CONFIG,
	OPTION_JUNIT,
	OPTION_MAX_RECORDS,
	OPTION_PARALLEL,
	OPTION_PIP,
	OPTION_PRETTY,
	OPTION_PUSH,
	OPTION_STATE,
	OPTION_TAG,
	OPTION_TAP,
	OPTION_UPDATE,
};

struct usage_option {
	enum usage_id id;
	const char *name;    /* without its dashes */
	const char *value;   /* what --help calls its value; NULL: it takes none */
	const char *meaning; /* a line, or several; NULL: --help does not show the option */
};

struct usage {
	const char *command;
	const char *synopsis; /* how it is called, without "tapbyte "; a line each */
	const char *purpose;
	struct usage_option options[USAGE_OPTIONS_MAXIMUM + 1];
};

/* NULL: there is no such command. Lives forever. */
const struct usage *usage_of(const char *command);

/* Appends how each command is called, and what for. */
void usage_append_all(struct buffer *text);

/* Appends what `tapbyte COMMAND --help` prints. */
void usage_append_help(struct buffer *text, const struct usage *usage);

#endif
