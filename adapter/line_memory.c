#include "line_memory.h"

#include <stdlib.h>

void line_memory_release(struct line_memory *memory)
{
	free(memory->streams);
	*memory = LINE_MEMORY_NONE;
}

static bool begins_with(const struct line_stream *stream, struct slice line)
{
	return stream->length > 0 && line.length >= stream->length &&
	       memcmp(stream->envelope, line.data, stream->length) == 0;
}

struct line_stream *line_memory_find(struct line_memory *memory, struct slice line)
{
	if (memory->streams == NULL)
		return NULL;
	if (begins_with(&memory->streams[memory->last], line)) {
		memory->wasted = 0;
		return &memory->streams[memory->last];
	}
	for (size_t i = 0; i < LINE_MEMORY_STREAMS; i++) {
		if (!begins_with(&memory->streams[i], line))
			continue;
		memory->last = i;
		memory->wasted = 0;
		return &memory->streams[i];
	}
	return NULL;
}

struct line_stream *line_memory_add(struct line_memory *memory, struct slice envelope,
				    struct slice type, struct slice name)
{
	struct line_stream *stream;

	if (envelope.length > LINE_MEMORY_ENVELOPE ||
	    (++memory->wasted > LINE_MEMORY_WASTED_MAX &&
	     memory->wasted % LINE_MEMORY_WASTED_MAX != 0))
		return NULL;
	if (memory->streams == NULL)
		memory->streams = calloc(LINE_MEMORY_STREAMS, sizeof(*memory->streams));
	if (memory->streams == NULL)
		return NULL;
	stream = &memory->streams[memory->oldest];
	memory->last = memory->oldest;
	memory->oldest = (memory->oldest + 1) % LINE_MEMORY_STREAMS;
	for (size_t i = 0; i < stream->known; i++)
		stream->pieces[i].length = 0;
	stream->known = 0;
	for (size_t i = 0; i < LINE_MEMORY_TAIL; i++)
		stream->tail[i].length = 0;
	memcpy(stream->envelope, envelope.data, envelope.length);
	stream->length = (uint16_t)envelope.length;
	stream->type_at = (uint16_t)(type.data - envelope.data);
	stream->stream_at = (uint16_t)(name.data - envelope.data);
	stream->stream_length = (uint16_t)name.length;
	stream->shape = ++memory->shapes;
	return stream;
}

bool line_memory_learn(struct line_memory *memory, struct line_stream *stream, size_t place,
		       struct slice piece, struct slice key)
{
	struct line_piece *known;

	if (place >= LINE_MEMORY_FIELDS || piece.length > LINE_MEMORY_PIECE)
		return false;
	known = &stream->pieces[place];
	if (place >= stream->known)
		stream->known = (uint16_t)(place + 1);
	memcpy(known->bytes, piece.data, piece.length);
	known->length = (uint8_t)piece.length;
	known->key_at = (uint8_t)(key.data - piece.data);
	known->key_length = (uint8_t)key.length;
	stream->shape = ++memory->shapes;
	return true;
}

void line_memory_learn_tail(struct line_stream *stream, size_t place, struct slice piece)
{
	struct line_piece *known = &stream->tail[place];

	if (piece.length > LINE_MEMORY_PIECE)
		return;
	memcpy(known->bytes, piece.data, piece.length);
	known->length = (uint8_t)piece.length;
}
