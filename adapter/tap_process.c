#include "tap_process.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pipe_size.h"

/*
 * Taps write each record by itself. To wake up for each would cost a fifth of the tap's own
 * time; so when the pipe is empty it is left alone for REST milliseconds. Not that of a tap
 * which would fill a good part of it meanwhile: more than FAST bytes a millisecond, of late.
 */
#define REST 4
#define FAST (128 * 1024)

/*
 * libuv reads on as long as a pipe is full whenever it looks. A tap that fills it as fast as it
 * is emptied must not keep others, and the clock, waiting: after so many bytes it is their turn.
 */
#define TURN ((size_t)1 << 20)

/*
 * Milliseconds. When a timer comes so much later than it should, this process has stood still (a
 * paused container), and the tap most likely with it.
 */
#define STANDSTILL 1000

/* A line may be as long as a record gets; one record of this size is a mistake. */
#define LINE_MAXIMUM BUFFER_MAXIMUM

static void signal_group(struct tap_process *process, int signal)
{
	if (process->process.pid > 0)
		(void)kill(-process->process.pid, signal);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct tap_process *process = handle->data;

	process->handles_open--;
	process->ended = process->handles_open == 0;
}

static void close_handle(struct tap_process *process, uv_handle_t *handle)
{
	handle->data = process;
	uv_close(handle, on_handle_closed);
}

/* When nothing more can come, closes what is left open. */
static void finish_if_done(struct tap_process *process)
{
	if (!process->exited || process->out.open || process->log.open)
		return;
	if (uv_is_closing((uv_handle_t *)&process->timer))
		return;
	signal_group(process, SIGKILL); /* grandchildren that it left behind */
	close_handle(process, (uv_handle_t *)&process->timer);
	close_handle(process, (uv_handle_t *)&process->rest);
	close_handle(process, (uv_handle_t *)&process->process);
}

static void close_stream(struct tap_process *process, struct tap_stream *stream)
{
	if (!stream->open)
		return;
	stream->open = false;
	close_handle(process, (uv_handle_t *)&stream->pipe);
	finish_if_done(process);
}

/*
 * ---- reading ----
 */

static void pass_line(struct tap_process *process, struct slice line, bool complete)
{
	if (process->listener.line != NULL)
		process->listener.line(process->listener.owner, line, complete);
}

static void pass_log_line(struct tap_process *process, struct slice line, bool cut)
{
	if (process->listener.log_line != NULL)
		process->listener.log_line(process->listener.owner, line, cut);
}

static void pass_out_lines(struct tap_process *process)
{
	struct slice line;

	while (process->pauses == 0 && line_reader_next(&process->out.reader, &line))
		pass_line(process, line, true);
}

/* The log is read whatever happens: a tap that cannot write it stands still. */
static void pass_log_lines(struct tap_process *process)
{
	struct line_reader *reader = &process->log.reader;
	struct slice line;

	for (;;) {
		if (line_reader_next(reader, &line))
			pass_log_line(process, line, false);
		else if (line_reader_cut(reader, &line))
			pass_log_line(process, line, true);
		else
			return;
	}
}

static void pass_rest(struct tap_process *process, struct tap_stream *stream)
{
	struct slice line;

	if (!line_reader_rest(&stream->reader, &line))
		return;
	if (stream == &process->out)
		pass_line(process, line, false);
	else
		pass_log_line(process, line, false);
}

static void pass_lines(struct tap_process *process, struct tap_stream *stream)
{
	if (stream == &process->out)
		pass_out_lines(process);
	else
		pass_log_lines(process);
}

static void on_space_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *space)
{
	struct tap_stream *stream = handle->data;
	size_t room = 0;

	(void)suggested;
	space->base = line_reader_space(&stream->reader, &room);
	space->len = space->base ? room : 0;
}

static void fail(struct tap_process *process, const char *what)
{
	error_set(&process->error, FAILURE_SYSTEM, "cannot read what the tap writes: %s", what);
	tap_process_stop(process, TAP_STOP_BROKEN);
}

static void on_rested(uv_timer_t *timer);

/*
 * How fast it writes, an average in which the last times weigh most: from one time that the
 * pipe was empty to the next. A rest in between is no reason to take it for slow.
 */
static void measure(struct tap_process *process)
{
	uint64_t now = uv_hrtime(), elapsed = now - process->empty_at;
	uint64_t rate = process->since_empty * 1000000 / (elapsed > 0 ? elapsed : 1);

	process->rate = (process->rate * 7 + rate) / 8;
	process->empty_at = now;
	process->since_empty = 0;
}

