#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "count.h"
#include "schema_map.h"

#define ANY "{'type':['null','string','number','boolean','object','array']}"
#define STRING "{'type':['null','string']}"
#define INTEGER "{'type':['null','integer']}"
#define NUMBER "{'type':['null','number']}"
#define DATE_TIME \
	"{'type':['null','string'],'format':'date-time','airbyte_type':'timestamp_with_timezone'}"

/* The tables are written with ' for ", so that one can read them. */
static char *with_quotes(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

/* What becomes of a schema, as a string that the caller frees. */
static char *map(const char *schema, const struct name_table *left_out)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	struct buffer out;
	char *mapped;

	buffer_init(&out, BUFFER_MAXIMUM);
	assert_true(document_parse(&document, slice_of_string(schema), &error));
	schema_map_stream(&out, document.nodes, left_out);
	mapped = buffer_to_string(&out);
	assert_non_null(mapped);
	buffer_release(&out);
	document_release(&document);
	return mapped;
}

static void check_map(const char *schema, const char *expected, const struct name_table *left_out)
{
	char *from = with_quotes(schema), *to = with_quotes(expected);
	char *mapped = map(from, left_out);

	assert_string_equal(mapped, to);
	free(mapped);
	free(from);
	free(to);
}

static void a_property_is_mapped(void **state)
{
	static const struct {
		const char *schema, *expected;
	} cases[] = {
		/* types */
		{ "{'type':'string'}", STRING },
		{ "{'type':['string','null']}", STRING },
		{ "{'type':['integer']}", INTEGER },
		{ "{'type':'boolean'}", "{'type':['null','boolean']}" },
		{ "{'type':['null','integer','string']}", "{'type':['null','integer','string']}" },
		{ "{'type':['integer','number','null']}", NUMBER },
		{ "{'type':['number','integer']}", NUMBER },
		{ "{'type':['string','string']}", STRING },
		{ "{'type':['string','timestamp']}", STRING },
		{ "{'type':'timestamp'}", ANY },
		{ "{'type':'null'}", ANY },
		{ "{'type':[]}", ANY },
		{ "{'type':null}", ANY },
		{ "{}", ANY },
		{ "true", ANY },
		{ "false", ANY },
		{ "null", ANY },
		{ "{'description':'what it is'}", ANY },
		/* what destinations do not read */
		{ "{'type':'string','minLength':1,'maxLength':9,'pattern':'^a','title':'t',"
		  "'description':'d','default':'x','examples':['y'],'selected':true,"
		  "'inclusion':'available','not':{'type':'null'}}", STRING },
		{ "{'type':['null','integer'],'minimum':-9223372036854775808,"
		  "'maximum':100000000000000000000,'exclusiveMaximum':true}", INTEGER },
		{ "{'type':'string','enum':['a','b']}", STRING },
		/* formats */
		{ "{'type':'string','format':'date-time'}", DATE_TIME },
		{ "{'type':'string','format':'date'}",
		  "{'type':['null','string'],'format':'date'}" },
		{ "{'type':'string','format':'time'}",
		  "{'type':['null','string'],'format':'time',"
		  "'airbyte_type':'time_without_timezone'}" },
		{ "{'type':'string','format':'uuid'}", STRING },
		{ "{'type':'string','format':'singer.decimal'}", STRING },
		{ "{'type':'integer','format':'date-time'}", INTEGER },
		{ "{'format':'date-time'}", DATE_TIME },
		{ "{'format':'email'}", STRING },
		/* numbers */
		{ "{'type':'number','multipleOf':1}", INTEGER },
		{ "{'type':'number','multipleOf':1.0}", INTEGER },
		{ "{'type':'number','multipleOf':1e-38}", NUMBER },
		{ "{'type':'number','multipleOf':10}", NUMBER },
		{ "{'type':'number','multipleOf':1.5}", NUMBER },
		/* no type */
		{ "{'enum':['a','b',null]}", STRING },
		{ "{'enum':[1,'a']}", "{'type':['null','integer','string']}" },
		{ "{'enum':[1,2.5]}", NUMBER },
		{ "{'enum':[null]}", ANY },
		{ "{'const':true}", "{'type':['null','boolean']}" },
		{ "{'properties':{'a':{'type':'string'}}}",
		  "{'type':['null','object'],'properties':{'a':" STRING "}}" },
		{ "{'additionalProperties':{'type':'string'}}", "{'type':['null','object']}" },
		{ "{'items':{'type':'string'}}", "{'type':['null','array'],'items':" STRING "}" },
		/* objects */
		{ "{'type':'object'}", "{'type':['null','object']}" },
		{ "{'type':['null','object'],'additionalProperties':false,'properties':{}}",
		  "{'type':['null','object']}" },
		{ "{'type':'object','required':['b'],'properties':{'b':{'type':'integer',"
		  "'minimum':0},'a':{'inclusion':'unsupported'}}}",
		  "{'type':['null','object'],'properties':{'b':" INTEGER ",'a':" ANY "}}" },
		{ "{'type':'object','properties':{'type':{'type':'string'},'$ref':{}}}",
		  "{'type':['null','object'],'properties':{'type':" STRING ",'$ref':" ANY "}}" },
		{ "{'type':'string','properties':{'a':{}}}", STRING },
		/* arrays */
		{ "{'type':'array'}", "{'type':['null','array']}" },
		{ "{'type':'array','items':{}}", "{'type':['null','array'],'items':" ANY "}" },
		{ "{'type':'array','items':[{'type':'string'},{'type':'integer'},"
		  "{'type':'string'}]}",
		  "{'type':['null','array'],'items':{'anyOf':[" STRING "," INTEGER "]}}" },
		{ "{'type':'array','items':[{'type':'string'}]}",
		  "{'type':['null','array'],'items':" STRING "}" },
		{ "{'type':'array','prefixItems':[{'type':'string'}],'items':false}",
		  "{'type':['null','array'],'items':" STRING "}" },
		{ "{'type':['array','string'],'items':{'type':'integer'}}",
		  "{'type':['null','array','string'],'items':" INTEGER "}" },
		{ "{'type':['object','array'],'items':{'type':'integer'},"
		  "'properties':{'a':{'type':'string'}}}",
		  "{'type':['null','object','array'],'properties':{'a':" STRING "},"
		  "'items':" INTEGER "}" },
		/* unions */
		{ "{'anyOf':[{'type':'string'},{'type':'null'}]}", STRING },
		{ "{'oneOf':[{'type':'null'},{'type':'integer'}]}", INTEGER },
		{ "{'anyOf':[{'type':'string','format':'date-time'},{'type':['string','null']}]}",
		  DATE_TIME },
		{ "{'anyOf':[{'type':'string'},{'type':'integer'}]}",
		  "{'anyOf':[" STRING "," INTEGER "]}" },
		{ "{'anyOf':[{'type':'integer'},{'type':'string','format':'date-time'}]}",
		  "{'anyOf':[" INTEGER "," DATE_TIME "]}" },
		{ "{'anyOf':[{'type':'integer'},{'type':'number'}]}", NUMBER },
		{ "{'anyOf':[{'type':'string','maxLength':3},{'type':'string'}]}", STRING },
		{ "{'anyOf':[{'type':'string'},{}]}", ANY },
		{ "{'anyOf':[{'type':'null'}]}", ANY },
		{ "{'anyOf':[]}", ANY },
		{ "{'anyOf':[{'oneOf':[{'type':'string'},{'type':'boolean'}]},{'type':'integer'}]}",
		  "{'anyOf':[" STRING ",{'type':['null','boolean']}," INTEGER "]}" },
		{ "{'type':'object','anyOf':[{'type':'object',"
		  "'properties':{'a':{'type':'string'}}},"
		  "{'type':'object','properties':{'b':{'type':'integer'}}}]}",
		  "{'anyOf':[{'type':['null','object'],'properties':{'a':" STRING "}},"
		  "{'type':['null','object'],'properties':{'b':" INTEGER "}}]}" },
		{ "{'type':'object','properties':{'a':{}},'anyOf':[{'required':['a']}]}",
		  "{'type':['null','object'],'properties':{'a':" ANY "}}" },
		{ "{'type':'string','anyOf':[{'minLength':3},{'pattern':'x'}]}", STRING },
		/* allOf */
		{ "{'allOf':[{'type':'string'},{'minLength':3}]}", STRING },
		{ "{'allOf':[{'properties':{'a':{'type':'string'}}},"
		  "{'type':'object','properties':{'b':{'type':'integer'},'a':{'type':'string'}}}]}",
		  "{'type':['null','object'],'properties':{'a':" STRING ",'b':" INTEGER "}}" },
		{ "{'allOf':[{'type':'string'}],'format':'date-time'}", DATE_TIME },
		/* references, into the definitions below */
		{ "{'$ref':'#/definitions/text'}", STRING },
		{ "{'$ref':'#/definitions/text','type':['null','integer']}", STRING },
		{ "{'$ref':'#/$defs/whole'}", INTEGER },
		{ "{'$ref':'#/definitions/to'}", STRING },
		{ "{'$ref':'#/definitions/a~1b'}", INTEGER },
		{ "{'$ref':'#/definitions/a~0b%20c'}", NUMBER },
		{ "{'$ref':'#/definitions/list/anyOf/1'}", INTEGER },
		{ "{'anyOf':[{'$ref':'#/definitions/text'},{'type':'null'}]}", STRING },
		{ "{'allOf':[{'$ref':'#/definitions/text'},{'$ref':'#/definitions/text'}]}",
		  STRING },
		{ "{'type':'array','items':{'$ref':'#/definitions/text'}}",
		  "{'type':['null','array'],'items':" STRING "}" },
		{ "{'$ref':'#/definitions/nowhere'}", ANY },
		{ "{'$ref':'#/definitions/list/anyOf/2'}", ANY },
		{ "{'$ref':'other.json'}", ANY },
		{ "{'$ref':''}", ANY },
		{ "{'$ref':7}", ANY },
		{ "{'$ref':'#/definitions/circle'}", ANY },
		{ "{'$ref':'#'}", ANY },
		{ "{'$ref':'#/definitions/tree'}",
		  "{'type':['null','integer','array'],'items':" ANY "}" },
	};
	static const char definitions[] =
		"'definitions':{'text':{'type':'string'},'to':{'$ref':'#/definitions/text'},"
		"'a/b':{'type':'integer'},'a~b c':{'type':'number'},"
		"'list':{'anyOf':[{'type':'string'},{'type':'integer'}]},"
		"'circle':{'$ref':'#/definitions/circle2'},"
		"'circle2':{'$ref':'#/definitions/circle'},"
		"'tree':{'type':['null','integer','array'],'items':{'$ref':'#/definitions/tree'}}},"
		"'$defs':{'whole':{'type':'integer'}}";
	const struct name_table none = NAME_TABLE_EMPTY;
	char schema[4096], expected[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int length = snprintf(schema, sizeof(schema), "{'properties':{'p':%s},%s}",
				      cases[i].schema, definitions);

		assert_in_range(length, 1, sizeof(schema) - 1);
		length = snprintf(expected, sizeof(expected),
				  "{'type':'object','properties':{'p':%s}}", cases[i].expected);
		assert_in_range(length, 1, sizeof(expected) - 1);
		check_map(schema, expected, &none);
	}
}

