/*
 * message_compare.h - in which places two Airbyte messages of one lane (message_name.h)
 * differ: by the fields of a record, of a state, of the streams of a catalog.
 */
#ifndef TAPBYTE_MESSAGE_COMPARE_H
#define TAPBYTE_MESSAGE_COMPARE_H

#include <stdbool.h>

#include "document.h"
#include "slice.h"

struct message_place {
	const char *subject;         /* what the message, or the catalog's stream, is called */
	const char *part;            /* of it: "field", "schema" */
	struct slice pointer;        /* a JSON pointer in that part; empty: all of it */
	const struct node *was, *is; /* NULL: nothing there */
};

/*
 * Calls `found` for each place, which ends with the call. None where they mean the same.
 * False when memory runs out: places may be missing.
 */
bool message_compare(const struct node *was, const struct node *is,
		     void (*found)(void *owner, const struct message_place *place), void *owner);

#endif
