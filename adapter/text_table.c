#include "text_table.h"

#include <stdlib.h>
#include <string.h>

#include "terminal_text.h"

#define INDENT 2
#define GAP 2

/* No column is made narrower than this. */
#define NARROWEST 8

static char *shown(struct slice text, size_t *width)
{
	struct buffer out;
	char *copy;

	buffer_init(&out, BUFFER_MAXIMUM);
	*width = terminal_text_append(&out, text, TEXT_TABLE_CELL);
	copy = buffer_to_string(&out);
	buffer_release(&out);
	return copy;
}

void text_table_add_row(struct text_table *table)
{
	struct text_row *rows = realloc(table->rows, (table->row_count + 1) * sizeof(*rows));

	table->failed = table->failed || rows == NULL;
	if (rows == NULL)
		return;
	table->rows = rows;
	rows[table->row_count++] = (struct text_row){ .cells = NULL };
}

static bool add_column(struct text_table *table, char *name, size_t width)
{
	struct text_column *columns = realloc(table->columns,
					      (table->column_count + 1) * sizeof(*columns));

	if (columns == NULL)
		return false;
	table->columns = columns;
	columns[table->column_count++] = (struct text_column){ .name = name, .width = width };
	return true;
}

/* Its number, new or not; column_count: there is none. */
static size_t find_column(struct text_table *table, struct slice column)
{
	size_t width, i = 0;
	char *name = shown(column, &width);

	while (name != NULL && i < table->column_count &&
	       strcmp(table->columns[i].name, name) != 0)
		i++;
	if (name != NULL && i == table->column_count && i < TEXT_TABLE_COLUMNS &&
	    add_column(table, name, width))
		return i;
	table->left_out += i == TEXT_TABLE_COLUMNS;
	table->failed = table->failed || name == NULL ||
			(i == table->column_count && i < TEXT_TABLE_COLUMNS);
	free(name);
	return i;
}

static bool make_cells(struct text_row *row, size_t count)
{
	char **cells;

	if (count <= row->count)
		return true;
	cells = realloc(row->cells, count * sizeof(*cells));
	if (cells == NULL)
		return false;
	memset(cells + row->count, 0, (count - row->count) * sizeof(*cells));
	row->cells = cells;
	row->count = count;
	return true;
}

void text_table_set(struct text_table *table, struct slice column, struct slice text,
		    bool is_number)
{
	size_t index = find_column(table, column), width;
	struct text_row *row;
	char *cell;

	if (table->failed || table->row_count == 0 || index == table->column_count)
		return;
	row = &table->rows[table->row_count - 1];
	cell = make_cells(row, index + 1) ? shown(text, &width) : NULL;
	table->failed = cell == NULL;
	if (cell == NULL)
		return;
	free(row->cells[index]);
	row->cells[index] = cell;
	if (width > table->columns[index].width)
		table->columns[index].width = width;
	table->columns[index].is_text = table->columns[index].is_text || !is_number;
}

/*
 * ---- printing ----
 */

/* How many of the columns have room, and how wide each is. */
static size_t fit(const struct text_table *table, size_t width, size_t *widths)
{
	size_t count = table->column_count, total = INDENT;

	for (size_t i = 0; i < count; i++) {
		widths[i] = table->columns[i].width;
		total += widths[i] + (i > 0 ? GAP : 0);
	}
	while (total > width && count > 0) {
		size_t widest = 0;

		for (size_t i = 1; i < count; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] > NARROWEST) {
			widths[widest]--;
			total--;
		} else if (count > 1) {
			total -= widths[--count] + GAP;
		} else {
			break;
		}
	}
	return count;
}

static void append_cell(struct buffer *out, const char *text, size_t width, bool right)
{
	struct slice slice = slice_of_string(text);
	size_t needed = terminal_text_width(slice, width);

	if (right && needed < width)
		terminal_text_pad(out, width - needed);
	needed = terminal_text_append(out, slice, width);
	if (!right && needed < width)
		terminal_text_pad(out, width - needed);
}

/* Without spaces at its end. */
static void end_line(struct buffer *out)
{
	while (out->length > 0 && out->data[out->length - 1] == ' ')
		out->length--;
	buffer_append_char(out, '\n');
}

static void print_head(const struct text_table *table, const size_t *widths, size_t count,
		       struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		terminal_text_pad(out, i > 0 ? GAP : INDENT);
		append_cell(out, table->columns[i].name, widths[i], !table->columns[i].is_text);
	}
	end_line(out);
	for (size_t i = 0; i < count; i++) {
		terminal_text_pad(out, i > 0 ? GAP : INDENT);
		for (size_t j = 0; j < widths[i]; j++)
			buffer_append_char(out, '-');
	}
	end_line(out);
}

static void print_left_out(const struct text_table *table, size_t from, size_t width,
			   struct buffer *out)
{
	struct buffer names;

	if (from == table->column_count && table->left_out == 0)
		return;
	buffer_init(&names, BUFFER_MAXIMUM);
	buffer_append_string(&names, "and ");
	buffer_append_integer(&names, (long long)(table->column_count - from));
	buffer_append_string(&names, table->left_out > 0 ? " or more fields" : " more");
	for (size_t i = from; i < table->column_count; i++) {
		buffer_append_string(&names, i == from ? ": " : ", ");
		buffer_append_string(&names, table->columns[i].name);
	}
	terminal_text_pad(out, INDENT);
	terminal_text_append(out, buffer_slice(&names), width > INDENT + 1 ? width - INDENT : 1);
	buffer_append_char(out, '\n');
	out->failed = out->failed || names.failed;
	buffer_release(&names);
}

void text_table_print(const struct text_table *table, size_t width, struct buffer *out)
{
	size_t *widths = calloc(table->column_count + 1, sizeof(*widths)), count;

	out->failed = out->failed || widths == NULL;
	if (widths == NULL)
		return;
	count = fit(table, width, widths);
	print_head(table, widths, count, out);
	for (size_t i = 0; i < table->row_count; i++) {
		const struct text_row *row = &table->rows[i];

		for (size_t j = 0; j < count; j++) {
			const char *cell = j < row->count ? row->cells[j] : NULL;

			terminal_text_pad(out, j > 0 ? GAP : INDENT);
			append_cell(out, cell != NULL ? cell : "", widths[j],
				    !table->columns[j].is_text);
		}
		end_line(out);
	}
	print_left_out(table, count, width, out);
	free(widths);
}

void text_table_release(struct text_table *table)
{
	for (size_t i = 0; i < table->row_count; i++) {
		for (size_t j = 0; j < table->rows[i].count; j++)
			free(table->rows[i].cells[j]);
		free(table->rows[i].cells);
	}
	for (size_t i = 0; i < table->column_count; i++)
		free(table->columns[i].name);
	free(table->rows);
	free(table->columns);
	*table = TEXT_TABLE_EMPTY;
}
