#include "json_compare.h"

static int order_of(double a, double b)
{
	return (a > b) - (a < b);
}

static int order_of_integers(json_int_t a, json_int_t b)
{
	return (a > b) - (a < b);
}

/* Exact: the integer is not rounded to a double. */
static int compare_with_real(json_int_t integer, double real)
{
	const double limit = 9223372036854775808.0; /* 2^63 */
	json_int_t whole;

	if (real >= limit || real < -limit)
		return real > 0 ? -1 : 1;
	whole = (json_int_t)real;
	return integer != whole ? order_of_integers(integer, whole)
				: order_of((double)whole, real);
}

int json_compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return order_of_integers(json_integer_value(a), json_integer_value(b));
	if (json_is_integer(a))
		return compare_with_real(json_integer_value(a), json_real_value(b));
	if (json_is_integer(b))
		return -compare_with_real(json_integer_value(b), json_real_value(a));
	return order_of(json_real_value(a), json_real_value(b));
}

static bool equal_objects(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *member;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)a, key, member) {
		if (!json_compare_equal(member, json_object_get(b, key)))
			return false;
	}
	return true;
}

static bool equal_arrays(const json_t *a, const json_t *b)
{
	size_t i = 0;

	if (json_array_size(a) != json_array_size(b))
		return false;
	while (i < json_array_size(a) &&
	       json_compare_equal(json_array_get(a, i), json_array_get(b, i)))
		i++;
	return i == json_array_size(a);
}

bool json_compare_equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_compare_numbers(a, b) == 0;
	if (json_is_object(a) && json_is_object(b))
		return equal_objects(a, b);
	if (json_is_array(a) && json_is_array(b))
		return equal_arrays(a, b);
	return json_equal(a, b);
}
