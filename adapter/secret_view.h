/*
 * secret_view.h - how a text reads when the escapes of one way of writing are undone,
 * with the place in the text that every byte comes from.
 *
 * Nothing is ever wrong: what is no escape stands for itself.
 *
 *	struct secret_view view;
 *
 *	if (secret_view_read(&view, WRITTEN_ESCAPED, text, NULL, &failed)) {
 *		...
 *		secret_view_release(&view);
 *	}
 */
#ifndef TAPBYTE_SECRET_VIEW_H
#define TAPBYTE_SECRET_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

enum secret_writing {
	WRITTEN_PERCENT, /* in a path: %20 */
	WRITTEN_FORM,    /* in a query or a form: %20 and + */
	WRITTEN_ENTITY,  /* XML, HTML: &amp; &#39; &#x27; */
	WRITTEN_ESCAPED, /* JSON, Python's repr: \" \u00e4 \xe4 \U0001f511 */
};

struct secret_view {
	char *bytes;
	size_t length;
	uint32_t *origins; /* of each byte and of the end: where what it is written as begins */
};

/*
 * Reads a text of less than 4 GiB, which may be a view itself: `origins` are then those
 * of its bytes. False: there is no escape in it, or (*failed is set) no memory.
 */
bool secret_view_read(struct secret_view *view, enum secret_writing writing, struct slice text,
		      const uint32_t *origins, bool *failed);

void secret_view_release(struct secret_view *view);

#endif
