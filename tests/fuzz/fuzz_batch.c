/*
 * The first line is a BATCH message, the rest the bytes of a batch's file, plain and as if
 * compressed with gzip. The file is read through a descriptor, so that none of this machine
 * is touched whatever a message says.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "batch.h"
#include "fuzz.h"

static const struct batch_place place = { .directory = "/nowhere", .keep = true };

static void parse(struct slice message)
{
	struct batch batch = BATCH_NONE;
	struct error error = ERROR_NONE;

	if (batch_open(&batch, message, &place, &error))
		for (size_t i = 0; i < batch.count; i++)
			FUZZ_CHECK(batch.paths[i][0] == '/');
	else
		FUZZ_CHECK(error.set);
	batch_close(&batch);
}

/* The lines of a plain file are those of the content. */
static void read_file(int fd, bool compressed, struct slice content)
{
	struct batch batch = BATCH_NONE;
	struct error error = ERROR_NONE;
	struct slice line, expected;
	enum batch_step step;
	char message[200];

	snprintf(message, sizeof(message),
		 "{\"type\":\"BATCH\",\"filepath\":\"/proc/self/fd/%d\",\"compression\":%s}", fd,
		 compressed ? "\"gzip\"" : "null");
	FUZZ_CHECK(batch_open(&batch, slice_of_string(message), &place, &error));
	while ((step = batch_next(&batch, &line, &error)) == BATCH_LINE) {
		if (compressed)
			continue;
		FUZZ_CHECK(slice_take_line(&content, &expected));
		if (content.data[-1] == '\n' && expected.length > line.length)
			expected.length--; /* \r */
		FUZZ_CHECK(slice_equals(line, expected));
	}
	FUZZ_CHECK(compressed || (step == BATCH_DONE && content.length == 0));
	FUZZ_CHECK((step == BATCH_FAILED) == error.set);
	batch_close(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), message = SLICE("");
	int fd = memfd_create("batch", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0);
	(void)slice_take_line(&text, &message);
	parse(message);
	FUZZ_CHECK(write(fd, text.length > 0 ? text.data : "", text.length) ==
		   (ssize_t)text.length);
	read_file(fd, false, text);
	read_file(fd, true, text);
	close(fd);
	return 0;
}
