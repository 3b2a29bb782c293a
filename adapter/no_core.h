/*
 * no_core.h - no core files, which would hold secrets, of this process and those that it
 * starts.
 */
#ifndef TAPBYTE_NO_CORE_H
#define TAPBYTE_NO_CORE_H

void no_core(void);

#endif
