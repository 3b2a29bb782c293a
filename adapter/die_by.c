#include "die_by.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "count.h"

int die_by(int signal_number)
{
	sigset_t set;

	signal(signal_number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signal_number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signal_number);
	return 128 + signal_number;
}

static void end_at_once(int signal_number)
{
	_exit(128 + signal_number);
}

void die_by_as_first_process(void)
{
	static const int requests[] = { SIGTERM, SIGINT, SIGHUP };
	const struct sigaction end = { .sa_handler = end_at_once };
	struct sigaction inherited;

	if (getpid() != 1)
		return;
	for (size_t i = 0; i < COUNT(requests); i++)
		if (sigaction(requests[i], NULL, &inherited) == 0 &&
		    inherited.sa_handler == SIG_DFL)
			(void)sigaction(requests[i], &end, NULL);
}
