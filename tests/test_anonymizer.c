#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>

#include "anonymizer.h"
#include "count.h"
#include "stand_in.h"

static const struct siphash_key key = { { UINT64_C(0x0706050403020100),
					  UINT64_C(0x0f0e0d0c0b0a0908) } };

/* The vector of the paper, and the first ones of its authors' own test. */
static void siphash_is_the_one_of_its_authors(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} cases[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) }, { 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) }, { 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	char bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(siphash(&key, slice_of(bytes, cases[i].length)), cases[i].hash);
}

static struct buffer stand_in(const char *text)
{
	struct buffer out;

	buffer_init(&out, BUFFER_MAXIMUM);
	stand_in_append(&key, &out, slice_of_string(text));
	assert_false(out.failed);
	return out;
}

/* In a shape A is a capital, a a small letter, 0 a digit, # a hexadecimal digit; else itself. */
static bool fits(char byte, char shape)
{
	switch (shape) {
	case 'A':
		return isupper((unsigned char)byte);
	case 'a':
		return islower((unsigned char)byte);
	case '0':
		return isdigit((unsigned char)byte);
	case '#':
		return isxdigit((unsigned char)byte) && !isupper((unsigned char)byte);
	default:
		return byte == shape;
	}
}

static void a_stand_in_has_the_shape_of_the_text(void **state)
{
	static const struct {
		const char *text, *shape;
	} cases[] = {
		{ "", "" },
		{ "Jane.Doe@Example.com", "Aaaa.Aaa@Aaaaaaa.aaa" },
		{ "(030) 123-4567", "(000) 000-0000" },
		{ "123e4567-e89b-42d3-a456-426614174000", "########-####-4###-a###-############" },
		{ "d41d8cd98f00b204e9800998ecf8427e", "################################" },
		{ "https://Ab.com/1?q=%C3%BC", "https://Aa.aaa/0?a=%C3%BC" },
		{ "2024-02-29T23:59:58.123Z", "0000-00-00T00:00:00.000Z" },
		{ "2024-02-29 23:59:58+05:30", "0000-00-00 00:00:00+05:30" },
		{ "23:59", "00:00" },
		{ "12/31/2024", "00/00/0000" },
		{ "AZ", "AA" },
		{ "  \t!", "  \t!" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer out = stand_in(cases[i].text);

		assert_int_equal(out.length, strlen(cases[i].shape));
		for (size_t j = 0; j < out.length; j++)
			if (!fits(out.data[j], cases[i].shape[j]))
				fail_msg("%s became %.*s", cases[i].text, (int)out.length,
					 out.data);
		buffer_release(&out);
	}
}

static unsigned number_at(const struct buffer *text, size_t at, size_t length)
{
	unsigned number = 0;

	while (length-- > 0)
		number = number * 10 + (unsigned)(text->data[at++] - '0');
	return number;
}

static void dates_and_times_stay_valid(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct buffer out;
		char text[64];

		snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ", 1000 + i * 9,
			 1 + i % 12, 1 + i % 31, i % 24, i % 60, i * 7 % 60);
		out = stand_in(text);
		assert_int_equal(out.length, 20);
		assert_in_range(number_at(&out, 0, 4), 1971, 2030);
		assert_in_range(number_at(&out, 5, 2), 1, 12);
		assert_in_range(number_at(&out, 8, 2), 1, 28);
		assert_in_range(number_at(&out, 11, 2), 0, 23);
		assert_in_range(number_at(&out, 14, 2), 0, 59);
		assert_in_range(number_at(&out, 17, 2), 0, 59);
		buffer_release(&out);
	}
}

static void addresses_stay_valid(void **state)
{
	static const char *const places[] = { "%s", "http://%s:8080/x", "%s/24", "from %s, %s" };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char address[32], text[100];
		struct buffer out;

		snprintf(address, sizeof(address), "%u.%u.%u.255", i % 256, 200 + i % 56,
			 99 + i % 3);
		snprintf(text, sizeof(text), places[i % COUNT(places)], address, address);
		out = stand_in(text);
		assert_int_equal(out.length, strlen(text));
		for (size_t at = 0; at < out.length; at++) {
			size_t count = 0;

			while (at + count < out.length && out.data[at + count] >= '0' &&
			       out.data[at + count] <= '9')
				count++;
			if (count == 3)
				assert_in_range(number_at(&out, at, 3), 100, 255);
			at += count;
		}
		buffer_release(&out);
	}
}

static void numbers_stay_numbers_of_their_length(void **state)
{
	static const char *const numbers[] = { "0", "7", "-12.50", "0.001", "1e5", "-9E-10",
					       "9223372036854775807", "-9223372036854775808" };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct slice number = slice_of_string(numbers[i]);
		struct buffer out;
		json_t *value;

		buffer_init(&out, 100);
		stand_in_append_number(&key, &out, number);
		assert_int_equal(out.length, number.length);
		value = json_loadb(out.data, out.length, JSON_DECODE_ANY, NULL);
		assert_non_null(value); /* also: no integer is larger than 64 bits */
		json_decref(value);
		assert_int_equal(out.data[0] == '0', numbers[i][0] == '0');
		buffer_release(&out);
	}
}

