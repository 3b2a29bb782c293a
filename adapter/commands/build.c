#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "build_context.h"
#include "commands.h"
#include "count.h"
#include "foreground.h"
#include "image_metadata.h"
#include "image_name.h"
#include "options.h"
#include "text_file.h"
#include "version.h"
#include "yaml_text.h"

/* What the template has for `ARG BASE_IMAGE`. */
#define BASE_IMAGE "debian:bookworm-slim"

struct build {
	const char *tag;          /* --tag, or NULL */
	const char *base;
	bool push;
	char *const *options;     /* of docker build, from the command line */
	size_t option_count;
	struct manifest manifest;
	struct image_name name;
	struct archive context;
};

/*
 * ---- docker ----
 */

static int start_docker(char *const *argv, struct foreground how, struct error *error)
{
	int code = foreground_start(argv, how, error);

	if (code < 0)
		error_prefix(error, "images are made by Docker's client: ");
	return code;
}

static bool run_docker(char *const *argv, struct foreground how, struct error *error)
{
	int code = start_docker(argv, how, error);

	if (code > 0)
		error_set(error, FAILURE_SYSTEM, "docker %s failed with status %d; see above",
			  argv[1], code);
	return code == 0;
}

/* Asks for something that only a daemon knows: a client by itself answers, too. */
static bool ask_daemon(struct error *error)
{
	char *const argv[] = { "docker", "version", "--format", "{{.Server.Version}}", NULL };
	int code = start_docker(argv, (struct foreground){ .input = -1, .quiet = true }, error);

	if (code > 0)
		error_set(error, FAILURE_SYSTEM, "the Docker daemon does not answer; see above. "
			  "Is it running, may you use it, is DOCKER_HOST right?");
	return code == 0;
}

/*
 * ---- the image ----
 */

/* A file without a name that holds the context, at its beginning; -1 on an error. */
static int context_file(const struct build *build, struct error *error)
{
	int file = memfd_create("docker-build-context", MFD_CLOEXEC);

	if (file >= 0 && text_file_write_open(file, buffer_slice(&build->context.bytes)) &&
	    lseek(file, 0, SEEK_SET) == 0)
		return file;
	error_set(error, FAILURE_SYSTEM, "cannot keep the files for docker: %s", strerror(errno));
	if (file >= 0)
		close(file);
	return -1;
}

/* "tap-x==1.2": the first that is no option of pip's; else the tap's name. */
static const char *find_package(const struct manifest *manifest)
{
	size_t i;
	json_t *requirement;

	json_array_foreach(manifest->pip, i, requirement)
		if (json_string_value(requirement)[0] != '-')
			return json_string_value(requirement);
	return manifest->name;
}

/* What the image is, in a sentence. */
static char *describe(const struct manifest *manifest)
{
	char *sentence = NULL;

	return asprintf(&sentence, "The Singer tap %s as an Airbyte source, by tapbyte %s",
			find_package(manifest), TAPBYTE_VERSION) < 0 ? NULL : sentence;
}

#define ARGUMENTS 7

/* NAME=VALUE for each `ARG` of the template. False: memory ran out. */
static bool make_arguments(const struct build *build, char *arguments[ARGUMENTS])
{
	const struct manifest *manifest = &build->manifest;
	const json_t *title = json_object_get(manifest_connection_specification(manifest), "title");
	const json_t *documentation = json_object_get(manifest->spec, "documentationUrl");
	char *description = describe(manifest);
	const char *const pairs[ARGUMENTS][2] = {
		{ "TAP", manifest->name },
		{ "BASE_IMAGE", build->base },
		{ "REPOSITORY", build->name.repository },
		{ "VERSION", build->name.version },
		{ "TITLE", title ? json_string_value(title) : manifest->name },
		{ "DESCRIPTION", description },
		{ "DOCUMENTATION", documentation ? json_string_value(documentation) : "" },
	};
	bool made = description != NULL;

	for (size_t i = 0; made && i < ARGUMENTS; i++)
		if (asprintf(&arguments[i], "%s=%s", pairs[i][0], pairs[i][1]) < 0) {
			arguments[i] = NULL;
			made = false;
		}
	free(description);
	return made;
}

static bool make_image(const struct build *build, const char *name, struct error *error)
{
	char *const words[] = { "docker", "build", "--force-rm", "--tag", (char *)name };
	char *arguments[ARGUMENTS] = { NULL };
	size_t count = COUNT(words);
	char **argv = calloc(count + 2 * ARGUMENTS + build->option_count + 2, sizeof(*argv));
	bool made = false;
	int context = -1;

	if (argv == NULL || !make_arguments(build, arguments)) {
		error_set_no_memory(error);
		goto cleanup;
	}
	memcpy(argv, words, sizeof(words));
	for (size_t i = 0; i < ARGUMENTS; i++) {
		argv[count++] = "--build-arg";
		argv[count++] = arguments[i];
	}
	for (size_t i = 0; i < build->option_count; i++)
		argv[count++] = build->options[i];
	argv[count] = "-";
	context = context_file(build, error);
	if (context < 0)
		goto cleanup;
	printf("Building %s on %s; the first time this takes some minutes.\n", name, build->base);
	made = run_docker(argv, (struct foreground){ .input = context }, error);
	close(context);
cleanup:
	for (size_t i = 0; i < ARGUMENTS; i++)
		free(arguments[i]);
	free(argv);
	return made;
}

