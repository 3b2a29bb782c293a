#include "json_diff.h"

#include <ctype.h>
#include <stdlib.h>

#include "json_text.h"

void json_diff_init(struct json_diff *diff,
		    void (*found)(void *owner, struct slice pointer, const struct node *was,
				  const struct node *is),
		    void *owner)
{
	*diff = (struct json_diff){ .found = found, .owner = owner };
	buffer_init(&diff->pointer, BUFFER_MAXIMUM);
	buffer_init(&diff->key, BUFFER_MAXIMUM);
}

void json_diff_release(struct json_diff *diff)
{
	buffer_release(&diff->pointer);
	buffer_release(&diff->key);
}

/*
 * ---- scalars ----
 */

/* A number as its digits, from the first to the last that is not 0, and where they stand. */
struct digits {
	struct slice text; /* the digits and the point */
	long long exponent; /* of the place before the first digit */
	bool negative, whole;
};

static struct digits digits_of(struct slice number)
{
	struct digits digits = { .whole = true };
	size_t length = 0;
	bool seen = false, point = false;

	if (number.length > 0 && number.data[0] == '-') {
		digits.negative = true;
		number = slice_after(number, 1);
	}
	while (length < number.length && number.data[length] != 'e' && number.data[length] != 'E')
		length++;
	digits.whole = length == number.length;
	if (!digits.whole)
		digits.exponent = strtoll(number.data + length + 1, NULL, 10);
	digits.text = slice_of(number.data, length);
	for (size_t i = 0; i < length; i++) {
		char c = number.data[i];

		point = point || c == '.';
		seen = seen || (c != '.' && c != '0');
		if (c != '.' && seen != point)
			digits.exponent += seen ? 1 : -1;
	}
	digits.whole = digits.whole && !point;
	return digits;
}

/* The next digit of a number, those in front that are 0 left out; 0 for ever at the end. */
static char next_digit(struct slice *text, bool *seen)
{
	while (text->length > 0) {
		char c = text->data[0];

		*text = slice_after(*text, 1);
		*seen = *seen || (c != '0' && c != '.');
		if (c != '.' && *seen)
			return c;
	}
	return '0';
}

static bool same_number(struct slice a, struct slice b)
{
	struct digits left, right;
	bool seen_left = false, seen_right = false, zero = true;

	if (slice_equals(a, b))
		return true;
	if (a.length == 0 || b.length == 0 || !isdigit((unsigned char)a.data[a.length - 1]) ||
	    !isdigit((unsigned char)b.data[b.length - 1]))
		return false; /* NaN and Infinity */
	left = digits_of(a);
	right = digits_of(b);
	if (left.whole != right.whole)
		return false;
	while (left.text.length > 0 || right.text.length > 0) {
		char digit = next_digit(&left.text, &seen_left);

		if (digit != next_digit(&right.text, &seen_right))
			return false;
		zero = zero && digit == '0';
	}
	return zero || (left.exponent == right.exponent && left.negative == right.negative);
}

static bool same_string(struct slice a, struct slice b)
{
	struct buffer left, right;
	bool same;

	if (slice_equals(a, b))
		return true;
	buffer_init(&left, BUFFER_MAXIMUM);
	buffer_init(&right, BUFFER_MAXIMUM);
	json_text_decode(&left, a);
	json_text_decode(&right, b);
	same = !left.failed && !right.failed &&
	       slice_equals(buffer_slice(&left), buffer_slice(&right));
	buffer_release(&left);
	buffer_release(&right);
	return same;
}

static bool same_scalar(const struct node *a, const struct node *b)
{
	if (a->kind == NODE_NUMBER)
		return same_number(a->text, b->text);
	return a->kind != NODE_STRING || same_string(node_raw(a), node_raw(b));
}

/*
 * ---- arrays and objects ----
 */

static const struct node *end_of(const struct node *parent)
{
	return parent + parent->size;
}

/* The member of the other object with this one's key; it is at the same place mostly. */
static const struct node *partner(struct json_diff *diff, const struct node *member,
				  const struct node *other, const struct node *likely)
{
	if (likely < end_of(other) && slice_equals(likely->key, member->key))
		return likely;
	buffer_clear(&diff->key);
	json_text_decode(&diff->key, member->key);
	diff->failed = diff->failed || diff->key.failed;
	return node_get_slice(other, buffer_slice(&diff->key));
}

static void push_key(struct json_diff *diff, struct slice raw)
{
	struct slice key;

	buffer_clear(&diff->key);
	json_text_decode(&diff->key, raw);
	key = buffer_slice(&diff->key);
	buffer_append_char(&diff->pointer, '/');
	for (size_t i = 0; i < key.length; i++) {
		if (key.data[i] == '~' || key.data[i] == '/')
			buffer_append_string(&diff->pointer, key.data[i] == '~' ? "~0" : "~1");
		else
			buffer_append_char(&diff->pointer, key.data[i]);
	}
}

static void compare(struct json_diff *diff, const struct node *was, const struct node *is);

static void compare_members(struct json_diff *diff, const struct node *was,
			    const struct node *is)
{
	size_t length = diff->pointer.length;
	const struct node *likely = is + 1, *member;

	node_for_each(member, was) {
		const struct node *other = partner(diff, member, is, likely);

		push_key(diff, member->key);
		compare(diff, member, other);
		diff->pointer.length = length;
		if (likely < end_of(is))
			likely += likely->size;
	}
	likely = was + 1;
	node_for_each(member, is) {
		if (partner(diff, member, was, likely) == NULL) {
			push_key(diff, member->key);
			compare(diff, NULL, member);
			diff->pointer.length = length;
		}
		if (likely < end_of(was))
			likely += likely->size;
	}
}

static void compare_elements(struct json_diff *diff, const struct node *was,
			     const struct node *is)
{
	size_t length = diff->pointer.length;
	const struct node *left = was + 1, *right = is + 1;

	for (long long i = 0; left < end_of(was) || right < end_of(is); i++) {
		const struct node *a = left < end_of(was) ? left : NULL;
		const struct node *b = right < end_of(is) ? right : NULL;

		buffer_append_char(&diff->pointer, '/');
		buffer_append_integer(&diff->pointer, i);
		compare(diff, a, b);
		diff->pointer.length = length;
		left += a ? a->size : 0;
		right += b ? b->size : 0;
	}
}

/* As deep as documents are at most: JSON_DEPTH_MAX. */
static void compare(struct json_diff *diff, const struct node *was, const struct node *is)
{
	if (was == NULL || is == NULL || was->kind != is->kind)
		diff->found(diff->owner, buffer_slice(&diff->pointer), was, is);
	else if (was->kind == NODE_OBJECT)
		compare_members(diff, was, is);
	else if (was->kind == NODE_ARRAY)
		compare_elements(diff, was, is);
	else if (!same_scalar(was, is))
		diff->found(diff->owner, buffer_slice(&diff->pointer), was, is);
	diff->failed = diff->failed || diff->pointer.failed;
}

void json_diff_compare(struct json_diff *diff, const char *prefix, const struct node *was,
		       const struct node *is)
{
	buffer_clear(&diff->pointer);
	buffer_append_string(&diff->pointer, prefix);
	if (was != NULL || is != NULL)
		compare(diff, was, is);
}
