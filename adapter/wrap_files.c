#include "wrap_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog_write.h"
#include "count.h"
#include "document.h"
#include "json_mask.h"
#include "manifest.h"
#include "text_file.h"
#include "wrap_readme.h"

#define TAP_FILE "tap.json"
#define SPEC_FILE "spec.json"
#define README_FILE "README.md"
#define CATALOG_FILE "configured_catalog.json"

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

	buffer_append_string(out, "\n  {\"sync_mode\": \"");
	buffer_append_string(out, incremental ? "incremental" : "full_refresh");
	buffer_append_string(out, "\", \"destination_sync_mode\": \"append\", \"stream\": ");
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

bool wrap_is_secret(const json_t *property)
{
	const json_t *members = json_object_get(property, "additionalProperties");

	return json_is_true(json_object_get(property, "airbyte_secret")) ||
	       json_is_true(json_object_get(members, "airbyte_secret"));
}

/*
 * ---- the other files ----
 */

static void write_json(const json_t *value, struct buffer *out)
{
	char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;

	if (text == NULL)
		out->failed = true;
	else
		buffer_append_string(out, text);
	buffer_append_char(out, '\n');
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
	if (wrap->license != NULL &&
	    json_object_set_new(manifest, "metadata", json_pack("{s:s}", "license",
								wrap->license)) != 0)
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

/* What the tap showed with the config may hold secrets of it; the others come of neither. */
static const struct {
	const char *name; /* NULL: the overlay */
	void (*write)(const struct wrap *wrap, struct buffer *out);
	void (*mask)(const struct secret_mask *mask, struct buffer *out, struct slice text);
} files[] = {
	{ SPEC_FILE, write_spec, NULL },
	{ CATALOG_FILE, write_catalog, json_mask_apply },
	{ README_FILE, wrap_readme_write, secret_mask_apply },
	{ NULL, write_overlay, json_mask_apply },
	{ TAP_FILE, write_manifest, NULL }, /* last: what makes the folder a tap */
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

/* Its text, without the secrets; empty: there is to be no such file. */
static bool make_text(const struct wrap *wrap, size_t i, struct buffer *text, struct error *error)
{
	struct buffer plain;

	if (files[i].mask == NULL || wrap->secrets.count == 0) {
		files[i].write(wrap, text);
		return !text->failed || error_set_no_memory(error);
	}
	buffer_init(&plain, BUFFER_MAXIMUM);
	files[i].write(wrap, &plain);
	files[i].mask(&wrap->secrets, text, buffer_slice(&plain));
	text->failed = text->failed || plain.failed;
	buffer_release(&plain);
	return !text->failed || error_set_no_memory(error);
}

static bool write_file(const struct wrap *wrap, size_t i, const char *path, struct error *error)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = make_text(wrap, i, &text, error);
	if (done && text.length > 0)
		done = text_file_replace(path, buffer_slice(&text), 0644, error);
	else if (done && unlink(path) != 0 && errno != ENOENT) /* of an earlier wrap */
		done = error_set(error, FAILURE_SYSTEM, "cannot remove %s: %s", path,
				 strerror(errno));
	buffer_release(&text);
	return done;
}

static bool loads(const struct wrap *wrap, struct error *error)
{
	struct manifest manifest;

	if (!manifest_load(&manifest, wrap->folder, error))
		return false;
	manifest_release(&manifest);
	return true;
}

bool wrap_files_write(const struct wrap *wrap, bool *kept, struct error *error)
{
	char *added[COUNT(files)] = { NULL };
	bool done = true;

	*kept = access(wrap->overlay_path, F_OK) == 0;
	for (size_t i = 0; i < COUNT(files) && done; i++) {
		char *path = path_of(wrap, i, error);
		bool there = path != NULL && access(path, F_OK) == 0;

		done = path != NULL && ((files[i].name == NULL && *kept) ||
					write_file(wrap, i, path, error));
		if (there)
			free(path);
		else
			added[i] = path;
	}
	done = done && loads(wrap, error);
	for (size_t i = 0; i < COUNT(files); i++) {
		if (!done && added[i] != NULL)
			(void)unlink(added[i]);
		free(added[i]);
	}
	return done;
}

void wrap_release(struct wrap *wrap)
{
	free(wrap->name);
	free(wrap->base);
	free(wrap->folder);
	free(wrap->overlay_path);
	free(wrap->new_venv);
	free(wrap->program);
	free(wrap->package);
	free(wrap->home);
	free(wrap->license);
	json_decref(wrap->pip);
	json_decref(wrap->spec);
	json_decref(wrap->flags);
	json_decref(wrap->streams);
	json_decref(wrap->state);
	json_decref(wrap->overlay);
	json_decref(wrap->notes);
	buffer_release(&wrap->catalog);
	secret_mask_release(&wrap->secrets);
}
