#include "manifest.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_map.h"
#include "count.h"
#include "http_check.h"
#include "json_check.h"
#include "overlay.h"
#include "spec_schema.h"

#define CHECK_DEADLINE 300
#define DISCOVER_DEADLINE 1500
#define READ_IDLE 10800
#define DEADLINE_MAXIMUM 86400 /* a day */

#define SHAPE(members) { members, COUNT(members), .open = false }
#define INTO(field) .offset = offsetof(struct manifest, field)

static bool keep(const json_t *value, const struct json_place *place, void *target,
		 struct error *error)
{
	(void)place;
	(void)error;
	*(json_t **)target = json_incref((json_t *)value);
	return true;
}

static bool keep_name(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	const char *name = json_string_value(value);
	char *copy;

	if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be made of a-z, 0-9 and \"-\"");
	copy = strdup(name);
	if (copy == NULL)
		return error_set_no_memory(error);
	*(char **)target = copy;
	return true;
}

static bool keep_command(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	struct json_place first = json_place_element(place, 0);

	if (json_array_size(value) == 0)
		return json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
	return json_check_elements(value, place, JSON_CHECK_STRING, NULL, NULL, error) &&
	       json_check_filled_string(json_array_get(value, 0), &first, NULL, error) &&
	       keep(value, place, target, error);
}

static bool keep_pip(const json_t *value, const struct json_place *place, void *target,
		     struct error *error)
{
	json_t **pip = target;

	if (json_is_array(value))
		return json_check_filled_strings(value, place, NULL, error) &&
		       keep(value, place, target, error);
	if (!json_check_filled_string(value, place, NULL, error))
		return false;
	*pip = json_pack("[O]", value);
	return *pip != NULL || error_set_no_memory(error);
}

static bool check_variable(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	(void)value;
	(void)target;
	if (*place->key == '\0' || strchr(place->key, '=') != NULL)
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "is no name of an environment variable");
	return true;
}

static bool keep_env(const json_t *value, const struct json_place *place, void *target,
		     struct error *error)
{
	return json_check_members(value, place, JSON_CHECK_STRING | JSON_CHECK_TRUE, check_variable,
				  NULL, error) &&
	       keep(value, place, target, error);
}

/* `target` is a set of the flags that were there already, as bits. */
static bool check_flag(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	static const char *const flags[] = { "--catalog", "--properties" };
	unsigned *seen = target;
	size_t flag;

	if (!json_check_choice(value, place, flags, COUNT(flags), &flag, error))
		return false;
	if (*seen & 1u << flag)
		return json_check_fail(place, FAILURE_SYSTEM, error, "\"%s\" is there twice",
				       flags[flag]);
	*seen |= 1u << flag;
	return true;
}

static bool keep_flags(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	unsigned seen = 0;

	return json_check_elements(value, place, JSON_CHECK_STRING, check_flag, &seen, error) &&
	       keep(value, place, target, error);
}

static bool keep_config(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	return config_map_check(value, "/config", error) && keep(value, place, target, error);
}

static bool keep_namespaces(const json_t *value, const struct json_place *place, void *target,
			    struct error *error)
{
	static const char *const names[] = { "none", "schema" };
	size_t choice;

	if (!json_check_choice(value, place, names, COUNT(names), &choice, error))
		return false;
	*(bool *)target = choice == 1;
	return true;
}

static bool keep_check_method(const json_t *value, const struct json_place *place, void *target,
			      struct error *error)
{
	static const char *const names[] = {
		[CHECK_DISCOVER] = "discover",
		[CHECK_FIRST_RECORD] = "first_record",
		[CHECK_LOGIN] = "login",
		[CHECK_SDK_TEST] = "sdk_test",
		[CHECK_HTTP] = "http",
	};
	size_t choice;

	if (!json_check_choice(value, place, names, COUNT(names), &choice, error))
		return false;
	*(enum check_method *)target = (enum check_method)choice;
	return true;
}

static bool keep_number(const json_t *value, json_int_t least, const struct json_place *place,
			unsigned *target, struct error *error)
{
	json_int_t seconds = json_integer_value(value);

	if (seconds < least || seconds > DEADLINE_MAXIMUM)
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be a number of seconds from %" JSON_INTEGER_FORMAT
				       " to %d", least, DEADLINE_MAXIMUM);
	*target = (unsigned)seconds;
	return true;
}

