#include "as_tap.h"

#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "count.h"
#include "die_by.h"
#include "recording.h"

static bool has_argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

static void print_help(const struct tap_flags *flags)
{
	const struct {
		bool takes;
		const char *usage;
	} options[] = {
		{ true, "--config FILE" },
		{ flags->discover, "--discover" },
		{ flags->catalog, "--catalog FILE" },
		{ flags->properties, "--properties FILE" },
		{ flags->state, "--state FILE" },
	};

	printf("usage: a recorded tap\n\noptions:\n");
	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i].takes)
			printf("  %s\n", options[i].usage);
}

/* The lines, in the order of both streams. */
static void print_lines(const struct recording *recording)
{
	struct recording_cursor cursor = recording_begin(recording);
	struct recording_line line;
	FILE *last = stdout;

	while (recording_next(&cursor, &line)) {
		FILE *file = line.source == RECORDING_OUT ? stdout : stderr;

		if (file != last)
			fflush(last);
		last = file;
		fwrite(line.text.data, 1, line.text.length, file);
		if (line.complete)
			fputc('\n', file);
	}
}

static int play(const struct recording *recording, bool discover)
{
	const struct buffer *document = &recording->parts[RECORDING_DISCOVERY];

	if (discover && !recording->of_discovery) {
		if (document->length == 0)
			fputs("tapbyte: the recording has no discovery.json\n", stderr);
		fwrite(document->data, 1, document->length, stdout);
		return document->length > 0 ? 0 : 2;
	}
	print_lines(recording);
	if (recording->signal == 0)
		return (int)recording->exit_status;
	fflush(NULL);
	return die_by(recording->signal);
}

int as_tap(int argc, char **argv)
{
	struct error error = ERROR_NONE;
	struct recording recording;
	int exit_code = 0;

	if (argc < 1) {
		fputs("tapbyte: replay --as-tap needs the folder of a recording\n", stderr);
		return 2;
	}
	if (!recording_load(&recording, argv[0], &error)) {
		complain("tapbyte", error.message);
		exit_code = 2;
	} else if (has_argument(argc, argv, "--help")) {
		print_help(&recording.flags);
	} else {
		exit_code = play(&recording, has_argument(argc, argv, "--discover"));
	}
	recording_release(&recording);
	if (fflush(stdout) != 0 || ferror(stdout))
		return exit_code != 0 ? exit_code : 1;
	return exit_code;
}
