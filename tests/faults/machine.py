"""tapbyte on a machine whose Nth call fails: one run, and what may come of it.

    with Machine() as machine:
        calls = machine.count("read", "memory")
        for number in chosen(calls):
            found = machine.run("read", f"memory {number} {number} {errno.ENOMEM}")
            problem = machine.problem_of("read", found)     # None, or a sentence

A run is a few milliseconds: the tap is a shell script that prints files. Where the fault
did not matter, what comes out is what comes out without it. Else the exit code is 1, one
TRACE ERROR has a sentence (or stderr, where there is no memory even for that), what was
written before is the beginning of what would have been written, and no stream of which
something is missing is COMPLETE. No file and no process is left, in no case.
"""
import gzip
import http.server
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TAPBYTE = os.path.join(ROOT, "tapbyte")
SOURCE = os.path.join(ROOT, "tests/faults/fail_calls.c")
SECRET = "s3cret-Passw0rd"
RECORDING = "{RECORDING}"  # in a command: a folder of its own
RECORDED = {"recording.json", "times", "stdout", "stderr", "config.json", "catalog.json"}
NEW_SECRET = "n3w-s3cret-T0ken"  # that a tap puts into its config
TIME_LIMIT = 10

TAP = """#!/bin/sh
here=$(dirname "$0")
case "$*" in
*--help*) cat "$here/help" ;;
*--discover*) cat "$here/discovery" ;;
*) cat "$here/messages"; echo "INFO done" >&2 ;;
esac
"""
# Rewrites its config, in place of the file as most taps do, before it says anything.
REWRITING_TAP = TAP.replace('cat "$here/messages"; echo "INFO done" >&2', f"""\\
	cat "$here/new-config" >"$2"
	echo "INFO the token is {NEW_SECRET}" >&2
	cat "$here/messages\"""")
# A log with all that there is: repeats, JSON, secrets in some of the ways to write one.
TALKING_TAP = TAP.replace('*--discover*)', '*--discover*) cat "$here/log" >&2;')
FAILING_TAP = TAP.replace('; echo "INFO done" >&2', '; cat "$here/traceback" >&2; exit 1')
TALK = f"""INFO the password is {SECRET}
ERROR url=https://x/?p={SECRET}&q=%20+ &amp; "\\u0041\\\\" failed
INFO again
INFO again
INFO again
{{"level": "warning", "message": "structured {SECRET}", "event": "x"}}
x.py:1: UserWarning: careful
  warn()
"""
TRACEBACK = f"""CRITICAL the login failed
Traceback (most recent call last):
  File "x.py", line 1, in main
    login(config["password"])
requests.exceptions.HTTPError: 401 Client Error: Unauthorized for {SECRET}
"""
HELP = "usage: tap [--config FILE] [--discover] [--catalog FILE] [--state FILE]\n"
SPEC = {
    "documentationUrl": "https://example.com/tap",
    "connectionSpecification": {
        "type": "object",
        "required": ["password"],
        "properties": {
            "password": {"type": "string", "airbyte_secret": True},
            "account": {"type": "object", "properties": {"id": {"type": "integer"}}},
        },
    },
}
FIELDS = {
    "id": {"type": "integer"},
    "name": {"type": ["null", "string"]},
    "about": {"type": "object", "properties": {"text": {"type": "string"}}},
    "hidden": {"type": "string"},
}
STREAMS = ("users", "or\u00e7ament", "orders")


RULES = {
    "secret": {"from": "/password"},
    "/account/id": {"from": "/account/id", "as": "string"},
    "words": {"value": ["a", 1.5, {"b": "a text that is longer than one word"}]},
}
FILE_RULES = {
    "key_file": {"from": "/password", "file": "key.pem"},
    "password": {"from": "/password"},
    "account": {"from": "/account", "as": "json"},
}
HTTP = {
    "url": "http://127.0.0.1:PORT/me",
    "headers": {"Authorization": "Bearer {/password}"},
    "query": {"id": "{/account/id}"},
    "expect": {"/user/name": "a name that has some length"},
}
# What the tap says on stderr comes when it comes.
SAID_BY_THE_TAP = [{"type": "LOG", "log": {"level": "INFO", "message": message}}
                   for message in ("done", "the token is ****")]
