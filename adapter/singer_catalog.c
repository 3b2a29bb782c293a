#include "singer_catalog.h"

#include <stdlib.h>

#include "json_text.h"
#include "raw_name.h"
#include "stream.h"

/* ---- reading ---- */

/* A decoded copy of a string member that is not empty. NULL: none, or no memory. */
static char *member_string(const struct node *object, const char *name, bool *no_memory)
{
	const struct node *member = node_get(object, name);
	char *string;

	if (node_raw(member).length == 0)
		return NULL;
	string = node_to_string(member);
	*no_memory = *no_memory || string == NULL;
	return string;
}

/* Either of two members, the first with the higher rank. */
static char *either_string(const struct node *object, const char *first, const char *second,
			   bool *no_memory)
{
	char *string = member_string(object, first, no_memory);

	return string ? string : member_string(object, second, no_memory);
}

static const struct node *first_child(const struct node *array)
{
	return array->size > 1 ? array + 1 : NULL;
}

static bool is_root_breadcrumb(const struct node *breadcrumb)
{
	return breadcrumb != NULL && breadcrumb->kind == NODE_ARRAY && breadcrumb->size == 1;
}

/* The X of ["properties", X, ...], or NULL. */
static const struct node *breadcrumb_field(const struct node *breadcrumb)
{
	const struct node *step;

	if (breadcrumb == NULL || breadcrumb->kind != NODE_ARRAY || node_count(breadcrumb) < 2)
		return NULL;
	step = first_child(breadcrumb);
	if (!node_is_string(step, "properties"))
		return NULL;
	step += step->size;
	return step->kind == NODE_STRING ? step : NULL;
}

static const struct node *find_root(const struct node *metadata)
{
	const struct node *item, *root = NULL;

	if (metadata == NULL)
		return NULL;
	node_for_each(item, metadata) {
		const struct node *object = node_get(item, "metadata");

		if (is_root_breadcrumb(node_get(item, "breadcrumb")) && object != NULL &&
		    object->kind == NODE_OBJECT)
			root = object;
	}
	return root;
}

static bool is_inclusion(const struct node *object, const char *inclusion)
{
	return node_is_string(node_get(object, "inclusion"), inclusion);
}

/* The tap decides on such a field itself. */
static bool is_fixed(const struct node *object)
{
	return is_inclusion(object, "automatic") || is_inclusion(object, "unsupported");
}

/* Notes the fields whose inclusion is "unsupported", by the schema or the metadata. */
static bool find_unsupported(struct singer_entry *entry)
{
	const struct node *properties = node_get(entry->schema, "properties"), *item;

	if (properties != NULL)
		node_for_each(item, properties)
			if (is_inclusion(item, "unsupported") &&
			    !raw_name_set(&entry->unsupported, item->key, 0))
				return false;
	if (entry->metadata == NULL)
		return true;
	node_for_each(item, entry->metadata) {
		const struct node *breadcrumb = node_get(item, "breadcrumb");
		const struct node *field = breadcrumb_field(breadcrumb);

		if (field != NULL && node_count(breadcrumb) == 2 &&
		    is_inclusion(node_get(item, "metadata"), "unsupported") &&
		    !raw_name_set(&entry->unsupported, node_raw(field), 0))
			return false;
	}
	return true;
}

static const struct node *member_of_kind(const struct node *object, const char *name,
					 enum node_kind kind)
{
	const struct node *member = node_get(object, name);

	return member != NULL && member->kind == kind ? member : NULL;
}

static bool read_entry(struct singer_entry *entry, const struct node *node, size_t index,
		       struct error *error)
{
	bool no_memory = false;

	entry->node = node;
	if (node_raw(node_get(node, "tap_stream_id")).length == 0 &&
	    node_raw(node_get(node, "stream")).length == 0)
		return error_set(error, FAILURE_SYSTEM,
				 "/streams/%zu: expected an object with a tap_stream_id", index);
	entry->schema = member_of_kind(node, "schema", NODE_OBJECT);
	entry->metadata = member_of_kind(node, "metadata", NODE_ARRAY);
	entry->root = find_root(entry->metadata);
	entry->id = either_string(node, "tap_stream_id", "stream", &no_memory);
	entry->stream = either_string(node, "stream", "tap_stream_id", &no_memory);
	entry->table_name = member_string(node, "table_name", &no_memory);
	entry->schema_name = either_string(entry->root, "schema-name", "database-name",
					   &no_memory);
	entry->parent_id = member_string(entry->root, "parent-tap-stream-id", &no_memory);
	entry->other = node_get(entry->node, SINGER_OTHER_KEY) != NULL;
	if (no_memory || !find_unsupported(entry))
		return error_set_no_memory(error);
	return true;
}

