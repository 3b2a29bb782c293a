#include "json_string.h"

#include <stdint.h>

#include "count.h"
#include "unicode.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2
#endif

static bool always(void)
{
	return true;
}

/* Passes over one character that is not plain; NULL: it has to be looked at. */
static inline const char *skip_special(const char *p, const char *end)
{
	bool well_formed;
	size_t length;

	if (*p == '\\')
		return json_is_short_escape(p, end) ? p + 2 : NULL;
	if ((unsigned char)*p < 0x80)
		return NULL;
	length = utf8_sequence(p, end, &well_formed);
	return well_formed ? p + length : NULL;
}

static const char *skip_bytes(const char *p, const char *end)
{
	while (p < end) {
		const char *next = json_is_plain(*p) ? p + 1 : skip_special(p, end);

		if (next == NULL)
			break;
		p = next;
	}
	return p;
}

static const char *skip_vectors(const char *p, const char *end)
{
	while ((p = json_plain_skip(p, end)) < end) {
		const char *next = skip_special(p, end);

		if (next == NULL)
			break;
		p = next;
	}
	return p;
}

#ifdef HAVE_AVX2
#define WIDE 32
#define AVX2 __attribute__((target("avx2,bmi"))) static inline

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

/* A bit for each byte of a block; and what a block tells the next one. */
struct block {
	__m256i bytes;
	uint32_t quotes, backslashes, controls, high;
};

struct carry {
	__m256i bytes;    /* the block before */
	uint32_t high;    /* whether its last three bytes have any outside ASCII */
	uint32_t escaped; /* 1: it ends with a backslash that begins an escape */
};

AVX2 uint32_t bits_of(__m256i bytes)
{
	return (uint32_t)_mm256_movemask_epi8(bytes);
}

