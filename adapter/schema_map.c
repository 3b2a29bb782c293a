#include "schema_map.h"

#include <stdlib.h>

#include "count.h"
#include "json_text.h"
#include "raw_name.h"
#include "unicode.h"

/*
 * Levels of schemas inside schemas. Each adds at most three levels of brackets to what
 * is written, and those have to stay under JSON_DEPTH_MAX.
 */
#define LEVELS_MAX 300

/* Schemas that are read for one stream: $ref upon $ref can double with each level. */
#define SCHEMAS_MAX 100000

#define UNRESOLVED UINT32_MAX

static const char any_type[] =
	"{\"type\":[\"null\",\"string\",\"number\",\"boolean\",\"object\",\"array\"]}";

enum keyword {
	KEYWORD_TYPE,
	KEYWORD_FORMAT,
	KEYWORD_PROPERTIES,
	KEYWORD_PATTERN_PROPERTIES,
	KEYWORD_ADDITIONAL_PROPERTIES,
	KEYWORD_ITEMS,
	KEYWORD_PREFIX_ITEMS,
	KEYWORD_ANY_OF,
	KEYWORD_ONE_OF,
	KEYWORD_ALL_OF,
	KEYWORD_REF,
	KEYWORD_ENUM,
	KEYWORD_CONST,
	KEYWORD_MULTIPLE_OF,
	KEYWORDS,
};

#define TEXT(literal) { literal, sizeof(literal) - 1 }

static const struct slice keyword_names[KEYWORDS] = {
	[KEYWORD_TYPE] = TEXT("type"),
	[KEYWORD_FORMAT] = TEXT("format"),
	[KEYWORD_PROPERTIES] = TEXT("properties"),
	[KEYWORD_PATTERN_PROPERTIES] = TEXT("patternProperties"),
	[KEYWORD_ADDITIONAL_PROPERTIES] = TEXT("additionalProperties"),
	[KEYWORD_ITEMS] = TEXT("items"),
	[KEYWORD_PREFIX_ITEMS] = TEXT("prefixItems"),
	[KEYWORD_ANY_OF] = TEXT("anyOf"),
	[KEYWORD_ONE_OF] = TEXT("oneOf"),
	[KEYWORD_ALL_OF] = TEXT("allOf"),
	[KEYWORD_REF] = TEXT("$ref"),
	[KEYWORD_ENUM] = TEXT("enum"),
	[KEYWORD_CONST] = TEXT("const"),
	[KEYWORD_MULTIPLE_OF] = TEXT("multipleOf"),
};

enum type {
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_OBJECT,
	TYPE_ARRAY,
	TYPES,
};

static const char *const type_names[TYPES] = {
	[TYPE_STRING] = "string",   [TYPE_INTEGER] = "integer", [TYPE_NUMBER] = "number",
	[TYPE_BOOLEAN] = "boolean", [TYPE_OBJECT] = "object",   [TYPE_ARRAY] = "array",
};

static const struct {
	const char *format;
	const char *text;
} formats[] = {
	{ "date-time", ",\"format\":\"date-time\",\"airbyte_type\":\"timestamp_with_timezone\"" },
	{ "date", ",\"format\":\"date\"" },
	{ "time", ",\"format\":\"time\",\"airbyte_type\":\"time_without_timezone\"" },
};

/* The types of a schema but for null, in the order in which it names them. */
struct types {
	enum type list[TYPES];
	size_t count;
};

/* What a schema says, with what its $ref and allOf add; of two that say it the first. */
struct facets {
	const struct node *of[KEYWORDS];
};

/* A schema that is being mapped, or one that $ref or allOf made part of it. */
struct part {
	const struct node *schema;
	const struct node *properties; /* NULL: none */
};

/* What may stand alone in a union, and what another variant makes needless. */
enum form {
	FORM_ANY = 1 << 0,
	FORM_STRING = 1 << 1,
	FORM_FORMATTED_STRING = 1 << 2,
	FORM_INTEGER = 1 << 3,
	FORM_NUMBER = 1 << 4,
	FORM_OTHER = 1 << 5,
};

/* One of the types that a value may have; its text ends where the next one's starts. */
struct variant {
	size_t start; /* in mapper.out */
	enum form form;
};

