#include "config_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_invert.h"
#include "count.h"
#include "json_compare.h"
#include "json_load.h"
#include "spec_check.h"
#include "text_file.h"

#define STEP ((size_t)64 * 1024)

/* What failed once may work at once: there are others that use memory and descriptors. */
#define ATTEMPTS 2

/*
 * ---- reading ----
 */

/*
 * Is the same still there? Else the tap was writing while it was read, and it may be the
 * beginning of the old text with the end of the new one.
 */
static bool is_still_so(int fd, const struct buffer *text)
{
	struct buffer again;
	bool same;

	buffer_init(&again, CONFIG_WATCH_MAXIMUM);
	same = lseek(fd, 0, SEEK_SET) == 0 && text_file_read_open(fd, &again);
	if (same && !slice_equals(buffer_slice(&again), buffer_slice(text))) {
		errno = EBUSY;
		same = false;
	}
	if (again.failed)
		errno = ENOMEM;
	buffer_release(&again);
	return same;
}

static void fail_reading(const struct buffer *text, struct error *failure)
{
	if (text->failed || errno == ENOMEM)
		error_set_no_memory(failure);
	else
		error_set(failure, FAILURE_SYSTEM, "%s", strerror(errno));
}

/* What is there instead of a config; NULL: there is the text, or the failure is set. */
static const char *read_file(const char *path, struct buffer *text, struct error *failure)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const char *problem = NULL;
	struct stat status;

	if (fd < 0 && errno == ENOENT)
		return "is gone";
	if (fd < 0 && errno == ELOOP)
		return "is a symbolic link";
	if (fd < 0 || fstat(fd, &status) != 0)
		error_set(failure, FAILURE_SYSTEM, "%s", strerror(errno));
	else if (!S_ISREG(status.st_mode))
		problem = "is not a regular file";
	else if ((uintmax_t)status.st_size > CONFIG_WATCH_MAXIMUM - STEP)
		problem = "is larger than 16 MiB";
	else if (!text_file_read_open(fd, text) || !is_still_so(fd, text))
		fail_reading(text, failure);
	if (fd >= 0)
		close(fd);
	return problem;
}

/* An empty object is how a file begins, and no config: it would take every setting away. */
static json_t *parse(struct slice text, struct error *failure)
{
	json_error_t problem;
	json_t *config = json_load_slice(text, JSON_ALLOW_NUL, &problem);

	if (json_object_size(config) > 0)
		return config;
	if (config == NULL && problem.text[0] == '\0')
		error_set_no_memory(failure);
	json_decref(config);
	return NULL;
}

static bool is_known(const struct config_file *file, const struct buffer *text)
{
	return text->length > 0 && slice_equals(buffer_slice(text), buffer_slice(&file->seen));
}

/*
 * What the tap has put there, a new reference. NULL: nothing that is new, or *problem says
 * what is there instead, or the failure is set.
 */
static json_t *read_new(const struct config_file *file, struct buffer *text,
			const char **problem, struct error *failure)
{
	json_t *config;

	*problem = read_file(file->path, text, failure);
	if (*problem != NULL || failure->set || is_known(file, text))
		return NULL;
	config = parse(buffer_slice(text), failure);
	if (config == NULL && !failure->set)
		*problem = "is not a filled JSON object";
	return config;
}

/*
 * ---- telling ----
 */

static bool has_word(const char *key, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(key, words[i]) != NULL)
			return true;
	return false;
}

/* `token`, but not `token_type`, which is "Bearer" in every log. */
static bool names_secret(const char *key)
{
	static const char *const words[] = {
		"token", "secret", "passw", "pwd", "key", "jwt", "bearer", "credential", "cookie",
		"session",
	};
	static const char *const about[] = {
		"_type", "expir", "_at", "_uri", "_url", "_date", "_time", "primary_key",
		"replication_key", "key_properties", "key_name",
	};

	return has_word(key, words, COUNT(words)) && !has_word(key, about, COUNT(about));
}

