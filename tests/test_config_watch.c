#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_map.h"
#include "config_watch.h"
#include "count.h"

#define SPEC \
	"{\"type\":\"object\",\"properties\":{" \
	"\"token\":{\"type\":\"string\",\"airbyte_secret\":true,\"minLength\":6}," \
	"\"pin\":{\"type\":\"string\",\"airbyte_secret\":true}," \
	"\"since\":{\"type\":\"string\"}}}"
#define FIRST "{\"token\":\"token-0\",\"since\":\"2020\"}"
#define SECOND "{\"token\":\"token-1\",\"since\":\"2020\"}"
#define THIRD "{\"token\":\"token-2\",\"since\":\"2020\"}"

/* A tap's config in a folder, the watch of it, and what it says. */
struct fixture {
	uv_loop_t loop;
	struct tap tap;
	struct buffer out;
	struct airbyte_writer writer;
	struct warnings warnings;
	struct buffer warned; /* one a line */
	struct config_watch watch;
	bool deaf;            /* nobody looks when the watch wakes */
};

static void on_warning(void *owner, const char *text)
{
	struct fixture *fixture = owner;

	buffer_append_string(&fixture->warned, text);
	buffer_append_char(&fixture->warned, '\n');
}

static void on_wake(void *owner)
{
	struct fixture *fixture = owner;

	if (!fixture->deaf)
		config_watch_catch_up(&fixture->watch);
}

static json_t *json_of(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	return value;
}

static void write_bytes(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* `rules` is JSON text, or NULL. */
static void set_up(struct fixture *fixture, const char *rules)
{
	struct tap *tap = &fixture->tap;
	struct mapped_config mapped = MAPPED_CONFIG_NONE;
	struct config_folders folders = { "/", "/" };
	struct error error = ERROR_NONE;
	char *text;

	*fixture = (struct fixture){ .tap = TAP_NONE };
	fixture->warnings = (struct warnings){ on_warning, fixture };
	buffer_init(&fixture->out, BUFFER_MAXIMUM);
	buffer_init(&fixture->warned, BUFFER_MAXIMUM);
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	airbyte_writer_init(&fixture->writer, &fixture->out, &tap->mask);
	assert_true(work_dir_create(&tap->work_dir, &error));
	assert_true(asprintf(&tap->config_path, "%s/config.json", tap->work_dir.path) > 0);
	tap->manifest.spec = json_pack("{s:o}", "connectionSpecification", json_of(SPEC));
	tap->manifest.config = rules ? json_of(rules) : NULL;
	tap->airbyte_config = json_of(FIRST);
	assert_true(config_map_apply(tap->manifest.config, tap->airbyte_config, &folders, &mapped,
				     &error));
	tap->tap_config = json_incref(mapped.config);
	mapped_config_release(&mapped);
	assert_true(secret_mask_collect(&tap->mask, manifest_connection_specification(
					&tap->manifest), tap->airbyte_config));
	text = json_dumps(tap->tap_config, 0);
	write_bytes(tap->config_path, O_CREAT, text);
	free(text);
	config_watch_start(&fixture->watch, &fixture->loop, tap, &fixture->writer,
			   &fixture->warnings, on_wake, fixture);
	uv_ref((uv_handle_t *)&fixture->watch.poll); /* a loop with nothing else would not turn */
}

static void tear_down(struct fixture *fixture)
{
	config_watch_stop(&fixture->watch);
	config_watch_stop(&fixture->watch);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	airbyte_writer_release(&fixture->writer);
	buffer_release(&fixture->out);
	buffer_release(&fixture->warned);
	tap_release(&fixture->tap);
}

/* Lets the watch hear of what was done, and takes what it told: the configs, as an array. */
static json_t *told(struct fixture *fixture)
{
	json_t *all = json_array();
	char *text, *line, *rest;

	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	text = buffer_to_string(&fixture->out);
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		json_t *message = json_of(line), *config = NULL;

		if (json_unpack(message, "{s:{s:{s:O}}}", "control", "connectorConfig", "config",
				&config) == 0)
			assert_int_equal(json_array_append_new(all, config), 0);
		json_decref(message);
	}
	free(text);
	buffer_clear(&fixture->out);
	return all;
}

