/*
 * hash.h - FNV-1a, 64 bits: a fingerprint of bytes, to tell things apart that nobody makes
 * alike on purpose.
 */
#ifndef TAPBYTE_HASH_H
#define TAPBYTE_HASH_H

#include <stdint.h>

#include "slice.h"

#define HASH_START UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

/* Goes on where `hash` ended; the first time that is HASH_START. */
static inline uint64_t hash_bytes(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (unsigned char)bytes.data[i]) * HASH_PRIME;
	return hash;
}

#endif
