#include "test_options.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "count.h"
#include "options.h"

static bool parse_format(struct test_options *options, const char *name, struct error *error)
{
	static const char *const names[] = {
		[REPORT_HUMAN] = "human", [REPORT_TAP] = "tap", [REPORT_JUNIT] = "junit",
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		options->format = (enum report_format)i;
		return true;
	}
	return error_set(error, FAILURE_CONFIG, "--format is human, tap or junit, not %s", name);
}

/* FIELD,STREAM.FIELD,... */
static bool parse_ignored(struct test_options *options, const char *list, struct error *error)
{
	while (*list != '\0') {
		size_t length = strcspn(list, ",");
		char *name = strndup(list, length);

		if (name == NULL)
			return error_set_no_memory(error);
		if (length == 0 || options->ignored_count == TEST_IGNORED_MAXIMUM) {
			free(name);
			return error_set(error, FAILURE_CONFIG, "--ignore-fields needs names with "
					 "commas between them, at most %d", TEST_IGNORED_MAXIMUM);
		}
		options->ignored[options->ignored_count++] = name;
		list += length + (list[length] == ',');
	}
	return true;
}

static bool take_option(struct test_options *options, const struct arguments *arguments,
			const char **tap, struct error *error)
{
	switch (arguments->option) {
	case OPTION_TAP:
		*tap = arguments->value;
		return true;
	case OPTION_CONFIG:
		options->config = arguments->value;
		return true;
	case OPTION_INVALID_CONFIG:
		options->invalid_config = arguments->value;
		return true;
	case OPTION_CATALOG:
		options->catalog = arguments->value;
		return true;
	case OPTION_JUNIT:
		options->junit = arguments->value;
		return true;
	case OPTION_FORMAT:
		return parse_format(options, arguments->value, error);
	case OPTION_IGNORE_FIELDS:
		return parse_ignored(options, arguments->value, error);
	case OPTION_UPDATE:
		return options->update = true;
	case OPTION_ALLOW_OLDER:
		return options->allow_older = true;
	default:
		options->paths[options->path_count++] = arguments->value;
		return true;
	}
}

/* What does not go together. */
static bool check_whole(const struct test_options *options, const char *tap, struct error *error)
{
	if (options->config != NULL && (tap == NULL || tap[0] == '\0'))
		return error_set(error, FAILURE_CONFIG, "which tap? Give --tap NAME or --tap "
				 "FOLDER, or set TAPBYTE_TAP");
	if (options->config == NULL && options->path_count == 0)
		return error_set(error, FAILURE_CONFIG, "nothing to test: give folders with "
				 "recordings, or a tap and its config (--tap TAP --config FILE)");
	if (options->config == NULL && (options->invalid_config != NULL ||
					options->catalog != NULL || options->ignored_count > 0 ||
					options->allow_older))
		return error_set(error, FAILURE_CONFIG, "--invalid-config, --catalog, "
				 "--ignore-fields and --allow-older are for the test of a live "
				 "tap, which needs --config");
	return options->path_count > 0 || !options->update ||
	       error_set(error, FAILURE_CONFIG, "--update is for recordings; give their folder");
}

bool test_options_parse(struct test_options *options, int argc, char **argv,
			struct error *error)
{
	struct arguments arguments = arguments_of(argc, argv);
	const char *tap = NULL, *given;

	*options = (struct test_options){ .paths = calloc((size_t)argc, sizeof(*options->paths)) };
	if (options->paths == NULL)
		return error_set_no_memory(error);
	while (arguments_next(&arguments, error) &&
	       take_option(options, &arguments, &tap, error))
		;
	if (error->set)
		return false;
	given = tap;
	if (tap == NULL && options->config != NULL)
		tap = getenv("TAPBYTE_TAP");
	if (!check_whole(options, tap, error))
		return false;
	if (given == NULL && options->config == NULL)
		return true;
	options->folder = options_find_tap(tap, error);
	return options->folder != NULL && !error->set;
}

void test_options_release(struct test_options *options)
{
	free(options->folder);
	free(options->paths);
	for (size_t i = 0; i < options->ignored_count; i++)
		free(options->ignored[i]);
	*options = (struct test_options){ .folder = NULL };
}