static bool keep_seconds(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	return keep_number(value, 1, place, target, error);
}

static bool keep_idle(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	return keep_number(value, 0, place, target, error);
}

static bool keep_http(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	return http_check_validate(value, "/check/http", error) &&
	       keep(value, place, target, error);
}

/* The name of a file, which load_named reads later. */
static bool keep_file_name(const json_t *value, const struct json_place *place, void *target,
			    struct error *error)
{
	if (json_string_value(value)[0] == '/')
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be relative to the tap's folder");
	if (!json_check_filled_string(value, place, NULL, error))
		return false;
	*(char **)target = strdup(json_string_value(value));
	return *(char **)target != NULL || error_set_no_memory(error);
}

static bool keep_tap(const json_t *value, const struct json_place *place, void *target,
		     struct error *error)
{
	static const struct json_member members[] = {
		{ "command", JSON_CHECK_ARRAY, .required = true, .check = keep_command,
		  INTO(command) },
		{ "pip", JSON_CHECK_STRING | JSON_CHECK_ARRAY, .check = keep_pip, INTO(pip) },
		{ "env", JSON_CHECK_OBJECT, .check = keep_env, INTO(env) },
		{ "catalog_flags", JSON_CHECK_ARRAY, .check = keep_flags, INTO(catalog_flags) },
	};
	static const struct json_shape shape = SHAPE(members);

	return json_check_object(value, place, &shape, target, error);
}

static bool keep_check(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	static const struct json_member members[] = {
		{ "method", JSON_CHECK_STRING, .check = keep_check_method, INTO(check_method) },
		{ "http", JSON_CHECK_OBJECT, .check = keep_http, INTO(check_http) },
		{ "deadline", JSON_CHECK_INTEGER, .check = keep_seconds, INTO(check_deadline) },
	};
	static const struct json_shape shape = SHAPE(members);
	struct json_place http = json_place_member(place, "http");
	const struct manifest *manifest = target;

	if (!json_check_object(value, place, &shape, target, error))
		return false;
	if (manifest->check_method == CHECK_HTTP && manifest->check_http == NULL)
		return json_check_fail(&http, FAILURE_SYSTEM, error,
				       "missing, must be an object: the method is \"http\"");
	if (manifest->check_method != CHECK_HTTP && manifest->check_http != NULL)
		return json_check_fail(&http, FAILURE_SYSTEM, error,
				       "is for the method \"http\" only");
	return true;
}

static bool keep_discover(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	static const struct json_member members[] = {
		{ "deadline", JSON_CHECK_INTEGER, .check = keep_seconds, INTO(discover_deadline) },
	};
	static const struct json_shape shape = SHAPE(members);

	return json_check_object(value, place, &shape, target, error);
}

static bool keep_read(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	static const struct json_member members[] = {
		{ "idle", JSON_CHECK_INTEGER, .check = keep_idle, INTO(read_idle) },
	};
	static const struct json_shape shape = SHAPE(members);

	return json_check_object(value, place, &shape, target, error);
}

static bool keep_processes(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	json_int_t processes = json_integer_value(value);

	if (processes < 1 || processes > PARALLEL_MAXIMUM)
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be a number of processes from 1 to %d",
				       PARALLEL_MAXIMUM);
	*(unsigned *)target = (unsigned)processes;
	return true;
}

static bool keep_groups(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	return json_check_elements(value, place, JSON_CHECK_ARRAY, json_check_filled_strings, NULL,
				   error) &&
	       keep(value, place, target, error);
}

static bool keep_on_failure(const json_t *value, const struct json_place *place, void *target,
			    struct error *error)
{
	static const char *const names[] = { "finish", "stop" };
	size_t choice;

	if (!json_check_choice(value, place, names, COUNT(names), &choice, error))
		return false;
	*(bool *)target = choice == 1;
	return true;
}

