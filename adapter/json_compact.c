#include "json_compact.h"

#include <stdbool.h>
#include <stdlib.h>

#define DIGITS_SHORT 15 /* every decimal of that many digits survives a double */
#define DIGITS_EXACT 17 /* every double survives that many digits */

static bool means(const char *text, const json_t *value)
{
	json_t *parsed = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool equal = json_equal(parsed, value);

	json_decref(parsed);
	return equal;
}

char *json_compact(const json_t *value)
{
	for (size_t digits = DIGITS_SHORT;; digits++) {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY |
						       JSON_REAL_PRECISION(digits));

		if (text == NULL || digits == DIGITS_EXACT || means(text, value))
			return text;
		free(text);
	}
}
