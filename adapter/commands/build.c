#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "archive.h"
#include "commands.h"
#include "count.h"
#include "image_metadata.h"
#include "options.h"
#include "text_file.h"
#include "version.h"
#include "yaml_text.h"

#define TEMPLATE "Dockerfile.template"

/* What the template has for `ARG BASE_IMAGE`. */
#define BASE_IMAGE "debian:bookworm-slim"

/* Exit codes of a child that did not become docker: there is none; it could not be started. */
#define NOT_FOUND 127
#define NOT_STARTED 126

struct build {
	const char *tag;          /* --tag, or NULL */
	const char *base;
	bool push;
	struct manifest manifest;
	char *sources;            /* the folder with the template and tapbyte's sources */
	char *repository;         /* the two halves of the image's name */
	char *version;
	struct archive context;
};

/*
 * ---- docker ----
 */

struct streams {
	int input;  /* docker's stdin; -1: ours */
	bool quiet; /* its stdout goes nowhere */
};

static void become_docker(char *const *argv, const struct streams *streams)
{
	/* A build that nobody waits for any more is given up. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if ((streams->input < 0 || dup2(streams->input, STDIN_FILENO) >= 0) &&
	    (!streams->quiet || freopen("/dev/null", "w", stdout) != NULL))
		execvp(argv[0], argv);
	_exit(errno == ENOENT ? NOT_FOUND : NOT_STARTED);
}

/* The exit code, or -1 and the error. */
static int start_docker(char *const *argv, const struct streams *streams, struct error *error)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		become_docker(argv, streams);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0)
		error_set(error, FAILURE_SYSTEM, "cannot start docker: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		error_set(error, FAILURE_SYSTEM, "docker %s was ended by signal %d (%s)", argv[1],
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == NOT_FOUND)
		error_set(error, FAILURE_SYSTEM, "there is no Docker client: images are made by "
			  "the program docker, which is not in PATH");
	else
		return WEXITSTATUS(status);
	return -1;
}

static bool run_docker(char *const *argv, const struct streams *streams, struct error *error)
{
	int code = start_docker(argv, streams, error);

	if (code > 0)
		error_set(error, FAILURE_SYSTEM, "docker %s failed with status %d; see above",
			  argv[1], code);
	return code == 0;
}

/* Asks for something that only a daemon knows: a client by itself answers, too. */
static bool ask_daemon(struct error *error)
{
	char *const argv[] = { "docker", "version", "--format", "{{.Server.Version}}", NULL };
	int code = start_docker(argv, &(struct streams){ .input = -1, .quiet = true }, error);

	if (code > 0)
		error_set(error, FAILURE_SYSTEM, "the Docker daemon does not answer; see above. "
			  "Is it running, may you use it, is DOCKER_HOST right?");
	return code == 0;
}

/*
 * ---- what the image is made of ----
 */

/* Installed, or in a checkout. */
static bool find_sources(struct build *build, struct error *error)
{
	static const char *const beside[] = { "../share/tapbyte", "." };
	char program[4096];
	size_t size = sizeof(program);

	if (uv_exepath(program, &size) != 0 || strrchr(program, '/') == NULL)
		return error_set(error, FAILURE_SYSTEM, "cannot find out where tapbyte is");
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < COUNT(beside); i++) {
		char *template = NULL;
		bool there;

		free(build->sources);
		if (asprintf(&build->sources, "%s/%s", program, beside[i]) < 0) {
			build->sources = NULL;
			return error_set_no_memory(error);
		}
		if (asprintf(&template, "%s/%s", build->sources, TEMPLATE) < 0)
			return error_set_no_memory(error);
		there = access(template, R_OK) == 0;
		free(template);
		if (there)
			return true;
	}
	return error_set(error, FAILURE_SYSTEM,
			 "there is no %s in %s/../share/tapbyte or %s: tapbyte was not installed "
			 "by make install", TEMPLATE, program, program);
}

/* Adds the file or folder PARENT/NAME of the disk. */
static bool add(struct build *build, const char *as, const char *parent, const char *name,
		struct error *error)
{
	struct stat status;
	char *path = NULL;
	bool added;