static void the_same_text_has_the_same_stand_in_and_another_key_another(void **state)
{
	static const struct siphash_key other = { { 1, 2 } };
	struct buffer first = stand_in("a customer's name"), second, third;

	(void)state;
	second = stand_in("a customer's name");
	assert_true(slice_equals(buffer_slice(&first), buffer_slice(&second)));
	buffer_init(&third, 100);
	stand_in_append(&other, &third, SLICE("a customer's name"));
	assert_false(slice_equals(buffer_slice(&first), buffer_slice(&third)));
	buffer_release(&first);
	buffer_release(&second);
	buffer_release(&third);
}

static void characters_outside_ascii_keep_their_length(void **state)
{
	struct buffer out = stand_in("Z\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xff");
	static const char shape[] = "A\xd7_ ___ \xf0___ \xff";

	(void)state;
	assert_int_equal(out.length, sizeof(shape) - 1);
	assert_int_equal(out.data[1], shape[1]);
	assert_int_equal(out.data[8], shape[8]);
	assert_int_equal(out.data[13], shape[13]);
	buffer_release(&out);
}

static void add(struct recording *recording, enum recording_source source, const char *line)
{
	assert_true(recording_add_line(recording, 0, source, slice_of_string(line), true));
}

static bool holds(const struct buffer *text, const char *part)
{
	return memmem(text->data, text->length, part, strlen(part)) != NULL;
}

static void a_recording_loses_values_and_keeps_names(void **state)
{
	static const char *const gone[] = { "Meier", "471100", "berlin", "broken", "acme",
					    "ann@", "Okonkwo", "4711 00", "Jane", "Roe" };
	static const char *const kept[] = { "\"users\"", "\"city\"", "open", "\"type\": \"card\"",
					    "__tapbyte_sequence\": 4711", "INCREMENTAL",
					    "\"version\": 815", "\"a-b_2\"", "\"from\"",
					    "\"type\": \"RECORD\", \"stream\": \"users\"" };
	struct error error = ERROR_NONE;
	struct recording recording;
	struct buffer all;

	(void)state;
	recording_init(&recording);
	add(&recording, RECORDING_OUT, "{\"type\": \"SCHEMA\", \"stream\": \"users\", \"schema\": "
				       "{\"properties\": {\"city\": {\"enum\": [\"open\"]}}}}");
	add(&recording, RECORDING_OUT, "{\"type\": \"RECORD\", \"stream\": \"users\", \"record\": "
				       "{\"city\": \"berlin\", \"n\": 471100, \"s\": \"open\", "
				       "\"type\": \"card\", \"who\": \"Mr \\u004deier\", "
				       "\"kind\": [{\"type\": \"Jane Roe\"}]}}");
	add(&recording, RECORDING_OUT, "{\"type\": \"STATE\", \"value\": {\"currently_syncing\": "
				       "\"users\", \"n\": 471100, \"m\": \"INCREMENTAL\"}}");
	add(&recording, RECORDING_OUT, "{\"type\": \"RECORD\", \"stream\": \"users\", \"from\": "
				       "\"Dr Okonkwo\", \"record\": {\"who\": "
				       "{\"ann@acme.org\": 1}}, \"version\": 815, "
				       "\"by\": [\"Okonkwo\"]}");
	add(&recording, RECORDING_OUT, "{\"type\": \"STATE\", \"value\": {\"ann@acme.org\": "
				       "{\"a-b_2\": {\"4711 00\": 1}}}}");
	add(&recording, RECORDING_OUT, "{\"type\": \"RECORD\", \"record\": {\"x\": \"broken");
	add(&recording, RECORDING_LOG, "INFO found berlin at 471100 and {\"a\": \"Mr Meier\"}");
	buffer_append_string(&recording.parts[RECORDING_CONFIG], "{\"host\": \"acme.org\"}");
	buffer_append_string(&recording.parts[RECORDING_STATE],
			     "[{\"__tapbyte_sequence\": 4711, \"n\": 471100}]");
	assert_true(anonymizer_apply_key(&recording, NULL, &key, &error));
	assert_true(recording.anonymized);
	buffer_init(&all, BUFFER_MAXIMUM);
	for (size_t i = 0; i < RECORDING_PARTS; i++)
		buffer_append(&all, buffer_slice(&recording.parts[i]));
	for (size_t i = 0; i < COUNT(gone); i++)
		assert_false(holds(&all, gone[i]));
	for (size_t i = 0; i < COUNT(kept); i++)
		assert_true(holds(&all, kept[i]));
	assert_true(holds(&recording.parts[RECORDING_STDERR], "INFO found **** at **** and"));
	buffer_release(&all);
	recording_release(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_is_the_one_of_its_authors),
		cmocka_unit_test(a_stand_in_has_the_shape_of_the_text),
		cmocka_unit_test(dates_and_times_stay_valid),
		cmocka_unit_test(addresses_stay_valid),
		cmocka_unit_test(numbers_stay_numbers_of_their_length),
		cmocka_unit_test(the_same_text_has_the_same_stand_in_and_another_key_another),
		cmocka_unit_test(characters_outside_ascii_keep_their_length),
		cmocka_unit_test(a_recording_loses_values_and_keeps_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