/* As deep as jansson parses. False when memory runs out. */
static bool mask_new(struct secret_mask *mask, const json_t *before, const json_t *after,
		     bool secret)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)after, key, value) {
		if (!mask_new(mask, json_object_get(before, key), value,
			      secret || names_secret(key)))
			return false;
	}
	for (size_t i = 0; i < json_array_size(after); i++)
		if (!mask_new(mask, json_array_get(before, i), json_array_get(after, i), secret))
			return false;
	if (!secret || !json_is_string(after) || json_equal(before, after))
		return true;
	return secret_mask_add(mask, slice_of(json_string_value(after), json_string_length(after)));
}

/*
 * Puts the changed members of `wanted` into `object`, a part of the config, with which it
 * still fits the spec. False when memory runs out.
 */
static bool put_fitting(const json_t *specification, const json_t *config, json_t *object,
			const json_t *wanted)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)wanted, key, value) {
		json_t *old = json_object_get(object, key);
		struct error problem = ERROR_NONE;
		bool put;

		if (json_is_object(old) && json_is_object(value)) {
			if (!put_fitting(specification, config, old, value))
				return false;
			continue;
		}
		json_incref(old);
		put = !json_equal(old, value) && json_object_set(object, key, value) == 0;
		if (put && !spec_check_config(specification, config, &problem))
			put = old ? json_object_set(object, key, old) == 0
				  : json_object_del(object, key) == 0;
		else
			put = put || json_equal(old, value);
		json_decref(old);
		if (!put || problem.no_memory)
			return false;
	}
	return true;
}

/*
 * A tap may add settings that the spec does not have, or write a number as a string; the
 * new token is told all the same. NULL: nothing of it can be told, and the error says why.
 */
static json_t *what_fits(struct config_watch *watch, const json_t *wanted, struct error *error)
{
	const json_t *specification = manifest_connection_specification(&watch->tap->manifest);
	json_t *config = json_deep_copy(watch->tap->airbyte_config);

	if (config == NULL || !put_fitting(specification, config, config, wanted)) {
		error_set_no_memory(error);
	} else if (!json_equal(config, watch->tap->airbyte_config)) {
		warnings_say(watch->warnings,
			     "The tap has rewritten its config; Airbyte is told only what fits "
			     "the spec: %s", error->message);
		*error = ERROR_NONE;
		return config;
	}
	json_decref(config);
	return NULL;
}

/* The Airbyte config that goes with what the tap wrote, its secrets masked; NULL: an error. */
static json_t *map_back(struct config_watch *watch, const json_t *after, struct error *error)
{
	const json_t *specification = manifest_connection_specification(&watch->tap->manifest);
	struct tap *tap = watch->tap;
	json_t *config, *fitting;

	if (!mask_new(&tap->mask, tap->tap_config, after, false)) {
		error_set_no_memory(error);
		return NULL;
	}
	config = config_invert(tap->manifest.config, tap->airbyte_config, tap->tap_config, after,
			       watch->warnings, error);
	if (config == NULL)
		return NULL;
	if (!secret_mask_collect_more(&tap->mask, specification, config))
		error_set_no_memory(error);
	else if (spec_check_config(specification, config, error))
		return config;
	fitting = error->no_memory ? NULL : what_fits(watch, config, error);
	json_decref(config);
	return fitting;
}

/* What the tap changes next is a change from here on. */
static void take_over(struct tap *tap, json_t *airbyte_config, json_t *tap_config)
{
	json_decref(tap->airbyte_config);
	json_decref(tap->tap_config);
	tap->airbyte_config = airbyte_config;
	tap->tap_config = json_incref(tap_config);
}

/*
 * A copy has the config of the start. What its process has left as it was is no news, and
 * must not undo what another process has put into its own since. False: memory ran out.
 */
static bool keep_newer(const struct config_watch *watch, const struct config_file *file,
		       json_t *after)
{
	struct error failure = ERROR_NONE;
	json_t *before, *value;
	const char *key;
	void *next;
	bool done = true;

	if (file == watch->files || file->seen.length == 0)
		return true;
	before = parse(buffer_slice(&file->seen), &failure);
	json_object_foreach_safe(after, next, key, value) {
		json_t *newer = json_object_get(watch->tap->tap_config, key);

		if (done && newer != NULL &&
		    json_compare_equal(value, json_object_get(before, key)))
			done = json_object_set(after, key, newer) == 0;
	}
	json_decref(before);
	return done && !failure.set;
}

