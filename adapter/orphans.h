/*
 * orphans.h - processes that a tap's processes leave behind, also those that left the
 * tap's process group: as a subreaper (or as PID 1 of a container) this process becomes
 * their parent, and is the one that has to end and to reap them.
 */
#ifndef TAPBYTE_ORPHANS_H
#define TAPBYTE_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ORPHANS_KEPT 64

struct orphans {
	bool adopted;
	/* Children that were there before; a shell that became this program leaves its own:
	 * `exec tapbyte read > >(tee file)`. They are not ours to end. */
	pid_t kept[ORPHANS_KEPT];
	size_t kept_count;
};

/*
 * Makes this process the parent of orphans, and every process that it starts from now on
 * die with it (PR_SET_PDEATHSIG): a tap does not outlive an adapter that was killed.
 * Where the kernel refuses, nothing is different from before.
 */
void orphans_adopt(struct orphans *orphans);

/*
 * Reaps the children that have ended but for those in `known`, whom somebody else (libuv)
 * waits for. Never blocks.
 */
void orphans_reap(const pid_t *known, size_t count);

/*
 * Kills and reaps all children, their children too, but for those that are kept. Gives up
 * after a second: a process may be stuck in the kernel. Nothing unless they were adopted,
 * and nothing where ORPHANS_KEPT are kept: there may be more of these.
 */
void orphans_end(const struct orphans *orphans);

#endif
