#include "leak_search.h"

#include "count.h"
#include "terminal_text.h"

/* Bytes of a line that is searched in all ways. */
#define SEARCHED_MAXIMUM ((size_t)1 << 20)

void leak_search_init(struct leak_search *search)
{
	*search = (struct leak_search){ .mask = SECRET_MASK_EMPTY };
	buffer_init(&search->told, BUFFER_MAXIMUM);
}

void leak_search_release(struct leak_search *search)
{
	secret_mask_release(&search->mask);
	buffer_release(&search->told);
}

/* How thoroughly a line is searched. */
enum care {
	NOT_AT_ALL,
	AS_WRITTEN, /* for the secrets as the config has them */
	ALL_WAYS,   /* for every way to write them */
};

static enum care care_for(struct slice line)
{
	static const struct {
		const char *start;
		enum care care;
	} lines[] = {
		/* it hands the config back, secrets and all */
		{ "{\"type\":\"CONTROL\"", NOT_AT_ALL },
		{ "{\"type\":\"LOG\"", ALL_WAYS },
		{ "{\"type\":\"TRACE\"", ALL_WAYS },
		{ "{\"type\":\"CONNECTION_STATUS\"", ALL_WAYS },
		{ "{", AS_WRITTEN },
	};
	size_t i = 0;

	while (i < COUNT(lines) && !slice_starts_with(line, slice_of_string(lines[i].start)))
		i++;
	if (i < COUNT(lines) && lines[i].care != ALL_WAYS)
		return lines[i].care;
	return line.length > SEARCHED_MAXIMUM ? AS_WRITTEN : ALL_WAYS;
}

static bool shows_secret(const struct secret_mask *mask, struct slice line)
{
	struct secret_range range;
	enum care care = care_for(line);
	struct buffer masked;
	size_t from = 0;
	bool shown;

	if (care != ALL_WAYS)
		return care == AS_WRITTEN && secret_index_find(&mask->index, line, &from, &range);
	buffer_init(&masked, BUFFER_MAXIMUM);
	secret_mask_apply(mask, &masked, line);
	shown = masked.failed || !slice_equals(buffer_slice(&masked), line);
	buffer_release(&masked);
	return shown;
}

void leak_search_line(struct leak_search *search, const char *command, const char *where,
		      struct slice line)
{
	struct buffer *out = &search->told;

	if (!shows_secret(&search->mask, line) || search->count++ >= LEAKS_TOLD)
		return;
	buffer_append_format(out, "%s: a secret of the config is in %s", command, where);
	if (line.length > 0 && line.data[0] == '{') {
		buffer_append_string(out, ", in a line that begins with ");
		terminal_text_append(out, line, 24);
	}
	buffer_append_char(out, '\n');
}
