/*
 * tap_install.h - a tap's private Python environment: made, filled, asked.
 *
 * venv and pip write to our own stdout and stderr; the caller flushes its stdout first.
 */
#ifndef TAPBYTE_TAP_INSTALL_H
#define TAPBYTE_TAP_INSTALL_H

#include <stdbool.h>

#include "error.h"
#include "session.h"
#include "tap.h"
#include "tap_flags.h"

/* Makes the environment (tap_venv_path), anew if it is there. An error begins "cannot make
 * the environment", in the caller's words what is lost by it. */
bool tap_install_environment(const struct tap *tap, struct error *error);

/* Has its pip install what the manifest names (tap.pip), where paths are relative to the tap's
 * folder; what is there already stays. */
bool tap_install_packages(const struct tap *tap, struct error *error);

/* Appends the names of the programs in it that are no part of every environment, with ", "
 * between them. */
void tap_install_programs(const struct tap *tap, struct buffer *list);

/* Asks the tap what it takes and what it can do, and keeps the answers in the environment
 * for the reads to come; *answered is false where its --help does not say. */
bool tap_install_keep_flags(struct session *session, struct tap_flags *flags, bool *answered);

#endif
