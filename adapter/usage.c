#include "usage.h"

#include <string.h>

#include "count.h"

/* Where the meanings of options begin, and columns between an option and its meaning. */
#define MEANING_COLUMN 28
#define GAP 2

#define TAP_OPTION { OPTION_TAP, "tap", "TAP", \
	"the folder of a tap.json if it has a slash, else a name that is\n" \
	"looked up in $TAPBYTE_TAPS, ./taps and the installed taps;\n" \
	"without it $TAPBYTE_TAP" }
#define CONFIG_OPTION { OPTION_CONFIG, "config", "FILE", "the settings, a JSON object" }

/* Taken, and of no use: whoever starts all commands in one way need not tell them apart. */
#define UNUSED_CATALOG { OPTION_CATALOG, "catalog", "FILE", NULL }
#define UNUSED_STATE { OPTION_STATE, "state", "FILE", NULL }

#define DEBUG_OPTION { OPTION_DEBUG, "debug", NULL, "log messages of level DEBUG, too" }

/* In the order in which --help lists them. */
static const struct usage usages[] = {
	{ "spec", "spec --tap TAP", "Print the connector's specification",
	  { TAP_OPTION, { OPTION_CONFIG, "config", "FILE", NULL }, UNUSED_CATALOG, UNUSED_STATE,
	    DEBUG_OPTION } },
	{ "check", "check --tap TAP --config FILE", "Prove that a config works",
	  { TAP_OPTION, CONFIG_OPTION, UNUSED_CATALOG, UNUSED_STATE, DEBUG_OPTION } },
	{ "discover", "discover --tap TAP --config FILE",
	  "Print the catalog of the streams that the tap has",
	  { TAP_OPTION, CONFIG_OPTION, UNUSED_CATALOG, UNUSED_STATE, DEBUG_OPTION } },
	{ "read",
	  "read --tap TAP --config FILE --catalog FILE [--state FILE] [--parallel N] [--pretty]",
	  "Read the configured streams; with N tap processes side by side; shown to a person",
	  { TAP_OPTION, CONFIG_OPTION,
	    { OPTION_CATALOG, "catalog", "FILE",
	      "the configured catalog: which streams to read, and how" },
	    { OPTION_STATE, "state", "FILE",
	      "where to go on: the STATE messages of an earlier read, as a list" },
	    { OPTION_PARALLEL, "parallel", "N", "share the streams out to N tap processes" },
	    { OPTION_PRETTY, "pretty", NULL, "show the messages to a person, as a table" },
	    DEBUG_OPTION } },
	{ "record",
	  "record --tap TAP --config FILE [--catalog FILE] [--state FILE]\n"
	  "               [--max-records N] [--anonymize] DIR",
	  "Run the tap, and keep what it writes in a folder, without the secrets",
	  { TAP_OPTION, CONFIG_OPTION,
	    { OPTION_CATALOG, "catalog", "FILE",
	      "the configured catalog; without it all streams are read" },
	    { OPTION_STATE, "state", "FILE", "where to go on, as for read" },
	    { OPTION_MAX_RECORDS, "max-records", "N", "keep N records of each stream" },
	    { OPTION_ANONYMIZE, "anonymize", NULL,
	      "put stand-ins of the same shape in place of values" },
	    DEBUG_OPTION } },
	{ "replay",
	  "replay [--tap TAP] DIR [read|discover|check]\n"
	  "replay --update [--tap TAP] DIR\n"
	  "replay --as-tap DIR ...",
	  "Translate a recording again, without the tap; accept what comes out; be the tap",
	  { TAP_OPTION,
	    { OPTION_UPDATE, "update", NULL, "write what is expected of the recording anew" },
	    { OPTION_AS_TAP, "as-tap", NULL,
	      "write what the recorded tap wrote; comes first, and the tap's own\n"
	      "options behind DIR" },
	    DEBUG_OPTION } },
	{ "install", "install TAP",
	  "Make the tap's private Python environment, anew if it is there", { TAP_OPTION } },
	{ "new",
	  "new NAME --pip REQUIREMENT [--pip ...] [--command PROGRAM] [--config FILE] "
	  "[--force]",
	  "Wrap a tap: install it, ask it about itself, write taps/NAME and catalogs/NAME.json",
	  { { OPTION_PIP, "pip", "REQUIREMENT",
	      "a package to install, as for pip install: the tap's first" },
	    { OPTION_COMMAND, "command", "PROGRAM",
	      "which program of the package is the tap, where it has several" },
	    { OPTION_CONFIG, "config", "FILE",
	      "settings that work: discovery and a short sync are tried with them" },
	    { OPTION_FORCE, "force", NULL, "make taps/NAME anew; the catalog stays" } } },
	{ "test",
	  "test [--update] [--format human|tap|junit] [--junit FILE] FOLDER...\n"
	  "test --tap TAP --config FILE [--invalid-config FILE] [--catalog FILE]\n"
	  "             [--ignore-fields FIELD,...] [--allow-older] [FOLDER...]",
	  "Replay recordings and compare; run Airbyte's acceptance checks on a tap",
	  { TAP_OPTION,
	    { OPTION_CONFIG, "config", "FILE", "settings that work: the live tap is tested" },
	    { OPTION_INVALID_CONFIG, "invalid-config", "FILE", "settings that check must refuse" },
	    { OPTION_CATALOG, "catalog", "FILE",
	      "the configured catalog; without it all streams are read" },
	    { OPTION_IGNORE_FIELDS, "ignore-fields", "FIELD,...",
	      "fields that differ from read to read: FIELD or STREAM.FIELD" },
	    { OPTION_ALLOW_OLDER, "allow-older", NULL,
	      "for taps that look back: records older than the cursor may come\n"
	      "again" },
	    { OPTION_UPDATE, "update", NULL, "write what is expected of recordings anew" },
	    { OPTION_FORMAT, "format", "FORMAT",
	      "what to print: human, as without it, or tap or junit" },
	    { OPTION_JUNIT, "junit", "FILE", "write JUnit XML there as well" } } },
	{ "build", "build TAP [--tag IMAGE] [--base IMAGE] [--push] [-- OPTION...]",
	  "Make a Docker image of the tap, for Airbyte; docker build gets the OPTIONs, too",
	  { { OPTION_TAG, "tag", "IMAGE",
	      "the image's name; without a version it gets that of tapbyte" },
	    { OPTION_BASE, "base", "IMAGE", "the image to build on, a Debian" },
	    { OPTION_PUSH, "push", NULL, "push the image when it is made" } } },
};