bool singer_catalog_parse(struct singer_catalog *catalog, struct buffer *text, struct error *error)
{
	const struct node *streams, *stream;

	*catalog = SINGER_CATALOG_EMPTY;
	catalog->text = *text;
	buffer_init(text, text->maximum);
	if (!document_parse(&catalog->document, buffer_slice(&catalog->text), error))
		return false;
	streams = member_of_kind(catalog->document.nodes, "streams", NODE_ARRAY);
	if (streams == NULL)
		return error_set(error, FAILURE_SYSTEM,
				 "expected an object with a list \"streams\"");
	catalog->entries = calloc(node_count(streams) + 1, sizeof(*catalog->entries));
	if (catalog->entries == NULL)
		return error_set_no_memory(error);
	node_for_each(stream, streams) {
		size_t index = catalog->count++;

		if (!read_entry(&catalog->entries[index], stream, index, error))
			return false;
	}
	return true;
}

void singer_catalog_release(struct singer_catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		struct singer_entry *entry = &catalog->entries[i];

		free(entry->id);
		free(entry->stream);
		free(entry->table_name);
		free(entry->schema_name);
		free(entry->parent_id);
		name_table_release(&entry->unsupported);
	}
	free(catalog->entries);
	document_release(&catalog->document);
	buffer_release(&catalog->text);
	*catalog = SINGER_CATALOG_EMPTY;
}

/* ---- writing the selection ---- */

/* What was met of a field so far: the numbers in editor.fields. */
enum field_mark {
	MARK_FIXED = 1 << 0,    /* its schema says automatic or unsupported */
	MARK_METADATA = 1 << 1, /* it has metadata of its own */
};

/* Copies the tap's text, with changes; they must come in the order of the text. */
struct editor {
	struct buffer *out;
	const char *next; /* the first byte of the text that was not copied yet */
	const struct singer_selection *selection; /* of the entry in work */
	struct name_table fields;                 /* its top-level fields: enum field_mark */
	struct buffer method, key;                /* JSON strings; empty: leave as it is */
	struct buffer name;                       /* for a moment: a decoded name */
};

/* A member that is to have a value. */
struct change {
	const char *name;
	struct slice value; /* JSON; empty: leave as it is */
	bool done;
};

static const char *slice_end(struct slice bytes)
{
	return bytes.data + bytes.length;
}

static void copy_until(struct editor *e, const char *end)
{
	buffer_append(e->out, slice_of(e->next, (size_t)(end - e->next)));
	e->next = end;
}

static void replace(struct editor *e, const struct node *node, struct slice value)
{
	copy_until(e, node->text.data);
	buffer_append(e->out, value);
	e->next = slice_end(node->text);
}

/* Goes to where a new last member of an object or array starts, and writes the comma. */
static void open_last(struct editor *e, const struct node *container)
{
	const char *end = slice_end(container->text) - 1;
	char before;

	while (end > e->next && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	copy_until(e, end);
	before = e->out->length > 0 ? e->out->data[e->out->length - 1] : '\0';
	if (before != '{' && before != '[')
		buffer_append_char(e->out, ',');
}

static void write_member(struct editor *e, const struct change *change)
{
	json_text_encode(e->out, slice_of_string(change->name));
	buffer_append_char(e->out, ':');
	buffer_append(e->out, change->value);
}

/* Makes those changes that concern this member. True if there was one. */
static bool change_member(struct editor *e, const struct node *member, struct change *changes,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct change *change = &changes[i];

		if (change->value.length == 0 ||
		    !json_text_equals(member->key, slice_of_string(change->name)))
			continue;
		replace(e, member, change->value);
		change->done = true;
		return true;
	}
	return false;
}

