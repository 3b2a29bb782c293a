#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "count.h"
#include "log_throttle.h"

/* A throttle, what it wrote ("LEVEL text\n" each), and how much. */
struct fixture {
	struct log_throttle throttle;
	struct buffer written;
	size_t messages;
	size_t longest;
};

static void write_down(void *owner, enum log_level level, struct slice message)
{
	struct fixture *fixture = owner;

	buffer_append_string(&fixture->written, log_level_name(level));
	buffer_append_char(&fixture->written, ' ');
	buffer_append(&fixture->written, message);
	buffer_append_char(&fixture->written, '\n');
	fixture->messages++;
	if (message.length > fixture->longest)
		fixture->longest = message.length;
}

static void fixture_init(struct fixture *fixture)
{
	*fixture = (struct fixture){ .messages = 0 };
	buffer_init(&fixture->written, BUFFER_MAXIMUM);
	log_throttle_init(&fixture->throttle, write_down, fixture);
}

static void fixture_release(struct fixture *fixture)
{
	buffer_release(&fixture->written);
}

static void assert_written(struct fixture *fixture, const char *expected)
{
	char *written = buffer_to_string(&fixture->written);

	assert_string_equal(written, expected);
	free(written);
}

/* A step is a message, or a tick where its text is NULL; the clock is in milliseconds. */
struct step {
	uint64_t now;
	const char *text;
	enum log_level level;
};

static const struct {
	const char *name;
	struct step steps[12];
	const char *expected;
} cases[] = {
	{ "different messages pass",
	  { { 0, "a", LOG_INFO }, { 0, "b", LOG_WARN }, { 1, "c", LOG_DEBUG } },
	  "INFO a\nWARN b\nDEBUG c\n" },
	{ "a repeat is told at the end",
	  { { 0, "a", LOG_INFO }, { 5, "a", LOG_INFO } },
	  "INFO a\nINFO (repeated once) a\n" },
	{ "repeats are counted",
	  { { 0, "a", LOG_INFO }, { 5, "a", LOG_INFO }, { 6, "a", LOG_INFO } },
	  "INFO a\nINFO (repeated 2 times) a\n" },
	{ "two that alternate are both counted",
	  { { 0, "a", LOG_INFO }, { 1, "b", LOG_ERROR }, { 2, "a", LOG_INFO },
	    { 3, "b", LOG_ERROR }, { 4, "a", LOG_INFO } },
	  "INFO a\nERROR b\nINFO (repeated 2 times) a\nERROR (repeated once) b\n" },
	{ "four are remembered",
	  { { 0, "a", LOG_INFO }, { 0, "b", LOG_INFO }, { 0, "c", LOG_INFO },
	    { 0, "d", LOG_INFO }, { 0, "a", LOG_INFO }, { 0, "b", LOG_INFO },
	    { 0, "c", LOG_INFO }, { 0, "d", LOG_INFO } },
	  "INFO a\nINFO b\nINFO c\nINFO d\nINFO (repeated once) a\nINFO (repeated once) b\n"
	  "INFO (repeated once) c\nINFO (repeated once) d\n" },
	{ "of five the one that came least lately makes room",
	  { { 0, "a", LOG_INFO }, { 0, "b", LOG_INFO }, { 0, "c", LOG_INFO },
	    { 0, "d", LOG_INFO }, { 0, "a", LOG_INFO }, { 0, "e", LOG_INFO },
	    { 0, "a", LOG_INFO }, { 0, "b", LOG_INFO } },
	  "INFO a\nINFO b\nINFO c\nINFO d\nINFO e\nINFO b\nINFO (repeated 2 times) a\n" },
	{ "who makes room is told of first",
	  { { 0, "a", LOG_INFO }, { 0, "a", LOG_INFO }, { 0, "b", LOG_INFO }, { 0, "c", LOG_INFO },
	    { 0, "d", LOG_INFO }, { 0, "e", LOG_INFO } },
	  "INFO a\nINFO b\nINFO c\nINFO d\nINFO (repeated once) a\nINFO e\n" },
	{ "the level is a part of the message",
	  { { 0, "a", LOG_INFO }, { 0, "a", LOG_WARN } },
	  "INFO a\nWARN a\n" },
	{ "a repeat is told when a period is over, by the next one",
	  { { 0, "a", LOG_INFO }, { 59999, "a", LOG_INFO }, { 60000, "a", LOG_INFO },
	    { 60001, "a", LOG_INFO } },
	  "INFO a\nINFO (repeated 2 times) a\nINFO (repeated once) a\n" },
	{ "or by a tick",
	  { { 0, "a", LOG_INFO }, { 1, "a", LOG_INFO }, { 59999, NULL, LOG_INFO },
	    { 60000, NULL, LOG_INFO }, { 60001, NULL, LOG_INFO }, { 60002, "b", LOG_INFO } },
	  "INFO a\nINFO (repeated once) a\nINFO b\n" },
	{ "what comes once a minute is no repeat",
	  { { 0, "a", LOG_INFO }, { 60000, "a", LOG_INFO }, { 120000, "a", LOG_INFO } },
	  "INFO a\nINFO a\nINFO a\n" },
	{ "and after it comes what is one",
	  { { 0, "a", LOG_INFO }, { 60000, "a", LOG_INFO }, { 60001, "a", LOG_INFO },
	    { 60002, "b", LOG_INFO } },
	  "INFO a\nINFO a\nINFO b\nINFO (repeated once) a\n" },
	{ "the empty message is one, too",
	  { { 7, "", LOG_INFO }, { 8, "", LOG_INFO }, { 9, NULL, LOG_INFO } },
	  "INFO \nINFO (repeated once) \n" },
};