/* `configs` is the JSON text of an array. */
static void expect_told(struct fixture *fixture, const char *configs)
{
	json_t *wanted = json_of(configs), *found = told(fixture);

	if (!json_equal(wanted, found))
		fail_msg("%s was told, not %s", json_dumps(found, 0), configs);
	json_decref(wanted);
	json_decref(found);
}

static void expect_warned(struct fixture *fixture, const char *text)
{
	char *warned = buffer_to_string(&fixture->warned);

	if (text == NULL)
		assert_string_equal(warned, "");
	else
		assert_non_null(strstr(warned, text));
	free(warned);
	buffer_clear(&fixture->warned);
}

/*
 * ---- ways to rewrite ----
 */

static void in_place(struct fixture *fixture, const char *text)
{
	write_bytes(fixture->tap.config_path, O_TRUNC, text);
}

static void by_rename(struct fixture *fixture, const char *text)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s.new", fixture->tap.config_path) > 0);
	write_bytes(path, O_CREAT, text);
	assert_int_equal(rename(path, fixture->tap.config_path), 0);
	free(path);
}

static void by_link(struct fixture *fixture, const char *text)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s.new", fixture->tap.config_path) > 0);
	write_bytes(path, O_CREAT, text);
	assert_int_equal(unlink(fixture->tap.config_path), 0);
	assert_int_equal(link(path, fixture->tap.config_path), 0);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static void deleted_and_written(struct fixture *fixture, const char *text)
{
	assert_int_equal(unlink(fixture->tap.config_path), 0);
	write_bytes(fixture->tap.config_path, O_CREAT | O_EXCL, text);
}

/* Nothing may be told while it is written, though the loop runs after each byte. */
static void byte_by_byte(struct fixture *fixture, const char *text, int flags, bool look)
{
	int fd = open(fixture->tap.config_path, O_WRONLY | flags);

	assert_true(fd >= 0);
	for (const char *at = text; *at != '\0'; at++) {
		assert_int_equal(write(fd, at, 1), 1);
		if (look && at[1] != '\0')
			config_watch_look(&fixture->watch, false);
		config_watch_catch_up(&fixture->watch);
		uv_run(&fixture->loop, UV_RUN_NOWAIT);
		if (at[1] != '\0')
			expect_told(fixture, "[]");
	}
	assert_int_equal(ftruncate(fd, (off_t)strlen(text)), 0);
	assert_int_equal(close(fd), 0);
}

static void slowly(struct fixture *fixture, const char *text)
{
	byte_by_byte(fixture, text, O_TRUNC, true);
}

/* Always whole JSON, and a mixture of two configs until the end. */
static void over_the_old_one(struct fixture *fixture, const char *text)
{
	byte_by_byte(fixture, text, 0, false);
}

static const struct way {
	const char *name;
	void (*rewrite)(struct fixture *fixture, const char *text);
} ways[] = {
	{ "in place", in_place },
	{ "by rename", by_rename },
	{ "by link", by_link },
	{ "deleted and written", deleted_and_written },
	{ "slowly", slowly },
	{ "over the old one", over_the_old_one },
};

static void a_change_of_a_copy_is_told_as_well(void **state)
{
	struct error error = ERROR_NONE;
	struct fixture fixture;
	const char *copies[2];

	(void)state;
	set_up(&fixture, NULL);
	in_place(&fixture, SECOND);
	expect_told(&fixture, "[" SECOND "]");
	copies[0] = config_watch_copy(&fixture.watch, "config-0.json", &error);
	copies[1] = config_watch_copy(&fixture.watch, "config-1.json", &error);
	assert_string_equal(strrchr(copies[1], '/'), "/config-1.json");
	expect_told(&fixture, "[]");
	assert_false(fixture.watch.copy_rewritten);
	write_bytes(copies[1], O_TRUNC, "{\"since\":\"2020\", \"token\":\"token-1\"}");
	expect_told(&fixture, "[]"); /* the same in other words */
	assert_false(fixture.watch.copy_rewritten);
	write_bytes(copies[1], O_TRUNC, THIRD);
	expect_told(&fixture, "[" THIRD "]");
	assert_true(fixture.watch.copy_rewritten);
	expect_told(&fixture, "[]");
	expect_warned(&fixture, NULL);
	tear_down(&fixture);
}

