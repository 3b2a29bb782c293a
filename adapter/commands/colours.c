#include "colours.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool colours_are_wanted(void)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
	       (terminal == NULL || strcmp(terminal, "dumb") != 0);
}
