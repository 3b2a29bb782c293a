#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "complain.h"
#include "discovery.h"
#include "recorded_catalog.h"
#include "recorder.h"
#include "replay_folder.h"
#include "text_file.h"

/* The command line, of which the session takes the rest. */
struct request {
	const char *folder;
	uint64_t max_records;
	bool anonymize;
	struct error error; /* what is wrong with it */
	char **rest;        /* owned, but for its words */
	int rest_count;
};

static void take_maximum(struct request *request, const char *text)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 || number > INT32_MAX)
		error_set(&request->error, FAILURE_CONFIG,
			  "--max-records needs a number of records, 1 or more, not %s", text);
	request->max_records = number;
}

static void take_folder(struct request *request, const char *folder)
{
	if (request->folder != NULL)
		error_set(&request->error, FAILURE_CONFIG,
			  "one folder for one recording: %s or %s?", request->folder, folder);
	request->folder = folder;
}

/* False: there is no memory. */
static bool parse(struct request *request, int argc, char **argv)
{
	struct arguments arguments = arguments_of(argc, argv);
	int at = arguments.next;

	*request = (struct request){ .rest = calloc((size_t)argc + 1, sizeof(*request->rest)) };
	if (request->rest == NULL)
		return false;
	request->rest[request->rest_count++] = argv[0];
	for (; arguments_next(&arguments, &request->error); at = arguments.next) {
		if (arguments.option == OPTION_MAX_RECORDS)
			take_maximum(request, arguments.value);
		else if (arguments.option == OPTION_ANONYMIZE)
			request->anonymize = true;
		else if (arguments.option == OPTION_NONE)
			take_folder(request, arguments.value);
		else
			while (at < arguments.next)
				request->rest[request->rest_count++] = argv[at++];
	}
	if (!request->error.set && request->folder == NULL)
		error_set(&request->error, FAILURE_CONFIG,
			  "which folder is the recording for? record --tap TAP --config FILE DIR");
	if (request->error.set)
		error_prefix(&request->error, "record: ");
	return true;
}

/* A file of the command line, into a part of the recording. */
static bool take_file(struct recorder *recorder, enum recording_part part, const char *path,
		      const char *what, struct error *error)
{
	if (path == NULL)
		return true;
	recorder->recording.has_part[part] = true;
	return text_file_read(path, what, &recorder->recording.parts[part], error);
}

static bool take_files(struct recorder *recorder, const struct session *session,
		       struct error *error)
{
	const struct options *given = &session->options;
	struct buffer catalog;
	bool done;

	buffer_init(&catalog, BUFFER_MAXIMUM);
	done = take_file(recorder, RECORDING_CONFIG, given->config, "the config", error) &&
	       take_file(recorder, RECORDING_STATE, given->state, "the state", error);
	if (done && given->catalog != NULL) {
		recorder->recording.has_part[RECORDING_CATALOG] = true;
		done = text_file_read(given->catalog, "the configured catalog", &catalog, error);
		if (done && !recorded_catalog_strip(buffer_slice(&catalog),
						    &recorder->recording.parts[RECORDING_CATALOG],
						    error)) {
			error_prefix(error, "the configured catalog, %s: ", given->catalog);
			error->type = FAILURE_CONFIG;
			done = false;
		}
	}
	buffer_release(&catalog);
	return done;
}

/* All streams, in a file that the session reads in place of --catalog; the caller frees it. */
static bool choose_all(struct session *session, struct recorder *recorder, struct slice catalog,
		       char **path)
{
	struct buffer *part = &recorder->recording.parts[RECORDING_CATALOG];

	if (!recorded_catalog_choose_all(catalog, part, &session->error))
		return false;
	recorder->recording.has_part[RECORDING_CATALOG] = true;
	*path = work_dir_write(&session->tap.work_dir, "configured-catalog.json",
			       buffer_slice(part), &session->error);
	session->options.catalog = *path;
	return *path != NULL;
}

/* The discovery, unless nobody needs it. */
static bool discover(struct session *session, struct recorder *recorder, char **path)
{
	struct tap_flags flags;
	struct buffer catalog;
	bool done = session_configure(session) && discovery_probe(session, &flags);

	buffer_init(&catalog, BUFFER_MAXIMUM);
	if (done && (session->options.catalog == NULL || tap_flags_take_catalog(&flags)))
		done = discover_catalog(session, &catalog);
	if (done && session->options.catalog == NULL)
		done = choose_all(session, recorder, buffer_slice(&catalog), path);
	buffer_release(&catalog);
	return done;
}

static bool prepare(struct session *session, struct recorder *recorder,
		    const struct request *request)
{
	session->recorder = recorder;
	session->writer.no_data = true;
	session->options.parallel = 1;
	if (session->options.config == NULL)
		return session_misused(session, "record needs --config FILE");
	return recording_may_replace(request->folder, &session->error) &&
	       take_files(recorder, session, &session->error);
}

/* *tap_folder is what --tap means, which the caller frees. */
static int run(struct recorder *recorder, struct request *request, char **tap_folder)
{
	struct session session;
	char *catalog_path = NULL;
	bool opened, done;
	int exit_code;

	if (request->error.set) {
		session_begin(&session, STDOUT_FILENO);
		(void)session_misused(&session, request->error.message);
		return session_close(&session, false);
	}
	opened = session_open(&session, request->rest_count, request->rest);
	if (opened)
		*tap_folder = strdup(session.options.folder);
	done = opened && prepare(&session, recorder, request) &&
	       discover(&session, recorder, &catalog_path);
	exit_code = done ? session_read(&session, true) : session_close(&session, false);
	free(catalog_path);
	return exit_code;
}

static uint64_t count_lines(const struct recording *recording)
{
	uint64_t count = 0;

	for (size_t i = 0; i < recording->run_count; i++)
		count += recording->runs[i].count;
	return count;
}

static bool keep(const struct recorder *recorder, const char *folder, struct error *error)
{
	const struct recording *recording = &recorder->recording;

	if (recorder->error.set)
		return error_set(error, recorder->error.type, "%s", recorder->error.message);
	if (!recording_save(recording, folder, error))
		return false;
	fprintf(stderr, "tapbyte: recorded %" PRIu64 " lines of the tap's %s in %s\n",
		count_lines(recording), recording->of_discovery ? "failed discovery" : "read",
		folder);
	return true;
}

int command_record(int argc, char **argv)
{
	struct error error = ERROR_NONE;
	struct recorder recorder;
	struct request request;
	char *tap_folder = NULL;
	bool done = true;
	int exit_code;

	if (!parse(&request, argc, argv)) {
		complain("tapbyte", "no memory");
		return 1;
	}
	recorder_init(&recorder);
	recorder.max_records = request.max_records;
	recorder.anonymize = request.anonymize;
	exit_code = run(&recorder, &request, &tap_folder);
	if (recorder.ended)
		done = (tap_folder != NULL || error_set_no_memory(&error)) &&
		       keep(&recorder, request.folder, &error) &&
		       replay_folder_update(request.folder, tap_folder, &error);
	if (!done)
		complain("tapbyte", error.message);
	free(tap_folder);
	free(request.rest);
	recorder_release(&recorder);
	return exit_code == 0 && !done ? 1 : exit_code;
}