static void tell(struct config_watch *watch, const struct config_file *file, json_t *after)
{
	struct error error = ERROR_NONE;
	json_t *config = NULL;

	if (keep_newer(watch, file, after))
		config = map_back(watch, after, &error);
	else
		error_set_no_memory(&error);

	if (config == NULL && error.no_memory) {
		watch->writer->failed = true;
		watch->tap->mask.incomplete = true;
	}
	if (config == NULL) {
		airbyte_writer_logf(watch->writer, LOG_ERROR,
				    "The tap has rewritten its config, but Airbyte cannot be told "
				    "and keeps the old one: %s", error.message);
		return;
	}
	if (!json_compare_equal(config, watch->tap->airbyte_config)) {
		airbyte_writer_connector_config(watch->writer, config);
		watch->copy_rewritten = watch->copy_rewritten || file != watch->files;
	}
	take_over(watch->tap, config, after);
}

/* False: it was warned of already. */
static bool is_new_problem(struct config_file *file, const char *problem)
{
	bool is_new = file->problem != problem;

	file->problem = problem;
	return is_new;
}

static bool warn(const struct config_watch *watch, struct config_file *file, const char *problem)
{
	if (!is_new_problem(file, problem))
		return false;
	warnings_say(watch->warnings,
		     "The tap's config file, %s, %s at its end; tokens that the tap put there are "
		     "lost, and Airbyte keeps the config that it has.", file->path, problem);
	return true;
}

/* The last look failed. Without a sign of a change there is probably none. */
static bool give_up(struct config_watch *watch, struct config_file *file,
		    const struct error *failure)
{
	const char *path = file->path;

	if (failure->no_memory)
		return error_set_no_memory(&watch->error);
	if (file->touched)
		return error_set(&watch->error, FAILURE_SYSTEM,
				 "the tap has rewritten its config, but its file, %s, cannot be "
				 "read: %s; tokens that the tap put there are lost, and Airbyte "
				 "keeps the config that it has", path, failure->message);
	if (!is_new_problem(file, "cannot be read"))
		return false;
	warnings_say(watch->warnings,
		     "The tap's config file, %s, cannot be read at its end: %s; there is no sign "
		     "that the tap changed it, and Airbyte keeps the config that it has.", path,
		     failure->message);
	return true;
}

/* The old text goes into `text`. */
static void remember(struct config_file *file, struct buffer *text)
{
	struct buffer old = file->seen;

	file->seen = *text;
	*text = old;
	file->problem = NULL;
}

/* The files of that name, or all. */
static void touch(struct config_watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct config_file *file = &watch->files[i];

		if (name == NULL || strcmp(strrchr(file->path, '/') + 1, name) == 0)
			file->touched = true;
	}
}

/* Takes the notifications; without them, or when some may have got lost, nobody knows. */
static void take_notifications(struct config_watch *watch)
{
	alignas(struct inotify_event) char events[4096];
	ssize_t count;

	if (watch->notify < 0)
		touch(watch, NULL);

	while (watch->notify >= 0) {
		const char *at = events;

		count = read(watch->notify, events, sizeof(events));
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno != EAGAIN)
			touch(watch, NULL);
		if (count <= 0)
			return;
		while (at < events + count) {
			const struct inotify_event *event = (const void *)at;

			if (event->mask & IN_Q_OVERFLOW)
				touch(watch, NULL);
			else if (event->len > 0)
				touch(watch, event->name);
			at += sizeof(*event) + event->len;
		}
	}
}

static bool any_touched(const struct config_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->files[i].touched)
			return true;
	return false;
}

static bool any_unread(const struct config_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->files[i].unread)
			return true;
	return false;
}

