/* The input is a JSON text: the tree says what the scanner says, and the nodes fit together. */
#include "document.h"
#include "fuzz.h"

static bool is_inside(struct slice part, struct slice whole)
{
	return part.data >= whole.data && part.data + part.length <= whole.data + whole.length;
}

static void check_node(const struct node *parent)
{
	const struct node *child;
	size_t size = 1, count = 0;

	node_for_each(child, parent) {
		FUZZ_CHECK(is_inside(child->text, parent->text));
		FUZZ_CHECK((child->key.data != NULL) == (parent->kind == NODE_OBJECT));
		if (child->key.data != NULL)
			FUZZ_CHECK(is_inside(child->key, parent->text));
		size += child->size;
		count++;
	}
	FUZZ_CHECK(size == parent->size && count == node_count(parent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), value;
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	struct json_scan scan;
	bool valid, parsed = document_parse(&document, text, &error);

	json_scan_init(&scan, text);
	valid = json_scan_value(&scan, &value) && json_scan_end(&scan);
	FUZZ_CHECK(parsed == valid && parsed == !error.set);
	if (parsed) {
		FUZZ_CHECK(document.nodes[0].size == document.count);
		FUZZ_CHECK(slice_equals(document.nodes[0].text, value));
		for (size_t i = 0; i < document.count; i++)
			check_node(&document.nodes[i]);
	}
	document_release(&document);
	return 0;
}
