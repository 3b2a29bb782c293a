#include "acceptance.h"

#include <stdlib.h>

#include "acceptance_catalog.h"
#include "acceptance_spec.h"
#include "config_text.h"
#include "count.h"
#include "json_load.h"
#include "json_text.h"
#include "live_answer.h"
#include "live_reads.h"
#include "message_diff.h"
#include "spec_check.h"
#include "spec_schema.h"
#include "text_file.h"
#include "work_dir.h"

struct acceptance {
	const struct test_options *options;
	struct live_tap tap;
	json_t *config, *spec;
	struct buffer details;        /* of the current test */
	bool accepted;                /* the config, by check */
	struct buffer catalog_line;
	struct acceptance_catalog found, chosen; /* by discover; to be read */
	bool has_found;
	struct live_reads reads;
};

static enum test_result verdict(const struct acceptance *acceptance)
{
	return test_verdict(&acceptance->details);
}

static enum test_result skip(struct acceptance *acceptance, const char *reason)
{
	return test_skip(&acceptance->details, reason);
}

/*
 * ---- spec and config ----
 */

static enum test_result check_spec(struct acceptance *acceptance)
{
	struct live_answer answer = { .type = "SPEC", .command = { .verb = "spec" } };
	json_error_t problem;
	json_t *message = NULL;

	if (live_answer_get(&answer, &acceptance->tap)) {
		live_answer_judge(&answer, &acceptance->details);
		message = json_load_slice(buffer_slice(&answer.line), 0, &problem);
	}
	acceptance->spec = json_incref(json_object_get(message, "spec"));
	json_decref(message);
	live_answer_release(&answer);
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
	if (!secret_mask_collect(&acceptance->tap.search.mask, settings(acceptance),
				 acceptance->config))
		error_set_no_memory(acceptance->tap.error);
	if (!spec_schema_check(settings(acceptance), "/connectionSpecification", &problem) ||
	    !spec_check_config(settings(acceptance), acceptance->config, &problem))
		test_tell(&acceptance->details, "%s", problem.message);
	return verdict(acceptance);
}

/*
 * ---- check ----
 */

/* The status of a CONNECTION_STATUS is that word; its message is then in `message`. */
static bool has_status(const struct live_answer *answer, const char *word, struct buffer *message)
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
	struct live_answer answer = {
		.type = "CONNECTION_STATUS",
		.command = { .verb = "check", .config = acceptance->options->config },
	};
	struct buffer message;

	buffer_init(&message, BUFFER_MAXIMUM);
	if (live_answer_get(&answer, &acceptance->tap)) {
		live_answer_judge(&answer, &acceptance->details);
		if (answer.count > 0 && !has_status(&answer, "SUCCEEDED", &message) &&
		    answer.error.length == 0)
			test_tell_text(&acceptance->details, "its status is not SUCCEEDED: ",
				       buffer_slice(&message));
	}
	live_answer_release(&answer);
	buffer_release(&message);
	acceptance->accepted = verdict(acceptance) == TEST_PASSED;
	return verdict(acceptance);
}

/* Why a check has not failed in an orderly way; NULL: it has. */
static const char *refusal_problem(const struct live_answer *answer)
{
	const struct child *child = &answer->command.child;
	struct buffer message;
	bool refused, explained;

	buffer_init(&message, BUFFER_MAXIMUM);
	refused = has_status(answer, "FAILED", &message);
	explained = message.length > 0;
	buffer_release(&message);
	if (child->signal != 0)
		return "check was killed by a signal";
	if (child->exit_code > 1)
		return "check did not fail in an orderly way (its exit code is not 0 or 1)";
	if (answer->count != 1)
		return "there is not one CONNECTION_STATUS";
	if (!refused)
		return "check succeeded (does tap.json's `check` prove the credentials? "
		       "--invalid-config names a config that must fail)";
	return explained ? NULL : "the status is FAILED, but no message says why";
}

static void try_bad_config(struct acceptance *acceptance, const char *path, const char *what)
{
	struct live_answer answer = {
		.type = "CONNECTION_STATUS", .command = { .verb = "check", .config = path },
	};
	const char *problem = NULL;

	if (live_answer_get(&answer, &acceptance->tap))
		problem = refusal_problem(&answer);
	if (problem != NULL) {
		test_tell(&acceptance->details, "%s: %s", what, problem);
		if (answer.error.length > 0)
			test_tell_text(&acceptance->details, "its error: ",
				       buffer_slice(&answer.error));
	}
	live_answer_release(&answer);
}

