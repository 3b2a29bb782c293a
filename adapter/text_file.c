#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
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

/* For a message: whose file it is. Containers are often given those of another user. */
static void tell_owner(const char *path, char *text, size_t size)
{
	struct stat status;

	if (stat(path, &status) == 0)
		snprintf(text, size, " (it is user %u's, mode %04o, and this is user %u)",
			 (unsigned)status.st_uid, (unsigned)status.st_mode & 07777,
			 (unsigned)geteuid());
}

bool text_file_read(const char *path, const char *what, struct buffer *content,
		    struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && text_file_read_open(fd, content);
	int reason = errno;
	char owner[128] = "";

	if (!done && reason == EACCES)
		tell_owner(path, owner, sizeof(owner));
	if (!done && content->failed)
		error_set(error, FAILURE_SYSTEM, "%s, %s, is too large for memory", what, path);
	else if (!done)
		error_set(error, FAILURE_CONFIG, "cannot read %s, %s: %s%s", what, path,
			  strerror(reason), owner);
	if (fd >= 0)
		close(fd);
	return done;
}
