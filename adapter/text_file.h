/*
 * text_file.h - whole files, read into memory and written from it.
 */
#ifndef TAPBYTE_TEXT_FILE_H
#define TAPBYTE_TEXT_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"
#include "slice.h"

/*
 * Appends the bytes of a file to `content`, an initialised buffer. FAILURE_CONFIG when
 * it cannot be read; the message names `what` it is and the path.
 */
bool text_file_read(const char *path, const char *what, struct buffer *content,
		    struct error *error);

/* Appends what an open file has left. False: errno, or content->failed. */
bool text_file_read_open(int fd, struct buffer *content);

/* Writes all of it to an open file. False: errno. */
bool text_file_write_open(int fd, struct slice content);

/* Makes what is missing of the folders above the path, which comes back as it was. */
bool text_file_make_folders(char *path, struct error *error);

/*
 * Makes it the file's content; whoever looks finds the old one or the new one, whole. By way
 * of a file beside it, PATH.new. FAILURE_SYSTEM on an error, which leaves the old one.
 */
bool text_file_replace(const char *path, struct slice content, mode_t mode, struct error *error);

#endif