static bool push_image(const char *name, struct error *error)
{
	char *const argv[] = { "docker", "push", (char *)name, NULL };

	return run_docker(argv, FOREGROUND_PLAIN, error);
}

/*
 * ---- the command ----
 */

static const char *metadata_string(const struct manifest *manifest, const char *key)
{
	return json_string_value(json_object_get(manifest->metadata, key));
}

/* What --tag does not say, `metadata` of the manifest does; else it is source-NAME:OUR-VERSION. */
static bool choose_name(struct build *build, struct error *error)
{
	const char *repository = metadata_string(&build->manifest, "dockerRepository");
	const char *version = metadata_string(&build->manifest, "dockerImageTag");
	const char *text = build->tag ? build->tag : repository;
	char *ours = NULL;
	bool chosen;

	if (text == NULL && asprintf(&ours, "source-%s", build->manifest.name) < 0)
		return error_set_no_memory(error);
	chosen = image_name_parse(&build->name, text ? text : ours,
				  version ? version : TAPBYTE_VERSION, error);
	if (!chosen && build->tag == NULL)
		error_prefix(error, "%s/tap.json; name the image by --tag: ",
			     build->manifest.folder);
	free(ours);
	return chosen;
}

static bool load_tap(struct build *build, const char *tap, struct error *error)
{
	char *folder = options_find_tap(tap, error);
	bool loaded = folder != NULL && manifest_load(&build->manifest, folder, error);

	free(folder);
	return loaded;
}

/* For a registry of connectors, which few have: that it cannot be written is no failure. */
static void write_metadata(const struct build *build)
{
	struct error error = ERROR_NONE;
	const char *lacks = NULL;
	char *folder = NULL;

	if (asprintf(&folder, "build/source-%s", build->manifest.name) < 0) {
		folder = NULL;
		error_set_no_memory(&error);
	} else if (image_metadata_write(&build->manifest, &build->name, folder, &lacks, &error)) {
		printf("Wrote %s/metadata.yaml, for a registry of connectors.\n", folder);
		if (lacks != NULL)
			printf("It lacks %s, which a registry demands; `metadata` of %s/tap.json "
			       "can say it.\n", lacks, build->manifest.folder);
	}
	if (error.set)
		fprintf(stderr, "tapbyte build: no metadata.yaml was written: %s\n",
			error.message);
	free(folder);
}

static bool make_context(struct build *build, struct error *error)
{
	struct slice left_out;

	if (!build_context_make(&build->context, &build->manifest, error))
		return false;
	left_out = buffer_slice(&build->context.left_out);
	if (left_out.length > 0)
		printf("Not in the image, as it looks private:%.*s\n", (int)left_out.length - 1,
		       left_out.data + 1);
	return true;
}

static bool build_image(struct build *build, const char *tap, struct error *error)
{
	const char *name;

	if (!load_tap(build, tap, error) || !choose_name(build, error) ||
	    !make_context(build, error) || !ask_daemon(error))
		return false;
	name = build->name.whole;
	if (!make_image(build, name, error))
		return false;
	write_metadata(build);
	if (build->push && !push_image(name, error))
		return false;
	printf("%s %s\n", build->push ? "Built and pushed" : "Built", name);
	return true;
}

static void build_release(struct build *build)
{
	manifest_release(&build->manifest);
	archive_release(&build->context);
	image_name_release(&build->name);
}

/* What is behind "--" from its first word on, which was taken just now. */
static void take_rest(struct build *build, const struct arguments *arguments, int argc,
		      char **argv)
{
	build->options = argv + arguments->next - 1;
	build->option_count = (size_t)(argc - arguments->next + 1);
}

/* The tap's name or folder; NULL and the error: used wrongly. */
static const char *parse(struct build *build, int argc, char **argv, struct error *error)
{
	struct arguments arguments = arguments_of(argc, argv);
	const char *tap = NULL;
	bool more = false;

	while (build->option_count == 0 && arguments_next(&arguments, error)) {
		if (tap != NULL && arguments.operands_only)
			take_rest(build, &arguments, argc, argv);
		else if (arguments.option == OPTION_TAG)
			build->tag = arguments.value;
		else if (arguments.option == OPTION_BASE)
			build->base = arguments.value;
		else if (arguments.option == OPTION_PUSH)
			build->push = true;
		else if (tap != NULL)
			more = true;
		else
			tap = arguments.value;
	}
	if (tap == NULL || more)
		error_set(error, FAILURE_CONFIG, "build needs one tap: tapbyte build TAP; see "
			  "tapbyte build --help");
	return error->set ? NULL : tap;
}

int command_build(int argc, char **argv)
{
	struct build build = { .base = BASE_IMAGE };
	struct error error = ERROR_NONE;
	const char *tap = parse(&build, argc, argv, &error);
	bool done;

	if (tap == NULL) {
		fprintf(stderr, "tapbyte build: %s\n", error.message);
		return 2;
	}
	archive_init(&build.context);
	done = build_image(&build, tap, &error);
	if (!done)
		fprintf(stderr, "tapbyte build: %s\n", error.message);
	build_release(&build);
	return done ? 0 : 1;
}
