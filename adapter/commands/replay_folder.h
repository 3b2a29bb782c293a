/*
 * replay_folder.h - a recording's folder, brought up to date.
 */
#ifndef TAPBYTE_REPLAY_FOLDER_H
#define TAPBYTE_REPLAY_FOLDER_H

#include <stdbool.h>

#include "error.h"

/*
 * Writes what comes out now into the folder, as what has to come out: tap/ and expected/.
 * `tap_folder` is absolute; NULL: the tap that recording.json names. Leaves the process in
 * the folder; on failure without anything in expected/, so that no test takes a part for all.
 */
bool replay_folder_update(const char *folder, const char *tap_folder, struct error *error);

#endif