/* `empty`: the read did not fill its space, so there was no more. */
static void rest_after(struct tap_process *process, size_t count, bool empty)
{
	bool fast;

	process->turn += count;
	process->since_empty += count;
	if (empty)
		measure(process);
	fast = !empty || process->rate >= FAST || process->exited;
	if (process->stopped != TAP_RUNNING || (fast && process->turn < TURN))
		return;
	process->turn = 0;
	tap_process_pause(process, TAP_PAUSE_REST);
	uv_timer_start(&process->rest, on_rested, fast ? 0 : REST, 0);
}

static void pay(struct tap_process *process, size_t count)
{
	process->owed -= count < process->owed ? count : process->owed;
}

static void on_read(struct tap_process *process, struct tap_stream *stream, ssize_t count,
		    size_t space)
{
	if (count == 0)
		return;
	if (count > 0) {
		if (stream == &process->out)
			pay(process, (size_t)count);
		line_reader_fill(&stream->reader, (size_t)count);
		pass_lines(process, stream);
		if (stream == &process->out)
			rest_after(process, (size_t)count, (size_t)count < space);
	} else {
		if (count == UV_EOF)
			pass_rest(process, stream);
		else if (count == UV_ENOBUFS)
			fail(process, "a line is longer than memory allows");
		else
			fail(process, uv_strerror((int)count));
		close_stream(process, stream);
	}
	if (process->listener.pause != NULL)
		process->listener.pause(process->listener.owner);
}

static void on_out_read(uv_stream_t *handle, ssize_t count, const uv_buf_t *space)
{
	struct tap_stream *stream = handle->data;

	on_read((struct tap_process *)((char *)stream - offsetof(struct tap_process, out)), stream,
		count, space->len);
}

static void on_log_read(uv_stream_t *handle, ssize_t count, const uv_buf_t *space)
{
	struct tap_stream *stream = handle->data;

	on_read((struct tap_process *)((char *)stream - offsetof(struct tap_process, log)), stream,
		count, space->len);
}

static void start_reading(struct tap_process *process, struct tap_stream *stream,
			  uv_read_cb on_bytes)
{
	int status = uv_read_start((uv_stream_t *)&stream->pipe, on_space_wanted, on_bytes);

	if (status == 0)
		return;
	fail(process, uv_strerror(status));
	close_stream(process, stream);
}

/*
 * ---- no process, but its lines ----
 */

static void end_feed(struct tap_process *process)
{
	process->exited = true;
	process->out.open = process->log.open = false;
	if (!uv_is_closing((uv_handle_t *)&process->feeder))
		close_handle(process, (uv_handle_t *)&process->feeder);
}

static void on_feed(uv_idle_t *feeder)
{
	struct tap_process *process = feeder->data;

	if (!process->feed(process->listener.owner))
		end_feed(process);
	if (process->listener.pause != NULL)
		process->listener.pause(process->listener.owner);
}

void tap_process_feed(struct tap_process *process, uv_loop_t *loop, tap_feed *feed,
		      const struct tap_listener *listener)
{
	*process = (struct tap_process){ .loop = loop, .listener = *listener, .feed = feed };
	process->out.open = process->log.open = true;
	process->handles_open = 1;
	process->feeder.data = process;
	uv_idle_init(loop, &process->feeder);
	uv_idle_start(&process->feeder, on_feed);
}

/*
 * ---- pausing ----
 */

void tap_process_pause(struct tap_process *process, enum tap_pause reason)
{
	if (!process->out.open || process->stopped != TAP_RUNNING)
		return;
	process->pauses |= reason;
	if (process->feed != NULL)
		uv_idle_stop(&process->feeder);
	else
		uv_read_stop((uv_stream_t *)&process->out.pipe);
}

static void go_on(struct tap_process *process)
{
	if (!process->out.open)
		return;
	if (process->feed != NULL) {
		uv_idle_start(&process->feeder, on_feed);
		return;
	}
	pass_out_lines(process);
	if (process->pauses == 0)
		start_reading(process, &process->out, on_out_read);
	if (process->listener.pause != NULL)
		process->listener.pause(process->listener.owner);
}

void tap_process_resume(struct tap_process *process, enum tap_pause reason)
{
	if ((process->pauses & reason) == 0)
		return;
	process->pauses &= ~(unsigned)reason;
	if (process->pauses == 0)
		go_on(process);
}

/*
 * Reads what came together, without asking the loop first whether there is something: that
 * would cost several system calls each time. False: nothing came, or the end, which the loop
 * tells.
 */