#define ROOT(properties) "{'type':'object','properties':{" properties "}}"

static void a_root_is_always_an_object_with_properties(void **state)
{
	static const struct {
		const char *schema, *expected;
	} cases[] = {
		{ "{}", ROOT("") },
		{ "{'type':['null','object']}", ROOT("") },
		{ "{'type':'object','properties':null}", ROOT("") },
		{ "true", ROOT("") },
		{ "{'type':'string'}", ROOT("") },
		{ "{'$schema':'x','type':['null','object'],'additionalProperties':false,"
		  "'required':['a'],'properties':{'b':{'type':'string'},'a':{'type':'integer'}}}",
		  ROOT("'b':" STRING ",'a':" INTEGER) },
		{ "{'$ref':'#/definitions/row','definitions':{'row':{'properties':{'a':"
		  "{'$ref':'#/definitions/row'}}}}}", ROOT("'a':" ANY) },
		{ "{'$ref':'#'}", ROOT("") },
		{ "{'allOf':[{'properties':{'a':{'type':'string'}}},"
		  "{'properties':{'b':{'type':'integer'}}}],'properties':{'c':{'type':'number'}}}",
		  ROOT("'c':" NUMBER ",'a':" STRING ",'b':" INTEGER) },
		{ "{'anyOf':[{'type':'null'},{'properties':{'a':{'type':'string'},'b':{'type':"
		  "'integer'}}},{'properties':{'b':{'type':'number'},'c':{'type':'string'},"
		  "'a':{'type':'integer'}}}]}",
		  ROOT("'a':{'anyOf':[" STRING "," INTEGER "]},'b':" NUMBER ",'c':" STRING) },
	};
	const struct name_table none = NAME_TABLE_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_map(cases[i].schema, cases[i].expected, &none);
}

