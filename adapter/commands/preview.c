#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "child_run.h"
#include "colours.h"
#include "commands.h"
#include "complain.h"
#include "preview.h"
#include "terminal_text.h"

#define ARGUMENTS_MAXIMUM 30
#define WIDTH_DEFAULT 100
#define WIDTH_LEAST 20

/* Milliseconds from one line of progress to the next. */
#define PROGRESS_EVERY 200

#define CLEAR_LINE "\r\x1b[K"

struct reading {
	struct child_runner runner;
	struct preview preview;
	bool terminal;         /* stderr is one: progress is shown */
	bool progress;         /* and is there now */
	uint64_t progress_at;
};

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { .ws_col = 0 };
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		width = size.ws_col;
	if (width == 0 || width > 100000)
		return WIDTH_DEFAULT;
	return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

static void print(struct reading *reading, FILE *file, struct buffer *text)
{
	if (text->length == 0)
		return;
	if (reading->progress)
		fputs(CLEAR_LINE, stderr);
	reading->progress = false;
	if ((fwrite(text->data, 1, text->length, file) != text->length || fflush(file) != 0) &&
	    file == stdout)
		child_runner_give_up(&reading->runner, errno);
	buffer_clear(text);
}

static void show_progress(struct reading *reading)
{
	uint64_t now = uv_hrtime() / 1000000;
	struct buffer line;

	if (!reading->terminal || now < reading->progress_at + PROGRESS_EVERY)
		return;
	reading->progress_at = now;
	buffer_init(&line, BUFFER_MAXIMUM);
	preview_progress(&reading->preview, &line);
	fputs(CLEAR_LINE, stderr);
	if (line.length > 0) {
		struct buffer cut;

		buffer_init(&cut, BUFFER_MAXIMUM);
		terminal_text_append(&cut, buffer_slice(&line), reading->preview.width - 1);
		(void)fwrite(cut.data, 1, cut.length, stderr);
		buffer_release(&cut);
	}
	(void)fflush(stderr);
	reading->progress = true;
	buffer_release(&line);
}

static void on_line(void *owner, struct slice line, bool complete)
{
	struct reading *reading = owner;

	(void)complete;
	preview_line(&reading->preview, line);
	print(reading, stderr, &reading->preview.log);
	print(reading, stdout, &reading->preview.out);
	show_progress(reading);
}

static void on_log_line(void *owner, struct slice line, bool cut)
{
	struct reading *reading = owner;

	(void)cut;
	terminal_text_append(&reading->preview.log, line, TERMINAL_TEXT_UNCUT);
	buffer_append_char(&reading->preview.log, '\n');
	print(reading, stderr, &reading->preview.log);
}

/* The same command line, but for --pretty. */
static bool copy_arguments(int argc, char **argv, const char **arguments, struct error *error)
{
	size_t count = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--pretty") == 0)
			continue;
		if (count == ARGUMENTS_MAXIMUM)
			return error_set(error, FAILURE_CONFIG, "too many arguments");
		arguments[count++] = argv[i];
	}
	arguments[count] = NULL;
	return true;
}

bool preview_is_asked(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--pretty") == 0)
			return true;
	return false;
}

int command_preview(int argc, char **argv)
{
	const char *arguments[ARGUMENTS_MAXIMUM + 1];
	struct reading reading = { .terminal = isatty(STDERR_FILENO) };
	const struct tap_listener listener = {
		.line = on_line, .log_line = on_log_line, .owner = &reading,
	};
	struct child child = { .exit_code = 1 };
	struct error error = ERROR_NONE;

	preview_init(&reading.preview, terminal_width(), colours_are_wanted());
	if (copy_arguments(argc, argv, arguments, &error) &&
	    child_runner_open(&reading.runner, NULL, &error))
		child_run(&reading.runner, arguments, &listener, &child, &error);
	preview_end(&reading.preview);
	print(&reading, stderr, &reading.preview.log);
	print(&reading, stdout, &reading.preview.out);
	if (reading.runner.write_error != 0)
		error_set(&error, FAILURE_SYSTEM, "cannot write to stdout: %s",
			  strerror(reading.runner.write_error));
	if (reading.preview.failed)
		error_set_no_memory(&error);
	if (child.signal != 0)
		error_set(&error, FAILURE_SYSTEM, "the read was ended by signal %d (%s)",
			  child.signal, strsignal(child.signal));
	if (error.set && reading.runner.signal == 0)
		complain("tapbyte read", error.message);
	preview_release(&reading.preview);
	return child_runner_close(&reading.runner,
				  child.exit_code == 0 && error.set ? 1 : child.exit_code);
}