# The one thing that a run may say more than it does without the fault, and succeed.
UNREAD_CONFIG = re.compile(r"The tap's config file, \S+/config\.json, cannot be read at its end: "
                           r"[\w /]+; there is no sign that the tap changed it, and Airbyte "
                           r"keeps the config that it has\.")


FAILING = ("read_fails", "check_refused", "replay")  # that fail also without a fault


def entry(name):
    """A stream of the tap's catalog."""
    return {
        "tap_stream_id": f"shop-{name}", "stream": name, "key_properties": ["id"],
        "schema": {"type": "object", "properties": FIELDS},
        "metadata": [
            {"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"],
                                            "table-key-properties": ["id"]}},
            *({"breadcrumb": ["properties", field], "metadata": {"inclusion": "available"}}
              for field in FIELDS),
        ],
    }


def record(stream, number):
    return {"type": "RECORD", "stream": stream, "time_extracted": "2024-01-01T00:00:00Z",
            "record": {"id": number, "name": "n" * number, "about": {"text": "\u00e9 \" \\"},
                       "hidden": "h", "more": [1, {"x": None}]}}


def messages():
    """What the tap writes in a read: interleaved streams, one of them not selected."""
    for name in STREAMS:
        yield {"type": "SCHEMA", "stream": name, "key_properties": ["id"],
               "schema": {"type": "object", "properties": FIELDS}}
    for number in range(1, 7):
        for name in STREAMS:
            yield record(name, number)
        yield {"type": "STATE", "value": {
            "currently_syncing": STREAMS[number % 2],
            "bookmarks": {name: {"id": number} for name in STREAMS}}}
    yield {"type": "ACTIVATE_VERSION", "stream": "users", "version": 1}
    yield {"type": "ODD"}


def lines(items):
    """With a line of text, bytes that are no UTF-8 and a number that is no JSON among them."""
    texts = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    texts.insert(4, b"a line of text")
    texts.insert(9, texts[8].replace(b': "n', b': "\xff'))
    texts.insert(10, texts[8].replace(b'"id": ', b'"id": NaN, "x": '))
    return b"\n".join(texts) + b"\n"


def take_folder(folder):
    """The files in a folder, which is removed; None: there is none."""
    if not os.path.exists(folder):
        return None
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                found[os.path.relpath(os.path.join(parent, name), folder)] = file.read()
    shutil.rmtree(folder)
    return found


class Found:
    """What one run did."""

    def __init__(self, code, stdout, stderr, failed_calls, left):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr.decode(errors="replace")
        self.failed_calls = failed_calls
        self.left = left            # a sentence, or None
        self.recording = None       # its files, name -> bytes

    @property
    def messages(self):
        """Without what differs from run to run: times, and the name of the work dir."""
        text = re.sub(rb'"emitted_at":\d+', b'"emitted_at":0', self.stdout)
        text = re.sub(rb"/tapbyte-run-\w{6}", b"/tapbyte-run-", text)
        found = [json.loads(line) for line in text.splitlines()]
        return sorted(found, key=lambda message: message not in SAID_BY_THE_TAP)


def kind_of(message):
    trace = message.get("trace", {}).get("type")
    return trace or message["type"]


def statuses_of(found_messages):
    """Stream -> its statuses, in order."""
    found = {}
    for message in found_messages:
        if kind_of(message) == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            found.setdefault(status["stream_descriptor"]["name"], []).append(status["status"])
    return found


def records_of(found_messages, stream):
    return [message for message in found_messages
            if message["type"] == "RECORD" and message["record"]["stream"] == stream]


def is_unread_config(message):
    log = message.get("log", {})
    return log.get("level") == "WARN" and UNREAD_CONFIG.fullmatch(log["message"]) is not None


