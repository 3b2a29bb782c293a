#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "count.h"
#include "singer_catalog.h"
#include "stream.h"

/* The tables are written with ' for ", so that one can read them. */
static void with_quotes(struct buffer *text, const char *quoted)
{
	buffer_init(text, BUFFER_MAXIMUM);
	for (; *quoted != '\0'; quoted++)
		buffer_append_char(text, *quoted == '\'' ? '"' : *quoted);
}

static bool parse(struct singer_catalog *catalog, const char *quoted, struct error *error)
{
	struct buffer text;
	bool done;

	with_quotes(&text, quoted);
	done = singer_catalog_parse(catalog, &text, error);
	assert_null(text.data);
	return done;
}

static void assert_optional_string(const char *actual, const char *expected)
{
	if (expected == NULL)
		assert_null(actual);
	else
		assert_string_equal(actual, expected);
}

#define ROOT(members) "'metadata':[{'breadcrumb':[],'metadata':{" members "}}]"

static void names_are_read(void **state)
{
	static const struct {
		const char *entry;
		const char *id, *stream, *table_name, *schema_name, *parent_id;
	} cases[] = {
		{ "{'tap_stream_id':'a','stream':'b','table_name':'c'}", "a", "b", "c",
		  NULL, NULL },
		{ "{'tap_stream_id':'a'}", "a", "a", NULL, NULL, NULL },
		{ "{'stream':'b'}", "b", "b", NULL, NULL, NULL },
		{ "{'tap_stream_id':'','stream':'b','table_name':''}", "b", "b", NULL, NULL, NULL },
		{ "{'tap_stream_id':'\\u00e9','stream':null}", "\xc3\xa9", "\xc3\xa9", NULL, NULL,
		  NULL },
		{ "{'stream':'b'," ROOT("'schema-name':'s','database-name':'d'") "}",
		  "b", "b", NULL, "s", NULL },
		{ "{'stream':'b'," ROOT("'schema-name':'','database-name':'d'") "}", "b", "b", NULL,
		  "d", NULL },
		{ "{'stream':'b'," ROOT("'parent-tap-stream-id':'p'") "}", "b", "b", NULL, NULL,
		  "p" },
		{ "{'stream':'b','metadata':[{'breadcrumb':['properties','x'],'metadata':"
		  "{'schema-name':'wrong'}},{'breadcrumb':[],'metadata':{'schema-name':'s'}}]}",
		  "b", "b", NULL, "s", NULL },
		{ "{'stream':'b','metadata':{'schema-name':'wrong'}}", "b", "b", NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct singer_catalog catalog;
		struct error error = ERROR_NONE;
		const struct singer_entry *entry;
		struct buffer text;
		char *string;

		buffer_init(&text, BUFFER_MAXIMUM);
		buffer_append_string(&text, "\n{'streams': [");
		buffer_append_string(&text, cases[i].entry);
		buffer_append_string(&text, "]}\n\n");
		string = buffer_to_string(&text);
		assert_true(parse(&catalog, string, &error));
		assert_int_equal(catalog.count, 1);
		entry = &catalog.entries[0];
		assert_string_equal(entry->id, cases[i].id);
		assert_string_equal(entry->stream, cases[i].stream);
		assert_optional_string(entry->table_name, cases[i].table_name);
		assert_optional_string(entry->schema_name, cases[i].schema_name);
		assert_optional_string(entry->parent_id, cases[i].parent_id);
		singer_catalog_release(&catalog);
		free(string);
		buffer_release(&text);
	}
}

static void unsupported_fields_are_found_in_metadata_and_schema(void **state)
{
	struct singer_catalog catalog;
	struct error error = ERROR_NONE;
	const struct name_table *unsupported;

	(void)state;
	assert_true(parse(&catalog, "{'streams':[{'stream':'s','schema':{'properties':{"
		"'in_schema':{'inclusion':'unsupported'},'fine':{'inclusion':'available'}}},"
		"'metadata':["
		"{'breadcrumb':['properties','in_metad\\u0061ta'],"
		"'metadata':{'inclusion':'unsupported'}},"
		"{'breadcrumb':['properties','deep','properties','x'],"
		"'metadata':{'inclusion':'unsupported'}},"
		"{'breadcrumb':['properties','auto'],'metadata':{'inclusion':'automatic'}}]}]}",
		&error));
	unsupported = &catalog.entries[0].unsupported;
	assert_int_equal(unsupported->count, 2);
	assert_non_null(name_table_get(unsupported, SLICE("in_schema")));
	assert_non_null(name_table_get(unsupported, SLICE("in_metadata")));
	singer_catalog_release(&catalog);
}

static void what_is_no_catalog_is_refused(void **state)
{
	static const struct {
		const char *json;
		const char *message; /* NULL: whatever the parser says */
	} cases[] = {
		{ "", NULL },
		{ "usage: tap-x [-h] -c CONFIG", NULL },
		{ "{'type':'SCHEMA'}\n{'type':'RECORD'}", NULL },
		{ "[]", "expected an object with a list \"streams\"" },
		{ "{}", "expected an object with a list \"streams\"" },
		{ "{'streams':{}}", "expected an object with a list \"streams\"" },
		{ "{'streams':[{'stream':'a'},{}]}",
		  "/streams/1: expected an object with a tap_stream_id" },
		{ "{'streams':['a']}", "/streams/0: expected an object with a tap_stream_id" },
		{ "{'streams':[{'stream':1}]}",
		  "/streams/0: expected an object with a tap_stream_id" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct singer_catalog catalog;
		struct error error = ERROR_NONE;

		assert_false(parse(&catalog, cases[i].json, &error));
		assert_true(error.set);
		assert_int_equal(error.type, FAILURE_SYSTEM);
		if (cases[i].message != NULL)
			assert_string_equal(error.message, cases[i].message);
		singer_catalog_release(&catalog);
	}
}

static const struct singer_selection no = { false, "FULL_TABLE", "at", NULL };
static const struct singer_selection yes = { true, NULL, NULL, NULL };
static const struct singer_selection full = { true, "FULL_TABLE", NULL, NULL };
static const struct singer_selection incremental = { true, "INCREMENTAL", "at\"", NULL };

static void check_select(const char *before, const struct singer_selection *selection,
			 const char *after)
{
	struct singer_catalog catalog;
	struct error error = ERROR_NONE;
	struct buffer out, expected;

	buffer_init(&out, BUFFER_MAXIMUM);
	with_quotes(&expected, after);
	assert_true(parse(&catalog, before, &error));
	assert_int_equal(catalog.count, 1);
	singer_catalog_select(&catalog, selection, &out);
	assert_false(out.failed);
	buffer_append_char(&out, '\0');
	buffer_append_char(&expected, '\0');
	assert_string_equal(out.data, expected.data);
	buffer_release(&out);
	buffer_release(&expected);
	singer_catalog_release(&catalog);
}

static void the_selection_is_written_into_the_tap_s_own_text(void **state)
{
	static const struct {
		const char *before;
		const struct singer_selection *selection;
		const char *after;
	} cases[] = {
		/* metadata that is not there */
		{ "{'streams':[{'stream':'s'}]}", &no,
		  "{'streams':[{'stream':'s','metadata':"
		  "[{'breadcrumb':[],'metadata':{'selected':false}}]}]}" },
		{ "{'streams':[{'stream':'s','metadata':null,'x':1}]}", &full,
		  "{'streams':[{'stream':'s','metadata':[{'breadcrumb':[],'metadata':"
		  "{'selected':true,'replication-method':'FULL_TABLE'}}],'x':1,"
		  "'replication_method':'FULL_TABLE'}]}" },
		{ "{'streams':[{'stream':'s','metadata':[ ],'schema':{}}]}", &yes,
		  "{'streams':[{'stream':'s','metadata':[{'breadcrumb':[],'metadata':"
		  "{'selected':true}} ],'schema':{'selected':true}}]}" },
		{ "{'streams':[{'stream':'s','schema':{'properties':{'a b':{},'k':{'inclusion':"
		  "'automatic'},'u':{'inclusion':'unsupported'}},'selected':false}}]}", &yes,
		  "{'streams':[{'stream':'s','schema':{'properties':{'a b':{},'k':{'inclusion':"
		  "'automatic'},'u':{'inclusion':'unsupported'}},'selected':true},'metadata':["
		  "{'breadcrumb':[],'metadata':{'selected':true}},"
		  "{'breadcrumb':['properties','a b'],'metadata':{'selected':true}}]}]}" },
		/* the root may come last, and what it says is replaced in its place */
		{ "{'streams':[{'stream':'s','schema':{'properties':{'a':{}}},'metadata':["
		  "{'breadcrumb':['properties','a'],'metadata':{'selected':false,'x':1e-18}},"
		  "{'breadcrumb':[],'metadata':{'selected':null,'replication-key':'old',"
		  "'y':-0.0}}]}]}", &incremental,
		  "{'streams':[{'stream':'s','schema':{'properties':{'a':{}},'selected':true},"
		  "'metadata':["
		  "{'breadcrumb':['properties','a'],'metadata':{'selected':true,'x':1e-18}},"
		  "{'breadcrumb':[],'metadata':{'selected':true,'replication-key':'at\\'','y':-0.0,"
		  "'replication-method':'INCREMENTAL'}}],"
		  "'replication_method':'INCREMENTAL','replication_key':'at\\''}]}" },
		/* the entry's own members; not selected: they stay */
		{ "{'streams':[{'replication_method':'','replication_key':null,'stream':'s',"
		  "'metadata':[{'metadata':{},'breadcrumb':[]}]}]}", &incremental,
		  "{'streams':[{'replication_method':'INCREMENTAL',"
		  "'replication_key':'at\\'','stream':"
		  "'s','metadata':[{'metadata':{'selected':true,'replication-method':'INCREMENTAL',"
		  "'replication-key':'at\\''},'breadcrumb':[]}]}]}" },
		{ "{'streams':[{'replication_method':'','stream':'s','metadata':["
		  "{'breadcrumb':[],'metadata':{'selected':true}},"
		  "{'breadcrumb':['properties','a'],'metadata':{'selected':true}}],"
		  "'schema':{'properties':{'a':{},'b':{}}}}]}", &no,
		  "{'streams':[{'replication_method':'','stream':'s','metadata':["
		  "{'breadcrumb':[],'metadata':{'selected':false}},"
		  "{'breadcrumb':['properties','a'],'metadata':{'selected':true}}],"
		  "'schema':{'properties':{'a':{},'b':{}},'selected':false}}]}" },
		/* numbers, order, spelling and white space of what is not touched */
		{ " {\n 'streams' : [ {'stream':'\\u0073', 'schema': {'type': 'object' ,\n"
		  " 'multipleOf': 1e-38, 'maximum': 100000000000000000000\n }, 'metadata': [\n"
		  "  {'breadcrumb': [ ], 'metadata': { }}\n ] } ], 'version' : 1.50 }\n\n", &yes,
		  " {\n 'streams' : [ {'stream':'\\u0073', 'schema': {'type': 'object' ,\n"
		  " 'multipleOf': 1e-38, 'maximum': 100000000000000000000,'selected':true\n },"
		  " 'metadata': [\n  {'breadcrumb': [ ], 'metadata': {'selected':true }}\n ] } ],"
		  " 'version' : 1.50 }\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_select(cases[i].before, cases[i].selection, cases[i].after);
}

static void fields_follow_the_choice(void **state)
{
	struct name_table fields = NAME_TABLE_EMPTY;
	struct singer_selection selection = { true, NULL, "at", &fields };

	(void)state;
	assert_true(name_table_set(&fields, SLICE("off"), FIELD_DESELECTED));
	assert_true(name_table_set(&fields, SLICE("on"), FIELD_SELECTED));
	assert_true(name_table_set(&fields, SLICE("auto"), FIELD_DESELECTED));
	assert_true(name_table_set(&fields, SLICE("at"), FIELD_DESELECTED));
	assert_true(name_table_set(&fields, SLICE("fixed"), FIELD_DESELECTED));
	check_select(
		"{'streams':[{'stream':'s','replication_key':'',"
		"'schema':{'properties':{'off':{},'on':{},"
		"'auto':{},'at':{},'other':{},'fixed':{'inclusion':'automatic'}},'selected':true},"
		"'metadata':[{'breadcrumb':[],'metadata':{}},"
		"{'breadcrumb':['properties','off'],'metadata':{}},"
		"{'breadcrumb':['properties','off','properties','x'],'metadata':{'selected':true}},"
		"{'breadcrumb':['properties','off','items'],'metadata':{}},"
		"{'breadcrumb':['properties','off','properties','y'],"
		"'metadata':{'inclusion':'automatic'}},"
		"{'breadcrumb':['properties','auto'],'metadata':{'inclusion':'automatic'}},"
		"{'breadcrumb':['properties','fixed'],'metadata':{'z':1}},"
		"{'breadcrumb':['properties','u'],'metadata':{'inclusion':'unsupported'}},"
		"{'breadcrumb':['definitions','d'],'metadata':{}}]}]}",
		&selection,
		"{'streams':[{'stream':'s','replication_key':'at','schema':{'properties':{'off':{},"
		"'on':{},'auto':{},'at':{},'other':{},'fixed':{'inclusion':'automatic'}},"
		"'selected':true},"
		"'metadata':[{'breadcrumb':[],'metadata':{'selected':true,'replication-key':'at'}},"
		"{'breadcrumb':['properties','off'],'metadata':{'selected':false}},"
		"{'breadcrumb':['properties','off','properties','x'],"
		"'metadata':{'selected':false}},"
		"{'breadcrumb':['properties','off','items'],'metadata':{'selected':false}},"
		"{'breadcrumb':['properties','off','properties','y'],"
		"'metadata':{'inclusion':'automatic'}},"
		"{'breadcrumb':['properties','auto'],'metadata':{'inclusion':'automatic'}},"
		"{'breadcrumb':['properties','fixed'],'metadata':{'z':1}},"
		"{'breadcrumb':['properties','u'],'metadata':{'inclusion':'unsupported'}},"
		"{'breadcrumb':['definitions','d'],'metadata':{}},"
		"{'breadcrumb':['properties','on'],'metadata':{'selected':true}},"
		"{'breadcrumb':['properties','at'],'metadata':{'selected':true}},"
		"{'breadcrumb':['properties','other'],'metadata':{'selected':true}}]}]}");
	name_table_release(&fields);
}

static void each_entry_has_its_own_selection(void **state)
{
	static const struct singer_selection selections[] = {
		{ .selected = true }, { .selected = false },
	};
	struct singer_catalog catalog;
	struct error error = ERROR_NONE;
	struct buffer out, expected;

	(void)state;
	buffer_init(&out, BUFFER_MAXIMUM);
	assert_true(parse(&catalog, "{'streams':[{'stream':'a','metadata':null},"
			  "{'stream':'b','metadata':null}]}", &error));
	singer_catalog_select(&catalog, selections, &out);
	with_quotes(&expected, "{'streams':[{'stream':'a','metadata':[{'breadcrumb':[],'metadata':"
		    "{'selected':true}}]},{'stream':'b','metadata':[{'breadcrumb':[],'metadata':"
		    "{'selected':false}}]}]}");
	assert_int_equal(out.length, expected.length);
	assert_memory_equal(out.data, expected.data, expected.length);
	buffer_release(&out);
	buffer_release(&expected);
	singer_catalog_release(&catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(unsupported_fields_are_found_in_metadata_and_schema),
		cmocka_unit_test(what_is_no_catalog_is_refused),
		cmocka_unit_test(the_selection_is_written_into_the_tap_s_own_text),
		cmocka_unit_test(fields_follow_the_choice),
		cmocka_unit_test(each_entry_has_its_own_selection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
