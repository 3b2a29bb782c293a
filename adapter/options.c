#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "arguments.h"
#include "count.h"
#include "manifest.h"

static bool holds_tap(const char *folder, struct error *error)
{
	char *manifest = NULL;
	bool found;

	if (asprintf(&manifest, "%s/tap.json", folder) < 0)
		return error_set_no_memory(error);
	found = access(manifest, F_OK) == 0;
	free(manifest);
	return found;
}

/* PARENT/NAME as an absolute path where it holds a tap, else NULL. */
static char *tap_in(const char *parent, const char *name, struct error *error)
{
	char *folder = NULL, *absolute = NULL;

	if (parent == NULL || parent[0] == '\0')
		return NULL;
	if (asprintf(&folder, "%s/%s", parent, name) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	if (holds_tap(folder, error)) {
		absolute = realpath(folder, NULL);
		if (absolute == NULL && errno == ENOMEM)
			error_set_no_memory(error);
	}
	free(folder);
	return absolute;
}

/* A tap that came with the program that is running: installed, or in a checkout. */
static char *installed_tap(const char *name, struct error *error)
{
	static const char *const beside[] = { "../share/tapbyte/taps", "taps" };
	char program[4096], *parent = NULL, *folder = NULL;
	size_t size = sizeof(program);

	if (uv_exepath(program, &size) != 0 || strrchr(program, '/') == NULL)
		return NULL;
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; folder == NULL && i < COUNT(beside); i++) {
		if (asprintf(&parent, "%s/%s", program, beside[i]) < 0) {
			error_set_no_memory(error);
			return NULL;
		}
		folder = tap_in(parent, name, error);
		free(parent);
	}
	return folder;
}

char *options_find_tap(const char *tap, struct error *error)
{
	const char *own = getenv("TAPBYTE_TAPS");
	char *folder;

	if (strchr(tap, '/') != NULL) {
		folder = tap_in(tap, "", error);
		if (folder == NULL)
			error_set(error, FAILURE_CONFIG, "there is no tap in %s (no file tap.json)",
				  tap);
		return folder;
	}
	folder = tap_in(own, tap, error);
	if (folder == NULL)
		folder = tap_in("taps", tap, error);
	if (folder == NULL)
		folder = installed_tap(tap, error);
	if (folder == NULL)
		error_set(error, FAILURE_CONFIG,
			  "there is no tap named %s: no %s/tap.json in %s%s./taps or among the "
			  "installed taps (a folder needs a slash: ./%s)",
			  tap, tap, own ? own : "", own ? ", " : "", tap);
	return folder;
}

static bool parse_parallel(struct options *options, const char *text, struct error *error)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 ||
	    number > PARALLEL_MAXIMUM)
		return error_set(error, FAILURE_CONFIG,
				 "--parallel needs a number of processes from 1 to %d, not %s",
				 PARALLEL_MAXIMUM, text);
	options->parallel = (unsigned)number;
	return true;
}

static bool take(struct options *options, const struct arguments *arguments, const char **tap,
		 struct error *error)
{
	switch (arguments->option) {
	case OPTION_TAP:
		*tap = arguments->value;
		return true;
	case OPTION_CONFIG:
		options->config = arguments->value;
		return true;
	case OPTION_CATALOG:
		options->catalog = arguments->value;
		return true;
	case OPTION_STATE:
		options->state = arguments->value;
		return true;
	case OPTION_PARALLEL:
		return parse_parallel(options, arguments->value, error);
	case OPTION_DEBUG:
		options->debug = true;
		return true;
	case OPTION_NONE:
		return error_set(error, FAILURE_CONFIG,
				 "unexpected argument %s; see tapbyte %s --help", arguments->value,
				 arguments->usage->command);
	default:
		return true;
	}
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
	struct arguments arguments = arguments_of(argc, argv);
	const char *tap = getenv("TAPBYTE_TAP");

	*options = (struct options){ .folder = NULL };
	while (arguments_next(&arguments, error) && take(options, &arguments, &tap, error))
		;
	if (!error->set && (tap == NULL || tap[0] == '\0'))
		error_set(error, FAILURE_CONFIG, "which tap? Give --tap NAME or --tap FOLDER, or "
			  "set TAPBYTE_TAP");
	if (error->set) {
		error_prefix(error, "%s: ", argv[0]);
		return false;
	}
	options->folder = options_find_tap(tap, error);
	return options->folder != NULL && !error->set;
}

void options_release(struct options *options)
{
	free(options->folder);
	options->folder = NULL;
}
