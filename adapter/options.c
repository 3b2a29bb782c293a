#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

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

static const struct option long_options[] = {
	{ "tap", required_argument, NULL, 't' },   { "config", required_argument, NULL, 'c' },
	{ "catalog", required_argument, NULL, 'k' }, { "state", required_argument, NULL, 's' },
	{ "parallel", required_argument, NULL, 'p' }, { "debug", no_argument, NULL, 'd' },
	{ NULL, 0, NULL, 0 },
};

static bool parse_parallel(struct options *options, const char *command, const char *text,
			   struct error *error)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (strcmp(command, "read") != 0)
		return error_set(error, FAILURE_CONFIG, "%s: --parallel is for read only", command);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 ||
	    number > PARALLEL_MAXIMUM)
		return error_set(error, FAILURE_CONFIG,
				 "%s: --parallel needs a number of processes from 1 to %d, not %s",
				 command, PARALLEL_MAXIMUM, text);
	options->parallel = (unsigned)number;
	return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
	const char *tap = getenv("TAPBYTE_TAP");
	int option, at;

	*options = (struct options){ .folder = NULL };
	opterr = 0;
	optind = 1;
	while (at = optind, (option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		switch (option) {
		case 't':
			tap = optarg;
			break;
		case 'c':
			options->config = optarg;
			break;
		case 'k':
			options->catalog = optarg;
			break;
		case 's':
			options->state = optarg;
			break;
		case 'p':
			if (!parse_parallel(options, argv[0], optarg, error))
				return false;
			break;
		case 'd':
			options->debug = true;
			break;
		case ':':
			return error_set(error, FAILURE_CONFIG, "%s: %s needs a value", argv[0],
					 argv[at]);
		default:
			return error_set(error, FAILURE_CONFIG,
					 "%s: unknown option %s; see tapbyte --help", argv[0],
					 argv[at]);
		}
	}
	if (optind < argc)
		return error_set(error, FAILURE_CONFIG, "%s: unexpected argument %s", argv[0],
				 argv[optind]);
	if (tap == NULL || tap[0] == '\0')
		return error_set(error, FAILURE_CONFIG,
				 "%s: which tap? Give --tap NAME or --tap FOLDER, or set "
				 "TAPBYTE_TAP", argv[0]);
	options->folder = options_find_tap(tap, error);
	return options->folder != NULL && !error->set;
}

void options_release(struct options *options)
{
	free(options->folder);
	options->folder = NULL;
}
