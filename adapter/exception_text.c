#include "exception_text.h"

#include <ctype.h>

#include "count.h"
#include "failure_evidence.h"
#include "phrase.h"

#define BUG "a bug in the tap, as it seems: "
#define NO_MEMORY "the tap ran out of memory: "
#define NOT_INSTALLED "the tap is not installed completely, as it seems: "
#define NO_JSON "the tap was given a text that is not JSON: "
#define NO_SETTING "the config lacks a setting that the tap needs: "

/* What becomes of the class. */
enum treatment {
	CLASS_STAYS,
	CLASS_STAYS_UNLESS_SENTENCE, /* raised by Python as well as by people */
	CLASS_GOES,
};

/* The last part of a class's name, and what comes before the text. */
static const struct kind {
	const char *name;
	const char *introduction;
	enum treatment treatment;
} kinds[] = {
	{ "KeyError", BUG, CLASS_STAYS },
	{ "IndexError", BUG, CLASS_STAYS },
	{ "AttributeError", BUG, CLASS_STAYS },
	{ "TypeError", BUG, CLASS_STAYS },
	{ "NameError", BUG, CLASS_STAYS },
	{ "UnboundLocalError", BUG, CLASS_STAYS },
	{ "ZeroDivisionError", BUG, CLASS_STAYS },
	{ "OverflowError", BUG, CLASS_STAYS },
	{ "RecursionError", BUG, CLASS_STAYS },
	{ "StopIteration", BUG, CLASS_STAYS },
	{ "SyntaxError", BUG, CLASS_STAYS },
	{ "IndentationError", BUG, CLASS_STAYS },
	{ "UnicodeDecodeError", BUG, CLASS_STAYS },
	{ "UnicodeEncodeError", BUG, CLASS_STAYS },
	{ "AssertionError", BUG, CLASS_STAYS_UNLESS_SENTENCE },
	{ "NotImplementedError", BUG, CLASS_STAYS_UNLESS_SENTENCE },
	{ "ImportError", NOT_INSTALLED, CLASS_STAYS },
	{ "ModuleNotFoundError", NOT_INSTALLED, CLASS_STAYS },
	{ "JSONDecodeError", NO_JSON, CLASS_GOES },
	{ "MemoryError", NO_MEMORY, CLASS_GOES },
	{ "_ArrayMemoryError", NO_MEMORY, CLASS_GOES },
};

/* Takes "package.module.Class" and the ": " after it. False: the text does not begin so. */
static bool take_class(struct slice *rest, struct slice *class)
{
	size_t length = 0;

	while (length < rest->length && (isalnum((unsigned char)rest->data[length]) ||
					 strchr("._<>", rest->data[length]) != NULL))
		length++;
	*class = slice_of(rest->data, length);
	if (length == 0 || isdigit((unsigned char)rest->data[0]))
		return false;
	if (length < rest->length && rest->data[length] == ':')
		length++;
	else if (length < rest->length && rest->data[length] != '\n')
		return false;
	*rest = slice_trim(slice_after(*rest, length));
	return true;
}

/* "Error" of "requests.exceptions.Error". */
static struct slice name_of(struct slice class)
{
	size_t begin = class.length;

	while (begin > 0 && class.data[begin - 1] != '.')
		begin--;
	return slice_after(class, begin);
}

static const struct kind *find_kind(struct slice class)
{
	struct slice name = name_of(class);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (slice_equals(name, slice_of_string(kinds[i].name)))
			return &kinds[i];
	}
	return NULL;
}

/* Two words at least, and no JSON or list. */
static bool is_sentence(struct slice text)
{
	bool is_list = text.length > 1 && text.data[0] == '[' &&
		       !isalpha((unsigned char)text.data[1]);
	size_t words = 0;

	if (is_list || (text.length > 0 && text.data[0] == '{'))
		return false;
	for (size_t i = 0; i < text.length && words < 2; i++) {
		bool begins = i == 0 || strchr(" \n\t'\"`(", text.data[i - 1]) != NULL;

		if (isalpha((unsigned char)text.data[i]) && begins)
			words++;
	}
	/* Any byte outside ASCII may be a word of another language. */
	for (size_t i = 0; i < text.length && words < 2; i++)
		words += (unsigned char)text.data[i] >= 0x80;
	return words >= 2;
}

