#include "phrase.h"

#include <ctype.h>
#include <strings.h>

bool phrase_starts(struct slice text, const char *words)
{
	size_t length = strlen(words);

	return text.length >= length && strncasecmp(text.data, words, length) == 0;
}

struct slice phrase_find(struct slice text, const char *words)
{
	int lower = tolower((unsigned char)words[0]), upper = toupper((unsigned char)words[0]);
	size_t length = strlen(words);

	for (; text.length >= length; text = slice_of(text.data + 1, text.length - 1)) {
		if ((text.data[0] == lower || text.data[0] == upper) && phrase_starts(text, words))
			return text;
	}
	return slice_of(NULL, 0);
}

bool phrase_occurs(struct slice text, const char *words)
{
	return phrase_find(text, words).data != NULL;
}
