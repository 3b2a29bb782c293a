#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into the rest of the message, from `start` on; "..." ends what does not fit. */
static void format_message(struct error *error, size_t start, const char *format,
			   va_list arguments)
{
	static const char ellipsis[] = "...";
	size_t size = sizeof(error->message) - start;
	int length = vsnprintf(error->message + start, size, format, arguments);

	if (length < 0)
		error->message[start] = '\0';
	else if ((size_t)length >= size)
		memcpy(error->message + sizeof(error->message) - sizeof(ellipsis), ellipsis,
		       sizeof(ellipsis));
}

/* The same with the arguments in place. */
static void append_message(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_message(error, strlen(error->message), format, arguments);
	va_end(arguments);
}

bool error_set(struct error *error, enum failure_type type, const char *format, ...)
{
	va_list arguments;

	if (error->set)
		return false;
	error->set = true;
	error->type = type;
	va_start(arguments, format);
	format_message(error, 0, format, arguments);
	va_end(arguments);
	return false;
}

bool error_set_no_memory(struct error *error)
{
	error->no_memory = error->no_memory || !error->set;
	return error_set(error, FAILURE_SYSTEM, "out of memory");
}

void error_prefix(struct error *error, const char *format, ...)
{
	char message[sizeof(error->message)];
	va_list arguments;

	memcpy(message, error->message, sizeof(message));
	va_start(arguments, format);
	format_message(error, 0, format, arguments);
	va_end(arguments);
	append_message(error, "%s", message);
}

const char *failure_type_name(enum failure_type type)
{
	switch (type) {
	case FAILURE_CONFIG:
		return "config_error";
	case FAILURE_TRANSIENT:
		return "transient_error";
	case FAILURE_SYSTEM:
		break;
	}
	return "system_error";
}
