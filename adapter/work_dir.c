#include "work_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tap that makes deeper folders than this has to remove them itself. */
#define DEPTH_MAX 500

bool work_dir_create(struct work_dir *dir, struct error *error)
{
	const char *parent = getenv("TMPDIR");
	char *resolved;

	if (parent == NULL || parent[0] == '\0')
		parent = "/tmp";
	resolved = realpath(parent, NULL);
	if (resolved == NULL)
		return error_set(error, FAILURE_SYSTEM,
				 "cannot use the folder for temporary files, %s: %s", parent,
				 strerror(errno));
	if (asprintf(&dir->path, "%s/tapbyte-XXXXXX", resolved) < 0)
		dir->path = NULL;
	free(resolved);
	if (dir->path == NULL)
		return error_set_no_memory(error);
	if (mkdtemp(dir->path) == NULL) {
		error_set(error, FAILURE_SYSTEM,
			  "cannot make a folder for temporary files in %s: %s", parent,
			  strerror(errno));
		free(dir->path);
		dir->path = NULL;
		return false;
	}
	return true;
}

static bool write_all(int fd, struct slice content)
{
	while (content.length > 0) {
		ssize_t count = write(fd, content.data, content.length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		content.data += count;
		content.length -= (size_t)count;
	}
	return true;
}

char *work_dir_write(const struct work_dir *dir, const char *name, struct slice content,
		     struct error *error)
{
	char *path = NULL;
	bool written;
	int fd;

	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	written = fd >= 0 && write_all(fd, content);
	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (!written) {
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
		free(path);
		return NULL;
	}
	return path;
}

static void remove_inside(int folder, unsigned depth)
{
	DIR *entries = fdopendir(folder);
	struct dirent *entry;

	if (entries == NULL) {
		close(folder);
		return;
	}
	while ((entry = readdir(entries)) != NULL) {
		int inside;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(folder, entry->d_name, 0) == 0 || depth == DEPTH_MAX)
			continue;
		inside = openat(folder, entry->d_name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inside >= 0)
			remove_inside(inside, depth + 1);
		(void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	}
	closedir(entries);
}

void work_dir_remove(struct work_dir *dir)
{
	int folder;

	if (dir->path == NULL)
		return;
	folder = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder >= 0)
		remove_inside(folder, 0);
	(void)rmdir(dir->path);
	free(dir->path);
	dir->path = NULL;
}
