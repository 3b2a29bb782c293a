#include "log_throttle.h"

#include <inttypes.h>
#include <stdio.h>

#include "count.h"
#include "hash.h"

/* The two kinds of messages that are counted apart. */
enum { MINOR, GRAVE };

static int kind_of(enum log_level level)
{
	return level <= LOG_WARN ? GRAVE : MINOR;
}

void log_throttle_init(struct log_throttle *throttle, tap_log_message *emit, void *owner)
{
	*throttle = (struct log_throttle){ .emit = emit, .owner = owner };
}

/* What is written again of a message: as much as fits and cuts no character. */
static struct slice beginning_of(struct slice message)
{
	size_t length = LOG_THROTTLE_TEXT;

	if (message.length <= length)
		return message;
	while (length > LOG_THROTTLE_TEXT - 4 &&
	       ((unsigned char)message.data[length] & 0xc0) == 0x80)
		length--;
	return slice_of(message.data, length);
}

/* False: there were too many of its kind in this period. */
static bool may_write(struct log_throttle *throttle, enum log_level level)
{
	uint64_t *written = &throttle->written[kind_of(level)];

	if (level != LOG_FATAL && *written >= LOG_THROTTLE_MAXIMUM)
		return false;
	(*written)++;
	return true;
}

static void emit_repeats(struct log_throttle *throttle, const struct log_throttle_message *message)
{
	const char *cut = message->length > message->text_length ? "..." : "";
	char count[32] = "once", text[LOG_THROTTLE_TEXT + 64];
	int length;

	if (message->repeats > 1)
		snprintf(count, sizeof(count), "%" PRIu64 " times", message->repeats);
	length = snprintf(text, sizeof(text), "(repeated %s) ", count);
	memcpy(text + length, message->text, message->text_length);
	length += (int)message->text_length;
	memcpy(text + length, cut, strlen(cut));
	throttle->emit(throttle->owner, message->level,
		       slice_of(text, (size_t)length + strlen(cut)));
}

static void tell_repeats(struct log_throttle *throttle, struct log_throttle_message *message,
			 uint64_t now)
{
	if (message->repeats == 0)
		return;
	if (may_write(throttle, message->level))
		emit_repeats(throttle, message);
	else
		throttle->left_out[kind_of(message->level)] += message->repeats;
	message->repeats = 0;
	message->told = now;
}

static void tell_left_out(struct log_throttle *throttle, int kind)
{
	static const struct {
		enum log_level level;
		const char *one, *many;
	} words[] = {
		[MINOR] = { LOG_INFO, "log message is", "log messages are" },
		[GRAVE] = { LOG_WARN, "warning or error is", "warnings and errors are" },
	};
	uint64_t count = throttle->left_out[kind];
	char text[128];

	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s left out: more than %d in %d seconds", count,
		 count == 1 ? words[kind].one : words[kind].many, LOG_THROTTLE_MAXIMUM,
		 LOG_THROTTLE_PERIOD / 1000);
	throttle->emit(throttle->owner, words[kind].level, slice_of_string(text));
	throttle->left_out[kind] = 0;
}

static void tell_all_left_out(struct log_throttle *throttle)
{
	tell_left_out(throttle, MINOR);
	tell_left_out(throttle, GRAVE);
}

void log_throttle_tick(struct log_throttle *throttle, uint64_t now)
{
	if (now - throttle->period_began >= LOG_THROTTLE_PERIOD) {
		tell_all_left_out(throttle);
		throttle->written[MINOR] = 0;
		throttle->written[GRAVE] = 0;
		throttle->period_began = now;
	}
	for (size_t i = 0; i < COUNT(throttle->remembered); i++) {
		struct log_throttle_message *message = &throttle->remembered[i];

		if (message->repeats > 0 && now - message->told >= LOG_THROTTLE_PERIOD)
			tell_repeats(throttle, message, now);
	}
}

void log_throttle_end(struct log_throttle *throttle)
{
	for (size_t i = 0; i < COUNT(throttle->remembered); i++)
		tell_repeats(throttle, &throttle->remembered[i], throttle->remembered[i].told);
	tell_all_left_out(throttle);
}

static struct log_throttle_message *find(struct log_throttle *throttle, enum log_level level,
					 struct slice message, uint64_t hash)
{
	for (size_t i = 0; i < COUNT(throttle->remembered); i++) {
		struct log_throttle_message *known = &throttle->remembered[i];

		if (known->taken && known->hash == hash && known->length == message.length &&
		    known->level == level &&
		    slice_starts_with(message, slice_of(known->text, known->text_length)))
			return known;
	}
	return NULL;
}

static struct log_throttle_message *least_recently_used(struct log_throttle *throttle)
{
	struct log_throttle_message *oldest = &throttle->remembered[0];

	for (size_t i = 1; i < COUNT(throttle->remembered); i++) {
		if (throttle->remembered[i].used < oldest->used)
			oldest = &throttle->remembered[i];
	}
	return oldest;
}

/* In the place of another one, whose count is told first. */
static void remember(struct log_throttle *throttle, enum log_level level, struct slice message,
		     uint64_t hash, uint64_t now)
{
	struct log_throttle_message *place = least_recently_used(throttle);
	struct slice beginning = beginning_of(message);

	tell_repeats(throttle, place, now);
	memcpy(place->text, beginning.data, beginning.length);
	place->text_length = beginning.length;
	place->taken = true;
	place->level = level;
	place->hash = hash;
	place->length = message.length;
	place->told = now;
	place->used = ++throttle->uses;
}

void log_throttle_message(struct log_throttle *throttle, enum log_level level,
			  struct slice message, uint64_t now)
{
	uint64_t hash = hash_bytes(HASH_START, message);
	struct log_throttle_message *known = find(throttle, level, message, hash);

	if (known != NULL) {
		known->used = ++throttle->uses;
		if (known->repeats > 0 || now - known->told < LOG_THROTTLE_PERIOD) {
			known->repeats++;
			log_throttle_tick(throttle, now);
			return;
		}
	}
	log_throttle_tick(throttle, now);
	if (!may_write(throttle, level)) {
		throttle->left_out[kind_of(level)]++;
		return;
	}
	if (known != NULL)
		known->told = now;
	else
		remember(throttle, level, message, hash, now);
	throttle->emit(throttle->owner, level, message);
}
