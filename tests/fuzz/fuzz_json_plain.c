/* The input is bytes of a string: each way to search finds the same place, from anywhere. */
#include "fuzz.h"
#include "json_plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;

	for (size_t at = 0; at <= size && at < 70; at++) {
		const char *expected = text + at;

		while (expected < end && json_is_plain(*expected))
			expected++;
		for (size_t i = 0; i < json_plain_way_count; i++)
			if (json_plain_ways[i].is_supported())
				FUZZ_CHECK(json_plain_ways[i].search(text + at, end) == expected);
		FUZZ_CHECK(json_plain_skip(text + at, end) == expected);
	}
	return 0;
}
