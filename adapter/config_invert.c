#include "config_invert.h"

#include "buffer.h"
#include "config_convert.h"
#include "config_rule.h"
#include "json_place.h"
#include "json_pointer.h"

#define TEXT_MAXIMUM ((size_t)16 << 20)

struct inversion {
	const json_t *rules;
	const json_t *config; /* Airbyte's, as it was */
	json_t *result;       /* and as it will be */
	const struct warnings *warnings;
	struct error *error;
};

/* null counts as absent. */
static const json_t *present(const json_t *value)
{
	return json_is_null(value) ? NULL : value;
}

static bool same(const json_t *a, const json_t *b)
{
	return (a == NULL && b == NULL) || json_equal(a, b);
}

/* Warns of a change that stays on the tap's side. False when memory runs out. */
static bool leave(const struct inversion *inversion, const struct json_place *place,
		  const char *what, const char *why)
{
	struct buffer path;

	buffer_init(&path, TEXT_MAXIMUM);
	json_place_path(place, &path);
	buffer_append_char(&path, '\0');
	if (path.failed)
		error_set_no_memory(inversion->error);
	else
		warnings_say(inversion->warnings, "The tap %s %s in its config; %s.", what,
			     path.data, why);
	buffer_release(&path);
	return !inversion->error->set;
}

static bool leave_changed(const struct inversion *inversion, const struct json_place *place)
{
	return leave(inversion, place, "changed",
		     "its rule has no way back, so the Airbyte config keeps its value");
}

static bool leave_removed(const struct inversion *inversion, const struct json_place *place)
{
	return leave(inversion, place, "removed", "the Airbyte config keeps its value");
}

/* Puts a value, which it takes; false where there is no such place, too. */
static bool put(struct inversion *inversion, const char *pointer, json_t *value)
{
	if (value == NULL)
		return error_set_no_memory(inversion->error);
	return json_pointer_set(inversion->result, pointer, value, inversion->error);
}

/* Maps back the changed leaves of a value that was copied as it is. */
static bool put_changes(struct inversion *inversion, const char *pointer, const json_t *before,
			const json_t *after, const struct json_place *place);

static bool put_member(struct inversion *inversion, const char *pointer, const char *key,
		       const json_t *before, const json_t *after, const struct json_place *place)
{
	struct json_place there = json_place_member(place, key);
	struct buffer inner;
	bool done;

	if (same(before, after))
		return true;
	if (after == NULL)
		return leave_removed(inversion, &there);
	buffer_init(&inner, TEXT_MAXIMUM);
	buffer_append_string(&inner, pointer);
	json_pointer_append(&inner, key);
	buffer_append_char(&inner, '\0');
	if (inner.failed)
		done = error_set_no_memory(inversion->error);
	else
		done = put_changes(inversion, inner.data, before, after, &there);
	buffer_release(&inner);
	return done;
}

static bool put_changes(struct inversion *inversion, const char *pointer, const json_t *before,
			const json_t *after, const struct json_place *place)
{
	const char *key;
	json_t *value;

	if (!json_is_object(before) || !json_is_object(after))
		return put(inversion, pointer, json_deep_copy(after)) ||
		       (!inversion->error->set && leave_changed(inversion, place));
	json_object_foreach((json_t *)after, key, value) {
		if (!put_member(inversion, pointer, key, json_object_get(before, key), value,
				place))
			return false;
	}
	json_object_foreach((json_t *)before, key, value) {
		if (json_object_get(after, key) == NULL &&
		    !put_member(inversion, pointer, key, value, NULL, place))
			return false;
	}
	return true;
}

/* What a rule knows but found nothing for goes to its first pointer that has room. */
static bool put_new(struct inversion *inversion, const json_t *rule, const json_t *value,
		    const struct json_place *place)
{
	const json_t *from = json_object_get(rule, "from");

	for (size_t i = 0; i < config_rule_source_count(from); i++) {
		if (put(inversion, config_rule_source(from, i), json_deep_copy(value)))
			return true;
		if (inversion->error->set)
			return false;
	}
	return leave_changed(inversion, place);
}

static bool invert_conversion(struct inversion *inversion, const json_t *rule,
			      const json_t *source, const char *pointer, const json_t *after,
			      const struct json_place *place)
{
	json_t *value = config_convert_back(rule, source, after, inversion->error);
	bool done;

	if (value == NULL)
		return !inversion->error->set && leave_changed(inversion, place);
	if (source == NULL)
		done = put_new(inversion, rule, value, place);
	else
		done = put_changes(inversion, pointer, source, value, place);
	json_decref(value);
	return done;
}