/* The text in "(2003, 'text')", as database drivers have it. */
static struct slice strip_number(struct slice text)
{
	struct slice rest = text;
	char quote;

	if (rest.length == 0 || rest.data[0] != '(')
		return text;
	rest = slice_after(rest, 1);
	while (rest.length > 0 && isdigit((unsigned char)rest.data[0]))
		rest = slice_after(rest, 1);
	if (rest.data == text.data + 1 || rest.length < 5 ||
	    !slice_starts_with(rest, SLICE(", ")))
		return text;
	quote = rest.data[2];
	if ((quote != '\'' && quote != '"') || rest.data[rest.length - 2] != quote ||
	    rest.data[rest.length - 1] != ')')
		return text;
	return slice_of(rest.data + 3, rest.length - 5);
}

/* "(psycopg2.OperationalError) text" of SQLAlchemy, and what it adds at the end. */
static struct slice strip_sqlalchemy(struct slice text)
{
	struct slice added = phrase_find(text, "\n(Background on this error at: ");
	struct slice rest, class;

	if (added.data != NULL)
		text = slice_trim(slice_of(text.data, (size_t)(added.data - text.data)));
	if (text.length == 0 || text.data[0] != '(')
		return text;
	rest = slice_after(text, 1);
	class = rest;
	while (rest.length > 0 && rest.data[0] != ')' && !isspace((unsigned char)rest.data[0]))
		rest = slice_after(rest, 1);
	class.length -= rest.length;
	if (!slice_starts_with(rest, SLICE(") ")) || memchr(class.data, '.', class.length) == NULL)
		return text;
	return slice_trim(slice_after(rest, 2));
}

/* "<urllib3.connection.HTTPConnection object at 0x7f>: text" */
static struct slice strip_object(struct slice text)
{
	struct slice end = phrase_find(text, ">: ");

	if (text.length == 0 || text.data[0] != '<' || end.data == NULL)
		return text;
	return slice_trim(slice_after(end, strlen(">: ")));
}

static struct slice strip(struct slice text)
{
	return strip_number(strip_object(strip_sqlalchemy(text)));
}

/* 'key' of a KeyError, looked up on a line such as: config["key"] */
static bool is_looked_up_in_config(struct slice key, struct slice source)
{
	struct slice rest = phrase_find(source, "config");

	if (rest.data == NULL || key.length < 3 || strchr("'\"", key.data[0]) == NULL)
		return false;
	key = slice_of(key.data + 1, key.length - 2);
	return memmem(rest.data, rest.length, key.data, key.length) != NULL;
}

struct exception_text exception_text_read(struct slice exception, struct slice source)
{
	struct slice text = exception, class;
	struct exception_text read = { .introduction = "", .text = exception };
	const struct kind *kind;

	read.type = failure_evidence_type(exception);
	if (!take_class(&text, &class)) {
		read.text = strip(exception);
		return read;
	}
	kind = find_kind(class);
	if (phrase_occurs(exception, "cannot allocate memory"))
		kind = find_kind(SLICE("MemoryError"));
	if (kind == NULL || (kind->treatment == CLASS_STAYS_UNLESS_SENTENCE && is_sentence(text))) {
		if (is_sentence(text))
			read.text = strip(text);
		return read;
	}
	read.introduction = kind->introduction;
	read.type = FAILURE_SYSTEM;
	read.certain = true;
	if (kind->treatment == CLASS_GOES && text.length > 0)
		read.text = text;
	if (slice_equals(class, SLICE("KeyError")) && is_looked_up_in_config(text, source)) {
		read.introduction = NO_SETTING;
		read.text = text;
		read.type = FAILURE_CONFIG;
	}
	return read;
}

struct exception_text exception_text_read_logged(struct slice text)
{
	struct slice rest = text, class, name;

	if (take_class(&rest, &class)) {
		name = name_of(class);
		if (!slice_equals(name, SLICE("Error")) &&
		    (slice_ends_with(name, SLICE("Error")) ||
		     slice_ends_with(name, SLICE("Exception"))))
			return exception_text_read(text, SLICE(""));
	}
	return (struct exception_text){
		.introduction = "",
		.text = strip(text),
		.type = failure_evidence_type(text),
	};
}
