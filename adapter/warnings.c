#include "warnings.h"

#include <stdarg.h>
#include <stdio.h>

void warnings_say(const struct warnings *warnings, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) >= 0)
		warnings->say(warnings->owner, text);
	va_end(arguments);
}
