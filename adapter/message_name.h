/*
 * message_name.h - what Airbyte messages are called, for people and to tell them apart. A
 * message that is NULL (a line of text) has names, too.
 */
#ifndef TAPBYTE_MESSAGE_NAME_H
#define TAPBYTE_MESSAGE_NAME_H

#include "buffer.h"
#include "document.h"

/*
 * "RECORD users", "TRACE STREAM_STATUS users", "LOG": those of one lane can be compared with
 * each other. The caller frees it; NULL: no memory.
 */
char *message_lane(const struct node *message);

/* The stream that it is of, else its type, else "output". The same. */
char *message_subject(const struct node *message);

/* In a word: "record", "state", "status". Lives forever. */
const char *message_noun(const struct node *message);

/* The part that people look at: a record's data, a stream's state. NULL: all of it. */
const struct node *message_content(const struct node *message);

/*
 * Appends "namespace.name" of an object that names a stream by `stream` or `name`, fit for a
 * terminal, each part cut to so many columns.
 */
void message_append_stream(struct buffer *out, const struct node *object, size_t columns);

#endif
