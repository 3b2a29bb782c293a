#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipe_size.h"

/*
 * A descriptor that does not block. O_NONBLOCK belongs to the open file description,
 * which the shell and others may share, so a pipe or terminal is opened anew through
 * /proc where that is allowed; elsewhere the flag is set, and set back at the end.
 * Regular files never block.
 */
static void open_without_blocking(struct output *output, int fd)
{
	char path[64];
	struct stat status;

	output->fd = fd;
	output->old_flags = -1;
	if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode))
		return;
	output->is_pipe = S_ISFIFO(status.st_mode);
	if (output->is_pipe)
		pipe_size_enlarge(fd);
	if (output->is_pipe || isatty(fd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		output->fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		output->own_fd = output->fd >= 0;
		if (output->own_fd)
			return;
		output->fd = fd;
	}
	output->old_flags = fcntl(fd, F_GETFL);
	if (output->old_flags >= 0)
		(void)fcntl(fd, F_SETFL, output->old_flags | O_NONBLOCK);
}

static void fail(struct output *output, int error)
{
	output->error = error;
	output->written = 0;
	buffer_clear(&output->bytes);
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* For as long as there is nothing to write. Does not keep the loop alive. */
static void watch_reader(struct output *output)
{
	output->polling = false;
	uv_unref((uv_handle_t *)&output->poll);
	if (output->is_pipe && output->error == 0)
		(void)uv_poll_start(&output->poll, UV_DISCONNECT, on_ready);
	else
		(void)uv_poll_stop(&output->poll);
}

/* libuv has one status for all that goes wrong; the write knows what it is. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct output *output = poll->data;

	(void)events;
	output_flush(output);
	if (status < 0 && output->error == 0)
		fail(output, EPIPE);
	if (output->bytes.length > 0)
		return;
	watch_reader(output);
	if (output->drained != NULL)
		output->drained(output->owner);
}

void output_open(struct output *output, uv_loop_t *loop, int fd, void (*drained)(void *owner),
		 void *owner)
{
	*output = (struct output){ .drained = drained, .owner = owner };
	buffer_init(&output->bytes, 2 * BUFFER_MAXIMUM);
	open_without_blocking(output, fd);
	/* Fails for regular files, which epoll refuses and which never need it. */
	output->open = uv_poll_init(loop, &output->poll, output->fd) == 0;
	if (output->open) {
		output->poll.data = output;
		watch_reader(output);
	}
}

static void wait_until_writable(struct output *output)
{
	int status;

	if (output->polling)
		return;
	status = output->open ? uv_poll_start(&output->poll, UV_WRITABLE, on_ready) : UV_EAGAIN;
	if (status != 0) {
		fail(output, -status);
		return;
	}
	uv_ref((uv_handle_t *)&output->poll);
	output->polling = true;
}

/* What went out is dropped once it is the larger part, so that a slow reader costs no memory. */
static void forget_written(struct output *output)
{
	if (output->written <= output->bytes.length / 2)
		return;
	buffer_remove_front(&output->bytes, output->written);
	output->written = 0;
}

void output_flush(struct output *output)
{
	while (output->error == 0 && output->written < output->bytes.length) {
		ssize_t count = write(output->fd, output->bytes.data + output->written,
				      output->bytes.length - output->written);

		if (count >= 0) {
			output->written += (size_t)count;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			forget_written(output);
			wait_until_writable(output);
			return;
		} else if (errno != EINTR) {
			fail(output, errno);
		}
	}
	output->written = 0;
	buffer_clear(&output->bytes);
}

bool output_is_full(const struct output *output)
{
	return output->polling;
}

void output_close(struct output *output)
{
	if (output->open)
		uv_close((uv_handle_t *)&output->poll, NULL);
	if (output->own_fd)
		close(output->fd);
	else if (output->old_flags >= 0)
		(void)fcntl(output->fd, F_SETFL, output->old_flags);
	buffer_release(&output->bytes);
}