static void add_missing(struct editor *e, const struct node *object, const struct change *changes,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].done || changes[i].value.length == 0)
			continue;
		open_last(e, object);
		write_member(e, &changes[i]);
	}
}

static void change_object(struct editor *e, const struct node *object, struct change *changes,
			  size_t count)
{
	const struct node *member;

	node_for_each(member, object)
		(void)change_member(e, member, changes, count);
	add_missing(e, object, changes, count);
}

static struct slice boolean_text(bool value)
{
	return value ? SLICE("true") : SLICE("false");
}

/* The changes to the root metadata. */
#define ROOT_CHANGES 3

static void root_changes(const struct editor *e, struct change *changes)
{
	changes[0] = (struct change){ "selected", boolean_text(e->selection->selected), false };
	changes[1] = (struct change){ "replication-method", buffer_slice(&e->method), false };
	changes[2] = (struct change){ "replication-key", buffer_slice(&e->key), false };
}

/* A field's name as a slice that is good until the next call. */
static struct slice decode_name(struct editor *e, struct slice raw)
{
	buffer_clear(&e->name);
	json_text_decode(&e->name, raw);
	e->out->failed |= e->name.failed;
	return buffer_slice(&e->name);
}

/* The tap cannot do without its replication key, whatever the user chose. */
static bool is_field_selected(const struct singer_selection *selection, struct slice name)
{
	const uint32_t *choice = selection->fields ? name_table_get(selection->fields, name) : NULL;
	const char *key = selection->replication_key;

	if (key != NULL && slice_equals(slice_of_string(key), name))
		return true;
	return choice == NULL || *choice != FIELD_DESELECTED;
}

static void mark_field(struct editor *e, struct slice name, uint32_t mark)
{
	const uint32_t *marks = name_table_get(&e->fields, name);

	if (!name_table_set(&e->fields, name, (marks ? *marks : 0) | mark))
		e->out->failed = true;
}

static void edit_field(struct editor *e, const struct node *breadcrumb, const struct node *object)
{
	struct slice name = decode_name(e, node_raw(breadcrumb_field(breadcrumb)));
	const uint32_t *marks = name_table_get(&e->fields, name);
	bool fixed = is_fixed(object);
	struct change change = { "selected", boolean_text(is_field_selected(e->selection, name)),
				 false };

	if (node_count(breadcrumb) == 2) {
		fixed |= marks != NULL && (*marks & MARK_FIXED);
		mark_field(e, name, MARK_METADATA);
	}
	if (!fixed)
		change_object(e, object, &change, 1);
}

/* Edits one element of the metadata. True where it is the root's. */
static bool edit_metadata_item(struct editor *e, const struct node *item)
{
	const struct node *breadcrumb = node_get(item, "breadcrumb");
	const struct node *object = member_of_kind(item, "metadata", NODE_OBJECT);
	struct change changes[ROOT_CHANGES];

	if (object == NULL)
		return false;
	if (is_root_breadcrumb(breadcrumb)) {
		root_changes(e, changes);
		change_object(e, object, changes, ROOT_CHANGES);
		return true;
	}
	if (e->selection->selected && breadcrumb_field(breadcrumb) != NULL)
		edit_field(e, breadcrumb, object);
	return false;
}

static void write_root(struct editor *e)
{
	struct change changes[ROOT_CHANGES];
	const char *comma = "";

	root_changes(e, changes);
	buffer_append_string(e->out, "{\"breadcrumb\":[],\"metadata\":{");
	for (size_t i = 0; i < ROOT_CHANGES; i++) {
		if (changes[i].value.length == 0)
			continue;
		buffer_append_string(e->out, comma);
		write_member(e, &changes[i]);
		comma = ",";
	}
	buffer_append_string(e->out, "}}");
}

static void write_field(struct editor *e, const struct node *property)
{
	struct slice name = decode_name(e, property->key);

	buffer_append_string(e->out, "{\"breadcrumb\":[\"properties\",");
	json_text_encode(e->out, name);
	buffer_append_string(e->out, "],\"metadata\":{\"selected\":");
	buffer_append(e->out, boolean_text(is_field_selected(e->selection, name)));
	buffer_append_string(e->out, "}}");
}

