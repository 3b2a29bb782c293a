/*
 * setting_name.h - what the name of a tap's setting tells about it, where nothing else does.
 */
#ifndef TAPBYTE_SETTING_NAME_H
#define TAPBYTE_SETTING_NAME_H

#include <stdbool.h>

#include "buffer.h"

/*
 * Does it name a secret? "password", "clientSecret", "api_key", "private_key_json"; but not
 * "token_url", "private_key_path", "access_key_id" or "next_page_token".
 */
bool setting_name_is_secret(const char *name);

/* Appends a title: "api_url" is "API URL", "startDate" is "Start date". */
void setting_name_title(const char *name, struct buffer *out);

/* Does it name a day or moment? "start_date", "since". */
bool setting_name_is_date(const char *name);

/*
 * A made-up value that looks like one of that setting, to see how far the tap gets: a date,
 * a URL that leads nowhere, or a word. Never a secret; lives forever.
 */
const char *setting_name_placeholder(const char *name);

#endif
