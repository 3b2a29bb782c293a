#include "tap_flags.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "count.h"
#include "document.h"
#include "json_load.h"
#include "text_file.h"

static const struct {
	const char *name; /* the option, or what the file calls it */
	size_t offset;
	bool is_usual; /* an option of the Singer specification */
} known_flags[] = {
	{ "--discover", offsetof(struct tap_flags, discover), true },
	{ "--catalog", offsetof(struct tap_flags, catalog), true },
	{ "--properties", offsetof(struct tap_flags, properties), true },
	{ "--state", offsetof(struct tap_flags, state), true },
	{ "--about", offsetof(struct tap_flags, about), false },
	{ "structured_logs", offsetof(struct tap_flags, structured_logs), false },
};

static bool *flag_at(struct tap_flags *flags, size_t i)
{
	return (bool *)((char *)flags + known_flags[i].offset);
}

/* Is the option there as a word of its own (--state, not --state-id)? */
static bool names_option(struct slice text, const char *option)
{
	size_t length = strlen(option);
	const char *end = text.data + text.length, *at = text.data;

	while (at != NULL && (size_t)(end - at) >= length) {
		at = memmem(at, (size_t)(end - at), option, length);
		if (at == NULL)
			return false;
		at += length;
		if (at == end || !(isalnum((unsigned char)*at) || *at == '-' || *at == '_'))
			return true;
	}
	return false;
}

bool tap_flags_from_help(struct tap_flags *flags, struct slice help)
{
	bool any = false;

	for (size_t i = 0; i < COUNT(known_flags); i++) {
		bool is_option = known_flags[i].name[0] == '-';

		*flag_at(flags, i) = is_option && names_option(help, known_flags[i].name);
		any = any || (known_flags[i].is_usual && *flag_at(flags, i));
	}
	return any;
}

bool tap_flags_from_about(struct tap_flags *flags, struct slice about)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *capabilities = NULL, *capability;
	bool known;

	if (document_parse(&document, about, &error))
		capabilities = node_get(document.nodes, "capabilities");
	known = capabilities != NULL && capabilities->kind == NODE_ARRAY;
	if (known) {
		node_for_each(capability, capabilities)
			if (node_is_string(capability, "structured-logging"))
				flags->structured_logs = true;
	}
	document_release(&document);
	return known;
}

void tap_flags_override(struct tap_flags *flags, const json_t *catalog_flags)
{
	size_t i;
	json_t *flag;

	if (catalog_flags == NULL)
		return;
	flags->catalog = flags->properties = false;
	json_array_foreach(catalog_flags, i, flag) {
		if (strcmp(json_string_value(flag), "--properties") == 0)
			flags->properties = true;
		else
			flags->catalog = true;
	}
}

size_t tap_flags_add_catalog(const struct tap_flags *flags, const char *path, const char **argv)
{
	size_t count = 0;

	if (flags->catalog) {
		argv[count++] = "--catalog";
		argv[count++] = path;
	}
	if (flags->properties) {
		argv[count++] = "--properties";
		argv[count++] = path;
	}
	return count;
}

bool tap_flags_load(struct tap_flags *flags, const char *path)
{
	struct error unread = ERROR_NONE;
	json_error_t problem;
	struct buffer text;
	json_t *file = NULL;
	bool whole;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (text_file_read(path, "the tap's options", &text, &unread))
		file = json_load_slice(buffer_slice(&text), 0, &problem);
	buffer_release(&text);
	whole = json_is_object(file);
	for (size_t i = 0; i < COUNT(known_flags); i++) {
		const json_t *flag = json_object_get(file, known_flags[i].name);

		whole = whole && (json_is_boolean(flag) || !known_flags[i].is_usual);
		*flag_at(flags, i) = json_is_true(flag);
	}
	json_decref(file);
	return whole;
}

bool tap_flags_save(const struct tap_flags *flags, const char *path, struct error *error)
{
	struct tap_flags copy = *flags;
	json_t *file = json_object();
	bool saved = file != NULL;

	for (size_t i = 0; saved && i < COUNT(known_flags); i++)
		saved = json_object_set_new(file, known_flags[i].name,
					    json_boolean(*flag_at(&copy, i))) == 0;
	saved = saved && json_dump_file(file, path, JSON_INDENT(2)) == 0;
	json_decref(file);
	return saved || error_set(error, FAILURE_SYSTEM, "cannot write %s", path);
}
