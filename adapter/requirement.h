/*
 * requirement.h - what can be told of a requirement as pip takes it, without asking pip:
 * "tap-x[sql]==1.2", "./tap-x", "tap-x @ git+https://...", "--extra-index-url=https://...".
 */
#ifndef TAPBYTE_REQUIREMENT_H
#define TAPBYTE_REQUIREMENT_H

#include <stdbool.h>

/* Does a URL in it have a user, and with it mostly a password or a token? */
bool requirement_holds_credentials(const char *requirement);

/*
 * The file or folder of this machine that it names, as the part of it from there on: a path
 * that begins with a dot or a slash, one of a .whl or an archive, or a file: URL. NULL: none.
 */
const char *requirement_path(const char *requirement);

#endif
