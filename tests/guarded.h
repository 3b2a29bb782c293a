/*
 * guarded.h - text that ends where a page begins that nobody may touch, so that one
 * byte read too many kills the test.
 */
#ifndef TAPBYTE_TESTS_GUARDED_H
#define TAPBYTE_TESTS_GUARDED_H

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slice.h"

#define GUARDED_SIZE ((size_t)256 * 1024)

struct guarded {
	char *pages;
	char *guard;
};

static inline bool guarded_init(struct guarded *guarded)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *pages = mmap(NULL, GUARDED_SIZE + page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return false;
	guarded->pages = pages;
	guarded->guard = guarded->pages + GUARDED_SIZE;
	return mprotect(guarded->guard, page, PROT_NONE) == 0;
}

static inline void guarded_release(struct guarded *guarded)
{
	munmap(guarded->pages, GUARDED_SIZE + (size_t)sysconf(_SC_PAGESIZE));
}

/* Copies a text of at most GUARDED_SIZE bytes; the copy lasts until the next call. */
static inline struct slice guarded_put(struct guarded *guarded, struct slice text)
{
	char *start = guarded->guard - text.length;

	if (text.length > 0)
		memcpy(start, text.data, text.length);
	return slice_of(start, text.length);
}

#endif
