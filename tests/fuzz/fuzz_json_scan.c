/* The input is a JSON text: scanned, compared with jansson's verdict, mended, rewritten. */
#include "fuzz.h"
#include "json_compact.h"
#include "json_text.h"

/* What jansson refuses though it is JSON, or was noted as something to mend. */
static bool may_refuse(const json_error_t *error, const struct json_scan *scan)
{
	enum json_error_code code = json_error_code(error);

	return scan->found != 0 || code == json_error_numeric_overflow ||
	       code == json_error_null_byte_in_key;
}

/* What jansson takes though we do not: more levels, and a zero byte behind a number. */
static bool may_take(struct slice text, const struct json_scan *scan)
{
	return strstr(scan->problem, "nest") != NULL ||
	       (text.length > 0 && memchr(text.data, '\0', text.length) != NULL);
}

static void check_mended(struct slice value)
{
	struct buffer mended, again;

	buffer_init(&mended, BUFFER_MAXIMUM);
	buffer_init(&again, BUFFER_MAXIMUM);
	json_text_mend(&mended, value);
	fuzz_check_json(buffer_slice(&mended));
	json_text_mend(&again, buffer_slice(&mended));
	FUZZ_CHECK(slice_equals(buffer_slice(&mended), buffer_slice(&again)));
	buffer_release(&mended);
	buffer_release(&again);
}

static void check_string(struct slice raw)
{
	struct buffer text, encoded;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_init(&encoded, BUFFER_MAXIMUM);
	json_text_decode(&text, raw);
	FUZZ_CHECK(fuzz_is_utf8(buffer_slice(&text)));
	FUZZ_CHECK(json_text_equals(raw, buffer_slice(&text)));
	json_text_encode(&encoded, buffer_slice(&text));
	fuzz_check_json(buffer_slice(&encoded));
	FUZZ_CHECK(json_text_equals(slice_of(encoded.data + 1, encoded.length - 2),
				    buffer_slice(&text)));
	buffer_release(&text);
	buffer_release(&encoded);
}

static void check_compact(const json_t *value)
{
	char *text = json_compact(value);
	json_t *again;

	FUZZ_CHECK(text != NULL);
	again = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	FUZZ_CHECK(again != NULL && json_equal(value, again));
	json_decref(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), value = SLICE("");
	struct json_scan scan;
	json_error_t error;
	json_t *json = json_loadb(text.data ? text.data : "", size,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	bool valid;

	json_scan_init(&scan, text);
	valid = json_scan_value(&scan, &value) && json_scan_end(&scan);
	FUZZ_CHECK(valid == (scan.problem == NULL));
	if (valid) {
		FUZZ_CHECK(json != NULL || may_refuse(&error, &scan));
		check_mended(value);
		if (value.data[0] == '"')
			check_string(slice_of(value.data + 1, value.length - 2));
	} else {
		FUZZ_CHECK(scan.problem_at >= text.data && scan.problem_at <= text.data + size);
		FUZZ_CHECK(json == NULL || may_take(text, &scan));
	}
	if (json != NULL)
		check_compact(json);
	json_decref(json);
	return 0;
}
