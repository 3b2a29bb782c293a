#include "wrap_readme.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many streams are listed for people. */
#define LISTED_MAXIMUM 60

static void add(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct buffer *out, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text != NULL)
		buffer_append_string(out, text);
	else
		out->failed = true;
	free(text);
}

/* The tap's own words: on one line, whatever they would do there as Markdown or HTML. */
static void add_text(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("\\`<[|", *text) != NULL)
			buffer_append_char(out, '\\');
		buffer_append_char(out, iscntrl((unsigned char)*text) ? ' ' : *text);
	}
}

/* The same between backticks, where nothing can be escaped. */
static void add_code(struct buffer *out, const char *text)
{
	buffer_append_char(out, '`');
	for (; *text != '\0'; text++)
		buffer_append_char(out, *text == '`' || *text == '|' ||
						iscntrl((unsigned char)*text) ? ' ' : *text);
	buffer_append_char(out, '`');
}

static const char *string_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void add_list(struct buffer *out, const json_t *names)
{
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name) {
		buffer_append_string(out, i > 0 ? ", " : "");
		add_text(out, json_string_value(name));
	}
}

static bool is_required(const json_t *spec, const char *setting)
{
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(spec, "required"), i, name)
		if (strcmp(json_string_value(name), setting) == 0)
			return true;
	return false;
}

static void add_settings(const struct wrap *wrap, struct buffer *out)
{
	json_t *properties = json_object_get(wrap->spec, "properties"), *property;
	const char *name;

	add(out, "## Settings\n\nFound %s.\n\n", wrap->asked);
	if (json_object_size(properties) == 0) {
		add(out, "None.\n\n");
		return;
	}
	add(out, "| setting | type | required | secret |\n| --- | --- | --- | --- |\n");
	json_object_foreach(properties, name, property) {
		const char *type = string_in(property, "type");

		add(out, "| ");
		add_code(out, name);
		add(out, " | %s | %s | %s |\n", type[0] != '\0' ? type : "any",
		    is_required(wrap->spec, name) ? "yes" : "",
		    wrap_is_secret(property) ? "yes" : "");
	}
	buffer_append_char(out, '\n');
}

static void add_stream_row(const json_t *stream, struct buffer *out)
{
	bool defined = json_is_true(json_object_get(stream, "source_defined_cursor"));

	add(out, "| ");
	add_code(out, string_in(stream, "name"));
	add(out, " | ");
	add_list(out, json_object_get(stream, "primary_key"));
	add(out, " | ");
	add_text(out, string_in(stream, "cursor_field"));
	if (json_is_true(json_object_get(stream, "incremental")) && !defined)
		add(out, "(the user chooses)");
	add(out, " |\n");
}

static void add_streams_text(const struct wrap *wrap, struct buffer *out)
{
	size_t count = json_array_size(wrap->streams), i;
	json_t *stream;

	add(out, "## Streams\n\n");
	if (count == 0) {
		add(out, "Not known without a config that works: `tapbyte discover` shows them."
		    "\n\n");
		return;
	}
	add(out, "| stream | primary key | cursor |\n| --- | --- | --- |\n");
	json_array_foreach(wrap->streams, i, stream)
		if (i < LISTED_MAXIMUM)
			add_stream_row(stream, out);
	if (count > LISTED_MAXIMUM)
		add(out, "\nAnd %zu more.\n", count - LISTED_MAXIMUM);
	add(out, "\n`configured_catalog.json` reads them all, incrementally where the tap names a "
	    "cursor. Without a primary key a\ndestination cannot replace rows: `primary_key` in "
	    "`../../catalogs/%s.json` names one.\n\n", wrap->name);
}

static void add_state(const struct wrap *wrap, struct buffer *out)
{
	char *text = wrap->state ? json_dumps(wrap->state, JSON_INDENT(2)) : NULL;

	if (text != NULL)
		add(out, "## State\n\nThe shape of what the tap keeps (the values are made up):"
		    "\n\n```json\n%s\n```\n\n", text);
	free(text);
}

static void add_notes(const struct wrap *wrap, struct buffer *out)
{
	size_t i;
	json_t *text;

	if (json_array_size(wrap->notes) == 0)
		return;
	add(out, "## Not found out\n\n");
	json_array_foreach(wrap->notes, i, text) {
		add(out, "- ");
		add_text(out, json_string_value(text));
		add(out, "\n");
	}
}

void wrap_readme_write(const struct wrap *wrap, struct buffer *out)
{
	add(out, "# %s\n\nWraps ", string_in(wrap->spec, "title"));
	add_text(out, wrap->package[0] ? wrap->package : wrap->program);
	add(out, "%s%s, made by `tapbyte new`.\n\n", wrap->home ? ", " : "",
	    wrap->home ? wrap->home : "");
	add(out, "    tapbyte install %s\n    tapbyte check --tap %s --config config.json\n"
	    "    tapbyte discover --tap %s --config config.json\n\n", wrap->name, wrap->name,
	    wrap->name);
	if (json_array_size(wrap->flags) > 0) {
		add(out, "The tap takes ");
		add_list(out, wrap->flags);
		add(out, ".\n\n");
	}
	if (wrap->proves_nothing)
		add(out, "Its discovery succeeds with made-up credentials, or where a sync fails, "
		    "or is a sync: so `check` reads a first\nrecord.\n\n");
	add_settings(wrap, out);
	add_streams_text(wrap, out);
	add_state(wrap, out);
	add_notes(wrap, out);
	while (out->length > 1 && out->data[out->length - 1] == '\n' &&
	       out->data[out->length - 2] == '\n')
		out->length--;
}
