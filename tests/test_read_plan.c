#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "read_plan.h"

#define NAMES 6

/*
 * The streams of a tap, each configured; `parents` has one letter a stream, or "." for none:
 * A is the id of the stream a.
 */
struct fixture {
	struct singer_catalog catalog;
	struct catalog_map map;
	struct configured_catalog configured;
	struct work_dir work_dir;
	struct error error;
};

static void append_entry(struct buffer *text, char name, char parent)
{
	char entry[512];

	snprintf(entry, sizeof(entry),
		 "%s{\"tap_stream_id\":\"%c\",\"stream\":\"%c\",\"schema\":{\"type\":\"object\","
		 "\"properties\":{\"id\":{\"type\":\"integer\"}}},\"metadata\":[{\"breadcrumb\":[],"
		 "\"metadata\":{\"valid-replication-keys\":[\"id\"]%s%.*s%s}}]}",
		 name > 'a' ? "," : "", toupper(name), name,
		 parent != '.' ? ",\"parent-tap-stream-id\":\"" : "", parent != '.', &parent,
		 parent != '.' ? "\"" : "");
	buffer_append_string(text, entry);
}

static void append_configured(struct buffer *text, char name, bool first)
{
	char entry[256];

	snprintf(entry, sizeof(entry),
		 "%s{\"stream\":{\"name\":\"%c\",\"json_schema\":{\"properties\":{\"id\":{}}}},"
		 "\"sync_mode\":\"incremental\",\"cursor_field\":[\"id\"]}", first ? "" : ",",
		 name);
	buffer_append_string(text, entry);
}

static void set_up(struct fixture *fixture, const char *parents, const char *configured)
{
	struct buffer text;

	*fixture = (struct fixture){ .map = CATALOG_MAP_EMPTY, .work_dir = WORK_DIR_NONE };
	assert_true(work_dir_create(&fixture->work_dir, &fixture->error));
	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, "{\"streams\":[");
	for (size_t i = 0; parents[i] != '\0'; i++)
		append_entry(&text, (char)('a' + i), parents[i]);
	buffer_append_string(&text, "]}");
	assert_true(singer_catalog_parse(&fixture->catalog, &text, &fixture->error));
	buffer_release(&text);
	assert_true(catalog_map_make(&fixture->map, &fixture->catalog, NULL, true, &warnings_none,
				     &fixture->error));
	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, "{\"streams\":[");
	for (size_t i = 0; configured[i] != '\0'; i++)
		append_configured(&text, configured[i], i == 0);
	buffer_append_string(&text, "]}");
	assert_true(configured_catalog_parse(&fixture->configured, &text, &fixture->error));
	buffer_release(&text);
}

static void tear_down(struct fixture *fixture)
{
	configured_catalog_release(&fixture->configured);
	catalog_map_release(&fixture->map);
	singer_catalog_release(&fixture->catalog);
	work_dir_remove(&fixture->work_dir);
}

/* The processes with a "|" between them: what each reads, in the order of the tap. */
static void plan_as_text(const struct read_plan *plan, char *text)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct stream_list *streams = &plan->parts[i].streams;

		if (i > 0)
			*text++ = '|';
		for (size_t j = 0; j < streams->count; j++)
			if (streams->items[j].configured)
				*text++ = streams->items[j].name[0];
	}
	*text = '\0';
}

#define ENTRY(name, sizes, shared, process) \
	"{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"" name "\"}," \
	"\"stream_state\":{\"bookmarks\":{\"" name "\":1}," shared \
	"\"__tapbyte_sequence\":3,\"__tapbyte_process\":" process sizes "}}}"
#define RECORDS(count) ",\"__tapbyte_records\":" count
#define SHARED(value) "\"date\":" value ","

