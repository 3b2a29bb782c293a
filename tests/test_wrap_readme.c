#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wrap_readme.h"

/* A wrap of a tap that is called x, with one setting and one stream. */
static struct wrap make_wrap(void)
{
	return (struct wrap){
		.name = strdup("x"),
		.program = strdup("tap-x"),
		.package = strdup("tap-x 1.2"),
		.asked = "somehow",
		.pip = json_array(),
		.spec = json_pack("{s:s, s:[s], s:{s:{s:s}}}", "title", "X", "required", "token",
				  "properties", "token", "type", "string"),
		.streams = json_pack("[{s:s, s:[s], s:s, s:b, s:b}]", "name", "users",
				     "primary_key", "id", "cursor_field", "day", "incremental", 1,
				     "source_defined_cursor", 1),
		.notes = json_array(),
		.secrets = SECRET_MASK_EMPTY,
	};
}

/* The caller's. */
static char *text_of(const struct wrap *wrap)
{
	struct buffer out;
	char *text;

	buffer_init(&out, BUFFER_MAXIMUM);
	wrap_readme_write(wrap, &out);
	assert_false(out.failed);
	text = buffer_to_string(&out);
	assert_non_null(text);
	buffer_release(&out);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("it lacks %s:\n%s", part, text);
}

static void settings_streams_and_notes_are_listed(void **state)
{
	struct wrap wrap = make_wrap();
	char *text;

	(void)state;
	json_array_append_new(wrap.notes, json_string("Nothing."));
	text = text_of(&wrap);
	assert_has(text, "# X\n\nWraps tap-x 1.2, made by `tapbyte new`.\n\n");
	assert_has(text, "\n| `token` | string | yes |  |\n");
	assert_has(text, "\n| `users` | id | day |\n");
	assert_has(text, "## Not found out\n\n- Nothing.\n");
	free(text);
	wrap_release(&wrap);
}

static void names_cannot_end_a_cell_or_become_markup(void **state)
{
	struct wrap wrap = make_wrap();
	char *text;

	(void)state;
	json_decref(wrap.streams);
	wrap.streams = json_pack("[{s:s, s:[s,s], s:s, s:b, s:b}]", "name", "a|b`c\nd",
				 "primary_key", "<b>", "[x](y)", "cursor_field", "e|f\\|",
				 "incremental", 1, "source_defined_cursor", 1);
	json_object_set_new(json_object_get(wrap.spec, "properties"), "g`|h",
			    json_pack("{s:s}", "type", "integer"));
	text = text_of(&wrap);
	assert_has(text, "\n| `a b c d` | \\<b>, \\[x](y) | e\\|f\\\\\\| |\n");
	assert_has(text, "\n| `g  h` | integer |  |  |\n");
	free(text);
	wrap_release(&wrap);
}

static void a_note_and_a_package_stay_on_their_lines_and_are_text(void **state)
{
	struct wrap wrap = make_wrap();
	char *text;

	(void)state;
	json_array_append_new(wrap.notes, json_string("It said: <img src=x>\n# `rm` \x1b[0m"));
	free(wrap.package);
	wrap.package = strdup("tap-x 1\n\n# 2");
	text = text_of(&wrap);
	assert_has(text, "\n- It said: \\<img src=x> # \\`rm\\`  \\[0m\n");
	assert_has(text, "Wraps tap-x 1  # 2, made by");
	free(text);
	wrap_release(&wrap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_streams_and_notes_are_listed),
		cmocka_unit_test(names_cannot_end_a_cell_or_become_markup),
		cmocka_unit_test(a_note_and_a_package_stay_on_their_lines_and_are_text),
	};

	return cmocka_run_group_tests_name("wrap_readme", tests, NULL, NULL);
}
