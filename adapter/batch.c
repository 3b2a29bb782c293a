#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"
#include "unicode.h"

#define URL_START SLICE("file://")

/* zlib: the largest window, and gzip's own header around the data. */
#define GZIP_WINDOW (15 + 16)

static bool refuse(struct error *error, const char *what)
{
	return error_set(error, FAILURE_CONFIG,
			 "the tap wrote a BATCH message with %s; only files of JSON lines (format "
			 "\"jsonl\", compression \"gzip\" or none, file://) can be read", what);
}

/* %20 becomes a space, in place. */
static void decode_percent(char *path)
{
	char *out = path;

	for (const char *in = path; *in != '\0'; in++) {
		int high = *in == '%' ? unicode_hex_digit[(unsigned char)in[1]] : 0;
		int low = high > 0 ? unicode_hex_digit[(unsigned char)in[2]] : 0;

		if (low > 0) {
			*out++ = (char)((high - 1) * 16 + low - 1);
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

	if (raw.length == 0 || memmem(raw.data, raw.length, "\\u0000", 6) != NULL ||
	    (memmem(raw.data, raw.length, "://", 3) != NULL && !slice_starts_with(raw, URL_START)))
		return refuse(error, "a file that is none of this machine");
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
		return refuse(error, "a manifest that is no list");
	node_for_each(file, manifest)
		if (!add_file(batch, file, directory, error))
			return false;
	return true;
}

static bool read_encoding(struct batch *batch, const struct node *message, struct error *error)
{
	const struct node *encoding = node_get(message, "encoding");
	const struct node *format, *compression;

	if (encoding == NULL)
		encoding = message;
	format = node_get(encoding, "format");
	compression = node_get(encoding, "compression");
	if (!node_is_empty(format) && !node_is_string(format, "jsonl"))
		return refuse(error, "another format");
	if (!node_is_empty(compression) && !node_is_string(compression, "gzip") &&
	    !node_is_string(compression, "none"))
		return refuse(error, "another compression");
	batch->compressed = node_is_string(compression, "gzip");
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
	       read_encoding(batch, document.nodes, error) &&
	       add_files(batch, document.nodes, place->directory, error);
	document_release(&document);
	return done;
}

/* Always false. */
static bool fail_file(const struct batch *batch, const char *what, const char *why,
		      struct error *error)
{
	return error_set(error, FAILURE_SYSTEM, "cannot %s a file of the tap's batch, %s: %s", what,
			 batch->paths[batch->current], why);
}

/* Opens the current file; what is no file, such as a pipe, might keep us waiting for ever. */
static bool open_file(struct batch *batch, struct error *error)
{
	const char *path = batch->paths[batch->current];
	struct stat status;

	batch->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	batch->is_open = batch->fd >= 0;
	if (!batch->is_open || fstat(batch->fd, &status) != 0)
		return fail_file(batch, "open", strerror(errno), error);
	if (!S_ISREG(status.st_mode))
		return fail_file(batch, "open", "it is not a file", error);
	batch->stream = (z_stream){ .next_in = batch->input };
	batch->in_member = batch->compressed; /* an empty file is a member cut off */
	if (batch->compressed && inflateInit2(&batch->stream, GZIP_WINDOW) != Z_OK)
		return error_set_no_memory(error);
	batch->inflating = batch->compressed;
	return true;
}

static void close_file(struct batch *batch)
{
	if (batch->inflating)
		(void)inflateEnd(&batch->stream);
	if (batch->is_open)
		close(batch->fd);
	batch->inflating = false;
	batch->is_open = false;
}

/* The next bytes of the file as it is: their number, 0 at its end, -1 on an error. */
static ssize_t read_bytes(const struct batch *batch, void *space, size_t room, struct error *error)
{
	ssize_t count;

	do
		count = read(batch->fd, space, room);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		fail_file(batch, "read", strerror(errno), error);
	return count;
}

/* The same, uncompressed: one gzip member after the other, and nothing else. */
static ssize_t inflate_bytes(struct batch *batch, char *space, size_t room, struct error *error)
{
	z_stream *stream = &batch->stream;

	stream->next_out = (Bytef *)space;
	stream->avail_out = (uInt)room;
	while (stream->avail_out == room) {
		int code;

		if (stream->avail_in == 0) {
			ssize_t count = read_bytes(batch, batch->input, sizeof(batch->input),
						   error);

			if (count < 0)
				return -1;
			if (count == 0 && batch->in_member)
				return fail_file(batch, "read", "its end is missing", error) - 1;
			if (count == 0)
				return 0;
			stream->next_in = batch->input;
			stream->avail_in = (uInt)count;
		}
		batch->in_member = true;
		code = inflate(stream, Z_NO_FLUSH);
		if (code == Z_STREAM_END) {
			batch->in_member = false;
			code = inflateReset(stream);
		}
		if (code != Z_OK)
			return fail_file(batch, "read", "it is damaged", error) - 1;
	}
	return (ssize_t)(room - stream->avail_out);
}

/* The next bytes of the current file into the reader: like read_bytes. */
static ssize_t read_more(struct batch *batch, struct error *error)
{
	size_t room;
	char *space = line_reader_space(&batch->reader, &room);
	ssize_t count;

	if (space == NULL)
		return error_set_no_memory(error) - 1;
	if (room > LINE_READER_ROOM)
		room = LINE_READER_ROOM;
	count = batch->compressed ? inflate_bytes(batch, space, room, error)
				  : read_bytes(batch, space, room, error);
	if (count > 0)
		line_reader_fill(&batch->reader, (size_t)count);
	return count;
}

static void remove_file(const struct batch *batch)
{
	if (!batch->keep)
		(void)unlink(batch->paths[batch->current]);
}

enum batch_step batch_next(struct batch *batch, struct slice *line, struct error *error)
{
	for (;;) {
		ssize_t count;

		if (!batch->is_open && batch->current == batch->count)
			return BATCH_DONE;
		if (!batch->is_open && !open_file(batch, error))
			return BATCH_FAILED;
		if (line_reader_next(&batch->reader, line))
			return BATCH_LINE;
		count = read_more(batch, error);
		if (count < 0)
			return BATCH_FAILED;
		if (count > 0)
			continue;
		if (line_reader_rest(&batch->reader, line))
			return BATCH_LINE;
		close_file(batch);
		remove_file(batch);
		batch->current++;
	}
}

void batch_discard(struct batch *batch)
{
	for (; batch->current < batch->count; batch->current++)
		remove_file(batch);
}

void batch_close(struct batch *batch)
{
	close_file(batch);
	for (size_t i = 0; i < batch->count; i++)
		free(batch->paths[i]);
	free(batch->paths);
	line_reader_release(&batch->reader);
	*batch = BATCH_NONE;
}
