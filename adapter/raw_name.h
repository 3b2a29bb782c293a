/*
 * raw_name.h - names in a name_table, by their raw form (json_text.h) in a JSON text.
 */
#ifndef TAPBYTE_RAW_NAME_H
#define TAPBYTE_RAW_NAME_H

#include "name_table.h"

/* As name_table_set and name_table_get, for the name that the raw string stands for. */
bool raw_name_set(struct name_table *table, struct slice raw, uint32_t value);
const uint32_t *raw_name_get(const struct name_table *table, struct slice raw);

#endif
