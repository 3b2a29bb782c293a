/*
 * memory_kills.h - how many processes the kernel has killed for lack of memory. It takes the
 * largest of a container, which may be a child of a tap that then says that all went well.
 *
 *	memory_kills_begin(&kills, memory_kills_files);
 *	...
 *	if (memory_kills_take(&kills, UINT64_MAX) > 0)
 *		...since it began, or since they were taken
 */
#ifndef TAPBYTE_MEMORY_KILLS_H
#define TAPBYTE_MEMORY_KILLS_H

#include <stdint.h>

/* Where a container sees its own count, in a line "oom_kill 0"; NULL-terminated. */
extern const char *const memory_kills_files[];

struct memory_kills {
	const char *file; /* the first that has such a line; NULL: it cannot be known */
	uint64_t taken;
};

/* The names are borrowed. */
void memory_kills_begin(struct memory_kills *kills, const char *const *files);

/* So many there are that were not taken, but at most `most`; they are now. */
uint64_t memory_kills_take(struct memory_kills *kills, uint64_t most);

#endif
