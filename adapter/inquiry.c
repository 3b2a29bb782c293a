#include "inquiry.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "config_text.h"
#include "count.h"
#include "package_report.h"
#include "terminal_text.h"
#include "text_file.h"

/* Seconds, as manifest.h has it for a tap that says nothing else. */
#define DEADLINE 300

bool inquiry_init(struct inquiry *inquiry)
{
	*inquiry = (struct inquiry){
		.wrap = { .pip = json_array(), .flags = json_array(), .notes = json_array(),
			  .overlay = json_object(), .secrets = SECRET_MASK_EMPTY },
		.mask = SECRET_MASK_EMPTY,
	};
	buffer_init(&inquiry->wrap.catalog, BUFFER_MAXIMUM);
	return inquiry->wrap.pip != NULL && inquiry->wrap.flags != NULL &&
	       inquiry->wrap.notes != NULL && inquiry->wrap.overlay != NULL;
}

void inquiry_release(struct inquiry *inquiry)
{
	json_decref(inquiry->report);
	json_decref(inquiry->config);
	secret_mask_release(&inquiry->mask);
	wrap_release(&inquiry->wrap);
}

static bool collect_texts(struct inquiry *inquiry, struct error *error)
{
	json_t *all = json_pack("{s:b}", "airbyte_secret", 1);
	bool done = all != NULL && secret_mask_collect(&inquiry->mask, all, inquiry->config);

	json_decref(all);
	return done || error_set_no_memory(error);
}

bool inquiry_load_config(struct inquiry *inquiry, const char *path, struct error *error)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (text_file_read(path, "the config", &text, error))
		inquiry->config = config_text_parse(buffer_slice(&text), path, error);
	buffer_release(&text);
	inquiry->config_path = path;
	return inquiry->config != NULL && collect_texts(inquiry, error);
}

/*
 * ---- the session ----
 */

static json_t *dead_proxies(void)
{
	static const char *const names[] = {
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
	};
	json_t *env = json_pack("{s:s, s:s}", "NO_PROXY", "", "no_proxy", "");

	for (size_t i = 0; i < COUNT(names); i++) {
		if (json_object_set_new(env, names[i], json_string("http://127.0.0.1:9")) != 0) {
			json_decref(env);
			return NULL;
		}
	}
	return env;
}

bool inquiry_begin(struct inquiry *inquiry, bool offline)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct session *session = &inquiry->session;
	struct manifest *manifest = &session->tap.manifest;
	const struct wrap *wrap = &inquiry->wrap;

	session_begin(session, nowhere);
	*manifest = (struct manifest){
		.name = strdup(wrap->name),
		.folder = strdup(wrap->folder),
		.command = json_pack("[s]", wrap->program ? wrap->program : "?"),
		.pip = json_incref(wrap->pip),
		.env = offline ? dead_proxies() : NULL,
		.spec = json_pack("{s:O*}", "connectionSpecification", wrap->spec),
		.namespaces = true,
		.check_deadline = DEADLINE,
		.discover_deadline = DEADLINE,
		.parallel = 1,
	};
	if (nowhere < 0)
		return error_set(&session->error, FAILURE_SYSTEM, "cannot open /dev/null: %s",
				 strerror(errno));
	return (manifest->name != NULL && manifest->folder != NULL && manifest->command != NULL &&
		manifest->spec != NULL && (manifest->env != NULL || !offline)) ||
	       error_set_no_memory(&session->error);
}

int inquiry_end(struct inquiry *inquiry, bool done)
{
	int nowhere = inquiry->session.output.fd, code;

	inquiry->session.error = ERROR_NONE;
	code = session_close(&inquiry->session, done);
	if (nowhere >= 0)
		close(nowhere);
	return code;
}

const json_t *inquiry_package(const struct inquiry *inquiry)
{
	const json_t *first = json_array_get(inquiry->wrap.pip, 0);

	return package_report_of(inquiry->report, json_string_value(first));
}

/*
 * ---- notes ----
 */

/* Line ends and what else is white become one space. */
static void fold(struct buffer *text)
{
	size_t length = 0;

	for (size_t i = 0; i < text->length; i++) {
		bool white = isspace((unsigned char)text->data[i]);

		if (!white)
			text->data[length++] = text->data[i];
		else if (length > 0 && text->data[length - 1] != ' ')
			text->data[length++] = ' ';
	}
	text->length = length;
}

static void append_said(const struct inquiry *inquiry, struct buffer *note, struct slice said)
{
	struct buffer masked;

	buffer_init(&masked, BUFFER_MAXIMUM);
	secret_mask_apply(&inquiry->mask, &masked, said);
	fold(&masked);
	terminal_text_append(note, masked.failed ? SLICE(SECRET_UNSEARCHED)
						 : buffer_slice(&masked), INQUIRY_SAID_MAXIMUM);
	buffer_release(&masked);
}

static void add_note(struct inquiry *inquiry, const struct buffer *note)
{
	json_t *notes = inquiry->wrap.notes;

	if (json_array_size(notes) >= INQUIRY_NOTES_MAXIMUM)
		return;
	if (note->failed ||
	    json_array_append_new(notes, json_stringn(note->data, note->length)) != 0)
		error_set_no_memory(&inquiry->session.error);
}

void inquiry_note_said(struct inquiry *inquiry, const char *sentence, struct slice said)
{
	struct buffer note;

	buffer_init(&note, BUFFER_MAXIMUM);
	buffer_append_string(&note, sentence);
	append_said(inquiry, &note, said);
	add_note(inquiry, &note);
	buffer_release(&note);
}

void inquiry_note(struct inquiry *inquiry, const char *sentence)
{
	inquiry_note_said(inquiry, sentence, SLICE(""));
}

void inquiry_note_failure(struct inquiry *inquiry, const char *sentence)
{
	struct session *session = &inquiry->session;
	struct error failure = session->error;

	session->error = ERROR_NONE;
	buffer_clear(&session->stack_trace);
	inquiry_note_said(inquiry, sentence, slice_of_string(failure.message));
}
