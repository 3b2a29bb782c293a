"""A web API that is answered from tests/live/canned/NAME, over real TLS, to an unmodified tap.

    with canned_server.Server("github") as server:
        subprocess.run([...], env={**os.environ, **server.environment})
        server.requests()          what was asked so far
        server.phase = 2           time goes on: what is marked "_phase": 2 is there now
        server.fail("/issues", 429, headers={"Retry-After": "1"})    once

By hand, from the folder tests:

    python3 -m live.canned_server github ../tapbyte discover --tap ../taps/github --config F

It is mitmproxy (PyPI) on a free port of 127.0.0.1, with a certificate authority that is made
for it and thrown away. It connects to nobody: what no route answers is refused and listed in
server.refused().
"""
import collections
import datetime
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from . import tap_environment, virtual_environment

MITMPROXY = "mitmproxy==11.0.2"
START_LIMIT = 60  # seconds
HERE = os.path.dirname(os.path.abspath(__file__))
NOT_PASSED_ON = ("NO_PROXY", "ALL_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_DIR")

Request = collections.namedtuple("Request", "method url path query headers body status refused")


def request_of(line):
    entry = json.loads(line)
    parts = urllib.parse.urlsplit(entry["url"])
    return Request(entry["method"], entry["url"], parts.path,
                   dict(urllib.parse.parse_qsl(parts.query)), entry["headers"], entry["body"],
                   entry["status"], entry.get("refused"))


class Server:
    def __init__(self, name, today=None):
        self.name = name
        self.today = today or datetime.datetime.now(datetime.timezone.utc).date()
        self.process = None
        self.folder = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        python = virtual_environment.python("mitmproxy", [MITMPROXY])
        self.folder = tempfile.mkdtemp(prefix="tapbyte-api-")
        self.reset()
        environment = {**os.environ, "CANNED_API": self.name, "CANNED_FOLDER": self.folder,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            with open(self.path("log"), "wb") as log:
                self.process = subprocess.Popen(
                    [os.path.join(os.path.dirname(python), "mitmdump"), "--quiet",
                     "--listen-host", "127.0.0.1", "--listen-port", "0",
                     "--set", f"confdir={self.folder}", "--set", "connection_strategy=lazy",
                     "--set", "upstream_cert=false",
                     "--scripts", os.path.join(HERE, "canned_addon.py")],
                    env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.await_start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *details):
        self.stop()

    def await_start(self):
        deadline = time.monotonic() + START_LIMIT
        while not os.path.exists(self.path("address")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("mitmdump did not start:\n" + self.read("log"))
            time.sleep(0.05)
        self.certificate = self.path("mitmproxy-ca-cert.pem")
        proxy = "http://" + self.read("address")
        proxies = {name: proxy for name in ("HTTPS_PROXY", "HTTP_PROXY")}
        proxies.update({name.lower(): proxy for name in list(proxies)})
        self.environment = {**proxies, "REQUESTS_CA_BUNDLE": self.certificate,
                            "SSL_CERT_FILE": self.certificate}

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # ---- what the test changes; not while a tap runs

    def write_control(self, control):
        with open(self.path("control.json"), "w", encoding="utf-8") as file:
            json.dump(control, file)

    def control(self):
        return json.loads(self.read("control.json"))

    @property
    def phase(self):
        return self.control()["phase"]

    @phase.setter
    def phase(self, number):
        self.write_control({**self.control(), "phase": number})

    def fail(self, url, status, headers=None, times=1):
        """Answers the next requests whose URL matches the regular expression with an error."""
        control = self.control()
        control["faults"].append({"url": url, "status": status, "headers": headers or {},
                                  "times": times})
        self.write_control(control)

    def faults_left(self):
        """The faults that no request has come to."""
        return [fault for fault in self.control()["faults"] if fault["times"] > 0]

    def reset(self):
        """As at the start: phase 1, no faults, nothing asked."""
        self.write_control({"phase": 1, "today": str(self.today), "faults": []})
        if os.path.exists(self.path("requests.jsonl")):
            os.remove(self.path("requests.jsonl"))

    # ---- what the test looks at

    def requests(self):
        return [request_of(line) for line in self.read("requests.jsonl").splitlines()]

    def refused(self):
        return [f"{request.method} {request.url}: {request.refused}"
                for request in self.requests() if request.refused]

    # ---- environment

    def applied_to(self, environment):
        """Of environment variables, those with which a program talks to this server only."""
        kept = {name: value for name, value in environment.items()
                if name.upper() not in NOT_PASSED_ON}
        return {**kept, **self.environment}

    def trust_in(self, environment_folder, bundle):
        """For a library that brings its own CA file: adds the certificate to it, in the
        test's own environment. bundle: "stripe/data/ca-certificates.crt"."""
        found = glob.glob(os.path.join(environment_folder, "lib", "python*", "site-packages",
                                       bundle))
        if len(found) != 1:
            raise RuntimeError(f"{bundle} is not in {environment_folder}")
        original = found[0] + ".original"
        if not os.path.exists(original):
            shutil.copyfile(found[0], original)
        with open(original, encoding="utf-8") as file:
            certificates = file.read()
        with open(self.certificate, encoding="utf-8") as file:
            certificates += "\n" + file.read()
        with open(found[0], "w", encoding="utf-8") as file:
            file.write(certificates)


def main():
    """Runs a command against a canned API; what was asked is listed on stderr."""
    if len(sys.argv) < 3:
        sys.exit("usage: python3 -m live.canned_server NAME COMMAND ...")
    name, *command = sys.argv[1:]
    installed = tap_environment.of(name)
    with Server(name) as server:
        code = subprocess.run(command, env=server.applied_to(installed), check=False).returncode
        for request in server.requests():
            print(request.status or request.refused, request.method, request.url, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