static bool read_at_once(struct tap_process *process)
{
	struct tap_stream *out = &process->out;
	uv_os_fd_t fd;
	uv_buf_t space;
	ssize_t count;

	on_space_wanted((uv_handle_t *)&out->pipe, 0, &space);
	if (space.len == 0 || uv_fileno((const uv_handle_t *)&out->pipe, &fd) != 0)
		return false;
	/* no whole turn: this is called by the timer that would be due again at once, and older
	 * versions of libuv look at nothing else until no timer is due */
	if (space.len >= TURN)
		space.len = TURN - 1;
	count = read(fd, space.base, space.len);
	if (count <= 0)
		return false;
	process->pauses = 0;
	on_read(process, out, count, space.len);
	/* one that was told to stop meanwhile is being read again already */
	if (process->pauses == 0 && !uv_is_active((const uv_handle_t *)&out->pipe))
		go_on(process);
	return true;
}

static void on_rested(uv_timer_t *timer)
{
	struct tap_process *process = timer->data;

	if (process->pauses != TAP_PAUSE_REST || !process->out.open || !read_at_once(process))
		tap_process_resume(process, TAP_PAUSE_REST);
}

/*
 * ---- ending ----
 */

static size_t count_unread(const struct tap_stream *stream)
{
	uv_os_fd_t fd;
	int count = 0;

	if (!stream->open || uv_fileno((const uv_handle_t *)&stream->pipe, &fd) != 0 ||
	    ioctl(fd, FIONREAD, &count) != 0 || count < 0)
		return 0;
	return (size_t)count;
}

bool tap_process_has_unread(const struct tap_process *process)
{
	return process->feed == NULL &&
	       (count_unread(&process->out) > 0 || count_unread(&process->log) > 0);
}

/*
 * Of one that has ended by itself. What a process that it left behind wrote in the grace is read
 * before it is judged, once: such a process may fill the pipe as fast as it is emptied.
 */
static bool is_more_wanted(struct tap_process *process)
{
	if (process->pauses != 0 || process->owed > 0)
		return true;
	if (!process->heard && !process->looked_again) {
		process->looked_again = true;
		process->owed = count_unread(&process->out);
		return process->owed > 0;
	}
	process->looked_again = false;
	return process->heard;
}

static void set_timer(struct tap_process *process, uv_timer_cb callback, uint64_t milliseconds)
{
	process->due = uv_now(process->loop) + milliseconds;
	uv_timer_start(&process->timer, callback, milliseconds, 0);
}

static bool has_stood_still(const struct tap_process *process)
{
	return uv_now(process->loop) > process->due + STANDSTILL;
}

static void start_grace(struct tap_process *process);

static void on_grace_over(uv_timer_t *timer)
{
	struct tap_process *process = timer->data;

	if (has_stood_still(process)) {
		start_grace(process);
		return;
	}
	if (process->exited && process->stopped == TAP_RUNNING) {
		tap_process_resume(process, TAP_PAUSE_REST); /* passes on what was read */
		if (process->stopped != TAP_RUNNING)
			return; /* for which there is another grace */
		if (is_more_wanted(process)) {
			start_grace(process);
			return;
		}
	}
	process->cut_off = process->cut_off || process->exited;
	signal_group(process, SIGKILL);
	if (!process->exited) {
		(void)uv_process_kill(&process->process, SIGKILL);
		return; /* on_tap_exit comes next */
	}
	/* Nobody has written for a while, or we are asked to end: what there is has been read. */
	pass_rest(process, &process->out);
	pass_rest(process, &process->log);
	close_stream(process, &process->out);
	close_stream(process, &process->log);
}

static void start_grace(struct tap_process *process)
{
	bool last = process->exited && process->stopped != TAP_RUNNING;
	unsigned seconds = last ? TAP_GRACE_AFTER_STOP : TAP_GRACE;

	process->heard = false;
	set_timer(process, on_grace_over, (uint64_t)seconds * 1000);
}

/* What was due while it could do nothing gets a little time to be done. */
static void on_deadline(uv_timer_t *timer)
{
	struct tap_process *process = timer->data;

	if (has_stood_still(process))
		set_timer(process, on_deadline, STANDSTILL);
	else
		tap_process_stop(process, TAP_STOP_DEADLINE);
}

static bool may_have_deadline(const struct tap_process *process)
{
	return process->stopped == TAP_RUNNING && !process->exited && process->feed == NULL;
}

void tap_process_set_deadline(struct tap_process *process, unsigned deadline)
{
	if (may_have_deadline(process))
		set_timer(process, on_deadline, (uint64_t)deadline * 1000);
}