static void a_change_is_told_once_however_the_file_is_rewritten(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct fixture fixture;

		set_up(&fixture, NULL);
		ways[i].rewrite(&fixture, SECOND);
		expect_told(&fixture, "[" SECOND "]");
		expect_told(&fixture, "[]");
		ways[i].rewrite(&fixture, THIRD);
		expect_told(&fixture, "[" THIRD "]");
		ways[i].rewrite(&fixture, FIRST);
		expect_told(&fixture, "[" FIRST "]");
		config_watch_look(&fixture.watch, true);
		expect_told(&fixture, "[]");
		expect_warned(&fixture, NULL);
		tear_down(&fixture);
	}
}

static void the_same_config_written_otherwise_is_no_change(void **state)
{
	static const char *const same[] = {
		FIRST,
		"{ \"since\": \"2020\",\n\t\"token\": \"token-0\" }\n",
		"{\"token\":\"\\u0074oken-0\",\"since\":\"2020\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct fixture fixture;

		set_up(&fixture, NULL);
		in_place(&fixture, same[i]);
		expect_told(&fixture, "[]");
		config_watch_look(&fixture.watch, true);
		expect_told(&fixture, "[]");
		expect_warned(&fixture, NULL);
		tear_down(&fixture);
	}
}

static void what_was_written_before_a_line_is_told_before_it(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, NULL);
	fixture.deaf = true;
	assert_false(config_watch_catch_up(&fixture.watch));
	in_place(&fixture, SECOND);
	assert_true(config_watch_catch_up(&fixture.watch));
	assert_false(config_watch_catch_up(&fixture.watch));
	expect_told(&fixture, "[" SECOND "]");
	tear_down(&fixture);
}

/*
 * ---- what is no config ----
 */

static void gone(const char *path)
{
	(void)path;
}

static void cut(const char *path)
{
	write_bytes(path, O_CREAT, "{\"token\":\"tok");
}

static void empty(const char *path)
{
	write_bytes(path, O_CREAT, "");
}

static void list(const char *path)
{
	write_bytes(path, O_CREAT, "[" SECOND "]");
}

static void symbolic_link(const char *path)
{
	char *other = NULL;

	assert_true(asprintf(&other, "%s.other", path) > 0);
	write_bytes(other, O_CREAT, SECOND);
	assert_int_equal(symlink(other, path), 0);
	free(other);
}

static void fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void nothing_in_it(const char *path)
{
	write_bytes(path, O_CREAT, "{}");
}

static void huge(const char *path)
{
	write_bytes(path, O_CREAT, SECOND);
	assert_int_equal(truncate(path, (off_t)10 << 30), 0);
}

