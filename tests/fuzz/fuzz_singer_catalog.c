/*
 * A byte, then a tap's discovery document: mapped to an Airbyte catalog with or without
 * namespaces (the byte's first bit), and handed back to the tap with all or nothing selected.
 */
#include "catalog_map.h"
#include "catalog_write.h"
#include "fuzz.h"

/* The tap finds all its streams in what it is handed. */
static void check_selection(const struct singer_catalog *catalog, bool selected)
{
	struct singer_selection *selections = calloc(catalog->count + 1, sizeof(*selections));
	struct singer_catalog again = SINGER_CATALOG_EMPTY;
	struct error error = ERROR_NONE;
	struct buffer out;
	bool clean;

	FUZZ_CHECK(selections != NULL);
	for (size_t i = 0; i < catalog->count; i++)
		selections[i] = (struct singer_selection){ selected, "INCREMENTAL", "id", NULL };
	buffer_init(&out, BUFFER_MAXIMUM);
	singer_catalog_select(catalog, selections, &out);
	FUZZ_CHECK(!out.failed);
	clean = singer_catalog_parse(&again, &out, &error);
	FUZZ_CHECK(clean && again.count == catalog->count);
	for (size_t i = 0; i < again.count; i++) {
		FUZZ_CHECK(strcmp(again.entries[i].id, catalog->entries[i].id) == 0);
		FUZZ_CHECK(strcmp(again.entries[i].stream, catalog->entries[i].stream) == 0);
	}
	singer_catalog_release(&again);
	buffer_release(&out);
	free(selections);
}

static void check_map(const struct singer_catalog *catalog, bool namespaces)
{
	struct catalog_map map = CATALOG_MAP_EMPTY;
	struct error error = ERROR_NONE;
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	if (catalog_map_make(&map, catalog, NULL, namespaces, &fuzz_warnings, &error)) {
		FUZZ_CHECK(map.count == catalog->count);
		catalog_write(&map, NULL, &out);
		fuzz_check_message(buffer_slice(&out));
	} else {
		FUZZ_CHECK(error.set);
	}
	catalog_map_release(&map);
	buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct error error = ERROR_NONE;
	struct buffer text;

	if (size == 0)
		return 0;
	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append(&text, slice_of((const char *)data + 1, size - 1));
	if (singer_catalog_parse(&catalog, &text, &error)) {
		check_map(&catalog, data[0] & 1);
		check_selection(&catalog, true);
		check_selection(&catalog, false);
	} else {
		FUZZ_CHECK(error.set);
	}
	singer_catalog_release(&catalog);
	buffer_release(&text);
	return 0;
}
