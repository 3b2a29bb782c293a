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
TIME_LIMIT = 10

TAP = """#!/bin/sh
here=$(dirname "$0")
case "$*" in
*--help*) cat "$here/help" ;;
*--discover*) cat "$here/discovery" ;;
*) cat "$here/messages"; echo "INFO done" >&2 ;;
esac
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
SAID_BY_THE_TAP = {"type": "LOG", "log": {"level": "INFO", "message": "done"}}


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


class Found:
    """What one run did."""

    def __init__(self, code, stdout, stderr, failed_calls, left):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr.decode(errors="replace")
        self.failed_calls = failed_calls
        self.left = left            # a sentence, or None

    @property
    def messages(self):
        """Without what differs from run to run: times, and the name of the work dir."""
        text = re.sub(rb'"emitted_at":\d+', b'"emitted_at":0', self.stdout)
        text = re.sub(rb"/tapbyte-run-\w{6}", b"/tapbyte-run-", text)
        found = [json.loads(line) for line in text.splitlines()]
        # What the tap says on stderr comes when it comes.
        return sorted(found, key=lambda message: message != SAID_BY_THE_TAP)


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
        for name in self.commands:
            self.baselines[name] = self.run(name, None)
            assert self.baselines[name].code == 0, self.baselines[name].stdout
        return self

    def __exit__(self, *details):
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
        process = subprocess.Popen([TAPBYTE, *self.commands[name]], env=environment,
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
        for entry_left in os.listdir(folder):
            left = f"the file {entry_left} is left"
            shutil.rmtree(os.path.join(folder, entry_left))
        return Found(code, stdout or b"", stderr or b"", failed_calls, left)

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
        if SECRET in found.stderr or SECRET.encode() in found.stdout:
            return "a secret is shown"
        try:
            found_messages = found.messages
        except ValueError:
            return f"its stdout is no JSON: {found.stdout[-300:]}"
        whole = self.baselines[name].messages
        if found.code == 0:
            return self.problem_of_success(found, found_messages, whole)
        return (self.problem_of_failure(found, found_messages) or
                self.problem_of_data(found_messages, whole))

    @staticmethod
    def problem_of_success(found, found_messages, whole):
        if found.stderr:
            return f"it succeeds, with {found.stderr} on stderr"
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
        if not errors and not re.fullmatch(r"tapbyte: .+\n", found.stderr):
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
