/*
 * warnings.h - where a module says what a user should know but need not stop for.
 */
#ifndef TAPBYTE_WARNINGS_H
#define TAPBYTE_WARNINGS_H

struct warnings {
	void (*say)(void *owner, const char *text); /* the text ends with the call */
	void *owner;
};

/* Says one sentence, formatted; cut at 2,047 bytes. */
void warnings_say(const struct warnings *warnings, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For those that nobody is to see. */
extern const struct warnings warnings_none;

#endif
