/*
 * work_dir.h - a private folder for one run: config, catalog and state for the tap, and
 * the tap's own working directory. Mode 0700, files 0600; removed with all that is in it.
 *
 * It is locked (flock) as long as it is in use. Those of processes that were killed are no
 * longer: whoever makes the next folder beside them removes them, where the file system is
 * one of this machine.
 */
#ifndef TAPBYTE_WORK_DIR_H
#define TAPBYTE_WORK_DIR_H

#include <stdbool.h>

#include "error.h"
#include "slice.h"

struct work_dir {
	char *path; /* absolute; NULL: there is none */
	int lock;   /* the folder itself, open; children do not inherit it */
};

#define WORK_DIR_NONE ((struct work_dir){ .path = NULL, .lock = -1 })

/*
 * Makes a new one in $TMPDIR, else in /tmp, or in /dev/shm where /tmp cannot be written to;
 * removes stale ones there, at most 100.
 */
bool work_dir_create(struct work_dir *dir, struct error *error);

/*
 * Writes a file into it. The result is its absolute path, which the caller frees; NULL
 * on an error.
 */
char *work_dir_write(const struct work_dir *dir, const char *name, struct slice content,
		     struct error *error);

/* Makes a folder in it. The result is its absolute path, which the caller frees; NULL: error. */
char *work_dir_make_folder(const struct work_dir *dir, const char *name, struct error *error);

/* Removes the folder; links are removed, not followed. Nothing where there is none. */
void work_dir_remove(struct work_dir *dir);

#endif
