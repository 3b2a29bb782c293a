/*
 * loop_memory.h - a reserve of memory for libuv.
 *
 * libuv aborts where a table of its own cannot grow, in the middle of uv_read_start for
 * one, and an abort leaves the tap running and its files behind. So when there is no
 * memory its few small requests are served from a reserve in the program itself, 32 KiB
 * that are not used twice: enough to stop the tap. The adapter's own requests fail, and
 * the run ends in an orderly way.
 */
#ifndef TAPBYTE_LOOP_MEMORY_H
#define TAPBYTE_LOOP_MEMORY_H

/* Call it before anything else of libuv. */
void loop_memory_use(void);

#endif
