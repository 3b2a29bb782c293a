/*
 * state_map.h - one Singer state for all streams becomes one Airbyte state for each,
 * and back.
 *
 * The stream_state of stream X is the Singer value without the members that belong to
 * other streams that are read, but for those that X is read by way of: its parent, and so on.
 * state_owners.h says by which keys a member belongs to X, and state_walk.h where. So every
 * stream_state is itself a valid Singer state, and what belongs to no stream
 * (`{"start_date": ...}`) rides along in each.
 *
 * Coming back, the members of each stream are taken from its own entry, and the shared
 * ones from the entry written first: after a crash the entries may disagree, and then
 * reading twice is safe, skipping is not. To know which was first, every entry carries
 * STATE_SEQUENCE_KEY. A stream whose entry is absent, null or {} starts from the
 * beginning: none of its members, nor of those that it is read by way of, are handed to the
 * tap, and no shared ones either (many taps skip every stream that stands before
 * `currently_syncing`).
 *
 * A tap reads a child while it walks its parent, as far as the parent's position lets it. So
 * the parent's members come from the entry written first of its own and those of all that are
 * read by way of it: what the tap finds under way is not passed by because the parent's entry is
 * newer than the child's. STATE_PARENTS_KEY tells that an entry has them; one without it counts
 * for a parent only if some member of the parent is in it.
 *
 * Several tap processes, side by side, each have a map. What they say of shared members does
 * not fit together, and none is older than the other: their entries carry STATE_PROCESS_KEY,
 * and of entries of different processes that disagree no shared members are handed on; only
 * currently_syncing is not where they disagree on nothing else. So the streams of a process
 * should stay together (state_map_read_history).
 *
 * Values keep their text in both directions.
 */
#ifndef TAPBYTE_STATE_MAP_H
#define TAPBYTE_STATE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "state_value.h"
#include "stream.h"
#include "warnings.h"

#define STATE_SEQUENCE_KEY "__tapbyte_sequence"
#define STATE_PROCESS_KEY "__tapbyte_process" /* of several tap processes: which one's it is */
#define STATE_PARENTS_KEY "__tapbyte_parents" /* of how many streams on its way up it tells */
#define STATE_RECORDS_KEY "__tapbyte_records" /* how large it is, by complete reads */

/* What the map knows of one stream; the same index as in the stream list. */
struct state_entry {
	struct buffer given;   /* the stream_state that came in, without what is ours and what
				  belongs to other streams but its parents; empty: none */
	uint64_t sequence;     /* that it came with, or is written again with */
	uint64_t process;      /* as well */
	uint64_t parents;      /* as well */
	uint64_t records;      /* as well, 0: not known; may be set, to be written */
	bool rewound;          /* the tap is handed another position than the entry says, or it
				  shares something and was written by another process, or does
				  not tell of its parents */
	uint64_t emitted;      /* a fingerprint of its own members in the value that went out (or
				  came in) last; state_value_own */
};

struct state_map {
	const struct stream_list *streams;
	struct name_table owners;    /* state_owners.h */
	uint32_t *parents;           /* the same */
	struct state_entry *entries;
	uint64_t sequence;           /* of the current value */
	uint64_t process;            /* set by the owner: of this process, below 2^53; 0: the only
					one */
	bool disagree;               /* the entries that came in did; see above */
	bool has_value;              /* the tap has said a STATE, or: */
	bool handed;                 /* the current value is what the tap was handed */
	struct state_value value;    /* the current one */
	uint32_t syncing;            /* its piece "currently_syncing", or STATE_PIECE_NONE */
};

/* The list is indexed (stream.h). It must outlive the map and not change meanwhile. */
bool state_map_init(struct state_map *map, struct stream_list *streams,
		    struct error *error);
void state_map_release(struct state_map *map);

/*
 * Reads the state that Airbyte hands to read (airbyte_state.h). Appends to `tap_state` the
 * Singer state for the tap; nothing where there is none. FAILURE_CONFIG: what cannot be
 * understood.
 */
bool state_map_read(struct state_map *map, struct slice text, struct buffer *tap_state,
		    const struct warnings *warnings, struct error *error);

/*
 * Only reads what the entries say of themselves: sequence, process and records. `disagree`
 * tells that different processes wrote them and not all share the same, other than
 * currently_syncing. The state may be broken in any way: then nothing is known.
 */
bool state_map_read_history(struct state_map *map, struct slice text, struct error *error);

/*
 * Takes the value of a STATE message. `mend`: it holds something that has to be mended
 * (json_scan.h). A value that is no object is refused with FAILURE_SYSTEM.
 */
bool state_map_take(struct state_map *map, struct slice value, bool mend, struct error *error);

/* The raw string that the current value has at its top as "currently_syncing"; else "". */
struct slice state_map_currently_syncing(const struct state_map *map);

/*
 * The tap is handed `tap_state`: takes it as the current value if that is not what the
 * entries of all streams say. The `rewound` ones have to be written before anything else:
 * an entry that stayed behind would stand for records that are only being read again. They
 * keep the sequence of the oldest that is in them, and so go before those that stayed behind.
 */
bool state_map_rewind(struct state_map *map, struct slice tap_state, struct error *error);

/* True when the stream's own members differ from what went out last (or came in). */
bool state_map_changed(const struct state_map *map, size_t stream);

/*
 * Appends the stream_state of a stream: from the tap's last STATE, else the one that was
 * given, else an empty one; with the sequence. Remembers its own members as emitted.
 */
void state_map_write(struct state_map *map, size_t stream, struct buffer *out);

#endif