struct mapper {
	struct buffer *out;
	const struct node *root;
	struct part *parts; /* a stack: the innermost schema last; a $ref to one is a cycle */
	size_t part_count, part_capacity;
	struct variant *variants; /* a stack, too */
	size_t variant_count, variant_capacity;
	struct name_table refs; /* raw $ref: offset of its target from the root, or UNRESOLVED */
	struct buffer name;     /* for a moment: a decoded name */
	struct buffer text;     /* for a moment: a union */
	size_t left;            /* of SCHEMAS_MAX */
};

static void collect(struct mapper *m, const struct node *schema, unsigned level);

/* Makes room for one more item on a stack. Where there is none, the whole mapping fails. */
static void *stack_grow(struct mapper *m, void *items, size_t count, size_t *capacity, size_t size)
{
	size_t bigger = *capacity ? *capacity * 2 : 32;
	void *moved;

	if (count < *capacity)
		return items;
	moved = realloc(items, bigger * size);
	if (moved == NULL) {
		m->out->failed = true;
		return NULL;
	}
	*capacity = bigger;
	return moved;
}

static struct part *push_part(struct mapper *m, const struct node *schema)
{
	struct part *parts = stack_grow(m, m->parts, m->part_count, &m->part_capacity,
					sizeof(*m->parts));

	if (parts == NULL)
		return NULL;
	m->parts = parts;
	parts[m->part_count] = (struct part){ .schema = schema };
	return &parts[m->part_count++];
}

/* What is appended to `out` from now on is a variant. */
static void begin_variant(struct mapper *m, enum form form)
{
	struct variant *variants = stack_grow(m, m->variants, m->variant_count,
					      &m->variant_capacity, sizeof(*m->variants));

	if (variants == NULL)
		return;
	m->variants = variants;
	variants[m->variant_count++] = (struct variant){ m->out->length, form };
}

/* The byte that two hexadecimal digits stand for; -1 where they are none. */
static int hex_byte(const char *digits, size_t length)
{
	int high = length < 2 ? 0 : unicode_hex_digit[(unsigned char)digits[0]];
	int low = length < 2 ? 0 : unicode_hex_digit[(unsigned char)digits[1]];

	return high > 0 && low > 0 ? (high - 1) << 4 | (low - 1) : -1;
}

/* %41 becomes A, in place; a % that starts no such escape stays. */
static void percent_decode(struct buffer *text)
{
	size_t length = 0;

	for (size_t i = 0; i < text->length; i++) {
		char c = text->data[i];
		int byte = c == '%' ? hex_byte(text->data + i + 1, text->length - i - 1) : -1;

		text->data[length++] = byte < 0 ? c : (char)byte;
		i += byte < 0 ? 0 : 2;
	}
	text->length = length;
}

/* ~1 becomes / and ~0 becomes ~, in place. */
static struct slice pointer_token(char *data, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		char c = data[i];

		if (c == '~' && i + 1 < length && (data[i + 1] == '0' || data[i + 1] == '1'))
			c = data[++i] == '0' ? '~' : '/';
		data[kept++] = c;
	}
	return slice_of(data, kept);
}

