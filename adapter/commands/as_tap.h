/*
 * as_tap.h - a recording behaves like the tap that it is of.
 */
#ifndef TAPBYTE_AS_TAP_H
#define TAPBYTE_AS_TAP_H

/*
 * The arguments are the recording's folder and those of a tap: --help tells which options it
 * takes, --discover prints the discovery document, all else what was recorded, with the same
 * end: the exit code, or the signal.
 */
int as_tap(int argc, char **argv);

#endif
