#include "package_license.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "count.h"

#define EXPRESSION_MAXIMUM 200

/* The names that licenses go by: letters and digits count, and a "+". Those that leave the
 * version open ("Apache", "GPL", "BSD") are not here. */
static const struct {
	const char *name;
	const char *identifier;
} names[] = {
	{ "mit", "MIT" },
	{ "mitlicense", "MIT" },
	{ "themitlicense", "MIT" },
	{ "themitlicensemit", "MIT" },
	{ "isc", "ISC" },
	{ "isclicense", "ISC" },
	{ "isclicenseiscl", "ISC" },
	{ "apache2", "Apache-2.0" },
	{ "apache20", "Apache-2.0" },
	{ "apachev2", "Apache-2.0" },
	{ "apachev20", "Apache-2.0" },
	{ "apachelicense2", "Apache-2.0" },
	{ "apachelicense20", "Apache-2.0" },
	{ "apachelicensev2", "Apache-2.0" },
	{ "apachelicensev20", "Apache-2.0" },
	{ "apachelicenseversion20", "Apache-2.0" },
	{ "apachesoftwarelicense20", "Apache-2.0" },
	{ "bsd2clause", "BSD-2-Clause" },
	{ "bsd2clauselicense", "BSD-2-Clause" },
	{ "bsd3clause", "BSD-3-Clause" },
	{ "bsd3clauselicense", "BSD-3-Clause" },
	{ "elv2", "Elastic-2.0" },
	{ "elastic20", "Elastic-2.0" },
	{ "elasticlicense20", "Elastic-2.0" },
	{ "mpl20", "MPL-2.0" },
	{ "mozillapubliclicense20mpl20", "MPL-2.0" },
	{ "unlicense", "Unlicense" },
	{ "theunlicenseunlicense", "Unlicense" },
	{ "gpl20only", "GPL-2.0-only" },
	{ "gpl20orlater", "GPL-2.0-or-later" },
	{ "gpl30", "GPL-3.0-only" },
	{ "gplv3", "GPL-3.0-only" },
	{ "gpl30only", "GPL-3.0-only" },
	{ "gnugeneralpubliclicensev3gplv3", "GPL-3.0-only" },
	{ "gplv3+", "GPL-3.0-or-later" },
	{ "gpl30+", "GPL-3.0-or-later" },
	{ "gpl30orlater", "GPL-3.0-or-later" },
	{ "gnugeneralpubliclicensev3orlatergplv3+", "GPL-3.0-or-later" },
	{ "agpl30", "AGPL-3.0-only" },
	{ "agplv3", "AGPL-3.0-only" },
	{ "gnuagplv3", "AGPL-3.0-only" },
	{ "agpl30only", "AGPL-3.0-only" },
	{ "gnuafferogeneralpubliclicensev3", "AGPL-3.0-only" },
	{ "agplv3+", "AGPL-3.0-or-later" },
	{ "agpl30+", "AGPL-3.0-or-later" },
	{ "agpl30orlater", "AGPL-3.0-or-later" },
	{ "gnuafferogeneralpubliclicensev3orlateragplv3+", "AGPL-3.0-or-later" },
};

static bool counts(char byte)
{
	return isalnum((unsigned char)byte) || byte == '+';
}

static bool is_called(const char *text, const char *name)
{
	for (; *text != '\0'; text++)
		if (counts(*text) && tolower((unsigned char)*text) != *name++)
			return false; /* at the latest at the end of the name */
	return *name == '\0';
}

static const char *identify(const char *text)
{
	for (size_t i = 0; text != NULL && i < COUNT(names); i++)
		if (is_called(text, names[i].name))
			return names[i].identifier;
	return NULL;
}

/* "MIT OR Apache-2.0"; the package's own words, which are to stay in their line. */
static bool is_expression(const char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("+-.:() ", text[i]) == NULL)
			return false;
	return length > 0 && length <= EXPRESSION_MAXIMUM;
}

/* "MIT License" of "License :: OSI Approved :: MIT License". */
static const char *last_part(const char *classifier)
{
	const char *part;

	while (classifier != NULL && (part = strstr(classifier, " :: ")) != NULL)
		classifier = part + strlen(" :: ");
	return classifier;
}

const char *package_license(const json_t *package)
{
	const char *given = json_string_value(json_object_get(package, "license_expression"));
	const char *found = identify(json_string_value(json_object_get(package, "license")));
	size_t i;
	json_t *classifier;

	if (is_expression(given))
		return given;
	json_array_foreach(json_object_get(package, "license_classifiers"), i, classifier) {
		const char *other = identify(last_part(json_string_value(classifier)));

		if (other != NULL && found != NULL && strcmp(other, found) != 0)
			return NULL;
		found = other != NULL ? other : found;
	}
	return found;
}
