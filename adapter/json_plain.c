#include "json_plain.h"

#include "count.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2
#endif

static bool always(void)
{
	return true;
}

static const char *skip_bytes(const char *p, const char *end)
{
	while (p < end && json_is_plain(*p))
		p++;
	return p;
}

static const char *skip_words(const char *p, const char *end)
{
	return json_plain_skip_words(p, end);
}

#ifdef JSON_PLAIN_VECTOR
static const char *skip_vectors(const char *p, const char *end)
{
	while (end - p >= JSON_PLAIN_VECTOR) {
		unsigned at = json_plain_in_vector(p);

		p += at;
		if (at < JSON_PLAIN_VECTOR)
			return p;
	}
	return json_plain_skip_words(p, end);
}
#endif

#ifdef HAVE_AVX2
#define WIDE 32

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static inline unsigned special_in_wide(const char *p)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)p);
	/* signed: what is outside ASCII is less than 0 */
	__m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes);
	__m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
	__m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));

	return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(low,
							      _mm256_or_si256(quote, backslash)));
}

__attribute__((target("avx2"))) static const char *skip_wide(const char *p, const char *end)
{
	while (end - p >= WIDE) {
		unsigned mask = special_in_wide(p);

		if (mask != 0)
			return p + __builtin_ctz(mask);
		p += WIDE;
	}
	return skip_vectors(p, end);
}
#endif

const struct json_plain_way json_plain_ways[] = {
	{ "bytes", skip_bytes, always },
	{ "words", skip_words, always },
#ifdef JSON_PLAIN_VECTOR
	{ "vectors", skip_vectors, always },
#endif
#ifdef HAVE_AVX2
	{ "avx2", skip_wide, has_avx2 },
#endif
};
const size_t json_plain_way_count = COUNT(json_plain_ways);

static json_plain_function choose;

/* The way that was chosen; the first call chooses it. Every thread would choose the same. */
static json_plain_function *chosen = choose;

static const char *choose(const char *p, const char *end)
{
	json_plain_function *best = skip_bytes;

	for (size_t i = 0; i < json_plain_way_count; i++)
		if (json_plain_ways[i].is_supported())
			best = json_plain_ways[i].search;
	chosen = best;
	return best(p, end);
}

const char *json_plain_skip_long(const char *p, const char *end)
{
	return chosen(p, end);
}
