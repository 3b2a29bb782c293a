"""check: by HTTP, by the SDK's own test; its deadline, its one answer, and what it loads."""
import base64
import contextlib
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

from e2e.sandbox import (SECRET, SPEC, TAPBYTE, Case, Sandbox, check_always, check_error,
                         marked_processes, wait_for, with_cases)

HTTP_PROGRAM = TAPBYTE + "-http"
SECRET_SETTING = {"type": "string", "airbyte_secret": True}
HTTP_SPEC = {
    **SPEC,
    "connectionSpecification": {
        "type": "object", "required": ["password"],
        "properties": {"password": SECRET_SETTING, "base": {"type": "string"},
                       "user": {"type": "string"}, "account": {"type": "string"},
                       "refresh_token": SECRET_SETTING},
    },
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the path says; the server keeps what was asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", content_type="application/json", reason=None, **headers):
        self.send_response(status, reason)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.asked.append((self.command, self.path, dict(self.headers),
                                  self.rfile.read(length)))
        name = self.path.split("?")[0].strip("/").split("/")[0]
        getattr(self, "path_" + name, self.path_not_found)()

    do_GET = do_HEAD = do_POST = handle_any

    def path_me(self):
        if SECRET in str(self.headers) or self.basic() == f"me:{SECRET}":
            self.answer(200, b'{"ok": true}')
        else:
            self.answer(401, b'{"message": "Bad credentials"}')

    def basic(self):
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(value).decode() if kind == "Basic" else None

    def path_not_found(self):
        self.answer(404, b"<html><title>Not\n here</title><p>Sorry", "text/html")

    def path_echo(self):
        found = f"wrong: {self.headers['Authorization']}"
        self.answer(401, json.dumps({"message": found}).encode())

    def path_long_echo(self):
        self.answer(401, b"x" * 193 + b" " + SECRET.encode() + b" is wrong", "text/plain")

    def path_redirect(self):
        self.answer(302, Location=f"/me?token={SECRET}")

    def path_large(self):
        """64 MB, and how many of them went out."""
        sent = 0
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                self.wfile.write(b"x" * (1 << 20))
                sent += 1
        self.server.sent.append(sent)
        self.close_connection = True

    def path_large_error(self):
        self.answer(500, b"x" * (10 << 20), "text/plain")

    def path_bytes(self):
        self.answer(400, b"caf\xe9 \x00 \xff\xfe end", "text/plain")

    def path_json_bytes(self):
        self.answer(400, b'{"message": "caf\xe9 \\u0000 end"}')

    def path_slack(self):
        self.answer(200, b'{"ok": false, "error": "invalid_auth"}')

    def path_limit(self):
        self.answer(429, b'{"errors": [{"message": "Slow down"}]}')

    def path_evil(self):
        self.answer(401, b"\n\n{}", "text/\xe9", "Caf\xe9 \x01 \"no\"")

    def path_silent(self):
        time.sleep(8)

    def path_drip(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(80):
                self.wfile.write(b"x")
                time.sleep(0.1)

    def path_stuck_refusal(self):
        self.send_response(401)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        time.sleep(8)

    def path_long_ok(self):
        self.answer(200, b'{"list": "' + b"x" * 500000 + b'", "ok": true}')

    def path_too_long_ok(self):
        self.answer(200, b'{"list": "' + b"x" * (2 << 20) + b'", "ok": true}')

    def path_close(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def path_short(self):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    def path_garbage(self):
        self.close_connection = True
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A client that goes away is what these tests are about."""


class Server:
    """An HTTP server on a port of its own: .url, and .asked of all requests."""

    def __init__(self, certificate=None, handler=Handler):
        self.server = QuietServer(("127.0.0.1", 0), handler)
        self.server.asked = self.asked = []
        self.server.sent = self.sent = []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.server.shutdown()
        self.server.server_close()


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    """A proxy that knows the way to one place only, whatever it is asked for."""

    def log_message(self, *arguments):
        pass

    def refused(self):
        if self.server.password is None:
            return False
        expected = base64.b64encode(f"u:{self.server.password}".encode()).decode()
        if self.headers.get("Proxy-Authorization") == f"Basic {expected}":
            return False
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def do_GET(self):
        self.server.asked.append(self.path)
        if not self.refused():
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_CONNECT(self):
        self.server.asked.append(self.path)
        if self.refused():
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(self.server.target) as far:
            back = threading.Thread(target=self.pump, args=[far, self.connection], daemon=True)
            back.start()
            self.pump(self.connection, far)
            back.join(5)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def manifest(http=None, deadline=5, **check):
    return {"check": {"method": "http", "http": http, "deadline": deadline, **check}}


def check(box, **options):
    return box.run("check", "--config", box.config, **options)


class HttpBox(Sandbox):
    """A sandbox whose check is one request to `base`."""

    def __init__(self, base, path="/me", config=None, deadline=5, **http):
        request = {"url": "{/base}" + path,
                   "headers": {"Authorization": "Bearer {/password}"}, **http}
        super().__init__(config={"base": base, **(config or {})},
                         manifest=manifest(request, deadline))
        self.write("tap/spec.json", HTTP_SPEC)


class CheckCase(unittest.TestCase):
    def check_box(self, box, error=None, env=None, text=()):
        """Runs check in the box. error: None, or (failure_type, text in the message)."""
        with box:
            result = check(box, env=env)
        self.assertEqual(result.code, 1 if error else 0, result.stdout.decode() + result.stderr)
        check_always(self, result)
        self.assertEqual(result.stderr, "")
        [status] = result.of("CONNECTION_STATUS")
        self.assertEqual(status["status"], "FAILED" if error else "SUCCEEDED")
        if error:
            check_error(self, result, *error)
            self.assertEqual(status["message"], result.error[1])
            for part in text:
                self.assertIn(part, result.error[1])
        return result


class Http(CheckCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.server.asked.clear()

    def ask(self, path="/me", error=None, text=(), **options):
        result = self.check_box(HttpBox(self.server.url, path, **options), error, text=text)
        self.assertEqual(len(self.server.asked), 1)
        return result

    def refused(self, failure_type, sentence, path, **options):
        return self.ask(path, (failure_type, sentence), **options)

    def test_good_credentials_succeed_in_under_a_second(self):
        result = self.ask()
        self.assertLess(result.seconds, 1)
        method, path, headers, body = self.server.asked[0]
        self.assertEqual((method, path, body), ("GET", "/me", b""))
        self.assertEqual(headers["Authorization"], f"Bearer {SECRET}")
        self.assertRegex(headers["User-Agent"], r"^tapbyte/\d+\.\d+\.\d+$")

    def test_bad_credentials_fail_in_a_sentence(self):
        self.refused("config_error", "the API refused the credentials: GET "
                     f"{self.server.url}/me answered 401 (Unauthorized): Bad credentials", "/me",
                     headers={"Authorization": "Bearer wrong"})

    def test_the_tap_is_not_started(self):
        box = HttpBox(self.server.url)
        with open(box.path("tap/tap.json"), encoding="utf-8") as file:
            tap = json.load(file)
        tap["tap"]["command"] = ["./marks"]
        box.write("tap/tap.json", tap)
        box.write("tap/marks", f"#!/bin/sh\ntouch {box.path('home')}/started\n")
        os.chmod(box.path("tap/marks"), 0o755)
        with box:
            self.assertEqual(check(box).code, 0)
            self.assertEqual(os.listdir(box.path("home")), [])

    def test_a_tap_that_is_not_installed_fails_the_check(self):
        box = HttpBox(self.server.url)
        with open(box.path("tap/tap.json"), encoding="utf-8") as file:
            tap = json.load(file)
        tap["tap"]["command"] = ["./none"]
        box.write("tap/tap.json", tap)
        self.check_box(box, ("system_error", "not there or not executable"))
        self.assertEqual(self.server.asked, [])

    def test_a_body_is_posted_as_json(self):
        self.ask(json={"token": "{/refresh_token}", "grant": "r\"t", "none": "{/user}"},
                 config={"refresh_token": "geheim-\u00e9"})
        method, _, headers, body = self.server.asked[0]
        self.assertEqual(method, "POST")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body), {"token": "geheim-\u00e9", "grant": "r\"t"})

    def test_a_body_is_posted_as_a_form(self):
        self.ask(form={"token": "{/refresh_token}", "none": "{/user}"},
                 config={"refresh_token": "a&b=c d\u00e9"})
        _, _, headers, body = self.server.asked[0]
        self.assertEqual(headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertEqual(body, b"token=a%26b%3Dc%20d%C3%A9")

    def test_a_user_and_a_password_are_sent(self):
        self.ask(headers={"X-Empty": ""}, basic=["{/user}", "{/password}"], config={"user": "me"})
        self.assertEqual(self.server.asked[0][2]["X-Empty"], "")

    def test_head_reads_no_body(self):
        self.ask(method="HEAD")
        self.assertEqual(self.server.asked[0][0], "HEAD")

    def test_places_are_escaped_in_the_path_and_the_query(self):
        self.ask("/me/{/account}/x", query={"key": "{/account}", "none": "{/user}"},
                 config={"account": "a/b ?&#%\u00e9"})
        escaped = "a%2Fb%20%3F%26%23%25%C3%A9"
        self.assertEqual(self.server.asked[0][1], f"/me/{escaped}/x?key={escaped}")

    def test_a_redirection_is_not_followed(self):
        self.refused("config_error", "redirects to another address, which is not followed: GET "
                     f"{self.server.url}/redirect answered 302 (Found), to {self.server.url}/me",
                     "/redirect")

    def test_the_query_is_not_shown(self):
        result = self.refused("config_error", "/nowhere answered 404 (Not Found): Not here",
                              "/nowhere", query={"x": "what-nobody-sees"})
        self.assertNotIn("what-nobody-sees", result.error[1])

    def test_a_secret_in_the_body_is_masked(self):
        self.refused("config_error", "wrong: Bearer ****", "/echo")

    def test_a_secret_where_the_body_is_cut_is_masked(self):
        self.refused("config_error", "xxx **** i...", "/long_echo")

    def test_a_secret_in_the_path_is_masked(self):
        self.refused("config_error", f"GET {self.server.url}/bot****/x answered 404",
                     "/bot{/password}/x")

    def test_a_large_body_is_not_read(self):
        self.ask("/large")
        self.assertTrue(wait_for(lambda: self.server.sent))
        self.assertLess(self.server.sent[0], 32)

    def test_a_failure_of_10_megabytes_is_cut(self):
        self.refused("transient_error", "(Internal Server Error): " + "x" * 200 + "...",
                     "/large_error")

    def test_a_body_that_is_no_utf_8_is_mended(self):
        self.refused("config_error", "answered 400 (Bad Request): caf\ufffd \ufffd\ufffd end",
                     "/bytes")

    def test_json_that_is_no_utf_8_is_mended(self):
        self.refused("config_error", "answered 400 (Bad Request): caf\ufffd end", "/json_bytes")

    def test_a_reason_that_is_no_text_is_mended(self):
        self.refused("config_error", 'answered 401 (Caf', "/evil")

    def test_a_rate_limit_is_transient(self):
        self.refused("transient_error", "rate limit is reached", "/limit", text=["Slow down"])

    def test_what_the_body_says_may_count(self):
        self.refused("config_error", "answered 200 (OK): invalid_auth", "/slack",
                     expect={"/ok": True})

    def test_what_the_body_says_may_prove_it(self):
        self.ask(expect={"/ok": True})

    def test_a_status_means_what_the_manifest_says(self):
        self.refused("config_error", "There is no such account. GET", "/nowhere", statuses={
            "404": {"is": "config_error", "message": "There is no such account."}})

    def test_a_server_that_never_answers_meets_the_deadline(self):
        result = self.refused("transient_error", "the API did not answer in time: GET "
                              f"{self.server.url}/silent", "/silent", deadline=1)
        self.assertLess(result.seconds, 3)

    def test_a_server_that_drips_meets_the_deadline(self):
        result = self.refused("transient_error", "did not answer in time", "/drip", deadline=1)
        self.assertLess(result.seconds, 3)

    def test_a_server_that_closes_at_once_is_transient(self):
        self.refused("transient_error", "the API cannot be reached", "/close")

    def test_what_a_long_body_says_counts(self):
        self.ask("/long_ok", expect={"/ok": True})

    def test_what_is_behind_the_part_that_is_read_is_no_refusal(self):
        self.refused("system_error", "the answer is too long", "/too_long_ok",
                     expect={"/ok": True})

    def test_a_refusal_without_the_end_of_its_body_is_one(self):
        self.refused("config_error", "the API refused the credentials", "/stuck_refusal",
                     deadline=1)

    def test_half_a_body_is_transient(self):
        self.refused("transient_error", "the API cannot be reached", "/short")

    def test_what_is_not_http_is_transient(self):
        self.refused("transient_error", "the API cannot be reached", "/garbage")

    def test_a_missing_setting_is_named(self):
        self.check_box(HttpBox(self.server.url, "/me/{/account}"),
                       ("config_error", "the config has no /account"))

    def test_a_line_break_cannot_make_a_header(self):
        box = HttpBox(self.server.url, config={"password": SECRET + "\r\nX-Evil: 1"})
        self.check_box(box, ("config_error", "/password: must not hold a line break"))
        self.assertEqual(self.server.asked, [])

    def test_nothing_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.check_box(HttpBox(f"http://127.0.0.1:{port}"),
                       ("transient_error", "the API cannot be reached: GET http://127.0.0.1"))

    def test_a_host_that_is_none(self):
        self.check_box(HttpBox("http://nowhere.invalid"),
                       ("transient_error", "resolve host: nowhere.invalid"))

    def test_addresses_that_cannot_be_used(self):
        for base in ("file:///etc/passwd", "ftp://127.0.0.1", "gopher://127.0.0.1",
                     "http://[::1", "http://a b"):
            with self.subTest(base):
                self.check_box(HttpBox(base, ""), ("config_error", "the address of the API cannot "
                                                   "be used"))

    def test_the_command_line_and_the_log_hold_no_secret(self):
        box = HttpBox(self.server.url, "/silent", deadline=3)
        with box:
            process = box.start("check", "--config", box.config, "--debug")
            wait_for(lambda: self.server.asked)
            for pid in marked_processes(box.mark):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    self.assertNotIn(SECRET.encode(), file.read())
            requests = [os.path.join(folder, name) for folder, _, names in os.walk(box.tmp)
                        for name in names]
            self.assertEqual({oct(os.stat(name).st_mode & 0o777) for name in requests}, {"0o600"})
            process.send_signal(signal.SIGTERM)
            check_always(self, box.finish(process))

    def test_a_signal_is_answered_too(self):
        for number, name in ((signal.SIGTERM, "Terminated"), (signal.SIGINT, "Interrupt")):
            with self.subTest(name), HttpBox(self.server.url, "/silent") as box:
                self.server.asked.clear()
                process = box.start("check", "--config", box.config)
                wait_for(lambda: self.server.asked)
                process.send_signal(number)
                result = box.finish(process)
                self.assertEqual(result.code, -number)
                check_always(self, result)
                self.assertEqual(result.of("CONNECTION_STATUS"), [{
                    "status": "FAILED", "message": f"the check was stopped by a signal ({name}) "
                                                   "before it was done"}])


class Tls(CheckCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Sandbox()
        cls.addClassCleanup(cls.folder.__exit__)
        cls.key, cls.certificate = cls.folder.path("key.pem"), cls.folder.path("cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", cls.key, "-out", cls.certificate], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
        cls.server = Server((cls.certificate, cls.key))
        cls.addClassCleanup(cls.server.__exit__)
        cls.proxy = Server(handler=ProxyHandler)
        cls.proxy.server.target = cls.server.server.server_address
        cls.proxy.server.password = None
        cls.addClassCleanup(cls.proxy.__exit__)

    def setUp(self):
        self.proxy.asked.clear()
        self.proxy.server.password = None

    def test_a_certificate_of_an_own_authority_is_trusted(self):
        for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            with self.subTest(variable):
                self.check_box(HttpBox(self.server.url), env={variable: self.certificate})

    def test_the_first_variable_counts(self):
        self.check_box(HttpBox(self.server.url),
                       ("config_error", "the certificate of the API is not trusted"),
                       {"REQUESTS_CA_BUNDLE": "/none.pem", "SSL_CERT_FILE": self.certificate})

    def test_a_folder_of_certificates(self):
        folder = self.folder.path("certs")
        os.makedirs(folder, exist_ok=True)
        name = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", self.certificate],
                              check=True, capture_output=True, text=True).stdout.strip()
        if not os.path.exists(f"{folder}/{name}.0"):
            os.symlink(self.certificate, f"{folder}/{name}.0")
        for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"):
            with self.subTest(variable):
                self.check_box(HttpBox(self.server.url), env={variable: folder})

    def test_a_certificate_that_is_not_trusted_is_explained(self):
        self.check_box(HttpBox(self.server.url),
                       ("config_error", "the certificate of the API is not trusted: GET "
                        f"{self.server.url}/me: SSL certificate problem"),
                       text=["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])

    def test_a_certificate_of_another_name_is_explained(self):
        self.check_box(HttpBox(self.server.url.replace("127.0.0.1", "localhost")),
                       ("config_error", "not trusted"), {"SSL_CERT_FILE": self.certificate})

    def through(self, base, error=None, password="", text=(), **env):
        proxy = self.proxy.url.replace("//", f"//u:{password}@" if password else "//")
        variables = {name: proxy for name in env.pop("names")}
        result = self.check_box(HttpBox(base), error, {**variables, **env}, text)
        if password:
            self.assertNotIn(password, result.stdout.decode())
        return result

    def test_proxies_are_taken_from_either_spelling(self):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            with self.subTest(name):
                self.proxy.asked.clear()
                self.through("http://api.invalid", names=[name])
                self.assertEqual(self.proxy.asked, ["http://api.invalid/me"])

    def test_a_tunnel_is_made_for_https(self):
        for name in ("https_proxy", "HTTPS_PROXY"):
            with self.subTest(name):
                self.proxy.asked.clear()
                self.through(self.server.url, names=[name], SSL_CERT_FILE=self.certificate)
                self.assertEqual(self.proxy.asked, [self.server.host])

    def test_no_proxy_is_heeded(self):
        for name in ("no_proxy", "NO_PROXY"):
            with self.subTest(name):
                self.through(self.server.url, names=["HTTPS_PROXY"],
                             SSL_CERT_FILE=self.certificate, **{name: "127.0.0.1"})
                self.assertEqual(self.proxy.asked, [])

    def test_a_proxy_wants_a_password(self):
        self.proxy.server.password = "Pr0xy-pass"
        self.through(self.server.url, names=["HTTPS_PROXY"], password="Pr0xy-pass",
                     SSL_CERT_FILE=self.certificate)
        self.through("http://api.invalid", names=["HTTP_PROXY"], password="Pr0xy-pass")

    def test_a_proxy_that_refuses_is_named(self):
        self.proxy.server.password = "another"
        for base in (self.server.url, "http://api.invalid"):
            with self.subTest(base):
                self.through(base, ("config_error", "the proxy refused its credentials"),
                             names=["HTTP_PROXY", "HTTPS_PROXY"], password="Pr0xy-pass",
                             text=[f"proxy {self.proxy.url}"])

    def test_a_proxy_that_is_not_there_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        for proxy, name in ((f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"),
                            ("http://u:Pr0xy-pass@nowhere.invalid:3128",
                             "http://nowhere.invalid:3128")):
            with self.subTest(proxy):
                result = self.check_box(
                    HttpBox("http://api.invalid"),
                    ("transient_error", "the proxy cannot be used: GET http://api.invalid/me"),
                    {"HTTP_PROXY": proxy}, text=[f"through the proxy {name}"])
                self.assertNotIn("Pr0xy-pass", result.stdout.decode())

    def test_what_is_no_address_of_a_proxy_is_not_told(self):
        for proxy in ("http://u:Pr0xy-pass@proxy:port", "http://u:Pr0xy-pass#@proxy:1",
                      "ftp://u:Pr0xy-pass@proxy:1", "http://u:Pr0xy-pass @proxy",
                      "u:Pr0xy-pass@[::1", f"http://u:Pr0xy-pass{300 * 'x'}@proxy:port"):
            with self.subTest(proxy):
                result = self.check_box(
                    HttpBox("http://api.invalid"),
                    ("system_error", "the proxy cannot be used: GET http://api.invalid/me"),
                    {"HTTP_PROXY": proxy}, text=["holds no URL of a proxy"])
                self.assertNotIn("Pr0xy", result.stdout.decode())


def sdk_test(name, error=None, **config):
    return Case(f"sdk_test_of_a_tap_that_{name}", check, 1 if error else 0, error,
                connection="FAILED" if error else "SUCCEEDED", within=10, records=[], catalog=[],
                sandbox={"config": {"moment": "test", **config}, "style": "sdk",
                         "manifest": {"check": {"method": "sdk_test", "deadline": 2}}})


SDK_TEST = [
    sdk_test("is_fine"),
    sdk_test("refuses_the_password", ("config_error", "401 Unauthorized: the password ****"),
             fault="critical"),
    sdk_test("exits_with_3", ("system_error", "An unhandled error occurred"), fault="exit_3"),
    sdk_test("hangs", ("transient_error", "did not pass its own --test within 2 seconds"),
             fault="hang"),
    sdk_test("writes_what_is_no_message", fault="write", text="no JSON {\n"),
]

def login(name, error=None, **config):
    return Case(f"login_of_a_tap_that_{name}", check, 1 if error else 0, error,
                connection="FAILED" if error else "SUCCEEDED", within=10, records=[], catalog=[],
                sandbox={"config": config, "style": config.pop("style", "argparse"),
                         "manifest": {"check": {"method": "login", "deadline": 2}}})


LOGIN = [
    login("is_fine"),
    login("takes_no_catalog", style="old"),
    login("refuses_the_password", ("config_error", "401 Unauthorized: the password ****"),
          fault="critical"),
    login("could_not_read_a_stream", fault="critical", moment="middle"),
    login("could_not_discover", fault="critical", moment="discover"),
    login("hangs", ("transient_error", "did not log in within 2 seconds"), fault="hang"),
]

SLOW_TAP = """#!/bin/sh
# --help takes a second, and discovery another one
sleep 1
case "$*" in
*--help*) echo "--discover --catalog --state" ;;
*) echo '{"streams": []}' ;;
esac
"""


@with_cases(SDK_TEST)
class SdkTest(unittest.TestCase):
    pass


@with_cases(LOGIN)
class Login(unittest.TestCase):
    pass


class Command(CheckCase):
    def slow(self, deadline):
        box = Sandbox(manifest={"tap": {"command": ["./slow"]}, "check": {"deadline": deadline}})
        box.write("tap/slow", SLOW_TAP)
        os.chmod(box.path("tap/slow"), 0o755)
        return box

    def test_the_deadline_is_for_all_steps_together(self):
        result = self.check_box(self.slow(1), ("transient_error", "within 1 seconds"))
        self.assertLess(result.seconds, 1.9)
        result = self.check_box(self.slow(2), ("transient_error",
                                               "did not discover its streams within 2 seconds"))
        self.assertLess(result.seconds, 2.9)
        self.check_box(self.slow(6))

    def test_a_help_that_hangs_meets_the_deadline(self):
        box = self.slow(1)
        box.write("tap/slow", "#!/bin/sh\nexec sleep 60\n")
        result = self.check_box(box, ("transient_error", "within 1 seconds"))
        self.assertLess(result.seconds, 3)

    def test_a_signal_is_answered_too(self):
        for number, name in ((signal.SIGTERM, "Terminated"), (signal.SIGINT, "Interrupt"),
                             (signal.SIGHUP, "Hangup")):
            config = {"fault": "hang", "moment": "discover"}
            with self.subTest(name), Sandbox(config=config) as box:
                process = box.start("check", "--config", box.config)
                start = process.stdout.readline()
                process.send_signal(number)
                result = box.finish(process, start)
                self.assertEqual(result.code, -number)
                check_always(self, result)
                self.assertEqual(result.of("CONNECTION_STATUS"), [{
                    "status": "FAILED", "message": f"the check was stopped by a signal ({name}) "
                                                   "before it was done"}])

    def test_a_wrong_command_line_is_answered_too(self):
        with Sandbox() as box:
            for arguments in ([], ["--config"], ["--confg", "x"], ["--tap", "none"], ["extra"]):
                with self.subTest(arguments):
                    result = box.run("check", *arguments)
                    self.assertEqual(result.code, 2)
                    check_always(self, result)
                    [status] = result.of("CONNECTION_STATUS")
                    self.assertEqual(status, {"status": "FAILED", "message": result.error[1]})

    def test_a_config_that_does_not_fit_is_answered(self):
        self.check_box(Sandbox(config={"password": "x"}), ("config_error", "password"))
        box = Sandbox()
        box.write("config.json", b"{")
        self.check_box(box, ("config_error", "is not valid JSON"))

    def test_only_tapbyte_http_loads_libcurl(self):
        def libraries(program):
            return subprocess.run(["ldd", program], check=True, capture_output=True,
                                  text=True).stdout

        self.assertNotIn("curl", libraries(TAPBYTE))
        self.assertIn("curl", libraries(HTTP_PROGRAM))


class Program(unittest.TestCase):
    """tapbyte-http by itself."""

    def run_program(self, *arguments):
        return subprocess.run([HTTP_PROGRAM, *arguments], check=False, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=20)

    def test_it_says_what_it_is_for(self):
        for arguments in ([], ["--help"], ["a", "b"]):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertIn(b"tapbyte check", result.stderr)

    def test_a_file_that_is_no_request_is_answered(self):
        with Sandbox() as box:
            for content in (b"", b"{", b"[]", b"{}", b'{"method": 1}', b"\xff"):
                result = self.run_program(box.write("request", content))
                self.assertEqual(result.returncode, 0, result.stderr)
                answer = json.loads(result.stdout)
                self.assertEqual(answer["kind"], "request")
            answer = json.loads(self.run_program(box.path("none")).stdout)
            self.assertIn("No such file", answer["error"])

    def test_it_leaves_no_core(self):
        with Server() as server, Sandbox() as box:
            request = box.write("request", {"method": "GET", "url": server.url + "/silent",
                                            "deadline": 5})
            with subprocess.Popen([HTTP_PROGRAM, request], stdout=subprocess.PIPE) as process:
                wait_for(lambda: server.asked)
                with open(f"/proc/{process.pid}/limits", encoding="utf-8") as file:
                    [line] = [line for line in file if line.startswith("Max core file size")]
                process.terminate()
            self.assertEqual(line.split()[4:6], ["1", "1"])


if __name__ == "__main__":
    unittest.main()
