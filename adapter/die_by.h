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

/*
 * For the very beginning. The kernel drops what PID 1 of a container does not handle: a request
 * to end would be lost that comes before somebody watches for it. From now on SIGTERM, SIGINT
 * and SIGHUP end PID 1 at once, with that exit code, as they end any other process, until
 * somebody handles them otherwise. Those that are ignored stay so, and so does all of another
 * process.
 */
void die_by_as_first_process(void);

#endif
