"""The program that users get, under valgrind: no leak, no error of memory or of threads."""
import json
import os
import subprocess
import unittest

from e2e.sandbox import Sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "tapbyte")  # a sanitized one cannot run in valgrind
ERRORS = 99
MEMCHECK = ["--leak-check=full", "--errors-for-leak-kinds=definite,possible",
            "--show-leak-kinds=definite,possible", "--track-fds=yes"]
HELGRIND = ["--tool=helgrind"]
RECORDS = 2000
BATCH = [{"id": number, "name": "in a file"} for number in range(5000, 5010)]


class ValgrindSandbox(Sandbox):
    def __init__(self, tool, **options):
        super().__init__(**options)
        self.log = self.path("valgrind.log")
        self.command = ["valgrind", *tool, f"--error-exitcode={ERRORS}", "--trace-children=no",
                        "--child-silent-after-fork=yes", f"--log-file={self.log}", PROGRAM]

    def start(self, *arguments, env=None, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "cwd": self.folder, **options}
        variables = self.environment(**{"TAPBYTE_TAP": self.tap, **(env or {})})
        return subprocess.Popen([*self.command, *arguments], env=variables, **options)

    def errors(self):
        """What valgrind has to say."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


class Valgrind(unittest.TestCase):
    def check_run(self, sandbox, *arguments):
        result = sandbox.run(*arguments)
        self.assertEqual(result.code, 0, sandbox.errors())
        self.assertEqual(result.left, [])
        self.assertIn("ERROR SUMMARY: 0 errors", sandbox.errors())
        return result

    def read(self, tool):
        """Three streams, one not chosen; a field left out; many states; a batch at the end."""
        config = {"streams": ["users", "orders", "visits"], "records": RECORDS, "state_every": 50,
                  "fault": "write", "moment": "end"}
        with ValgrindSandbox(tool, config=config) as sandbox:
            lines = "".join(json.dumps(record) + "\n" for record in BATCH)
            message = {"type": "BATCH", "stream": "users", "format": "jsonl",
                       "filepath": sandbox.write("batch.jsonl", lines)}
            with open(sandbox.config, encoding="utf-8") as file:
                config = json.load(file)
            config["text"] = "plain text\n\n" + json.dumps(message) + "\n"
            sandbox.write("config.json", config)
            result = self.check_run(sandbox, "read", "--config", sandbox.config, "--catalog",
                                    sandbox.catalog("users", "orders", sync_mode="incremental",
                                                    properties=("id", "about")),
                                    "--state", sandbox.write("state.json", [self.state()]))
        self.assertEqual(len(result.records), 2 * RECORDS - 10 + len(BATCH))
        self.assertTrue(all(list(record) == ["id"] for record in result.records))
        self.assertEqual(result.last_statuses, {"users": "COMPLETE", "orders": "COMPLETE"})

    @staticmethod
    def state():
        return {"type": "STREAM", "stream": {"stream_descriptor": {"name": "users"},
                                             "stream_state": {"bookmarks": {"users": {"id": 10}}}}}

    def test_a_read_leaks_nothing(self):
        self.read(MEMCHECK)

    def test_the_threads_of_a_read_do_not_race(self):
        self.read(HELGRIND)

    def test_a_check_leaks_nothing(self):
        with ValgrindSandbox(MEMCHECK) as sandbox:
            result = self.check_run(sandbox, "check", "--config", sandbox.config)
        self.assertEqual([status["status"] for status in result.of("CONNECTION_STATUS")],
                         ["SUCCEEDED"])

    def test_a_discovery_leaks_nothing(self):
        with ValgrindSandbox(MEMCHECK) as sandbox:
            result = self.check_run(sandbox, "discover", "--config", sandbox.config)
        self.assertEqual(len(result.of("CATALOG")), 1)


if __name__ == "__main__":
    unittest.main()
