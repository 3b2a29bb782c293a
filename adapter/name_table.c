#include "name_table.h"

#include <stdlib.h>

#define SMALLEST_CAPACITY 16

/* FNV-1a, 32 bits. */
static uint32_t hash_of(struct slice name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
	return hash;
}

/* The place of the name, or the empty one where it would go. */
static struct name_entry *place_of(const struct name_table *table, struct slice name, uint32_t hash)
{
	size_t i = hash & (table->capacity - 1);

	for (;; i = (i + 1) & (table->capacity - 1)) {
		struct name_entry *entry = &table->entries[i];

		if (entry->name.data == NULL)
			return entry;
		if (entry->hash == hash && slice_equals(entry->name, name))
			return entry;
	}
}

static bool grow(struct name_table *table)
{
	struct name_table bigger = {
		.capacity = table->capacity ? table->capacity * 2 : SMALLEST_CAPACITY,
		.count = table->count,
	};

	bigger.entries = calloc(bigger.capacity, sizeof(*bigger.entries));
	if (bigger.entries == NULL)
		return false;
	for (size_t i = 0; i < table->capacity; i++) {
		struct name_entry *entry = &table->entries[i];

		if (entry->name.data != NULL)
			*place_of(&bigger, entry->name, entry->hash) = *entry;
	}
	free(table->entries);
	*table = bigger;
	return true;
}

bool name_table_set(struct name_table *table, struct slice name, uint32_t value)
{
	uint32_t hash = hash_of(name);
	struct name_entry *entry;
	char *copy;

	if (table->count * 2 >= table->capacity && !grow(table))
		return false;
	entry = place_of(table, name, hash);
	if (entry->name.data == NULL) {
		copy = malloc(name.length + 1); /* + 1: an empty name needs a place, too */
		if (copy == NULL)
			return false;
		if (name.length > 0)
			memcpy(copy, name.data, name.length);
		*entry = (struct name_entry){ slice_of(copy, name.length), hash, value };
		table->count++;
	}
	entry->value = value;
	return true;
}

const uint32_t *name_table_get(const struct name_table *table, struct slice name)
{
	const struct name_entry *entry;

	if (table->count == 0)
		return NULL;
	entry = place_of(table, name, hash_of(name));
	return entry->name.data != NULL ? &entry->value : NULL;
}

void name_table_release(struct name_table *table)
{
	for (size_t i = 0; i < table->capacity; i++)
		free((char *)table->entries[i].name.data);
	free(table->entries);
	*table = NAME_TABLE_EMPTY;
}
