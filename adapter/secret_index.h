/*
 * secret_index.h - secrets, and their forms in base64 and hexadecimal, to be found in long
 * texts at one look a byte, however many there are.
 *
 * A secret of SECRET_LENGTH_ANYWHERE and more bytes is found wherever it stands. Base64 is
 * recognized by the characters that depend on the secret alone, at each of the three
 * alignments in a longer text; then it is the whole run of base64 characters, padding
 * included, that is found. A shorter secret is found in quotes only, its base64 and
 * hexadecimal forms likewise.
 */
#ifndef TAPBYTE_SECRET_INDEX_H
#define TAPBYTE_SECRET_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "name_table.h"
#include "slice.h"

#define SECRET_LENGTH_ANYWHERE 6

/* One text to be found anywhere. */
struct secret_form {
	struct slice text; /* its bytes are the index's */
	uint64_t hash;     /* of its first SECRET_LENGTH_ANYWHERE bytes */
	uint32_t next;     /* of the same bucket, plus one; 0: the last one */
	bool in_run;       /* base64 or hexadecimal: found with the characters around it */
};

struct secret_index {
	struct secret_form *forms;
	size_t count;
	size_t capacity;
	uint32_t *buckets;        /* the first form of each, plus one; 0: none */
	unsigned bucket_bits;     /* there are 2^bucket_bits */
	uint64_t *filter;         /* a bit for the beginning of each hash that a form has */
	struct name_table quoted; /* what is found in quotes only */
	size_t quoted_maximum;    /* bytes of the longest of them */
	size_t encoded;           /* secrets whose encodings are in it */
};

#define SECRET_INDEX_EMPTY ((struct secret_index){ .forms = NULL })

/* Bytes of a text, from `start` to before `end`. */
struct secret_range {
	size_t start;
	size_t end;
};

/*
 * Adds a secret that is not empty; one that is there stays. False when memory runs out, or
 * there are millions of them.
 */
bool secret_index_add(struct secret_index *index, struct slice secret);

/*
 * Finds what is masked anywhere, at or behind *from, and sets *from to where to look for
 * the next one, which may overlap. The longest one at the first place; false: there is none.
 */
bool secret_index_find(const struct secret_index *index, struct slice text, size_t *from,
		       struct secret_range *found);

/* The same for what is masked in quotes (without them), or behind a "=" as the whole value. */
bool secret_index_find_quoted(const struct secret_index *index, struct slice text, size_t *from,
			      struct secret_range *found);

/* Is the whole text one that is not masked anywhere, but only so? */
bool secret_index_is_short(const struct secret_index *index, struct slice text);

void secret_index_release(struct secret_index *index);

#endif
