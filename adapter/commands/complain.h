/*
 * complain.h - why a command failed that speaks to people.
 */
#ifndef TAPBYTE_COMPLAIN_H
#define TAPBYTE_COMPLAIN_H

/*
 * Prints "tapbyte test: MESSAGE" as one line on stderr, with nothing in it that a terminal obeys:
 * what a message quotes may come from a recording of somebody else.
 */
void complain(const char *command, const char *message);

#endif
