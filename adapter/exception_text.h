/*
 * exception_text.h - what the text of a Python exception says to a person.
 *
 * The class in front of a sentence says nothing: "requests.exceptions.HTTPError: 401
 * Client Error" is the sentence alone. But "KeyError: 'id'" is no sentence without it,
 * and who reads it wants to know that the tap is at fault and not the settings.
 */
#ifndef TAPBYTE_EXCEPTION_TEXT_H
#define TAPBYTE_EXCEPTION_TEXT_H

#include <stdbool.h>

#include "error.h"
#include "slice.h"

struct exception_text {
	const char *introduction; /* comes before the text, "" for none; lives forever */
	struct slice text;        /* a part of the exception's own */
	enum failure_type type;   /* by the class, else by the words (failure_evidence.h) */
	bool certain;             /* the class decides about the type */
};

/*
 * Reads "class: text" or "class", as at the end of a traceback. `source` is the line
 * of Python that raised it, the empty slice where it is unknown: a KeyError of a line
 * that looks into the config is the user's to mend.
 */
struct exception_text exception_text_read(struct slice exception, struct slice source);

/*
 * The same for a text that may be an exception or just a sentence, as a tap logs it: it
 * is an exception if it begins with a word that ends with Error or Exception.
 */
struct exception_text exception_text_read_logged(struct slice text);

#endif
