/*
 * json_diff.h - where two JSON values differ, each place by its JSON pointer.
 *
 * Compared is what the values mean: the order of an object's members, the spelling of
 * strings (escapes) and of numbers (1.50 and 15e-1) do not count; 1 and 1.0 do differ,
 * since for a schema the one is an integer and the other is none.
 */
#ifndef TAPBYTE_JSON_DIFF_H
#define TAPBYTE_JSON_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "document.h"

struct json_diff {
	/* One place; `was` or `is` is NULL where the value has nothing there. The pointer ends
	 * with the call. */
	void (*found)(void *owner, struct slice pointer, const struct node *was,
		      const struct node *is);
	void *owner;
	struct buffer pointer; /* where the comparison is */
	struct buffer key;     /* decoded */
	bool failed;           /* memory ran out: places are missing */
};

void json_diff_init(struct json_diff *diff,
		    void (*found)(void *owner, struct slice pointer, const struct node *was,
				  const struct node *is),
		    void *owner);
void json_diff_release(struct json_diff *diff);

/*
 * Compares two values, and calls `found` for each place; a value that is there on one side
 * only is one place, whatever is in it. Pointers begin with `prefix`.
 */
void json_diff_compare(struct json_diff *diff, const char *prefix, const struct node *was,
		       const struct node *is);

#endif
