#include "catalog_travel.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base64.h"
#include "hash.h"
#include "json_compact.h"
#include "json_text.h"
#include "raw_name.h"

/* Of what is written here; another one is another fingerprint. */
#define FORMAT "1"

/* How each text begins, so that another one is told by its first bytes. */
#define FINGERPRINT_START SLICE("{\"fingerprint\":\"")

/* Longer texts are compressed. */
#define PLAIN_MAXIMUM 1024

/* What all texts together may grow to; larger ones are no catalog of ours. */
#define UNPACKED_MAXIMUM ((size_t)64 << 20)

/* What is uncompressed at a time. */
#define STEP ((uInt)64 * 1024)

#define COMPRESSED SLICE("z:")

/* Of zlib. 9 takes up to three times as long and makes catalogs smaller by up to 20 percent. */
#define LEVEL 6

/*
 * ---- the fingerprint ----
 */

struct hash {
	uint64_t value;
	bool failed; /* memory ran out: it is of something else */
};

static void hash_string(struct hash *hash, const char *string)
{
	/* with its end */
	hash->value = hash_bytes(hash->value, slice_of(string, strlen(string) + 1));
}

static void hash_json(struct hash *hash, const json_t *value)
{
	char *text = value ? json_compact(value) : NULL;

	hash->failed = hash->failed || (value != NULL && text == NULL);
	hash_string(hash, text ? text : "");
	free(text);
}

static int is_package(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return ending != NULL && strcmp(ending, ".dist-info") == 0;
}

