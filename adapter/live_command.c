#include "live_command.h"

#include <string.h>

#include "count.h"
#include "test_report.h"

#define ARGUMENTS_MAXIMUM 12

#define STDERR_KEPT ((size_t)2048)

/* A command that runs. */
struct run {
	struct live_command *command;
	struct leak_search *search;
};

static void on_line(void *owner, struct slice line, bool complete)
{
	const struct run *run = owner;

	(void)complete;
	leak_search_line(run->search, run->command->verb, "its stdout", line);
	run->command->line(run->command->owner, line);
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	const struct run *run = owner;
	struct buffer *log = &run->command->log;

	(void)cut;
	leak_search_line(run->search, run->command->verb, "its stderr", line);
	if (log->length + line.length < STDERR_KEPT) {
		buffer_append(log, line);
		buffer_append_char(log, '\n');
	}
}

bool live_command_run(struct live_command *command, struct live_tap *tap)
{
	struct run run = { command, &tap->search };
	const struct tap_listener listener = {
		.line = on_line, .log_line = on_log_line, .owner = &run,
	};
	const struct {
		const char *option, *file;
	} files[] = {
		{ "--config", command->config },
		{ "--catalog", command->catalog },
		{ "--state", command->state },
	};
	const char *arguments[ARGUMENTS_MAXIMUM] = { command->verb, "--tap", tap->folder };
	size_t count = 3;

	for (size_t i = 0; i < COUNT(files); i++) {
		if (files[i].file == NULL)
			continue;
		arguments[count++] = files[i].option;
		arguments[count++] = files[i].file;
	}
	buffer_init(&command->log, BUFFER_MAXIMUM);
	return child_run(tap->runner, arguments, &listener, &command->child, tap->error);
}

void live_command_release(struct live_command *command)
{
	buffer_release(&command->log);
}

bool live_command_succeeded(const struct live_command *command)
{
	return command->child.exit_code == 0 && command->child.signal == 0;
}

void live_command_tell_end(const struct live_command *command, struct slice error,
			   struct buffer *details)
{
	if (command->child.signal != 0)
		test_tell(details, "%s was killed by signal %d (%s)", command->verb,
			  command->child.signal, strsignal(command->child.signal));
	else
		test_tell(details, "%s ended with exit code %d", command->verb,
			  command->child.exit_code);
	if (error.length > 0)
		test_tell_text(details, "its error: ", error);
	buffer_append(details, buffer_slice(&command->log));
}
