#include "near_name.h"

#include <stddef.h>

#define LENGTH_MAXIMUM 64

/* A name of so many characters may have one slip; of twice as many, two. */
#define PER_SLIP 4

#define BEGINNING_MINIMUM 3

static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == ' ' ? '_' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The next row of a table of distances: `above` and `two_above` are those before it. */
static void fill_row(size_t *row, const size_t *above, const size_t *two_above, struct slice a,
		     size_t i, struct slice b)
{
	row[0] = i;
	for (size_t j = 1; j <= b.length; j++) {
		bool differs = plain(a.data[i - 1]) != plain(b.data[j - 1]);

		row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + differs);
		if (i > 1 && j > 1 && plain(a.data[i - 1]) == plain(b.data[j - 2]) &&
		    plain(a.data[i - 2]) == plain(b.data[j - 1]))
			row[j] = least(row[j], two_above[j - 2] + 1);
	}
}

/* What it takes at least to make one of the other. */
static size_t slips(struct slice a, struct slice b)
{
	size_t rows[3][LENGTH_MAXIMUM + 1];

	for (size_t j = 0; j <= b.length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.length; i++)
		fill_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, i, b);
	return rows[a.length % 3][b.length];
}

bool near_name(struct slice written, struct slice meant)
{
	size_t allowed = least(meant.length / PER_SLIP, 2);

	if (written.length == 0 || written.length > LENGTH_MAXIMUM ||
	    meant.length > LENGTH_MAXIMUM)
		return false;
	if (written.length >= BEGINNING_MINIMUM && slice_starts_with(meant, written))
		return true;
	return slips(written, meant) <= allowed;
}