/* The names of the packages' folders hold their versions. */
static bool hash_packages(struct hash *hash, const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_package, alphasort);

	hash->failed = hash->failed || (count < 0 && errno == ENOMEM);
	for (int i = 0; i < count; i++) {
		hash_string(hash, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return count > 0;
}

static int is_python(const struct dirent *entry)
{
	return strncmp(entry->d_name, "python", 6) == 0;
}

static bool hash_venv(struct hash *hash, const struct tap *tap)
{
	char *library = tap_venv_file(tap, "lib");
	struct dirent **versions = NULL;
	int count = library ? scandir(library, &versions, is_python, alphasort) : 0;
	bool any = false;

	hash->failed = hash->failed || library == NULL || (count < 0 && errno == ENOMEM);
	for (int i = 0; i < count; i++) {
		char *folder = NULL;

		if (asprintf(&folder, "%s/%s/site-packages", library, versions[i]->d_name) >= 0) {
			any = hash_packages(hash, folder) || any;
			free(folder);
		} else {
			hash->failed = true;
		}
		free(versions[i]);
	}
	free(versions);
	free(library);
	return any;
}

/* For a tap of PATH or of its own folder: the file itself. */
static void hash_executable(struct hash *hash, const char *path)
{
	struct stat status;
	char text[64] = "";

	if (stat(path, &status) == 0)
		snprintf(text, sizeof(text), "%jd %jd", (intmax_t)status.st_size,
			 (intmax_t)status.st_mtime);
	hash_string(hash, path);
	hash_string(hash, text);
}

bool catalog_travel_fingerprint(const struct tap *tap, struct fingerprint *fingerprint)
{
	struct hash hash = { .value = HASH_START };

	hash_string(&hash, FORMAT);
	hash_string(&hash, tap->manifest.namespaces ? "namespaces" : "");
	hash_json(&hash, tap->manifest.command);
	hash_json(&hash, tap->manifest.pip);
	hash_json(&hash, tap->manifest.env);
	hash_json(&hash, tap->manifest.config);
	hash_json(&hash, tap->manifest.overlay);
	if (tap->manifest.pip == NULL || !hash_venv(&hash, tap))
		hash_executable(&hash, tap->executable);
	snprintf(fingerprint->text, sizeof(fingerprint->text), "%016" PRIx64, hash.value);
	return !hash.failed;
}

/*
 * ---- packing ----
 */

/* Copies a value without the white space between its tokens. */
static void append_without_space(struct buffer *out, struct slice value)
{
	size_t start = 0;
	bool in_string = false;

	for (size_t i = 0; i < value.length; i++) {
		char byte = value.data[i];

		if (in_string && byte == '\\') {
			i++;
		} else if (byte == '"') {
			in_string = !in_string;
		} else if (!in_string &&
			   (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t')) {
			buffer_append(out, slice_of(value.data + start, i - start));
			start = i + 1;
		}
	}
	buffer_append(out, slice_of(value.data + start, value.length - start));
}

/* What is at hand while a catalog is packed. */
struct packing {
	const struct singer_catalog *catalog;
	const struct fingerprint *fingerprint;
	struct name_table ids; /* -> index of the entry */
	struct buffer names;   /* of all entries, each as a member with its comma */
	size_t *starts;        /* of each in them, and their end */
	struct buffer text;
};

static const struct singer_entry *parent_of(const struct packing *p,
					    const struct singer_entry *entry)
{
	const uint32_t *index;

	if (entry->parent_id == NULL)
		return NULL;
	index = name_table_get(&p->ids, slice_of_string(entry->parent_id));
	return index ? &p->catalog->entries[*index] : NULL;
}

/* Is one of these the entry of the stream itself or of a parent, however far? */
static bool is_in_line(const struct packing *p, const struct singer_entry *stream,
		       const struct singer_entry *entry)
{
	for (size_t steps = 0; stream != NULL && steps <= p->catalog->count; steps++) {
		if (stream == entry)
			return true;
		stream = parent_of(p, stream);
	}
	return false;
}

/* False: memory ran out. */
static bool write_names(struct packing *p)
{
	p->starts = malloc((p->catalog->count + 1) * sizeof(*p->starts));
	if (p->starts == NULL)
		return false;
	for (size_t i = 0; i < p->catalog->count; i++) {
		const struct singer_entry *entry = &p->catalog->entries[i];

		p->starts[i] = p->names.length;
		json_text_encode(&p->names, slice_of_string(entry->id));
		buffer_append_char(&p->names, ':');
		json_text_encode(&p->names, slice_of_string(entry->stream));
		buffer_append_char(&p->names, ',');
	}
	p->starts[p->catalog->count] = p->names.length;
	return !p->names.failed;
}

static void append_names(struct packing *p, size_t from, size_t to)
{
	buffer_append(&p->text, slice_of(p->names.data + p->starts[from],
					 p->starts[to] - p->starts[from]));
}

static void append_others(struct packing *p, const struct singer_entry *stream)
{
	size_t start = p->text.length, from = 0;

	for (size_t i = 0; i < p->catalog->count; i++) {
		if (!is_in_line(p, stream, &p->catalog->entries[i]))
			continue;
		append_names(p, from, i);
		from = i + 1;
	}
	append_names(p, from, p->catalog->count);
	if (p->text.length > start)
		p->text.length--; /* the last comma */
}

static void append_entries(struct packing *p, const struct singer_entry *stream)
{
	const struct singer_entry *entry = stream;

	for (size_t steps = 0; entry != NULL && steps <= p->catalog->count; steps++) {
		buffer_append_string(&p->text, entry != stream ? ",[" : "[");
		buffer_append_integer(&p->text, entry - p->catalog->entries);
		buffer_append_char(&p->text, ',');
		append_without_space(&p->text, entry->node->text);
		buffer_append_char(&p->text, ']');
		entry = parent_of(p, entry);
	}
}

static void compress_text(struct buffer *out, struct slice text)
{
	uLongf size = compressBound(text.length);
	char *bytes = malloc(size);

	if (bytes == NULL || compress2((Bytef *)bytes, &size, (const Bytef *)text.data, text.length,
				       LEVEL) != Z_OK) {
		out->failed = true;
	} else {
		buffer_append(out, COMPRESSED);
		base64_encode(out, slice_of(bytes, size));
	}
	free(bytes);
}

static void pack_entry(struct packing *p, const struct singer_entry *stream, struct buffer *out)
{
	buffer_clear(&p->text);
	buffer_append(&p->text, FINGERPRINT_START);
	buffer_append_string(&p->text, p->fingerprint->text);
	buffer_append_string(&p->text, "\",\"others\":{");
	append_others(p, stream);
	buffer_append_string(&p->text, "},\"entries\":[");
	append_entries(p, stream);
	buffer_append_string(&p->text, "]}");
	if (p->text.failed)
		out->failed = true;
	else if (p->text.length > PLAIN_MAXIMUM)
		compress_text(out, buffer_slice(&p->text));
	else
		buffer_append(out, buffer_slice(&p->text));
}

/*
 * The names of all streams stand in the text of each. False: so many that no compression
 * brings them under CATALOG_TRAVEL_MAXIMUM, so that it need not be tried.
 */
static bool may_travel(const struct singer_catalog *catalog)
{
	size_t names = 0;

	for (size_t i = 0; i < catalog->count; i++)
		names += strlen(catalog->entries[i].id) + strlen(catalog->entries[i].stream);
	return catalog->count < 2 || names <= UNPACKED_MAXIMUM / (catalog->count - 1);
}

struct buffer *catalog_travel_pack(const struct singer_catalog *catalog,
				   const struct fingerprint *fingerprint, size_t *total)
{
	struct packing p = { .catalog = catalog, .fingerprint = fingerprint };
	struct buffer *packed = calloc(catalog->count + 1, sizeof(*packed));
	bool failed = packed == NULL;

	*total = may_travel(catalog) ? 0 : CATALOG_TRAVEL_MAXIMUM + 1;
	buffer_init(&p.text, BUFFER_MAXIMUM);
	buffer_init(&p.names, BUFFER_MAXIMUM);
	failed = failed || !write_names(&p);
	for (size_t i = 0; !failed && i < catalog->count; i++)
		failed = !name_table_set(&p.ids, slice_of_string(catalog->entries[i].id),
					 (uint32_t)i);
	for (size_t i = 0; !failed && i < catalog->count; i++) {
		buffer_init(&packed[i], BUFFER_MAXIMUM);
		if (*total > CATALOG_TRAVEL_MAXIMUM)
			continue; /* none will travel */
		pack_entry(&p, &catalog->entries[i], &packed[i]);
		failed = packed[i].failed;
		*total += packed[i].length;
	}
	if (failed && packed != NULL) {
		for (size_t i = 0; i < catalog->count; i++)
			buffer_release(&packed[i]);
		free(packed);
		packed = NULL;
	}
	name_table_release(&p.ids);
	free(p.starts);
	buffer_release(&p.names);
	buffer_release(&p.text);
	return packed;
}

/*
 * ---- unpacking ----
 */

/* False with out->failed: memory ran out. */
static bool uncompress_text(struct buffer *out, struct slice text)
{
	struct buffer bytes;
	z_stream stream = { .zalloc = NULL };
	int status = Z_STREAM_ERROR;

	buffer_init(&bytes, BUFFER_MAXIMUM);
	if (!base64_decode(&bytes, text) || bytes.failed || inflateInit(&stream) != Z_OK) {
		out->failed = bytes.failed || stream.state == NULL;
		buffer_release(&bytes);
		return false;
	}
	stream.next_in = (Bytef *)bytes.data;
	stream.avail_in = (uInt)bytes.length;
	do {
		if (!buffer_reserve(out, STEP))
			break;
		stream.next_out = (Bytef *)out->data + out->length;
		stream.avail_out = STEP;
		status = inflate(&stream, Z_NO_FLUSH);
		out->length += STEP - stream.avail_out;
	} while (status == Z_OK);
	(void)inflateEnd(&stream);
	buffer_release(&bytes);
	out->failed = out->failed || status == Z_MEM_ERROR;
	return status == Z_STREAM_END;
}

/* What one configured stream carries. */
struct parcel {
	struct buffer text;
	struct document document;
};

static const char damaged[] = "what a stream carries of the tap's catalog is damaged";

/* Failed though there was room for so much more under its maximum. */
static bool ran_out_of_memory(const struct buffer *text, size_t wanted)
{
	return text->failed && wanted <= text->maximum - text->length;
}

static bool open_parcel(struct parcel *parcel, const struct node *carried,
			const struct fingerprint *fingerprint, const char **reason)
{
	struct error error = ERROR_NONE;
	struct buffer string;
	size_t wanted = STEP;
	bool opened = true;

	*reason = "a stream does not carry its part of the tap's catalog";
	if (node_raw(carried).length == 0)
		return false;
	buffer_init(&string, BUFFER_MAXIMUM);
	json_text_decode(&string, node_raw(carried));
	parcel->text.failed = string.failed;
	if (slice_starts_with(buffer_slice(&string), COMPRESSED)) {
		buffer_remove_front(&string, COMPRESSED.length);
		opened = uncompress_text(&parcel->text, buffer_slice(&string));
	} else {
		wanted = string.length;
		buffer_append(&parcel->text, buffer_slice(&string));
	}
	buffer_release(&string);
	*reason = ran_out_of_memory(&parcel->text, wanted) ? NULL : damaged;
	if (!opened || parcel->text.failed)
		return false;
	*reason = "the tap, its packages or what is known about it has changed since";
	if (!slice_starts_with(buffer_slice(&parcel->text), FINGERPRINT_START) ||
	    parcel->text.length < FINGERPRINT_START.length + sizeof(fingerprint->text) ||
	    memcmp(parcel->text.data + FINGERPRINT_START.length, fingerprint->text,
		   strlen(fingerprint->text)) != 0)
		return false;
	if (document_parse(&parcel->document, buffer_slice(&parcel->text), &error))
		return true;
	*reason = error.no_memory ? NULL : damaged;
	return false;
}

/* An entry and its place in the tap's catalog, whose order some taps read in. */
struct placed_entry {
	unsigned long place;
	struct slice text;
};

/* What is at hand while a catalog is put together. */
struct unpacking {
	struct parcel *parcels;
	size_t count;
	struct name_table ids; /* of the entries that were found */
	struct placed_entry *entries;
	size_t entry_count;
	struct buffer *text;
	bool failed;
};

static bool is_new(struct unpacking *u, struct slice raw_id)
{
	if (raw_id.length == 0 || raw_name_get(&u->ids, raw_id) != NULL)
		return false;
	if (!raw_name_set(&u->ids, raw_id, 0))
		u->failed = true;
	return true;
}

static void add_entry(struct unpacking *u, const struct node *place, struct slice text)
{
	struct placed_entry *entries =
		realloc(u->entries, (u->entry_count + 1) * sizeof(*entries));

	if (entries == NULL) {
		u->failed = true;
		return;
	}
	u->entries = entries;
	/* the number ends at a comma, inside the document's text */
	entries[u->entry_count++] =
		(struct placed_entry){ strtoul(place->text.data, NULL, 10), text };
}

/* False: there is none, not even that of the stream itself. */
static bool collect_entries(struct unpacking *u, const struct node *parcel)
{
	bool any = false;
	const struct node *entries = node_get(parcel, "entries"), *pair;

	if (entries == NULL || entries->kind != NODE_ARRAY)
		return false;
	node_for_each(pair, entries) {
		const struct node *place = pair + 1, *entry = pair + 2, *id;

		if (node_count(pair) != 2 || place->kind != NODE_NUMBER)
			continue;
		id = node_get(entry, "tap_stream_id");
		if (id == NULL)
			id = node_get(entry, "stream");
		any = node_raw(id).length > 0 || any;
		if (is_new(u, node_raw(id)))
			add_entry(u, place, entry->text);
	}
	return any;
}

static int compare_places(const void *left, const void *right)
{
	const struct placed_entry *a = left, *b = right;

	return (a->place > b->place) - (a->place < b->place);
}

static void write_entries(struct unpacking *u)
{
	if (u->entry_count > 0)
		qsort(u->entries, u->entry_count, sizeof(*u->entries), compare_places);
	for (size_t i = 0; i < u->entry_count; i++) {
		if (i > 0)
			buffer_append_char(u->text, ',');
		buffer_append(u->text, u->entries[i].text);
	}
}

static void write_others(struct unpacking *u, const struct node *parcel)
{
	const struct node *others = node_get(parcel, "others"), *other;

	if (others == NULL)
		return;
	node_for_each(other, others) {
		if (!is_new(u, other->key))
			continue;
		if (u->text->failed)
			return;
		if (u->text->data[u->text->length - 1] != '[')
			buffer_append_char(u->text, ',');
		buffer_append_string(u->text, "{\"" SINGER_OTHER_KEY "\":true,"
					      "\"tap_stream_id\":\"");
		buffer_append(u->text, other->key);
		buffer_append_string(u->text, "\",\"stream\":");
		buffer_append(u->text, other->text);
		buffer_append_string(u->text, ",\"key_properties\":[],\"replication_method\":\"\","
					      "\"schema\":{\"type\":\"object\","
					      "\"properties\":{}},\"metadata\":[{\"breadcrumb\":[],"
					      "\"metadata\":{\"selected\":false}}]}");
	}
}

static bool open_parcels(struct unpacking *u, const struct configured_catalog *configured,
			 const struct fingerprint *fingerprint, const char **reason)
{
	size_t left = UNPACKED_MAXIMUM;

	*reason = NULL;
	u->parcels = calloc(configured->count + 1, sizeof(*u->parcels));
	if (u->parcels == NULL)
		return false;
	for (; u->count < configured->count; u->count++)
		buffer_init(&u->parcels[u->count].text, UNPACKED_MAXIMUM);
	for (size_t i = 0; i < u->count; i++) {
		u->parcels[i].text.maximum = left;
		if (!open_parcel(&u->parcels[i], configured->streams[i].carried, fingerprint,
				 reason))
			return false;
		left -= u->parcels[i].text.length;
	}
	return true;
}

bool catalog_travel_unpack(const struct configured_catalog *configured,
			   const struct fingerprint *fingerprint, struct buffer *text,
			   const char **reason)
{
	struct unpacking u = { .text = text };
	bool opened = open_parcels(&u, configured, fingerprint, reason);

	buffer_clear(text);
	buffer_append_string(text, "{\"streams\":[");
	for (size_t i = 0; opened && i < u.count; i++) {
		opened = collect_entries(&u, u.parcels[i].document.nodes);
		*reason = damaged;
	}
	write_entries(&u);
	for (size_t i = 0; opened && i < u.count; i++)
		write_others(&u, u.parcels[i].document.nodes);
	buffer_append_string(text, "]}");
	if (opened && (u.failed || text->failed)) {
		*reason = NULL;
		opened = false;
	}
	if (!opened)
		buffer_clear(text);
	for (size_t i = 0; i < u.count; i++) {
		document_release(&u.parcels[i].document);
		buffer_release(&u.parcels[i].text);
	}
	free(u.parcels);
	free(u.entries);
	name_table_release(&u.ids);
	return opened;
}
