/*
 * name_table.h - a set of names, each with a small number: the index of a stream, the
 * choice made for a field. A hash table with open addressing; names are copied.
 */
#ifndef TAPBYTE_NAME_TABLE_H
#define TAPBYTE_NAME_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

struct name_entry {
	struct slice name; /* owned by the table; data is NULL in an empty place */
	uint32_t hash;
	uint32_t value;
};

struct name_table {
	struct name_entry *entries;
	size_t capacity; /* 0, or a power of two */
	size_t count;
};

#define NAME_TABLE_EMPTY ((struct name_table){ .entries = NULL })

/* Sets the number of a name, new or not. False when memory runs out. */
bool name_table_set(struct name_table *table, struct slice name, uint32_t value);

/* The number of a name, or NULL; borrowed until the table changes. */
const uint32_t *name_table_get(const struct name_table *table, struct slice name);

void name_table_release(struct name_table *table);

#endif
