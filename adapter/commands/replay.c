#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "as_tap.h"
#include "commands.h"
#include "complain.h"
#include "count.h"
#include "json_check.h"
#include "overlay.h"
#include "replay.h"
#include "replay_folder.h"
#include "text_file.h"

enum replay_operation {
	REPLAY_DISCOVER,
	REPLAY_CHECK,
	REPLAY_READ,
	REPLAY_OPERATIONS,
};

static const char *const operation_names[REPLAY_OPERATIONS] = {
	[REPLAY_DISCOVER] = "discover", [REPLAY_CHECK] = "check", [REPLAY_READ] = "read",
};

/*
 * ---- one operation ----
 */

/* overlay.json in the recording, in place of the tap's own. */
static bool take_overlay(struct session *session)
{
	json_t *overlay;

	if (access("overlay.json", F_OK) != 0)
		return true;
	overlay = json_check_load("overlay.json", &session->error);
	if (overlay == NULL)
		return false;
	json_decref(session->tap.manifest.overlay);
	session->tap.manifest.overlay = overlay;
	if (overlay_check(overlay, &session->error))
		return true;
	error_prefix(&session->error, "overlay.json: ");
	return false;
}

static bool can_be_checked(struct session *session)
{
	if (session->tap.manifest.check_method != CHECK_HTTP)
		return true;
	return session_misused(session, "the tap's check makes a request of its own, of which a "
					"recording knows nothing");
}

/*
 * In the recording's folder; what comes out goes to the descriptor. The exit code; *whole:
 * what came out is all that should have.
 */
static int run(struct replay *replay, enum replay_operation operation, const char *tap_folder,
	       bool debug, int fd, bool *whole)
{
	static int (*const commands[])(struct session *session, bool opened) = {
		[REPLAY_DISCOVER] = session_discover,
		[REPLAY_CHECK] = session_check,
		[REPLAY_READ] = session_read,
	};
	char *arguments[] = {
		(char *)operation_names[operation], "--tap", (char *)tap_folder,
		"--config", (char *)recording_part_names[RECORDING_CONFIG],
		"--catalog", (char *)recording_part_names[RECORDING_CATALOG],
		debug ? "--debug" : NULL, NULL,
	};
	struct session session;
	bool opened;
	int exit_code;

	opened = session_open_on(&session, fd, COUNT(arguments) - (debug ? 1 : 2), arguments);
	replay->now = replay->recording.started;
	session.replay = replay;
	session.writer.patient = true;
	session.options.parallel = 1;
	if (replay->recording.has_part[RECORDING_STATE])
		session.options.state = recording_part_names[RECORDING_STATE];
	session_tick(&session);
	opened = opened && take_overlay(&session) &&
		 (operation != REPLAY_CHECK || can_be_checked(&session));
	exit_code = commands[operation](&session, opened);
	*whole = session.output.error == 0 && !session.writer.failed && !session.error.no_memory;
	return exit_code;
}

/* Loads the recording and goes into its folder. */
static bool enter(struct replay *replay, const char *folder, struct error *error)
{
	if (!recording_load(&replay->recording, folder, error))
		return false;
	return chdir(folder) == 0 ||
	       error_set(error, FAILURE_CONFIG, "cannot go into %s: %s", folder,
			 strerror(errno));
}

/* A folder that is named from the recording's own. */
static char *find_tap_beside(const char *tap, const char *folder, struct error *error)
{
	char *path = NULL, *found;

	if (tap[0] == '/')
		return options_find_tap(tap, error);
	path = recording_path(folder, tap);
	if (path == NULL) {
		error_set_no_memory(error);
		return NULL;
	}
	found = options_find_tap(path, error);
	free(path);
	return found;
}

/* The tap's folder, absolute, which the caller frees; by its name where `tap` is NULL. */
static char *find_tap(const struct recording *recording, const char *tap, const char *folder,
		      struct error *error)
{
	if (tap == NULL)
		tap = getenv("TAPBYTE_TAP");
	if (tap != NULL && tap[0] != '\0')
		return options_find_tap(tap, error);
	if (recording->tap != NULL && strchr(recording->tap, '/') != NULL)
		return find_tap_beside(recording->tap, folder, error);
	if (recording->tap != NULL)
		return options_find_tap(recording->tap, error);
	error_set(error, FAILURE_CONFIG,
		  "which tap? %s/recording.json names none; give --tap NAME or --tap FOLDER",
		  folder);
	return NULL;
}