static bool look_at(struct config_watch *watch, struct config_file *file, bool last)
{
	struct error failure = { .set = true };
	const char *problem = NULL;
	struct buffer text;
	json_t *after = NULL;
	bool said = false;

	buffer_init(&text, CONFIG_WATCH_MAXIMUM);
	for (int attempt = 0; failure.set && attempt < ATTEMPTS; attempt++) {
		failure = ERROR_NONE;
		buffer_clear(&text);
		after = read_new(file, &text, &problem, &failure);
	}
	file->unread = failure.set && file->touched;
	watch->tap->mask.behind = any_unread(watch);
	if (!failure.set)
		file->touched = false;
	if (after != NULL) {
		tell(watch, file, after);
		remember(file, &text);
		said = true;
	} else if (failure.set && last) {
		said = give_up(watch, file, &failure);
	} else if (problem != NULL && last) {
		said = warn(watch, file, problem);
	}
	json_decref(after);
	buffer_release(&text);
	return said;
}

bool config_watch_look(struct config_watch *watch, bool last)
{
	bool said = false;

	if (watch->tap == NULL)
		return false;
	take_notifications(watch);
	for (size_t i = 0; i < watch->count; i++)
		said = look_at(watch, &watch->files[i], last) || said;
	return said;
}

/*
 * ---- the watch ----
 */

bool config_watch_catch_up(struct config_watch *watch)
{
	if (watch->tap == NULL)
		return false;
	take_notifications(watch);
	if (!any_touched(watch) || watch->writer->out->length > AIRBYTE_WRITER_BACKLOG)
		return false;
	return config_watch_look(watch, false);
}

static void on_notification(uv_poll_t *poll, int status, int events)
{
	struct config_watch *watch = poll->data;

	(void)events;
	if (status == 0)
		watch->wake(watch->owner);
	else
		uv_poll_stop(poll);
}

/* Closed after writing, renamed to, or linked to. -1 and errno where there is none. */
static int open_notify(const char *folder)
{
	const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR;
	int notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), problem;

	if (notify < 0 || inotify_add_watch(notify, folder, events) >= 0)
		return notify;
	problem = errno;
	close(notify);
	errno = problem;
	return -1;
}

/* Takes the path over; the config's own belongs to the tap. */
static void add_file(struct config_watch *watch, char *path)
{
	struct config_file *file = &watch->files[watch->count++];

	*file = (struct config_file){ .path = path };
	buffer_init(&file->seen, CONFIG_WATCH_MAXIMUM);
}

const char *config_watch_copy(struct config_watch *watch, const char *name, struct error *error)
{
	struct buffer text;
	char *path = NULL;

	buffer_init(&text, CONFIG_WATCH_MAXIMUM);
	if (text_file_read(watch->tap->config_path, "the tap's config", &text, error))
		path = work_dir_write(&watch->tap->work_dir, name, buffer_slice(&text), error);
	if (path != NULL) {
		add_file(watch, path);
		remember(&watch->files[watch->count - 1], &text);
	}
	buffer_release(&text);
	return path;
}

void config_watch_start(struct config_watch *watch, uv_loop_t *loop, struct tap *tap,
			struct airbyte_writer *writer, const struct warnings *warnings,
			void (*wake)(void *owner), void *owner)
{
	*watch = (struct config_watch){
		.tap = tap, .writer = writer, .warnings = warnings, .wake = wake, .owner = owner,
		.notify = open_notify(tap->work_dir.path),
	};
	add_file(watch, tap->config_path);
	if (watch->notify < 0) {
		airbyte_writer_logf(writer, LOG_DEBUG,
				    "There is no watch for the tap's config file (%s); it is read "
				    "whenever the tap has written something, and at its end.",
				    strerror(errno));
		return;
	}
	if (uv_poll_init(loop, &watch->poll, watch->notify) != 0) {
		close(watch->notify);
		watch->notify = -1;
		return;
	}
	watch->poll.data = watch;
	uv_unref((uv_handle_t *)&watch->poll);
	(void)uv_poll_start(&watch->poll, UV_READABLE, on_notification);
}

void config_watch_stop(struct config_watch *watch)
{
	if (watch->tap == NULL)
		return;
	watch->tap = NULL;
	for (size_t i = 0; i < watch->count; i++) {
		buffer_release(&watch->files[i].seen);
		if (i > 0)
			free(watch->files[i].path);
	}
	watch->count = 0;
	if (watch->notify < 0)
		return;
	uv_close((uv_handle_t *)&watch->poll, NULL);
	close(watch->notify);
	watch->notify = -1;
}
