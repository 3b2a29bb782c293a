#include "json_compact.h"

#include <stdbool.h>
#include <stdlib.h>

#include "json_load.h"

#define DIGITS_SHORT 15 /* every decimal of that many digits survives a double */
#define DIGITS_EXACT 17 /* every double survives that many digits */

/* A number that is rounded up may be no double any more; without memory nothing is known. */
static bool means(const char *text, const json_t *value, bool *no_memory)
{
	json_error_t problem;
	json_t *parsed = json_load_slice(slice_of_string(text), JSON_DECODE_ANY | JSON_ALLOW_NUL,
					 &problem);
	bool equal = json_equal(parsed, value);

	*no_memory = parsed == NULL && problem.text[0] == '\0';
	json_decref(parsed);
	return equal;
}

char *json_compact(const json_t *value)
{
	for (size_t digits = DIGITS_SHORT;; digits++) {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY |
						       JSON_REAL_PRECISION(digits));

		bool no_memory = false;

		if (text == NULL || digits == DIGITS_EXACT || means(text, value, &no_memory))
			return text;
		free(text);
		if (no_memory)
			return NULL;
	}
}
