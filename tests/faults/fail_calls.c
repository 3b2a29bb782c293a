/*
 * fail_calls.c - makes the Nth call of one kind fail, in tapbyte alone. For LD_PRELOAD.
 *
 *	FAIL_CALLS="KIND FIRST LAST OUTCOME FD"
 *
 * Of the calls of that KIND (see `kinds`), counted from 1, those from FIRST to LAST end in
 * OUTCOME: a number is errno; 0 is a transfer of one byte, for read and write. FD gets a
 * byte for each call that failed; the tap inherits it, so that its end is seen there, too.
 *
 * Counted are all calls of the program and its libraries between main and exit, also in
 * a child until its exec. Left alone are reads and writes of libuv's own pipes, told by
 * their size: the kernel has no failure for them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libuv reads its own pipes with buffers of this size at most, and writes less into them. */
#define OWN_READ 1024
#define OWN_WRITE 16

enum kind { MEMORY, OPEN, PIPE, FORK, READ, WRITE, CLOSE, MKDTEMP, INOTIFY, EPOLL, KINDS };

static const char *const kinds[KINDS] = {
	"memory", "open", "pipe", "fork", "read", "write", "close", "mkdtemp", "inotify", "epoll",
};

static int kind = KINDS, fd, outcome;
static unsigned long first, last, calls;

/* The GNU library's own names of what is replaced here; dlsym would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

__attribute__((constructor)) static void set_up(void)
{
	const char *order = getenv("FAIL_CALLS");
	char name[16];

	if (order == NULL || strcmp(program_invocation_short_name, "tapbyte") != 0 ||
	    sscanf(order, "%15s %lu %lu %d %d", name, &first, &last, &outcome, &fd) != 5)
		return;
	for (kind = 0; kind < KINDS && strcmp(kinds[kind], name) != 0; kind++)
		;
}

/* FIRST 0: nothing fails, and FD gets the number of the calls. */
__attribute__((destructor)) static void tell_count(void)
{
	char text[32];

	if (kind == KINDS || first != 0)
		return;
	snprintf(text, sizeof(text), "%lu", calls);
	(void)syscall(SYS_write, fd, text, strlen(text));
}

static bool fails(enum kind this_kind)
{
	if ((int)this_kind != kind || ++calls < first || calls > last)
		return false;
	(void)syscall(SYS_write, fd, "!", 1);
	errno = outcome;
	return true;
}

void *malloc(size_t size)
{
	return fails(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_realloc(old, size);
}

static int open_at(int folder, const char *path, int flags, va_list arguments)
{
	mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;

	return fails(OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN_AT(folder) \
	va_list arguments; \
	int opened; \
	va_start(arguments, flags); \
	opened = open_at(folder, path, flags, arguments); \
	va_end(arguments); \
	return opened

int open(const char *path, int flags, ...)
{
	OPEN_AT(AT_FDCWD);
}

int open64(const char *path, int flags, ...)
{
	OPEN_AT(AT_FDCWD);
}

int openat(int folder, const char *path, int flags, ...)
{
	OPEN_AT(folder);
}

int openat64(int folder, const char *path, int flags, ...)
{
	OPEN_AT(folder);
}

int pipe(int ends[2])
{
	return fails(PIPE) ? -1 : (int)syscall(SYS_pipe2, ends, 0);
}

int pipe2(int ends[2], int flags)
{
	return fails(PIPE) ? -1 : (int)syscall(SYS_pipe2, ends, flags);
}

int socketpair(int domain, int type, int protocol, int ends[2])
{
	return fails(PIPE) ? -1 : (int)syscall(SYS_socketpair, domain, type, protocol, ends);
}

int eventfd(unsigned count, int flags)
{
	return fails(PIPE) ? -1 : (int)syscall(SYS_eventfd2, count, flags);
}

pid_t fork(void)
{
	pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");

	return fails(FORK) ? -1 : real();
}

/* A pipe that has more gives more, and libuv relies on it: after a short read it is empty. */
static bool is_pipe(int from)
{
	struct stat status;

	return fstat(from, &status) == 0 && S_ISFIFO(status.st_mode);
}

ssize_t read(int from, void *bytes, size_t size)
{
	if (size > OWN_READ && !(outcome == 0 && is_pipe(from)) && fails(READ)) {
		if (outcome != 0)
			return -1;
		size = 1;
	}
	return syscall(SYS_read, from, bytes, size);
}

ssize_t write(int to, const void *bytes, size_t size)
{
	if (size > OWN_WRITE && fails(WRITE)) {
		if (outcome != 0)
			return -1;
		size = 1;
	}
	return syscall(SYS_write, to, bytes, size);
}

/* As the kernel does it: the descriptor is gone, whatever close says. */
int close(int closed)
{
	bool failing = fails(CLOSE);
	int result = (int)syscall(SYS_close, closed);

	if (failing)
		errno = outcome;
	return failing ? -1 : result;
}

char *mkdtemp(char *template)
{
	char *(*real)(char *) = (char *(*)(char *))dlsym(RTLD_NEXT, "mkdtemp");

	return fails(MKDTEMP) ? NULL : real(template);
}

int inotify_init1(int flags)
{
	return fails(INOTIFY) ? -1 : (int)syscall(SYS_inotify_init1, flags);
}

int epoll_create1(int flags)
{
	return fails(EPOLL) ? -1 : (int)syscall(SYS_epoll_create1, flags);
}
