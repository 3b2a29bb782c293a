/*
 * document.h - a whole JSON text as a read-only tree over the text's own bytes.
 *
 * For what machines write and what must pass through unchanged: discovery documents,
 * schemas, states, configured catalogs. Every node keeps the slice it was written as,
 * so numbers of any size survive, and what is not edited is copied byte by byte.
 * (jansson, which refuses integers over 64 bits and rewrites decimals, reads what
 * people write: manifest, spec, config, overlay.)
 *
 * The nodes lie in one array in the order of the text: a node's first child follows
 * it, and `size` nodes further comes what follows the node. So a node pointer is all
 * that is needed to walk:
 *
 *	const struct node *child;
 *
 *	node_for_each(child, parent)
 *		use(child->key, child->text);
 */
#ifndef TAPBYTE_DOCUMENT_H
#define TAPBYTE_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "slice.h"

enum node_kind {
	NODE_NULL,
	NODE_FALSE,
	NODE_TRUE,
	NODE_NUMBER, /* NaN, Infinity and -Infinity as well */
	NODE_STRING,
	NODE_ARRAY,
	NODE_OBJECT,
};

struct node {
	struct slice text; /* as written, without white space around; a string with its quotes */
	struct slice key;  /* of an object's member, raw (json_text.h); data is NULL elsewhere */
	uint32_t size;     /* nodes of this one and all inside it; 1 for a scalar */
	enum node_kind kind;
};

struct document {
	struct node *nodes; /* nodes[0] is the root; NULL when nothing was parsed */
	size_t count;
	size_t capacity;
};

#define DOCUMENT_NONE ((struct document){ .nodes = NULL })

/*
 * Parses the text, which is borrowed and must outlive the document. An error (of
 * FAILURE_SYSTEM) says what is wrong and at which line and column; the caller
 * prefixes whose text it was.
 */
bool document_parse(struct document *document, struct slice text, struct error *error);

/* Frees the nodes; a document that was never parsed (DOCUMENT_NONE) is fine. */
void document_release(struct document *document);

/* Goes over the children of an array or object; none in a scalar. */
#define node_for_each(child, parent) \
	for ((child) = (parent) + 1; (child) < (parent) + (parent)->size; (child) += (child)->size)

/*
 * The member of that name; of several with one name the last, as Python's json does.
 * NULL where there is none, or where `object` is NULL or no object.
 */
const struct node *node_get(const struct node *object, const char *name);

/* The same for a name that is a slice of decoded text. */
const struct node *node_get_slice(const struct node *object, struct slice name);

/* The same for a name as another text writes it, with escapes. */
const struct node *node_get_raw(const struct node *object, struct slice raw);

/* True for a string (NULL is none) that, decoded, is the text. */
bool node_is_string(const struct node *node, const char *text);

/* The raw text between the quotes of a string; the empty slice for anything else and NULL. */
struct slice node_raw(const struct node *node);

/* A NUL-terminated, decoded copy of a string, which the caller frees; NULL for anything
 * else, and when memory runs out. A zero byte in it ends it early. */
char *node_to_string(const struct node *node);

/* The number of children. */
size_t node_count(const struct node *node);

/* True for null, an absent node (NULL), {} and []. */
bool node_is_empty(const struct node *node);

#endif