void tap_process_put_off(struct tap_process *process, uint64_t milliseconds)
{
	uint64_t now = uv_now(process->loop), due = process->due + milliseconds;

	if (may_have_deadline(process) && process->due != 0)
		set_timer(process, on_deadline, due > now ? due - now : 0);
}

void tap_process_stop(struct tap_process *process, enum tap_stop reason)
{
	if (process->stopped != TAP_RUNNING)
		return;
	process->stopped = reason;
	if (process->ended)
		return;
	if (process->feed != NULL) {
		end_feed(process);
		return;
	}
	signal_group(process, SIGTERM);
	signal_group(process, SIGCONT); /* a stopped one would not hear it */
	start_grace(process);
	if (process->pauses != 0) {
		process->pauses = 0; /* it could not end while it waits for its reader */
		go_on(process);
	}
}

static void on_tap_exit(uv_process_t *handle, int64_t exit_status, int signal)
{
	struct tap_process *process =
		(struct tap_process *)((char *)handle - offsetof(struct tap_process, process));

	process->exited = true;
	process->exit_status = exit_status;
	process->signal = signal;
	process->owed = count_unread(&process->out);
	start_grace(process);
	finish_if_done(process);
}

/*
 * ---- starting ----
 */

/* A pipe of the kernel (a socket, which libuv would make, cannot be opened as /dev/stdout). */
static bool open_pipe(struct tap_stream *stream, size_t line_maximum, int *theirs)
{
	uv_file ends[2];

	if (uv_pipe(ends, UV_NONBLOCK_PIPE, 0) != 0)
		return false;
	*theirs = ends[1];
	if (uv_pipe_open(&stream->pipe, ends[0]) != 0) {
		close(ends[0]);
		return false;
	}
	pipe_size_enlarge(ends[0]);
	stream->pipe.data = stream;
	line_reader_init(&stream->reader, line_maximum);
	return true;
}

static int spawn(struct tap_process *process, char *const *argv, char *const *environment,
		 const char *directory, int out, int log)
{
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = out },
		{ .flags = UV_INHERIT_FD, .data.fd = log },
	};
	uv_process_options_t options = {
		.exit_cb = on_tap_exit,
		.file = argv[0],
		.args = (char **)argv,
		.env = (char **)environment,
		.cwd = directory,
		.flags = UV_PROCESS_DETACHED, /* a group of its own */
		.stdio = stdio,
		.stdio_count = 3,
	};

	return uv_spawn(process->loop, &process->process, &options);
}

/* After a failure: closes the handles that were opened, and waits for it. */
static void take_back(struct tap_process *process, bool spawned)
{
	if (process->out.open)
		close_handle(process, (uv_handle_t *)&process->out.pipe);
	if (process->log.open)
		close_handle(process, (uv_handle_t *)&process->log.pipe);
	close_handle(process, (uv_handle_t *)&process->timer);
	close_handle(process, (uv_handle_t *)&process->rest);
	if (spawned)
		close_handle(process, (uv_handle_t *)&process->process);
	while (!process->ended)
		uv_run(process->loop, UV_RUN_ONCE);
	tap_process_release(process);
}

bool tap_process_start(struct tap_process *process, uv_loop_t *loop, char *const *argv,
		       char *const *environment, const char *directory, unsigned deadline,
		       const struct tap_listener *listener, struct error *error)
{
	int out = -1, log = -1, status = UV_EMFILE;
	bool piped;

	*process = (struct tap_process){ .loop = loop, .listener = *listener };
	uv_pipe_init(loop, &process->out.pipe, 0);
	uv_pipe_init(loop, &process->log.pipe, 0);
	uv_timer_init(loop, &process->timer);
	uv_timer_init(loop, &process->rest);
	process->timer.data = process->rest.data = process;
	process->handles_open = 4;
	process->out.open = process->log.open = true;
	piped = open_pipe(&process->out, LINE_MAXIMUM, &out) &&
		open_pipe(&process->log, TAP_LOG_LINE_MAXIMUM, &log);
	if (piped) {
		process->handles_open++;
		status = spawn(process, argv, environment, directory, out, log);
	}
	if (out >= 0)
		close(out);
	if (log >= 0)
		close(log);
	if (status != 0) {
		take_back(process, piped);
		return error_set(error, FAILURE_SYSTEM, "cannot start the tap, %s: %s", argv[0],
				 uv_strerror(status));
	}
	start_reading(process, &process->out, on_out_read);
	start_reading(process, &process->log, on_log_read);
	if (deadline > 0)
		tap_process_set_deadline(process, deadline);
	return true;
}

void tap_process_release(struct tap_process *process)
{
	line_reader_release(&process->out.reader);
	line_reader_release(&process->log.reader);
}
