#include "loop_memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define RESERVE ((size_t)32 * 1024)

/* The allocator of libuv has no context, so this is the program's. Nothing is used twice. */
static _Alignas(max_align_t) char reserve[RESERVE];
static size_t reserve_used;

static bool is_reserved(const void *block)
{
	uintptr_t at = (uintptr_t)block, start = (uintptr_t)reserve;

	return at >= start && at < start + RESERVE;
}

/* Zeroed; its size stands before it. */
static void *take_reserved(size_t size)
{
	const size_t unit = _Alignof(max_align_t);
	char *block = reserve + reserve_used;
	size_t needed;

	if (size > RESERVE)
		return NULL;
	needed = unit + (size + unit - 1) / unit * unit;
	if (needed > RESERVE - reserve_used)
		return NULL;
	reserve_used += needed;
	memcpy(block, &size, sizeof(size));
	return block + unit;
}

static size_t size_of(void *block)
{
	size_t size;

	if (!is_reserved(block))
		return malloc_usable_size(block);
	memcpy(&size, (char *)block - _Alignof(max_align_t), sizeof(size));
	return size;
}

static void *loop_malloc(size_t size)
{
	void *block = malloc(size);

	return block ? block : take_reserved(size);
}

static void *loop_calloc(size_t count, size_t size)
{
	void *block = calloc(count, size);

	if (block != NULL || (size > 0 && count > SIZE_MAX / size))
		return block;
	return take_reserved(count * size);
}

static void loop_free(void *block)
{
	if (!is_reserved(block))
		free(block);
}

static void *loop_realloc(void *old, size_t size)
{
	void *block = is_reserved(old) ? NULL : realloc(old, size);
	size_t kept;

	if (block != NULL)
		return block;
	block = loop_malloc(size);
	if (block == NULL || old == NULL)
		return block;
	kept = size_of(old);
	memcpy(block, old, kept < size ? kept : size);
	loop_free(old);
	return block;
}

void loop_memory_use(void)
{
	(void)uv_replace_allocator(loop_malloc, loop_realloc, loop_calloc, loop_free);
}
