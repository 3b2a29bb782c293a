/*
 * output.h - the way out: whole messages go into a buffer, the buffer to a descriptor,
 * without blocking the loop.
 *
 * Producers append whole messages to `bytes` and call output_flush when they have no
 * more for now. What the descriptor does not take at once is kept and written when it
 * can be; meanwhile output_is_full tells producers to pause, and `drained` is called
 * when they may go on.
 */
#ifndef TAPBYTE_OUTPUT_H
#define TAPBYTE_OUTPUT_H

#include <stdbool.h>
#include <uv.h>

#include "buffer.h"

struct output {
	struct buffer bytes; /* appended to by the producers */
	size_t written;      /* bytes of it that went out already */
	int fd;
	int error;           /* 0, or the errno of the write that failed: nothing goes out then */
	bool polling;
	bool open;           /* the poll handle belongs to the loop */
	bool is_pipe;
	int old_flags;       /* of a descriptor that was made non-blocking and has to be set
				back; -1: none */
	bool own_fd;
	uv_poll_t poll;
	void (*drained)(void *owner);
	void *owner;
};

/*
 * Starts writing to a descriptor, which stays the caller's. `drained` (may be NULL) is
 * called from the loop when all was written after the output had been full, and when
 * writing failed (error is then set). The reader of a pipe that goes away is noticed
 * even while there is nothing to write: EPIPE.
 */
void output_open(struct output *output, uv_loop_t *loop, int fd, void (*drained)(void *owner),
		 void *owner);

/* Writes what can be written now. */
void output_flush(struct output *output);

/* True while the reader at the other end is behind: pause. */
bool output_is_full(const struct output *output);

/* Gives the handle back to the loop (run it once more) and the descriptor its old flags. */
void output_close(struct output *output);

#endif
