/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein): a keyed hash of 64 bits that tells nothing of
 * the bytes to whoever lacks the key.
 */
#ifndef TAPBYTE_SIPHASH_H
#define TAPBYTE_SIPHASH_H

#include <stdint.h>

#include "slice.h"

struct siphash_key {
	uint64_t words[2];
};

uint64_t siphash(const struct siphash_key *key, struct slice bytes);

#endif
