/* The input is a Singer stream's schema: what comes of it holds no word that Airbyte does not
 * read. */
#include "fuzz.h"
#include "schema_map.h"

/* Far more than any input that the fuzzer makes may grow to. */
#define OUTPUT_MAXIMUM ((size_t)64 << 20)

static void check_properties(const struct node *properties);

static void check_schema(const struct node *schema)
{
	static const char *const words[] = { "$ref", "allOf", "not", "required", "minimum",
					     "maximum", "pattern", "patternProperties",
					     "additionalProperties", "definitions", "$defs" };

	FUZZ_CHECK(schema->kind == NODE_OBJECT);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		FUZZ_CHECK(node_get(schema, words[i]) == NULL);
	if (node_get(schema, "items") != NULL)
		check_schema(node_get(schema, "items"));
	if (node_get(schema, "properties") != NULL)
		check_properties(node_get(schema, "properties"));
}

static void check_properties(const struct node *properties)
{
	const struct node *property;

	FUZZ_CHECK(properties->kind == NODE_OBJECT);
	node_for_each(property, properties)
		check_schema(property);
}

static void check_output(struct slice text)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;

	FUZZ_CHECK(text.length < OUTPUT_MAXIMUM);
	fuzz_check_json(text);
	FUZZ_CHECK(document_parse(&document, text, &error));
	FUZZ_CHECK(node_is_string(node_get(document.nodes, "type"), "object"));
	FUZZ_CHECK(node_get(document.nodes, "properties") != NULL);
	check_schema(document.nodes);
	document_release(&document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct name_table left_out = NAME_TABLE_EMPTY, fields = NAME_TABLE_EMPTY;
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	FUZZ_CHECK(name_table_set(&left_out, SLICE("secret"), 0));
	if (document_parse(&document, text, &error)) {
		schema_map_stream(&out, document.nodes, &left_out);
		check_output(buffer_slice(&out));
		FUZZ_CHECK(schema_map_add_fields(&fields, document.nodes[0].text, 1, &error));
	}
	buffer_release(&out);
	document_release(&document);
	name_table_release(&fields);
	name_table_release(&left_out);
	return 0;
}
