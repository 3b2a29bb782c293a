#include "anonymizer.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/random.h>

#include "count.h"
#include "json_mask.h"
#include "json_text.h"
#include "json_token.h"
#include "name_table.h"
#include "secret_mask.h"
#include "singer_message.h"
#include "stand_in.h"

/* Shorter values are parts of too many words to be looked for in the log. */
#define SOUGHT_MINIMUM 6

/* When there are more values, there is no log: to look for them all would take too long. */
#define SOUGHT_MAXIMUM 50000

struct anonymizer {
	struct siphash_key key;
	struct name_table kept;    /* texts that stay */
	struct secret_mask sought; /* values that must not stand in the log */
	size_t sought_count;
	struct buffer decoded;
	struct buffer stand_in;
	struct singer_message message;
	bool failed;               /* memory ran out */
};

/* Keys whose values mark a type, as APIs write them. */
static const char *const markers[] = { "type", "object", "kind", "__typename", "_type" };

/* Words of Singer, in states. */
static const char *const words[] = { "FULL_TABLE", "INCREMENTAL", "LOG_BASED" };

/* Keys of states whose numbers are counts of our own, or the tap's. */
static const char *const counters[] = {
	"__tapbyte_sequence", "__tapbyte_process", "__tapbyte_records", "version",
};

/* Members of messages that are Singer's, and none of anybody's. */
static const char *const frame[] = { "type", "stream", "version", "time_extracted" };

static bool is_one_of(struct slice key, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equals(key, slice_of_string(names[i])))
			return true;
	return false;
}

/* Between the quotes. */
static struct slice inside(struct slice quoted)
{
	return quoted.length >= 2 ? slice_of(quoted.data + 1, quoted.length - 2) : SLICE("");
}

static void decode(struct anonymizer *anonymizer, struct slice quoted)
{
	buffer_clear(&anonymizer->decoded);
	json_text_decode(&anonymizer->decoded, inside(quoted));
	anonymizer->failed = anonymizer->failed || anonymizer->decoded.failed;
}

/* All strings and names of a text stay. */
static void keep_strings(struct anonymizer *anonymizer, struct slice text)
{
	struct json_token token;

	while (!anonymizer->failed && json_token_next(&text, &token)) {
		if (token.kind != JSON_TOKEN_KEY && token.kind != JSON_TOKEN_STRING)
			continue;
		decode(anonymizer, token.text);
		if (!name_table_set(&anonymizer->kept, buffer_slice(&anonymizer->decoded), 0))
			anonymizer->failed = true;
	}
}

static void seek(struct anonymizer *anonymizer, struct slice value)
{
	if (value.length < SOUGHT_MINIMUM || anonymizer->sought_count > SOUGHT_MAXIMUM)
		return;
	anonymizer->sought_count++;
	if (anonymizer->sought_count <= SOUGHT_MAXIMUM &&
	    !secret_mask_add(&anonymizer->sought, value))
		anonymizer->failed = true;
}

static bool is_marker(struct slice key, struct slice value)
{
	if (!is_one_of(key, markers, COUNT(markers)) || value.length == 0 ||
	    !isalpha((unsigned char)value.data[0]))
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (!isalpha((unsigned char)value.data[i]) && strchr("_.-", value.data[i]) == NULL)
			return false;
	return true;
}

static bool is_kept(const struct anonymizer *anonymizer, struct slice text)
{
	return text.length == 0 || name_table_get(&anonymizer->kept, text) != NULL;
}

/* A name as programs give it; what else is a name is somebody's: "jane@example.com": 3. */
static bool is_identifier(struct slice name)
{
	for (size_t i = 0; i < name.length; i++) {
		unsigned char byte = (unsigned char)name.data[i];

		if (!isalpha(byte) && byte != '_' && byte != '$' &&
		    (i == 0 || (!isdigit(byte) && byte != '-')))
			return false;
	}
	return true;
}

/* Of the text that was decoded last. */
static void append_stand_in(struct anonymizer *anonymizer, struct buffer *out)
{
	struct slice text = buffer_slice(&anonymizer->decoded);

	buffer_clear(&anonymizer->stand_in);
	stand_in_append(&anonymizer->key, &anonymizer->stand_in, text);
	anonymizer->failed = anonymizer->failed || anonymizer->stand_in.failed;
	json_text_encode(out, buffer_slice(&anonymizer->stand_in));
	if (!slice_equals(text, buffer_slice(&anonymizer->stand_in)))
		seek(anonymizer, text);
}

