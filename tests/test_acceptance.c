#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "acceptance.h"
#include "count.h"
#include "text_file.h"
#include "work_dir.h"

/*
 * ---- the source that is judged ----
 *
 * This program itself, called as tapbyte is: it prints what tapbyte would of a source with two
 * streams that is right in every respect, but for one text that a fault replaces. A line that
 * begins with "!" is not printed, but done.
 */

#define SECRET "s3cret-Passw0rd"
#define ORDERS 5
#define USERS 3

#define RECORD "{\"type\":\"RECORD\",\"record\":{\"stream\":"
#define AT ",\"emitted_at\":1700000000000,"
#define STATUS "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\"" AT \
	"\"stream_status\":{\"stream_descriptor\":{\"name\":"
#define STATUS_OF(stream, word) STATUS "\"" stream "\"},\"status\":\"" word "\"}}}\n"
#define ERROR_OF(message) "{\"type\":\"TRACE\",\"trace\":{\"type\":\"ERROR\"" AT \
	"\"error\":{\"message\":\"" message "\"}}}\n"
#define LOG_OF(message) \
	"{\"type\":\"LOG\",\"log\":{\"level\":\"INFO\",\"message\":\"" message "\"}}\n"

static const char spec[] =
	"{\"type\":\"SPEC\",\"spec\":{\"documentationUrl\":\"https://example.com/fake\","
	"\"connectionSpecification\":{\"type\":\"object\",\"required\":[\"password\"],"
	"\"properties\":{\"password\":{\"type\":\"string\",\"airbyte_secret\":true,\"order\":0},"
	"\"fault\":{\"type\":\"string\",\"order\":1}}}}}\n";
static const char good_check[] =
	"{\"type\":\"CONNECTION_STATUS\",\"connectionStatus\":{\"status\":\"SUCCEEDED\"}}\n";
static const char bad_check[] =
	"{\"type\":\"CONNECTION_STATUS\",\"connectionStatus\":{\"status\":\"FAILED\","
	"\"message\":\"refused\"}}\n!exit\n";
static const char catalog[] =
	"{\"type\":\"CATALOG\",\"catalog\":{\"streams\":["
	"{\"name\":\"orders\",\"supported_sync_modes\":[\"full_refresh\",\"incremental\"],"
	"\"source_defined_cursor\":true,\"default_cursor_field\":[\"updated_at\"],"
	"\"source_defined_primary_key\":[[\"id\"]],\"json_schema\":{\"type\":\"object\","
	"\"properties\":{\"id\":{\"type\":[\"null\",\"integer\"]},"
	"\"price\":{\"type\":[\"null\",\"number\"]},"
	"\"updated_at\":{\"type\":[\"null\",\"string\"],\"format\":\"date-time\"}}}},"
	"{\"name\":\"users\",\"supported_sync_modes\":[\"full_refresh\"],\"json_schema\":"
	"{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},"
	"\"name\":{\"type\":\"string\"}}}}]}}\n";
static const char unknown_read[] = ERROR_OF("there is no such stream") "!exit\n";

static void add_state(struct buffer *out, const char *stream, int at, int count)
{
	char line[300];

	snprintf(line, sizeof(line), "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\","
		 "\"stream\":{\"stream_descriptor\":{\"name\":\"%s\"},\"stream_state\":"
		 "{\"at\":%d}},\"sourceStats\":{\"recordCount\":%d.0}}}\n", stream, at, count);
	buffer_append_string(out, line);
}

/* A read of both streams; of orders those from number `at` on, with a state behind each. */
static void add_read(struct buffer *out, int at, bool incremental)
{
	char line[300];

	buffer_append_string(out, STATUS_OF("orders", "STARTED"));
	for (int i = at; i <= ORDERS; i++) {
		buffer_append_string(out, i == at ? STATUS_OF("orders", "RUNNING") : "");
		snprintf(line, sizeof(line), RECORD "\"orders\"" AT "\"data\":{\"id\":%d,"
			 "\"price\":%d.5,\"updated_at\":\"2026-01-0%dT00:00:00Z\"}}}\n", i, i, i);
		buffer_append_string(out, line);
		if (incremental)
			add_state(out, "orders", i, 1);
	}
	add_state(out, "orders", ORDERS, incremental ? 0 : ORDERS - at + 1);
	buffer_append_string(out, STATUS_OF("orders", "COMPLETE"));
	buffer_append_string(out, STATUS_OF("users", "STARTED"));
	for (int i = 1; i <= USERS; i++) {
		buffer_append_string(out, i == 1 ? STATUS_OF("users", "RUNNING") : "");
		snprintf(line, sizeof(line), RECORD "\"users\"" AT "\"data\":{\"id\":%d,"
			 "\"name\":\"user %d\"}}}\n", i, i);
		buffer_append_string(out, line);
	}
	add_state(out, "users", 0, USERS);
	buffer_append_string(out, STATUS_OF("users", "COMPLETE"));
}