	if (asprintf(&path, "%s/%s", parent, name) < 0)
		return error_set_no_memory(error);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		added = archive_add_folder(&build->context, as, path, error);
	else
		added = archive_add_file(&build->context, as, path, error);
	free(path);
	return added;
}

/*
 * taps/NAME/FILE without "." and ".."; NULL: it leads out of where taps/NAME is. In place,
 * since it only gets shorter.
 */
static char *plain_path(char *path)
{
	size_t length = 0;

	for (char *part = path, *end; *part != '\0'; part = *end ? end + 1 : end) {
		size_t size;

		end = strchrnul(part, '/');
		size = (size_t)(end - part);
		if (size == 0 || (size == 1 && part[0] == '.'))
			continue;
		if (size == 2 && part[0] == '.' && part[1] == '.') {
			if (length == 0)
				return NULL;
			while (length > 0 && path[--length] != '/')
				;
			continue;
		}
		if (length > 0)
			path[length++] = '/';
		memmove(path + length, part, size);
		length += size;
	}
	path[length] = '\0';
	return path;
}

/* Is taps/NAME/FILE, made plain, still in taps/NAME? */
static bool is_in_tap(const char *path, const char *name)
{
	size_t length = strlen(name);

	return strncmp(path, "taps/", 5) == 0 && strncmp(path + 5, name, length) == 0 &&
	       path[5 + length] == '/';
}

/* The specification or overlay where the tap's folder does not hold it: ../../catalogs/x.json */
static bool add_outside(struct build *build, const char *file, struct error *error)
{
	const struct manifest *manifest = &build->manifest;
	char *path = NULL, *name = NULL;
	bool added = false;

	if (file == NULL || strstr(file, "../") == NULL)
		return true;
	if (asprintf(&path, "taps/%s/%s", manifest->name, file) < 0)
		return error_set_no_memory(error);
	if (plain_path(path) == NULL)
		error_set(error, FAILURE_SYSTEM,
			  "%s/tap.json names %s: an image takes files from two folders up at most",
			  manifest->folder, file);
	else if (is_in_tap(path, manifest->name))
		added = true;
	else if (asprintf(&name, "tap/%s", path) < 0)
		error_set_no_memory(error);
	else
		added = add(build, name, manifest->folder, file, error);
	free(path);
	free(name);
	return added;
}

static bool gather(struct build *build, struct error *error)
{
	char *tap = NULL;
	bool done;

	if (asprintf(&tap, "tap/taps/%s", build->manifest.name) < 0)
		return error_set_no_memory(error);
	done = add(build, "Dockerfile", build->sources, TEMPLATE, error) &&
	       add(build, "Makefile", build->sources, "Makefile", error) &&
	       add(build, "adapter", build->sources, "adapter", error) &&
	       add(build, tap, build->manifest.folder, ".", error) &&
	       add_outside(build, build->manifest.spec_file, error) &&
	       add_outside(build, build->manifest.overlay_file, error) &&
	       archive_end(&build->context, error);
	free(tap);
	return done;
}

/*
 * ---- metadata.yaml ----
 */

static bool write_file(const char *folder, const char *name, struct slice content,
		       struct error *error)
{
	char *path = NULL;
	FILE *file;
	bool written;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return error_set_no_memory(error);
	file = fopen(path, "we");
	written = file != NULL && fwrite(content.data, 1, content.length, file) == content.length;
	if (file != NULL && fclose(file) != 0)
		written = false;
	if (!written)
		error_set(error, FAILURE_SYSTEM, "cannot write %s: %s", path, strerror(errno));
	free(path);
	return written;
}

/* Copies the tap's icon into the folder; its name, or NULL where there is none. */
static bool copy_icon(const struct build *build, const char *folder, const char **icon,
		      struct error *error)
{
	static const char *const names[] = { "icon.svg", "icon.png" };
	struct buffer content;
	bool done = true;

