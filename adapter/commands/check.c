#include <stdlib.h>

#include "commands.h"
#include "discovery.h"
#include "singer_message.h"
#include "tap_run.h"

/*
 * ---- first_record: a sync of one stream, as far as its first RECORD ----
 */
struct first_record {
	struct tap_run run;
	struct singer_message message;
	bool seen;
};

static void look_for_record(void *owner, struct slice line, bool complete)
{
	struct first_record *first = owner;
	struct singer_problem problem;

	(void)complete;
	if (first->seen ||
	    singer_message_parse(&first->message, line, &problem) != SINGER_LINE_MESSAGE ||
	    (first->message.type != SINGER_RECORD && first->message.type != SINGER_BATCH))
		return;
	first->seen = true;
	tap_process_stop(&first->run.process, TAP_STOP_ASKED);
}

/* Selects the first stream that needs no other one to be read. */
static void select_one(const struct singer_catalog *catalog, struct singer_selection *selections)
{
	for (size_t i = 0; i < catalog->count; i++) {
		if (catalog->entries[i].parent_id != NULL)
			continue;
		selections[i] = (struct singer_selection){
			.selected = true, .replication_method = "FULL_TABLE",
		};
		return;
	}
}

/* The tap's catalog with one stream selected, as a file; NULL on an error. */
static char *write_small_catalog(struct session *session, const struct tap_flags *flags)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct singer_selection *selections = NULL;
	struct buffer text;
	char *path = NULL;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (!discovery_run(session, flags, session->tap.manifest.check_deadline, &catalog))
		goto cleanup;
	selections = calloc(catalog.count + 1, sizeof(*selections));
	if (selections == NULL) {
		error_set_no_memory(&session->error);
		goto cleanup;
	}
	select_one(&catalog, selections);
	singer_catalog_select(&catalog, selections, &text);
	if (text.failed)
		error_set_no_memory(&session->error);
	else
		path = work_dir_write(&session->tap.work_dir, "catalog.json", buffer_slice(&text),
				      &session->error);
cleanup:
	free(selections);
	singer_catalog_release(&catalog);
	buffer_release(&text);
	return path;
}

static bool read_first_record(struct session *session, const struct tap_flags *flags)
{
	const char *arguments[8] = { "--config", session->tap.config_path };
	struct first_record first = { .seen = false };
	struct tap_task task = {
		.arguments = arguments, .what = "read a first record",
		.line = look_for_record, .owner = &first,
	};
	size_t count = 2;
	char *catalog = NULL;
	bool done = false;

	singer_message_init(&first.message);
	if (tap_flags_take_catalog(flags)) {
		catalog = write_small_catalog(session, flags);
		if (catalog == NULL)
			goto cleanup;
	}
	count += tap_flags_add_catalog(flags, catalog, arguments + count);
	arguments[count] = NULL;
	task.deadline = session->tap.manifest.check_deadline;
	if (!tap_run_start(&first.run, session, &task, &session->error))
		goto cleanup;
	tap_run_wait(&first.run);
	done = (first.seen && !session_is_interrupted(session)) ||
	       tap_run_succeeded(&first.run, &session->error);
	tap_run_release(&first.run);
cleanup:
	singer_message_release(&first.message);
	free(catalog);
	return done;
}

/*
 * ---- the command ----
 */

static bool prove(struct session *session)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct tap_flags flags;
	bool done;

	if (!discovery_probe(session, &flags))
		return false;
	if (session->tap.manifest.check_method == CHECK_FIRST_RECORD)
		return read_first_record(session, &flags);
	done = discovery_run(session, &flags, session->tap.manifest.check_deadline, &catalog);
	singer_catalog_release(&catalog);
	return done;
}

int command_check(int argc, char **argv)
{
	struct session session;
	bool done = session_open(&session, argc, argv) && session_configure(&session) &&
		    prove(&session);

	if (!session_is_interrupted(&session))
		airbyte_writer_connection_status(&session.writer, done ? NULL : &session.error);
	return session_close(&session, done);
}