static void no_schema_is_a_root_without_properties(void **state)
{
	const struct name_table none = NAME_TABLE_EMPTY;
	struct buffer out;
	char *mapped;

	(void)state;
	buffer_init(&out, BUFFER_MAXIMUM);
	schema_map_stream(&out, NULL, &none);
	mapped = buffer_to_string(&out);
	assert_string_equal(mapped, "{\"type\":\"object\",\"properties\":{}}");
	free(mapped);
	buffer_release(&out);
}

static void unsupported_fields_are_left_out(void **state)
{
	struct name_table left_out = NAME_TABLE_EMPTY;

	(void)state;
	assert_true(name_table_set(&left_out, SLICE("b\xc3\xb6"), 0));
	check_map("{'properties':{'a':{'inclusion':'unsupported'},'b\\u00f6':{'type':'string'},"
		  "'c':{'type':'string','inclusion':'available'}}}",
		  ROOT("'c':" STRING), &left_out);
	name_table_release(&left_out);
}

static void names_keep_their_spelling_and_are_mended(void **state)
{
	const struct name_table none = NAME_TABLE_EMPTY;

	(void)state;
	check_map("{'properties':{'1 a.b-c':{'type':'string'},'\\u00e9\\'\\n':{'type':'string'},"
		  "'\xf0\x9f\x98\x80':{'type':'string'},'\\ud83d':{'type':'string'},"
		  "'\xff':{'type':'string'}}}",
		  ROOT("'1 a.b-c':" STRING ",'\\u00e9\\'\\n':" STRING ",'\xf0\x9f\x98\x80':" STRING
		       ",'\\ufffd':" STRING ",'\xef\xbf\xbd':" STRING), &none);
}

