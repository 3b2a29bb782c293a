/*
 * inquiry_settings.h - the settings of a tap that has no tap.json yet.
 */
#ifndef TAPBYTE_INQUIRY_SETTINGS_H
#define TAPBYTE_INQUIRY_SETTINGS_H

#include "inquiry.h"

/*
 * Fills wrap.spec and wrap.asked: by --about where the tap has it, else by what its source
 * looks for and what is in the user's config (names and types); what it requires, by
 * starting it without. Needs the flags, and a session that is offline.
 */
bool inquiry_find_settings(struct inquiry *inquiry);

/*
 * Makes a setting required that the user's config lacks, and that the tap failed for want
 * of: as session.stack_trace tells.
 */
bool inquiry_learn_from_failure(struct inquiry *inquiry);

#endif
