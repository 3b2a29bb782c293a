#include "test_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "options.h"

enum option_letter {
	OPTION_TAP = 1, OPTION_CONFIG, OPTION_INVALID, OPTION_CATALOG, OPTION_JUNIT, OPTION_FORMAT,
	OPTION_IGNORE, OPTION_UPDATE, OPTION_OLDER,
};

static const struct option long_options[] = {
	{ "tap", required_argument, NULL, OPTION_TAP },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "invalid-config", required_argument, NULL, OPTION_INVALID },
	{ "catalog", required_argument, NULL, OPTION_CATALOG },
	{ "junit", required_argument, NULL, OPTION_JUNIT },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "ignore-fields", required_argument, NULL, OPTION_IGNORE },
	{ "update", no_argument, NULL, OPTION_UPDATE },
	{ "allow-older", no_argument, NULL, OPTION_OLDER },
	{ NULL, 0, NULL, 0 },
};

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

static bool take_option(struct test_options *options, int option, const char **tap,
			struct error *error)
{
	switch (option) {
	case OPTION_TAP:
		*tap = optarg;
		return true;
	case OPTION_CONFIG:
		options->config = optarg;
		return true;
	case OPTION_INVALID:
		options->invalid_config = optarg;
		return true;
	case OPTION_CATALOG:
		options->catalog = optarg;
		return true;
	case OPTION_JUNIT:
		options->junit = optarg;
		return true;
	case OPTION_FORMAT:
		return parse_format(options, optarg, error);
	case OPTION_IGNORE:
		return parse_ignored(options, optarg, error);
	case OPTION_UPDATE:
		return options->update = true;
	default:
		return options->allow_older = true;
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
	const char *tap = NULL, *given;
	int option, before;

	*options = (struct test_options){ .folder = NULL };
	opterr = 0;
	optind = 1;
	while (before = optind, (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == ':')
			return error_set(error, FAILURE_CONFIG, "%s needs a value",
					 argv[optind - 1]);
		if (option == '?')
			return error_set(error, FAILURE_CONFIG,
					 "unknown option %s; see tapbyte --help",
					 argv[optind > before ? optind - 1 : optind]);
		if (!take_option(options, option, &tap, error))
			return false;
	}
	options->paths = argv + optind;
	options->path_count = (size_t)(argc - optind);
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
	for (size_t i = 0; i < options->ignored_count; i++)
		free(options->ignored[i]);
	*options = (struct test_options){ .folder = NULL };
}
