#include "complain.h"

#include <stdio.h>

#include "terminal_text.h"

void complain(const char *command, const char *message)
{
	struct buffer line;

	buffer_init(&line, BUFFER_MAXIMUM);
	buffer_append_string(&line, command);
	buffer_append_string(&line, ": ");
	terminal_text_append(&line, slice_of_string(message), TERMINAL_TEXT_UNCUT);
	buffer_append_char(&line, '\n');
	if (line.failed)
		(void)fprintf(stderr, "%s: no memory\n", command);
	else
		(void)fwrite(line.data, 1, line.length, stderr);
	buffer_release(&line);
}
