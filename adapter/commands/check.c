#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "discovery.h"
#include "http/tapbyte-http.h"
#include "http_check.h"
#include "singer_message.h"
#include "tap_run.h"

/*
 * ---- first_record: a sync of one stream, as far as its first RECORD ----
 */
struct first_record {
	struct tap_run run;
	struct singer_message message;
	bool seen;
};

static void look_for_record(void *owner, struct slice line, bool complete)
{
	struct first_record *first = owner;
	struct singer_problem problem;

	(void)complete;
	if (first->seen ||
	    singer_message_parse(&first->message, line, &problem) != SINGER_LINE_MESSAGE ||
	    (first->message.type != SINGER_RECORD && first->message.type != SINGER_BATCH))
		return;
	first->seen = true;
	tap_process_stop(&first->run.process, TAP_STOP_ASKED);
}

/* Selects the first stream that needs no other one to be read. */
static void select_one(const struct singer_catalog *catalog, struct singer_selection *selections)
{
	for (size_t i = 0; i < catalog->count; i++) {
		if (catalog->entries[i].parent_id != NULL)
			continue;
		selections[i] = (struct singer_selection){
			.selected = true, .replication_method = "FULL_TABLE",
		};
		return;
	}
}

/* The tap's catalog with one stream selected, as a file; NULL on an error. */
static char *write_small_catalog(struct session *session, const struct tap_flags *flags)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct singer_selection *selections = NULL;
	struct buffer text;
	char *path = NULL;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (!discovery_run(session, flags, session->tap.manifest.check_deadline, &catalog))
		goto cleanup;
	selections = calloc(catalog.count + 1, sizeof(*selections));
	if (selections == NULL) {
		error_set_no_memory(&session->error);
		goto cleanup;
	}
	select_one(&catalog, selections);
	singer_catalog_select(&catalog, selections, &text);
	if (text.failed)
		error_set_no_memory(&session->error);
	else
		path = work_dir_write(&session->tap.work_dir, "catalog.json", buffer_slice(&text),
				      &session->error);
cleanup:
	free(selections);
	singer_catalog_release(&catalog);
	buffer_release(&text);
	return path;
}

/* catalog: the path of one with little in it, or NULL for a tap that takes none. */
static bool sync_a_little(struct session *session, const struct tap_flags *flags,
			  const char *catalog, const char *what)
{
	const char *arguments[8] = { "--config", session->tap.config_path };
	struct first_record first = { .seen = false };
	struct tap_task task = {
		.arguments = arguments, .what = what, .line = look_for_record, .owner = &first,
	};
	size_t count = 2;
	bool done = false;

	singer_message_init(&first.message);
	count += tap_flags_add_catalog(flags, catalog, arguments + count);
	arguments[count] = NULL;
	task.deadline = session->tap.manifest.check_deadline;
	if (!tap_run_start(&first.run, session, &task, &session->error))
		goto cleanup;
	tap_run_wait(&first.run);
	done = (first.seen && !session_is_interrupted(session)) ||
	       tap_run_succeeded(&first.run, &session->error);
	tap_run_release(&first.run);
cleanup:
	singer_message_release(&first.message);
	return done;
}

static bool prove_by_first_record(struct session *session)
{
	struct tap_flags flags;
	char *catalog = NULL;
	bool done;

	if (!discovery_probe(session, &flags))
		return false;
	if (tap_flags_take_catalog(&flags)) {
		catalog = write_small_catalog(session, &flags);
		if (catalog == NULL)
			return false;
	}
	done = sync_a_little(session, &flags, catalog, "read a first record");
	free(catalog);
	return done;
}

/*
 * ---- login: a sync of no stream, which ends when the tap has logged in ----
 */

static bool prove_by_login(struct session *session)
{
	struct tap_flags flags;
	char *catalog;
	bool done;

	if (!discovery_probe(session, &flags))
		return false;
	catalog = work_dir_write(&session->tap.work_dir, "catalog.json",
				 SLICE("{\"streams\": []}"), &session->error);
	if (catalog == NULL)
		return false;
	done = sync_a_little(session, &flags, catalog, "log in");
	free(catalog);
	return done;
}

/*
 * ---- discover: a tap that can has proven it ----
 */

static bool prove_by_discovery(struct session *session)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct tap_flags flags;
	bool done = discovery_probe(session, &flags) &&
		    discovery_run(session, &flags, session->tap.manifest.check_deadline, &catalog);

	singer_catalog_release(&catalog);
	return done;
}

/*
 * ---- sdk_test: taps of Meltano's SDK test themselves ----
 */

static void ignore_line(void *owner, struct slice line, bool complete)
{
	(void)owner;
	(void)line;
	(void)complete;
}

/* Their log tells of an unhandled error even when all is well: the exit status counts. */
static bool prove_by_sdk_test(struct session *session)
{
	/* --test takes a value if one comes behind it */
	const char *const arguments[] = { "--config", session->tap.config_path, "--test", NULL };
	const struct tap_task task = {
		.arguments = arguments, .what = "pass its own --test",
		.deadline = session->tap.manifest.check_deadline, .line = ignore_line,
	};
	struct tap_run run;
	bool done;

	if (!tap_run_start(&run, session, &task, &session->error))
		return false;
	tap_run_wait(&run);
	done = tap_run_succeeded(&run, &session->error);
	tap_run_release(&run);
	return done;
}

