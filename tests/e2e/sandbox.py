"""A folder with a wrapped fake tap, in which tapbyte is run and nothing may be left.

    with Sandbox(config={"fault": "hang"}) as sandbox:
        result = sandbox.run("discover", "--config", sandbox.config)
        result.code, result.error, result.of("LOG"), ...

Every process started in it carries a mark in its environment, and has a TMPDIR of its
own, so that whatever is left behind is found.
"""
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
FAKE_TAP = os.path.join(HERE, "fake_tap.py")
TAPBYTE = os.path.abspath(os.environ.get("TAPBYTE", os.path.join(HERE, "../../tapbyte")))
SECRET = "s3cret-Passw0rd"
TIME_LIMIT = 60
PARALLEL = 6

SPEC = {
    "documentationUrl": "https://example.com/fake",
    "connectionSpecification": {
        "type": "object",
        "required": ["password"],
        "additionalProperties": True,
        "properties": {
            "password": {"type": "string", "airbyte_secret": True, "minLength": 6},
            "records": {"type": "integer", "minimum": 0},
            "streams": {"type": "array", "items": {"type": "string"}},
            "database": {"type": "object", "required": ["host"],
                         "properties": {"host": {"type": "string"}, "port": {"type": "integer"}}},
        },
    },
}


class Result:
    """What one run of tapbyte printed, and how it ended."""

    def __init__(self, code, stdout, stderr, left=(), seconds=0.0):
        self.code = code
        self.left = list(left)  # files and processes that should be gone
        self.seconds = seconds
        self.stdout = stdout
        self.stderr = stderr.decode(errors="replace")
        self.messages = [json.loads(line) for line in stdout.splitlines()]

    def of(self, kind):
        """The payloads of the messages of one type; of TRACE those of one trace type."""
        traces = [item["trace"] for item in self.messages if item["type"] == "TRACE"]
        if kind in ("ERROR", "STREAM_STATUS"):
            return [trace[kind.lower()] for trace in traces if trace["type"] == kind]
        member = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [item[member] for item in self.messages if item["type"] == kind]

    @property
    def error(self):
        """The one TRACE ERROR: (failure_type, message)."""
        errors = self.of("ERROR")
        if not errors:
            return None
        return errors[-1]["failure_type"], errors[-1]["message"]

    @property
    def records(self):
        return [record["data"] for record in self.of("RECORD")]

    @property
    def logs(self):
        return [f"{log['level']} {log['message']}" for log in self.of("LOG")]

    @property
    def last_state(self):
        """Of the last STATE, as the tap wrote it; None: there is none."""
        states = self.of("STATE")
        if not states:
            return None
        return {name: value for name, value in states[-1]["stream"]["stream_state"].items()
                if not name.startswith("__tapbyte")}

    @property
    def statuses(self):
        """Stream -> its statuses, in order."""
        found = {}
        for status in self.of("STREAM_STATUS"):
            name = status["stream_descriptor"]["name"]
            found.setdefault(name, []).append(status["status"])
        return found

    @property
    def last_statuses(self):
        return {name: statuses[-1] for name, statuses in self.statuses.items()}


def marked_processes(mark):
    """The ids of the processes that were started with this mark."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                environment = file.read()
            with open(f"/proc/{name}/stat", "rb") as file:
                state = file.read().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in environment and state != b"Z":
            found.append(int(name))
    return found


class Sandbox:
    def __init__(self, config=None, manifest=None, style=None):
        self.folder = tempfile.mkdtemp(prefix="tapbyte-e2e-")
        self.mark = uuid.uuid4().hex
        self.tmp = self.path("tmp")
        self.tap = self.path("tap")
        for folder in (self.tmp, self.tap, self.path("home")):
            os.mkdir(folder)
        self.write("tap/tap.json", {
            "name": "fake",
            "tap": {"command": [FAKE_TAP, *(["--style", style] if style else [])]},
            "spec": "spec.json",
            **(manifest or {}),
        })
        self.write("tap/spec.json", SPEC)
        self.config = self.write("config.json", {"password": SECRET, **(config or {})})

    def __enter__(self):
        return self

    def __exit__(self, *details):
        for process in marked_processes(self.mark):
            os.kill(process, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """A file in the folder: bytes, text or a value that becomes JSON. The path."""
        path = self.path(name)
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        with open(path, "wb") as file:
            file.write(content)
        return path

    def catalog(self, *names, sync_mode="full_refresh", properties=("id", "name", "about")):
        """A configured catalog."""
        return self.write("catalog.json", {"streams": [
            {"stream": {"name": name, "supported_sync_modes": ["full_refresh", "incremental"],
                        "json_schema": {"type": "object",
                                        "properties": {field: {} for field in properties}}},
             "sync_mode": sync_mode, "destination_sync_mode": "append", "cursor_field": ["id"]}
            for name in names]})

    def environment(self, **changes):
        """The variables of a run; one that is None is left out."""
        variables = {"PATH": os.environ["PATH"], "HOME": self.path("home"), "TMPDIR": self.tmp,
                     "E2E_MARK": self.mark, **changes}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                variables[name] = os.environ[name]
        return {name: value for name, value in variables.items() if value is not None}

    def start(self, *arguments, env=None, **options):
        """tapbyte, started with stdout as a pipe unless the options say otherwise."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "cwd": self.folder, **options}
        variables = self.environment(**{"TAPBYTE_TAP": self.tap, **(env or {})})
        return subprocess.Popen([TAPBYTE, *arguments], env=variables, **options)

    def finish(self, process, before=b""):
        """Reads what it prints, waits for its end; `before` was read already."""
        started = time.monotonic()
        try:
            stdout, stderr = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        seconds = time.monotonic() - started
        wait_for(lambda: not marked_processes(self.mark), 1)  # killed, and still dying
        return Result(process.returncode, before + (stdout or b""), stderr or b"",
                      self.leftovers(), seconds)

    def run(self, *arguments, env=None, **options):
        return self.finish(self.start(*arguments, env=env, **options))

    def read(self, *names, **options):
        return self.run("read", "--config", self.config, "--catalog", self.catalog(*names),
                        **options)

    def leftovers(self):
        """What is still there though it should be gone: sentences."""
        found = [f"the file {name}" for name in os.listdir(self.tmp)]
        for process in marked_processes(self.mark):
            with open(f"/proc/{process}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace")
            found.append(f"the process {process}, {command}")
        return found


