#include "wrap_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog_write.h"
#include "count.h"
#include "document.h"

/* So many streams are listed for people. */
#define LISTED_MAXIMUM 60

#define TAP_FILE "tap.json"
#define SPEC_FILE "spec.json"
#define README_FILE "README.md"
#define CATALOG_FILE "configured_catalog.json"

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

/*
 * ---- streams ----
 */

static json_t *fields_of(char *const *names)
{
	json_t *fields = json_array();

	for (; names != NULL && *names != NULL; names++)
		(void)json_array_append_new(fields, json_string(*names));
	return fields;
}

static bool add_streams(struct wrap *wrap, const struct catalog_map *map)
{
	json_t *streams = json_array();

	for (size_t i = 0; i < map->count; i++) {
		const struct mapped_stream *stream = &map->streams[i];
		json_t *entry = json_pack(
			"{s:s, s:s, s:s*, s:o, s:s*, s:b, s:b}", "id", stream->entry->id, "name",
			stream->name, "namespace", stream->namespace, "primary_key",
			fields_of(stream->primary_key), "cursor_field", stream->cursor_field,
			"incremental", stream->incremental, "source_defined_cursor",
			stream->source_defined_cursor);

		if (json_array_append_new(streams, entry) != 0) {
			json_decref(streams);
			return false;
		}
	}
	json_decref(wrap->streams);
	wrap->streams = streams;
	return streams != NULL;
}

/* Incremental only where the tap knows by which field. */
static void configure_stream(const struct node *stream, struct buffer *out)
{
	const struct node *defined = node_get(stream, "source_defined_cursor");
	bool incremental = defined != NULL && defined->kind == NODE_TRUE;

	add(out, "\n  {\"sync_mode\": \"%s\", \"destination_sync_mode\": \"append\", \"stream\": ",
	    incremental ? "incremental" : "full_refresh");
	buffer_append(out, stream->text);
	buffer_append_char(out, '}');
}

static bool configure(const struct catalog_map *map, struct buffer *out, struct error *error)
{
	struct document document = DOCUMENT_NONE;
	const struct node *streams, *stream;
	struct buffer text;
	bool first = true, done;

	buffer_init(&text, BUFFER_MAXIMUM);
	catalog_write(map, NULL, &text);
	done = (!text.failed || error_set_no_memory(error)) &&
	       document_parse(&document, buffer_slice(&text), error);
	buffer_clear(out);
	streams = done ? node_get(document.nodes, "streams") : NULL;
	buffer_append_string(out, "{\"streams\": [");
	if (streams != NULL) {
		node_for_each(stream, streams) {
			buffer_append_string(out, first ? "" : ",");
			configure_stream(stream, out);
			first = false;
		}
	}
	buffer_append_string(out, "\n]}\n");
	document_release(&document);
	buffer_release(&text);
	return done && (!out->failed || error_set_no_memory(error));
}

bool wrap_streams(struct wrap *wrap, const struct catalog_map *map, struct error *error)
{
	return (add_streams(wrap, map) || error_set_no_memory(error)) &&
	       configure(map, &wrap->catalog, error);
}

/*
 * ---- README.md ----
 */

/* A text of the tap's in a table: without what ends the cell. */
static void add_cell(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++)
		buffer_append_char(out, strchr("|`\n\r\t", *text) != NULL ? ' ' : *text);
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
		add_cell(out, json_string_value(name));
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

bool wrap_is_secret(const json_t *property)
{
	const json_t *members = json_object_get(property, "additionalProperties");

	return json_is_true(json_object_get(property, "airbyte_secret")) ||
	       json_is_true(json_object_get(members, "airbyte_secret"));
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

		add(out, "| `");
		add_cell(out, name);
		add(out, "` | %s | %s | %s |\n", type[0] != '\0' ? type : "any",
		    is_required(wrap->spec, name) ? "yes" : "",
		    wrap_is_secret(property) ? "yes" : "");
	}
	buffer_append_char(out, '\n');
}

