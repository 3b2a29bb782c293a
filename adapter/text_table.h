/*
 * text_table.h - a table of texts of unknown origin, as wide as the terminal at most.
 *
 *	struct text_table table = TEXT_TABLE_EMPTY;
 *
 *	text_table_add_row(&table);
 *	text_table_set(&table, SLICE("id"), SLICE("1"), true);
 *	text_table_print(&table, 80, &out);
 *	text_table_release(&table);
 *
 * A column is there from the first time that it is named. What is too long is cut with "…";
 * columns for which there is no room are named below.
 */
#ifndef TAPBYTE_TEXT_TABLE_H
#define TAPBYTE_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "slice.h"

#define TEXT_TABLE_COLUMNS 200     /* more are left out */
#define TEXT_TABLE_CELL ((size_t)60) /* columns of the terminal; no cell is wider */

struct text_column {
	char *name;
	size_t width;  /* of the name or the widest cell */
	bool is_text;  /* one cell at least is no number: aligned at the left */
};

struct text_row {
	char **cells;  /* NULL: nothing is there */
	size_t count;
};

struct text_table {
	struct text_column *columns;
	size_t column_count;
	struct text_row *rows;
	size_t row_count;
	size_t left_out; /* columns beyond TEXT_TABLE_COLUMNS, each time */
	bool failed;     /* memory ran out */
};

#define TEXT_TABLE_EMPTY ((struct text_table){ .columns = NULL })

void text_table_add_row(struct text_table *table);

/* A cell of the last row; texts are copied, as fit for a terminal. */
void text_table_set(struct text_table *table, struct slice column, struct slice text,
		    bool is_number);

void text_table_print(const struct text_table *table, size_t width, struct buffer *out);
void text_table_release(struct text_table *table);

#endif
