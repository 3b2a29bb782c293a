/*
 * loop_memory.h - a reserve of memory for libuv.
 *
 * libuv aborts where a table of its own cannot grow, in the middle of uv_read_start for
 * one, and an abort leaves the tap running and its files behind. So when there is no
 * memory its few small requests are served from a reserve in the program itself, 32 KiB:
 * enough to stop the tap. The adapter's own requests fail, and the run ends in an orderly
 * way.
 *
 * A block of the reserve is not used a second time when it is freed, and moves to ordinary
 * memory when it grows while there is some again. When the reserve is used up libuv aborts
 * after all. For one thread: the loop must not be given work for libuv's thread pool.
 */
#ifndef TAPBYTE_LOOP_MEMORY_H
#define TAPBYTE_LOOP_MEMORY_H

/* Call it before anything else of libuv. */
void loop_memory_use(void);

#endif
