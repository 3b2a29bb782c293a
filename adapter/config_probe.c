#include "config_probe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json_compact.h"
#include "setting_name.h"
#include "tap_ask.h"

#define NAME_MAXIMUM 100

/*
 * ---- what a log says ----
 */

static bool is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte) != NULL;
}

static bool is_name(struct slice text)
{
	if (text.length == 0 || text.length > NAME_MAXIMUM ||
	    !(isalpha((unsigned char)text.data[0]) || text.data[0] == '_'))
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (!isalnum((unsigned char)text.data[i]) && !is_one_of(text.data[i], "_-."))
			return false;
	return true;
}

static size_t add_name(struct slice name, json_t *required)
{
	size_t i;
	json_t *known;

	if (!is_name(name) || json_array_size(required) >= CONFIG_PROBE_SETTINGS)
		return 0;
	json_array_foreach(required, i, known)
		if (slice_equals(slice_of_string(json_string_value(known)), name))
			return 0;
	return json_array_append_new(required, json_stringn(name.data, name.length)) == 0;
}

/* Where the words are, whatever their case; behind them. NULL: nowhere. */
static const char *behind(struct slice line, const char *words)
{
	size_t length = strlen(words);

	for (size_t i = 0; i + length <= line.length; i++)
		if (strncasecmp(line.data + i, words, length) == 0)
			return line.data + i + length;
	return NULL;
}

static bool is_quote(char byte)
{
	return byte == '\'' || byte == '"';
}

/* Takes the next text in quotes. */
static bool take_quoted(struct slice *rest, struct slice *quoted)
{
	size_t start = 0, end;

	while (start < rest->length && !is_quote(rest->data[start]))
		start++;
	if (start == rest->length)
		return false;
	end = start + 1;
	while (end < rest->length && rest->data[end] != rest->data[start])
		end++;
	if (end == rest->length)
		return false;
	*quoted = slice_of(rest->data + start + 1, end - start - 1);
	*rest = slice_after(*rest, end + 1);
	return true;
}

/* "a, b and c" or "['a', 'b']" or "{'a'}" up to the end of the line. */
static size_t add_list(struct slice rest, json_t *required)
{
	struct slice text = slice_trim(rest), name;
	const char *end;
	size_t added = 0;

	if (text.length > 0 && is_one_of(text.data[0], "[{(")) {
		end = memchr(text.data, text.data[0] == '[' ? ']' : text.data[0] == '{' ? '}' : ')',
			     text.length);
		text = slice_of(text.data, end ? (size_t)(end - text.data) : text.length);
		while (take_quoted(&text, &name))
			added += add_name(name, required);
		return added;
	}
	while (text.length > 0) {
		end = memchr(text.data, ',', text.length);
		name = slice_of(text.data, end ? (size_t)(end - text.data) : text.length);
		text = slice_after(text, name.length + (end != NULL));
		name = slice_trim(name);
		if (name.length > 1 && is_quote(name.data[0]))
			name = slice_of(name.data + 1, name.length - 2);
		added += add_name(name, required);
	}
	return added;
}

/* What comes before the list, at the end of the words: "... keys: [". */
static size_t find_missing(struct slice line, json_t *required)
{
	const char *end = line.data + line.length, *missing = behind(line, "missing"), *colon;
	struct slice rest;

	if (missing == NULL || behind(line, "required") == NULL)
		return 0;
	rest = slice_of(missing, (size_t)(end - missing));
	colon = memchr(rest.data, ':', rest.length);
	if (colon == NULL)
		return 0;
	return add_list(slice_of(colon + 1, (size_t)(end - colon - 1)), required);
}

/* The text in the quotes that close right before `end`. */
static bool quoted_before(struct slice line, const char *end, struct slice *quoted)
{
	const char *open;

	if (end == line.data || !is_quote(end[-1]))
		return false;
	end--;
	open = memrchr(line.data, *end, (size_t)(end - line.data));
	if (open == NULL)
		return false;
	*quoted = slice_of(open + 1, (size_t)(end - open - 1));
	return true;
}

/* JSON Schema's "'a' is a required property". */
static size_t find_property(struct slice line, json_t *required)
{
	static const char words[] = " is a required property";
	const char *found = behind(line, words);
	struct slice name;

	return found != NULL && quoted_before(line, found - strlen(words), &name)
		       ? add_name(name, required) : 0;
}

/* Voluptuous' "required key not provided @ data['a']". */
static size_t find_not_provided(struct slice line, json_t *required)
{
	const char *found = behind(line, "required key not provided @ data[");
	struct slice name, rest;

	if (found == NULL)
		return 0;
	rest = slice_of(found, (size_t)(line.data + line.length - found));
	return take_quoted(&rest, &name) ? add_name(name, required) : 0;
}

