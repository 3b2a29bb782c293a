#include "acceptance.h"

#include <stdlib.h>
#include <string.h>

#include "acceptance_catalog.h"
#include "acceptance_read.h"
#include "acceptance_spec.h"
#include "config_text.h"
#include "count.h"
#include "json_load.h"
#include "json_text.h"
#include "message_diff.h"
#include "secret_mask.h"
#include "spec_check.h"
#include "spec_schema.h"
#include "terminal_text.h"
#include "text_file.h"
#include "work_dir.h"

#define ARGUMENTS_MAXIMUM 12

/* States of a read from which it is read again. */
#define SAMPLES 3

/* Lines that show a secret, of which it is told. */
#define LEAKS_TOLD 5

/* What is kept of a child's stderr: why it failed. */
#define STDERR_KEPT ((size_t)2048)

/* A log line that is searched for secrets in all ways to write them. */
#define SEARCHED_MAXIMUM ((size_t)1 << 20)

/* One read, and what came of it. */
struct live_read {
	struct read_watch watch;
	bool watched;
	bool succeeded;
};

struct acceptance {
	const struct acceptance_task *task;
	struct error *error;          /* why the tests cannot go on */
	struct work_dir dir;
	json_t *config, *spec;
	struct secret_mask mask;
	struct buffer details;        /* of the current test */
	struct acceptance_catalog found, chosen; /* by discover; to be read */
	bool has_found, has_chosen;
	bool accepted;                /* the config, by check */
	struct buffer catalog_line;
	struct live_read full, first;
	struct read_rules rules;
	bool has_read;                /* one read at least took place */
	uint64_t leaks;
	struct buffer leaks_told;
};

/* What a command printed beside its one answer. */
struct answer {
	struct acceptance *acceptance;
	const char *verb, *type; /* of the message that is the answer */
	struct buffer line;      /* the first of them */
	size_t count;
	size_t errors;           /* TRACE ERRORs, */
	struct buffer error;     /* and the message of the last one */
	size_t broken;           /* lines that are no JSON object */
	struct buffer log;
	struct read_watch *watch; /* of a read; else NULL */
	struct child child;
	bool completed;          /* a STREAM_STATUS COMPLETE was there */
};

/*
 * ---- secrets ----
 */

static bool shows_secret(const struct acceptance *acceptance, struct slice line)
{
	static const char record[] = "{\"type\":\"RECORD\"", control[] = "{\"type\":\"CONTROL\"";
	static const char *const texts[] = { "{\"type\":\"LOG\"", "{\"type\":\"TRACE\"",
					     "{\"type\":\"CONNECTION_STATUS\"" };
	struct secret_range range;
	struct buffer masked;
	size_t from = 0;
	bool shown, text = line.length == 0 || line.data[0] != '{';

	for (size_t i = 0; i < COUNT(texts); i++)
		text = text || slice_starts_with(line, slice_of_string(texts[i]));
	if (slice_starts_with(line, slice_of_string(control)))
		return false; /* it hands the config back, secrets and all */
	if (!text || line.length > SEARCHED_MAXIMUM ||
	    slice_starts_with(line, slice_of_string(record)))
		return secret_index_find(&acceptance->mask.index, line, &from, &range);
	buffer_init(&masked, BUFFER_MAXIMUM);
	secret_mask_apply(&acceptance->mask, &masked, line);
	shown = masked.failed || !slice_equals(buffer_slice(&masked), line);
	buffer_release(&masked);
	return shown;
}

/* The line itself is not told: it has the secret. */
static void search_for_secrets(struct acceptance *acceptance, const char *verb, const char *where,
			       struct slice line)
{
	struct buffer *out = &acceptance->leaks_told;

	if (!shows_secret(acceptance, line) || acceptance->leaks++ >= LEAKS_TOLD)
		return;
	buffer_append_string(out, verb);
	buffer_append_string(out, ": a secret of the config is in ");
	buffer_append_string(out, where);
	if (line.length > 0 && line.data[0] == '{') {
		buffer_append_string(out, ", in a line that begins with ");
		terminal_text_append(out, line, 24);
	}
	buffer_append_char(out, '\n');
}

