/*
 * The first line is what Airbyte hands to read as --state, each other one the value of a
 * STATE message of the tap: what comes out is JSON, and what comes out last brings every
 * stream back to where it was.
 */
#include "state_map.h"
#include "streams.h"

static void start(struct state_map *map, struct stream_list *streams)
{
	struct error error = ERROR_NONE;

	FUZZ_CHECK(state_map_init(map, streams, &error));
}

static bool take(struct state_map *map, struct slice value)
{
	struct error error = ERROR_NONE;
	struct json_scan scan;
	struct slice text;

	json_scan_init(&scan, value);
	if (!json_scan_value(&scan, &text) || !json_scan_end(&scan))
		return false; /* no message would have it */
	return state_map_take(map, text, scan.found != 0, &error);
}

/* Appends what is written for a stream as an element of a --state. */
static void write_element(struct state_map *map, size_t i, struct buffer *out)
{
	struct buffer entry;

	buffer_init(&entry, BUFFER_MAXIMUM);
	state_map_write(map, i, &entry);
	fuzz_check_message(buffer_slice(&entry));
	FUZZ_CHECK(!state_map_changed(map, i));
	buffer_append_string(out, "{\"type\":\"STREAM\",\"stream\":{"
				  "\"stream_descriptor\":{\"name\":\"");
	buffer_append_string(out, map->streams->items[i].name);
	buffer_append_string(out, "\"},\"stream_state\":");
	buffer_append(out, buffer_slice(&entry));
	buffer_append_string(out, "}}");
	buffer_release(&entry);
}

static void write_all(struct state_map *map, struct buffer *out)
{
	const char *before = "[";

	for (size_t i = 0; i < map->streams->count; i++) {
		if (!map->streams->items[i].configured)
			continue;
		buffer_append_string(out, before);
		write_element(map, i, out);
		before = ",";
	}
	buffer_append_char(out, ']');
}

/* Without the sequence; NULL for what jansson cannot hold, and where a key is there twice. */
static json_t *stream_states(const struct buffer *entries)
{
	json_t *list = json_loadb(entries->data, entries->length, JSON_REJECT_DUPLICATES, NULL);
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		json_t *stream = json_object_get(entry, "stream");

		json_object_del(json_object_get(stream, "stream_state"), STATE_SEQUENCE_KEY);
	}
	return list;
}

static bool is_any_rewound(const struct state_map *map)
{
	for (size_t i = 0; i < map->streams->count; i++)
		if (map->entries[i].rewound)
			return true;
	return false;
}

/* A tap that goes on with these entries and says what it was handed has not moved. */
static void check_return(struct stream_list *streams, const struct buffer *entries)
{
	struct error error = ERROR_NONE;
	struct buffer tap_state, again;
	json_t *before = NULL, *after = NULL;
	struct state_map map;

	buffer_init(&tap_state, BUFFER_MAXIMUM);
	buffer_init(&again, BUFFER_MAXIMUM);
	start(&map, streams);
	FUZZ_CHECK(state_map_read(&map, buffer_slice(entries), &tap_state, &fuzz_warnings, &error));
	if (tap_state.length > 0) {
		fuzz_check_json(buffer_slice(&tap_state));
		FUZZ_CHECK(take(&map, buffer_slice(&tap_state)));
		write_all(&map, &again);
		before = stream_states(entries);
		after = stream_states(&again);
		FUZZ_CHECK(is_any_rewound(&map) || before == NULL || json_equal(before, after));
	}
	json_decref(before);
	json_decref(after);
	state_map_release(&map);
	buffer_release(&tap_state);
	buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), line = SLICE("");
	struct stream_list streams = streams_make();
	struct buffer tap_state, entries;
	struct error error = ERROR_NONE;
	struct state_map map;

	buffer_init(&tap_state, BUFFER_MAXIMUM);
	buffer_init(&entries, BUFFER_MAXIMUM);
	start(&map, &streams);
	(void)slice_take_line(&text, &line);
	if (state_map_read(&map, line, &tap_state, &fuzz_warnings, &error)) {
		if (tap_state.length > 0)
			FUZZ_CHECK(take(&map, buffer_slice(&tap_state)));
		while (slice_take_line(&text, &line))
			(void)take(&map, line);
		write_all(&map, &entries);
		check_return(&streams, &entries);
	} else {
		FUZZ_CHECK(error.set);
	}
	state_map_release(&map);
	buffer_release(&entries);
	buffer_release(&tap_state);
	stream_list_release(&streams);
	return 0;
}