static const struct node *element_at(const struct node *array, struct slice token)
{
	const struct node *element;
	size_t index = 0;

	if (token.length == 0 || token.length > 9)
		return NULL;
	for (size_t i = 0; i < token.length; i++) {
		if (token.data[i] < '0' || token.data[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(token.data[i] - '0');
	}
	node_for_each(element, array)
		if (index-- == 0)
			return element;
	return NULL;
}

/* The schema at a reference of the form #/a/b; NULL for any other and where there is none. */
static const struct node *follow(struct mapper *m, struct slice raw)
{
	const struct node *node = m->root;
	struct buffer *text = &m->name;
	size_t at = 1;

	buffer_clear(text);
	json_text_decode(text, raw);
	percent_decode(text);
	m->out->failed |= text->failed;
	if (text->length == 0 || text->data[0] != '#')
		return NULL;
	while (node != NULL && at < text->length) {
		char *token = text->data + at + 1;
		size_t rest = text->length - at - 1;
		char *slash = rest > 0 ? memchr(token, '/', rest) : NULL;
		size_t length = slash ? (size_t)(slash - token) : rest;

		if (text->data[at] != '/')
			return NULL;
		at += 1 + length;
		if (node->kind == NODE_ARRAY)
			node = element_at(node, pointer_token(token, length));
		else
			node = node_get_slice(node, pointer_token(token, length));
	}
	return node;
}

static const struct node *resolve(struct mapper *m, const struct node *ref)
{
	struct slice raw = node_raw(ref);
	const uint32_t *known = name_table_get(&m->refs, raw);
	const struct node *target;

	if (known != NULL)
		return *known == UNRESOLVED ? NULL : m->root + *known;
	target = follow(m, raw);
	if (!name_table_set(&m->refs, raw, target ? (uint32_t)(target - m->root) : UNRESOLVED))
		m->out->failed = true;
	return target;
}

static bool in_progress(const struct mapper *m, const struct node *schema)
{
	for (size_t i = m->part_count; i > 0; i--)
		if (m->parts[i - 1].schema == schema)
			return true;
	return false;
}

static void read_keywords(struct facets *own, const struct node *schema)
{
	const struct node *member;

	if (schema->kind != NODE_OBJECT)
		return;
	node_for_each(member, schema) {
		for (size_t k = 0; k < KEYWORDS; k++) {
			if (!json_text_equals(member->key, keyword_names[k]))
				continue;
			if (member->kind != NODE_NULL || k == KEYWORD_CONST)
				own->of[k] = member;
			break;
		}
	}
}

static void gather(struct mapper *m, struct facets *facets, const struct node *schema,
		   unsigned level, bool unite);

static void gather_each(struct mapper *m, struct facets *facets, const struct node *list,
			unsigned level, bool unite)
{
	const struct node *schema;

	if (list == NULL || list->kind != NODE_ARRAY)
		return;
	node_for_each(schema, list)
		gather(m, facets, schema, level + 1, unite);
}

/*
 * Finds what a schema says, alone or by $ref and allOf, and pushes the parts. With
 * `unite`, the variants of a union are parts as well. What goes in circles or beyond
 * the limits adds nothing.
 */
static void gather(struct mapper *m, struct facets *facets, const struct node *schema,
		   unsigned level, bool unite)
{
	struct facets own = { { NULL } };
	const struct node *properties, *target;
	struct part *part;

	if (level > LEVELS_MAX || m->left == 0)
		return;
	m->left--;
	part = push_part(m, schema);
	if (part == NULL)
		return;
	read_keywords(&own, schema);
	if (own.of[KEYWORD_REF] != NULL) {
		target = resolve(m, own.of[KEYWORD_REF]);
		if (target != NULL && !in_progress(m, target))
			gather(m, facets, target, level + 1, unite);
		return;
	}
	properties = own.of[KEYWORD_PROPERTIES];
	if (properties != NULL && properties->kind == NODE_OBJECT)
		part->properties = properties;
	for (size_t k = 0; k < KEYWORDS; k++)
		if (facets->of[k] == NULL)
			facets->of[k] = own.of[k];
	gather_each(m, facets, own.of[KEYWORD_ALL_OF], level, unite);
	if (unite) {
		gather_each(m, facets, own.of[KEYWORD_ANY_OF], level, unite);
		gather_each(m, facets, own.of[KEYWORD_ONE_OF], level, unite);
	}
}

static bool types_have(const struct types *types, enum type type)
{
	for (size_t i = 0; i < types->count; i++)
		if (types->list[i] == type)
			return true;
	return false;
}

static void types_replace(struct types *types, enum type from, enum type to)
{
	for (size_t i = 0; i < types->count; i++)
		if (types->list[i] == from)
			types->list[i] = to;
}

static void types_add(struct types *types, enum type type)
{
	if (types_have(types, type) || (type == TYPE_INTEGER && types_have(types, TYPE_NUMBER)))
		return;
	if (type == TYPE_NUMBER && types_have(types, TYPE_INTEGER))
		types_replace(types, TYPE_INTEGER, TYPE_NUMBER);
	else
		types->list[types->count++] = type;
}

static void types_add_named(struct types *types, const struct node *name)
{
	for (size_t type = 0; type < TYPES; type++)
		if (node_is_string(name, type_names[type]))
			types_add(types, (enum type)type);
}

static bool is_integer(struct slice number)
{
	size_t i = number.length > 0 && number.data[0] == '-';

	for (; i < number.length; i++)
		if (number.data[i] < '0' || number.data[i] > '9')
			return false;
	return true;
}

static void types_add_value(struct types *types, const struct node *value)
{
	switch (value->kind) {
	case NODE_NULL:
		break;
	case NODE_FALSE:
	case NODE_TRUE:
		types_add(types, TYPE_BOOLEAN);
		break;
	case NODE_NUMBER:
		types_add(types, is_integer(value->text) ? TYPE_INTEGER : TYPE_NUMBER);
		break;
	case NODE_STRING:
		types_add(types, TYPE_STRING);
		break;
	case NODE_ARRAY:
		types_add(types, TYPE_ARRAY);
		break;
	case NODE_OBJECT:
		types_add(types, TYPE_OBJECT);
		break;
	}
}

/* 1, 1.0, 1.00 */
static bool is_one(const struct node *number)
{
	struct slice text;

	if (number == NULL || number->kind != NODE_NUMBER)
		return false;
	text = number->text;
	if (text.data[0] != '1' || (text.length > 1 && text.data[1] != '.'))
		return false;
	for (size_t i = 2; i < text.length; i++)
		if (text.data[i] != '0')
			return false;
	return true;
}

/* False: the schema says nothing of its type. True and no types: null only. */
static bool types_declared(struct types *types, const struct facets *facets)
{
	const struct node *type = facets->of[KEYWORD_TYPE];
	const struct node *name;

	if (type->kind != NODE_ARRAY) {
		types_add_named(types, type);
		return types->count > 0 || node_is_string(type, "null");
	}
	node_for_each(name, type)
		types_add_named(types, name);
	return types->count > 0 || node_count(type) > 0;
}

static bool types_inferred(struct types *types, const struct facets *facets)
{
	static const struct {
		enum keyword keyword;
		enum type type;
	} hints[] = {
		{ KEYWORD_PROPERTIES, TYPE_OBJECT },
		{ KEYWORD_PATTERN_PROPERTIES, TYPE_OBJECT },
		{ KEYWORD_ADDITIONAL_PROPERTIES, TYPE_OBJECT },
		{ KEYWORD_ITEMS, TYPE_ARRAY },
		{ KEYWORD_PREFIX_ITEMS, TYPE_ARRAY },
	};
	const struct node *values = facets->of[KEYWORD_ENUM], *value;

	for (size_t i = 0; i < COUNT(hints); i++) {
		if (facets->of[hints[i].keyword] != NULL) {
			types_add(types, hints[i].type);
			return true;
		}
	}
	if (facets->of[KEYWORD_CONST] != NULL)
		types_add_value(types, facets->of[KEYWORD_CONST]);
	else if (values != NULL && values->kind == NODE_ARRAY)
		node_for_each(value, values)
			types_add_value(types, value);
	else if (facets->of[KEYWORD_FORMAT] != NULL)
		types_add(types, TYPE_STRING);
	else
		return false;
	return true;
}

/*
 * The list of variants, where it says more than the schema itself does: an anyOf beside
 * properties or a scalar type only repeats or restricts them.
 */
static const struct node *union_of(const struct facets *facets, const struct types *types)
{
	const struct node *variants = facets->of[KEYWORD_ANY_OF];

	if (variants == NULL)
		variants = facets->of[KEYWORD_ONE_OF];
	if (variants == NULL || variants->kind != NODE_ARRAY)
		return NULL;
	if (facets->of[KEYWORD_PROPERTIES] != NULL || facets->of[KEYWORD_ITEMS] != NULL)
		return NULL;
	for (size_t i = 0; facets->of[KEYWORD_TYPE] != NULL && i < types->count; i++)
		if (types->list[i] != TYPE_OBJECT && types->list[i] != TYPE_ARRAY)
			return NULL;
	return variants;
}

static const char *format_text(const struct facets *facets, const struct types *types)
{
	if (!types_have(types, TYPE_STRING))
		return NULL;
	for (size_t i = 0; i < COUNT(formats); i++)
		if (node_is_string(facets->of[KEYWORD_FORMAT], formats[i].format))
			return formats[i].text;
	return NULL;
}

static enum form form_of(const struct types *types, bool formatted)
{
	if (types->count != 1)
		return FORM_OTHER;
	switch (types->list[0]) {
	case TYPE_STRING:
		return formatted ? FORM_FORMATTED_STRING : FORM_STRING;
	case TYPE_INTEGER:
		return FORM_INTEGER;
	case TYPE_NUMBER:
		return FORM_NUMBER;
	default:
		return FORM_OTHER;
	}
}

static struct slice variant_text(const struct mapper *m, size_t i)
{
	size_t start = m->variants[i].start;
	size_t end = i + 1 < m->variant_count ? m->variants[i + 1].start : m->out->length;

	return slice_of(m->out->data + start, end - start);
}

/* True where another variant says the same, or says it better. */
static bool is_needless(const struct mapper *m, size_t first, size_t i, unsigned forms)
{
	if (m->variants[i].form == FORM_STRING && (forms & FORM_FORMATTED_STRING))
		return true;
	if (m->variants[i].form == FORM_INTEGER && (forms & FORM_NUMBER))
		return true;
	for (size_t earlier = first; earlier < i; earlier++)
		if (slice_equals(variant_text(m, earlier), variant_text(m, i)))
			return true;
	return false;
}

/* Writes the variants from `first` on to m->text, as the only one left or as a union. */
static void join_variants(struct mapper *m, size_t first, unsigned forms)
{
	static const struct slice open = TEXT("{\"anyOf\":[");
	struct buffer *text = &m->text;
	size_t kept = 0;

	for (size_t i = first; i < m->variant_count; i++) {
		if (is_needless(m, first, i, forms))
			continue;
		buffer_append(text, kept++ > 0 ? SLICE(",") : open);
		buffer_append(text, variant_text(m, i));
	}
	if (kept > 1)
		buffer_append_string(text, "]}");
	else if (!text->failed)
		buffer_remove_front(text, open.length);
}

/* Puts the variants from `first` on, whose texts start at `start`, together as one schema. */
static void unite_variants(struct mapper *m, size_t first, size_t start)
{
	unsigned forms = m->variant_count == first ? FORM_ANY : 0;
	bool alone = m->variant_count - first == 1;

	for (size_t i = first; i < m->variant_count; i++)
		forms |= m->variants[i].form;
	if (m->out->failed || (alone && forms != FORM_ANY))
		goto cleanup;
	buffer_clear(&m->text);
	if (forms & FORM_ANY)
		buffer_append_string(&m->text, any_type);
	else
		join_variants(m, first, forms);
	m->out->length = start;
	buffer_append(m->out, buffer_slice(&m->text));
	m->out->failed |= m->text.failed;
cleanup:
	m->variant_count = first;
}

static struct slice decoded_key(struct mapper *m, const struct node *member)
{
	buffer_clear(&m->name);
	json_text_decode(&m->name, member->key);
	m->out->failed |= m->name.failed;
	return buffer_slice(&m->name);
}

static void write_key(struct mapper *m, const struct node *member)
{
	/* The quotes around the key are part of the text that the slice points into. */
	json_text_mend(m->out, slice_of(member->key.data - 1, member->key.length + 2));
	buffer_append_char(m->out, ':');
}

/* Writes a property; where later parts have one of its name, the union of them all. */
static void write_property(struct mapper *m, const struct node *property, size_t part, size_t end,
			   unsigned level)
{
	size_t first = m->variant_count, start;
	const struct node *twin;

	write_key(m, property);
	start = m->out->length;
	collect(m, property, level + 1);
	for (size_t i = part + 1; i < end; i++) {
		if (m->parts[i].properties == NULL)
			continue;
		twin = node_get_slice(m->parts[i].properties, decoded_key(m, property));
		if (twin != NULL)
			collect(m, twin, level + 1);
	}
	unite_variants(m, first, start);
}

static bool is_left_out(struct mapper *m, const struct node *property,
			const struct name_table *left_out)
{
	if (node_is_string(node_get(property, "inclusion"), "unsupported"))
		return true;
	return left_out->count > 0 && name_table_get(left_out, decoded_key(m, property)) != NULL;
}

/* Notes a name; true when it is new. */
static bool is_new(struct mapper *m, struct name_table *seen, const struct node *property)
{
	struct slice name = decoded_key(m, property);

	if (name_table_get(seen, name) != NULL)
		return false;
	if (!name_table_set(seen, name, 0))
		m->out->failed = true;
	return true;
}

/* Writes the properties of all parts from `first` on. `left_out` is NULL below the root. */
static void write_properties(struct mapper *m, size_t first, unsigned level,
			     const struct name_table *left_out)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	size_t end = m->part_count;
	const struct node *property;
	const char *comma = "";

	buffer_append_char(m->out, '{');
	for (size_t i = first; i < end; i++) {
		if (m->parts[i].properties == NULL)
			continue;
		node_for_each(property, m->parts[i].properties) {
			if (left_out != NULL && is_left_out(m, property, left_out))
				continue;
			if (end - first > 1 && !is_new(m, &seen, property))
				continue;
			buffer_append_string(m->out, comma);
			write_property(m, property, i, end, level);
			comma = ",";
		}
	}
	buffer_append_char(m->out, '}');
	name_table_release(&seen);
}

static void collect_items(struct mapper *m, const struct node *items, unsigned level)
{
	const struct node *item;

	if (items == NULL || items->kind == NODE_FALSE)
		return;
	if (items->kind != NODE_ARRAY) {
		collect(m, items, level + 1);
		return;
	}
	node_for_each(item, items)
		collect(m, item, level + 1);
}

static void write_items(struct mapper *m, const struct facets *facets, unsigned level)
{
	size_t first = m->variant_count, start;

	buffer_append_string(m->out, ",\"items\":");
	start = m->out->length;
	collect_items(m, facets->of[KEYWORD_PREFIX_ITEMS], level);
	collect_items(m, facets->of[KEYWORD_ITEMS], level);
	unite_variants(m, first, start);
}

static bool has_properties(const struct mapper *m, size_t first)
{
	for (size_t i = first; i < m->part_count; i++)
		if (!node_is_empty(m->parts[i].properties))
			return true;
	return false;
}

static void write_variant(struct mapper *m, const struct facets *facets, const struct types *types,
			  size_t first_part, unsigned level)
{
	const char *format = format_text(facets, types);

	begin_variant(m, form_of(types, format != NULL));
	buffer_append_string(m->out, "{\"type\":[\"null\"");
	for (size_t i = 0; i < types->count; i++) {
		buffer_append_string(m->out, ",\"");
		buffer_append_string(m->out, type_names[types->list[i]]);
		buffer_append_char(m->out, '"');
	}
	buffer_append_char(m->out, ']');
	if (format != NULL)
		buffer_append_string(m->out, format);
	if (types_have(types, TYPE_OBJECT) && has_properties(m, first_part)) {
		buffer_append_string(m->out, ",\"properties\":");
		write_properties(m, first_part, level, NULL);
	}
	if (types_have(types, TYPE_ARRAY) &&
	    (facets->of[KEYWORD_ITEMS] != NULL || facets->of[KEYWORD_PREFIX_ITEMS] != NULL))
		write_items(m, facets, level);
	buffer_append_char(m->out, '}');
}

static void collect_facets(struct mapper *m, const struct facets *facets, size_t first_part,
			   unsigned level)
{
	struct types types = { .count = 0 };
	const struct node *variants, *variant;
	bool known;

	if (facets->of[KEYWORD_TYPE] != NULL)
		known = types_declared(&types, facets);
	else
		known = types_inferred(&types, facets);
	variants = union_of(facets, &types);
	if (variants != NULL) {
		node_for_each(variant, variants)
			collect(m, variant, level + 1);
	} else if (!known) {
		begin_variant(m, FORM_ANY);
	} else if (types.count > 0) {
		if (is_one(facets->of[KEYWORD_MULTIPLE_OF]))
			types_replace(&types, TYPE_NUMBER, TYPE_INTEGER);
		write_variant(m, facets, &types, first_part, level);
	}
}

/* Pushes the variants of a schema: one, or those of a union; none for null alone. */
static void collect(struct mapper *m, const struct node *schema, unsigned level)
{
	struct facets facets = { { NULL } };
	size_t first_part = m->part_count;

	gather(m, &facets, schema, level, false);
	collect_facets(m, &facets, first_part, level);
	m->part_count = first_part;
}

void schema_map_stream(struct buffer *out, const struct node *schema,
		       const struct name_table *left_out)
{
	struct mapper m = { .out = out, .root = schema, .left = SCHEMAS_MAX };
	struct facets facets = { { NULL } };

	buffer_init(&m.name, BUFFER_MAXIMUM);
	buffer_init(&m.text, BUFFER_MAXIMUM);
	if (schema != NULL)
		gather(&m, &facets, schema, 0, true);
	buffer_append_string(out, "{\"type\":\"object\",\"properties\":");
	write_properties(&m, 0, 0, left_out);
	buffer_append_char(out, '}');
	name_table_release(&m.refs);
	buffer_release(&m.name);
	buffer_release(&m.text);
	free(m.variants);
	free(m.parts);
}

bool schema_map_add_fields(struct name_table *fields, struct slice schema, uint32_t value,
			   struct error *error)
{
	struct document document = DOCUMENT_NONE;
	const struct node *properties, *property;
	bool done = document_parse(&document, schema, error);

	properties = done ? node_get(document.nodes, "properties") : NULL;
	if (properties != NULL)
		node_for_each(property, properties)
			if (done && raw_name_get(fields, property->key) == NULL)
				done = raw_name_set(fields, property->key, value) ||
				       error_set_no_memory(error);
	document_release(&document);
	return done;
}
