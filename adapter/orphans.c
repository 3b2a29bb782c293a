#include "orphans.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds. */
#define END_WITHIN 1000

/* The kernel's own limit of process ids. */
#define PID_LIMIT (1 << 22)

/*
 * ---- children ----
 */

static bool contains(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* As long as it is not reaped, no other process can have its id. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Any child, or one that has ended first: its id, or 0 when none has. False: no children. */
static bool look(pid_t *ended)
{
	siginfo_t info = { .si_pid = 0 };
	bool found = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;

	*ended = info.si_pid;
	return found;
}

/* Processes that may be children: all of /proc if it shows our own ids, else those since us. */
struct processes {
	DIR *proc;
	pid_t at;
	pid_t last;
};

static pid_t newest_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(EXIT_SUCCESS);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return pid > 0 ? pid : getpid();
}

static void processes_open(struct processes *processes)
{
	char self[32] = "";

	*processes = (struct processes){ .proc = NULL };
	if (readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	    strtol(self, NULL, 10) == getpid())
		processes->proc = opendir("/proc");
	if (processes->proc != NULL)
		return;
	processes->at = getpid();
	processes->last = newest_process();
}

static void processes_close(struct processes *processes)
{
	if (processes->proc != NULL)
		closedir(processes->proc);
}

/* 0: no more. */
static pid_t processes_next(struct processes *processes)
{
	struct dirent *entry;

	if (processes->proc == NULL) {
		if (processes->at == processes->last)
			return 0;
		processes->at = processes->at % PID_LIMIT + 1;
		return processes->at;
	}
	while ((entry = readdir(processes->proc)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			return (pid_t)strtol(entry->d_name, NULL, 10);
	return 0;
}

static pid_t next_child(struct processes *processes)
{
	pid_t pid;

	do
		pid = processes_next(processes);
	while (pid != 0 && !is_child(pid));
	return pid;
}

/*
 * ---- adopting ----
 */

/* Handlers of pthread_atfork are given nothing. */
static pid_t forking;

static void before_fork(void)
{
	forking = getpid();
}

static void die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != forking) /* it was faster */
		_exit(EXIT_FAILURE);
}

static void keep_children(struct orphans *orphans)
{
	struct processes processes;
	pid_t pid;

	if (!look(&pid))
		return;
	processes_open(&processes);
	while (orphans->kept_count < ORPHANS_KEPT && (pid = next_child(&processes)) != 0)
		orphans->kept[orphans->kept_count++] = pid;
	processes_close(&processes);
}

void orphans_adopt(struct orphans *orphans)
{
	static bool handled; /* handlers cannot be taken back */

	signal(SIGCHLD, SIG_DFL); /* it may be inherited as ignored: nothing to wait for then */
	*orphans = (struct orphans){ .adopted = true };
	keep_children(orphans);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	handled = handled || pthread_atfork(before_fork, NULL, die_with_parent) == 0;
}

/*
 * ---- reaping ----
 */

/* One that is known may hide others from `look` as long as it is not waited for. */
static void reap_others(const pid_t *known, size_t count)
{
	struct processes processes;
	pid_t pid;

	processes_open(&processes);
	while ((pid = next_child(&processes)) != 0)
		if (!contains(known, count, pid))
			(void)waitpid(pid, NULL, WNOHANG);
	processes_close(&processes);
}

void orphans_reap(const pid_t *known, size_t count)
{
	pid_t pid;

	while (look(&pid) && pid != 0) {
		if (contains(known, count, pid)) {
			reap_others(known, count);
			return;
		}
		(void)waitpid(pid, NULL, WNOHANG);
	}
}

/*
 * ---- ending ----
 */

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: there was none. */
static bool kill_children(const struct orphans *orphans)
{
	struct processes processes;
	bool found = false;
	pid_t pid;

	processes_open(&processes);
	while ((pid = next_child(&processes)) != 0) {
		if (contains(orphans->kept, orphans->kept_count, pid))
			continue;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, WNOHANG);
		found = true;
	}
	processes_close(&processes);
	return found;
}

void orphans_end(const struct orphans *orphans)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t until = milliseconds() + END_WITHIN;
	pid_t pid;

	if (!orphans->adopted || orphans->kept_count == ORPHANS_KEPT)
		return;
	/* The children of those that die become ours, so it takes some rounds. */
	while (look(&pid) && kill_children(orphans) && milliseconds() < until)
		nanosleep(&pause, NULL);
}