/*
 * ---- running tapbyte ----
 */

static void take_trace(struct answer *answer, const struct node *trace)
{
	const struct node *message = node_get(node_get(trace, "error"), "message");
	const struct node *status = node_get(node_get(trace, "stream_status"), "status");

	answer->completed = answer->completed || node_is_string(status, "COMPLETE");
	if (!node_is_string(node_get(trace, "type"), "ERROR"))
		return;
	answer->errors++;
	buffer_clear(&answer->error);
	if (message != NULL)
		json_text_decode(&answer->error, node_raw(message));
}

static void take_answer(struct answer *answer, struct slice line)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *message;

	if (!document_parse(&document, line, &error) ||
	    node_get(document.nodes, "type") == NULL) {
		answer->broken++;
		document_release(&document);
		return;
	}
	message = document.nodes;
	if (node_is_string(node_get(message, "type"), answer->type) && answer->count++ == 0)
		buffer_append(&answer->line, line);
	if (node_is_string(node_get(message, "type"), "TRACE"))
		take_trace(answer, node_get(message, "trace"));
	document_release(&document);
}

static void on_line(void *owner, struct slice line, bool complete)
{
	struct answer *answer = owner;

	(void)complete;
	search_for_secrets(answer->acceptance, answer->verb, "its stdout", line);
	if (answer->watch != NULL)
		read_watch_line(answer->watch, line);
	else
		take_answer(answer, line);
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	struct answer *answer = owner;

	(void)cut;
	search_for_secrets(answer->acceptance, answer->verb, "its stderr", line);
	if (answer->log.length + line.length < STDERR_KEPT) {
		buffer_append(&answer->log, line);
		buffer_append_char(&answer->log, '\n');
	}
}

static void answer_init(struct answer *answer, struct acceptance *acceptance, const char *verb,
			const char *type)
{
	*answer = (struct answer){ .acceptance = acceptance, .verb = verb, .type = type };
	buffer_init(&answer->line, BUFFER_MAXIMUM);
	buffer_init(&answer->error, BUFFER_MAXIMUM);
	buffer_init(&answer->log, BUFFER_MAXIMUM);
}

static void answer_release(struct answer *answer)
{
	buffer_release(&answer->line);
	buffer_release(&answer->error);
	buffer_release(&answer->log);
}

/* Runs the command; files that are NULL are left out. */
static bool run(struct answer *answer, const char *config, const char *catalog, const char *state)
{
	const struct acceptance_task *task = answer->acceptance->task;
	const struct tap_listener listener = {
		.line = on_line, .log_line = on_log_line, .owner = answer,
	};
	const struct {
		const char *option, *file;
	} files[] = { { "--config", config }, { "--catalog", catalog }, { "--state", state } };
	const char *arguments[ARGUMENTS_MAXIMUM] = { answer->verb, "--tap",
						     task->options->folder };
	size_t count = 3;

	for (size_t i = 0; i < COUNT(files); i++) {
		if (files[i].file == NULL)
			continue;
		arguments[count++] = files[i].option;
		arguments[count++] = files[i].file;
	}
	return child_run(task->runner, arguments, &listener, &answer->child,
			 answer->acceptance->error);
}

/*
 * ---- telling ----
 */

static void tell(struct acceptance *acceptance, const char *text)
{
	buffer_append_string(&acceptance->details, text);
	buffer_append_char(&acceptance->details, '\n');
}

static void tell_slice(struct acceptance *acceptance, const char *front, struct slice text)
{
	buffer_append_string(&acceptance->details, front);
	buffer_append(&acceptance->details, text);
	buffer_append_char(&acceptance->details, '\n');
}

static enum test_result skip(struct acceptance *acceptance, const char *reason)
{
	tell(acceptance, reason);
	return TEST_SKIPPED;
}

/* Passed where nothing was told. */
static enum test_result verdict(const struct acceptance *acceptance)
{
	return acceptance->details.length == 0 ? TEST_PASSED : TEST_FAILED;
}

