#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STEP ((size_t)64 * 1024)

bool text_file_read_open(int fd, struct buffer *content)
{
	ssize_t count = 1;

	while (count > 0 && buffer_reserve(content, STEP)) {
		count = read(fd, content->data + content->length, STEP);
		if (count > 0)
			content->length += (size_t)count;
		else if (count < 0 && errno == EINTR)
			count = 1;
	}
	return count == 0;
}

bool text_file_read(const char *path, const char *what, struct buffer *content,
		    struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && text_file_read_open(fd, content);

	if (!done && content->failed)
		error_set(error, FAILURE_SYSTEM, "%s, %s, is too large for memory", what, path);
	else if (!done)
		error_set(error, FAILURE_CONFIG, "cannot read %s, %s: %s", what, path,
			  strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}
