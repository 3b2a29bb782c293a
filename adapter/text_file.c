#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool text_file_write_open(int fd, struct slice content)
{
	while (content.length > 0) {
		ssize_t count = write(fd, content.data, content.length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		content = slice_after(content, (size_t)count);
	}
	return true;
}

bool text_file_replace(const char *path, struct slice content, mode_t mode, struct error *error)
{
	char *beside = NULL;
	bool done;
	int fd;

	if (asprintf(&beside, "%s.new", path) < 0)
		return error_set_no_memory(error);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	done = fd >= 0 && text_file_write_open(fd, content) && fsync(fd) == 0;
	done = fd >= 0 && close(fd) == 0 && done;
	done = done && rename(beside, path) == 0;
	if (!done) {
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)unlink(beside);
	}
	free(beside);
	return done;
}

bool text_file_make_folders(char *path, struct error *error)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		bool made;

		*slash = '\0';
		made = mkdir(path, 0777) == 0 || errno == EEXIST ||
		       error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
				 strerror(errno));
		*slash = '/';
		if (!made)
			return false;
	}
	return true;
}
