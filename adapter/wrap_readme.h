/*
 * wrap_readme.h - the README.md of a newly wrapped tap.
 */
#ifndef TAPBYTE_WRAP_README_H
#define TAPBYTE_WRAP_README_H

#include "buffer.h"
#include "wrap_files.h"

/* Appends it. What the tap's own texts say is text: no markup, and no line of its own. */
void wrap_readme_write(const struct wrap *wrap, struct buffer *out);

#endif
