#include "inquiry_settings.h"

#include <stdlib.h>

#include "about_spec.h"
#include "config_probe.h"
#include "setting_name.h"
#include "tap_look.h"

#define TITLE_MAXIMUM 500

/* The caller's; NULL when memory runs out. */
static char *make_title(const char *name)
{
	struct buffer title;
	char *text;

	buffer_init(&title, TITLE_MAXIMUM);
	setting_name_title(name, &title);
	text = buffer_to_string(&title);
	buffer_release(&title);
	return text;
}

/* By starting the tap; *required are those that are known already. */
static bool probe(struct inquiry *inquiry, json_t *required)
{
	return config_probe_run(&inquiry->session, &inquiry->flags, inquiry->wrap.spec, required,
				&inquiry->waits, inquiry->wrap.notes);
}

/* By rounds, and by what the source looks for. */
static bool learn_settings(struct inquiry *inquiry, const char *title, json_t *required)
{
	struct wrap *wrap = &inquiry->wrap;

	if (!probe(inquiry, required))
		return false;
	wrap->spec = about_spec_learned(required,
					json_object_get(inquiry_package(inquiry), "settings"),
					inquiry->config, title, &inquiry->session.error);
	wrap->asked = "by what the tap says it lacks (that is required), and by the names "
		      "that its source looks for";
	inquiry_note(inquiry, "What the settings mean, and their types where no default tells: "
		     "they are taken for strings.");
	return wrap->spec != NULL;
}

/* What --about tells, and what it does not call required though the tap fails without it. */
static bool take_settings(struct inquiry *inquiry, const json_t *about, const char *title,
			  json_t *required)
{
	struct error *error = &inquiry->session.error;
	struct wrap *wrap = &inquiry->wrap;
	json_t *told;

	wrap->spec = about_spec_make(about, title, wrap->notes, error);
	wrap->asked = "in what the tap's --about tells, and by what it says it lacks";
	if (wrap->spec == NULL)
		return false;
	told = json_object_get(wrap->spec, "required");
	if (told != NULL && json_array_extend(required, told) != 0)
		return error_set_no_memory(error);
	return probe(inquiry, required) && about_spec_require(wrap->spec, required, error);
}

bool inquiry_find_settings(struct inquiry *inquiry)
{
	struct session *session = &inquiry->session;
	json_t *about = inquiry->flags.about ? tap_look_about(session) : NULL;
	json_t *required = json_array();
	char *title = make_title(inquiry->wrap.name);
	bool done;

	if (session_is_interrupted(session))
		done = false;
	else if (title == NULL || required == NULL)
		done = error_set_no_memory(&session->error);
	else if (json_is_object(json_object_get(about, "settings")))
		done = take_settings(inquiry, about, title, required);
	else
		done = learn_settings(inquiry, title, required);
	json_decref(about);
	json_decref(required);
	free(title);
	return done;
}

/* Masked as a note is: a KeyError may quote what a setting holds. */
static bool find_required(const struct inquiry *inquiry, json_t *required)
{
	struct buffer trace;
	bool found;

	buffer_init(&trace, BUFFER_MAXIMUM);
	secret_mask_apply(&inquiry->mask, &trace, buffer_slice(&inquiry->session.stack_trace));
	found = trace.length > 0 && config_probe_find(buffer_slice(&trace), required) > 0;
	buffer_release(&trace);
	return found;
}

bool inquiry_learn_from_failure(struct inquiry *inquiry)
{
	const json_t *known = json_object_get(inquiry->wrap.spec, "required");
	json_t *required = known ? json_copy((json_t *)known) : json_array();
	struct error error = ERROR_NONE; /* session.error is the tap's */
	bool done = true;

	if (find_required(inquiry, required))
		done = about_spec_require(inquiry->wrap.spec, required, &error);
	json_decref(required);
	return done;
}