/* In which of the runs a text is replaced. */
enum occasion {
	NEVER,
	ANY_SPEC,
	GOOD_CHECK,
	BAD_CHECK,
	DISCOVER,
	ANY_READ,         /* of streams that are there */
	FULL_READ,
	INCREMENTAL_READ, /* with a state or without */
	LATER_READ,       /* with a state */
	UNKNOWN_READ,
	ALL_WITH_CATALOG, /* discover and reads */
};

struct fault {
	const char *name;
	enum occasion occasion;
	const char *old; /* NULL: the new text stands behind the whole output */
	const char *new;
	const char *failed, *told; /* names of tests; a part of the report */
	int states_lie;  /* the number that states are taken for, where they are not 0 */
};

static const struct fault *find_fault(const char *name);

static char *text_of(const char *path)
{
	struct error error = ERROR_NONE;
	struct buffer content;
	char *text = NULL;

	buffer_init(&content, BUFFER_MAXIMUM);
	if (path != NULL && text_file_read(path, "the file", &content, &error))
		text = buffer_to_string(&content);
	buffer_release(&content);
	return text;
}

static bool happens(enum occasion wanted, enum occasion now)
{
	bool read = now == FULL_READ || now == INCREMENTAL_READ || now == LATER_READ;

	return wanted == now || (wanted == ANY_READ && read) ||
	       (wanted == INCREMENTAL_READ && now == LATER_READ) ||
	       (wanted == ALL_WITH_CATALOG && (read || now == DISCOVER));
}

/* "%" stands for a number that is another one in each run. */
static void print_line(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '%' && text[i + 1] != '3')
			printf("%d", (int)getpid());
		else
			putchar(text[i]);
}

