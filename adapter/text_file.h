/*
 * text_file.h - a whole file in memory.
 */
#ifndef TAPBYTE_TEXT_FILE_H
#define TAPBYTE_TEXT_FILE_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

/*
 * Appends the bytes of a file to `content`, an initialised buffer. FAILURE_CONFIG when
 * it cannot be read; the message names `what` it is and the path.
 */
bool text_file_read(const char *path, const char *what, struct buffer *content,
		    struct error *error);

/* Appends what an open file has left. False: errno, or content->failed. */
bool text_file_read_open(int fd, struct buffer *content);

#endif
