#include "raw_name.h"

#include "json_text.h"

/* Most names stand for themselves. */
static bool is_decoded(struct slice raw)
{
	for (size_t i = 0; i < raw.length; i++)
		if (raw.data[i] == '\\' || (unsigned char)raw.data[i] >= 0x80)
			return false;
	return true;
}

bool raw_name_set(struct name_table *table, struct slice raw, uint32_t value)
{
	struct buffer name;
	bool done;

	if (is_decoded(raw))
		return name_table_set(table, raw, value);
	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw);
	done = !name.failed && name_table_set(table, buffer_slice(&name), value);
	buffer_release(&name);
	return done;
}

/* For want of memory to decode the name in. */
static const uint32_t *find_slowly(const struct name_table *table, struct slice raw)
{
	for (size_t i = 0; i < table->capacity; i++) {
		const struct name_entry *entry = &table->entries[i];

		if (entry->name.data != NULL && json_text_equals(raw, entry->name))
			return &entry->value;
	}
	return NULL;
}

const uint32_t *raw_name_get(const struct name_table *table, struct slice raw)
{
	struct buffer name;
	const uint32_t *value;

	if (is_decoded(raw))
		return name_table_get(table, raw);
	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw);
	value = name.failed ? find_slowly(table, raw) : name_table_get(table, buffer_slice(&name));
	buffer_release(&name);
	return value;
}