static void tell_end(struct acceptance *acceptance, const struct answer *answer)
{
	char text[128];

	if (answer->child.signal != 0)
		snprintf(text, sizeof(text), "%s was killed by signal %d (%s)", answer->verb,
			 answer->child.signal, strsignal(answer->child.signal));
	else
		snprintf(text, sizeof(text), "%s ended with exit code %d", answer->verb,
			 answer->child.exit_code);
	tell(acceptance, text);
	if (answer->error.length > 0)
		tell_slice(acceptance, "its error: ", buffer_slice(&answer->error));
	buffer_append(&acceptance->details, buffer_slice(&answer->log));
}

/* One answer, and no error beside it. */
static void judge_answer(struct acceptance *acceptance, const struct answer *answer)
{
	char text[128];

	if (answer->child.exit_code != 0 || answer->child.signal != 0)
		tell_end(acceptance, answer);
	else if (answer->errors > 0)
		tell_slice(acceptance, "exit code 0, but a TRACE ERROR: ",
			   buffer_slice(&answer->error));
	if (answer->count != 1) {
		snprintf(text, sizeof(text), "%s printed %zu messages of type %s, not one",
			 answer->verb, answer->count, answer->type);
		tell(acceptance, text);
	}
	if (answer->broken > 0) {
		snprintf(text, sizeof(text), "%s printed %zu lines that are no messages",
			 answer->verb, answer->broken);
		tell(acceptance, text);
	}
}

/*
 * ---- spec and config ----
 */

static enum test_result check_spec(struct acceptance *acceptance)
{
	struct answer answer;
	json_error_t problem;
	json_t *message = NULL;

	answer_init(&answer, acceptance, "spec", "SPEC");
	if (run(&answer, NULL, NULL, NULL)) {
		judge_answer(acceptance, &answer);
		message = json_load_slice(buffer_slice(&answer.line), 0, &problem);
	}
	acceptance->spec = json_incref(json_object_get(message, "spec"));
	json_decref(message);
	answer_release(&answer);
	if (acceptance->spec == NULL)
		return TEST_FAILED;
	acceptance_spec_judge(acceptance->spec, &acceptance->details);
	return verdict(acceptance);
}

static const json_t *settings(const struct acceptance *acceptance)
{
	return json_object_get(acceptance->spec, "connectionSpecification");
}

static enum test_result check_secrets_marked(struct acceptance *acceptance)
{
	if (acceptance->spec == NULL)
		return skip(acceptance, "there is no spec");
	acceptance_spec_judge_secrets(acceptance->spec, &acceptance->details);
	return verdict(acceptance);
}

/* From here on the config's secrets are known. */
static enum test_result check_config(struct acceptance *acceptance)
{
	struct error problem = ERROR_NONE;

	if (settings(acceptance) == NULL)
		return skip(acceptance, "there is no spec");
	if (!secret_mask_collect(&acceptance->mask, settings(acceptance), acceptance->config))
		error_set_no_memory(acceptance->error);
	if (!spec_schema_check(settings(acceptance), "/connectionSpecification", &problem) ||
	    !spec_check_config(settings(acceptance), acceptance->config, &problem))
		tell(acceptance, problem.message);
	return verdict(acceptance);
}

/*
 * ---- check ----
 */

/* The status of a CONNECTION_STATUS is that word; its message is then in `message`. */
static bool has_status(const struct answer *answer, const char *word, struct buffer *message)
{
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *status = NULL;
	bool has = false;

	if (document_parse(&document, buffer_slice(&answer->line), &error)) {
		status = node_get(document.nodes, "connectionStatus");
		has = node_is_string(node_get(status, "status"), word);
		json_text_decode(message, node_raw(node_get(status, "message")));
	}
	document_release(&document);
	return has;
}

static enum test_result check_good_config(struct acceptance *acceptance)
{
	struct buffer message;
	struct answer answer;

	buffer_init(&message, BUFFER_MAXIMUM);
	answer_init(&answer, acceptance, "check", "CONNECTION_STATUS");
	if (run(&answer, acceptance->task->options->config, NULL, NULL)) {
		judge_answer(acceptance, &answer);
		if (answer.count > 0 && !has_status(&answer, "SUCCEEDED", &message) &&
		    answer.error.length == 0)
			tell_slice(acceptance, "its status is not SUCCEEDED: ",
				   buffer_slice(&message));
	}
	answer_release(&answer);
	buffer_release(&message);
	acceptance->accepted = verdict(acceptance) == TEST_PASSED;
	return verdict(acceptance);
}