class Api(http.server.BaseHTTPRequestHandler):
    """Knows the password; who is refused is told what they sent."""

    def do_GET(self):
        known = self.headers["Authorization"] == f"Bearer {SECRET}" and "/me" in self.path
        answer = json.dumps({"user": {"name": HTTP["expect"]["/user/name"]}} if known else
                            {"message": f"refused {self.headers['Authorization']}"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *details):
        pass


def data_of(found_messages):
    return [message for message in found_messages if message["type"] in ("RECORD", "STATE")]


class Machine:
    """A folder with a tap and what each command needs, and the folders of the runs."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tapbyte-faults-")
        self.local = threading.local()
        self.shim = self.path("fail_calls.so")
        self.baselines = {}
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall",
                        "-Werror", "-shared", "-fPIC", "-o", self.shim, SOURCE, "-ldl"],
                       check=True)
        self.make_tap("tap", {})
        self.make_tap("tap-records", {"check": {"method": "first_record"}},
                      TAP.replace('; echo "INFO done" >&2', ""))
        self.make_tap("tap-rules", {"config": RULES})
        self.write("tap-rules/messages", lines(self.batches()))
        config = self.write("config.json", {"password": SECRET, "account": {"id": 7}})
        self.commands = {
            "spec": ["spec", "--tap", self.path("tap")],
            "check": ["check", "--tap", self.path("tap"), "--config", config],
            "check_record": ["check", "--tap", self.path("tap-records"), "--config", config],
            "discover": ["discover", "--tap", self.path("tap"), "--config", config],
        }
        read = ["read", "--tap", self.path("tap"), "--config", config, "--state",
                self.write("state.json", self.state())]
        self.commands["read"] = [*read, "--catalog", self.catalog("catalog.json", True)]
        self.commands["read_rules"] = [*read, "--tap", self.path("tap-rules"),
                                       "--catalog", self.path("bare.json")]
        self.make_tap("tap-old", {})
        self.write("tap-old/help", "usage: tap [--config FILE] [--state FILE]\n")
        self.commands["discover_old"] = ["discover", "--tap", self.path("tap-old"),
                                         "--config", config]
        self.commands["read_anew"] = [*read, "--catalog", self.catalog("bare.json", False)]
        self.add_taps_that_talk(config, read)
        self.add_http(config)
        self.add_recordings(config, read)
        for name in self.commands:
            self.baselines[name] = self.run(name, None)
            problem = self.problem_of(name, self.baselines[name])
            assert problem is None, f"{name}: {problem} {self.baselines[name].stdout}"
        return self

    def add_taps_that_talk(self, config, read):
        """And taps that write more than their messages."""
        bare = ["--catalog", self.path("bare.json")]
        new_config = {"password": NEW_SECRET, "account": {"id": 7}}
        self.make_tap("tap-rewrites", {}, REWRITING_TAP)
        self.write("tap-rewrites/new-config", new_config)
        self.commands["read_rewrites"] = [*read, "--tap", self.path("tap-rewrites"), *bare]
        self.make_tap("tap-files", {"config": FILE_RULES}, REWRITING_TAP)
        self.write("tap-files/new-config", {"key_file": "another file", "password": NEW_SECRET,
                                            "account": '{"id":7}'})
        self.make_tap("tap-talks", {}, TALKING_TAP)
        self.write("tap-talks/log", TALK)
        self.commands["check_talks"] = ["check", "--tap", self.path("tap-talks"),
                                        "--config", config]
        self.commands["read_files"] = [*read, "--tap", self.path("tap-files"), *bare]
        self.make_tap("tap-fails", {}, FAILING_TAP)
        self.write("tap-fails/traceback", TRACEBACK)
        self.commands["read_fails"] = [*read, "--tap", self.path("tap-fails"), *bare]
        self.make_tap("tap-installed", {"tap": {"command": ["tap"], "pip": "tap"}},
                      TAP.replace('dirname "$0")', 'dirname "$0")/../..'))
        os.makedirs(self.path("tap-installed/.venv/bin"))
        os.rename(self.path("tap-installed/tap"), self.path("tap-installed/.venv/bin/tap"))
        self.write("tap-installed/.venv/tapbyte-flags.json", {
            "--discover": True, "--catalog": True, "--properties": False, "--state": True,
            "--about": False, "structured_logs": True})
        self.commands["discover_installed"] = ["discover", "--tap", self.path("tap-installed"),
                                               "--config", config]

    def add_recordings(self, config, read):
        """Of the tap that fails, since its log comes in the order that it has."""
        self.make_tap("tap-quiet", {"config": RULES}, TAP.replace('; echo "INFO done" >&2', ""))
        record_it = ["record", *read[1:], "--tap", self.path("tap-quiet"), "--max-records", "3",
                     "--anonymize", "--catalog", self.path("bare.json")]
        self.commands["record"] = [*record_it, RECORDING]
        subprocess.run([TAPBYTE, "record", "--tap", self.path("tap-fails"), "--config", config,
                        self.path("recording")], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        replay = ["replay", "--tap", self.path("tap-fails"), self.path("recording")]
        self.commands["replay"] = replay
        self.commands["replay_check"] = [*replay, "check"]

    def add_http(self, config):
        """A check of a server of ours, with the right password and with a wrong one."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        url = HTTP["url"].replace("PORT", str(self.server.server_port))
        for name, path in (("check_http", url), ("check_refused", url.replace("/me", "/"))):
            self.make_tap(name, {"check": {"method": "http", "http": {**HTTP, "url": path}}})
            self.commands[name] = ["check", "--tap", self.path(name), "--config", config]

    def __exit__(self, *details):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return self.path(name)

    def make_tap(self, name, manifest, script=TAP):
        os.mkdir(self.path(name))
        self.write(f"{name}/tap.json", {"name": "shop", "tap": {"command": ["./tap"]},
                                        "spec": "spec.json", **manifest})
        self.write(f"{name}/spec.json", SPEC)
        os.chmod(self.write(f"{name}/tap", script), stat.S_IRWXU)
        self.write(f"{name}/help", HELP)
        self.write(f"{name}/discovery", {"streams": [entry(stream) for stream in STREAMS]})
        self.write(f"{name}/messages", lines(messages()))

    def batches(self):
        """The users in two files, of which one is compressed."""
        records = b"".join(json.dumps(record("users", number)["record"]).encode() + b"\n"
                           for number in range(1, 6))
        plain = self.write("batch.jsonl", records)
        packed = self.write("batch.jsonl.gz", gzip.compress(records))
        yield from list(messages())[:len(STREAMS)]
        yield from ({"type": "ODD"},) * 8  # lines() puts its own among these
        for compression, path in (("none", plain), ("gzip", packed)):
            yield {"type": "BATCH", "stream": "users", "manifest": [f"file://{path}"],
                   "encoding": {"format": "jsonl", "compression": compression}}

    @staticmethod
    def state():
        return [{"type": "STREAM", "stream": {
            "stream_descriptor": {"name": name},
            "stream_state": {"bookmarks": {name: {"id": 0}}}}} for name in STREAMS[:2]]

    def catalog(self, name, travels):
        """All streams but the last, without the field `hidden`."""
        found = self.run("discover", None).messages
        streams = [message for message in found if message["type"] == "CATALOG"]
        streams = [stream for stream in streams[0]["catalog"]["streams"]
                   if stream["name"] in STREAMS[:2]]
        for stream in streams:
            schema = stream["json_schema"]
            del schema["properties"]["hidden"]
            if not travels:
                stream["json_schema"] = {"type": "object", "properties": schema["properties"]}
        return self.write(name, {"streams": [
            {"stream": stream, "sync_mode": "incremental", "cursor_field": ["id"],
             "destination_sync_mode": "append"} for stream in streams]})

    def temporary(self):
        """A TMPDIR of this thread's own."""
        if not hasattr(self.local, "folder"):
            self.local.folder = tempfile.mkdtemp(dir=self.folder)
        return self.local.folder

    def run(self, name, order, seconds=TIME_LIMIT, **options):
        """Runs a command; `order` is FAIL_CALLS without the descriptor, or None."""
        ours, theirs = os.pipe()
        folder = self.temporary()
        environment = {"PATH": os.environ["PATH"], "TMPDIR": folder, "HOME": folder}
        if order is not None:
            environment.update(LD_PRELOAD=self.shim, FAIL_CALLS=f"{order} {theirs}")
        command = [argument.replace(RECORDING, os.path.join(folder, "recording"))
                   for argument in self.commands[name]]
        process = subprocess.Popen([TAPBYTE, *command], env=environment,
                                   pass_fds=[theirs], cwd=self.folder,
                                   **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                      "stderr": subprocess.PIPE, **options})
        os.close(theirs)
        try:
            stdout, stderr = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            code = None
        failed_calls, left = self.wait_for_all(ours)
        recording = take_folder(os.path.join(folder, "recording"))
        stderr = re.sub(rb"tapbyte: recorded .*\n", b"", stderr or b"")
        for entry_left in os.listdir(folder):
            left = f"the file {entry_left} is left"
            shutil.rmtree(os.path.join(folder, entry_left))
        found = Found(code, stdout or b"", stderr, failed_calls, left)
        found.recording = recording
        return found

    @staticmethod
    def wait_for_all(ours):
        """Whoever was started holds the other end: what was written there, what is left."""
        os.set_blocking(ours, False)
        written, left = b"", None
        for _ in range(300):
            try:
                part = os.read(ours, 1 << 16)
                if not part:
                    break
                written += part
            except BlockingIOError:
                threading.Event().wait(0.01)
        else:
            left = "a process is left"
        os.close(ours)
        return written, left

    def count(self, name, kind):
        """So many calls of that kind the command makes; its children are not counted."""
        found = self.run(name, f"{kind} 0 0 0")
        return int(found.failed_calls or b"0")

    def problem_of(self, name, found):
        """Why a run must not end like this: a sentence, or None."""
        if found.code is None:
            return f"it hangs: {found.stdout[-200:]} {found.stderr}"
        if found.left:
            return f"{found.left}, code {found.code}"
        if found.code not in (0, 1):
            return f"it ends with {found.code}: {found.stderr} {found.stdout[-300:]}"
        try:
            found_messages = found.messages
        except ValueError:
            return f"its stdout is no JSON: {found.stdout[-300:]}"
        whole = self.baselines[name].messages
        controls = [message for message in found_messages if message["type"] == "CONTROL"]
        if any(control not in whole for control in controls):
            return f"a config is told that is another one: {controls}"
        if found.recording is not None:
            shown = b"".join(found.recording.values()).decode(errors="replace")
            if SECRET in shown:
                return "the recording has a secret"
            if not RECORDED <= set(found.recording):
                return f"the recording lacks {RECORDED - set(found.recording)}"
        if name == "record" and found.code == 0 and (
                found.recording is None or
                set(found.recording) != set(self.baselines[name].recording)):
            return f"it succeeds and has recorded {found.recording}"
        shown = found.stderr + json.dumps([message for message in found_messages
                                           if message["type"] != "CONTROL"])
        if SECRET in shown or NEW_SECRET in shown:
            return f"a secret is shown: {shown}"
        if found.code == 0 and name in FAILING:
            return "it succeeds"
        if found.code == 0:
            return self.problem_of_success(found, found_messages, whole)
        return (self.problem_of_failure(found, found_messages) or
                self.problem_of_data(found_messages, whole))

    @staticmethod
    def problem_of_success(found, found_messages, whole):
        if found.stderr:
            return f"it succeeds, with {found.stderr} on stderr"
        found_messages = [message for message in found_messages if not is_unread_config(message)]
        if found_messages != whole:
            differing = [text for text in found_messages if text not in whole]
            missing = [text for text in whole if text not in found_messages]
            return f"it succeeds with {differing[:3]} instead of {missing[:3]}"
        return None

    @staticmethod
    def problem_of_failure(found, found_messages):
        errors = [message["trace"]["error"] for message in found_messages
                  if kind_of(message) == "ERROR"]
        if len(errors) > 1:
            return f"{len(errors)} errors: {errors}"
        if not errors and not re.fullmatch(r"(tapbyte: .+\n)+", found.stderr):
            return f"it fails without a sentence: {found.stderr!r} {found.stdout[-300:]}"
        if errors and not errors[0]["message"].strip():
            return "an error without a sentence"
        return None

    @staticmethod
    def problem_of_data(found_messages, whole):
        """Of a run that fails."""
        kinds = [kind_of(message) for message in found_messages]
        data = data_of(found_messages)
        if data != data_of(whole)[:len(data)]:
            return f"what came is not the beginning of what should: {data[-3:]}"
        results = [message["connectionStatus"]["status"] for message in found_messages
                   if message["type"] == "CONNECTION_STATUS"]
        wanted = sum(message["type"] == "CONNECTION_STATUS" for message in whole)
        if results not in (["FAILED"] * wanted, [] if "ERROR" not in kinds else None):
            return f"it fails with {results} as CONNECTION_STATUS"
        for stream, statuses in statuses_of(found_messages).items():
            ends = [status for status in statuses if status in ("COMPLETE", "INCOMPLETE")]
            if ends == ["COMPLETE"]:
                if records_of(found_messages, stream) != records_of(whole, stream):
                    return f"{stream} is COMPLETE, and is not"
            elif ends != ["INCOMPLETE"] and "ERROR" in kinds:
                return f"the statuses of {stream} are {statuses}"
        return None