static void what_is_given_becomes_what_is_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fixture;
		const struct step *step = cases[i].steps, *end = step + COUNT(cases[i].steps);

		fixture_init(&fixture);
		for (; step < end && (step->text != NULL || step->now > 0); step++) {
			if (step->text != NULL)
				log_throttle_message(&fixture.throttle, step->level,
						     slice_of_string(step->text), step->now);
			else
				log_throttle_tick(&fixture.throttle, step->now);
		}
		log_throttle_end(&fixture.throttle);
		print_message("%s\n", cases[i].name);
		assert_written(&fixture, cases[i].expected);
		fixture_release(&fixture);
	}
}

static void give_numbered(struct fixture *fixture, enum log_level level, unsigned from,
			  unsigned count, uint64_t now)
{
	char text[32];

	for (unsigned i = from; i < from + count; i++) {
		snprintf(text, sizeof(text), "message %u", i);
		log_throttle_message(&fixture->throttle, level, slice_of_string(text), now);
	}
}

static void of_a_flood_a_thousand_are_written_and_the_rest_counted(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	give_numbered(&fixture, LOG_INFO, 0, 2000, 1000000);
	give_numbered(&fixture, LOG_DEBUG, 2000, 1513, 1059999);
	assert_int_equal(fixture.messages, LOG_THROTTLE_MAXIMUM);
	buffer_clear(&fixture.written);
	log_throttle_tick(&fixture.throttle, 1059999);
	assert_written(&fixture, "");
	log_throttle_tick(&fixture.throttle, 1060000);
	assert_written(&fixture,
		       "INFO 2513 log messages are left out: more than 1000 in 60 seconds\n");
	give_numbered(&fixture, LOG_INFO, 5000, 1001, 1060001);
	buffer_clear(&fixture.written);
	log_throttle_end(&fixture.throttle);
	assert_written(&fixture,
		       "INFO 1 log message is left out: more than 1000 in 60 seconds\n");
	fixture_release(&fixture);
}

static void a_flood_of_info_hides_no_error(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	give_numbered(&fixture, LOG_INFO, 0, 5000, 1);
	buffer_clear(&fixture.written);
	give_numbered(&fixture, LOG_ERROR, 0, 1, 2);
	assert_written(&fixture, "ERROR message 0\n");
	fixture_release(&fixture);
}

static void a_fatal_message_comes_through_a_flood_of_errors(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	give_numbered(&fixture, LOG_ERROR, 0, 1007, 1);
	buffer_clear(&fixture.written);
	give_numbered(&fixture, LOG_FATAL, 1, 2, 2);
	give_numbered(&fixture, LOG_FATAL, 2, 1, 3);
	give_numbered(&fixture, LOG_WARN, 9, 1, 3);
	log_throttle_end(&fixture.throttle);
	assert_written(&fixture,
		       "FATAL message 1\nFATAL message 2\nFATAL (repeated once) message 2\n"
		       "WARN 8 warnings and errors are left out: more than 1000 in 60 seconds\n");
	fixture_release(&fixture);
}

