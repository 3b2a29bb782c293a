#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "count.h"
#include "die_by.h"
#include "usage.h"
#include "version.h"

/* Blocks of this size and more are pages of their own; less of the heap is not given back. */
#define OWN_PAGES (4 << 20)

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
} commands[] = {
	{ "spec", command_spec },       { "check", command_check },
	{ "discover", command_discover }, { "read", command_read },
	{ "record", command_record },   { "replay", command_replay },
	{ "install", command_install }, { "new", command_new },
	{ "test", command_test },       { "build", command_build },
};

static const char help[] =
	"  tapbyte COMMAND --help | --help | --version\n\n"
	"TAP is the folder of a tap.json if it has a slash, else a name that is looked up in\n"
	"$TAPBYTE_TAPS, ./taps and the installed taps. $TAPBYTE_TAP stands in for --tap.\n"
	"--debug (with the first four): log messages of level DEBUG, too.\n"
	"$TAPBYTE_VENVS is where `install` puts environments, else each goes into its tap's\n"
	"folder. $TMPDIR is where a run keeps its private files.\n\n"
	"stdout carries Airbyte protocol messages, one a line. Exit codes: 0 done, 1 failed\n"
	"(the last TRACE ERROR message says why), 2 used wrongly; on a signal tapbyte stops the\n"
	"tap and dies by that signal.\n";

/* Of one command, or (NULL) of all. */
static void print_help(FILE *file, const struct usage *usage)
{
	struct buffer text;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (usage != NULL) {
		usage_append_help(&text, usage);
	} else {
		buffer_append_string(&text, "tapbyte runs a Singer tap as an Airbyte source.\n\n"
					    "usage:\n");
		usage_append_all(&text);
		buffer_append_string(&text, help);
	}
	(void)fwrite(text.data, 1, text.length, file);
	buffer_release(&text);
}

/* Else the files that are opened next would be stdin, stdout and stderr. Writing fails. */
static void fill_closed_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * A long line grows in place then, and its memory is given back. glibc would come to keep such
 * blocks in its heap, where to grow is to copy: a line would be there three times.
 */
static void use_own_pages(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	(void)mallopt(M_TRIM_THRESHOLD, OWN_PAGES);
#endif
}

/* The exit code after text for a person: what is lost on a full disk was not printed. */
static int end_of_print(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "tapbyte: cannot write to stdout: %s\n", strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	die_by_as_first_process();
	fill_closed_standard_files();
	if (argc < 2) {
		print_help(stderr, NULL);
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tapbyte %s\n", TAPBYTE_VERSION);
		return end_of_print();
	}
	/* a recording that stands in for a tap has a --help of its own */
	for (int i = 1; i < argc && strcmp(argv[i], "--as-tap") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help(stdout, usage_of(argv[1]));
			return end_of_print();
		}
	for (size_t i = 0; i < COUNT(commands); i++) {
		int code;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		use_own_pages();
		signal(SIGPIPE, SIG_IGN); /* a write says EPIPE instead */
		signal(SIGXFSZ, SIG_IGN); /* and EFBIG */
		code = commands[i].function(argc - 1, argv + 1);
		return code == 0 ? end_of_print() : code;
	}
	fprintf(stderr, "tapbyte: there is no command %s; see tapbyte --help\n", argv[1]);
	return 2;
}
