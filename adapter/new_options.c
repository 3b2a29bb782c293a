#include "new_options.h"

#include <string.h>

#include "arguments.h"
#include "requirement.h"

static bool take_name(struct new_options *options, const char *name, struct error *error)
{
	if (options->name != NULL)
		return error_set(error, FAILURE_CONFIG, "one tap at a time: %s or %s? See "
				 "tapbyte new --help", options->name, name);
	options->name = name;
	return true;
}

static bool take_requirement(json_t *pip, const char *requirement, struct error *error)
{
	json_t *text = json_string(requirement);

	if (text == NULL)
		return error_set(error, FAILURE_CONFIG, "--pip needs a requirement in UTF-8");
	if (requirement_holds_credentials(requirement)) {
		json_decref(text);
		return error_set(error, FAILURE_CONFIG, "--pip holds credentials in its URL, and "
				 "would be written into tap.json: let pip have them from "
				 "PIP_INDEX_URL or its pip.conf (git from a credential helper), "
				 "and give the requirement without them");
	}
	return json_array_append_new(pip, text) == 0 || error_set_no_memory(error);
}

static bool take(struct new_options *options, const struct arguments *arguments, json_t *pip,
		 struct error *error)
{
	switch (arguments->option) {
	case OPTION_PIP:
		return take_requirement(pip, arguments->value, error);
	case OPTION_COMMAND:
		options->command = arguments->value;
		return true;
	case OPTION_CONFIG:
		options->config = arguments->value;
		return true;
	case OPTION_FORCE:
		options->force = true;
		return true;
	default:
		return take_name(options, arguments->value, error);
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
	struct arguments arguments = arguments_of(argc, argv);

	*options = (struct new_options){ .name = NULL };
	while (arguments_next(&arguments, error) && take(options, &arguments, pip, error))
		;
	if (error->set)
		return false;
	if (options->name == NULL)
		return error_set(error, FAILURE_CONFIG, "how is the tap to be called? Give a "
				 "NAME; see tapbyte new --help");
	if (json_array_size(pip) == 0)
		return error_set(error, FAILURE_CONFIG, "which package is the tap of? Give "
				 "--pip REQUIREMENT, as for pip install; see tapbyte new --help");
	return is_tap_name(options->name) ||
	       error_set(error, FAILURE_CONFIG, "a tap's name has a-z, 0-9 and - only, not %s; "
			 "see tapbyte new --help", options->name);
}