/* Of a traceback: "KeyError: 'a'" below a line of Python that says config. */
static size_t find_key_error(struct slice line, struct slice source, json_t *required)
{
	struct slice mark = SLICE("KeyError: "), name, rest;

	if (!slice_starts_with(line, mark) || behind(source, "config") == NULL)
		return 0;
	rest = slice_after(line, mark.length);
	return take_quoted(&rest, &name) ? add_name(name, required) : 0;
}

/* Python 3.11 underlines what it means: "    ~~~~~~^^^^^^^". */
static bool is_underline(struct slice line)
{
	for (size_t i = 0; i < line.length; i++)
		if (!is_one_of(line.data[i], " \t~^"))
			return false;
	return true;
}

size_t config_probe_find(struct slice text, json_t *required)
{
	struct slice source = SLICE(""), line;
	size_t added = 0;

	while (text.length > 0) {
		const char *newline = memchr(text.data, '\n', text.length);

		line = slice_of(text.data, newline ? (size_t)(newline - text.data) : text.length);
		text = slice_after(text, line.length + (newline != NULL));
		added += find_missing(line, required) + find_property(line, required) +
			 find_not_provided(line, required) +
			 find_key_error(line, source, required);
		if (!is_underline(line))
			source = line;
	}
	return added;
}

/*
 * ---- made-up configs ----
 */

/* By the type that the setting has, if one is known: the first choice, a default, or a
 * value that fits in. */
static json_t *placeholder(const char *name, const json_t *setting)
{
	const char *type = json_string_value(json_object_get(setting, "type"));
	json_t *choice = json_array_get(json_object_get(setting, "enum"), 0);

	if (choice == NULL)
		choice = json_object_get(setting, "default");
	if (choice == NULL)
		choice = json_array_get(json_object_get(setting, "examples"), 0);
	if (choice != NULL)
		return json_incref(choice);
	if (type == NULL || strcmp(type, "string") == 0)
		return json_string(setting_name_placeholder(name));
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		return json_integer(1);
	if (strcmp(type, "boolean") == 0)
		return json_false();
	return strcmp(type, "array") == 0 ? json_array() : json_object();
}

json_t *config_probe_placeholders(const json_t *required, const json_t *specification)
{
	const json_t *properties = json_object_get(specification, "properties");
	json_t *config = json_object(), *name;
	size_t i;

	json_array_foreach(required, i, name) {
		const char *key = json_string_value(name);

		if (json_object_set_new(config, key,
					placeholder(key, json_object_get(properties, key))) != 0) {
			json_decref(config);
			return NULL;
		}
	}
	return config;
}

bool config_probe_write(struct session *session, const json_t *config)
{
	char *text = config ? json_compact(config) : NULL, *path;

	if (text == NULL)
		return error_set_no_memory(&session->error);
	path = work_dir_write(&session->tap.work_dir, "config.json", slice_of_string(text),
			      &session->error);
	free(text);
	if (path == NULL)
		return false;
	free(session->tap.config_path);
	session->tap.config_path = path;
	return true;
}

/*
 * ---- rounds ----
 */

/* One start of the tap; *added says how many settings are new. */
static bool ask_once(struct session *session, const json_t *specification, bool discover,
		     json_t *required, size_t *added, bool *waits)
{
	json_t *config = config_probe_placeholders(required, specification);
	bool written = config_probe_write(session, config), done;
	const char *const arguments[] = { "--config", session->tap.config_path,
					  discover ? "--discover" : NULL, NULL };
	const struct tap_question question = {
		.arguments = arguments, .what = "say what it lacks",
		.deadline = CONFIG_PROBE_DEADLINE, .log_only = true,
	};
	struct tap_answer answer;

	json_decref(config);
	if (!written)
		return false;
	done = tap_ask(session, &question, &answer);
	if (done)
		*added = config_probe_find(buffer_slice(&answer.log), required);
	*waits = answer.waits;
	tap_answer_release(&answer);
	return done && !session_is_interrupted(session);
}

bool config_probe_run(struct session *session, const struct tap_flags *flags,
		      const json_t *specification, json_t *required, bool *waits, json_t *notes)
{
	bool discover = flags->discover, waited;
	size_t added;

	*waits = false;
	for (unsigned rounds = 0; rounds < CONFIG_PROBE_ROUNDS; rounds++) {
		if (!ask_once(session, specification, discover, required, &added, &waited))
			return false;
		if (discover == flags->discover) /* a sync says nothing of a discovery */
			*waits = waited;
		if (added == 0 && (!discover || waited))
			return true;
		discover = discover && added > 0;
	}
	(void)json_array_append_new(notes, json_string("The tap may require more settings: it "
						       "asks for another one each time."));
	return true;
}