	buffer_init(&content, ARCHIVE_MAXIMUM);
	*icon = NULL;
	for (size_t i = 0; done && *icon == NULL && i < COUNT(names); i++) {
		char *path = NULL;

		if (asprintf(&path, "%s/%s", build->manifest.folder, names[i]) < 0) {
			done = error_set_no_memory(error);
			break;
		}
		if (access(path, F_OK) == 0) {
			*icon = names[i];
			done = text_file_read(path, "the icon", &content, error) &&
			       write_file(folder, *icon, buffer_slice(&content), error);
		}
		free(path);
	}
	buffer_release(&content);
	return done;
}

static bool make_folder(const char *folder, struct error *error)
{
	return mkdir(folder, 0777) == 0 || errno == EEXIST ||
	       error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", folder,
			 strerror(errno));
}

/* build/source-NAME/metadata.yaml, and the icon beside it. */
static bool write_metadata(const struct build *build, struct error *error)
{
	struct image image = { build->repository, build->version, NULL };
	char *folder = NULL;
	json_t *metadata = NULL;
	struct buffer text;
	bool done = false;

	buffer_init(&text, BUFFER_MAXIMUM);
	if (asprintf(&folder, "build/source-%s", build->manifest.name) < 0)
		return error_set_no_memory(error);
	if (!make_folder("build", error) || !make_folder(folder, error) ||
	    !copy_icon(build, folder, &image.icon, error))
		goto cleanup;
	metadata = image_metadata(&build->manifest, &image);
	if (metadata == NULL || !yaml_text_append(&text, metadata)) {
		error_set_no_memory(error);
		goto cleanup;
	}
	done = write_file(folder, "metadata.yaml", buffer_slice(&text), error);
	if (done)
		printf("Wrote %s/metadata.yaml, for a registry of connectors.\n", folder);
cleanup:
	json_decref(metadata);
	buffer_release(&text);
	free(folder);
	return done;
}

/*
 * ---- the image ----
 */

