#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "count.h"
#include "setting_name.h"

static void secrets_are_told_by_their_names(void **state)
{
	static const char *const secrets[] = {
		"password", "PASSWORD", "db_password", "clientSecret", "client_secret", "token",
		"access_token", "auth-token", "api_key", "apiKey", "APIKey", "apikey",
		"private_key", "private_key_passphrase", "aws_secret_access_key", "secret",
		"account_key", "credentials", "credentials_json", "service_account_json",
		"service_account_key", "connection_string", "api_keys", "refreshToken",
		"ssh_private_key", "tokens",
	};
	static const char *const others[] = {
		"", "_", "key", "keys", "primary_keys", "replication_key", "except_keys",
		"private_key_path", "credentials_file", "access_token_url", "token_type",
		"access_key_id", "client_id", "secret_name", "password_length",
		"next_page_token", "next_page_token_path", "token_expires_in", "start_date",
		"passenger", "tokenize", "service_account", "keyword", "user", "path_patterns",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++)
		if (!setting_name_is_secret(secrets[i]))
			fail_msg("%s is a secret", secrets[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		if (setting_name_is_secret(others[i]))
			fail_msg("%s is no secret", others[i]);
}

static void a_title_is_the_words_of_the_name(void **state)
{
	static const struct {
		const char *name, *title;
	} cases[] = {
		{ "start_date", "Start date" },   { "api_url", "API URL" },
		{ "startDate", "Start date" },    { "APIKey", "API key" },
		{ "account_ids", "Account IDs" }, { "user-agent", "User agent" },
		{ "oauth", "OAuth" },             { "x", "X" },
		{ "", "" },                       { "__", "__" },
		{ "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r", "A b c d e f g h i j k l m n o p" },
		{ "gr\xc3\xb6\xc3\x9f" "e", "Gr\xc3\xb6\xc3\x9f" "e" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer title;
		char *text;

		buffer_init(&title, 1000);
		setting_name_title(cases[i].name, &title);
		text = buffer_to_string(&title);
		assert_string_equal(text, cases[i].title);
		free(text);
		buffer_release(&title);
	}
}

static void a_placeholder_looks_like_a_value_of_the_setting(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "start_date", "2024-01-01T00:00:00Z" }, { "api_url", "https://example.invalid" },
		{ "endDate", "2024-01-01T00:00:00Z" },    { "dbHost", "example.invalid" },
		{ "token", "placeholder" },               { "", "placeholder" },
		{ "port", "1" },                          { "data", "placeholder" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(setting_name_placeholder(cases[i].name), cases[i].value);
	assert_true(setting_name_is_date("start_date"));
	assert_false(setting_name_is_date("date_window_size"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_told_by_their_names),
		cmocka_unit_test(a_title_is_the_words_of_the_name),
		cmocka_unit_test(a_placeholder_looks_like_a_value_of_the_setting),
	};

	return cmocka_run_group_tests_name("setting_name", tests, NULL, NULL);
}