/* Appends "before" times n, a middle, and "after" times n. */
static char *nested(size_t n, const char *before, const char *middle, const char *after)
{
	struct buffer text;
	char *string;

	buffer_init(&text, BUFFER_MAXIMUM);
	for (size_t i = 0; i < n; i++)
		buffer_append_string(&text, before);
	buffer_append_string(&text, middle);
	for (size_t i = 0; i < n; i++)
		buffer_append_string(&text, after);
	string = buffer_to_string(&text);
	assert_non_null(string);
	buffer_release(&text);
	return string;
}

static void assert_is_readable(const char *mapped)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;

	assert_true(document_parse(&document, slice_of_string(mapped), &error));
	document_release(&document);
}

static void deep_schemas_end_in_any_type(void **state)
{
	static const struct {
		size_t levels;
		const char *before, *after;
	} cases[] = {
		{ 480, "{\"properties\":{\"a\":", "}}" },
		{ 480, "{\"properties\":{\"b\":{},\"a\":", "}}" },
		{ 480, "{\"allOf\":[", "]}" },
		{ 480, "{\"anyOf\":[", "]}" },
		{ 480, "{\"items\":[{},", "]}" },
		{ 480, "{\"items\":[{\"type\":\"string\"},", "]}" },
	};
	const struct name_table none = NAME_TABLE_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *inner = nested(cases[i].levels, cases[i].before, "{\"type\":\"string\"}",
				     cases[i].after);
		char *schema = nested(1, "{\"properties\":{\"p\":", inner, "}}");
		char *mapped = map(schema, &none);

		assert_is_readable(mapped);
		free(mapped);
		free(schema);
		free(inner);
	}
}

