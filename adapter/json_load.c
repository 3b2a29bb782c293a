#include "json_load.h"

#include <stdbool.h>
#include <stdlib.h>

/*
 * Where the text of a token cannot grow, jansson drops a byte of it, and reads on. A dropped
 * quote makes it write beyond a block, a dropped digit fails an assertion. So the first
 * request that fails is served from a spare block, which is larger than any token gets; the
 * text ends there, and nothing is served any more.
 */
struct loading {
	const char *at;
	const char *end;
	void *spare; /* NULL: it was needed */
	size_t spare_size;
};

/* jansson's allocator has no context, so this is the program's. NULL: none is loading. */
static struct loading *current;

static void *take_spare(struct loading *loading, size_t size)
{
	void *block = size <= loading->spare_size ? loading->spare : NULL;

	if (block == NULL)
		free(loading->spare);
	loading->spare = NULL;
	return block;
}

static void *watched_malloc(size_t size)
{
	void *block;

	if (current != NULL && current->spare == NULL)
		return NULL;
	block = malloc(size);
	return block == NULL && current != NULL ? take_spare(current, size) : block;
}

/* One byte at a time: jansson must not have any left when memory runs out. */
static size_t next_byte(void *buffer, size_t size, void *data)
{
	struct loading *loading = data;

	(void)size;
	if (loading->at == loading->end || loading->spare == NULL)
		return 0;
	*(char *)buffer = *loading->at++;
	return 1;
}

json_t *json_load_slice(struct slice text, size_t flags, json_error_t *problem)
{
	struct loading loading = { .at = text.data, .spare_size = 2 * text.length + 256 };
	json_t *value = NULL;
	bool ran_out;

	loading.end = text.length > 0 ? text.data + text.length : text.data;
	loading.spare = malloc(loading.spare_size);
	if (loading.spare != NULL) {
		json_set_alloc_funcs(watched_malloc, free);
		current = &loading;
		value = json_load_callback(next_byte, &loading, flags, problem);
		current = NULL;
	}
	ran_out = loading.spare == NULL;
	free(loading.spare);
	if (!ran_out)
		return value;
	json_decref(value);
	problem->text[0] = '\0';
	return NULL;
}
