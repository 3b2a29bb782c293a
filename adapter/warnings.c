#include "warnings.h"

#include <stdarg.h>
#include <stdio.h>

static void say_nothing(void *owner, const char *text)
{
	(void)owner;
	(void)text;
}

const struct warnings warnings_none = { say_nothing, NULL };

void warnings_say(const struct warnings *warnings, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) >= 0)
		warnings->say(warnings->owner, text);
	va_end(arguments);
}