static void streams_go_to_the_processes_that_suit_them(void **state)
{
	static const struct {
		const char *what;
		size_t processes;
		const char *parents, *configured, *groups, *state, *expected;
	} cases[] = {
		{ "one process", 1, "....", "abcd", NULL, "", "abcd" },
		{ "nothing known", 2, "....", "abcd", NULL, "", "ac|bd" },
		{ "not all configured", 3, "......", "fdb", NULL, "", "b|d|f" },
		{ "fewer streams than processes", 8, "..", "ab", NULL, "", "a|b" },
		{ "one that the tap lacks", 2, "...", "zabc", NULL, "", "acz|b" },
		{ "one stream", 4, "...", "b", NULL, "", "b" },
		{ "parents", 3, ".A.C..", "abcdef", NULL, "", "ab|cd|ef" },
		{ "parents by their names", 3, ".a.c..", "abcdef", NULL, "", "ab|cd|ef" },
		{ "a parent that is not configured", 3, ".AA...", "bcdef", NULL, "", "bc|df|e" },
		{ "a parent that is none", 3, ".Z.", "abc", NULL, "", "a|b|c" },
		{ "groups", 3, "......", "abcdef", "[[\"A\",\"F\"],[\"X\",\"C\",\"E\"]]", "",
		  "af|ce|bd" },
		{ "a state that cannot be read", 2, "..", "ab", NULL, "[{", "a|b" },
		{ "the largest first", 2, "....", "abcd", NULL,
		  "[" ENTRY("a", RECORDS("1"), "", "32") "," ENTRY("b", RECORDS("9"), "", "33") ","
		  ENTRY("c", RECORDS("3"), "", "32") "," ENTRY("d", RECORDS("4"), "", "33") "]",
		  "b|acd" },
		{ "also where processes share the same", 2, "....", "abcd", NULL,
		  "[" ENTRY("a", RECORDS("1"), SHARED("5"), "32") ","
		  ENTRY("b", RECORDS("9"), SHARED("5"), "33") ","
		  ENTRY("c", RECORDS("3"), SHARED("5"), "32") ","
		  ENTRY("d", RECORDS("4"), SHARED("5"), "33") "]", "b|acd" },
		{ "but processes that have parted keep theirs", 2, "....", "abcd", NULL,
		  "[" ENTRY("a", RECORDS("1"), SHARED("5"), "32") ","
		  ENTRY("b", RECORDS("9"), SHARED("6"), "33") ","
		  ENTRY("c", RECORDS("3"), SHARED("5"), "32") ","
		  ENTRY("d", RECORDS("4"), SHARED("6"), "33") "]", "bd|ac" },
		{ "with more processes as well", 4, "....", "abcd", NULL,
		  "[" ENTRY("a", RECORDS("1"), SHARED("5"), "32") ","
		  ENTRY("b", RECORDS("9"), SHARED("6"), "33") ","
		  ENTRY("c", RECORDS("3"), SHARED("5"), "32") "]", "b|ac|d" },
		{ "with fewer they are put together", 2, "....", "abcd", NULL,
		  "[" ENTRY("a", RECORDS("1"), SHARED("5"), "32") ","
		  ENTRY("b", RECORDS("9"), SHARED("6"), "33") ","
		  ENTRY("c", RECORDS("3"), SHARED("7"), "34") ","
		  ENTRY("d", RECORDS("2"), SHARED("5"), "32") "]", "b|acd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *groups = cases[i].groups ? json_loads(cases[i].groups, 0, NULL) : NULL;
		struct read_plan plan = READ_PLAN_NONE;
		struct fixture fixture;
		char text[4 * NAMES];

		set_up(&fixture, cases[i].parents, cases[i].configured);
		assert_true(read_plan_make(&plan, &(struct read_plan_source){
			.map = &fixture.map, .catalog = &fixture.catalog,
			.configured = &fixture.configured, .groups = groups,
			.state = slice_of_string(cases[i].state),
			.work_dir = &fixture.work_dir, .warnings = &warnings_none,
		}, cases[i].processes, &fixture.error));
		plan_as_text(&plan, text);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s: %s, not %s", cases[i].what, text, cases[i].expected);
		read_plan_release(&plan);
		tear_down(&fixture);
		json_decref(groups);
	}
}

static void only_its_own_streams_are_selected_in_the_catalog_of_a_process(void **state)
{
	struct read_plan plan = READ_PLAN_NONE;
	struct fixture fixture;

	(void)state;
	set_up(&fixture, "...", "abc");
	assert_true(read_plan_make(&plan, &(struct read_plan_source){
		.map = &fixture.map, .catalog = &fixture.catalog,
		.configured = &fixture.configured, .work_dir = &fixture.work_dir,
		.warnings = &warnings_none,
	}, 2, &fixture.error));
	for (size_t i = 0; i < plan.count; i++) {
		json_t *catalog = json_load_file(plan.parts[i].catalog, 0, NULL);

		for (size_t j = 0; j < 3; j++) {
			json_t *entry = json_array_get(json_object_get(catalog, "streams"), j);
			json_t *root = json_array_get(json_object_get(entry, "metadata"), 0);
			json_t *selected = json_object_get(json_object_get(root, "metadata"),
							   "selected");

			assert_int_equal(json_is_true(selected), j % 2 == i);
			assert_int_equal(plan.parts[i].streams.items[j].elsewhere, j % 2 != i);
		}
		json_decref(catalog);
	}
	read_plan_release(&plan);
	tear_down(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_go_to_the_processes_that_suit_them),
		cmocka_unit_test(only_its_own_streams_are_selected_in_the_catalog_of_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