static void repeats_that_fall_into_a_flood_are_counted_as_left_out(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	give_numbered(&fixture, LOG_INFO, 0, 1000, 1);
	give_numbered(&fixture, LOG_INFO, 999, 1, 1);
	give_numbered(&fixture, LOG_INFO, 999, 1, 1);
	give_numbered(&fixture, LOG_INFO, 5000, 1, 1);
	buffer_clear(&fixture.written);
	log_throttle_end(&fixture.throttle);
	assert_written(&fixture,
		       "INFO 3 log messages are left out: more than 1000 in 60 seconds\n");
	fixture_release(&fixture);
}

/* How many messages a written line stands for. */
static uint64_t stands_for(const char *line)
{
	const char *text = strchr(line, ' ') + 1;
	uint64_t count = 0;

	if (strncmp(text, "(repeated once)", 15) == 0)
		return 1;
	if (sscanf(text, "(repeated %" SCNu64 " times)", &count) == 1)
		return count;
	if (strstr(text, " left out: ") != NULL)
		return strtoull(text, NULL, 10);
	return 1;
}

static uint64_t count_all(struct fixture *fixture)
{
	char *written = buffer_to_string(&fixture->written);
	uint64_t sum = 0;

	for (char *line = strtok(written, "\n"); line != NULL; line = strtok(NULL, "\n"))
		sum += stands_for(line);
	free(written);
	return sum;
}

static void nothing_is_left_out_without_a_count(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct fixture fixture;
		uint64_t now = 0;

		fixture_init(&fixture);
		for (unsigned i = 0; i < 5000; i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			give_numbered(&fixture, (enum log_level)((random >> 33) % 6),
				      (unsigned)(random >> 40) % (1u << round % 20), 1, now);
			now += (random >> 50) % (round + 1);
			if (random >> 60 == 0)
				log_throttle_tick(&fixture.throttle, now);
		}
		log_throttle_end(&fixture.throttle);
		assert_int_equal(count_all(&fixture), 5000);
		fixture_release(&fixture);
	}
}

static void a_long_message_is_written_whole_once_and_then_its_beginning(void **state)
{
	struct fixture fixture;
	struct buffer text;

	(void)state;
	buffer_init(&text, BUFFER_MAXIMUM);
	while (text.length < TAP_LOG_MESSAGE_MAX)
		buffer_append_string(&text, "\xe2\x82\xac");
	fixture_init(&fixture);
	for (unsigned i = 0; i < 100; i++)
		log_throttle_message(&fixture.throttle, LOG_INFO, buffer_slice(&text), 1);
	assert_int_equal(fixture.longest, text.length);
	text.data[text.length - 1] = 'x';
	log_throttle_message(&fixture.throttle, LOG_INFO, buffer_slice(&text), 1);
	assert_int_equal(fixture.messages, 2);
	buffer_clear(&fixture.written);
	log_throttle_end(&fixture.throttle);
	/* 2,000 bytes are 666 characters of three, and two more. */
	assert_int_equal(fixture.written.length,
			 strlen("INFO (repeated 99 times) ") + 1998 + strlen("...\n"));
	for (size_t i = 0; i < LOG_THROTTLE_REMEMBERED; i++)
		assert_true(fixture.throttle.remembered[i].text_length <= LOG_THROTTLE_TEXT);
	fixture_release(&fixture);
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_becomes_what_is_expected),
		cmocka_unit_test(of_a_flood_a_thousand_are_written_and_the_rest_counted),
		cmocka_unit_test(a_flood_of_info_hides_no_error),
		cmocka_unit_test(a_fatal_message_comes_through_a_flood_of_errors),
		cmocka_unit_test(repeats_that_fall_into_a_flood_are_counted_as_left_out),
		cmocka_unit_test(nothing_is_left_out_without_a_count),
		cmocka_unit_test(a_long_message_is_written_whole_once_and_then_its_beginning),
	};

	return cmocka_run_group_tests_name("log_throttle", tests, NULL, NULL);
}