/*
 * ---- http: one request, by tapbyte-http ----
 */

/* Seconds that tapbyte-http gets beyond its deadline, to say that it is over. */
#define HTTP_GRACE 3

/* The path of this program and "-http"; NULL on an error. The caller frees it. */
static char *find_http_program(struct error *error)
{
	char own[4096], *path = NULL;
	size_t size = sizeof(own);

	if (uv_exepath(own, &size) != 0) {
		error_set(error, FAILURE_SYSTEM, "cannot find out where tapbyte itself is");
		return NULL;
	}
	if (asprintf(&path, "%s-http", own) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	if (access(path, X_OK) != 0) {
		error_set(error, FAILURE_SYSTEM,
			  "tapbyte is not installed as a whole: a check by HTTP needs %s, which "
			  "is not there or not executable", path);
		free(path);
		return NULL;
	}
	return path;
}

static void collect_answer(void *owner, struct slice line, bool complete)
{
	struct buffer *answer = owner;

	if (complete && answer->length == 0)
		buffer_append(answer, line);
}

static bool fail_without_answer(struct session *session, const struct tap_process *process)
{
	if (process->stopped == TAP_STOP_DEADLINE)
		return error_set(&session->error, FAILURE_TRANSIENT,
				 "the API did not answer within %u seconds",
				 session->tap.manifest.check_deadline);
	if (process->signal != 0)
		return error_set(&session->error, FAILURE_SYSTEM,
				 "tapbyte-http, which makes the request, was killed by signal %d "
				 "(%s)", process->signal, strsignal(process->signal));
	return error_set(&session->error, FAILURE_SYSTEM,
			 "tapbyte-http, which makes the request, gave no answer; what it said is "
			 "in the log");
}

static bool ask(struct session *session, const char *program, struct slice request,
		const char *request_path)
{
	const char *const arguments[] = { request_path, NULL };
	struct buffer answer;
	const struct tap_task task = {
		.program = program, .arguments = arguments, .what = "get an answer of the API",
		.deadline = session->tap.manifest.check_deadline + HTTP_GRACE,
		.line = collect_answer, .owner = &answer,
	};
	struct tap_run run;
	bool done;

	buffer_init(&answer, HTTP_ANSWER_MAXIMUM);
	if (!tap_run_start(&run, session, &task, &session->error))
		return false;
	tap_run_wait(&run);
	if (answer.length > 0)
		done = http_check_answer(session->tap.manifest.check_http, request,
					 buffer_slice(&answer), &session->tap.mask,
					 &session->error);
	else
		done = fail_without_answer(session, &run.process);
	tap_run_release(&run);
	buffer_release(&answer);
	return done;
}

static bool prove_by_http(struct session *session)
{
	const struct manifest *manifest = &session->tap.manifest;
	char *program = NULL, *path = NULL;
	struct buffer request;
	bool done = false;

	buffer_init(&request, BUFFER_MAXIMUM);
	session_set_deadline(session, manifest->check_deadline + HTTP_GRACE);
	program = find_http_program(&session->error);
	if (program == NULL ||
	    !http_check_request(manifest->check_http, session->tap.airbyte_config,
				manifest->check_deadline, &request, &session->error))
		goto cleanup;
	path = work_dir_write(&session->tap.work_dir, "http-request.json", buffer_slice(&request),
			      &session->error);
	done = path != NULL && ask(session, program, buffer_slice(&request), path);
cleanup:
	free(program);
	free(path);
	buffer_release(&request);
	return done;
}

/*
 * ---- the command ----
 */

static bool prove(struct session *session)
{
	static bool (*const methods[])(struct session *) = {
		[CHECK_DISCOVER] = prove_by_discovery,
		[CHECK_FIRST_RECORD] = prove_by_first_record,
		[CHECK_LOGIN] = prove_by_login,
		[CHECK_SDK_TEST] = prove_by_sdk_test,
		[CHECK_HTTP] = prove_by_http,
	};

	session_set_deadline(session, session->tap.manifest.check_deadline);
	return methods[session->tap.manifest.check_method](session);
}

/* Whatever else went wrong then is a consequence. */
static void blame_signal(struct session *session)
{
	session->error = ERROR_NONE;
	error_set(&session->error, FAILURE_TRANSIENT,
		  "the check was stopped by a signal (%s) before it was done",
		  strsignal(session->signal));
}

int session_check(struct session *session, bool opened)
{
	bool done = opened && session_configure(session) && prove(session);

	done = session_settle(session, done);
	if (!done && session->signal != 0)
		blame_signal(session);
	airbyte_writer_connection_status(&session->writer, done ? NULL : &session->error);
	return session_close(session, done);
}

int command_check(int argc, char **argv)
{
	struct session session;
	bool opened = session_open(&session, argc, argv);

	return session_check(&session, opened);
}
