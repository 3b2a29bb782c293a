#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog_choice.h"
#include "catalog_names.h"
#include "catalog_write.h"
#include "count.h"

/*
 * Recorded pairs: in each folder of tests/catalogs
 *	discovery.json           what the tap discovers
 *	overlay.json             may be missing
 *	airbyte_catalog.json     what must be offered
 *	configured_catalog.json  what a user chooses of it
 *	tap_catalog.json         what must be handed back to the tap
 *	warnings.txt             may be missing: none
 * White space between the values of JSON does not count; all else does.
 */
#define CASES "tests/catalogs"

/* The tables are written with ' for ", so that one can read them. */
static void append_quoted(struct buffer *text, const char *quoted)
{
	for (; *quoted != '\0'; quoted++)
		buffer_append_char(text, *quoted == '\'' ? '"' : *quoted);
}

/* False where there is no such file. */
static bool read_file(struct buffer *text, const char *folder, const char *name)
{
	char path[512], bytes[4096];
	size_t count;
	FILE *file;

	buffer_init(text, BUFFER_MAXIMUM);
	assert_in_range(snprintf(path, sizeof(path), CASES "/%s/%s", folder, name), 1, 511);
	file = fopen(path, "rb");
	if (file == NULL)
		return false;
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(text, slice_of(bytes, count));
	assert_int_equal(ferror(file), 0);
	fclose(file);
	return true;
}

/* Without the white space outside strings, as a string that the caller frees. */
static char *compact(const struct buffer *json)
{
	struct buffer out;
	bool in_string = false;
	char *string;

	buffer_init(&out, BUFFER_MAXIMUM);
	for (size_t i = 0; i < json->length; i++) {
		char c = json->data[i];

		if (c == '"')
			in_string = !in_string;
		if (in_string || strchr(" \t\r\n", c) == NULL)
			buffer_append_char(&out, c);
		if (in_string && c == '\\' && i + 1 < json->length)
			buffer_append_char(&out, json->data[++i]);
	}
	string = buffer_to_string(&out);
	assert_non_null(string);
	buffer_release(&out);
	return string;
}