/* Appends a text with `number` for each # in it, and the next one for each %. */
static void append_numbered(struct buffer *out, const char *text, int number)
{
	for (; *text != '\0'; text++) {
		if (*text == '#' || *text == '%')
			buffer_append_integer(out, *text == '#' ? number : number + 1);
		else
			buffer_append_char(out, *text);
	}
}

/* Each definition has the next one twice: 2 to the 40th, if nothing stops it. */
static void references_that_double_come_to_an_end(void **state)
{
	static const char next[] = "\"$ref\":\"\\u0023/definitions/d%\"";
	static const struct {
		const char *form;
		size_t shortest; /* a union with any type in it is any type as a whole */
	} forms[] = {
		{ ",\"d#\":{\"properties\":{\"a\":{@},\"b\":{@}}}", 100000 },
		{ ",\"d#\":{\"anyOf\":[{@},{\"items\":{@}}]}", 90 },
		{ ",\"d#\":{\"allOf\":[{\"properties\":{\"x\":{@}}},"
		  "{\"properties\":{\"x\":{@}}}]}", 90 },
	};
	const struct name_table none = NAME_TABLE_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct buffer form, schema;
		char *pattern, *text, *mapped;

		buffer_init(&form, BUFFER_MAXIMUM);
		buffer_init(&schema, BUFFER_MAXIMUM);
		for (const char *c = forms[i].form; *c != '\0'; c++)
			buffer_append(&form, *c == '@' ? slice_of_string(next) : slice_of(c, 1));
		pattern = buffer_to_string(&form);
		assert_non_null(pattern);
		buffer_append_string(&schema,
				     "{\"properties\":{\"p\":{\"$ref\":\"#/definitions/d0\"}},"
				     "\"definitions\":{\"d40\":{\"type\":\"string\"}");
		for (int d = 0; d < 40; d++)
			append_numbered(&schema, pattern, d);
		buffer_append_string(&schema, "}}");
		text = buffer_to_string(&schema);
		assert_non_null(text);
		mapped = map(text, &none);
		assert_is_readable(mapped);
		assert_in_range(strlen(mapped), forms[i].shortest, (size_t)32 << 20);
		free(mapped);
		free(text);
		free(pattern);
		buffer_release(&schema);
		buffer_release(&form);
	}
}

static void ten_thousand_properties_are_mapped(void **state)
{
	const struct name_table none = NAME_TABLE_EMPTY;
	struct buffer schema, expected;
	char *text, *mapped;

	(void)state;
	buffer_init(&schema, BUFFER_MAXIMUM);
	buffer_init(&expected, BUFFER_MAXIMUM);
	buffer_append_string(&schema, "{\"properties\":{\"p\":{\"type\":\"string\"}");
	buffer_append_string(&expected, "{\"type\":\"object\",\"properties\":{"
			     "\"p\":{\"type\":[\"null\",\"string\"]}");
	for (int i = 0; i < 10000; i++) {
		buffer_append_string(&schema, ",\"p");
		buffer_append_integer(&schema, i);
		buffer_append_string(&schema, "\":{\"$ref\":\"#/properties/p\"}");
		buffer_append_string(&expected, ",\"p");
		buffer_append_integer(&expected, i);
		buffer_append_string(&expected, "\":{\"type\":[\"null\",\"string\"]}");
	}
	buffer_append_string(&schema, "}}");
	buffer_append_string(&expected, "}}");
	text = buffer_to_string(&schema);
	mapped = map(text, &none);
	assert_int_equal(strlen(mapped), expected.length);
	assert_memory_equal(mapped, expected.data, expected.length);
	free(mapped);
	free(text);
	buffer_release(&schema);
	buffer_release(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_property_is_mapped),
		cmocka_unit_test(a_root_is_always_an_object_with_properties),
		cmocka_unit_test(no_schema_is_a_root_without_properties),
		cmocka_unit_test(unsupported_fields_are_left_out),
		cmocka_unit_test(names_keep_their_spelling_and_are_mended),
		cmocka_unit_test(deep_schemas_end_in_any_type),
		cmocka_unit_test(references_that_double_come_to_an_end),
		cmocka_unit_test(ten_thousand_properties_are_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