static bool can_run(const struct recording *recording, enum replay_operation operation)
{
	if (operation == REPLAY_READ)
		return recording->has_part[RECORDING_CATALOG] && !recording->of_discovery;
	return operation != REPLAY_DISCOVER || recording->of_discovery ||
	       recording->has_part[RECORDING_DISCOVERY];
}

/*
 * ---- --update ----
 */

#define EXPECTED_PATH 64

/* In the recording's folder: expected/OPERATION.jsonl. */
static void expected_path(char *path, enum replay_operation operation)
{
	snprintf(path, EXPECTED_PATH, "expected/%s.jsonl", operation_names[operation]);
}

static bool has_http_check(const char *tap_folder, bool *http, struct error *error)
{
	struct manifest manifest = { .name = NULL };
	bool done = manifest_load(&manifest, tap_folder, error);

	*http = done && manifest.check_method == CHECK_HTTP;
	manifest_release(&manifest);
	return done;
}

/* Runs it into a file, whose text goes to `output`. */
static bool run_into(struct replay *replay, enum replay_operation operation,
		     const char *tap_folder, const char *path, struct buffer *output,
		     struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool whole;

	if (fd < 0)
		return error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path,
				 strerror(errno));
	(void)run(replay, operation, tap_folder, false, fd, &whole);
	if (close(fd) != 0)
		return error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path,
				 strerror(errno));
	if (!whole)
		return error_set(error, FAILURE_SYSTEM,
				 "cannot write %s: the disk is full, or there is no memory", path);
	return text_file_read(path, "what comes out", output, error);
}

/*
 * Writes expected/OPERATION.jsonl anew. What comes out twice is what the recording says;
 * else the machine, which lacks memory or descriptors or disk, had a say in it.
 */
static bool accept_output(struct replay *replay, enum replay_operation operation,
			  const char *tap_folder, struct error *error)
{
	char path[EXPECTED_PATH], new_path[EXPECTED_PATH + 4];
	struct buffer first, second;
	bool done;

	expected_path(path, operation);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	buffer_init(&first, 2 * BUFFER_MAXIMUM);
	buffer_init(&second, 2 * BUFFER_MAXIMUM);
	done = run_into(replay, operation, tap_folder, new_path, &first, error) &&
	       run_into(replay, operation, tap_folder, new_path, &second, error);
	if (done && !slice_equals(buffer_slice(&first), buffer_slice(&second)))
		done = error_set(error, FAILURE_SYSTEM,
				 "two replays of the same recording gave two results; what is "
				 "expected is left as it was");
	if (done && rename(new_path, path) != 0)
		done = error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path,
				 strerror(errno));
	if (!done)
		(void)unlink(new_path);
	buffer_release(&first);
	buffer_release(&second);
	return done;
}

static bool update(struct replay *replay, const char *tap_folder, struct error *error)
{
	bool http, done = has_http_check(tap_folder, &http, error);

	for (size_t i = 0; done && i < REPLAY_OPERATIONS; i++) {
		char path[EXPECTED_PATH];

		if (mkdir(i == 0 ? "expected" : "tap", 0777) != 0 && errno != EEXIST)
			return error_set(error, FAILURE_SYSTEM,
					 "cannot make a folder in the recording: %s",
					 strerror(errno));
		expected_path(path, i);
		if (can_run(&replay->recording, i) && !(http && i == REPLAY_CHECK))
			done = accept_output(replay, i, tap_folder, error);
		else if (unlink(path) != 0 && errno != ENOENT)
			done = error_set(error, FAILURE_SYSTEM, "cannot remove %s: %s", path,
					 strerror(errno));
	}
	return done;
}

/* The same; an error says which recording it is of. */
static bool update_named(struct replay *replay, const char *tap_folder, const char *folder,
			 struct error *error)
{
	if (update(replay, tap_folder, error))
		return true;
	error_prefix(error, "the recording in %s: ", folder);
	return false;
}

/* Of a recording that is not whole nothing is expected, which no test takes for a pass. */
static void forget_expected(void)
{
	for (size_t i = 0; i < REPLAY_OPERATIONS; i++) {
		char path[EXPECTED_PATH];

		expected_path(path, i);
		(void)unlink(path);
	}
}

