/*
 * archive.h - a tar archive (ustar) in memory, as a Docker daemon takes it: made of the same
 * files it is the same to the byte, since owners and times are left out.
 *
 *	struct archive archive;
 *	archive_init(&archive);
 *	archive_add_folder(&archive, "taps/x", folder, &error) &&
 *	archive_end(&archive, &error)
 *	... archive.bytes ...
 *	archive_release(&archive);
 */
#ifndef TAPBYTE_ARCHIVE_H
#define TAPBYTE_ARCHIVE_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

/* All of it. */
#define ARCHIVE_MAXIMUM ((size_t)256 << 20)

struct archive {
	struct buffer bytes;
	/* Patterns of names (fnmatch) that archive_add_folder leaves out, NULL-terminated; NULL:
	 * none. Borrowed. */
	const char *const *unwanted;
	struct buffer left_out; /* paths: ", /taps/x/config.json, /taps/x/secrets" */
	/* private: */
	struct buffer content; /* of the file that is being added */
	const char *root;      /* the real path of the folder that is being added */
};

void archive_init(struct archive *archive);

/* Adds the file or link at `path`, as `name`; those who run it are those who may at `path`. */
bool archive_add_file(struct archive *archive, const char *name, const char *path,
		      struct error *error);

/*
 * Adds what the folder at `path` holds, in the order of names: the files in it and in folders
 * of it, and what links lead to, but for what is `unwanted`, what begins with a dot,
 * __pycache__, and anything else than these; a link to what is left out for its name, or is in
 * such a folder, is left out, too. A link out of the folder is an error: it might lead to
 * somebody's keys.
 */
bool archive_add_folder(struct archive *archive, const char *name, const char *path,
			struct error *error);

bool archive_end(struct archive *archive, struct error *error);

void archive_release(struct archive *archive);

#endif