def wait_for(condition, seconds=20):
    """Until the condition is true; its value, or the last one. It may be false again soon."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return value


def check_always(test, result):
    """What holds for every run, however it ended."""
    test.assertEqual(result.left, [])
    test.assertNotIn(SECRET, result.stdout.decode(errors="replace"))
    test.assertNotIn(SECRET, result.stderr)
    test.assertNotIn("ERROR: ", result.stderr, "a sanitizer's report")
    test.assertNotIn("runtime error", result.stderr, "a sanitizer's report")
    expected = 1 if result.code > 0 else 0
    test.assertEqual(len(result.of("ERROR")), expected, result.logs)
    for name, statuses in result.statuses.items():
        ends = [status for status in statuses if status in ("COMPLETE", "INCOMPLETE")]
        test.assertEqual(statuses[0], "STARTED", name)
        test.assertEqual(ends, statuses[-1:], name)
        test.assertTrue(result.code != 0 or ends == ["COMPLETE"], name)


class Case:
    """One row of a table: tapbyte run once, and what has to come of it."""

    def __init__(self, name, run, code=0, error=None, **expected):
        self.name = name
        self.run = run            # of a sandbox: gives a Result
        self.code = code
        self.error = error        # (failure_type, text in the message)
        self.sandbox = expected.pop("sandbox", {})
        self.expected = expected  # what check_case knows

    def outcome(self):
        with Sandbox(**self.sandbox) as sandbox:
            return self.run(sandbox)


def check_error(test, result, failure_type, text):
    test.assertIsNotNone(result.error, result.stdout[-2000:])
    test.assertEqual(result.error[0], failure_type, result.error[1])
    test.assertIn(text, result.error[1])


def check_case(test, case, result):
    expected = case.expected
    test.assertEqual(result.code, case.code, result.stdout[-2000:].decode() + result.stderr)
    check_always(test, result)
    test.assertEqual(result.stderr, "")
    if case.error is not None:
        check_error(test, result, *case.error)
    for text in expected.get("logs", []):
        test.assertTrue(any(text in log for log in result.logs), (text, result.logs))
    for text in expected.get("no_logs", []):
        test.assertFalse(any(text in log for log in result.logs), (text, result.logs))
    if "records" in expected:
        test.assertEqual([record["id"] for record in result.records], expected["records"])
    if "statuses" in expected:
        test.assertEqual(result.last_statuses, expected["statuses"])
    if "connection" in expected:
        found = result.of("CONNECTION_STATUS")
        test.assertEqual([status["status"] for status in found], [expected["connection"]])
        if case.error is not None:
            test.assertIn(case.error[1], found[0]["message"])
    if "catalog" in expected:
        names = [[stream["name"] for stream in catalog["streams"]]
                 for catalog in result.of("CATALOG")]
        test.assertEqual(names, expected["catalog"])
    if "state" in expected:
        test.assertEqual(result.last_state, expected["state"])
    if "within" in expected:
        test.assertLess(result.seconds, expected["within"])
    if "check" in expected:
        expected["check"](test, result)


def with_cases(*tables):
    """Gives a TestCase one test for each row; they are run beforehand, side by side."""
    def add(test_class):
        cases = [case for table in tables for case in table]
        assert len({case.name for case in cases}) == len(cases), "two cases of one name"

        def set_up(cls):
            with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
                cls.outcomes = {case.name: pool.submit(case.outcome) for case in cases}

        def test_of(case):
            return lambda self: check_case(self, case, self.outcomes[case.name].result())

        test_class.setUpClass = classmethod(set_up)
        for case in cases:
            setattr(test_class, "test_" + case.name, test_of(case))
        return test_class
    return add


if __name__ == "__main__":
    sys.exit("this is a module; run tests/run e2e")
