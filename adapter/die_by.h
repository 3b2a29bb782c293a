/*
 * die_by.h - an end by a signal, so that whoever waits for the process sees which one.
 */
#ifndef TAPBYTE_DIE_BY_H
#define TAPBYTE_DIE_BY_H

/*
 * Ends the process by the signal. What is still buffered in a FILE is lost. Returns only where
 * the signal ends nothing, as for PID 1: then it is the exit code that shells give for it.
 */
int die_by(int signal_number);

#endif