/* It has to fail in an orderly way. */
static bool judge_refusal(struct acceptance *acceptance, const struct answer *answer,
			  const char *what)
{
	const char *problem = NULL;
	struct buffer message;

	buffer_init(&message, BUFFER_MAXIMUM);
	if (answer->child.signal != 0)
		problem = "check was killed by a signal";
	else if (answer->child.exit_code > 1)
		problem = "check did not fail in an orderly way (its exit code is not 0 or 1)";
	else if (answer->count != 1)
		problem = "there is not one CONNECTION_STATUS";
	else if (!has_status(answer, "FAILED", &message))
		problem = "check succeeded (does tap.json's `check` prove the credentials? "
			  "--invalid-config names a config that must fail)";
	else if (message.length == 0)
		problem = "the status is FAILED, but no message says why";
	buffer_release(&message);
	if (problem == NULL)
		return true;
	buffer_append_string(&acceptance->details, what);
	buffer_append_string(&acceptance->details, ": ");
	tell(acceptance, problem);
	return false;
}

static void try_bad_config(struct acceptance *acceptance, const char *path, const char *what)
{
	struct answer answer;

	answer_init(&answer, acceptance, "check", "CONNECTION_STATUS");
	if (run(&answer, path, NULL, NULL) && !judge_refusal(acceptance, &answer, what) &&
	    answer.error.length > 0)
		tell_slice(acceptance, "its error: ", buffer_slice(&answer.error));
	answer_release(&answer);
}

static void try_derived_configs(struct acceptance *acceptance, const struct bad_configs *list)
{
	for (size_t i = 0; i < list->count && !acceptance->error->set; i++) {
		char *text = json_dumps(list->items[i].config, JSON_COMPACT);
		char *path = NULL;

		if (text == NULL)
			error_set_no_memory(acceptance->error);
		else
			path = work_dir_write(&acceptance->dir, "bad-config.json",
					      slice_of_string(text), acceptance->error);
		if (path != NULL)
			try_bad_config(acceptance, path, list->items[i].what);
		free(text);
		free(path);
	}
}

static enum test_result check_bad_configs(struct acceptance *acceptance)
{
	struct bad_configs list = { .count = 0 };
	bool tried;

	if (!acceptance->accepted)
		return skip(acceptance, "check fails with the good config, too");
	if (acceptance->task->options->invalid_config != NULL) {
		try_bad_config(acceptance, acceptance->task->options->invalid_config,
			       acceptance->task->options->invalid_config);
		return verdict(acceptance);
	}
	if (settings(acceptance) == NULL)
		return skip(acceptance, "there is no spec");
	acceptance_bad_configs(&list, settings(acceptance), acceptance->config,
			       acceptance->error);
	try_derived_configs(acceptance, &list);
	tried = list.count > 0;
	acceptance_bad_configs_release(&list);
	if (!tried && !acceptance->error->set)
		return skip(acceptance, "the config has no secret and no required setting that "
			    "could be wrong; --invalid-config names one that must fail");
	return verdict(acceptance);
}

/*
 * ---- discover ----
 */

static bool discover(struct acceptance *acceptance, struct answer *answer)
{
	answer_init(answer, acceptance, "discover", "CATALOG");
	if (!run(answer, acceptance->task->options->config, NULL, NULL))
		return false;
	judge_answer(acceptance, answer);
	return answer->count > 0;
}

/* The catalog of --catalog; else all that was found. */
static bool choose(struct acceptance *acceptance)
{
	const char *path = acceptance->task->options->catalog;
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (path != NULL)
		text_file_read(path, "the catalog", &text, acceptance->error);
	else
		buffer_append(&text, buffer_slice(&acceptance->catalog_line));
	done = !acceptance->error->set &&
	       acceptance_catalog_load(&acceptance->chosen, buffer_slice(&text),
				       acceptance->error);
	if (!done && path != NULL)
		error_prefix(acceptance->error, "%s: ", path);
	buffer_release(&text);
	return done;
}