static void what_is_no_config_is_warned_of_at_the_end(void **state)
{
	static const struct {
		void (*make)(const char *path);
		const char *problem;
	} cases[] = {
		{ gone, "is gone" },
		{ cut, "is not a filled JSON object" },
		{ empty, "is not a filled JSON object" },
		{ list, "is not a filled JSON object" },
		{ nothing_in_it, "is not a filled JSON object" },
		{ symbolic_link, "is a symbolic link" },
		{ fifo, "is not a regular file" },
		{ folder, "is not a regular file" },
		{ huge, "is larger than 16 MiB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fixture;

		set_up(&fixture, NULL);
		assert_int_equal(unlink(fixture.tap.config_path), 0);
		cases[i].make(fixture.tap.config_path);
		expect_told(&fixture, "[]");
		assert_false(config_watch_look(&fixture.watch, false));
		expect_warned(&fixture, NULL);
		assert_true(config_watch_look(&fixture.watch, true));
		expect_warned(&fixture, cases[i].problem);
		assert_false(config_watch_look(&fixture.watch, true));
		expect_warned(&fixture, NULL);
		(void)remove(fixture.tap.config_path);
		write_bytes(fixture.tap.config_path, O_CREAT, SECOND);
		expect_told(&fixture, "[" SECOND "]");
		tear_down(&fixture);
	}
}

/*
 * ---- what a change means ----
 */

static void only_what_fits_the_spec_is_told_and_with_all_that_came_before(void **state)
{
	struct fixture fixture;
	char *log;

	(void)state;
	set_up(&fixture, NULL);
	in_place(&fixture, "{\"token\":\"short\",\"since\":\"2020\"}");
	uv_run(&fixture.loop, UV_RUN_NOWAIT);
	config_watch_look(&fixture.watch, true);
	log = buffer_to_string(&fixture.out);
	assert_non_null(strstr(log, "\"level\":\"ERROR\""));
	assert_non_null(strstr(log, "token: "));
	assert_null(strstr(log, "short"));
	assert_ptr_equal(strchr(log, '\n'), strrchr(log, '\n')); /* once */
	free(log);
	expect_told(&fixture, "[]");
	in_place(&fixture, "{\"token\":\"short\",\"since\":\"2021\"}");
	expect_told(&fixture, "[{\"token\":\"token-0\",\"since\":\"2021\"}]");
	expect_warned(&fixture, "Airbyte is told only what fits the spec: ");
	in_place(&fixture, "{\"token\":\"token-1\",\"since\":2022,\"pin\":[1]}");
	expect_told(&fixture, "[{\"token\":\"token-1\",\"since\":\"2021\"}]");
	expect_warned(&fixture, "since: ");
	tear_down(&fixture);
}

static void changes_go_back_through_the_rules(void **state)
{
	static const struct {
		const char *written;
		const char *told;
		const char *warned;
	} steps[] = {
		{ "{\"api\":{\"key\":\"token-1\"},\"agent\":\"x\",\"since\":\"2020\"}",
		  "[" SECOND "]", NULL },
		{ "{\"api\":{\"key\":\"token-1\"},\"agent\":\"y\",\"since\":\"2020\"}", "[]",
		  "changed agent" },
		{ "{\"api\":{\"key\":\"token-2\"},\"agent\":\"y\",\"since\":\"2020\"}",
		  "[" THIRD "]", NULL },
		{ "{\"api\":{\"key\":\"token-2\"},\"agent\":\"y\",\"since\":\"2020\",\"new\":1}",
		  "[]", "added new" },
		{ "{\"api\":{\"key\":\"token-0\"},\"agent\":\"y\",\"since\":\"2020\",\"new\":1}",
		  "[" FIRST "]", NULL },
	};
	struct fixture fixture;

	(void)state;
	set_up(&fixture, "{\"/api/key\":{\"from\":\"/token\"},\"agent\":{\"value\":\"x\"},"
			 "\"since\":{\"from\":\"/since\"}}");
	for (size_t i = 0; i < COUNT(steps); i++) {
		in_place(&fixture, steps[i].written);
		expect_told(&fixture, steps[i].told);
		expect_warned(&fixture, steps[i].warned);
	}
	tear_down(&fixture);
}

static void new_secrets_are_masked_and_old_ones_stay_so(void **state)
{
	static const struct {
		const char *text;
		bool masked;
	} cases[] = {
		{ "token-0", true },    /* the old one */
		{ "pin-of-1", true },   /* by the spec */
		{ "token-1", true },
		{ "id-token-1", true }, /* by their keys */
		{ "in-the-list", true },
		{ "below-a-secret", true },
		{ "the-Pass-1", true },
		{ "plain-1", false },
		{ "2020-01-01", false },
	};
	struct fixture fixture;

	(void)state;
	set_up(&fixture, "{\"pin\":{\"from\":\"/pin\"},\"*\":{\"from\":\"\"}}");
	in_place(&fixture, "{\"token\":\"token-1\",\"since\":\"2020-01-01\","
			   "\"pin\":\"pin-of-1\",\"more\":{"
			   "\"id_TOKEN\":\"id-token-1\",\"ApiKeys\":[{\"a\":\"in-the-list\"}],"
			   "\"secrets\":{\"x\":{\"y\":\"below-a-secret\"}},\"n\":\"plain-1\","
			   "\"db_password\":\"the-Pass-1\"}}");
	expect_told(&fixture, "[{\"token\":\"token-1\",\"since\":\"2020-01-01\","
			      "\"pin\":\"pin-of-1\"}]");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *log;

		airbyte_writer_logf(&fixture.writer, LOG_INFO, "it is %s", cases[i].text);
		log = buffer_to_string(&fixture.out);
		assert_non_null(strstr(log, cases[i].masked ? "it is ****\"" : cases[i].text));
		free(log);
		buffer_clear(&fixture.out);
	}
	tear_down(&fixture);
}

/*
 * ---- the machine ----
 */

