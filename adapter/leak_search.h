/*
 * leak_search.h - whether what a program prints shows a secret of its config.
 *
 *	leak_search_init(&search);
 *	secret_mask_collect(&search.mask, specification, config);
 *	...
 *		leak_search_line(&search, "read", "its stdout", line);
 *	if (search.told.length > 0)
 *		...
 *	leak_search_release(&search);
 */
#ifndef TAPBYTE_LEAK_SEARCH_H
#define TAPBYTE_LEAK_SEARCH_H

#include <stdint.h>

#include "buffer.h"
#include "secret_mask.h"
#include "slice.h"

/* Lines that show a secret, of which it is told. */
#define LEAKS_TOLD 5

struct leak_search {
	struct secret_mask mask; /* empty: nothing is found */
	uint64_t count;
	struct buffer told;      /* a line for each of the first ones, without the secret */
};

void leak_search_init(struct leak_search *search);
void leak_search_release(struct leak_search *search);

/* `command` printed the line to `where`. */
void leak_search_line(struct leak_search *search, const char *command, const char *where,
		      struct slice line);

#endif