static void add_stream_row(const json_t *stream, struct buffer *out)
{
	bool defined = json_is_true(json_object_get(stream, "source_defined_cursor"));

	add(out, "| `");
	add_cell(out, string_in(stream, "name"));
	add(out, "` | ");
	add_list(out, json_object_get(stream, "primary_key"));
	add(out, " | ");
	add_cell(out, string_in(stream, "cursor_field"));
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
	add(out, "\n`" CATALOG_FILE "` reads them all, incrementally where the tap names a cursor. "
	    "Without a primary key a\ndestination cannot replace rows: `primary_key` in "
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
	json_array_foreach(wrap->notes, i, text)
		add(out, "- %s\n", json_string_value(text));
}

static void write_readme(const struct wrap *wrap, struct buffer *out)
{
	add(out, "# %s\n\nWraps %s%s%s, made by `tapbyte new`.\n\n", string_in(wrap->spec, "title"),
	    wrap->package[0] ? wrap->package : wrap->program, wrap->home ? ", " : "",
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
		add(out, "Its discovery succeeds with made-up credentials, or is a sync: so "
		    "`check` reads a first record.\n\n");
	add_settings(wrap, out);
	add_streams_text(wrap, out);
	add_state(wrap, out);
	add_notes(wrap, out);
	while (out->length > 1 && out->data[out->length - 1] == '\n' &&
	       out->data[out->length - 2] == '\n')
		out->length--;
}

/*
 * ---- the other files ----
 */

static void write_json(const json_t *value, struct buffer *out)
{
	char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;

	if (text != NULL)
		add(out, "%s\n", text);
	else
		out->failed = true;
	free(text);
}

/* The name of a JSON Schema for editors, where one is beside; else NULL. */
static const char *schema_beside(const char *folder, const char *file, const char *name)
{
	char *path = NULL;
	bool there;

	if (asprintf(&path, "%s/%s", folder, file) < 0)
		return NULL;
	there = access(path, F_OK) == 0;
	free(path);
	return there ? name : NULL;
}

static void write_manifest(const struct wrap *wrap, struct buffer *out)
{
	json_t *pip = json_array_size(wrap->pip) == 1 ? json_array_get(wrap->pip, 0) : wrap->pip;
	char *overlay = NULL;
	json_t *manifest = NULL;

	if (asprintf(&overlay, "../../catalogs/%s.json", wrap->name) >= 0)
		manifest = json_pack("{s:s*, s:s, s:{s:[s], s:O}, s:s, s:s}", "$schema",
				     schema_beside(wrap->base, "tap.schema.json",
						   "../tap.schema.json"),
				     "name", wrap->name, "tap", "command", wrap->program, "pip",
				     pip, "spec", SPEC_FILE, "catalog", overlay);
	if (wrap->proves_nothing &&
	    json_object_set_new(manifest, "check", json_pack("{s:s}", "method",
							     "first_record")) != 0)
		out->failed = true;
	if (wrap->takes_no_catalog &&
	    json_object_set_new(json_object_get(manifest, "tap"), "catalog_flags",
				json_array()) != 0)
		out->failed = true;
	write_json(manifest, out);
	json_decref(manifest);
	free(overlay);
}

static void write_spec(const struct wrap *wrap, struct buffer *out)
{
	json_t *spec = json_pack("{s:s*, s:O}", "documentationUrl", wrap->home,
				 "connectionSpecification", wrap->spec);

	write_json(spec, out);
	json_decref(spec);
}

static void write_catalog(const struct wrap *wrap, struct buffer *out)
{
	buffer_append(out, buffer_slice(&wrap->catalog));
}

static void write_overlay(const struct wrap *wrap, struct buffer *out)
{
	char *folder = strdup(wrap->overlay_path);
	json_t *overlay = NULL;

	if (folder != NULL) {
		*strrchr(folder, '/') = '\0';
		overlay = json_pack("{s:s*, s:O}", "$schema",
				    schema_beside(folder, "overlay.schema.json",
						  "overlay.schema.json"),
				    "streams", wrap->overlay);
	}
	write_json(overlay, out);
	json_decref(overlay);
	free(folder);
}

static const struct {
	const char *name; /* NULL: the overlay */
	void (*write)(const struct wrap *wrap, struct buffer *out);
} files[] = {
	{ SPEC_FILE, write_spec },       { CATALOG_FILE, write_catalog },
	{ README_FILE, write_readme },   { NULL, write_overlay },
	{ TAP_FILE, write_manifest }, /* last: what makes the folder a tap */
};

static char *path_of(const struct wrap *wrap, size_t i, struct error *error)
{
	char *path = NULL;

	if (files[i].name == NULL)
		path = strdup(wrap->overlay_path);
	else if (asprintf(&path, "%s/%s", wrap->folder, files[i].name) < 0)
		path = NULL;
	if (path == NULL)
		error_set_no_memory(error);
	return path;
}

bool wrap_files_there(const struct wrap *wrap, char **found, struct error *error)
{
	*found = NULL;
	for (size_t i = 0; i < COUNT(files); i++) {
		char *path = path_of(wrap, i, error);

		if (path == NULL)
			return false;
		if (access(path, F_OK) == 0) {
			*found = path;
			return true;
		}
		free(path);
	}
	return true;
}

static bool write_all(int fd, struct slice text)
{
	while (text.length > 0) {
		ssize_t count = write(fd, text.data, text.length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		text = slice_after(text, (size_t)count);
	}
	return true;
}

/* Through a file beside it, which then takes its name. */
static bool replace_file(const char *path, struct slice text, struct error *error)
{
	char *beside = NULL;
	bool done;
	int fd;

	if (asprintf(&beside, "%s.new", path) < 0)
		return error_set_no_memory(error);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	done = fd >= 0 && write_all(fd, text);
	if (fd >= 0 && close(fd) != 0)
		done = false;
	done = done && rename(beside, path) == 0;
	if (!done) {
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
		(void)unlink(beside);
	}
	free(beside);
	return done;
}

static bool write_file(const struct wrap *wrap, size_t i, const char *path, struct error *error)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	files[i].write(wrap, &text);
	done = !text.failed || error_set_no_memory(error);
	if (done && text.length > 0)
		done = replace_file(path, buffer_slice(&text), error);
	else if (done && unlink(path) != 0 && errno != ENOENT) /* of an earlier wrap */
		done = error_set(error, FAILURE_SYSTEM, "cannot remove %s: %s", path,
				 strerror(errno));
	buffer_release(&text);
	return done;
}

bool wrap_files_write(const struct wrap *wrap, bool *kept, struct error *error)
{
	bool done = true;

	*kept = access(wrap->overlay_path, F_OK) == 0;
	for (size_t i = 0; i < COUNT(files) && done; i++) {
		char *path = path_of(wrap, i, error);

		done = path != NULL && ((files[i].name == NULL && *kept) ||
					write_file(wrap, i, path, error));
		free(path);
	}
	return done;
}

void wrap_release(struct wrap *wrap)
{
	free(wrap->name);
	free(wrap->base);
	free(wrap->folder);
	free(wrap->overlay_path);
	free(wrap->program);
	free(wrap->package);
	free(wrap->home);
	json_decref(wrap->pip);
	json_decref(wrap->spec);
	json_decref(wrap->flags);
	json_decref(wrap->streams);
	json_decref(wrap->state);
	json_decref(wrap->overlay);
	json_decref(wrap->notes);
	buffer_release(&wrap->catalog);
}