/* A number, or an object with more to say. */
static bool keep_parallel(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	static const struct json_member members[] = {
		{ "processes", JSON_CHECK_INTEGER, .check = keep_processes, INTO(parallel) },
		{ "groups", JSON_CHECK_ARRAY, .check = keep_groups, INTO(groups) },
		{ "on_failure", JSON_CHECK_STRING, .check = keep_on_failure,
		  INTO(stop_on_failure) },
	};
	static const struct json_shape shape = SHAPE(members);
	struct manifest *manifest = target;

	if (json_is_integer(value))
		return keep_processes(value, place, &manifest->parallel, error);
	return json_check_object(value, place, &shape, target, error);
}

/* What images are made with; a registry of connectors checks the rest. */
static bool keep_metadata(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	static const struct json_member members[] = {
		{ "dockerRepository", JSON_CHECK_STRING, .check = json_check_filled_string },
		{ "dockerImageTag", JSON_CHECK_STRING, .check = json_check_filled_string },
		{ "license", JSON_CHECK_STRING, .check = json_check_filled_string },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = true };

	return json_check_object(value, place, &shape, NULL, error) &&
	       keep(value, place, target, error);
}

/* The offsets of what is not INTO a field are 0: those checks get the manifest itself. */
static const struct json_member manifest_members[] = {
	{ "name", JSON_CHECK_STRING, .required = true, .check = keep_name, INTO(name) },
	{ "tap", JSON_CHECK_OBJECT, .required = true, .check = keep_tap },
	{ "spec", JSON_CHECK_STRING, .required = true, .check = keep_file_name, INTO(spec_file) },
	{ "config", JSON_CHECK_OBJECT, .check = keep_config, INTO(config) },
	{ "catalog", JSON_CHECK_STRING, .check = keep_file_name, INTO(overlay_file) },
	{ "namespace", JSON_CHECK_STRING, .check = keep_namespaces, INTO(namespaces) },
	{ "check", JSON_CHECK_OBJECT, .check = keep_check },
	{ "discover", JSON_CHECK_OBJECT, .check = keep_discover },
	{ "read", JSON_CHECK_OBJECT, .check = keep_read },
	{ "parallel", JSON_CHECK_INTEGER | JSON_CHECK_OBJECT, .check = keep_parallel },
	{ "metadata", JSON_CHECK_OBJECT, .check = keep_metadata, INTO(metadata) },
	{ "$schema", JSON_CHECK_STRING, .required = false },
};
static const struct json_shape manifest_shape = SHAPE(manifest_members);

