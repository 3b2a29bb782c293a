#include "read_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "catalog_choice.h"
#include "count.h"
#include "deal.h"
#include "state_map.h"

/* So many streams of a process are named in the log. */
#define NAMES_IN_LOG 10

bool read_plan_processes(const struct tap *tap, unsigned option, size_t *count,
			 struct error *error)
{
	const json_t *properties = json_object_get(
		manifest_connection_specification(&tap->manifest), "properties");
	const json_t *workers = json_object_get(tap->airbyte_config, READ_PLAN_WORKERS_KEY);
	json_int_t number = json_integer_value(workers);

	*count = tap->manifest.parallel;
	if (json_object_get(properties, READ_PLAN_WORKERS_KEY) != NULL &&
	    json_is_integer(workers)) {
		if (number < 1)
			return error_set(error, FAILURE_CONFIG,
					 "the config's " READ_PLAN_WORKERS_KEY
					 " must be 1 or more");
		*count = number < PARALLEL_MAXIMUM ? (size_t)number : PARALLEL_MAXIMUM;
	}
	if (option > 0)
		*count = option;
	return true;
}

/*
 * ---- what is dealt ----
 */

/* What a process wrote goes on with the streams that it had. */
static void join_processes(struct deal *deal, const struct state_map *map)
{
	size_t firsts[2 * PARALLEL_MAXIMUM], count = 0;

	for (size_t i = 0; i < map->streams->count; i++) {
		const struct state_entry *entry = &map->entries[i];
		size_t at = 0;

		if (entry->sequence == 0 || !deal->items[i].taken)
			continue;
		while (at < count && map->entries[firsts[at]].process != entry->process)
			at++;
		if (at < count)
			deal_join(deal, firsts[at], i);
		else if (count < COUNT(firsts))
			firsts[count++] = i;
	}
}

/* Which streams, how large each was, and which belong together by what they left. */
static bool take_history(struct deal *deal, struct stream_list *streams, struct slice state,
			 struct error *error)
{
	struct state_map map;
	bool done = state_map_init(&map, streams, error) &&
		    state_map_read_history(&map, state, error);

	for (size_t i = 0; done && i < streams->count; i++) {
		deal->items[i].taken = streams->items[i].configured && streams->items[i].in_tap;
		deal->items[i].size = map.entries[i].records;
	}
	if (done && map.disagree)
		join_processes(deal, &map);
	state_map_release(&map);
	return done;
}

static void join_group(struct deal *deal, const struct name_table *ids, const json_t *group)
{
	const uint32_t *first = NULL;
	json_t *id;
	size_t i;

	json_array_foreach(group, i, id) {
		struct slice name = slice_of_string(json_string_value(id));
		const uint32_t *stream = name_table_get(ids, name);

		if (stream != NULL && first != NULL)
			deal_join(deal, *first, *stream);
		if (first == NULL)
			first = stream;
	}
}

/* By id or name, as state_owners.h finds them. */
static void join_parents(struct deal *deal, const struct stream_list *streams)
{
	for (size_t i = 0; i < streams->count; i++) {
		const char *parent_id = streams->items[i].parent_id;
		const struct stream *parent = NULL;

		if (parent_id != NULL)
			parent = stream_list_find(streams, slice_of_string(parent_id), SLICE(""));
		if (parent != NULL)
			deal_join(deal, (size_t)(parent - streams->items), i);
	}
}

/* Parents with children, and the manifest's groups. False when memory runs out. */
static bool join_streams(struct deal *deal, const struct stream_list *streams,
			 const json_t *groups)
{
	struct name_table ids = NAME_TABLE_EMPTY;
	bool done = true;
	json_t *group;
	size_t i;

	for (i = 0; done && i < streams->count; i++)
		if (streams->items[i].in_tap)
			done = name_table_set(&ids, slice_of_string(streams->items[i].id),
					      (uint32_t)i);
	if (done) {
		join_parents(deal, streams);
		json_array_foreach(groups, i, group)
			join_group(deal, &ids, group);
	}
	name_table_release(&ids);
	return done;
}

/* `chosen` gets whose each configured stream is; *count, how many processes have any. */
static bool deal_streams(const struct read_plan_source *source, struct stream_list *streams,
			 size_t *chosen, size_t *count, struct error *error)
{
	struct deal deal;
	bool done;

	if (!deal_init(&deal, streams->count))
		return error_set_no_memory(error);
	done = take_history(&deal, streams, source->state, error);
	if (done && !(join_streams(&deal, streams, source->groups) &&
		      deal_out(&deal, *count, count)))
		done = error_set_no_memory(error);
	for (size_t i = 0; done && i < streams->count; i++)
		if (deal.items[i].taken)
			chosen[streams->items[i].place] = deal.items[i].share;
	deal_release(&deal);
	return done;
}

