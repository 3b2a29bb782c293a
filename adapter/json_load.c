#include "json_load.h"

#include <stdbool.h>
#include <stdlib.h>

/* jansson's allocator has no context, so this is the program's. */
static bool ran_out;

static void *watched_malloc(size_t size)
{
	void *block = malloc(size);

	if (block == NULL)
		ran_out = true;
	return block;
}

json_t *json_load_slice(struct slice text, size_t flags, json_error_t *problem)
{
	json_t *value;

	json_set_alloc_funcs(watched_malloc, free);
	ran_out = false;
	value = json_loadb(text.length ? text.data : "", text.length, flags, problem);
	if (ran_out) {
		json_decref(value);
		problem->text[0] = '\0';
		return NULL;
	}
	return value;
}