static void append_string(struct anonymizer *anonymizer, struct buffer *out, struct slice key,
			  struct slice quoted)
{
	struct slice text;

	decode(anonymizer, quoted);
	text = buffer_slice(&anonymizer->decoded);
	if (is_kept(anonymizer, text) || is_marker(key, text))
		buffer_append(out, quoted);
	else
		append_stand_in(anonymizer, out);
}

static void append_name(struct anonymizer *anonymizer, struct buffer *out, struct slice quoted)
{
	struct slice name;

	decode(anonymizer, quoted);
	name = buffer_slice(&anonymizer->decoded);
	if (is_kept(anonymizer, name) || is_identifier(name))
		buffer_append(out, quoted);
	else
		append_stand_in(anonymizer, out);
}

/* What a value is of. */
enum origin {
	OF_SETTINGS, /* names and numbers stay */
	OF_DATA,
	OF_MESSAGE,  /* around the data: what Singer puts there stays */
};

/* Appends a JSON value, or a part of one between two tokens, with stand-ins. */
static void append_value(struct anonymizer *anonymizer, struct buffer *out, struct slice text,
			 enum origin origin)
{
	struct slice key = SLICE("");
	struct json_token token;

	while (!anonymizer->failed && json_token_next(&text, &token)) {
		bool ours = is_one_of(key, counters, COUNT(counters)) ||
			    (origin == OF_MESSAGE && is_one_of(key, frame, COUNT(frame)));

		if (token.kind == JSON_TOKEN_KEY) {
			key = inside(token.text);
			if (origin == OF_SETTINGS)
				buffer_append(out, token.text);
			else
				append_name(anonymizer, out, token.text);
		} else if (token.kind == JSON_TOKEN_STRING && !(ours && origin == OF_MESSAGE)) {
			append_string(anonymizer, out, key, token.text);
		} else if (token.kind == JSON_TOKEN_NUMBER && origin != OF_SETTINGS && !ours) {
			stand_in_append_number(&anonymizer->key, out, token.text);
			seek(anonymizer, token.text);
		} else {
			buffer_append(out, token.text);
		}
	}
	anonymizer->failed = anonymizer->failed || out->failed;
}

/*
 * ---- the recording ----
 */

static enum singer_line parse(struct anonymizer *anonymizer, struct slice line)
{
	struct singer_problem problem;

	return singer_message_parse(&anonymizer->message, line, &problem);
}

static void keep_known(struct anonymizer *anonymizer, const struct recording *recording,
		       const json_t *specification)
{
	struct recording_cursor cursor = recording_begin(recording);
	struct recording_line line;
	char *spec = specification != NULL ? json_dumps(specification, 0) : NULL;

	for (size_t i = 0; i < COUNT(words); i++)
		if (!name_table_set(&anonymizer->kept, slice_of_string(words[i]), 0))
			anonymizer->failed = true;
	if (spec != NULL)
		keep_strings(anonymizer, slice_of_string(spec));
	else if (specification != NULL)
		anonymizer->failed = true;
	free(spec);
	keep_strings(anonymizer, buffer_slice(&recording->parts[RECORDING_DISCOVERY]));
	keep_strings(anonymizer, buffer_slice(&recording->parts[RECORDING_CATALOG]));
	while (!anonymizer->failed && recording_next(&cursor, &line))
		if (line.source == RECORDING_OUT &&
		    parse(anonymizer, line.text) == SINGER_LINE_MESSAGE &&
		    anonymizer->message.type == SINGER_SCHEMA)
			keep_strings(anonymizer, line.text);
}

/* A message, and in it the data. */
static void append_around(struct anonymizer *anonymizer, struct buffer *out, struct slice line,
			  struct slice data)
{
	size_t before = (size_t)(data.data - line.data);

	append_value(anonymizer, out, slice_of(line.data, before), OF_MESSAGE);
	append_value(anonymizer, out, data, OF_DATA);
	append_value(anonymizer, out, slice_after(line, before + data.length), OF_MESSAGE);
}

