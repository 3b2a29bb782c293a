#include "acceptance_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "date_time.h"
#include "hash.h"
#include "json_text.h"
#include "record_fit.h"
#include "terminal_text.h"

/* Times are milliseconds; this was in 2001, and in seconds will be in 33658. */
#define EARLIEST_TIME 1e12

#define SENTENCE_COLUMNS 300

enum stream_status {
	NOT_STARTED,
	STARTED,
	RUNNING,
	COMPLETE,
	INCOMPLETE,
	NO_STATUS, /* a word that is none */
};

static const char *const status_names[] = {
	[NOT_STARTED] = "nothing", [STARTED] = "STARTED", [RUNNING] = "RUNNING",
	[COMPLETE] = "COMPLETE", [INCOMPLETE] = "INCOMPLETE", [NO_STATUS] = "an unknown status",
};

/*
 * ---- rules ----
 */

void read_rules_init(struct read_rules *rules)
{
	*rules = (struct read_rules){ .counts = { 0 } };
	for (size_t i = 0; i < READ_RULES; i++)
		buffer_init(&rules->told[i], BUFFER_MAXIMUM);
}

void read_rules_release(struct read_rules *rules)
{
	for (size_t i = 0; i < READ_RULES; i++)
		buffer_release(&rules->told[i]);
}