/* scheme://rest, without white space */
static bool check_url(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	const char *url = json_string_value(value);
	size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+.-");

	(void)target;
	if (!isalpha((unsigned char)url[0]) || strncmp(url + scheme, "://", 3) != 0 ||
	    url[scheme + 3] == '\0' || url[strcspn(url, " \t\r\n")] != '\0')
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be an absolute URL (https://...)");
	return true;
}

static bool check_object_type(const json_t *value, const struct json_place *place, void *target,
			      struct error *error)
{
	static const char *const names[] = { "object" };
	size_t choice;

	(void)target;
	return json_check_choice(value, place, names, COUNT(names), &choice, error);
}

static bool check_connection_specification(const json_t *value, const struct json_place *place,
					   void *target, struct error *error)
{
	static const struct json_member members[] = {
		{ "type", JSON_CHECK_STRING, .required = true, .check = check_object_type },
		{ "properties", JSON_CHECK_OBJECT, .required = true },
		{ "title", JSON_CHECK_STRING, .required = false },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = true };

	return json_check_object(value, place, &shape, target, error) &&
	       spec_schema_check(value, "/connectionSpecification", error);
}

static bool check_spec(const json_t *spec, struct error *error)
{
	static const struct json_member members[] = {
		{ "connectionSpecification", JSON_CHECK_OBJECT, .required = true,
		  .check = check_connection_specification },
		{ "documentationUrl", JSON_CHECK_STRING, .check = check_url },
		{ "changelogUrl", JSON_CHECK_STRING, .check = check_url },
		{ "protocol_version", JSON_CHECK_STRING, .required = false },
		{ "supportsIncremental", JSON_CHECK_BOOLEAN, .required = false },
		{ "supportsNormalization", JSON_CHECK_BOOLEAN, .required = false },
		{ "supportsDBT", JSON_CHECK_BOOLEAN, .required = false },
		{ "supported_destination_sync_modes", JSON_CHECK_ARRAY, .required = false },
		{ "advanced_auth", JSON_CHECK_OBJECT, .required = false },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = true };
	struct json_place root = json_place_root("");

	return json_check_object(spec, &root, &shape, NULL, error);
}

static bool check_manifest(const json_t *value, struct manifest *manifest, struct error *error)
{
	struct json_place root = json_place_root("");

	return json_check_object(value, &root, &manifest_shape, manifest, error);
}

/* Do the rules and the check read settings that the spec has? */
static bool check_sources(const struct manifest *manifest, struct error *error)
{
	const json_t *specification = manifest_connection_specification(manifest);

	if (manifest->config != NULL &&
	    !config_map_check_sources(manifest->config, specification, "/config", error))
		return false;
	return manifest->check_http == NULL ||
	       http_check_sources(manifest->check_http, specification, "/check/http", error);
}

/* FOLDER/FILE; NULL when memory ran out. The caller frees it. */
static char *path_in(const char *folder, const char *file, struct error *error)
{
	size_t length = strlen(folder);
	char *path = NULL;

	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (asprintf(&path, "%.*s/%s", (int)length, folder, file) < 0) {
		error_set_no_memory(error);
		return NULL;
	}
	return path;
}

/* Loads and checks a file in the folder into *value. */
static bool load_named(json_t **value, const char *folder, const char *file,
		       bool (*check)(const json_t *, struct error *), struct error *error)
{
	char *path = path_in(folder, file, error);
	bool loaded = false;

	if (path == NULL)
		return false;
	*value = json_check_load(path, error);
	if (*value == NULL)
		goto cleanup;
	loaded = check(*value, error);
	if (!loaded)
		error_prefix(error, "%s: ", path);
cleanup:
	free(path);
	return loaded;
}

bool manifest_load(struct manifest *manifest, const char *folder, struct error *error)
{
	char *path = NULL;
	json_t *value = NULL;
	bool loaded = false;

	*manifest = (struct manifest){
		.namespaces = true,
		.check_method = CHECK_DISCOVER,
		.check_deadline = CHECK_DEADLINE,
		.discover_deadline = DISCOVER_DEADLINE,
		.read_idle = READ_IDLE,
		.parallel = 1,
	};
	path = path_in(folder, "tap.json", error);
	if (path == NULL)
		goto cleanup;
	value = json_check_load(path, error);
	if (value == NULL)
		goto cleanup;
	manifest->folder = realpath(folder, NULL);
	if (manifest->folder == NULL) {
		error_set(error, FAILURE_SYSTEM, "%s: %s", folder, strerror(errno));
		goto cleanup;
	}
	if (!check_manifest(value, manifest, error)) {
		error_prefix(error, "%s: ", path);
		goto cleanup;
	}
	if (!load_named(&manifest->spec, folder, manifest->spec_file, check_spec, error))
		goto cleanup;
	if (!check_sources(manifest, error)) {
		error_prefix(error, "%s: ", path);
		goto cleanup;
	}
	loaded = manifest->overlay_file == NULL ||
		 load_named(&manifest->overlay, folder, manifest->overlay_file, overlay_check,
			    error);
cleanup:
	json_decref(value);
	free(path);
	return loaded;
}

void manifest_release(struct manifest *manifest)
{
	free(manifest->name);
	free(manifest->folder);
	json_decref(manifest->command);
	json_decref(manifest->pip);
	json_decref(manifest->env);
	json_decref(manifest->catalog_flags);
	json_decref(manifest->spec);
	json_decref(manifest->config);
	json_decref(manifest->overlay);
	json_decref(manifest->check_http);
	json_decref(manifest->groups);
	free(manifest->spec_file);
	free(manifest->overlay_file);
	json_decref(manifest->metadata);
	*manifest = (struct manifest){ .name = NULL };
}

const json_t *manifest_connection_specification(const struct manifest *manifest)
{
	return json_object_get(manifest->spec, "connectionSpecification");
}
