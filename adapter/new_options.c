#include "new_options.h"

#include <getopt.h>
#include <string.h>

static const struct option long_options[] = {
	{ "pip", required_argument, NULL, 'p' },    { "command", required_argument, NULL, 'x' },
	{ "config", required_argument, NULL, 'c' }, { "force", no_argument, NULL, 'f' },
	{ NULL, 0, NULL, 0 },
};

static bool take_name(struct new_options *options, const char *name)
{
	bool first = options->name == NULL;

	options->name = name;
	return first;
}

static bool take(struct new_options *options, int option, json_t *pip)
{
	switch (option) {
	case 1:
		return take_name(options, optarg);
	case 'p':
		return json_array_append_new(pip, json_string(optarg)) == 0;
	case 'x':
		options->command = optarg;
		return true;
	case 'c':
		options->config = optarg;
		return true;
	case 'f':
		options->force = true;
		return true;
	default:
		return false;
	}
}

static bool is_tap_name(const char *name)
{
	return name[0] != '\0' && name[0] != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

bool new_options_parse(struct new_options *options, int argc, char **argv, json_t *pip,
		       struct error *error)
{
	int option;

	*options = (struct new_options){ .name = NULL };
	optind = 1;
	while ((option = getopt_long(argc, argv, "-", long_options, NULL)) != -1)
		if (!take(options, option, pip))
			return false;
	if (options->name == NULL)
		return false;
	if (json_array_size(pip) == 0)
		return error_set(error, FAILURE_CONFIG, "which package is the tap of? Give "
				 "--pip REQUIREMENT, as for pip install");
	return is_tap_name(options->name) ||
	       error_set(error, FAILURE_CONFIG, "a tap's name has a-z, 0-9 and - only, not %s",
			 options->name);
}
