#include "document.h"

#include <stdlib.h>

#include "json_scan.h"
#include "json_text.h"

#define SMALLEST_CAPACITY 64

/* A parse on its way: the containers that are open, outermost first, by their nodes' indexes. */
struct parse {
	struct document *document;
	struct json_scan scan;
	uint32_t open[JSON_DEPTH_MAX]; /* scan.depth of them */
	bool first;                    /* the innermost has no child yet */
	bool no_memory;
};

static bool grow(struct document *document)
{
	size_t capacity = document->capacity ? document->capacity * 2 : SMALLEST_CAPACITY;
	struct node *nodes;

	if (document->count == UINT32_MAX)
		return false;
	if (capacity > UINT32_MAX)
		capacity = UINT32_MAX;
	if (capacity > SIZE_MAX / sizeof(*nodes))
		return false;
	nodes = realloc(document->nodes, capacity * sizeof(*nodes));
	if (nodes == NULL)
		return false;
	document->nodes = nodes;
	document->capacity = capacity;
	return true;
}

static struct node *add_node(struct parse *parse, struct slice key)
{
	struct document *document = parse->document;
	struct node *node;

	if (document->count == document->capacity && !grow(document)) {
		parse->no_memory = true;
		return NULL;
	}
	node = &document->nodes[document->count++];
	node->key = key;
	node->size = 1;
	return node;
}

static enum node_kind kind_of(char first_byte)
{
	switch (first_byte) {
	case '{':
		return NODE_OBJECT;
	case '[':
		return NODE_ARRAY;
	case '"':
		return NODE_STRING;
	case 't':
		return NODE_TRUE;
	case 'f':
		return NODE_FALSE;
	case 'n':
		return NODE_NULL;
	default:
		return NODE_NUMBER;
	}
}

/* Adds the value that is next; a container's children are left to the following steps. */
static bool add_value(struct parse *parse, struct slice key)
{
	struct json_scan *scan = &parse->scan;
	char first_byte = json_scan_peek(scan);
	struct node *node = add_node(parse, key);

	if (node == NULL)
		return false;
	node->kind = kind_of(first_byte);
	if (node->kind != NODE_OBJECT && node->kind != NODE_ARRAY)
		return json_scan_value(scan, &node->text);
	node->text = slice_of(scan->next, 1);
	if (!json_scan_open(scan, first_byte))
		return false;
	parse->open[scan->depth - 1] = (uint32_t)(node - parse->document->nodes);
	parse->first = true;
	return true;
}

/* Adds the next child of the innermost container, or closes it. */
static bool take_step(struct parse *parse)
{
	struct json_scan *scan = &parse->scan;
	size_t index = parse->open[scan->depth - 1];
	struct node *container = &parse->document->nodes[index];
	struct slice key = { NULL, 0 };
	bool more = container->kind == NODE_OBJECT ?
			    json_scan_member(scan, &parse->first, &key) :
			    json_scan_element(scan, &parse->first);

	if (more)
		return add_value(parse, key);
	if (scan->problem != NULL)
		return false;
	container->text.length = (size_t)(scan->next - container->text.data);
	container->size = (uint32_t)(parse->document->count - index);
	parse->first = false;
	return true;
}

static bool parse_all(struct parse *parse)
{
	if (!add_value(parse, slice_of(NULL, 0)))
		return false;
	while (parse->scan.depth > 0)
		if (!take_step(parse))
			return false;
	return json_scan_end(&parse->scan);
}

/* Columns count characters, as editors do: a UTF-8 sequence is one. */
static bool set_problem(struct error *error, const char *start, const struct json_scan *scan)
{
	struct slice rest = slice_of(start, (size_t)(scan->end - start));
	size_t line = 1, column = 1;

	if (scan->problem_at == start && slice_starts_with(rest, SLICE("\xef\xbb\xbf")))
		return error_set(error, FAILURE_SYSTEM, "not valid JSON: a byte order mark is at "
				 "its beginning; save it as UTF-8 without BOM");
	for (const char *p = start; p < scan->problem_at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	return error_set(error, FAILURE_SYSTEM, "not valid JSON at line %zu, column %zu: %s", line,
			 column, scan->problem);
}

bool document_parse(struct document *document, struct slice text, struct error *error)
{
	struct parse parse = { .document = document };
	const char *start;

	*document = DOCUMENT_NONE;
	json_scan_init(&parse.scan, text);
	start = parse.scan.next;
	if (parse_all(&parse))
		return true;
	document_release(document);
	if (parse.no_memory)
		return error_set_no_memory(error);
	return set_problem(error, start, &parse.scan);
}

void document_release(struct document *document)
{
	free(document->nodes);
	*document = DOCUMENT_NONE;
}

const struct node *node_get(const struct node *object, const char *name)
{
	return node_get_slice(object, slice_of_string(name));
}

const struct node *node_get_slice(const struct node *object, struct slice name)
{
	const struct node *child, *found = NULL;

	if (object == NULL || object->kind != NODE_OBJECT)
		return NULL;
	node_for_each(child, object)
		if (json_text_equals(child->key, name))
			found = child;
	return found;
}

const struct node *node_get_raw(const struct node *object, struct slice raw)
{
	const struct node *member;
	struct buffer decoded;

	if (raw.length == 0 || memchr(raw.data, '\\', raw.length) == NULL)
		return node_get_slice(object, raw);
	buffer_init(&decoded, BUFFER_MAXIMUM);
	json_text_decode(&decoded, raw);
	member = decoded.failed ? NULL : node_get_slice(object, buffer_slice(&decoded));
	buffer_release(&decoded);
	return member;
}

bool node_is_string(const struct node *node, const char *text)
{
	return node != NULL && node->kind == NODE_STRING &&
	       json_text_equals(node_raw(node), slice_of_string(text));
}

struct slice node_raw(const struct node *node)
{
	if (node == NULL || node->kind != NODE_STRING)
		return slice_of(NULL, 0);
	return slice_of(node->text.data + 1, node->text.length - 2);
}

char *node_to_string(const struct node *node)
{
	struct buffer decoded;
	char *string;

	if (node == NULL || node->kind != NODE_STRING)
		return NULL;
	buffer_init(&decoded, BUFFER_MAXIMUM);
	json_text_decode(&decoded, node_raw(node));
	string = buffer_to_string(&decoded);
	buffer_release(&decoded);
	return string;
}

size_t node_count(const struct node *node)
{
	const struct node *child;
	size_t count = 0;

	if (node == NULL)
		return 0;
	node_for_each(child, node)
		count++;
	return count;
}

bool node_is_empty(const struct node *node)
{
	if (node == NULL || node->kind == NODE_NULL)
		return true;
	return (node->kind == NODE_ARRAY || node->kind == NODE_OBJECT) && node->size == 1;
}
