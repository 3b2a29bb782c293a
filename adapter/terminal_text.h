/*
 * terminal_text.h - text of unknown origin, made fit for a terminal: one line, no more
 * columns than there are, and nothing in it that the terminal would obey.
 *
 * A tab, a line end or any other control character (C0, DEL, C1), and the marks
 * that turn the direction of text, come out as the escapes that a programmer knows: \n, \t,
 * \x1b, \u202e. Bytes that are no UTF-8 come out as U+FFFD.
 *
 * Widths are in columns: East Asian wide characters and emoji take two, combining ones none.
 */
#ifndef TAPBYTE_TERMINAL_TEXT_H
#define TAPBYTE_TERMINAL_TEXT_H

#include <stddef.h>

#include "buffer.h"
#include "slice.h"

#define TERMINAL_TEXT_UNCUT ((size_t)-1)

/*
 * Appends the text; what is wider than `columns` (at least 1) is cut, with "…" as the last
 * character. The number of columns that it takes.
 */
size_t terminal_text_append(struct buffer *out, struct slice text, size_t columns);

/* How many columns the text would take, uncut; counting ends beyond `enough`. */
size_t terminal_text_width(struct slice text, size_t enough);

/* Appends that many spaces. */
void terminal_text_pad(struct buffer *out, size_t columns);

#endif