/*
 * ---- the parts ----
 */

static bool make_parts(struct read_plan *plan, size_t count, struct error *error)
{
	*plan = (struct read_plan){ .parts = calloc(count, sizeof(*plan->parts)) };
	if (plan->parts == NULL)
		return error_set_no_memory(error);
	plan->count = count;
	return true;
}

/* The catalog for the tap takes the place of what the buffer holds. */
static bool choose(struct read_part *part, const struct read_plan_source *source,
		   const struct warnings *warnings, struct buffer *text, struct error *error)
{
	buffer_clear(text);
	return catalog_choice_apply(source->map, source->catalog, source->configured,
				    &part->streams, text, warnings, error);
}

static bool write_catalog(struct read_part *part, size_t number,
			  const struct read_plan_source *source, const struct buffer *text,
			  struct error *error)
{
	char name[64];

	snprintf(name, sizeof(name), "catalog-%zu.json", number);
	part->catalog = work_dir_write(source->work_dir, name, buffer_slice(text), error);
	return part->catalog != NULL;
}

/* What is to be warned of was when the choice was made for all together. */
static bool choose_for_each(struct read_plan *plan, const struct read_plan_source *source,
			    const size_t *chosen, struct buffer *text, struct error *error)
{
	for (size_t i = 0; i < plan->count; i++) {
		for (size_t j = 0; j < source->configured->count; j++)
			source->configured->streams[j].elsewhere = chosen[j] != i;
		if (!choose(&plan->parts[i], source, &warnings_none, text, error) ||
		    !write_catalog(&plan->parts[i], i, source, text, error))
			return false;
	}
	return true;
}

/* Makes of the plan for one process, which has its catalog in the buffer, one for several. */
static bool split(struct read_plan *plan, const struct read_plan_source *source,
		  size_t processes, struct buffer *text, struct error *error)
{
	size_t *chosen = calloc(source->configured->count + 1, sizeof(*chosen));
	bool done = chosen != NULL || error_set_no_memory(error);

	done = done && deal_streams(source, &plan->parts[0].streams, chosen, &processes, error);
	if (done && processes == 1) {
		done = write_catalog(&plan->parts[0], 0, source, text, error);
	} else if (done) {
		read_plan_release(plan);
		done = make_parts(plan, processes, error) &&
		       choose_for_each(plan, source, chosen, text, error);
	}
	free(chosen);
	return done;
}

bool read_plan_make(struct read_plan *plan, const struct read_plan_source *source,
		    size_t processes, struct error *error)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = make_parts(plan, 1, error) &&
	       choose(&plan->parts[0], source, source->warnings, &text, error) &&
	       (processes > 1 ? split(plan, source, processes, &text, error)
			      : write_catalog(&plan->parts[0], 0, source, &text, error));
	buffer_release(&text);
	return done;
}

bool read_plan_make_blind(struct read_plan *plan, const struct configured_catalog *configured,
			  const json_t *overlay, struct error *error)
{
	return make_parts(plan, 1, error) &&
	       catalog_choice_apply_blind(configured, overlay, &plan->parts[0].streams, error);
}

static void log_part(const struct read_plan *plan, size_t number, struct airbyte_writer *writer)
{
	const struct stream_list *streams = &plan->parts[number].streams;
	struct buffer names;
	size_t count = 0;

	buffer_init(&names, BUFFER_MAXIMUM);
	for (size_t i = 0; i < streams->count; i++) {
		if (!streams->items[i].configured || count++ >= NAMES_IN_LOG)
			continue;
		buffer_append_string(&names, count > 1 ? ", " : "");
		buffer_append_string(&names, streams->items[i].name);
	}
	if (count > NAMES_IN_LOG)
		buffer_append_string(&names, ", ...");
	buffer_append_char(&names, '\0');
	if (!names.failed)
		airbyte_writer_logf(writer, LOG_INFO,
				    "Tap process %zu of %zu reads %zu streams: %s",
				    number + 1, plan->count, count, names.data);
	buffer_release(&names);
}

void read_plan_log(const struct read_plan *plan, struct airbyte_writer *writer)
{
	for (size_t i = 0; plan->count > 1 && i < plan->count; i++)
		log_part(plan, i, writer);
}

void read_plan_release(struct read_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		stream_list_release(&plan->parts[i].streams);
		free(plan->parts[i].catalog);
	}
	free(plan->parts);
	*plan = READ_PLAN_NONE;
}