static void without_a_watch_catching_up_always_looks(void **state)
{
	struct rlimit limit, none;
	struct fixture fixture;

	(void)state;
	set_up(&fixture, NULL);
	config_watch_stop(&fixture.watch);
	uv_run(&fixture.loop, UV_RUN_NOWAIT);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	fixture.writer.debug = true;
	config_watch_start(&fixture.watch, &fixture.loop, &fixture.tap, &fixture.writer,
			   &fixture.warnings, on_wake, &fixture);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(fixture.watch.notify, -1);
	expect_warned(&fixture, NULL);
	in_place(&fixture, SECOND);
	assert_true(config_watch_catch_up(&fixture.watch));
	expect_told(&fixture, "[" SECOND "]");
	tear_down(&fixture);
}

/* Looks while no file can be opened. */
static bool look_without_descriptors(struct fixture *fixture, bool last)
{
	struct rlimit limit, none;
	bool said;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	said = config_watch_look(&fixture->watch, last);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return said;
}

static bool can_be_masked(struct fixture *fixture)
{
	struct buffer out;
	bool masked;

	buffer_init(&out, BUFFER_MAXIMUM);
	secret_mask_apply(&fixture->tap.mask, &out, SLICE("a text"));
	masked = !out.failed;
	buffer_release(&out);
	return masked;
}

static void without_a_sign_of_a_change_a_file_that_cannot_be_read_is_warned_of(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, NULL);
	assert_false(look_without_descriptors(&fixture, false));
	expect_warned(&fixture, NULL);
	assert_true(can_be_masked(&fixture));
	assert_true(look_without_descriptors(&fixture, true));
	expect_warned(&fixture, "cannot be read at its end: Too many open files; there is no sign");
	assert_false(look_without_descriptors(&fixture, true));
	expect_warned(&fixture, NULL);
	assert_false(fixture.watch.error.set);
	tear_down(&fixture);
}

static void a_change_that_cannot_be_read_hides_all_texts_and_is_an_error_at_the_end(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, NULL);
	fixture.deaf = true;
	in_place(&fixture, SECOND);
	assert_false(look_without_descriptors(&fixture, false));
	assert_false(can_be_masked(&fixture));
	assert_false(fixture.watch.error.set);
	config_watch_look(&fixture.watch, false);
	assert_true(can_be_masked(&fixture));
	expect_told(&fixture, "[" SECOND "]");
	in_place(&fixture, THIRD);
	assert_false(look_without_descriptors(&fixture, true));
	expect_warned(&fixture, NULL);
	assert_true(fixture.watch.error.set);
	assert_non_null(strstr(fixture.watch.error.message, "Too many open files"));
	tear_down(&fixture);
}

static void while_the_reader_is_behind_nothing_is_told_until_it_is_not(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, NULL);
	while (fixture.out.length <= AIRBYTE_WRITER_BACKLOG)
		buffer_append_string(&fixture.out, "{\"type\":\"RECORD\"}\n");
	in_place(&fixture, SECOND);
	expect_told(&fixture, "[]");
	assert_true(config_watch_catch_up(&fixture.watch));
	expect_told(&fixture, "[" SECOND "]");
	tear_down(&fixture);
}

static void a_watch_that_was_never_started_does_nothing(void **state)
{
	struct config_watch watch = { .tap = NULL };

	(void)state;
	assert_false(config_watch_catch_up(&watch));
	assert_false(config_watch_look(&watch, true));
	config_watch_stop(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_of_a_copy_is_told_as_well),
		cmocka_unit_test(a_change_is_told_once_however_the_file_is_rewritten),
		cmocka_unit_test(the_same_config_written_otherwise_is_no_change),
		cmocka_unit_test(what_was_written_before_a_line_is_told_before_it),
		cmocka_unit_test(what_is_no_config_is_warned_of_at_the_end),
		cmocka_unit_test(only_what_fits_the_spec_is_told_and_with_all_that_came_before),
		cmocka_unit_test(changes_go_back_through_the_rules),
		cmocka_unit_test(new_secrets_are_masked_and_old_ones_stay_so),
		cmocka_unit_test(without_a_watch_catching_up_always_looks),
		cmocka_unit_test(
			without_a_sign_of_a_change_a_file_that_cannot_be_read_is_warned_of),
		cmocka_unit_test(
			a_change_that_cannot_be_read_hides_all_texts_and_is_an_error_at_the_end),
		cmocka_unit_test(while_the_reader_is_behind_nothing_is_told_until_it_is_not),
		cmocka_unit_test(a_watch_that_was_never_started_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