static void breach(struct read_watch *watch, enum read_rule rule, const char *label,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

static void breach(struct read_watch *watch, enum read_rule rule, const char *label,
		   const char *format, ...)
{
	struct buffer *out = &watch->rules->told[rule];
	char sentence[1024];
	va_list arguments;

	if (watch->rules->counts[rule]++ >= BREACHES_TOLD)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	buffer_append_string(out, watch->name);
	buffer_append_string(out, ": ");
	buffer_append_string(out, label != NULL ? label : "");
	buffer_append_string(out, label != NULL ? ": " : "");
	terminal_text_append(out, slice_of_string(sentence), SENTENCE_COLUMNS);
	buffer_append_char(out, '\n');
}

/*
 * ---- streams ----
 */

/* A name is followed by a byte that is in none of them. */
static void append_key(struct buffer *key, const struct node *name, const struct node *namespace)
{
	json_text_decode(key, node_raw(namespace));
	buffer_append_char(key, '\0');
	json_text_decode(key, node_raw(name));
}

bool read_watch_start(struct read_watch *watch)
{
	struct buffer key;
	bool done;

	watch->names = NAME_TABLE_EMPTY;
	watch->document = DOCUMENT_NONE;
	buffer_init(&watch->error, BUFFER_MAXIMUM);
	watch->streams = calloc(watch->catalog->count + 1, sizeof(*watch->streams));
	done = watch->streams != NULL;
	buffer_init(&key, BUFFER_MAXIMUM);
	for (size_t i = 0; done && i < watch->catalog->count; i++) {
		const struct node *stream = watch->catalog->streams[i].stream;

		watch->streams[i].stream = &watch->catalog->streams[i];
		buffer_clear(&key);
		append_key(&key, node_get(stream, "name"), node_get(stream, "namespace"));
		done = !key.failed &&
		       name_table_set(&watch->names, buffer_slice(&key), (uint32_t)i);
	}
	buffer_release(&key);
	watch->failed = !done;
	return done;
}

void read_watch_release(struct read_watch *watch)
{
	for (size_t i = 0; watch->streams != NULL && i < watch->catalog->count; i++) {
		free(watch->streams[i].hashes);
		free(watch->streams[i].least);
		free(watch->streams[i].most);
	}
	for (size_t i = 0; i < watch->state_count; i++)
		free(watch->states[i].text);
	free(watch->states);
	free(watch->streams);
	name_table_release(&watch->names);
	buffer_release(&watch->error);
	*watch = (struct read_watch){ .streams = NULL };
}

/* NULL: it is not in the catalog; that is told. */
static struct read_stream *find_stream(struct read_watch *watch, enum read_rule rule,
				       const char *what, const struct node *name,
				       const struct node *namespace)
{
	const uint32_t *index;
	struct buffer key;
	char *text;

	buffer_init(&key, BUFFER_MAXIMUM);
	append_key(&key, name, namespace);
	index = name_table_get(&watch->names, buffer_slice(&key));
	watch->failed = watch->failed || key.failed;
	buffer_release(&key);
	if (index != NULL)
		return &watch->streams[*index];
	text = node_to_string(name);
	breach(watch, rule, NULL, "a %s is of the stream %s, which is not configured", what,
	       text ? text : "(without a name)");
	free(text);
	return NULL;
}

/*
 * ---- records ----
 */

static bool is_ignored(const struct read_watch *watch, const char *label, struct slice field)
{
	size_t length = strlen(label);

	for (size_t i = 0; i < watch->ignored_count; i++) {
		struct slice name = slice_of_string(watch->ignored[i]);

		if (slice_equals(name, field))
			return true;
		if (name.length > length && name.data[length] == '.' &&
		    memcmp(name.data, label, length) == 0 &&
		    slice_equals(slice_after(name, length + 1), field))
			return true;
	}
	return false;
}

/* Whatever the order of its fields. */
static uint64_t hash_of(const struct read_watch *watch, const char *label,
			const struct node *record)
{
	const struct node *field;
	uint64_t hash = HASH_START;

	node_for_each(field, record)
		if (!is_ignored(watch, label, field->key))
			hash += hash_bytes(hash_bytes(HASH_START, field->key) * HASH_PRIME,
					   field->text);
	return hash;
}

static void keep_hash(struct read_watch *watch, struct read_stream *stream, uint64_t hash)
{
	size_t capacity = stream->hash_capacity > 0 ? 2 * stream->hash_capacity : 64;
	uint64_t *hashes;

	if (watch->hash_total == READ_RECORDS_KEPT) {
		watch->capped = true;
		return;
	}
	if (stream->hash_count == stream->hash_capacity) {
		hashes = realloc(stream->hashes, capacity * sizeof(*hashes));
		watch->failed = watch->failed || hashes == NULL;
		if (hashes == NULL)
			return;
		stream->hashes = hashes;
		stream->hash_capacity = capacity;
	}
	stream->hashes[stream->hash_count++] = hash;
	watch->hash_total++;
}

static struct slice unquoted(struct slice text)
{
	if (text.length >= 2 && text.data[0] == '"')
		return slice_of(text.data + 1, text.length - 2);
	return text;
}

/* The digits behind the point of a time's seconds, but for zeros at their end. */
static struct slice fraction_of(struct slice time)
{
	const char *point = memchr(time.data, '.', time.length);
	struct slice digits = SLICE("");

	if (point == NULL)
		return digits;
	digits.data = point + 1;
	while (digits.data + digits.length < time.data + time.length &&
	       digits.data[digits.length] >= '0' && digits.data[digits.length] <= '9')
		digits.length++;
	while (digits.length > 0 && digits.data[digits.length - 1] == '0')
		digits.length--;
	return digits;
}

static int compare_times(const struct date_time *left, struct slice a,
			 const struct date_time *right, struct slice b)
{
	if (left->seconds != right->seconds)
		return (left->seconds > right->seconds) - (left->seconds < right->seconds);
	return slice_compare(fraction_of(a), fraction_of(b));
}

/* Numbers as such, times as such, other texts by their bytes; of unlike ones 0. */
static int compare_cursors(struct slice a, struct slice b)
{
	struct date_time left, right;
	bool quoted = a.length > 0 && a.data[0] == '"';

	if (quoted != (b.length > 0 && b.data[0] == '"'))
		return 0;
	if (!quoted) {
		/* They end with a byte that is in no number: ',' or '}' of the line, or NUL. */
		long double first = strtold(a.data, NULL), second = strtold(b.data, NULL);

		return (first > second) - (first < second);
	}
	a = unquoted(a);
	b = unquoted(b);
	if (date_time_parse(&left, a) && date_time_parse(&right, b))
		return compare_times(&left, a, &right, b);
	return slice_compare(a, b);
}

static void keep_cursor(struct read_watch *watch, char **kept, struct slice text, int sign)
{
	char *copy;

	if (*kept != NULL && compare_cursors(text, slice_of_string(*kept)) * sign <= 0)
		return;
	copy = strndup(text.data, text.length);
	watch->failed = watch->failed || copy == NULL;
	if (copy == NULL)
		return;
	free(*kept);
	*kept = copy;
}

static void check_keys(struct read_watch *watch, struct read_stream *stream,
		       const struct node *data)
{
	const struct acceptance_stream *configured = stream->stream;
	const struct node *path, *cursor;

	if (configured->key != NULL) {
		node_for_each(path, configured->key) {
			const struct node *value = acceptance_at_path(data, path);

			if (value == NULL || value->kind == NODE_NULL)
				breach(watch, RULE_KEYS, configured->label,
				       "record %llu has %s in a field of its primary key",
				       (unsigned long long)stream->records,
				       value ? "null" : "nothing");
		}
	}
	if (configured->cursor == NULL)
		return;
	cursor = acceptance_at_path(data, configured->cursor);
	if (cursor == NULL) {
		breach(watch, RULE_KEYS, configured->label, "record %llu has no cursor field",
		       (unsigned long long)stream->records);
	} else if (cursor->kind == NODE_NUMBER || cursor->kind == NODE_STRING) {
		keep_cursor(watch, &stream->least, cursor->text, -1);
		keep_cursor(watch, &stream->most, cursor->text, 1);
	}
}

static void check_fit(struct read_watch *watch, const struct read_stream *stream,
		      const struct node *data)
{
	struct buffer problem;

	buffer_init(&problem, BUFFER_MAXIMUM);
	if (stream->stream->schema != NULL && !record_fit(stream->stream->schema, data, &problem))
		breach(watch, RULE_FIT, stream->stream->label, "record %llu: %.*s",
		       (unsigned long long)stream->records, (int)problem.length,
		       problem.length > 0 ? problem.data : "");
	buffer_release(&problem);
}

static void check_time(struct read_watch *watch, const struct node *time, const char *what)
{
	bool whole = time != NULL && time->kind == NODE_NUMBER;

	for (size_t i = 0; whole && i < time->text.length; i++)
		whole = time->text.data[i] >= '0' && time->text.data[i] <= '9';
	if (!whole || strtod(time->text.data, NULL) < EARLIEST_TIME)
		breach(watch, RULE_MESSAGES, NULL, "the emitted_at of a %s is no time in "
		       "milliseconds since 1970", what);
}

static void take_record(struct read_watch *watch, const struct node *record)
{
	const struct node *data = node_get(record, "data");
	struct read_stream *stream = find_stream(watch, RULE_MESSAGES, "record",
						 node_get(record, "stream"),
						 node_get(record, "namespace"));

	watch->records++;
	if (stream == NULL)
		return;
	stream->records++;
	stream->since_state++;
	check_time(watch, node_get(record, "emitted_at"), "record");
	if (data == NULL || data->kind != NODE_OBJECT || data->size == 1) {
		breach(watch, RULE_MESSAGES, stream->stream->label,
		       "record %llu is empty or no object: the platform would drop it",
		       (unsigned long long)stream->records);
		return;
	}
	if (stream->status == NOT_STARTED || stream->status > RUNNING)
		breach(watch, RULE_STATUSES, stream->stream->label,
		       "record %llu comes when the last status is %s",
		       (unsigned long long)stream->records, status_names[stream->status]);
	check_fit(watch, stream, data);
	check_keys(watch, stream, data);
	keep_hash(watch, stream, hash_of(watch, stream->stream->label, data));
}

/*
 * ---- states ----
 */

static void keep_state(struct read_watch *watch, struct slice text, size_t stream)
{
	struct read_state *states = watch->states;

	if (watch->state_bytes + text.length > READ_STATES_KEPT) {
		watch->capped = true;
		return;
	}
	if ((watch->state_count & (watch->state_count - 1)) == 0) {
		size_t capacity = watch->state_count > 0 ? 2 * watch->state_count : 1;

		states = realloc(states, capacity * sizeof(*states));
		watch->failed = watch->failed || states == NULL;
		if (states == NULL)
			return;
		watch->states = states;
	}
	states[watch->state_count] = (struct read_state){
		.text = strndup(text.data, text.length), .stream = stream,
		.covered = watch->streams[stream].hash_count,
	};
	watch->failed = watch->failed || states[watch->state_count].text == NULL;
	if (states[watch->state_count].text == NULL)
		return;
	watch->state_count++;
	watch->state_bytes += text.length;
}

static void take_state(struct read_watch *watch, const struct node *state)
{
	const struct node *descriptor = node_get(node_get(state, "stream"), "stream_descriptor");
	const struct node *count = node_get(node_get(state, "sourceStats"), "recordCount");
	struct read_stream *stream;

	if (!node_is_string(node_get(state, "type"), "STREAM")) {
		breach(watch, RULE_STATES, NULL, "a state is not of the type STREAM");
		return;
	}
	stream = find_stream(watch, RULE_STATES, "state", node_get(descriptor, "name"),
			     node_get(descriptor, "namespace"));
	if (stream == NULL)
		return;
	stream->states++;
	if (count == NULL || count->kind != NODE_NUMBER)
		breach(watch, RULE_COUNTS, stream->stream->label,
		       "state %llu has no sourceStats.recordCount",
		       (unsigned long long)stream->states);
	else if (strtold(count->text.data, NULL) != (long double)stream->since_state)
		breach(watch, RULE_COUNTS, stream->stream->label,
		       "state %llu says that %.*s records came since the one before, but it were "
		       "%llu", (unsigned long long)stream->states, (int)count->text.length,
		       count->text.data, (unsigned long long)stream->since_state);
	if (stream->status > RUNNING)
		breach(watch, RULE_STATUSES, stream->stream->label,
		       "a state comes after the status %s", status_names[stream->status]);
	stream->since_state = 0;
	keep_state(watch, state->text, (size_t)(stream - watch->streams));
}

/*
 * ---- traces ----
 */

static enum stream_status status_of(const struct node *status)
{
	for (size_t i = STARTED; i < NO_STATUS; i++)
		if (node_is_string(status, status_names[i]))
			return (enum stream_status)i;
	return NO_STATUS;
}

static bool may_follow(enum stream_status before, enum stream_status after)
{
	static const unsigned followers[] = {
		[NOT_STARTED] = 1 << STARTED,
		[STARTED] = 1 << RUNNING | 1 << COMPLETE | 1 << INCOMPLETE,
		[RUNNING] = 1 << RUNNING | 1 << COMPLETE | 1 << INCOMPLETE,
		[COMPLETE] = 0, [INCOMPLETE] = 0, [NO_STATUS] = 0,
	};

	return (followers[before] >> after & 1) != 0;
}

static void take_status(struct read_watch *watch, const struct node *trace)
{
	const struct node *status = node_get(trace, "stream_status");
	const struct node *descriptor = node_get(status, "stream_descriptor");
	struct read_stream *stream = find_stream(watch, RULE_STATUSES, "status",
						 node_get(descriptor, "name"),
						 node_get(descriptor, "namespace"));
	enum stream_status now = status_of(node_get(status, "status"));

	check_time(watch, node_get(trace, "emitted_at"), "trace");
	if (stream == NULL)
		return;
	if (!may_follow((enum stream_status)stream->status, now))
		breach(watch, RULE_STATUSES, stream->stream->label, "after %s comes %s",
		       status_names[stream->status], status_names[now]);
	stream->status = now;
}

static void take_trace(struct read_watch *watch, const struct node *trace)
{
	const struct node *message;

	if (node_is_string(node_get(trace, "type"), "STREAM_STATUS"))
		take_status(watch, trace);
	if (!node_is_string(node_get(trace, "type"), "ERROR"))
		return;
	message = node_get(node_get(trace, "error"), "message");
	buffer_clear(&watch->error);
	if (message != NULL)
		json_text_decode(&watch->error, node_raw(message));
}

/*
 * ---- the read ----
 */

static void pass_over(struct read_watch *watch, const struct node *message)
{
	(void)watch;
	(void)message;
}

static void take_message(struct read_watch *watch, const struct node *message)
{
	static const struct {
		const char *type, *member;
		void (*take)(struct read_watch *watch, const struct node *message);
	} types[] = {
		{ "RECORD", "record", take_record }, { "STATE", "state", take_state },
		{ "TRACE", "trace", take_trace }, { "LOG", "log", pass_over },
		{ "CONTROL", "control", pass_over },
	};

	for (size_t i = 0; i < COUNT(types); i++) {
		const struct node *member = node_get(message, types[i].member);

		if (!node_is_string(node_get(message, "type"), types[i].type))
			continue;
		if (member != NULL)
			types[i].take(watch, member);
		else
			breach(watch, RULE_MESSAGES, NULL, "a %s has no %s", types[i].type,
			       types[i].member);
		return;
	}
	breach(watch, RULE_MESSAGES, NULL, "a message is of a type that a read does not have");
}

void read_watch_line(struct read_watch *watch, struct slice line)
{
	struct error error = ERROR_NONE;

	if (!document_parse(&watch->document, line, &error))
		breach(watch, RULE_MESSAGES, NULL, "a line is no JSON: %s", error.message);
	else
		take_message(watch, watch->document.nodes);
	document_release(&watch->document);
}

void read_watch_end(struct read_watch *watch, bool succeeded)
{
	for (size_t i = 0; succeeded && i < watch->catalog->count; i++) {
		struct read_stream *stream = &watch->streams[i];
		const char *label = stream->stream->label;

		if (stream->status != COMPLETE)
			breach(watch, RULE_STATUSES, label, "its last status is %s, not COMPLETE",
			       status_names[stream->status]);
		if (stream->states == 0)
			breach(watch, RULE_STATES, label, "it has no state");
		else if (stream->since_state > 0)
			breach(watch, RULE_COUNTS, label, "no state follows its last %llu records",
			       (unsigned long long)stream->since_state);
	}
}

/*
 * ---- one read beside another ----
 */

/* The number of the last state of a stream among the first `count`, plus one; 0: none. */
static size_t last_state_of(const struct read_watch *watch, size_t count, size_t stream)
{
	while (count > 0 && watch->states[count - 1].stream != stream)
		count--;
	return count;
}

void read_watch_write_state(const struct read_watch *watch, size_t count, struct buffer *out)
{
	bool first = true;

	buffer_append_char(out, '[');
	for (size_t i = 0; i < watch->catalog->count; i++) {
		size_t last = last_state_of(watch, count, i);

		if (last == 0)
			continue;
		buffer_append_string(out, first ? "" : ",");
		buffer_append_string(out, watch->states[last - 1].text);
		first = false;
	}
	buffer_append_char(out, ']');
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint64_t *sorted(const uint64_t *hashes, size_t count)
{
	uint64_t *copy = malloc((count + 1) * sizeof(*copy));

	if (copy == NULL)
		return NULL;
	if (count > 0)
		memcpy(copy, hashes, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), by_value);
	return copy;
}

/* How many of the one are not among the other, both sorted; equal ones are counted. */
static uint64_t count_lacking(const uint64_t *of, size_t count, const uint64_t *among,
			      size_t other_count)
{
	uint64_t lacking = 0;
	size_t j = 0;

	for (size_t i = 0; i < count; i++) {
		while (j < other_count && among[j] < of[i])
			j++;
		if (j < other_count && among[j] == of[i])
			j++;
		else
			lacking++;
	}
	return lacking;
}

static void tell_lacking(struct buffer *out, const char *label, uint64_t lacking, uint64_t extra,
			 uint64_t of)
{
	buffer_append_format(out, "%s: of %llu records %llu are missing, and %llu others came\n",
			     label, (unsigned long long)of, (unsigned long long)lacking,
			     (unsigned long long)extra);
}

void read_watch_compare(const struct read_watch *earlier, size_t states,
			const struct read_watch *later, bool extra, struct buffer *out)
{
	for (size_t i = 0; i < earlier->catalog->count; i++) {
		const struct read_stream *before = &earlier->streams[i];
		const struct read_stream *after = &later->streams[i];
		size_t last = last_state_of(earlier, states, i);
		size_t covered = last > 0 ? earlier->states[last - 1].covered : 0;
		size_t count = before->hash_count - covered;
		uint64_t *left = sorted(count > 0 ? before->hashes + covered : NULL, count);
		uint64_t *right = sorted(after->hashes, after->hash_count);
		uint64_t lacking = 0, others = 0;

		if (left != NULL && right != NULL) {
			lacking = count_lacking(left, count, right, after->hash_count);
			others = count_lacking(right, after->hash_count, left, count);
		}
		out->failed = out->failed || left == NULL || right == NULL;
		if (lacking > 0 || (extra && others > 0))
			tell_lacking(out, before->stream->label, lacking, others, count);
		free(left);
		free(right);
	}
}

/* Is there a value in it that is neither our own nor a name of a stream? */
static bool holds_position(const struct node *stream_state)
{
	const struct node *node = stream_state;

	if (stream_state == NULL)
		return false;
	for (; node < stream_state + stream_state->size; node++)
		if (node->kind != NODE_OBJECT && node->kind != NODE_ARRAY &&
		    node->kind != NODE_NULL &&
		    !slice_starts_with(node->key, SLICE("__tapbyte_")) &&
		    !slice_equals(node->key, SLICE("currently_syncing")))
			return true;
	return false;
}

/* Does the last state of a stream say how far the read came? */
static bool has_position(const struct read_watch *watch, size_t stream)
{
	size_t last = last_state_of(watch, watch->state_count, stream);
	struct error error = ERROR_NONE;
	struct document document = DOCUMENT_NONE;
	bool holds = true;

	if (last > 0 && document_parse(&document, slice_of_string(watch->states[last - 1].text),
				       &error))
		holds = holds_position(node_get(node_get(document.nodes, "stream"),
						"stream_state"));
	document_release(&document);
	return holds;
}

/* What is wrong with how a stream goes on from its state; NULL: nothing. */
static const char *resume_problem(const struct read_stream *before,
				  const struct read_stream *after, bool allow_older)
{
	if (after->records > before->records)
		return "the second read, from the state of the first, gave more records than the "
		       "first";
	if (!allow_older && before->most != NULL && after->least != NULL &&
	    compare_cursors(slice_of_string(after->least), slice_of_string(before->most)) < 0)
		return "the second read gave records that are older than the cursor of the first "
		       "(--allow-older, if the tap looks back on purpose)";
	if (before->most == NULL && !allow_older && before->records > 1 &&
	    after->records == before->records)
		return "the second read gave as many records as the first: its state has no effect "
		       "(--allow-older, if that is as it should be)";
	return NULL;
}

void read_watch_compare_cursors(const struct read_watch *earlier, const struct read_watch *later,
				bool allow_older, struct buffer *out)
{
	for (size_t i = 0; i < earlier->catalog->count; i++) {
		const struct acceptance_stream *stream = earlier->streams[i].stream;
		const char *problem = NULL;

		if (stream->incremental)
			problem = resume_problem(&earlier->streams[i], &later->streams[i],
						 allow_older);
		if (problem != NULL && !has_position(earlier, i))
			problem = "the state of the first read holds no position, so the second "
				  "began anew. In the overlay, state_keys tells where the tap "
				  "keeps it; if it keeps none, sync_modes [\"full_refresh\"] "
				  "offers no incremental read";
		if (problem == NULL)
			continue;
		buffer_append_string(out, stream->label);
		buffer_append_string(out, ": ");
		buffer_append_string(out, problem);
		buffer_append_char(out, '\n');
	}
}