static enum test_result check_discover(struct acceptance *acceptance)
{
	struct error problem = ERROR_NONE;
	struct answer answer;

	if (discover(acceptance, &answer)) {
		buffer_append(&acceptance->catalog_line, buffer_slice(&answer.line));
		acceptance->has_found = acceptance_catalog_load(
			&acceptance->found, buffer_slice(&answer.line), &problem);
		if (!acceptance->has_found)
			tell(acceptance, problem.message);
	}
	answer_release(&answer);
	if (!acceptance->error->set &&
	    (acceptance->has_found || acceptance->task->options->catalog != NULL))
		acceptance->has_chosen = choose(acceptance);
	return verdict(acceptance);
}

static enum test_result judge_catalog(struct acceptance *acceptance,
				      void (*judge)(const struct acceptance_catalog *catalog,
						    struct buffer *out))
{
	if (!acceptance->has_found)
		return skip(acceptance, "there is no catalog");
	judge(&acceptance->found, &acceptance->details);
	return verdict(acceptance);
}

static enum test_result check_names(struct acceptance *acceptance)
{
	return judge_catalog(acceptance, acceptance_catalog_judge_names);
}

static enum test_result check_schemas(struct acceptance *acceptance)
{
	return judge_catalog(acceptance, acceptance_catalog_judge_schemas);
}

static enum test_result check_modes(struct acceptance *acceptance)
{
	return judge_catalog(acceptance, acceptance_catalog_judge_modes);
}

static enum test_result check_keys(struct acceptance *acceptance)
{
	return judge_catalog(acceptance, acceptance_catalog_judge_keys);
}

static enum test_result check_discover_again(struct acceptance *acceptance)
{
	struct slice first = buffer_slice(&acceptance->catalog_line), second;
	struct message_diff diff;
	struct answer answer;

	if (!acceptance->has_found)
		return skip(acceptance, "there is no catalog");
	if (discover(acceptance, &answer)) {
		second = buffer_slice(&answer.line);
		message_diff_init(&diff);
		message_diff_lines(&diff, &first, &second);
		message_diff_end(&diff);
		message_diff_describe(&diff, &acceptance->details);
		if (diff.failed)
			error_set_no_memory(acceptance->error);
		message_diff_release(&diff);
	}
	answer_release(&answer);
	return verdict(acceptance);
}

/*
 * ---- reads ----
 */

static void live_read_release(struct live_read *read)
{
	if (read->watched)
		read_watch_release(&read->watch);
	read->watched = false;
}

/* A configured catalog as a file, which the caller frees; NULL on an error. */
static char *write_catalog(struct acceptance *acceptance, bool incremental)
{
	struct buffer text;
	char *path = NULL;

	buffer_init(&text, BUFFER_MAXIMUM);
	acceptance_catalog_configure(&acceptance->chosen, incremental, &text);
	if (text.failed)
		error_set_no_memory(acceptance->error);
	else
		path = work_dir_write(&acceptance->dir, "catalog.json", buffer_slice(&text),
				      acceptance->error);
	buffer_release(&text);
	return path;
}

/* Reads the chosen streams; what is wrong with its end is told. `state` may be NULL. */
static bool read_streams(struct acceptance *acceptance, struct live_read *read, const char *name,
			 bool incremental, const char *state)
{
	char *catalog = write_catalog(acceptance, incremental);
	struct answer answer;

	*read = (struct live_read){ .watched = catalog != NULL };
	if (catalog == NULL)
		return false;
	read->watch = (struct read_watch){
		.catalog = &acceptance->chosen, .rules = &acceptance->rules, .name = name,
		.ignored = acceptance->task->options->ignored,
		.ignored_count = acceptance->task->options->ignored_count,
	};
	answer_init(&answer, acceptance, "read", "RECORD");
	answer.watch = &read->watch;
	if (!read_watch_start(&read->watch)) {
		error_set_no_memory(acceptance->error);
	} else if (run(&answer, acceptance->task->options->config, catalog, state)) {
		read->succeeded = answer.child.exit_code == 0 && answer.child.signal == 0;
		read_watch_end(&read->watch, read->succeeded);
		acceptance->has_read = true;
		if (!read->succeeded)
			tell_end(acceptance, &answer);
		if (read->watch.error.length > 0)
			tell_slice(acceptance, read->succeeded
				   ? "exit code 0, but a TRACE ERROR: " : "its error: ",
				   buffer_slice(&read->watch.error));
		if (read->watch.failed)
			error_set_no_memory(acceptance->error);
	}
	answer_release(&answer);
	free(catalog);
	return read->succeeded && !acceptance->error->set;
}

