#include "package_report.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buffer.h"
#include "count.h"
#include "requirement.h"

/*
 * Settings are the constant keys by which the source looks into something that is called
 * config, with the default that it gives them, if that is the same everywhere.
 */
const char PACKAGE_REPORT_SCRIPT[] =
	"import ast, importlib.metadata, json\n"
	"def called(node):\n"
	"    name = getattr(node, 'attr', getattr(node, 'id', ''))\n"
	"    return name.lower().strip('_') == 'config'\n"
	"def constant(nodes):\n"
	"    value = nodes[0].value if nodes and isinstance(nodes[0], ast.Constant) else None\n"
	"    return value if isinstance(value, (str, int, float, bool)) else None\n"
	"def keys(tree):\n"
	"    for node in ast.walk(tree):\n"
	"        if isinstance(node, ast.Subscript) and called(node.value):\n"
	"            yield constant([node.slice]), None\n"
	"        elif (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)\n"
	"              and node.func.attr == 'get' and called(node.func.value)):\n"
	"            yield constant(node.args[:1]), constant(node.args[1:2])\n"
	"def settings(package):\n"
	"    found = {}\n"
	"    for file in sorted(map(str, package.files or []))[:2000]:\n"
	"        if not file.endswith('.py') or 'test' in file:\n"
	"            continue\n"
	"        try:\n"
	"            with open(package.locate_file(file), encoding='utf-8') as source:\n"
	"                tree = ast.parse(source.read(1 << 20))\n"
	"        except (OSError, ValueError, SyntaxError, RecursionError):\n"
	"            continue\n"
	"        for key, default in keys(tree):\n"
	"            if isinstance(key, str) and key.isidentifier() and len(found) < 200:\n"
	"                found.setdefault(key, set()).add(default)\n"
	"    return {key: (defaults - {None}).pop() if len(defaults - {None}) == 1 else None\n"
	"            for key, defaults in found.items()}\n"
	"def home(data):\n"
	"    urls = {label.strip().lower(): url.strip() for label, comma, url in\n"
	"            (url.partition(',') for url in data.get_all('Project-URL') or [])}\n"
	"    labels = ('documentation', 'homepage', 'home', 'repository', 'source',\n"
	"              'source code', 'github')\n"
	"    urls = [data.get('Home-page')] + [urls.get(label) for label in labels]\n"
	"    return next((url for url in urls if url and url.startswith('http')), None)\n"
	/* where there is no wheel, older pips leave installed-files.txt and do not say who asked */
	"packages = []\n"
	"for package in importlib.metadata.distributions():\n"
	"    data = package.metadata\n"
	"    asked_for = package.read_text('REQUESTED') is not None\n"
	"    asked_for = asked_for or package.read_text('installed-files.txt') is not None\n"
	"    if not asked_for or data['Name'] in ('pip', 'setuptools'):\n"
	"        continue\n"
	"    packages.append({\n"
	"        'name': data['Name'], 'version': data['Version'], 'home': home(data),\n"
	"        'summary': data.get('Summary'), 'license': data.get('License'),\n"
	"        'license_expression': data.get('License-Expression'),\n"
	"        'license_classifiers': [name for name in data.get_all('Classifier') or []\n"
	"                                if name.startswith('License ::')],\n"
	"        'direct': package.read_text('direct_url.json') is not None,\n"
	"        'programs': sorted(entry.name for entry in package.entry_points\n"
	"                           if entry.group == 'console_scripts'),\n"
	"        'settings': settings(package)})\n"
	"print(json.dumps({'packages': packages}))\n";

/* "tap-x" of "tap-x[sql]>=1"; a path or URL has none that could be relied on. */
static size_t name_length(const char *requirement)
{
	size_t length = 0;

	while (isalnum((unsigned char)requirement[length]) ||
	       (requirement[length] != '\0' && strchr("-_.", requirement[length]) != NULL))
		length++;
	return length;
}

/* As PEP 503 compares them: - _ . and their repetitions are the same. */
static bool same_name(const char *a, size_t length, const char *b)
{
	const char *end = a + length;

	while (a < end && *b != '\0') {
		if (strchr("-_.", *a) != NULL && strchr("-_.", *b) != NULL) {
			while (a < end && strchr("-_.", *a) != NULL)
				a++;
			while (*b != '\0' && strchr("-_.", *b) != NULL)
				b++;
		} else if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++)) {
			return false;
		}
	}
	return a == end && *b == '\0';
}

