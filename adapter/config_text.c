#include "config_text.h"

#include <stdbool.h>

#include "document.h"
#include "json_check.h"
#include "json_load.h"
#include "unicode.h"

struct position {
	size_t line, column;
};

/* False: all is UTF-8. */
static bool find_bad_utf8(struct slice text, struct position *position)
{
	const char *end = text.data + text.length;
	bool well_formed;

	*position = (struct position){ 1, 1 };
	for (const char *p = text.data; p < end;) {
		size_t length = utf8_sequence(p, end, &well_formed);

		if (!well_formed)
			return true;
		position->column++;
		if (*p == '\n')
			*position = (struct position){ position->line + 1, 1 };
		p += length;
	}
	return false;
}

/* What jansson refuses and our own scanner does not. */
static const char *problem_of_jansson(const json_error_t *problem)
{
	switch (json_error_code(problem)) {
	case json_error_numeric_overflow:
		return "a number is too large";
	case json_error_null_byte_in_key:
		return "a key holds a zero byte";
	case json_error_stack_overflow:
		return "it is nested too deeply";
	default:
		return "a value is none that JSON has (NaN and Infinity are not, nor is half a "
		       "character, as \\ud800)";
	}
}

/* Why it is no JSON. jansson's own words would quote it. */
static void set_problem(struct slice text, const char *file, const json_error_t *problem,
			struct error *error)
{
	struct document document = DOCUMENT_NONE;
	struct position position;

	if (find_bad_utf8(text, &position))
		error_set(error, FAILURE_CONFIG, "the config, %s, is no text in UTF-8: line %zu, "
			  "column %zu; save it as UTF-8", file, position.line, position.column);
	else if (document_parse(&document, text, error))
		error_set(error, FAILURE_CONFIG,
			  "the config, %s, is not valid JSON at line %d, column %d: %s", file,
			  problem->line, problem->column, problem_of_jansson(problem));
	else if (!error->no_memory)
		error_prefix(error, "the config, %s, is ", file);
	if (!error->no_memory)
		error->type = FAILURE_CONFIG;
	document_release(&document);
}

json_t *config_text_parse(struct slice text, const char *file, struct error *error)
{
	json_error_t problem;
	json_t *config;

	if (slice_trim(text).length == 0) {
		error_set(error, FAILURE_CONFIG, "the config, %s, is empty; expected a JSON "
			  "object, {} at least", file);
		return NULL;
	}
	if (slice_starts_with(text, SLICE("\xef\xbb\xbf"))) {
		error_set(error, FAILURE_CONFIG, "the config, %s, begins with a byte order mark, "
			  "which is no JSON; save it as UTF-8 without BOM", file);
		return NULL;
	}
	config = json_load_slice(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &problem);
	if (config == NULL && problem.text[0] == '\0')
		error_set_no_memory(error);
	else if (config == NULL)
		set_problem(text, file, &problem, error);
	else if (!json_is_object(config))
		error_set(error, FAILURE_CONFIG, "the config, %s, is not a JSON object but %s",
			  file, json_check_kind(config));
	else
		return config;
	json_decref(config);
	return NULL;
}