/* Text and what nobody knows; a message that is broken is none the less one. */
static bool is_log(struct anonymizer *anonymizer, const struct recording_line *line)
{
	enum singer_line kind = SINGER_LINE_TEXT;

	if (line->source == RECORDING_OUT)
		kind = parse(anonymizer, line->text);
	if (kind == SINGER_LINE_MESSAGE)
		return anonymizer->message.type == SINGER_OTHER;
	return kind != SINGER_LINE_BROKEN;
}

static void append_message(struct anonymizer *anonymizer, struct buffer *out, struct slice line)
{
	if (parse(anonymizer, line) != SINGER_LINE_MESSAGE)
		append_value(anonymizer, out, line, OF_DATA);
	else if (anonymizer->message.type == SINGER_RECORD)
		append_around(anonymizer, out, line, anonymizer->message.record);
	else if (anonymizer->message.type == SINGER_STATE)
		append_around(anonymizer, out, line, anonymizer->message.value);
	else
		buffer_append(out, line);
}

static void append_log(struct anonymizer *anonymizer, struct buffer *out, struct slice line)
{
	if (anonymizer->sought_count > SOUGHT_MAXIMUM)
		buffer_append_string(out, "(left out: there are too many values to look for)");
	else
		json_mask_apply(&anonymizer->sought, out, line);
}

/* Messages in a first pass, which learns what values there are, and the log in a second. */
static bool change_lines(struct anonymizer *anonymizer, struct recording *recording, bool logs)
{
	struct recording_cursor cursor = recording_begin(recording);
	struct recording_line line;
	struct recording changed;
	struct buffer text;

	recording_init(&changed);
	buffer_init(&text, BUFFER_MAXIMUM);
	while (!anonymizer->failed && recording_next(&cursor, &line)) {
		bool log = is_log(anonymizer, &line);

		buffer_clear(&text);
		if (log != logs)
			buffer_append(&text, line.text);
		else if (log)
			append_log(anonymizer, &text, line.text);
		else
			append_message(anonymizer, &text, line.text);
		anonymizer->failed = anonymizer->failed || text.failed ||
				     !recording_add_line(&changed, line.time, line.source,
							 buffer_slice(&text), line.complete);
	}
	if (!anonymizer->failed)
		recording_swap_lines(recording, &changed);
	recording_release(&changed);
	buffer_release(&text);
	return !anonymizer->failed;
}

static bool change_part(struct anonymizer *anonymizer, struct recording *recording,
			enum recording_part part, enum origin origin)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	append_value(anonymizer, &text, buffer_slice(&recording->parts[part]), origin);
	buffer_clear(&recording->parts[part]);
	buffer_append(&recording->parts[part], buffer_slice(&text));
	anonymizer->failed = anonymizer->failed || recording->parts[part].failed;
	buffer_release(&text);
	return !anonymizer->failed;
}

bool anonymizer_apply_key(struct recording *recording, const json_t *connection_specification,
			  const struct siphash_key *key, struct error *error)
{
	struct anonymizer anonymizer = { .key = *key, .kept = NAME_TABLE_EMPTY,
					 .sought = SECRET_MASK_EMPTY };
	bool done;

	singer_message_init(&anonymizer.message);
	buffer_init(&anonymizer.decoded, BUFFER_MAXIMUM);
	buffer_init(&anonymizer.stand_in, BUFFER_MAXIMUM);
	keep_known(&anonymizer, recording, connection_specification);
	done = !anonymizer.failed &&
	       change_part(&anonymizer, recording, RECORDING_CONFIG, OF_SETTINGS) &&
	       change_part(&anonymizer, recording, RECORDING_STATE, OF_DATA) &&
	       change_lines(&anonymizer, recording, false) &&
	       change_lines(&anonymizer, recording, true);
	recording->anonymized = done;
	singer_message_release(&anonymizer.message);
	buffer_release(&anonymizer.decoded);
	buffer_release(&anonymizer.stand_in);
	name_table_release(&anonymizer.kept);
	secret_mask_release(&anonymizer.sought);
	return done || error_set_no_memory(error);
}

bool anonymizer_apply(struct recording *recording, const json_t *connection_specification,
		      struct error *error)
{
	struct siphash_key key;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return error_set(error, FAILURE_SYSTEM,
				 "cannot anonymize: the system gives no random key");
	return anonymizer_apply_key(recording, connection_specification, &key, error);
}
