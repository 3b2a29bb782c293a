/*
 * error.h - why something failed, in a struct that the caller owns.
 *
 * A function that can fail returns false (or NULL) and fills the caller's struct
 * error. The first error is kept: what fails later is usually its consequence. The
 * types are the protocol's `failure_type` values, so that a TRACE ERROR message
 * needs no further mapping.
 *
 *	struct error error = ERROR_NONE;
 *	if (!manifest_load(&manifest, folder, &error))
 *		report(&error);
 */
#ifndef TAPBYTE_ERROR_H
#define TAPBYTE_ERROR_H

#include <stdbool.h>

enum failure_type {
	FAILURE_CONFIG,    /* the user can mend it: credentials, settings, files they gave */
	FAILURE_TRANSIENT, /* trying again may help */
	FAILURE_SYSTEM,    /* the tap, the connector or the machine is at fault */
};

struct error {
	bool set;
	bool no_memory; /* by error_set_no_memory */
	enum failure_type type;
	char message[4096]; /* one or more sentences for the user; cut with "..." when longer */
};

#define ERROR_NONE ((struct error){ .set = false })

/*
 * Fills *error unless it holds an error already. Always returns false, so that a
 * function can end with `return error_set(...)`.
 */
bool error_set(struct error *error, enum failure_type type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a failed allocation. */
bool error_set_no_memory(struct error *error);

/* Puts a text before the message of an error that is set: "taps/x/tap.json: " + message. */
void error_prefix(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "config_error", "transient_error" or "system_error"; lives forever. */
const char *failure_type_name(enum failure_type type);

#endif