static const struct node *properties_of(const struct singer_entry *entry)
{
	return member_of_kind(entry->schema, "properties", NODE_OBJECT);
}

/* Adds metadata for the fields of the schema that have none. NULL list: a new one. */
static void add_fields(struct editor *e, const struct singer_entry *entry, const struct node *list)
{
	const struct node *properties = properties_of(entry), *property;

	if (properties == NULL || !e->selection->selected)
		return;
	node_for_each(property, properties) {
		const uint32_t *marks = name_table_get(&e->fields, decode_name(e, property->key));

		if (marks == NULL || *marks != 0)
			continue;
		if (list != NULL)
			open_last(e, list);
		else
			buffer_append_char(e->out, ',');
		write_field(e, property);
	}
}

static void write_new_metadata(struct editor *e, const struct singer_entry *entry)
{
	buffer_append_char(e->out, '[');
	write_root(e);
	add_fields(e, entry, NULL);
	buffer_append_char(e->out, ']');
}

static void edit_metadata(struct editor *e, const struct singer_entry *entry,
			  const struct node *metadata)
{
	const struct node *item;
	bool has_root = false;

	if (metadata->kind == NODE_NULL) {
		replace(e, metadata, SLICE(""));
		write_new_metadata(e, entry);
		return;
	}
	if (metadata->kind != NODE_ARRAY)
		return;
	node_for_each(item, metadata)
		has_root |= edit_metadata_item(e, item);
	if (!has_root) {
		open_last(e, metadata);
		write_root(e);
	}
	add_fields(e, entry, metadata);
}

/* Lists the fields of the schema, with what it says of them itself. */
static void mark_schema_fields(struct editor *e, const struct singer_entry *entry)
{
	const struct node *properties = properties_of(entry), *property;

	if (properties == NULL || !e->selection->selected)
		return;
	node_for_each(property, properties)
		mark_field(e, decode_name(e, property->key), is_fixed(property) ? MARK_FIXED : 0);
}

/* Makes a JSON string of the text; nothing of NULL. */
static void encode(struct editor *e, struct buffer *json, const char *text)
{
	buffer_clear(json);
	if (text != NULL)
		json_text_encode(json, slice_of_string(text));
	e->out->failed |= json->failed;
}

static void edit_entry(struct editor *e, const struct singer_entry *entry)
{
	struct change changes[] = {
		{ "replication_method", buffer_slice(&e->method), false },
		{ "replication_key", buffer_slice(&e->key), false },
	};
	struct change selected = { "selected", boolean_text(e->selection->selected), false };
	const struct node *metadata = node_get(entry->node, "metadata"), *member;

	node_for_each(member, entry->node) {
		if (member == metadata)
			edit_metadata(e, entry, metadata);
		else if (member == entry->schema)
			change_object(e, member, &selected, 1);
		else
			(void)change_member(e, member, changes, 2);
	}
	add_missing(e, entry->node, changes, 2);
	if (metadata == NULL) {
		open_last(e, entry->node);
		buffer_append_string(e->out, "\"metadata\":");
		write_new_metadata(e, entry);
	}
}

void singer_catalog_select(const struct singer_catalog *catalog,
			   const struct singer_selection *selections, struct buffer *out)
{
	struct editor e = { .out = out, .next = catalog->text.data };

	buffer_init(&e.method, BUFFER_MAXIMUM);
	buffer_init(&e.key, BUFFER_MAXIMUM);
	buffer_init(&e.name, BUFFER_MAXIMUM);
	for (size_t i = 0; i < catalog->count; i++) {
		bool selected = selections[i].selected;

		e.selection = &selections[i];
		encode(&e, &e.method, selected ? selections[i].replication_method : NULL);
		encode(&e, &e.key, selected ? selections[i].replication_key : NULL);
		mark_schema_fields(&e, &catalog->entries[i]);
		edit_entry(&e, &catalog->entries[i]);
		name_table_release(&e.fields);
	}
	copy_until(&e, catalog->text.data + catalog->text.length);
	buffer_release(&e.method);
	buffer_release(&e.key);
	buffer_release(&e.name);
}
