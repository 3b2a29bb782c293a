#include "no_core.h"

#include <sys/resource.h>

/* 1 byte: with 0 the kernel still hands a core to the handler that core_pattern may name. */
void no_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max == 0)
		return;
	limit.rlim_cur = limit.rlim_max = 1;
	(void)setrlimit(RLIMIT_CORE, &limit);
}
