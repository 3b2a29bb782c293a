#include "remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever makes deeper folders than this has to remove them. */
#define DEPTH_MAX 500

/* Also one that the tap took its own rights to away. */
static int open_inside(int folder, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int inside = openat(folder, name, flags);

	if (inside < 0 && errno == EACCES &&
	    fchmodat(folder, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		inside = openat(folder, name, flags);
	if (inside >= 0)
		(void)fchmod(inside, 0700);
	return inside;
}

static void remove_inside(int folder, unsigned depth);

static void remove_entry(int folder, const char *name, unsigned depth)
{
	int inside;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (unlinkat(folder, name, 0) == 0 || depth == DEPTH_MAX)
		return;
	inside = open_inside(folder, name);
	if (inside >= 0) {
		remove_inside(inside, depth + 1);
		close(inside);
	}
	(void)unlinkat(folder, name, AT_REMOVEDIR);
}

/* Not by readdir, which wants memory: there may be none. */
static void remove_inside(int folder, unsigned depth)
{
	_Alignas(struct dirent64) char entries[2048];
	ssize_t length;

	(void)lseek(folder, 0, SEEK_SET);
	while ((length = getdents64(folder, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; at < length;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			remove_entry(folder, entry->d_name, depth);
		}
	}
}

void remove_tree_inside(int folder)
{
	remove_inside(folder, 0);
}

void remove_tree(const char *path)
{
	remove_entry(AT_FDCWD, path, 0);
}