static const char *text_of(const json_t *package, const char *key)
{
	const char *text = json_string_value(json_object_get(package, key));

	return text != NULL ? text : "";
}

const json_t *package_report_of(const json_t *report, const char *requirement)
{
	const json_t *packages = json_object_get(report, "packages");
	bool place = requirement_is_place(requirement);
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		if (place ? json_is_true(json_object_get(package, "direct"))
			  : same_name(requirement, name_length(requirement),
				      text_of(package, "name")))
			return package;
	}
	return NULL;
}

char *package_report_pin(const json_t *report, const char *requirement)
{
	const json_t *package = package_report_of(report, requirement);
	size_t length = name_length(requirement);
	char *pinned = NULL;

	if (requirement_is_place(requirement))
		return strdup(requirement);
	if (requirement[length] == '[')
		length += strcspn(requirement + length, "]") + 1;
	if (package == NULL || length > strlen(requirement) || requirement[length] != '\0' ||
	    text_of(package, "version")[0] == '\0')
		return strdup(requirement);
	return asprintf(&pinned, "%s==%s", requirement, text_of(package, "version")) < 0 ? NULL
											 : pinned;
}

/* "tap-x" of "pipelinewise-tap-x". */
static const char *without_prefix(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if (strncasecmp(at, "tap", 3) == 0 && strchr("-_.", at[3]) != NULL &&
		    (at == name || strchr("-_.", at[-1]) != NULL))
			return at;
	return name;
}

static void list_programs(const json_t *programs, struct buffer *list)
{
	size_t i;
	json_t *program;

	json_array_foreach(programs, i, program) {
		buffer_append_string(list, i > 0 ? ", " : "");
		buffer_append_string(list, json_string_value(program));
	}
}

const char *package_report_program(const json_t *package, struct error *error)
{
	const json_t *programs = json_object_get(package, "programs");
	const char *name = without_prefix(text_of(package, "name")), *taps = NULL;
	size_t tap_count = 0, i;
	struct buffer list;
	json_t *program;

	if (json_array_size(programs) == 1)
		return json_string_value(json_array_get(programs, 0));
	json_array_foreach(programs, i, program) {
		const char *text = json_string_value(program);

		if (same_name(name, strlen(name), text) ||
		    same_name(text_of(package, "name"), strlen(text_of(package, "name")), text))
			return text;
		if (strncmp(text, "tap", 3) == 0 && tap_count++ == 0)
			taps = text;
	}
	if (tap_count == 1)
		return taps;
	buffer_init(&list, BUFFER_MAXIMUM);
	list_programs(programs, &list);
	error_set(error, FAILURE_CONFIG,
		  "it is not clear which program of %s is the tap; say it with --command. The "
		  "programs that it has: %.*s", text_of(package, "name"),
		  list.length ? (int)list.length : 4, list.length ? list.data : "none");
	buffer_release(&list);
	return NULL;
}

const char *package_report_helper(const char *log)
{
	static const char mark[] = "No module named ";
	static const struct {
		const char *module;
		const char *requirement;
	} helpers[] = {
		/* setuptools 81 takes pkg_resources away; from Python 3.12 on environments come
		 * without setuptools, and without the distutils that it brings back */
		{ "pkg_resources", "setuptools<81" },
		{ "distutils", "setuptools<81" },
		{ "setuptools", "setuptools<81" },
		{ "six", "six" },
		{ "pytz", "pytz" },
		{ "dateutil", "python-dateutil" },
		{ "requests", "requests" },
		{ "attr", "attrs" },
	};
	const char *module = strstr(log, mark);

	if (module == NULL)
		return NULL;
	module += strlen(mark);
	module += *module == '\'' || *module == '"';
	for (size_t i = 0; i < COUNT(helpers); i++) {
		size_t length = strlen(helpers[i].module);

		if (strncmp(module, helpers[i].module, length) == 0 &&
		    !isalnum((unsigned char)module[length]) && module[length] != '_')
			return helpers[i].requirement;
	}
	return NULL;
}
