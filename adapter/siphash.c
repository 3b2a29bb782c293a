#include "siphash.h"

#include <endian.h>

struct state {
	uint64_t v[4];
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(struct state *s, unsigned count)
{
	while (count-- > 0) {
		s->v[0] += s->v[1];
		s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
		s->v[0] = rotate(s->v[0], 32);
		s->v[2] += s->v[3];
		s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
		s->v[0] += s->v[3];
		s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
		s->v[2] += s->v[1];
		s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
		s->v[2] = rotate(s->v[2], 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s, 2);
	s->v[0] ^= word;
}

uint64_t siphash(const struct siphash_key *key, struct slice bytes)
{
	struct state s = { {
		key->words[0] ^ UINT64_C(0x736f6d6570736575),
		key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		key->words[0] ^ UINT64_C(0x6c7967656e657261),
		key->words[1] ^ UINT64_C(0x7465646279746573),
	} };
	uint64_t word = 0, length = bytes.length;

	for (; bytes.length >= 8; bytes = slice_after(bytes, 8)) {
		memcpy(&word, bytes.data, 8);
		take(&s, le64toh(word));
	}
	word = 0;
	if (bytes.length > 0)
		memcpy(&word, bytes.data, bytes.length);
	take(&s, le64toh(word) | length << 56);
	s.v[2] ^= 0xff;
	rounds(&s, 4);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