AVX2 uint32_t equal(__m256i bytes, char byte)
{
	return bits_of(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

AVX2 struct block look_at(__m256i bytes)
{
	const __m256i last_control = _mm256_set1_epi8(0x1f);

	return (struct block){
		.bytes = bytes,
		.quotes = equal(bytes, '"'),
		.backslashes = equal(bytes, '\\'),
		.controls = bits_of(_mm256_cmpeq_epi8(_mm256_min_epu8(bytes, last_control), bytes)),
		.high = bits_of(bytes),
	};
}

/*
 * The bytes that follow a backslash which is not escaped itself. In a run of backslashes it
 * is every other one: the subtraction borrows through the run, and where a run begins at an
 * even or odd place decides which bits are left.
 */
AVX2 uint32_t find_escaped(uint32_t backslashes, uint32_t *carry)
{
	const uint32_t odd = 0xaaaaaaaa;
	uint32_t starts = backslashes & ~*carry;
	uint32_t codes = (((starts << 1) | odd) - starts) ^ odd;
	uint32_t escaped = codes ^ (backslashes | *carry);

	*carry = (codes & backslashes) >> 31;
	return escaped;
}

/* The digits of a byte, by which tables of 16 are asked. */
AVX2 __m256i low_digits(__m256i bytes)
{
	return _mm256_and_si256(bytes, _mm256_set1_epi8(0x0f));
}

AVX2 __m256i high_digits(__m256i bytes)
{
	return low_digits(_mm256_srli_epi16(bytes, 4));
}

AVX2 __m256i ask(const uint8_t *table, __m256i digits)
{
	__m128i values = _mm_loadu_si128((const __m128i *)table);

	return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(values), digits);
}

/* The bytes that may follow a backslash: both digits name the same set of them. */
AVX2 uint32_t find_short_escapes(__m256i bytes)
{
	enum { HIGH_2 = 1, HIGH_5 = 2, HIGH_6 = 4, HIGH_7 = 8 };
	static const uint8_t by_high[16] = {
		[2] = HIGH_2, [5] = HIGH_5, [6] = HIGH_6, [7] = HIGH_7,
	};
	static const uint8_t by_low[16] = {
		[0x2] = HIGH_2 | HIGH_6 | HIGH_7, /* " b r */
		[0x4] = HIGH_7,                   /* t */
		[0x6] = HIGH_6,                   /* f */
		[0xc] = HIGH_5,                   /* backslash */
		[0xe] = HIGH_6,                   /* n */
		[0xf] = HIGH_2,                   /* / */
	};
	__m256i sets = _mm256_and_si256(ask(by_high, high_digits(bytes)),
					ask(by_low, low_digits(bytes)));

	return ~bits_of(_mm256_cmpeq_epi8(sets, _mm256_setzero_si256()));
}

/* The bytes `count` places before each byte. */
#define BEFORE(bytes, last, count) \
	_mm256_alignr_epi8(bytes, _mm256_permute2x128_si256(last, bytes, 0x21), 16 - (count))

/*
 * Where UTF-8 is not well-formed, at the latest at the byte behind the mistake. The method
 * is that of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte"
 * (2021): a bit for each mistake that two bytes in a row can make; three tables, by the
 * first three digits of them, give the mistakes that each digit allows.
 */
AVX2 uint32_t find_bad_utf8(__m256i bytes, __m256i last)
{
	enum {
		TOO_SHORT = 1 << 0,  /* a lead, and no continuation */
		TOO_LONG = 1 << 1,   /* ASCII, and a continuation */
		OVERLONG_3 = 1 << 2,
		TOO_LARGE = 1 << 3,  /* f4 90 and above */
		SURROGATE = 1 << 4,
		OVERLONG_2 = 1 << 5,
		OVERLONG_4 = 1 << 6, /* f0 80 to 8f; also f5 to ff with 80 to 8f */
		CONTINUED = 1 << 7,  /* two continuations: right only in longer sequences */
		ANY_LOW = TOO_SHORT | TOO_LONG | CONTINUED,
	};
	static const uint8_t by_first_high[16] = {
		TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
		CONTINUED, CONTINUED, CONTINUED, CONTINUED,
		TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
		TOO_SHORT | TOO_LARGE | OVERLONG_4,
	};
	static const uint8_t by_first_low[16] = {
		ANY_LOW | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, ANY_LOW | OVERLONG_2,
		ANY_LOW, ANY_LOW,
		ANY_LOW | TOO_LARGE,
		ANY_LOW | TOO_LARGE | OVERLONG_4, ANY_LOW | TOO_LARGE | OVERLONG_4,
		ANY_LOW | TOO_LARGE | OVERLONG_4, ANY_LOW | TOO_LARGE | OVERLONG_4,
		ANY_LOW | TOO_LARGE | OVERLONG_4, ANY_LOW | TOO_LARGE | OVERLONG_4,
		ANY_LOW | TOO_LARGE | OVERLONG_4, ANY_LOW | TOO_LARGE | OVERLONG_4,
		ANY_LOW | TOO_LARGE | OVERLONG_4 | SURROGATE,
		ANY_LOW | TOO_LARGE | OVERLONG_4, ANY_LOW | TOO_LARGE | OVERLONG_4,
	};
	static const uint8_t by_second_high[16] = {
		TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
		TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
		TOO_LONG | OVERLONG_2 | CONTINUED | OVERLONG_3 | OVERLONG_4,
		TOO_LONG | OVERLONG_2 | CONTINUED | OVERLONG_3 | TOO_LARGE,
		TOO_LONG | OVERLONG_2 | CONTINUED | SURROGATE | TOO_LARGE,
		TOO_LONG | OVERLONG_2 | CONTINUED | SURROGATE | TOO_LARGE,
		TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
	};
	__m256i one = BEFORE(bytes, last, 1), two = BEFORE(bytes, last, 2);
	__m256i three = BEFORE(bytes, last, 3);
	__m256i mistakes = _mm256_and_si256(
		_mm256_and_si256(ask(by_first_high, high_digits(one)),
				 ask(by_first_low, low_digits(one))),
		ask(by_second_high, high_digits(bytes)));
	/* the top bit where a lead two or three bytes before demands a second continuation */
	__m256i third = _mm256_subs_epu8(two, _mm256_set1_epi8((char)(0xe0 - 0x80)));
	__m256i fourth = _mm256_subs_epu8(three, _mm256_set1_epi8((char)(0xf0 - 0x80)));
	__m256i continued = _mm256_and_si256(_mm256_or_si256(third, fourth),
					     _mm256_set1_epi8((char)CONTINUED));

	mistakes = _mm256_xor_si256(mistakes, continued);
	return ~bits_of(_mm256_cmpeq_epi8(mistakes, _mm256_setzero_si256()));
}

/* The last character's start before `p`, or `p`: what stands before it is well-formed. */
static const char *boundary(const char *start, const char *p, uint32_t escaped)
{
	const char *q = p - escaped;

	while (q > start && p - q < 4 && ((unsigned char)q[-1] & 0xc0) == 0x80)
		q--;
	return q > start && (unsigned char)q[-1] >= 0xc0 ? q - 1 : q;
}

/* Passes over a block, of which `p` is the first byte; NULL: all of it is fine. */
AVX2 const char *skip_block(const char *p, __m256i bytes, struct carry *carry, bool *broken)
{
	struct block block = look_at(bytes);
	uint32_t escaped = 0, bad_escapes = 0, stops, utf8 = 0;

	if ((block.backslashes | carry->escaped) != 0) {
		escaped = find_escaped(block.backslashes, &carry->escaped);
		bad_escapes = escaped & ~find_short_escapes(bytes);
	}
	stops = (block.quotes & ~escaped) | block.controls | bad_escapes;
	if ((block.high | carry->high) != 0)
		/* up to where it stops, and there: a quote may be where a continuation should */
		utf8 = find_bad_utf8(bytes, carry->bytes) & (stops ^ (stops - 1));
	carry->bytes = bytes;
	carry->high = block.high >> (WIDE - 3);
	*broken = utf8 != 0;
	if (stops == 0)
		return NULL;
	p += __builtin_ctz(stops);
	return bad_escapes & stops & -stops ? p - 1 : p;
}

__attribute__((target("avx2,bmi"))) static const char *skip_wide(const char *p, const char *end)
{
	struct carry carry = { .bytes = _mm256_setzero_si256() };
	const char *start = p, *stop = NULL;
	char last[WIDE] = { 0 }; /* a control character behind the text ends it */
	bool broken = false;

	while (stop == NULL) {
		const char *bytes = p;
		uint32_t escaped = carry.escaped;

		if (end - p < WIDE)
			bytes = memcpy(last, p, (size_t)(end - p));
		stop = skip_block(p, _mm256_loadu_si256((const __m256i *)bytes), &carry, &broken);
		if (broken)
			return skip_bytes(boundary(start, p, escaped), end);
		p += WIDE;
	}
	return stop;
}
#endif

const struct json_string_way json_string_ways[] = {
	{ "bytes", skip_bytes, always },
	{ "vectors", skip_vectors, always },
#ifdef HAVE_AVX2
	{ "avx2", skip_wide, has_avx2 },
#endif
};
const size_t json_string_way_count = COUNT(json_string_ways);

static json_string_function choose;

/* The way that was chosen; the first call chooses it. Every thread would choose the same. */
static json_string_function *chosen = choose;

static const char *choose(const char *p, const char *end)
{
	json_string_function *best = skip_bytes;

	for (size_t i = 0; i < json_string_way_count; i++)
		if (json_string_ways[i].is_supported())
			best = json_string_ways[i].pass_over;
	chosen = best;
	return best(p, end);
}

const char *json_string_skip_long(const char *p, const char *end)
{
	return chosen(p, end);
}
