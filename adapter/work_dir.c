#include "work_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "count.h"
#include "remove_tree.h"
#include "text_file.h"

/* What has this name is swept, so it must be nobody else's: not that of mktemp tapbyte-XXXXXX. */
#define PREFIX "tapbyte-run-"
#define SUFFIX_LENGTH 6

/* A sweep is a courtesy, so it ends early: entries looked at, folders removed. */
#define SWEEP_ENTRIES 200000
#define SWEEP_FOLDERS 100

/* Of a path in a message, so that the reason is not cut off. */
#define SHOWN_MAX 2000

#define ZFS_MAGIC 0x2fc12fc1

/* A sweeper may take a new folder for a stale one until it is locked. */
#define ATTEMPTS 20

/*
 * ---- removing ----
 */

/* Empties a locked folder, takes it out of its parent, and only then lets go of the lock. */
static void remove_locked(int parent, const char *name, int folder)
{
	(void)fchmod(folder, 0700);
	remove_tree_inside(folder);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
	close(folder);
}

/*
 * ---- stale folders ----
 */

/* The lock is on the folder itself, and goes when the last of its descriptors does. */
static int open_folder(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_still_there(int parent, const char *name, int folder)
{
	struct stat held, found;

	return fstat(folder, &held) == 0 &&
	       fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

static bool remove_if_stale(int parent, const char *name)
{
	int folder = open_folder(parent, name);
	struct stat status;

	if (folder < 0)
		return false;
	if (fstat(folder, &status) != 0 || status.st_uid != geteuid() ||
	    flock(folder, LOCK_EX | LOCK_NB) != 0 ||
	    !is_still_there(parent, name, folder)) {
		close(folder);
		return false;
	}
	remove_locked(parent, name, folder);
	return true;
}

static bool may_be_ours(const struct dirent *entry)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *suffix = entry->d_name + strlen(PREFIX);

	return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
	       strlen(suffix) == SUFFIX_LENGTH && strspn(suffix, letters) == SUFFIX_LENGTH;
}

/* Elsewhere the adapter of another machine may be at work, and hold a lock that is not seen. */
static bool is_of_this_machine(int folder)
{
	static const unsigned long kinds[] = {
		TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC, EXT4_SUPER_MAGIC,
		XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, ZFS_MAGIC,
	};
	struct statfs status;

	if (fstatfs(folder, &status) != 0)
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if ((unsigned long)status.f_type == kinds[i])
			return true;
	return false;
}

/* Removes what killed adapters left. No failure matters: the next start tries again. */
static void sweep(const char *parent)
{
	unsigned looked_at = 0, removed = 0;
	DIR *entries = opendir(parent);
	struct dirent *entry;

	if (entries == NULL)
		return;
	if (is_of_this_machine(dirfd(entries)))
		while (looked_at++ < SWEEP_ENTRIES && removed < SWEEP_FOLDERS &&
		       (entry = readdir(entries)) != NULL)
			if (may_be_ours(entry) && remove_if_stale(dirfd(entries), entry->d_name))
				removed++;
	closedir(entries);
}

/*
 * ---- making one ----
 */

/* False: a sweeper came in between, or there is no descriptor for it. Without locks nobody
 * sweeps. */
static bool lock(struct work_dir *dir)
{
	bool taken;

	dir->lock = open_folder(AT_FDCWD, dir->path);
	if (dir->lock < 0)
		return false;
	taken = flock(dir->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	if (!taken && is_still_there(AT_FDCWD, dir->path, dir->lock))
		return true;
	close(dir->lock);
	errno = EBUSY;
	return false;
}

/* Makes one and locks it. False with errno. */
static bool make(struct work_dir *dir)
{
	int reason;

	if (mkdtemp(dir->path) == NULL)
		return false;
	if (lock(dir))
		return true;
	reason = errno;
	(void)rmdir(dir->path);
	errno = reason;
	return false;
}

static bool make_in(struct work_dir *dir, const char *parent, struct error *error)
{
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		free(dir->path);
		if (asprintf(&dir->path, "%s/" PREFIX "XXXXXX", parent) < 0) {
			dir->path = NULL;
			return error_set_no_memory(error);
		}
		if (make(dir))
			return true;
		if (errno != EBUSY && errno != ENOENT)
			break;
	}
	error_set(error, FAILURE_SYSTEM, "cannot make a folder for temporary files in %.*s: "
		  "%s. TMPDIR may name another place", SHOWN_MAX, parent, strerror(errno));
	free(dir->path);
	dir->path = NULL;
	return false;
}

/* A container with a read-only root still has a /dev/shm that can be written to. */
static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (folder != NULL && folder[0] != '\0')
		return folder;
	return access("/tmp", W_OK) != 0 && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

bool work_dir_create(struct work_dir *dir, struct error *error)
{
	const char *parent = temporary_folder();
	char *resolved = realpath(parent, NULL);
	bool made;

	if (resolved == NULL)
		return error_set(error, FAILURE_SYSTEM,
				 "cannot use the folder for temporary files, %.*s: %s", SHOWN_MAX,
				 parent, strerror(errno));
	sweep(resolved);
	made = make_in(dir, resolved, error);
	free(resolved);
	return made;
}

/*
 * ---- using it ----
 */

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
	written = fd >= 0 && text_file_write_open(fd, content);
	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (!written) {
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
		free(path);
		return NULL;
	}
	return path;
}

char *work_dir_make_folder(const struct work_dir *dir, const char *name, struct error *error)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	if (mkdir(path, 0700) != 0) {
		error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
			  strerror(errno));
		free(path);
		return NULL;
	}
	return path;
}

void work_dir_remove(struct work_dir *dir)
{
	if (dir->path == NULL)
		return;
	remove_locked(AT_FDCWD, dir->path, dir->lock);
	free(dir->path);
	*dir = WORK_DIR_NONE;
}