/* True the first time that it is asked for a report. */
static bool is_first_run(void)
{
	int fd = open(getenv("FAKE_MARK"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Prints the lines, or does what they say; the exit code. */
static int print_lines(const char *text)
{
	int exit_code = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, "\n") + 1;

		if (strncmp(text, "!exit", 5) == 0)
			exit_code = 1;
		else if (strncmp(text, "!crash", 6) == 0)
			raise(SIGKILL);
		else if (strncmp(text, "!stderr ", 8) == 0)
			fprintf(stderr, "%.*s", (int)length - 8, text + 8);
		else if (strncmp(text, "!again ", 7) == 0 && !is_first_run())
			print_line(text + 7, length - 7);
		else if (text[0] != '!')
			print_line(text, length);
		text += length;
	}
	return fflush(stdout) == 0 ? exit_code : 9;
}

static int print_with_fault(const struct fault *fault, const char *text)
{
	struct buffer out;
	const char *at;
	char *changed;
	int exit_code;

	buffer_init(&out, BUFFER_MAXIMUM);
	while (fault->old != NULL && (at = strstr(text, fault->old)) != NULL) {
		buffer_append(&out, slice_of(text, (size_t)(at - text)));
		buffer_append_string(&out, fault->new);
		text = at + strlen(fault->old);
	}
	buffer_append_string(&out, text);
	buffer_append_string(&out, fault->old == NULL ? fault->new : "");
	changed = buffer_to_string(&out);
	exit_code = changed ? print_lines(changed) : 9;
	free(changed);
	buffer_release(&out);
	return exit_code;
}

static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 2; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

/* The number of the last order that a state says was read; 1: from the beginning. */
static int start_of(const char *states, const struct fault *fault)
{
	const char *at = states ? strstr(states, "\"at\":") : NULL;

	if (at == NULL)
		return 1;
	return fault->states_lie != 0 ? fault->states_lie : (int)strtol(at + 5, NULL, 10);
}

static int play_source(int argc, char **argv)
{
	const struct fault *fault = find_fault(getenv("FAKE_FAULT"));
	char *config = text_of(option(argc, argv, "--config"));
	char *configured = text_of(option(argc, argv, "--catalog"));
	char *states = text_of(option(argc, argv, "--state"));
	enum occasion now = ANY_SPEC;
	struct buffer out;
	char *text;
	int exit_code;

	buffer_init(&out, BUFFER_MAXIMUM);
	if (strcmp(argv[1], "spec") == 0) {
		buffer_append_string(&out, spec);
	} else if (strcmp(argv[1], "check") == 0) {
		now = strstr(config, SECRET) != NULL ? GOOD_CHECK : BAD_CHECK;
		buffer_append_string(&out, now == GOOD_CHECK ? good_check : bad_check);
	} else if (strcmp(argv[1], "discover") == 0) {
		now = DISCOVER;
		buffer_append_string(&out, catalog);
	} else if (strstr(configured, "\"orders\"") == NULL) {
		now = UNKNOWN_READ;
		buffer_append_string(&out, unknown_read);
	} else {
		now = strstr(configured, "\"sync_mode\":\"incremental\"") == NULL ? FULL_READ
		      : states != NULL ? LATER_READ : INCREMENTAL_READ;
		add_read(&out, start_of(states, fault), now != FULL_READ);
	}
	text = buffer_to_string(&out);
	exit_code = happens(fault->occasion, now) ? print_with_fault(fault, text)
						   : print_lines(text);
	free(text);
	free(config);
	free(configured);
	free(states);
	buffer_release(&out);
	return exit_code;
}

/*
 * ---- the tests ----
 */

struct place {
	struct work_dir dir;
	struct child_runner runner;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct error error = ERROR_NONE;

	assert_non_null(place);
	assert_true(work_dir_create(&place->dir, &error));
	assert_true(child_runner_open(&place->runner, NULL, &error));
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	assert_int_equal(child_runner_close(&place->runner, 0), 0);
	work_dir_remove(&place->dir);
	free(place);
	return 0;
}

/* The report of a tap with that fault. */
static char *judge(struct place *place, const char *fault, char **ignored, bool allow_older)
{
	struct test_options options = { .folder = place->dir.path, .allow_older = allow_older };
	struct acceptance_task task = { .runner = &place->runner, .options = &options };
	struct error error = ERROR_NONE;
	struct test_report report;
	char *path, *text, mark[200];

	snprintf(mark, sizeof(mark), "%s/mark", place->dir.path);
	(void)unlink(mark); /* of the last report */
	assert_int_equal(setenv("FAKE_MARK", mark, 1), 0);
	assert_int_equal(setenv("FAKE_FAULT", fault, 1), 0);
	path = work_dir_write(&place->dir, "config.json",
			      SLICE("{\"password\":\"" SECRET "\"}"), &error);
	assert_non_null(path);
	options.config = path;
	for (size_t i = 0; ignored != NULL && ignored[i] != NULL; i++)
		options.ignored[options.ignored_count++] = ignored[i];
	test_report_init(&report, REPORT_HUMAN, false);
	task.report = &report;
	if (!acceptance_run(&task, &error))
		fail_msg("%s: %s", fault, error.message);
	text = buffer_to_string(&report.out);
	assert_non_null(text);
	test_report_release(&report);
	free(path);
	return text;
}

/* The names of the tests of one result, each with a line end. */
static char *names_of(const char *report, const char *result)
{
	struct buffer names;
	char *text;

	buffer_init(&names, BUFFER_MAXIMUM);
	while (*report != '\0') {
		size_t length = strcspn(report, "\n"), skip = 2 + strlen(result) + 1;

		if (length > skip && strncmp(report + 2, result, strlen(result)) == 0) {
			buffer_append(&names, slice_of(report + skip, length - skip));
			buffer_append_char(&names, '\n');
		}
		report += length + (report[length] == '\n');
	}
	text = buffer_to_string(&names);
	buffer_release(&names);
	assert_non_null(text);
	return text;
}

static void a_source_without_faults_passes_all_tests(void **state)
{
	char *report = judge(*state, "none", NULL, false);
	char *failed = names_of(report, "FAILED "), *skipped = names_of(report, "skipped");

	assert_string_equal(failed, "");
	assert_string_equal(skipped, "");
	free(failed);
	free(skipped);
	free(report);
}

static const char spec_test[] = "spec is valid\n", marks[] = "spec marks its secrets\n";
static const char check[] = "check succeeds with the config\n";
static const char bad[] = "check fails with bad configs\n";
static const char names[] = "streams have names of their own\n";
static const char modes[] = "streams have sync modes\n";
static const char schemas[] = "schemas are such as destinations read\n";
static const char keys[] = "keys and cursors are in the schemas\n";
static const char again[] = "a second full refresh gives the same records\n";
static const char incremental[] = "an incremental read succeeds\n";
static const char last[] = "a read from the last state gives nothing older\n";
static const char earlier[] = "a read from an earlier state loses nothing\n";
static const char unknown[] = "a stream that is not there is an error\n";
static const char messages[] = "all lines of reads are messages\n";
static const char fits[] = "records fit their schemas\n";
static const char record_keys[] = "records have their keys and cursors\n";
static const char statuses[] = "statuses go from STARTED to COMPLETE\n";
static const char counts[] = "states count the records before them\n";
static const char states_test[] = "every stream has a state\n";
static const char shown[] = "no secret is shown\n";

static const struct fault faults[] = {
	{ "none", NEVER, NULL, "", "", "", 0 },
	{ "two specs", ANY_SPEC, NULL, "{\"type\":\"SPEC\",\"spec\":{}}\n", spec_test,
	  "spec printed 2 messages of type SPEC, not one", 0 },
	{ "spec exits with 1", ANY_SPEC, NULL, "!exit\n", spec_test, "spec ended with exit code 1",
	  0 },
	{ "spec prints text", ANY_SPEC, NULL, "hello\n", spec_test,
	  "spec printed 1 lines that are no messages", 0 },
	{ "documentation nowhere", ANY_SPEC, "https://example.com/fake", "fake", spec_test,
	  "documentationUrl: must be an absolute URL", 0 },
	{ "required, but no property", ANY_SPEC, "\"properties\":{\"password\"",
	  "\"properties\":{\"passphrase\"", spec_test,
	  "connectionSpecification: password is required, but it is none of the properties", 0 },
	{ "two of one order", ANY_SPEC, "\"order\":1", "\"order\":0", spec_test,
	  "connectionSpecification: two properties have the same order", 0 },
	{ "an enum with doubles", ANY_SPEC, "\"order\":1", "\"enum\":[\"a\",\"a\"]", spec_test,
	  "/fault: a value of its enum is there twice", 0 },
	{ "a closed spec", ANY_SPEC, "\"required\"", "\"additionalProperties\":false,\"required\"",
	  spec_test, "additionalProperties is false", 0 },
	{ "an array of anything", ANY_SPEC, "\"string\",\"order\":1", "\"array\"", spec_test,
	  "/fault: is an array without items", 0 },
	{ "no type", ANY_SPEC, "\"type\":\"string\",\"order\":1", "\"order\":1", spec_test,
	  "/fault: has no type", 0 },
	{ "a choice without a selector", ANY_SPEC, "\"string\",\"order\":1",
	  "\"object\",\"oneOf\":[{\"properties\":{\"a\":{\"const\":\"x\"}}},"
	  "{\"properties\":{\"a\":{\"const\":\"x\"}}}]", spec_test,
	  "/fault: the options of its oneOf have no property in common", 0 },
	{ "an unmarked secret", ANY_SPEC, "\"fault\"", "\"api_key\"", marks,
	  "/api_key: is named like a secret", 0 },
	{ "a secret in anyOf", ANY_SPEC, "\"required\":",
	  "\"anyOf\":[{\"properties\":{\"other\":{\"type\":\"string\",\"airbyte_secret\":true}}}],"
	  "\"required\":", marks, "/other: is a secret inside of anyOf or allOf", 0 },
	{ "a config that does not fit", ANY_SPEC, "\"string\",\"airbyte_secret\":true",
	  "\"string\",\"airbyte_secret\":true,\"maxLength\":3", "config fits the spec\n",
	  "password", 0 },
	{ "check fails", GOOD_CHECK, "\"SUCCEEDED\"", "\"FAILED\",\"message\":\"not today\"",
	  check, "its status is not SUCCEEDED: not today", 0 },
	{ "check says nothing", GOOD_CHECK, good_check, "", check,
	  "check printed 0 messages of type CONNECTION_STATUS", 0 },
	{ "check tells of an error", GOOD_CHECK, NULL, ERROR_OF("beside success"), check,
	  "exit code 0, but a TRACE ERROR: beside success", 0 },
	{ "a bad config succeeds", BAD_CHECK, "\"FAILED\",", "\"SUCCEEDED\",", bad,
	  "another value at /password: check succeeded", 0 },
	{ "a bad config fails silently", BAD_CHECK, "refused", "", bad,
	  "without password: the status is FAILED, but no message says why", 0 },
	{ "a bad config crashes", BAD_CHECK, NULL, "!crash\n", bad,
	  "without password: check was killed by a signal", 0 },
	{ "discover fails", DISCOVER, catalog, ERROR_OF("no catalog") "!exit\n",
	  "discover prints a catalog\n", "its error: no catalog", 0 },
	{ "a catalog that changes", DISCOVER, "\"type\":\"integer\"",
	  "\"type\":\"integer\",\"description\":\"%\"", "discover prints the same again\n",
	  "users: schema /properties/id/description differs", 0 },
	{ "no streams", DISCOVER, catalog, "{\"type\":\"CATALOG\",\"catalog\":{\"streams\":[]}}\n",
	  names, "There is no stream.", 0 },
	{ "two of one name", DISCOVER, "\"streams\":[",
	  "\"streams\":[{\"name\":\"users\",\"supported_sync_modes\":[\"full_refresh\"],"
	  "\"json_schema\":{\"properties\":{\"id\":{}}}},",
	  "streams have names of their own\nstatuses go from STARTED to COMPLETE\n"
	  "every stream has a state\n",
	  "users: two streams have this name and namespace", 0 },
	{ "no sync modes", DISCOVER, "[\"full_refresh\"]", "[]", modes,
	  "users: has no supported_sync_modes", 0 },
	{ "an unknown sync mode", DISCOVER, "[\"full_refresh\"]", "[\"full\"]", modes,
	  "users: supported_sync_modes has one that is neither", 0 },
	{ "a closed schema", DISCOVER, "\"integer\"}",
	  "\"integer\",\"additionalProperties\":false}", schemas,
	  "users: its schema has additionalProperties: false", 0 },
	{ "a reference", DISCOVER, "\"type\":[\"null\",\"number\"]", "\"$ref\":\"#/x\"", schemas,
	  "orders: its schema has a $ref", 0 },
	{ "an unknown type", DISCOVER, "[\"null\",\"number\"]", "[\"null\",\"number\",\"decimal\"]",
	  schemas, "orders: a type in its schema is none", 0 },
	{ "no properties", DISCOVER, "\"properties\":{\"id\":{\"type\":\"integer\"},"
	  "\"name\":{\"type\":\"string\"}}", "\"properties\":{}", schemas,
	  "users: its schema lists no properties", 0 },
	{ "a cursor that is no field", DISCOVER, "\"updated_at\":{", "\"created_at\":{", keys,
	  "orders: its cursor field is not in the schema", 0 },
	{ "a key that is no field", DISCOVER, "\"properties\":{\"id\":{\"type\":[",
	  "\"properties\":{\"number\":{\"type\":[", keys,
	  "orders: a field of its primary key is not in the schema", 0 },
	{ "a key that is an object", DISCOVER, "\"id\":{\"type\":[\"null\",\"integer\"]}",
	  "\"id\":{\"type\":[\"null\",\"object\"]}",
	  "keys and cursors are in the schemas\nrecords fit their schemas\n",
	  "orders: a field of its primary key is an object", 0 },
	{ "reads fail", ANY_READ, NULL, ERROR_OF("not today") "!exit\n",
	  "a full refresh succeeds\nan incremental read succeeds\n", "its error: not today", 0 },
	{ "no records", FULL_READ, RECORD, "!nothing", "a full refresh succeeds\n"
	  "states count the records before them\n", "no record came", 0 },
	{ "incremental reads fail", INCREMENTAL_READ, NULL, ERROR_OF("not so") "!exit\n",
	  incremental, "its error: not so", 0 },
	{ "later reads fail", LATER_READ, NULL, ERROR_OF("no state") "!exit\n",
	  "a read from the last state gives nothing older\n"
	  "a read from an earlier state loses nothing\n", "its error: no state", 0 },
	{ "an error beside success", FULL_READ, NULL, ERROR_OF("and yet"),
	  "a full refresh succeeds\na second full refresh gives the same records\n",
	  "exit code 0, but a TRACE ERROR: and yet", 0 },
	{ "fields that change", FULL_READ, "user 1", "user %", again,
	  "users: of 3 records 1 are missing, and 1 others came", 0 },
	{ "a record more the next time", FULL_READ, STATUS_OF("users", "RUNNING"),
	  STATUS_OF("users", "RUNNING") "!again " RECORD "\"users\"" AT
	  "\"data\":{\"id\":9,\"name\":\"new\"}}}\n",
	  "a second full refresh gives the same records\nstates count the records before them\n",
	  "users: of 3 records 0 are missing, and 1 others came", 0 },
	{ "states have no effect", NEVER, NULL, "", last,
	  "orders: the second read gave records that are older", 1 },
	{ "a state without a position", INCREMENTAL_READ, "\"stream_state\":{\"at\":5}",
	  "\"stream_state\":{\"bookmarks\":{\"orders\":{\"day\":null}},\"__tapbyte_sequence\":5,"
	  "\"currently_syncing\":\"users\"}", last,
	  "orders: the state of the first read holds no position, so the second began anew", 1 },
	{ "a fraction of a second", LATER_READ, "05T00:00:00Z", "05T00:00:00.5Z", earlier,
	  "orders: of", 0 },
	{ "nothing in the config can be wrong", ANY_SPEC,
	  "\"required\":[\"password\"],\"properties\":{\"password\":{\"type\":\"string\","
	  "\"airbyte_secret\":true,\"order\":0},",
	  "\"properties\":{\"password\":{\"type\":\"string\",\"order\":0},", marks,
	  "the config has no secret and no required setting that could be wrong", 0 },
	{ "states skip records", NEVER, NULL, "", earlier,
	  "orders: of 3 records 2 are missing", 5 },
	{ "more with a state", LATER_READ, NULL,
	  STATUS_OF("x", "STARTED"), statuses, "the stream x, which is not configured", 0 },
	{ "an unknown stream is fine", UNKNOWN_READ, "!exit\n", "", unknown,
	  "ended with exit code 0", 0 },
	{ "an unknown stream goes untold", UNKNOWN_READ, unknown_read, "!exit\n", unknown,
	  "there is no TRACE ERROR", 0 },
	{ "an unknown stream is complete", UNKNOWN_READ, NULL, STATUS_OF("x", "COMPLETE"), unknown,
	  "a stream is said to be COMPLETE", 0 },
	{ "a wrong type", ANY_READ, "\"price\":1.5", "\"price\":\"1.5\"", fits,
	  "orders: record 1: /price is string, but the schema says null, number", 0 },
	{ "a number that is no integer", ANY_READ, "\"id\":2,\"name\"", "\"id\":2.0,\"name\"",
	  fits, "users: record 2: /id is number, but the schema says integer", 0 },
	{ "a word in place of a date", ANY_READ, "2026-01-01T00:00:00Z", "2026-01-01 or so", fits,
	  "orders: record 1: /updated_at is no date-time", 0 },
	{ "a null key", FULL_READ, "\"id\":1,\"price\"", "\"id\":null,\"price\"", record_keys,
	  "orders: record 1 has null in a field of its primary key", 0 },
	{ "no cursor", FULL_READ, ",\"updated_at\":\"2026-01-03T00:00:00Z\"", "", record_keys,
	  "orders: record 3 has no cursor field", 0 },
	{ "not started", ANY_READ, STATUS_OF("users", "STARTED"), "", statuses,
	  "users: after nothing comes RUNNING", 0 },
	{ "not complete", ANY_READ, STATUS_OF("users", "COMPLETE"), "", statuses,
	  "users: its last status is RUNNING, not COMPLETE", 0 },
	{ "complete twice", ANY_READ, NULL, STATUS_OF("users", "COMPLETE"), statuses,
	  "users: after COMPLETE comes COMPLETE", 0 },
	{ "records behind the end", FULL_READ, STATUS_OF("orders", "COMPLETE"),
	  STATUS_OF("orders", "COMPLETE") RECORD "\"orders\"" AT "\"data\":{\"id\":9,"
	  "\"updated_at\":\"2026-01-01\"}}}\n",
	  "records fit their schemas\nstatuses go from STARTED to COMPLETE\n"
	  "states count the records before them\n",
	  "orders: record 6 comes when the last status is COMPLETE", 0 },
	{ "a wrong count", ANY_READ, "\"recordCount\":3.0", "\"recordCount\":4.0", counts,
	  "users: state 1 says that 4.0 records came since the one before, but it were 3", 0 },
	{ "no count", ANY_READ, ",\"sourceStats\":{\"recordCount\":3.0}", "", counts,
	  "users: state 1 has no sourceStats.recordCount", 0 },
	{ "a legacy state", ANY_READ, "\"type\":\"STREAM\"", "\"type\":\"LEGACY\"",
	  "a read from the last state gives nothing older\nevery stream has a state\n",
	  "a state is not of the type STREAM", 0 },
	{ "a stream without a state", FULL_READ, "\"stream_descriptor\":{\"name\":\"users\"},"
	  "\"stream_state\"", "\"stream_descriptor\":{\"name\":\"users2\"},\"stream_state\"",
	  states_test, "users: it has no state", 0 },
	{ "text between messages", ANY_READ, NULL, "no message\n", messages, "a line is no JSON",
	  0 },
	{ "an unknown message", ANY_READ, NULL, "{\"type\":\"NEW\"}\n", messages,
	  "a message is of a type that a read does not have", 0 },
	{ "times in seconds", FULL_READ, "\"users\"" AT, "\"users\",\"emitted_at\":1700000000,",
	  messages, "the emitted_at of a record is no time in milliseconds", 0 },
	{ "an empty record", FULL_READ, "{\"id\":3,\"name\":\"user 3\"}", "{}", messages,
	  "users: record 3 is empty", 0 },
	{ "a record of another stream", FULL_READ, NULL,
	  RECORD "\"x\"" AT "\"data\":{\"id\":1}}}\n", messages,
	  "a record is of the stream x, which is not configured", 0 },
	{ "a secret in a record", FULL_READ, "user 1", "it is " SECRET, shown,
	  "read: a secret of the config is in its stdout, in a line that begins with "
	  "{\"type\":\"RECORD\"", 0 },
	{ "a secret in the log", ANY_READ, NULL, LOG_OF("password%3D" SECRET), shown,
	  "read: a secret of the config is in its stdout", 0 },
	{ "a secret in the log, written otherwise", ANY_READ, NULL,
	  LOG_OF("s3cret\\u002dPassw0rd"), shown,
	  "read: a secret of the config is in its stdout", 0 },
	{ "a config that is handed back", ANY_READ, NULL,
	  "{\"type\":\"CONTROL\",\"control\":{\"type\":\"CONNECTOR_CONFIG\"" AT
	  "\"connectorConfig\":{\"config\":{\"password\":\"" SECRET "\"}}}}\n", "",
	  "no secret is shown", 0 },
	{ "a secret on stderr", ANY_READ, NULL, "!stderr " SECRET "\n", shown,
	  "read: a secret of the config is in its stderr", 0 },
};

static const struct fault *find_fault(const char *name)
{
	for (size_t i = 0; name != NULL && i < COUNT(faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	return &faults[0];
}

static void each_fault_fails_the_test_that_is_there_for_it(void **state)
{
	size_t wrong = 0;

	for (size_t i = 1; i < COUNT(faults); i++) {
		char *report = judge(*state, faults[i].name, NULL, false);
		char *failed = names_of(report, "FAILED ");

		if (strcmp(failed, faults[i].failed) != 0 ||
		    strstr(report, faults[i].told) == NULL) {
			print_error("with %s failed:\n%sof\n%s", faults[i].name, failed, report);
			wrong++;
		}
		assert_null(strstr(report, SECRET));
		free(failed);
		free(report);
	}
	assert_int_equal(wrong, 0);
}

static void fields_can_be_ignored_and_older_records_allowed(void **state)
{
	static const char *const lists[][2] = { { "name" }, { "users.name" } };
	char *report, *failed;

	for (size_t i = 0; i < COUNT(lists); i++) {
		report = judge(*state, "fields that change", (char **)lists[i], false);
		failed = names_of(report, "FAILED ");
		assert_string_equal(failed, "");
		free(failed);
		free(report);
	}
	report = judge(*state, "states have no effect", NULL, true);
	failed = names_of(report, "FAILED ");
	assert_string_equal(failed, "");
	free(failed);
	free(report);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_source_without_faults_passes_all_tests, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(each_fault_fails_the_test_that_is_there_for_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(fields_can_be_ignored_and_older_records_allowed,
						set_up, tear_down),
	};

	if (argc > 1)
		return play_source(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
