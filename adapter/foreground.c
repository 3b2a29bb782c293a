#include "foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool settle(struct foreground how)
{
	int nowhere;

	if (how.folder != NULL && chdir(how.folder) < 0)
		return false;
	if (how.input >= 0 && dup2(how.input, STDIN_FILENO) < 0)
		return false;
	if (!how.quiet)
		return true;
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;
}

/* In the child; what fails is told through the pipe, which a program that starts closes. */
static void become(char *const *argv, struct foreground how, pid_t parent, int trouble)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it was faster */
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (settle(how))
		execvp(argv[0], argv);
	(void)!write(trouble, &errno, sizeof(errno));
	_exit(1);
}

/* The errno of a program that did not start, or 0. */
static int read_trouble(int pipe)
{
	int trouble = 0;
	ssize_t length;

	do
		length = read(pipe, &trouble, sizeof(trouble));
	while (length < 0 && errno == EINTR);
	return length == sizeof(trouble) ? trouble : 0;
}

/* Who started us may have said that children are not to be waited for. */
static void keep_ended_children(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

/* False: somebody else did. */
static bool wait_for(pid_t child, int *status)
{
	pid_t ended;

	do
		ended = waitpid(child, status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == child;
}

static bool set_not_started(struct error *error, const char *program, int trouble)
{
	if (trouble == ENOENT && strchr(program, '/') == NULL)
		return error_set(error, FAILURE_SYSTEM, "there is no program %s in PATH", program);
	return error_set(error, FAILURE_SYSTEM, "cannot start %s: %s", program,
			 strerror(trouble));
}

/* SIG_ERR: it was left as it was. */
static void restore(void (*on_interrupt)(int))
{
	if (on_interrupt != SIG_ERR)
		signal(SIGINT, on_interrupt);
}

int foreground_start(char *const *argv, struct foreground how, struct error *error)
{
	int pipe[2], trouble, status = 0;
	pid_t parent = getpid(), child;
	void (*on_interrupt)(int);
	bool ended;

	if (pipe2(pipe, O_CLOEXEC) < 0) {
		set_not_started(error, argv[0], errno);
		return -1;
	}
	fflush(stdout);
	keep_ended_children();
	on_interrupt = how.alone ? signal(SIGINT, SIG_IGN) : SIG_ERR;
	child = fork();
	if (child == 0) {
		restore(on_interrupt);
		become(argv, how, parent, pipe[1]);
	}
	trouble = child < 0 ? errno : 0;
	close(pipe[1]);
	if (child > 0)
		trouble = read_trouble(pipe[0]);
	close(pipe[0]);
	ended = child > 0 && wait_for(child, &status);
	restore(on_interrupt);
	if (child > 0 && !ended && trouble == 0)
		error_set(error, FAILURE_SYSTEM, "it is not known how %s ended", argv[0]);
	else if (trouble != 0)
		set_not_started(error, argv[0], trouble);
	else if (WIFSIGNALED(status))
		error_set(error, FAILURE_SYSTEM, "%s was ended by signal %d (%s)", argv[0],
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		return WEXITSTATUS(status);
	return -1;
}

bool foreground_run(char *const *argv, struct foreground how, struct error *error)
{
	int code = foreground_start(argv, how, error);

	if (code > 0)
		error_set(error, FAILURE_SYSTEM, "%s failed with status %d; see above",
			  argv[0], code);
	return code == 0;
}
