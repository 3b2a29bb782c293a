/* The input is a configured catalog: read, and turned into the streams of a tap that takes
 * no catalog. */
#include "catalog_choice.h"
#include "fuzz.h"

static void check_streams(const struct configured_catalog *catalog)
{
	struct stream_list streams = STREAM_LIST_EMPTY;
	struct error error = ERROR_NONE;

	if (catalog_choice_apply_blind(catalog, NULL, &streams, &error)) {
		FUZZ_CHECK(streams.count == catalog->count);
		for (size_t i = 0; i < streams.count; i++)
			FUZZ_CHECK(streams.items[i].configured &&
				   strcmp(streams.items[i].name, catalog->streams[i].name) == 0);
	} else {
		FUZZ_CHECK(error.set);
	}
	stream_list_release(&streams);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct configured_catalog catalog = CONFIGURED_CATALOG_EMPTY;
	struct error error = ERROR_NONE;
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append(&text, slice_of((const char *)data, size));
	if (configured_catalog_parse(&catalog, &text, &error)) {
		for (size_t i = 0; i < catalog.count; i++)
			FUZZ_CHECK(catalog.streams[i].name != NULL);
		check_streams(&catalog);
	} else {
		FUZZ_CHECK(error.set && error.type == FAILURE_CONFIG);
	}
	configured_catalog_release(&catalog);
	buffer_release(&text);
	return 0;
}