/* A file without a name that holds the context, at its beginning; -1 on an error. */
static int context_file(const struct build *build, struct error *error)
{
	struct slice rest = buffer_slice(&build->context.bytes);
	int file = memfd_create("docker-build-context", MFD_CLOEXEC);

	while (file >= 0 && rest.length > 0) {
		ssize_t written = write(file, rest.data, rest.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		rest = slice_after(rest, (size_t)written);
	}
	if (file >= 0 && rest.length == 0 && lseek(file, 0, SEEK_SET) == 0)
		return file;
	error_set(error, FAILURE_SYSTEM, "cannot keep the files for docker: %s", strerror(errno));
	if (file >= 0)
		close(file);
	return -1;
}

static char *image_name(const struct build *build)
{
	char *name = NULL;

	return asprintf(&name, "%s:%s", build->repository, build->version) < 0 ? NULL : name;
}

/* "tap-x==1.2 setuptools<81" */
static void append_packages(struct buffer *text, const json_t *pip)
{
	size_t index;
	json_t *requirement;

	json_array_foreach(pip, index, requirement) {
		buffer_append_string(text, index > 0 ? " " : "");
		buffer_append_string(text, json_string_value(requirement));
	}
}

/* What the image is, in a sentence. */
static char *describe(const struct manifest *manifest)
{
	struct buffer text;
	char *sentence;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append_string(&text, "The Singer tap ");
	if (manifest->pip != NULL)
		append_packages(&text, manifest->pip);
	else
		buffer_append_string(&text, manifest->name);
	buffer_append_string(&text, " as an Airbyte source, by tapbyte " TAPBYTE_VERSION);
	sentence = buffer_to_string(&text);
	buffer_release(&text);
	return sentence;
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
		{ "REPOSITORY", build->repository },
		{ "VERSION", build->version },
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
	char *arguments[ARGUMENTS] = { NULL };
	char *argv[5 + 2 * ARGUMENTS + 1] = { "docker", "build", "--tag", (char *)name };
	size_t count = 4;
	bool made = false;
	int context = -1;

	if (!make_arguments(build, arguments)) {
		error_set_no_memory(error);
		goto cleanup;
	}
	for (size_t i = 0; i < ARGUMENTS; i++) {
		argv[count++] = "--build-arg";
		argv[count++] = arguments[i];
	}
	argv[count] = "-";
	context = context_file(build, error);
	if (context < 0)
		goto cleanup;
	printf("Building %s on %s; the first time this takes some minutes.\n", name, build->base);
	made = run_docker(argv, &(struct streams){ .input = context }, error);
	close(context);
cleanup:
	for (size_t i = 0; i < ARGUMENTS; i++)
		free(arguments[i]);
	return made;
}

static bool push_image(const char *name, struct error *error)
{
	char *const argv[] = { "docker", "push", (char *)name, NULL };

	return run_docker(argv, &(struct streams){ .input = -1 }, error);
}

/*
 * ---- the command ----
 */

static const char *metadata_string(const struct manifest *manifest, const char *key)
{
	return json_string_value(json_object_get(manifest->metadata, key));
}

/*
 * REPOSITORY[:VERSION], as docker takes it; what it does not say, the manifest's `metadata`
 * does, else it is source-NAME and tapbyte's own version.
 */
static bool choose_name(struct build *build, struct error *error)
{
	const char *repository = metadata_string(&build->manifest, "dockerRepository");
	const char *version = metadata_string(&build->manifest, "dockerImageTag");
	const char *slash = build->tag ? strrchr(build->tag, '/') : NULL;
	const char *colon = build->tag ? strchr(slash ? slash : build->tag, ':') : NULL;

	if (build->tag != NULL)
		build->repository = colon ? strndup(build->tag, (size_t)(colon - build->tag))
					  : strdup(build->tag);
	else if (repository != NULL)
		build->repository = strdup(repository);
	else if (asprintf(&build->repository, "source-%s", build->manifest.name) < 0)
		build->repository = NULL;
	if (colon != NULL)
		version = colon + 1;
	build->version = strdup(version ? version : TAPBYTE_VERSION);
	if (build->repository == NULL || build->version == NULL)
		return error_set_no_memory(error);
	if (build->repository[0] == '\0' || build->version[0] == '\0')
		return error_set(error, FAILURE_CONFIG, "--tag needs the name of an image, like "
				 "registry.example.com/source-x:1.0.0, not %s", build->tag);
	return true;
}

static bool load_tap(struct build *build, const char *tap, struct error *error)
{
	char *folder = options_find_tap(tap, error);
	bool loaded = folder != NULL && manifest_load(&build->manifest, folder, error);

	free(folder);
	return loaded;
}

static bool build_image(struct build *build, const char *tap, struct error *error)
{
	char *name = NULL;
	bool done = false;

	if (!load_tap(build, tap, error) || !choose_name(build, error) ||
	    !find_sources(build, error) || !gather(build, error) || !ask_daemon(error))
		return false;
	name = image_name(build);
	if (name == NULL)
		return error_set_no_memory(error);
	done = write_metadata(build, error) && make_image(build, name, error) &&
	       (!build->push || push_image(name, error));
	if (done)
		printf("%s %s\n", build->push ? "Built and pushed" : "Built", name);
	free(name);
	return done;
}

static void build_release(struct build *build)
{
	manifest_release(&build->manifest);
	archive_release(&build->context);
	free(build->sources);
	free(build->repository);
	free(build->version);
}

/* The tap's name or folder; NULL: used wrongly. */
static const char *parse(struct build *build, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tag", required_argument, NULL, 't' },
		{ "base", required_argument, NULL, 'b' },
		{ "push", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			build->tag = optarg;
		else if (option == 'b')
			build->base = optarg;
		else if (option == 'p')
			build->push = true;
		else
			return NULL;
	}
	return argc - optind == 1 ? argv[optind] : NULL;
}

int command_build(int argc, char **argv)
{
	struct build build = { .base = BASE_IMAGE };
	struct error error = ERROR_NONE;
	const char *tap = parse(&build, argc, argv);
	bool done;

	if (tap == NULL) {
		fprintf(stderr, "usage: tapbyte build TAP [--tag IMAGE] [--base IMAGE] [--push]\n");
		return 2;
	}
	archive_init(&build.context);
	done = build_image(&build, tap, &error);
	if (!done)
		fprintf(stderr, "tapbyte build: %s\n", error.message);
	build_release(&build);
	return done ? 0 : 1;
}
