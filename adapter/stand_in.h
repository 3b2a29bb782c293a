/*
 * stand_in.h - a text of the same shape and length that tells nothing of the text.
 *
 * A digit stands for a digit, a letter for a letter of the same case (hexadecimal for
 * hexadecimal), a character of two, three or four bytes for one of as many; all else stays:
 * an e-mail keeps its @ and dots, a UUID its hyphens and its version, a URL its scheme. Dates
 * and times of day stay valid, and the same one is the same in every text. A number that does
 * not begin with 0 does not.
 */
#ifndef TAPBYTE_STAND_IN_H
#define TAPBYTE_STAND_IN_H

#include "buffer.h"
#include "siphash.h"
#include "slice.h"

/* Appends the stand-in for a decoded text; the same for the same key. */
void stand_in_append(const struct siphash_key *key, struct buffer *out, struct slice text);

/* The same for a number as JSON writes it; its exponent stays. */
void stand_in_append_number(const struct siphash_key *key, struct buffer *out,
			    struct slice number);

#endif
