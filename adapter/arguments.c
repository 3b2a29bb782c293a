#include "arguments.h"

#include <string.h>

#include "near_name.h"

struct arguments arguments_of(int argc, char **argv)
{
	return (struct arguments){
		.next = 1, .usage = usage_of(argv[0]), .argc = argc, .argv = argv,
	};
}

static bool fail_unknown(const struct arguments *arguments, const char *text,
			 struct error *error)
{
	const struct usage_option *option = arguments->usage->options;
	struct slice name = slice_of_string(text);

	name = slice_after(name, text[1] == '-' ? 2 : 1);
	name.length = strcspn(name.data, "=");
	while (option->id != OPTION_NONE &&
	       (option->meaning == NULL || !near_name(name, slice_of_string(option->name))))
		option++;
	if (option->id != OPTION_NONE)
		return error_set(error, FAILURE_CONFIG, "unknown option %s; is --%s meant? See "
				 "tapbyte %s --help", text, option->name, arguments->argv[0]);
	return error_set(error, FAILURE_CONFIG, "unknown option %s; see tapbyte %s --help", text,
			 arguments->argv[0]);
}

static bool take_option(struct arguments *arguments, const char *text, struct error *error)
{
	const struct usage_option *option = arguments->usage->options;
	size_t length = strcspn(text + 2, "=");
	const char *value = text[2 + length] == '=' ? text + 2 + length + 1 : NULL;
	struct slice name = slice_of(text + 2, length);

	while (option->id != OPTION_NONE && !slice_equals(name, slice_of_string(option->name)))
		option++;
	if (option->id == OPTION_NONE)
		return fail_unknown(arguments, text, error);
	if (value != NULL && option->value == NULL)
		return error_set(error, FAILURE_CONFIG, "--%s takes no value, as in %s; see "
				 "tapbyte %s --help", option->name, text, arguments->argv[0]);
	if (value == NULL && option->value != NULL && arguments->next < arguments->argc)
		value = arguments->argv[arguments->next++];
	if (value == NULL && option->value != NULL)
		return error_set(error, FAILURE_CONFIG, "--%s needs a value: --%s %s; see "
				 "tapbyte %s --help", option->name, option->name, option->value,
				 arguments->argv[0]);
	arguments->option = option->id;
	arguments->value = value;
	return true;
}

bool arguments_next(struct arguments *arguments, struct error *error)
{
	const char *text;

	if (arguments->next < arguments->argc && !arguments->operands_only &&
	    strcmp(arguments->argv[arguments->next], "--") == 0) {
		arguments->operands_only = true;
		arguments->next++;
	}
	if (arguments->next >= arguments->argc)
		return false;
	text = arguments->argv[arguments->next++];
	if (!arguments->operands_only && text[0] == '-' && text[1] == '-')
		return take_option(arguments, text, error);
	if (!arguments->operands_only && text[0] == '-' && text[1] != '\0')
		return fail_unknown(arguments, text, error);
	arguments->option = OPTION_NONE;
	arguments->value = text;
	return true;
}