static void note_empty_streams(struct acceptance *acceptance, const struct read_watch *watch)
{
	bool any = false;

	for (size_t i = 0; i < watch->catalog->count; i++) {
		if (watch->streams[i].records > 0)
			continue;
		buffer_append_string(&acceptance->details, any ? ", " : "no record came of: ");
		buffer_append_string(&acceptance->details, watch->catalog->streams[i].label);
		any = true;
	}
	if (any)
		buffer_append_char(&acceptance->details, '\n');
}

static enum test_result check_read(struct acceptance *acceptance)
{
	enum test_result result;

	if (!acceptance->has_chosen)
		return skip(acceptance, "there is no catalog");
	if (acceptance->chosen.count == 0)
		return skip(acceptance, "the catalog has no stream");
	read_streams(acceptance, &acceptance->full, "full refresh", false, NULL);
	if (acceptance->full.succeeded && acceptance->full.watch.records == 0)
		tell(acceptance, "no record came");
	result = verdict(acceptance);
	if (result == TEST_PASSED)
		note_empty_streams(acceptance, &acceptance->full.watch);
	return result;
}

static bool is_capped(const struct live_read *read)
{
	return read->watch.capped;
}

static const char too_many[] = "too many records or states to compare; --catalog can name fewer "
			       "streams";

static enum test_result check_read_again(struct acceptance *acceptance)
{
	enum test_result result;
	struct live_read again;

	if (!acceptance->full.succeeded)
		return skip(acceptance, "the first read failed");
	if (is_capped(&acceptance->full))
		return skip(acceptance, too_many);
	if (read_streams(acceptance, &again, "second full refresh", false, NULL))
		read_watch_compare(&acceptance->full.watch, 0, &again.watch, true,
				   &acceptance->details);
	result = verdict(acceptance);
	if (again.succeeded && result == TEST_FAILED)
		tell(acceptance, "(fields that differ from read to read: --ignore-fields "
		     "FIELD,STREAM.FIELD)");
	live_read_release(&again);
	return result;
}

static bool is_any_incremental(const struct acceptance *acceptance)
{
	for (size_t i = 0; acceptance->has_chosen && i < acceptance->chosen.count; i++)
		if (acceptance->chosen.streams[i].incremental)
			return true;
	return false;
}

static enum test_result check_incremental(struct acceptance *acceptance)
{
	if (!is_any_incremental(acceptance))
		return skip(acceptance, "no stream can be read incrementally");
	read_streams(acceptance, &acceptance->first, "incremental read", true, NULL);
	return verdict(acceptance);
}

/* Reads on from the first `count` states of the incremental read. */
static bool read_on(struct acceptance *acceptance, struct live_read *read, const char *name,
		    size_t count)
{
	struct buffer state;
	char *path = NULL;
	bool done = false;

	*read = (struct live_read){ .watched = false };
	buffer_init(&state, BUFFER_MAXIMUM);
	read_watch_write_state(&acceptance->first.watch, count, &state);
	if (state.failed)
		error_set_no_memory(acceptance->error);
	else
		path = work_dir_write(&acceptance->dir, "state.json", buffer_slice(&state),
				      acceptance->error);
	if (path != NULL)
		done = read_streams(acceptance, read, name, true, path);
	free(path);
	buffer_release(&state);
	return done;
}

static enum test_result check_second(struct acceptance *acceptance)
{
	const struct read_watch *first = &acceptance->first.watch;
	struct live_read second;

