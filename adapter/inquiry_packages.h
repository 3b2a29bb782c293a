/*
 * inquiry_packages.h - the packages of a tap that has no tap.json yet: installed, looked
 * at, and completed where the tap relies on one that it does not ask for.
 *
 * pip writes to our own stdout and stderr; the caller flushes its stdout before
 * inquiry_install and inquiry_add_package.
 */
#ifndef TAPBYTE_INQUIRY_PACKAGES_H
#define TAPBYTE_INQUIRY_PACKAGES_H

#include "inquiry.h"

/* Packages that are added, one after the other. */
#define INQUIRY_HELPERS_MAXIMUM 4

/* Makes the environment with wrap.pip, whose paths become absolute; from then on signals
 * stop the tap and not us. */
bool inquiry_install(struct inquiry *inquiry);

/* Finds out which program is the tap: the command (NULL: none given), or what its package
 * calls so. Fills wrap.program, package, home and license. */
bool inquiry_find_program(struct inquiry *inquiry, const char *command);

/*
 * Does the tap's --help end well? Where it fails for want of a package that is known,
 * *helper is that, which lives forever; else NULL, and a note tells of the failure.
 */
bool inquiry_try_help(struct inquiry *inquiry, const char **helper);
bool inquiry_add_package(struct inquiry *inquiry, const char *helper);

/* Makes wrap.pip name the versions that are there now, and what is in the tap's folder by a
 * path from there. */
bool inquiry_pin(struct inquiry *inquiry);

/* Asks for the options that the tap takes, and keeps them as `install` does. */
bool inquiry_keep_flags(struct inquiry *inquiry);

#endif