const struct usage *usage_of(const char *command)
{
	for (size_t i = 0; i < COUNT(usages); i++)
		if (strcmp(usages[i].command, command) == 0)
			return &usages[i];
	return NULL;
}

/* Lines that begin with a blank go on with the one before. */
static void append_synopsis(struct buffer *text, const struct usage *usage, const char *before)
{
	for (const char *line = usage->synopsis, *end; *line != '\0'; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		buffer_append_string(text, line == usage->synopsis ? before : "\n  ");
		buffer_append_string(text, *line == ' ' ? "" : "tapbyte ");
		buffer_append(text, slice_of(line, (size_t)(end - line)));
	}
}

static void append_blanks(struct buffer *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_append_char(text, ' ');
}

static void append_option(struct buffer *text, const struct usage_option *option)
{
	size_t start = text->length, width;

	buffer_append_string(text, "  --");
	buffer_append_string(text, option->name);
	if (option->value != NULL) {
		buffer_append_char(text, ' ');
		buffer_append_string(text, option->value);
	}
	width = text->length - start;
	append_blanks(text, width + GAP < MEANING_COLUMN ? MEANING_COLUMN - width : GAP);
	for (const char *c = option->meaning; *c != '\0'; c++) {
		buffer_append_char(text, *c);
		if (*c == '\n')
			append_blanks(text, MEANING_COLUMN);
	}
	buffer_append_char(text, '\n');
}

void usage_append_all(struct buffer *text)
{
	for (size_t i = 0; i < COUNT(usages); i++) {
		append_synopsis(text, &usages[i], "  ");
		buffer_append_string(text, "\n      ");
		buffer_append_string(text, usages[i].purpose);
		buffer_append_char(text, '\n');
	}
}

void usage_append_help(struct buffer *text, const struct usage *usage)
{
	static const struct usage_option help = { OPTION_NONE, "help", NULL, "print this" };
	const struct usage_option *option;

	append_synopsis(text, usage, "usage:\n  ");
	buffer_append_string(text, "\n\n");
	buffer_append_string(text, usage->purpose);
	buffer_append_string(text, ".\n\n");
	for (option = usage->options; option->id != OPTION_NONE; option++)
		if (option->meaning != NULL)
			append_option(text, option);
	append_option(text, &help);
}
