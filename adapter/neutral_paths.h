/*
 * neutral_paths.h - takes the machine out of a text: the folders of this run get names that
 * are the same everywhere.
 *
 *	the work dir            /tapbyte
 *	the tap's environment   /venv
 *	the tap's folder        /tap
 *	the current directory   .
 *	$HOME                   ~
 */
#ifndef TAPBYTE_NEUTRAL_PATHS_H
#define TAPBYTE_NEUTRAL_PATHS_H

#include "buffer.h"
#include "tap.h"

#define NEUTRAL_PATHS_MAXIMUM 8

struct neutral_paths {
	struct neutral_path {
		char *path;
		const char *name;
	} items[NEUTRAL_PATHS_MAXIMUM]; /* the longest path first */
	size_t count;
};

/* Needs tap_prepare. False when memory runs out; to be released then as well. */
bool neutral_paths_init(struct neutral_paths *paths, const struct tap *tap);
void neutral_paths_release(struct neutral_paths *paths);

/* Appends the text with the names in place of the paths; a URL stays as it is. */
void neutral_paths_apply(const struct neutral_paths *paths, struct buffer *out,
			 struct slice text);

#endif
