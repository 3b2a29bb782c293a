/*
 * json_plain.h - passes over the bytes of a JSON string that need no second look: all but
 * the quote, the backslash, control characters and what is outside ASCII; with the vectors
 * that every machine of its kind has (SSE2, NEON), or eight bytes at a time.
 */
#ifndef TAPBYTE_JSON_PLAIN_H
#define TAPBYTE_JSON_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

static inline bool json_is_plain(char byte)
{
	return (unsigned char)byte >= 0x20 && (unsigned char)byte < 0x80 && byte != '"' &&
	       byte != '\\';
}

#define JSON_EVERY_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * The top bit of each byte that is not plain. A borrow may mark a byte wrongly, but only
 * above the lowest one marked rightly.
 */
static inline uint64_t json_special_bytes(uint64_t word)
{
	uint64_t quote = word ^ JSON_EVERY_BYTE('"');
	uint64_t backslash = word ^ JSON_EVERY_BYTE('\\');

	return (word | (word - JSON_EVERY_BYTE(0x20)) | (quote - JSON_EVERY_BYTE(1)) |
		(backslash - JSON_EVERY_BYTE(1))) & JSON_EVERY_BYTE(0x80);
}

static inline const char *json_plain_skip_words(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t word, special;

		memcpy(&word, p, sizeof(word));
		special = json_special_bytes(le64toh(word));
		if (special != 0)
			return p + __builtin_ctzll(special) / 8;
		p += 8;
	}
	while (p < end && json_is_plain(*p))
		p++;
	return p;
}

#if defined(__SSE2__)
#define JSON_PLAIN_VECTOR 16

/* A bit for each of 16 bytes that is not plain. */
static inline uint32_t json_special_in_vector(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)p);
	/* signed: what is outside ASCII is less than 0 */
	__m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
				       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
						    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));

	return (uint32_t)_mm_movemask_epi8(special);
}

/* Where the first byte that is not plain is in 16 bytes, and in 32; as many: nowhere. */
static inline unsigned json_plain_in_vector(const char *p)
{
	uint32_t special = json_special_in_vector(p);

	return special != 0 ? (unsigned)__builtin_ctz(special) : 16;
}

static inline unsigned json_plain_in_vectors(const char *p)
{
	uint32_t special = json_special_in_vector(p) | json_special_in_vector(p + 16) << 16;

	return special != 0 ? (unsigned)__builtin_ctz(special) : 32;
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define JSON_PLAIN_VECTOR 16

/* Four bits for each of 16 bytes that is not plain. */
static inline uint64_t json_special_in_vector(const char *p)
{
	int8x16_t bytes = vld1q_s8((const int8_t *)p);
	uint8x16_t special = vorrq_u8(vcltq_s8(bytes, vdupq_n_s8(0x20)),
				      vorrq_u8(vceqq_s8(bytes, vdupq_n_s8('"')),
					       vceqq_s8(bytes, vdupq_n_s8('\\'))));

	return vget_lane_u64(vreinterpret_u64_u8(
				vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
}

/* Where the first byte that is not plain is in 16 bytes, and in 32; as many: nowhere. */
static inline unsigned json_plain_in_vector(const char *p)
{
	uint64_t special = json_special_in_vector(p);

	return special != 0 ? (unsigned)__builtin_ctzll(special) / 4 : 16;
}

static inline unsigned json_plain_in_vectors(const char *p)
{
	unsigned at = json_plain_in_vector(p);

	return at < 16 ? at : 16 + json_plain_in_vector(p + 16);
}
#endif

/* The place of the first byte that is not plain, or `end`. */
static inline const char *json_plain_skip(const char *p, const char *end)
{
#ifdef JSON_PLAIN_VECTOR
	while (end - p >= JSON_PLAIN_VECTOR) {
		unsigned at = json_plain_in_vector(p);

		p += at;
		if (at < JSON_PLAIN_VECTOR)
			return p;
	}
#endif
	return json_plain_skip_words(p, end);
}

/*
 * The same, but it goes no further than JSON_PLAIN_SHORT bytes where there are so many:
 * for what is mostly short. One look at all of them, since a branch for each length would be
 * guessed wrongly by the processor about as often as not.
 */
#define JSON_PLAIN_SHORT 32
static inline const char *json_plain_skip_short(const char *p, const char *end)
{
#ifdef JSON_PLAIN_VECTOR
	if (end - p >= JSON_PLAIN_SHORT)
		return p + json_plain_in_vectors(p);
#endif
	return json_plain_skip_words(p, end);
}

#endif