	if (!acceptance->first.succeeded)
		return skip(acceptance, "there was no incremental read");
	if (is_capped(&acceptance->first))
		return skip(acceptance, too_many);
	if (read_on(acceptance, &second, "read from the last state", first->state_count))
		read_watch_compare_cursors(first, &second.watch,
					   acceptance->task->options->allow_older,
					   &acceptance->details);
	live_read_release(&second);
	return verdict(acceptance);
}

static enum test_result check_samples(struct acceptance *acceptance)
{
	const struct read_watch *first = &acceptance->first.watch;
	size_t before = 0;

	if (!acceptance->first.succeeded)
		return skip(acceptance, "there was no incremental read");
	if (is_capped(&acceptance->first))
		return skip(acceptance, too_many);
	if (first->state_count < 2)
		return skip(acceptance, "the read has no state before its last one");
	for (size_t i = 1; i <= SAMPLES && !acceptance->error->set; i++) {
		size_t count = (first->state_count * i + SAMPLES) / (SAMPLES + 1);
		struct live_read later;
		char name[64];

		if (count == before || count >= first->state_count)
			continue;
		before = count;
		snprintf(name, sizeof(name), "read from state %zu of %zu", count,
			 first->state_count);
		if (read_on(acceptance, &later, name, count)) {
			size_t length = acceptance->details.length;

			read_watch_compare(first, count, &later.watch, false,
					   &acceptance->details);
			if (acceptance->details.length > length)
				tell(acceptance, name);
		}
		live_read_release(&later);
	}
	return verdict(acceptance);
}

static const char unknown_stream[] =
	"{\"streams\":[{\"stream\":{\"name\":\"__AIRBYTE__stream_that_does_not_exist\","
	"\"json_schema\":{\"type\":\"object\",\"properties\":{\"f1\":{\"type\":\"string\"}}},"
	"\"supported_sync_modes\":[\"full_refresh\"]},\"sync_mode\":\"full_refresh\","
	"\"destination_sync_mode\":\"append\"}]}";

static enum test_result check_unknown_stream(struct acceptance *acceptance)
{
	struct answer answer;
	char *path;

	if (!acceptance->full.succeeded)
		return skip(acceptance, "a read of streams that are there fails, too");
	path = work_dir_write(&acceptance->dir, "bad-catalog.json",
			      slice_of_string(unknown_stream), acceptance->error);
	if (path == NULL)
		return TEST_FAILED;
	answer_init(&answer, acceptance, "read", "RECORD");
	if (run(&answer, acceptance->task->options->config, path, NULL)) {
		if (answer.child.signal != 0 || answer.child.exit_code > 1)
			tell_end(acceptance, &answer);
		else if (answer.child.exit_code == 0)
			tell(acceptance, "the read of a stream that is not there ended with exit "
			     "code 0");
		if (answer.errors == 0)
			tell(acceptance, "there is no TRACE ERROR");
		if (answer.completed)
			tell(acceptance, "a stream is said to be COMPLETE");
	}
	answer_release(&answer);
	free(path);
	return verdict(acceptance);
}

/*
 * ---- what holds for all reads ----
 */

static enum test_result judge_rule(struct acceptance *acceptance, enum read_rule rule)
{
	uint64_t count = acceptance->rules.counts[rule];
	char text[64];

	if (!acceptance->has_read)
		return skip(acceptance, "there was no read");
	buffer_append(&acceptance->details, buffer_slice(&acceptance->rules.told[rule]));
	if (count > BREACHES_TOLD) {
		snprintf(text, sizeof(text), "and %llu more",
			 (unsigned long long)count - BREACHES_TOLD);
		tell(acceptance, text);
	}
	return verdict(acceptance);
}

static enum test_result check_messages(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_MESSAGES);
}

static enum test_result check_fit(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_FIT);
}

static enum test_result check_record_keys(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_KEYS);
}

static enum test_result check_statuses(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_STATUSES);
}

static enum test_result check_counts(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_COUNTS);
}

static enum test_result check_states(struct acceptance *acceptance)
{
	return judge_rule(acceptance, RULE_STATES);
}

