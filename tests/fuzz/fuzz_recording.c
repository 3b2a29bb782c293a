/*
 * The input is the text of times, a line with 0 bytes, and the text of recording.json. What is
 * taken is written, and read again as the same.
 */
#include "fuzz.h"
#include "recording.h"

static void check_times(struct slice text)
{
	struct error error = ERROR_NONE;
	struct recording recording, again;
	struct buffer written, twice;

	recording_init(&recording);
	recording_init(&again);
	buffer_init(&written, BUFFER_MAXIMUM);
	buffer_init(&twice, BUFFER_MAXIMUM);
	if (recording_parse_times(&recording, text, &error)) {
		recording_describe_times(&recording, &written);
		FUZZ_CHECK(recording_parse_times(&again, buffer_slice(&written), &error));
		recording_describe_times(&again, &twice);
		FUZZ_CHECK(slice_equals(buffer_slice(&written), buffer_slice(&twice)));
	} else {
		FUZZ_CHECK(error.set && error.type == FAILURE_CONFIG);
	}
	recording_release(&recording);
	recording_release(&again);
	buffer_release(&written);
	buffer_release(&twice);
}

static void check_description(struct slice text)
{
	struct error error = ERROR_NONE;
	struct recording recording, again;
	struct buffer written, twice;

	recording_init(&recording);
	recording_init(&again);
	buffer_init(&written, BUFFER_MAXIMUM);
	buffer_init(&twice, BUFFER_MAXIMUM);
	if (recording_parse(&recording, text, &error)) {
		FUZZ_CHECK(recording_describe(&recording, &written));
		FUZZ_CHECK(recording_parse(&again, buffer_slice(&written), &error));
		FUZZ_CHECK(recording_describe(&again, &twice));
		FUZZ_CHECK(slice_equals(buffer_slice(&written), buffer_slice(&twice)));
	} else {
		FUZZ_CHECK(error.set);
	}
	recording_release(&recording);
	recording_release(&again);
	buffer_release(&written);
	buffer_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	const char *zero = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t length = zero != NULL ? (size_t)(zero - text.data) : size;

	check_times(slice_of(text.data, length));
	check_description(zero != NULL ? slice_after(text, length + 1) : SLICE(""));
	return 0;
}
