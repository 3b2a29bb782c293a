/*
 * The input is the text of times, a line with 0 bytes, and the text of recording.json. What is
 * taken is written, and read again as the same.
 */
#include "fuzz.h"
#include "recording.h"

static bool describe_times(const struct recording *recording, struct buffer *out)
{
	recording_describe_times(recording, out);
	return true;
}

/* A part of a recording that is text. */
struct part {
	bool (*parse)(struct recording *recording, struct slice text, struct error *error);
	bool (*describe)(const struct recording *recording, struct buffer *out);
};

static const struct part times = { recording_parse_times, describe_times };
static const struct part description = { recording_parse, recording_describe };

static void check(const struct part *part, struct slice text)
{
	struct error error = ERROR_NONE;
	struct recording recording, again;
	struct buffer written, twice;

	recording_init(&recording);
	recording_init(&again);
	buffer_init(&written, BUFFER_MAXIMUM);
	buffer_init(&twice, BUFFER_MAXIMUM);
	if (part->parse(&recording, text, &error)) {
		FUZZ_CHECK(part->describe(&recording, &written));
		FUZZ_CHECK(part->parse(&again, buffer_slice(&written), &error));
		FUZZ_CHECK(part->describe(&again, &twice));
		FUZZ_CHECK(slice_equals(buffer_slice(&written), buffer_slice(&twice)));
	} else {
		FUZZ_CHECK(error.set && (part == &description || error.type == FAILURE_CONFIG));
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

	check(&times, slice_of(text.data, length));
	check(&description, zero != NULL ? slice_after(text, length + 1) : SLICE(""));
	return 0;
}
