/*
 * fuzz.h - what the fuzz programs share. Each tests/fuzz/fuzz_NAME.c feeds a module with
 * what libFuzzer makes up, starting from the files of tests/fuzz/corpus/NAME, and dies when
 * the module does not keep what its header promises.
 */
#ifndef TAPBYTE_TESTS_FUZZ_H
#define TAPBYTE_TESTS_FUZZ_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "json_scan.h"
#include "secret_mask.h"
#include "unicode.h"
#include "warnings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Dies with the place and the expression unless the condition holds. */
#define FUZZ_CHECK(condition)                                                             \
	do {                                                                              \
		if (!(condition)) {                                                       \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                          \
		}                                                                         \
	} while (0)

static inline bool fuzz_is_utf8(struct slice text)
{
	bool well_formed = true;

	for (size_t i = 0; well_formed && i < text.length;)
		i += utf8_sequence(text.data + i, text.data + text.length, &well_formed);
	return well_formed;
}

/*
 * Our own verdict, and that of jansson, which has no room for some numbers and for keys
 * with a zero byte.
 */
static inline void fuzz_check_json(struct slice text)
{
	struct json_scan scan;
	struct slice value;
	json_error_t error;
	json_t *json;

	json_scan_init(&scan, text);
	FUZZ_CHECK(json_scan_value(&scan, &value) && json_scan_end(&scan));
	FUZZ_CHECK(scan.found == 0 && fuzz_is_utf8(text));
	json = json_loadb(text.data, text.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	FUZZ_CHECK(json != NULL || json_error_code(&error) == json_error_numeric_overflow ||
		   json_error_code(&error) == json_error_null_byte_in_key);
	json_decref(json);
}

/* A message that goes out: valid, an object, on one line. */
static inline void fuzz_check_message(struct slice text)
{
	FUZZ_CHECK(text.length > 0 && text.data[0] == '{');
	FUZZ_CHECK(memchr(text.data, '\n', text.length) == NULL);
	FUZZ_CHECK(memchr(text.data, '\r', text.length) == NULL);
	fuzz_check_json(text);
}

/* A mask that knows one secret, which is UTF-8. */
static inline struct secret_mask fuzz_make_mask(struct slice secret)
{
	struct secret_mask mask = SECRET_MASK_EMPTY;
	json_t *spec = json_pack("{s{s{sb}}}", "properties", "s", "airbyte_secret", true);
	json_t *config = json_pack("{so}", "s", json_stringn(secret.data, secret.length));

	FUZZ_CHECK(spec != NULL && config != NULL && secret_mask_collect(&mask, spec, config));
	json_decref(spec);
	json_decref(config);
	return mask;
}

static inline void fuzz_ignore_warning(void *owner, const char *text)
{
	(void)owner;
	FUZZ_CHECK(text[0] != '\0');
}

static const struct warnings fuzz_warnings = { fuzz_ignore_warning, NULL };

#endif
