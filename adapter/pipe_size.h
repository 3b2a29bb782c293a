/*
 * pipe_size.h - room in a pipe for both its ends to work at the same time.
 */
#ifndef TAPBYTE_PIPE_SIZE_H
#define TAPBYTE_PIPE_SIZE_H

#include <fcntl.h>

/* What an unprivileged process may ask for. */
#define PIPE_SIZE (1 << 20)

/* Where the kernel refuses, the pipe stays as it is. */
static inline void pipe_size_enlarge(int fd)
{
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

#endif