static bool invert_rule(struct inversion *inversion, const char *key, const json_t *before,
			const json_t *after, const struct json_place *place)
{
	const json_t *rule = json_object_get(inversion->rules, key);
	const char *pointer = "";
	const json_t *source;

	before = present(before);
	after = present(after);
	if (same(before, after))
		return true;
	if (after == NULL)
		return leave_removed(inversion, place);
	source = config_rule_find(rule, inversion->config, &pointer, inversion->error);
	if (inversion->error->set)
		return false;
	if (json_object_get(rule, "file") != NULL || json_object_get(rule, "env") != NULL ||
	    (source == NULL && present(json_object_get(rule, "default")) != NULL))
		return leave_changed(inversion, place);
	return invert_conversion(inversion, rule, source, pointer, after, place);
}

/* The pointer of "*" under which its member of this key stands; NULL: there is none. */
static const char *source_of_other(struct inversion *inversion, const char *key)
{
	const json_t *rule = json_object_get(inversion->rules, CONFIG_RULE_OTHERS);
	const json_t *from = json_object_get(rule, "from");

	for (size_t i = 0; i < config_rule_source_count(from); i++) {
		const char *pointer = config_rule_source(from, i);
		const json_t *object = json_pointer_get(inversion->config, pointer,
							inversion->error);

		if (json_is_object(object) && present(json_object_get(object, key)) != NULL)
			return pointer;
	}
	return NULL;
}

/* A key for which there is no rule; `others`: "*" would be its rule. */
static bool invert_other(struct inversion *inversion, const char *key, bool others,
			 const json_t *before, const json_t *after,
			 const struct json_place *place)
{
	struct json_place there = json_place_member(place, key);
	const char *pointer;

	before = present(before);
	after = present(after);
	if (same(before, after))
		return true;
	pointer = others ? source_of_other(inversion, key) : NULL;
	if (inversion->error->set)
		return false;
	if (pointer != NULL)
		return put_member(inversion, pointer, key, before, after, place);
	if (before != NULL)
		return true; /* the tap's own, and named when it came */
	return leave(inversion, &there, "added",
		     "no rule maps it back, so the Airbyte config does not get it");
}

/* The keys of an object for which there is no rule. */
static bool invert_others(struct inversion *inversion, const json_t *targets,
			  const json_t *before, const json_t *after,
			  const struct json_place *place)
{
	bool others = place->parent == NULL;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)after, key, value) {
		if (json_object_get(targets, key) == NULL &&
		    !invert_other(inversion, key, others, json_object_get(before, key), value,
				  place))
			return false;
	}
	json_object_foreach((json_t *)before, key, value) {
		if (json_object_get(targets, key) == NULL && json_object_get(after, key) == NULL &&
		    !invert_other(inversion, key, others, value, NULL, place))
			return false;
	}
	return true;
}

/* `targets` is a part of config_rule_targets' tree. */
static bool invert(struct inversion *inversion, const json_t *targets, const json_t *before,
		   const json_t *after, const struct json_place *place)
{
	const char *key;
	json_t *inside;

	if (json_is_string(targets))
		return invert_rule(inversion, json_string_value(targets), before, after, place);
	json_object_foreach((json_t *)targets, key, inside) {
		struct json_place there = json_place_member(place, key);

		if (!invert(inversion, inside, json_object_get(before, key),
			    json_object_get(after, key), &there))
			return false;
	}
	return invert_others(inversion, targets, before, after, place);
}

json_t *config_invert(const json_t *rules, const json_t *config, const json_t *tap_before,
		      const json_t *tap_after, const struct warnings *warnings,
		      struct error *error)
{
	struct inversion inversion = {
		.rules = rules, .config = config, .warnings = warnings, .error = error,
	};
	struct json_place root = json_place_root("");
	json_t *targets = rules ? config_rule_targets(rules, "", error) : json_object();
	bool inverted;

	inversion.result = json_deep_copy(rules ? config : tap_after);
	if (targets == NULL || inversion.result == NULL)
		inverted = error_set_no_memory(error);
	else
		inverted = rules == NULL ||
			   invert(&inversion, targets, tap_before, tap_after, &root);
	json_decref(targets);
	if (inverted)
		return inversion.result;
	json_decref(inversion.result);
	return NULL;
}