static enum test_result check_leaks(struct acceptance *acceptance)
{
	if (acceptance->mask.count == 0)
		return skip(acceptance, "the config has no secrets");
	buffer_append(&acceptance->details, buffer_slice(&acceptance->leaks_told));
	return verdict(acceptance);
}

/*
 * ---- all of it ----
 */

static const struct {
	const char *name;
	enum test_result (*check)(struct acceptance *acceptance);
} checks[] = {
	{ "spec is valid", check_spec },
	{ "spec marks its secrets", check_secrets_marked },
	{ "config fits the spec", check_config },
	{ "check succeeds with the config", check_good_config },
	{ "check fails with bad configs", check_bad_configs },
	{ "discover prints a catalog", check_discover },
	{ "streams have names of their own", check_names },
	{ "schemas are such as destinations read", check_schemas },
	{ "streams have sync modes", check_modes },
	{ "keys and cursors are in the schemas", check_keys },
	{ "discover prints the same again", check_discover_again },
	{ "a full refresh succeeds", check_read },
	{ "a second full refresh gives the same records", check_read_again },
	{ "an incremental read succeeds", check_incremental },
	{ "a read from the last state gives nothing older", check_second },
	{ "a read from an earlier state loses nothing", check_samples },
	{ "a stream that is not there is an error", check_unknown_stream },
	{ "all lines of reads are messages", check_messages },
	{ "records fit their schemas", check_fit },
	{ "records have their keys and cursors", check_record_keys },
	{ "statuses go from STARTED to COMPLETE", check_statuses },
	{ "states count the records before them", check_counts },
	{ "every stream has a state", check_states },
	{ "no secret is shown", check_leaks },
};

static bool load_config(struct acceptance *acceptance)
{
	const char *path = acceptance->task->options->config;
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (text_file_read(path, "the config", &text, acceptance->error))
		acceptance->config = config_text_parse(buffer_slice(&text), path,
						       acceptance->error);
	buffer_release(&text);
	return acceptance->config != NULL;
}

static void run_checks(struct acceptance *acceptance)
{
	const struct acceptance_task *task = acceptance->task;

	for (size_t i = 0; i < COUNT(checks) && !acceptance->error->set; i++) {
		uint64_t started = uv_hrtime();
		enum test_result result;

		buffer_clear(&acceptance->details);
		result = checks[i].check(acceptance);
		if (acceptance->error->set)
			return;
		test_report_add(task->report, checks[i].name, result,
				buffer_slice(&acceptance->details),
				(uv_hrtime() - started) / 1000000);
		if (task->told != NULL)
			task->told(task->owner);
	}
}

static void release(struct acceptance *acceptance)
{
	live_read_release(&acceptance->full);
	live_read_release(&acceptance->first);
	read_rules_release(&acceptance->rules);
	acceptance_catalog_release(&acceptance->found);
	acceptance_catalog_release(&acceptance->chosen);
	secret_mask_release(&acceptance->mask);
	json_decref(acceptance->config);
	json_decref(acceptance->spec);
	buffer_release(&acceptance->details);
	buffer_release(&acceptance->catalog_line);
	buffer_release(&acceptance->leaks_told);
	work_dir_remove(&acceptance->dir);
}

bool acceptance_run(const struct acceptance_task *task, struct error *error)
{
	struct acceptance acceptance = {
		.task = task, .error = error, .dir = WORK_DIR_NONE, .mask = SECRET_MASK_EMPTY,
		.found = ACCEPTANCE_CATALOG_EMPTY, .chosen = ACCEPTANCE_CATALOG_EMPTY,
	};

	buffer_init(&acceptance.details, BUFFER_MAXIMUM);
	buffer_init(&acceptance.catalog_line, BUFFER_MAXIMUM);
	buffer_init(&acceptance.leaks_told, BUFFER_MAXIMUM);
	read_rules_init(&acceptance.rules);
	if (load_config(&acceptance) && work_dir_create(&acceptance.dir, error)) {
		test_report_suite(task->report, task->options->folder);
		run_checks(&acceptance);
	}
	release(&acceptance);
	return !error->set;
}
