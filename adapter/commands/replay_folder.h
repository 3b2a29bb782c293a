/*
 * replay_folder.h - the protocol's commands, of a recording's folder.
 */
#ifndef TAPBYTE_REPLAY_FOLDER_H
#define TAPBYTE_REPLAY_FOLDER_H

#include <stdbool.h>

#include "error.h"

enum replay_operation {
	REPLAY_DISCOVER,
	REPLAY_CHECK,
	REPLAY_READ,
	REPLAY_OPERATIONS,
};

/* "discover", "check", "read". */
extern const char *const replay_operation_names[REPLAY_OPERATIONS];

/*
 * Writes what comes out now into the folder, as what has to come out: tap/ and expected/.
 * `tap_folder` is absolute; NULL: the tap that recording.json names. Leaves the process in
 * the folder; on failure without anything in expected/, so that no test takes a part for all.
 */
bool replay_folder_update(const char *folder, const char *tap_folder, struct error *error);

#endif
