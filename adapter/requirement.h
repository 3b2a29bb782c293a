/*
 * requirement.h - what can be told of a requirement as pip takes it, without asking pip:
 * "tap-x[sql]==1.2", "./tap-x", "tap-x @ git+https://...", "--extra-index-url=https://...".
 */
#ifndef TAPBYTE_REQUIREMENT_H
#define TAPBYTE_REQUIREMENT_H

#include <stdbool.h>

#include "error.h"

/* Does a URL in it have a user, and with it mostly a password or a token? */
bool requirement_holds_credentials(const char *requirement);

/*
 * The file or folder of this machine that it names, as the part of it from there on: a path
 * that begins with a dot or a slash, one of a .whl or an archive, or a file: URL. NULL: none.
 */
const char *requirement_path(const char *requirement);

/* Is it a path or a URL, and so no package's name? */
bool requirement_is_place(const char *requirement);

/*
 * A path, relative to the current directory, made absolute, with its extras; another requirement
 * as it is. The caller frees it; NULL and an error where there is nothing at "./tap-x".
 */
char *requirement_resolve(const char *requirement, struct error *error);

/*
 * An absolute path in the folder (which is absolute, and has no symbolic links) made relative
 * to it ("./tap-x"); another requirement as it is. The caller frees it; NULL when memory runs
 * out.
 */
char *requirement_within(const char *requirement, const char *folder);

#endif