bool replay_folder_update(const char *folder, const char *tap_folder, struct error *error)
{
	struct replay replay = { .update = true };
	char *found = NULL;
	bool entered = enter(&replay, folder, error), done = entered;

	if (done && tap_folder == NULL)
		tap_folder = found = find_tap(&replay.recording, NULL, folder, error);
	if (done)
		done = tap_folder != NULL && update_named(&replay, tap_folder, folder, error);
	if (entered && !done)
		forget_expected();
	free(found);
	recording_release(&replay.recording);
	return done;
}

/*
 * ---- the command ----
 */

struct request {
	const char *folder;
	const char *tap;
	enum replay_operation operation; /* REPLAY_OPERATIONS: what it was recorded for */
	bool update, debug;
};

static bool take_operands(struct request *request, size_t count, const char *const *operands,
			  struct error *error)
{
	request->operation = REPLAY_OPERATIONS;
	if (count < 1 || count > 2)
		return error_set(error, FAILURE_CONFIG,
				 "replay needs the folder of a recording: replay DIR "
				 "[read|discover|check]");
	request->folder = operands[0];
	for (size_t i = 0; count == 2 && i < REPLAY_OPERATIONS; i++)
		if (strcmp(operands[1], operation_names[i]) == 0)
			request->operation = i;
	if (count == 2 && request->operation == REPLAY_OPERATIONS)
		return error_set(error, FAILURE_CONFIG,
				 "replay: %s is none of read, discover and check", operands[1]);
	if (count == 2 && request->update)
		return error_set(error, FAILURE_CONFIG,
				 "replay --update takes a folder only: all of it is accepted");
	return true;
}

static bool parse(struct request *request, int argc, char **argv, struct error *error)
{
	struct arguments arguments = arguments_of(argc, argv);
	const char *operands[2] = { NULL };
	size_t count = 0;

	*request = (struct request){ .folder = NULL };
	while (arguments_next(&arguments, error)) {
		if (arguments.option == OPTION_TAP)
			request->tap = arguments.value;
		else if (arguments.option == OPTION_UPDATE)
			request->update = true;
		else if (arguments.option == OPTION_DEBUG)
			request->debug = true;
		else if (arguments.option == OPTION_AS_TAP)
			error_set(error, FAILURE_CONFIG, "--as-tap comes first: replay --as-tap "
				  "DIR ...");
		else if (count++ < COUNT(operands))
			operands[count - 1] = arguments.value;
	}
	if (!error->set)
		return take_operands(request, count, operands, error);
	error_prefix(error, "replay: ");
	return false;
}

static bool replay_folder(const struct request *request, int *exit_code, struct error *error)
{
	enum replay_operation operation = request->operation;
	struct replay replay = { .update = request->update };
	char *tap_folder = NULL;
	bool done = recording_load(&replay.recording, request->folder, error), whole;

	if (operation == REPLAY_OPERATIONS)
		operation = replay.recording.of_discovery ? REPLAY_DISCOVER : REPLAY_READ;
	if (done && !request->update && !can_run(&replay.recording, operation))
		done = error_set(error, FAILURE_CONFIG, operation == REPLAY_READ
				 ? "the recording in %s is not of a read: it has no catalog.json, "
				   "or the discovery failed"
				 : "the recording in %s has no discovery.json", request->folder);
	if (done)
		tap_folder = find_tap(&replay.recording, request->tap, request->folder, error);
	done = tap_folder != NULL;
	if (done && chdir(request->folder) != 0)
		done = error_set(error, FAILURE_CONFIG, "cannot go into %s: %s", request->folder,
				 strerror(errno));
	if (done && request->update)
		done = update_named(&replay, tap_folder, request->folder, error);
	else if (done)
		*exit_code = run(&replay, operation, tap_folder, request->debug, STDOUT_FILENO,
				 &whole);
	free(tap_folder);
	recording_release(&replay.recording);
	return done;
}

int command_replay(int argc, char **argv)
{
	struct error error = ERROR_NONE;
	struct request request;
	int exit_code = 0;

	if (argc > 1 && strcmp(argv[1], "--as-tap") == 0)
		return as_tap(argc - 2, argv + 2);
	if (!parse(&request, argc, argv, &error)) {
		complain("tapbyte", error.message);
		return 2;
	}
	if (replay_folder(&request, &exit_code, &error))
		return exit_code;
	complain("tapbyte", error.message);
	return 1;
}
