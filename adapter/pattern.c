#define PCRE2_CODE_UNIT_WIDTH 8

#include "pattern.h"

#include <pcre2.h>

#include "json_check.h"

#define MATCH_LIMIT 1000000    /* steps of a pattern; PCRE2's own is ten times that */
#define MATCH_HEAP_LIMIT 20480 /* KiB */

/* NULL where it does not compile. */
static pcre2_code *compile_pattern(const char *pattern, int *problem, size_t *offset)
{
	const uint32_t options = PCRE2_ALT_BSUX | PCRE2_UTF | PCRE2_ALLOW_EMPTY_CLASS |
				 PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code;

	*problem = PCRE2_ERROR_NOMEMORY;
	*offset = 0;
	if (context == NULL)
		return NULL;
	pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, problem, offset,
			     context);
	pcre2_compile_context_free(context);
	return code;
}

bool pattern_check(const char *pattern, const struct json_place *place, struct error *error)
{
	int problem;
	size_t offset;
	pcre2_code *code = compile_pattern(pattern, &problem, &offset);
	PCRE2_UCHAR text[256] = "";

	if (code != NULL) {
		pcre2_code_free(code);
		return true;
	}
	pcre2_get_error_message(problem, text, sizeof(text));
	return json_check_fail(place, FAILURE_SYSTEM, error,
			       "is no regular expression: %s, at offset %zu", (char *)text,
			       offset);
}

enum pattern_result pattern_match(const char *pattern, struct slice text)
{
	int result = PCRE2_ERROR_NOMEMORY, problem;
	size_t offset;
	pcre2_code *code = compile_pattern(pattern, &problem, &offset);
	pcre2_match_data *data = NULL;
	pcre2_match_context *context = pcre2_match_context_create(NULL);

	if (code == NULL)
		goto cleanup;
	data = pcre2_match_data_create_from_pattern(code, NULL);
	if (data == NULL || context == NULL)
		goto cleanup;
	pcre2_set_match_limit(context, MATCH_LIMIT);
	pcre2_set_heap_limit(context, MATCH_HEAP_LIMIT);
	result = pcre2_match(code, (PCRE2_SPTR)text.data, text.length, 0, 0, data, context);
cleanup:
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	if (result > 0)
		return PATTERN_MATCHES;
	return result == PCRE2_ERROR_NOMATCH ? PATTERN_DIFFERS : PATTERN_UNKNOWN;
}