static void assert_same_json(const struct buffer *actual, const struct buffer *expected)
{
	char *a = compact(actual), *b = compact(expected);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void assert_same_text(const struct buffer *actual, const struct buffer *expected)
{
	char *a = buffer_to_string(actual), *b = buffer_to_string(expected);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void assert_contains(const struct buffer *text, const char *quoted)
{
	struct buffer part;

	buffer_init(&part, BUFFER_MAXIMUM);
	append_quoted(&part, quoted);
	if (memmem(text->data, text->length, part.data, part.length) == NULL)
		fail_msg("%s is not in %.*s", quoted, (int)text->length, text->data);
	buffer_release(&part);
}

/* For struct warnings: adds a line to a buffer. */
static void note_warning(void *owner, const char *text)
{
	buffer_append_string(owner, text);
	buffer_append_char(owner, '\n');
}

/* All that one test has in hand. */
struct bench {
	struct singer_catalog catalog;
	struct catalog_map map;
	struct configured_catalog configured;
	struct stream_list streams;
	struct buffer airbyte, tap, warnings;
	struct error error;
};

/* Takes the bytes of the text. */
static void bench_map(struct bench *b, struct buffer *discovery, const json_t *overlay,
		      bool namespaces)
{
	const struct warnings warnings = { note_warning, &b->warnings };

	*b = (struct bench){ .error = ERROR_NONE };
	buffer_init(&b->airbyte, BUFFER_MAXIMUM);
	buffer_init(&b->tap, BUFFER_MAXIMUM);
	buffer_init(&b->warnings, BUFFER_MAXIMUM);
	assert_true(singer_catalog_parse(&b->catalog, discovery, &b->error));
	assert_true(catalog_map_make(&b->map, &b->catalog, overlay, namespaces, &warnings,
				     &b->error));
	assert_true(catalog_names_warn_of_shared(&b->map, &warnings, &b->error));
	catalog_write(&b->map, NULL, &b->airbyte);
	assert_false(b->airbyte.failed);
}

static void bench_configure(struct bench *b, struct buffer *configured)
{
	const struct warnings warnings = { note_warning, &b->warnings };

	assert_true(configured_catalog_parse(&b->configured, configured, &b->error));
	assert_true(catalog_choice_apply(&b->map, &b->catalog, &b->configured, &b->streams,
					 &b->tap, &warnings, &b->error));
}

static void bench_release(struct bench *b)
{
	stream_list_release(&b->streams);
	configured_catalog_release(&b->configured);
	catalog_map_release(&b->map);
	singer_catalog_release(&b->catalog);
	buffer_release(&b->airbyte);
	buffer_release(&b->tap);
	buffer_release(&b->warnings);
}

/* The same with texts of a table: the elements of the lists of streams. */
static void bench_map_text(struct bench *b, const char *streams, const char *overlay,
			   bool namespaces)
{
	struct buffer text, overlay_text;
	json_t *loaded = NULL;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_init(&overlay_text, BUFFER_MAXIMUM);
	append_quoted(&text, "{'streams':[");
	append_quoted(&text, streams);
	append_quoted(&text, "]}");
	if (overlay != NULL) {
		append_quoted(&overlay_text, overlay);
		loaded = json_loadb(overlay_text.data, overlay_text.length, 0, NULL);
		assert_non_null(loaded);
	}
	bench_map(b, &text, loaded, namespaces);
	json_decref(loaded);
	buffer_release(&overlay_text);
}

static void bench_configure_text(struct bench *b, const char *streams)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	append_quoted(&text, "{'streams':[");
	append_quoted(&text, streams);
	append_quoted(&text, "]}");
	bench_configure(b, &text);
}

static void check_case(const char *folder)
{
	struct buffer text, expected;
	json_t *overlay = NULL;
	struct bench b;

	if (read_file(&text, folder, "overlay.json")) {
		overlay = json_loadb(text.data, text.length, 0, NULL);
		assert_non_null(overlay);
	}
	buffer_release(&text);
	assert_true(read_file(&text, folder, "discovery.json"));
	bench_map(&b, &text, overlay, true);
	assert_true(read_file(&expected, folder, "airbyte_catalog.json"));
	assert_same_json(&b.airbyte, &expected);
	buffer_release(&expected);

	assert_true(read_file(&text, folder, "configured_catalog.json"));
	bench_configure(&b, &text);
	assert_true(read_file(&expected, folder, "tap_catalog.json"));
	assert_same_json(&b.tap, &expected);
	buffer_release(&expected);

	(void)read_file(&expected, folder, "warnings.txt");
	assert_same_text(&b.warnings, &expected);
	buffer_release(&expected);
	bench_release(&b);
	json_decref(overlay);
}

static void recorded_catalogs_are_mapped_there_and_back(void **state)
{
	DIR *folders = opendir(CASES);
	struct dirent *folder;
	size_t count = 0;

	(void)state;
	assert_non_null(folders);
	while ((folder = readdir(folders)) != NULL) {
		if (folder->d_name[0] == '.')
			continue;
		print_message("%s\n", folder->d_name);
		check_case(folder->d_name);
		count++;
	}
	closedir(folders);
	assert_true(count > 0);
}

static void the_same_document_gives_the_same_line(void **state)
{
	struct buffer text;
	struct bench a, b;

	(void)state;
	assert_true(read_file(&text, "pipelinewise-tap-postgres", "discovery.json"));
	bench_map(&a, &text, NULL, true);
	assert_true(read_file(&text, "pipelinewise-tap-postgres", "discovery.json"));
	bench_map(&b, &text, NULL, true);
	assert_same_text(&a.airbyte, &b.airbyte);
	assert_null(memchr(a.airbyte.data, '\n', a.airbyte.length));
	bench_release(&a);
	bench_release(&b);
}

/* An entry with an id, a stream, a table_name and a schema-name. */
#define TABLE(id, stream, table, schema)                                                      \
	"{'tap_stream_id':'" id "','stream':'" stream "','table_name':'" table "','metadata':["   \
	"{'breadcrumb':[],'metadata':{'schema-name':'" schema "'}}]}"

static void streams_are_named(void **state)
{
	static const struct {
		const char *streams;
		bool namespaces;
		const char *names;    /* namespace.name of each, in the order of the tap */
		const char *warnings;
	} cases[] = {
		{ TABLE("s-t", "x", "t", "s"), true, "s.t ", "" },
		{ TABLE("s-t", "t", "", "s"), true, "s.t ", "" },
		{ TABLE("s-t", "x", "t", "s"), false, ".s-t ", "" },
		{ TABLE("i", "x", "t", ""), true, ".x ", "" },
		{ TABLE("a", "x", "", "") "," TABLE("b", "x", "", "") "," TABLE("c", "y", "", ""),
		  true, ".a .b .y ", "" },
		{ TABLE("a", "t", "", "s") "," TABLE("b", "t", "", "s") ","
		  TABLE("c", "t", "", "s"), true, "s.a s.b s.c ", "" },
		{ TABLE("a", "t", "", "s") "," TABLE("b", "t", "", "r") "," TABLE("c", "t", "", "q")
		  "," TABLE("d", "u", "", "r") "," TABLE("e", "u", "", ""),
		  true, "s.t r.t q.t r.u .u ",
		  "streams of different namespaces share a name, which some clients (PyAirbyte) "
		  "cannot take: \"t\", \"u\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer names, expected;
		struct bench b;

		buffer_init(&names, BUFFER_MAXIMUM);
		bench_map_text(&b, cases[i].streams, NULL, cases[i].namespaces);
		for (size_t s = 0; s < b.map.count; s++) {
			const char *namespace = b.map.streams[s].namespace;

			buffer_append_string(&names, namespace ? namespace : "");
			buffer_append_char(&names, '.');
			buffer_append_string(&names, b.map.streams[s].name);
			buffer_append_char(&names, ' ');
		}
		buffer_init(&expected, BUFFER_MAXIMUM);
		buffer_append_string(&expected, cases[i].names);
		assert_same_text(&names, &expected);
		buffer_clear(&expected);
		buffer_append_string(&expected, cases[i].warnings);
		assert_same_text(&b.warnings, &expected);
		buffer_release(&names);
		buffer_release(&expected);
		bench_release(&b);
	}
}

/* A stream "s" with the fields id, n and at (a date-time). */
#define FIELDS \
	"'properties':{'id':{'type':'integer'},'n':{'type':'integer'}," \
	"'at':{'type':'string','format':'date-time'},'u':{'inclusion':'unsupported'}}"
#define ENTRY(members, root) \
	"{'stream':'s'," members "'schema':{" FIELDS "},'metadata':[" \
	"{'breadcrumb':[],'metadata':{" root "}}]}"

static void primary_keys_come_from_the_source_most_trusted(void **state)
{
	static const struct {
		const char *streams, *overlay;
		const char *key; /* its fields, each with a space after it */
		bool warned;
	} cases[] = {
		{ ENTRY("", ""), NULL, "", false },
		{ ENTRY("'key_properties':['id'],", ""), NULL, "id ", false },
		{ ENTRY("'key_properties':['id','n'],", "'table-key-properties':['n']"), NULL,
		  "id n ", false },
		{ ENTRY("'key_properties':[],", "'table-key-properties':['n']"), NULL,
		  "n ", false },
		{ ENTRY("'key_properties':null,", "'table-key-properties':[],"
			"'view-key-properties':['n','id']"), NULL, "n id ", false },
		{ ENTRY("'key_properties':['id'],", ""),
		  "{'streams':{'s':{'primary_key':[['n']]}}}", "n ", false },
		{ ENTRY("'key_properties':['id'],", ""), "{'streams':{'s':{'primary_key':[]}}}", "",
		  false },
		{ ENTRY("'key_properties':['id'],", ""), "{'streams':{'x':{'primary_key':[]}}}",
		  "id ", true }, /* the tap has no stream x */
		{ ENTRY("'key_properties':['id','gone'],", ""), NULL, "", true },
		{ ENTRY("'key_properties':['u'],", ""), NULL, "", true },
		{ ENTRY("'key_properties':['id'],", ""),
		  "{'streams':{'s':{'primary_key':[['id','deep']]}}}", "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer key, expected;
		struct bench b;

		buffer_init(&key, BUFFER_MAXIMUM);
		buffer_init(&expected, BUFFER_MAXIMUM);
		bench_map_text(&b, cases[i].streams, cases[i].overlay, true);
		for (char **name = b.map.streams[0].primary_key; name && *name; name++) {
			buffer_append_string(&key, *name);
			buffer_append_char(&key, ' ');
		}
		buffer_append_string(&expected, cases[i].key);
		assert_same_text(&key, &expected);
		assert_int_equal(b.warnings.length > 0, cases[i].warned);
		buffer_release(&key);
		buffer_release(&expected);
		bench_release(&b);
	}
}

static void cursors_and_sync_modes_are_found(void **state)
{
	enum offer {
		FULL,    /* full refresh only */
		DEFINED, /* incremental, by the cursor of the source */
		CHOICE,  /* incremental, by a cursor that the user chooses */
	};
	static const struct {
		const char *streams, *overlay;
		enum offer offer;
		const char *cursor; /* NULL: none */
		bool warned;
	} cases[] = {
		{ ENTRY("", ""), NULL, FULL, NULL, false },
		{ ENTRY("'replication_key':'n',", ""), NULL, DEFINED, "n", false },
		{ ENTRY("'replication_key':'n',", "'replication-key':'id','valid-replication-keys':"
			"['at']"), NULL, DEFINED, "n", false },
		{ ENTRY("'replication_key':'',", "'replication-key':'id','valid-replication-keys':"
			"['at']"), NULL, DEFINED, "id", false },
		{ ENTRY("", "'valid-replication-keys':'n'"), NULL, DEFINED, "n", false },
		{ ENTRY("", "'valid-replication-keys':[]"), NULL, FULL, NULL, false },
		{ ENTRY("", "'valid-replication-keys':['n','at','id']"), NULL, DEFINED,
		  "at", false },
		{ ENTRY("'key_properties':['id'],", "'valid-replication-keys':['id','n']"), NULL,
		  DEFINED, "n", false },
		{ ENTRY("'key_properties':['id','n'],",
		  "'valid-replication-keys':['id','n']"), NULL, DEFINED, "id", false },
		{ ENTRY("'replication_key':'gone',", ""), NULL, FULL, NULL, true },
		{ ENTRY("", "'valid-replication-keys':['gone','n']"), NULL, DEFINED, "n", false },
		{ ENTRY("'replication_key':'u',", ""), NULL, FULL, NULL, true },
		{ ENTRY("'replication_method':'FULL_TABLE',", ""), NULL, FULL, NULL, false },
		{ ENTRY("'replication_key':'at',", "'forced-replication-method':'FULL_TABLE'"),
		  NULL, FULL, NULL, false },
		{ ENTRY("'replication_key':'at','replication_method':'',",
			"'forced-replication-method':''"), NULL, DEFINED, "at", false },
		{ ENTRY("", "'schema-name':'public'"), NULL, CHOICE, NULL, false },
		{ ENTRY("", "'database-name':'shop'"), NULL, CHOICE, NULL, false },
		{ ENTRY("", "'is-view':true"), NULL, CHOICE, NULL, false },
		{ ENTRY("", "'row-count':-1"), NULL, CHOICE, NULL, false },
		{ ENTRY("", "'row-count':1,'forced-replication-method':'FULL_TABLE'"), NULL, FULL,
		  NULL, false },
		{ ENTRY("'replication_method':'FULL_TABLE',", "'row-count':1"), NULL, FULL, NULL,
		  false },
		{ ENTRY("'replication_method':'',", "'row-count':1,'forced-replication-method':''"),
		  NULL, CHOICE, NULL, false },
		{ ENTRY("", "'schema-name':'public','valid-replication-keys':['at']"),
		  NULL, DEFINED, "at", false },
		{ ENTRY("'replication_key':'n',", ""), "{'streams':{'s':{'cursor_field':['at']}}}",
		  DEFINED, "at", false },
		{ ENTRY("'replication_key':'n',", ""),
		  "{'streams':{'s':{'cursor_field':[]}}}", FULL, NULL, false },
		{ ENTRY("", "'forced-replication-method':'FULL_TABLE'"),
		  "{'streams':{'s':{'cursor_field':['at']}}}", DEFINED, "at", false },
		{ ENTRY("", ""), "{'streams':{'s':{'keeps_position':true}}}", DEFINED,
		  NULL, false },
		{ ENTRY("", ""), "{'streams':{'s':{'keeps_position':false}}}", FULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct mapped_stream *stream;
		struct bench b;

		bench_map_text(&b, cases[i].streams, cases[i].overlay, true);
		stream = &b.map.streams[0];
		assert_int_equal(stream->incremental, cases[i].offer != FULL);
		assert_int_equal(stream->source_defined_cursor, cases[i].offer == DEFINED);
		if (cases[i].cursor == NULL)
			assert_null(stream->cursor_field);
		else
			assert_string_equal(stream->cursor_field, cases[i].cursor);
		assert_int_equal(b.warnings.length > 0, cases[i].warned);
		bench_release(&b);
	}
}

static void keys_behind_a_root_reference_are_found(void **state)
{
	const struct mapped_stream *stream;
	struct bench b;

	(void)state;
	bench_map_text(&b, "{'stream':'s','key_properties':['id'],'replication_key':'at',"
		       "'schema':{'$ref':'#/definitions/row','definitions':{'row':{" FIELDS "}}}}",
		       NULL, true);
	stream = &b.map.streams[0];
	assert_string_equal(stream->primary_key[0], "id");
	assert_string_equal(stream->cursor_field, "at");
	assert_int_equal(b.warnings.length, 0);
	bench_release(&b);
}

#define CONFIGURED(name, rest) "{'stream':{'name':'" name "'" rest "}"

static void a_sync_mode_that_cannot_be_done_becomes_full_refresh(void **state)
{
	static const char table[] = ENTRY("", "'schema-name':'n'");
	static const char cursored[] = ENTRY("'replication_key':'n',", "");
	static const struct {
		const char *streams, *overlay, *configured;
		enum sync_mode mode;
		const char *in_tap_catalog; /* what must be in it */
		const char *warnings;
	} cases[] = {
		{ cursored, NULL,
		  CONFIGURED("s", "},'sync_mode':'incremental','cursor_field':['at']"),
		  SYNC_INCREMENTAL,
		  "'replication-method':'INCREMENTAL','replication-key':'n'", "" },
		{ cursored, NULL, CONFIGURED("s", "},'sync_mode':'full_refresh'"),
		  SYNC_FULL_REFRESH, "'replication-method':'FULL_TABLE'}", "" },
		{ table, NULL, CONFIGURED("s", ",'namespace':'n'},'sync_mode':'incremental',"
					  "'cursor_field':['id']"),
		  SYNC_INCREMENTAL,
		  "'replication-method':'INCREMENTAL','replication-key':'id'", "" },
		{ table, NULL, CONFIGURED("s", ",'namespace':'n'},'sync_mode':'incremental',"
					  "'cursor_field':['gone']"),
		  SYNC_FULL_REFRESH, "'replication-method':'FULL_TABLE'}",
		  "stream \"n.s\": incremental was asked for, but its schema does not have the "
		  "cursor_field that was chosen; it is read in full\n" },
		{ table, NULL, CONFIGURED("s", "},'sync_mode':'incremental'"),
		  SYNC_FULL_REFRESH, "'replication-method':'FULL_TABLE'}",
		  "stream \"s\": incremental was asked for, but no cursor_field was chosen; "
		  "it is read in full\n" },
		{ ENTRY("", ""), NULL, CONFIGURED("s", "},'sync_mode':'incremental',"
						  "'cursor_field':['at']"),
		  SYNC_FULL_REFRESH, "'replication-method':'FULL_TABLE'}",
		  "stream \"s\": incremental was asked for, but the tap cannot do that for it; "
		  "it is read in full\n" },
		{ ENTRY("", ""), "{'streams':{'s':{'keeps_position':true}}}",
		  CONFIGURED("s", "},'sync_mode':'incremental'"),
		  SYNC_INCREMENTAL, "'metadata':{'selected':true}}", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer warnings;
		struct bench b;

		buffer_init(&warnings, BUFFER_MAXIMUM);
		buffer_append_string(&warnings, cases[i].warnings);
		bench_map_text(&b, cases[i].streams, cases[i].overlay, true);
		bench_configure_text(&b, cases[i].configured);
		assert_int_equal(b.streams.count, 1);
		assert_int_equal(b.streams.items[0].sync_mode, cases[i].mode);
		assert_contains(&b.tap, cases[i].in_tap_catalog);
		assert_same_text(&b.warnings, &warnings);
		buffer_release(&warnings);
		bench_release(&b);
	}
}

static void assert_field(const struct stream *stream, const char *name, enum field_choice choice)
{
	const uint32_t *value = name_table_get(&stream->fields, slice_of_string(name));

	assert_non_null(value);
	assert_int_equal(*value, choice);
}

static void fields_are_chosen_by_the_configured_schema(void **state)
{
	const struct stream *stream;
	struct bench b;

	(void)state;
	bench_map_text(&b, ENTRY("'key_properties':['id'],'replication_key':'at',", ""),
		       NULL, true);
	bench_configure_text(&b, CONFIGURED("s", ",'json_schema':{'properties':{'n':{},'new':{}}}},"
					    "'sync_mode':'full_refresh'"));
	stream = &b.streams.items[0];
	assert_true(stream->fields_from_discovery);
	assert_int_equal(stream->fields.count, 5);
	assert_field(stream, "id", FIELD_DESELECTED);
	assert_field(stream, "at", FIELD_DESELECTED);
	assert_field(stream, "u", FIELD_DESELECTED);
	assert_field(stream, "n", FIELD_SELECTED);
	assert_field(stream, "new", FIELD_SELECTED);
	/* The tap needs its key and its cursor all the same. */
	assert_contains(&b.tap, "{'breadcrumb':['properties','id'],'metadata':{'selected':true}}");
	assert_contains(&b.tap, "{'breadcrumb':['properties','at'],'metadata':{'selected':true}}");
	bench_release(&b);
}

static void without_configured_properties_all_fields_are_chosen(void **state)
{
	const struct stream *stream;
	struct bench b;

	(void)state;
	bench_map_text(&b, ENTRY("", ""), NULL, true);
	bench_configure_text(&b, CONFIGURED("s", ",'json_schema':{}}"));
	stream = &b.streams.items[0];
	assert_field(stream, "id", FIELD_SELECTED);
	assert_field(stream, "n", FIELD_SELECTED);
	assert_field(stream, "at", FIELD_SELECTED);
	assert_field(stream, "u", FIELD_DESELECTED);
	bench_release(&b);
}

static void a_chosen_cursor_is_read_though_it_is_deselected(void **state)
{
	struct bench b;

	(void)state;
	bench_map_text(&b, ENTRY("", "'schema-name':'x'"), NULL, true);
	bench_configure_text(&b, CONFIGURED("s", ",'json_schema':{'properties':{'id':{}}}},"
					    "'sync_mode':'incremental','cursor_field':['at']"));
	assert_contains(&b.tap, "{'breadcrumb':['properties','id'],'metadata':{'selected':true}}");
	assert_contains(&b.tap, "{'breadcrumb':['properties','n'],'metadata':{'selected':false}}");
	assert_contains(&b.tap, "{'breadcrumb':['properties','at'],'metadata':{'selected':true}}");
	assert_field(&b.streams.items[0], "at", FIELD_DESELECTED);
	bench_release(&b);
}

static void streams_are_matched_by_name_and_namespace(void **state)
{
	static const char tap[] = TABLE("a-t", "t", "t", "a") "," TABLE("b-t", "t", "t", "b") ","
				  TABLE("b-u", "u", "u", "b");
	static const struct {
		const char *configured;
		const char *list; /* id=namespace.name of the configured ones, ! where none */
	} cases[] = {
		{ "{'stream':{'name':'t','namespace':'b'}}", "b-t=b.t " },
		{ "{'stream':{'name':'u'}}", "b-u=.u " },
		{ "{'stream':{'name':'u','namespace':''}}", "b-u=.u " },
		{ "{'stream':{'name':'t'}}", "!=.t " },
		{ "{'stream':{'name':'u','namespace':'a'}}", "!=a.u " },
		{ "{'stream':{'name':'u'}},{'stream':{'name':'u','namespace':'b'}}",
		  "b-u=b.u !=.u " },
		{ "{'stream':{'name':'x'}},{'stream':{'name':'t','namespace':'a'}}",
		  "a-t=a.t !=.x " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer list, expected;
		struct bench b;

		buffer_init(&list, BUFFER_MAXIMUM);
		buffer_init(&expected, BUFFER_MAXIMUM);
		bench_map_text(&b, tap, NULL, true);
		bench_configure_text(&b, cases[i].configured);
		for (size_t s = 0; s < b.streams.count; s++) {
			const struct stream *stream = &b.streams.items[s];

			assert_int_equal(stream->in_tap, s < 3);
			if (!stream->configured)
				continue;
			buffer_append_string(&list, stream->in_tap ? stream->id : "!");
			buffer_append_char(&list, '=');
			buffer_append_string(&list, stream->namespace ? stream->namespace : "");
			buffer_append_char(&list, '.');
			buffer_append_string(&list, stream->name);
			buffer_append_char(&list, ' ');
		}
		buffer_append_string(&expected, cases[i].list);
		assert_same_text(&list, &expected);
		buffer_release(&list);
		buffer_release(&expected);
		bench_release(&b);
	}
}

static void a_stream_that_the_tap_lacks_is_kept_apart(void **state)
{
	const struct stream *stream;
	struct bench b;

	(void)state;
	bench_map_text(&b, "{'tap_stream_id':'a','stream':'b'}", NULL, true);
	bench_configure_text(&b, CONFIGURED("gone", ",'namespace':'n','json_schema':{'properties':"
					    "{'x':{}}}},'sync_mode':'incremental'"));
	assert_int_equal(b.streams.count, 2);
	assert_false(b.streams.items[0].configured);
	assert_string_equal(b.streams.items[0].id, "a");
	assert_string_equal(b.streams.items[0].tap_name, "b");
	stream = &b.streams.items[1];
	assert_true(stream->configured);
	assert_false(stream->in_tap);
	assert_false(stream->fields_from_discovery);
	assert_string_equal(stream->name, "gone");
	assert_string_equal(stream->namespace, "n");
	assert_string_equal(stream->id, "");
	assert_string_equal(stream->tap_name, "");
	assert_int_equal(stream->sync_mode, SYNC_INCREMENTAL);
	assert_field(stream, "x", FIELD_SELECTED);
	bench_release(&b);
}

/* A stream that is the child of another. */
#define CHILD(id, parent) \
	"{'tap_stream_id':'" id "','metadata':[{'breadcrumb':[],'metadata':" \
	"{'parent-tap-stream-id':'" parent "'}}]}"

static void parents_are_selected_for_the_tap(void **state)
{
	struct bench b;

	(void)state;
	bench_map_text(&b, CHILD("top", "") "," CHILD("middle", "top") "," CHILD("child", "middle")
		       "," CHILD("other", "top") "," CHILD("egg", "hen") "," CHILD("hen", "egg")
		       "," CHILD("orphan", "nobody"), NULL, true);
	bench_configure_text(&b, "{'stream':{'name':'child'}},{'stream':{'name':'egg'}},"
			     "{'stream':{'name':'orphan'}}");
	assert_contains(&b.tap, "'parent-tap-stream-id':'','selected':true}");
	assert_contains(&b.tap, "{'tap_stream_id':'middle','metadata':[{'breadcrumb':[],'metadata':"
			"{'parent-tap-stream-id':'top','selected':true}}]}");
	assert_contains(&b.tap, "{'tap_stream_id':'other','metadata':[{'breadcrumb':[],'metadata':"
			"{'parent-tap-stream-id':'top','selected':false}}]}");
	assert_contains(&b.tap, "{'tap_stream_id':'hen','metadata':[{'breadcrumb':[],'metadata':"
			"{'parent-tap-stream-id':'egg','selected':true}}]}");
	assert_false(b.streams.items[0].configured);
	assert_false(b.streams.items[1].configured);
	assert_string_equal(b.streams.items[1].parent_id, "top");
	assert_true(b.streams.items[2].configured);
	bench_release(&b);
}

static void what_is_not_offered_is_not_warned_of(void **state)
{
	struct bench b;

	(void)state;
	bench_map_text(&b, "{'tap_stream_id':'a','" SINGER_OTHER_KEY "':true},"
		       "{'tap_stream_id':'b'}",
		       "{'streams':{'a':{'cursor_field':['at'],'primary_key':[['id']]},"
		       "'b':{'cursor_field':['at'],'exclude':true}}}", true);
	assert_int_equal(b.warnings.length, 0);
	bench_release(&b);
}

static void a_tap_that_cannot_discover_has_the_configured_streams(void **state)
{
	struct configured_catalog configured;
	struct stream_list streams = STREAM_LIST_EMPTY;
	struct error error = ERROR_NONE;
	const struct stream *stream;
	struct buffer text;

	(void)state;
	buffer_init(&text, BUFFER_MAXIMUM);
	append_quoted(&text, "{'streams':[{'stream':{'name':'rate','json_schema':{'properties':"
		      "{'USD':{}}}},'sync_mode':'incremental'},"
		      "{'stream':{'name':'b','namespace':'n'},'sync_mode':'full_refresh'}]}");
	assert_true(configured_catalog_parse(&configured, &text, &error));
	assert_true(catalog_choice_apply_blind(&configured, NULL, &streams, &error));
	assert_int_equal(streams.count, 2);
	stream = &streams.items[0];
	assert_string_equal(stream->id, "rate");
	assert_string_equal(stream->tap_name, "rate");
	assert_string_equal(stream->name, "rate");
	assert_null(stream->namespace);
	assert_null(stream->parent_id);
	assert_true(stream->in_tap);
	assert_true(stream->configured);
	assert_false(stream->fields_from_discovery);
	assert_int_equal(stream->sync_mode, SYNC_INCREMENTAL);
	assert_int_equal(stream->fields.count, 1);
	assert_field(stream, "USD", FIELD_SELECTED);
	assert_string_equal(streams.items[1].namespace, "n");
	assert_int_equal(streams.items[1].sync_mode, SYNC_FULL_REFRESH);
	stream_list_release(&streams);
	configured_catalog_release(&configured);
}

/* One stream of 10,000 fields, all with metadata: a quadratic step would take minutes here. */
static void ten_thousand_fields_are_mapped_and_selected(void **state)
{
	struct buffer text;
	struct bench b;

	(void)state;
	buffer_init(&text, BUFFER_MAXIMUM);
	append_quoted(&text, "{'streams':[{'stream':'s','schema':{'properties':{'x':{}");
	for (int i = 0; i < 10000; i++) {
		append_quoted(&text, ",'f");
		buffer_append_integer(&text, i);
		append_quoted(&text, "':{'type':'string'}");
	}
	append_quoted(&text, "}},'metadata':[{'breadcrumb':[],'metadata':{}}");
	for (int i = 0; i < 10000; i++) {
		append_quoted(&text, ",{'breadcrumb':['properties','f");
		buffer_append_integer(&text, i);
		append_quoted(&text, "'],'metadata':{}}");
	}
	append_quoted(&text, "]}]}");
	bench_map(&b, &text, NULL, true);
	bench_configure_text(&b, CONFIGURED("s", ",'json_schema':{'properties':{'f9999':{}}}}"));
	assert_int_equal(b.streams.items[0].fields.count, 10001);
	assert_contains(&b.tap, "{'breadcrumb':['properties','f9998'],"
			"'metadata':{'selected':false}}");
	assert_contains(&b.tap, "{'breadcrumb':['properties','f9999'],"
			"'metadata':{'selected':true}}");
	assert_contains(&b.tap, "{'breadcrumb':['properties','x'],'metadata':{'selected':false}}]");
	bench_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_catalogs_are_mapped_there_and_back),
		cmocka_unit_test(the_same_document_gives_the_same_line),
		cmocka_unit_test(streams_are_named),
		cmocka_unit_test(primary_keys_come_from_the_source_most_trusted),
		cmocka_unit_test(cursors_and_sync_modes_are_found),
		cmocka_unit_test(keys_behind_a_root_reference_are_found),
		cmocka_unit_test(a_sync_mode_that_cannot_be_done_becomes_full_refresh),
		cmocka_unit_test(fields_are_chosen_by_the_configured_schema),
		cmocka_unit_test(without_configured_properties_all_fields_are_chosen),
		cmocka_unit_test(a_chosen_cursor_is_read_though_it_is_deselected),
		cmocka_unit_test(streams_are_matched_by_name_and_namespace),
		cmocka_unit_test(a_stream_that_the_tap_lacks_is_kept_apart),
		cmocka_unit_test(what_is_not_offered_is_not_warned_of),
		cmocka_unit_test(parents_are_selected_for_the_tap),
		cmocka_unit_test(a_tap_that_cannot_discover_has_the_configured_streams),
		cmocka_unit_test(ten_thousand_fields_are_mapped_and_selected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