static void try_derived_configs(struct acceptance *acceptance, const struct bad_configs *list)
{
	for (size_t i = 0; i < list->count && !acceptance->tap.error->set; i++) {
		char *text = json_dumps(list->items[i].config, JSON_COMPACT);
		char *path = NULL;

		if (text == NULL)
			error_set_no_memory(acceptance->tap.error);
		else
			path = work_dir_write(&acceptance->tap.dir, "bad-config.json",
					      slice_of_string(text), acceptance->tap.error);
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
	if (acceptance->options->invalid_config != NULL) {
		try_bad_config(acceptance, acceptance->options->invalid_config,
			       acceptance->options->invalid_config);
		return verdict(acceptance);
	}
	if (settings(acceptance) == NULL)
		return skip(acceptance, "there is no spec");
	acceptance_bad_configs(&list, settings(acceptance), acceptance->config,
			       acceptance->tap.error);
	try_derived_configs(acceptance, &list);
	tried = list.count > 0;
	acceptance_bad_configs_release(&list);
	if (!tried && !acceptance->tap.error->set)
		return skip(acceptance, "the config has no secret and no required setting that "
			    "could be wrong; --invalid-config names one that must fail");
	return verdict(acceptance);
}

/*
 * ---- discover ----
 */

/* The answer is to be released after a failure as well. */
static bool discover(struct acceptance *acceptance, struct live_answer *answer)
{
	*answer = (struct live_answer){
		.type = "CATALOG",
		.command = { .verb = "discover", .config = acceptance->options->config },
	};
	if (!live_answer_get(answer, &acceptance->tap))
		return false;
	live_answer_judge(answer, &acceptance->details);
	return answer->count > 0;
}

/* The catalog of --catalog; else all that was found. */
static bool choose(struct acceptance *acceptance)
{
	const char *path = acceptance->options->catalog;
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (path != NULL)
		text_file_read(path, "the catalog", &text, acceptance->tap.error);
	else
		buffer_append(&text, buffer_slice(&acceptance->catalog_line));
	done = !acceptance->tap.error->set &&
	       acceptance_catalog_load(&acceptance->chosen, buffer_slice(&text),
				       acceptance->tap.error);
	if (!done && path != NULL)
		error_prefix(acceptance->tap.error, "%s: ", path);
	buffer_release(&text);
	return done;
}

static enum test_result check_discover(struct acceptance *acceptance)
{
	struct error problem = ERROR_NONE;
	struct live_answer answer;

	if (discover(acceptance, &answer)) {
		buffer_append(&acceptance->catalog_line, buffer_slice(&answer.line));
		acceptance->has_found = acceptance_catalog_load(
			&acceptance->found, buffer_slice(&answer.line), &problem);
		if (!acceptance->has_found)
			test_tell(&acceptance->details, "%s", problem.message);
	}
	live_answer_release(&answer);
	if (!acceptance->tap.error->set &&
	    (acceptance->has_found || acceptance->options->catalog != NULL) &&
	    choose(acceptance))
		acceptance->reads.catalog = &acceptance->chosen;
	return verdict(acceptance);
}

static enum test_result check_discover_again(struct acceptance *acceptance)
{
	struct slice first = buffer_slice(&acceptance->catalog_line), second;
	struct message_diff diff;
	struct live_answer answer;

	if (!acceptance->has_found)
		return skip(acceptance, "there is no catalog");
	if (discover(acceptance, &answer)) {
		second = buffer_slice(&answer.line);
		message_diff_init(&diff);
		message_diff_lines(&diff, &first, &second);
		message_diff_end(&diff);
		message_diff_describe(&diff, &acceptance->details);
		if (diff.failed)
			error_set_no_memory(acceptance->tap.error);
		message_diff_release(&diff);
	}
	live_answer_release(&answer);
	return verdict(acceptance);
}

/*
 * ---- all of it ----
 */

static enum test_result check_leaks(struct acceptance *acceptance)
{
	const struct leak_search *search = &acceptance->tap.search;

	if (search->mask.count == 0)
		return skip(acceptance, "the config has no secrets");
	buffer_append(&acceptance->details, buffer_slice(&search->told));
	return verdict(acceptance);
}

/* In the order in which they are run; each is one of these. */
static const struct check {
	const char *name;
	enum test_result (*run)(struct acceptance *acceptance);
	void (*judge)(const struct acceptance_catalog *found, struct buffer *out);
	enum test_result (*read)(struct live_reads *reads, struct buffer *details);
	enum read_rule rule; /* where all others are NULL */
} checks[] = {
	{ "spec is valid", .run = check_spec },
	{ "spec marks its secrets", .run = check_secrets_marked },
	{ "config fits the spec", .run = check_config },
	{ "check succeeds with the config", .run = check_good_config },
	{ "check fails with bad configs", .run = check_bad_configs },
	{ "discover prints a catalog", .run = check_discover },
	{ "streams have names of their own", .judge = acceptance_catalog_judge_names },
	{ "schemas are such as destinations read", .judge = acceptance_catalog_judge_schemas },
	{ "streams have sync modes", .judge = acceptance_catalog_judge_modes },
	{ "keys and cursors are in the schemas", .judge = acceptance_catalog_judge_keys },
	{ "discover prints the same again", .run = check_discover_again },
	{ "a full refresh succeeds", .read = live_reads_full },
	{ "a second full refresh gives the same records", .read = live_reads_again },
	{ "an incremental read succeeds", .read = live_reads_incremental },
	{ "a read from the last state gives nothing older", .read = live_reads_from_last },
	{ "a read from an earlier state loses nothing", .read = live_reads_from_earlier },
	{ "a stream that is not there is an error", .read = live_reads_unknown },
	{ "all lines of reads are messages", .rule = RULE_MESSAGES },
	{ "records fit their schemas", .rule = RULE_FIT },
	{ "records have their keys and cursors", .rule = RULE_KEYS },
	{ "statuses go from STARTED to COMPLETE", .rule = RULE_STATUSES },
	{ "states count the records before them", .rule = RULE_COUNTS },
	{ "every stream has a state", .rule = RULE_STATES },
	{ "no secret is shown", .run = check_leaks },
};

static enum test_result run_check(struct acceptance *acceptance, const struct check *check)
{
	if (check->run != NULL)
		return check->run(acceptance);
	if (check->read != NULL)
		return check->read(&acceptance->reads, &acceptance->details);
	if (check->judge == NULL)
		return live_reads_rule(&acceptance->reads, check->rule, &acceptance->details);
	if (!acceptance->has_found)
		return skip(acceptance, "there is no catalog");
	check->judge(&acceptance->found, &acceptance->details);
	return verdict(acceptance);
}

static bool load_config(struct acceptance *acceptance)
{
	const char *path = acceptance->options->config;
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (text_file_read(path, "the config", &text, acceptance->tap.error))
		acceptance->config = config_text_parse(buffer_slice(&text), path,
						       acceptance->tap.error);
	buffer_release(&text);
	return acceptance->config != NULL;
}

static void run_checks(struct acceptance *acceptance, const struct acceptance_task *task)
{
	for (size_t i = 0; i < COUNT(checks) && !acceptance->tap.error->set; i++) {
		uint64_t started = uv_hrtime();
		enum test_result result;

		buffer_clear(&acceptance->details);
		result = run_check(acceptance, &checks[i]);
		if (acceptance->tap.error->set)
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
	live_reads_release(&acceptance->reads);
	leak_search_release(&acceptance->tap.search);
	work_dir_remove(&acceptance->tap.dir);
	acceptance_catalog_release(&acceptance->found);
	acceptance_catalog_release(&acceptance->chosen);
	json_decref(acceptance->config);
	json_decref(acceptance->spec);
	buffer_release(&acceptance->details);
	buffer_release(&acceptance->catalog_line);
}

bool acceptance_run(const struct acceptance_task *task, struct error *error)
{
	struct acceptance acceptance = {
		.options = task->options,
		.tap = { .runner = task->runner, .folder = task->options->folder,
			 .dir = WORK_DIR_NONE, .error = error },
		.found = ACCEPTANCE_CATALOG_EMPTY, .chosen = ACCEPTANCE_CATALOG_EMPTY,
	};

	leak_search_init(&acceptance.tap.search);
	live_reads_init(&acceptance.reads, &acceptance.tap, task->options);
	buffer_init(&acceptance.details, BUFFER_MAXIMUM);
	buffer_init(&acceptance.catalog_line, BUFFER_MAXIMUM);
	if (load_config(&acceptance) && work_dir_create(&acceptance.tap.dir, error)) {
		test_report_suite(task->report, task->options->folder);
		run_checks(&acceptance, task);
	}
	release(&acceptance);
	return !error->set;
}
