/* The input is bytes of a string: each way passes over as many of them, from anywhere. */
#include "fuzz.h"
#include "json_string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;

	for (size_t at = 0; at <= size && at < 70; at++) {
		const char *stop = json_string_ways[0].pass_over(text + at, end);
		const char *plain = text + at;

		while (plain < end && json_is_plain(*plain))
			plain++;
		FUZZ_CHECK(json_plain_skip(text + at, end) == plain && plain <= stop);
		for (size_t i = 0; i < json_string_way_count; i++)
			if (json_string_ways[i].is_supported())
				FUZZ_CHECK(json_string_ways[i].pass_over(text + at, end) == stop);
		FUZZ_CHECK(json_string_skip(text + at, end) == stop);
	}
	return 0;
}
