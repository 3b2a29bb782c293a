/*
 * json_indent.h - JSON as people read and compare it: a member or element a line.
 */
#ifndef TAPBYTE_JSON_INDENT_H
#define TAPBYTE_JSON_INDENT_H

#include "buffer.h"
#include "slice.h"

/* Appends a valid JSON text; all tokens keep their spelling. Ends with a line end. */
void json_indent(struct buffer *out, struct slice text);

#endif
