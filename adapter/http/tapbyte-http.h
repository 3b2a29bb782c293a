/*
 * tapbyte-http.h - how tapbyte and tapbyte-http, the program that makes one HTTP request,
 * talk to one another.
 *
 * tapbyte-http FILE reads the request from a file (it holds secrets; the command line
 * does not) and prints the answer on stdout, a JSON object on one line. It exits with 0
 * when it printed one, whatever it says.
 *
 * The request; headers and body may be absent:
 *
 *	{"method": "GET",                          or HEAD or POST
 *	 "url": "https://api.example.com/me?a=b",  http or https
 *	 "headers": {"Authorization": "Bearer x"},
 *	 "body": "{}",                             of a POST, as text
 *	 "deadline": 300}                          seconds for all of it
 *
 * The answer, when the server gave one (the body is UTF-8, mended where it was not, and
 * cut at HTTP_BODY_MAXIMUM; "cut" is there then; location and proxy where they explain something):
 *
 *	{"status": 401, "reason": "Unauthorized", "content_type": "application/json",
 *	 "location": "https://...", "cut": true, "body": "..."}
 *
 * and when it did not:
 *
 *	{"error": "Could not resolve host: api.example.com", "kind": "network",
 *	 "proxy": "http://proxy:3128"}
 *
 * `kind` is network, timeout, proxy, proxy_address (the environment's is none; it is not
 * told, as it may hold a password), proxy_credentials (it refused them), certificate, url
 * (the address cannot be used), memory or request (the file is not as above). The proxy's
 * name comes without its password.
 *
 * As Python's requests does, it takes the proxy from http_proxy or HTTP_PROXY,
 * https_proxy or HTTPS_PROXY, all_proxy or ALL_PROXY, and what not to ask it for from
 * no_proxy or NO_PROXY; the trusted certificates from the first of REQUESTS_CA_BUNDLE,
 * CURL_CA_BUNDLE, SSL_CERT_FILE (files or folders) and SSL_CERT_DIR.
 */
#ifndef TAPBYTE_HTTP_H
#define TAPBYTE_HTTP_H

#include <stddef.h>

/* Bytes of a body that are read; the rest is not. */
#define HTTP_BODY_MAXIMUM ((size_t)1 << 20)

/* Bytes of an answer: all of a body escaped as \u00XX, and more than all the rest. */
#define HTTP_ANSWER_MAXIMUM ((size_t)8 << 20)

#endif
