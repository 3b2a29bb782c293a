/*
 * wrap_place.h - where the files of a newly wrapped tap go.
 */
#ifndef TAPBYTE_WRAP_PLACE_H
#define TAPBYTE_WRAP_PLACE_H

#include <stdbool.h>

#include "error.h"
#include "wrap_files.h"

/*
 * Finds base, folder and overlay_path for wrap->name, and makes their folders:
 * $TAPBYTE_TAPS/NAME, else taps/NAME, as other commands look for taps; catalogs/ is beside
 * taps/.
 */
bool wrap_place_find(struct wrap *wrap, struct error *error);

/*
 * After a failure: removes the folders that wrap_place_find made, and wrap->new_venv. What
 * was there before stays, and so does a folder of several taps that has got something else.
 */
void wrap_place_undo(const struct wrap *wrap);

/* The part of an absolute path that a person in the current directory would write; borrowed. */
const char *wrap_place_shown(const char *path);

#endif
