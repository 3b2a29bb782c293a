#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "document.h"

#define URL_START SLICE("file://")

static bool refuse(struct error *error, const char *what, const struct node *value)
{
	struct slice text = value ? value->text : SLICE("nothing");

	return error_set(error, FAILURE_CONFIG,
			 "the tap wrote a BATCH message with the %s %.*s; only files of JSON lines "
			 "(format \"jsonl\", compression \"gzip\" or none, file://) can be read",
			 what, (int)(text.length > 200 ? 200 : text.length), text.data);
}

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* %20 becomes a space, in place. */
static void decode_percent(char *path)
{
	char *out = path;

	for (const char *in = path; *in != '\0'; in++) {
		int high = *in == '%' ? hex_value(in[1]) : -1;
		int low = high >= 0 ? hex_value(in[2]) : -1;

		if (low >= 0) {
			*out++ = (char)(high * 16 + low);
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* Takes the string: a file:// URL or a path. Taps do not agree on whether a URL is encoded. */
static char *to_path(char *text, const char *directory)
{
	struct slice whole = slice_of_string(text);
	bool is_url = slice_starts_with(whole, URL_START);
	const char *path = is_url ? text + URL_START.length : text;
	char *absolute = NULL;

	if (path[0] == '/')
		absolute = strdup(path);
	else if (asprintf(&absolute, "%s/%s", directory, path) < 0)
		absolute = NULL;
	if (absolute != NULL && is_url && access(absolute, F_OK) != 0)
		decode_percent(absolute);
	free(text);
	return absolute;
}

static bool add_file(struct batch *batch, const struct node *name, const char *directory,
		     struct error *error)
{
	struct slice raw = node_raw(name);
	char **paths;

	if (raw.length == 0 || (memmem(raw.data, raw.length, "://", 3) != NULL &&
				!slice_starts_with(raw, URL_START)))
		return refuse(error, "file", name);
	paths = realloc(batch->paths, (batch->count + 1) * sizeof(*paths));
	if (paths == NULL)
		return error_set_no_memory(error);
	batch->paths = paths;
	paths[batch->count] = node_to_string(name);
	if (paths[batch->count] != NULL)
		paths[batch->count] = to_path(paths[batch->count], directory);
	return paths[batch->count++] != NULL || error_set_no_memory(error);
}

static bool add_files(struct batch *batch, const struct node *message, const char *directory,
		      struct error *error)
{
	const struct node *manifest = node_get(message, "manifest"), *file;

	if (manifest == NULL)
		return add_file(batch, node_get(message, "filepath"), directory, error);
	if (manifest->kind != NODE_ARRAY)
		return refuse(error, "manifest", manifest);
	node_for_each(file, manifest)
		if (!add_file(batch, file, directory, error))
			return false;
	return true;
}

static bool check_encoding(const struct node *message, struct error *error)
{
	const struct node *encoding = node_get(message, "encoding");
	const struct node *format, *compression;

	if (encoding == NULL)
		encoding = message;
	format = node_get(encoding, "format");
	compression = node_get(encoding, "compression");
	if (!node_is_empty(format) && !node_is_string(format, "jsonl"))
		return refuse(error, "format", format);
	if (!node_is_empty(compression) && !node_is_string(compression, "gzip") &&
	    !node_is_string(compression, "none"))
		return refuse(error, "compression", compression);
	return true;
}

bool batch_open(struct batch *batch, struct slice message, const struct batch_place *place,
		struct error *error)
{
	struct document document = DOCUMENT_NONE;
	bool done;

	*batch = (struct batch){ .keep = place->keep };
	line_reader_init(&batch->reader, BUFFER_MAXIMUM);
	done = document_parse(&document, message, error) &&
	       check_encoding(document.nodes, error) &&
	       add_files(batch, document.nodes, place->directory, error);
	document_release(&document);
	return done;
}

static bool fail_file(const struct batch *batch, const char *what, const char *why,
		      struct error *error)
{
	return error_set(error, FAILURE_SYSTEM, "cannot %s a file of the tap's batch, %s: %s", what,
			 batch->paths[batch->current], why);
}

/* The next bytes of the current file. False at its end and on an error. */
static bool read_more(struct batch *batch, struct error *error)
{
	size_t room;
	char *space = line_reader_space(&batch->reader, &room);
	int count, code;

	if (space == NULL)
		return error_set_no_memory(error);
	count = gzread(batch->file, space, (unsigned)(room < LINE_READER_ROOM ? room
									      : LINE_READER_ROOM));
	if (count > 0) {
		line_reader_fill(&batch->reader, (size_t)count);
		return true;
	}
	if (count < 0)
		return fail_file(batch, "read", gzerror(batch->file, &code), error);
	(void)gzerror(batch->file, &code);
	if (code == Z_BUF_ERROR)
		return fail_file(batch, "read", "its end is missing", error);
	return false;
}

/* Closes the file that was read to its end, and deletes it. */
static bool finish_file(struct batch *batch, struct error *error)
{
	int code = gzclose(batch->file);

	batch->file = NULL;
	if (code != Z_OK)
		return fail_file(batch, "read", "it is damaged", error);
	if (!batch->keep)
		(void)unlink(batch->paths[batch->current]);
	batch->current++;
	return true;
}

enum batch_step batch_next(struct batch *batch, struct slice *line, struct error *error)
{
	for (;;) {
		if (batch->file == NULL) {
			if (batch->current == batch->count)
				return BATCH_DONE;
			batch->file = gzopen(batch->paths[batch->current], "rb");
		}
		if (batch->file == NULL) {
			fail_file(batch, "open", "it is not there or not readable", error);
			return BATCH_FAILED;
		}
		if (line_reader_next(&batch->reader, line))
			return BATCH_LINE;
		if (read_more(batch, error))
			continue;
		if (error->set)
			return BATCH_FAILED;
		if (line_reader_rest(&batch->reader, line))
			return BATCH_LINE;
		if (!finish_file(batch, error))
			return BATCH_FAILED;
	}
}

void batch_close(struct batch *batch)
{
	if (batch->file != NULL)
		(void)gzclose(batch->file);
	for (size_t i = 0; i < batch->count; i++)
		free(batch->paths[i]);
	free(batch->paths);
	line_reader_release(&batch->reader);
	*batch = BATCH_NONE;
}
