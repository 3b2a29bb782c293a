#include "memory_kills.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any of these files has. */
#define FILE_MAXIMUM 4096

const char *const memory_kills_files[] = {
	"/sys/fs/cgroup/memory.events",             /* version 2 of control groups */
	"/sys/fs/cgroup/memory/memory.oom_control", /* version 1 */
	NULL,
};

/* As a text; false: there is none. */
static bool load(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool count(const char *file, uint64_t *kills)
{
	static const char key[] = "oom_kill ";
	char text[FILE_MAXIMUM];
	const char *line = text;

	if (!load(file, text, sizeof(text)))
		return false;
	while (strncmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		if (line == NULL)
			return false;
		line++;
	}
	*kills = strtoull(line + strlen(key), NULL, 10);
	return true;
}

void memory_kills_begin(struct memory_kills *kills, const char *const *files)
{
	*kills = (struct memory_kills){ .file = NULL };
	for (; *files != NULL && kills->file == NULL; files++)
		if (count(*files, &kills->taken))
			kills->file = *files;
}

uint64_t memory_kills_take(struct memory_kills *kills, uint64_t most)
{
	uint64_t now, more;

	if (kills->file == NULL || !count(kills->file, &now) || now <= kills->taken)
		return 0;
	more = now - kills->taken < most ? now - kills->taken : most;
	kills->taken += more;
	return more;
}
