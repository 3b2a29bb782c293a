"""tapbyte test on live taps, its ways to report; read --pretty."""
import concurrent.futures
import os
import pty
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

from e2e.sandbox import (HERE, PARALLEL, SECRET, TAPBYTE, TIME_LIMIT, Sandbox, marked_processes,
                         wait_for)

TAP = os.path.join(HERE, "acceptance_tap.py")

# What each fault of the tap fails, and what is told of it.
FAULTS = {
    None: ([], ""),
    "any_password": (["check fails with bad configs"],
                     "another value at /password: check succeeded"),
    "volatile": (["a second full refresh gives the same records",
                  "a read from an earlier state loses nothing"],
                 "orders: of 4 records 4 are missing"),
    "wrong_type": (["records fit their schemas"], "orders: record 1: /note is integer"),
    "secret_in_record": (["no secret is shown"], "read: a secret of the config"),
    "state_ignored": (["a read from the last state gives nothing older"],
                      "orders: the second read gave records that are older"),
    "read_fails": (["a full refresh succeeds", "an incremental read succeeds"],
                   "its error: the sync broke"),
}


def sandbox(fault=None):
    made = Sandbox(config={"fault": fault} if fault else {},
                   manifest={"tap": {"command": [TAP]}})
    made.write("tap/spec.json", {"connectionSpecification": {
        "type": "object", "required": ["password"], "properties": {
            "password": {"type": "string", "airbyte_secret": True},
            "fault": {"type": "string"}}}})
    return made


def run(made, *arguments, **options):
    """Exit code, stdout, stderr; what is left behind is an error."""
    process = made.start(*arguments, **options)
    stdout, stderr = process.communicate(timeout=TIME_LIMIT)
    left = wait_for(lambda: not made.leftovers(), 2)
    assert left, made.leftovers()
    return process.returncode, (stdout or b"").decode(), stderr.decode()


def test_tap(fault, *arguments):
    with sandbox(fault) as made:
        return run(made, "test", "--config", made.config, *arguments)


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            cls.outcomes = dict(zip(FAULTS, pool.map(test_tap, FAULTS)))

    def test_a_tap_fails_what_it_does_wrong_and_nothing_else(self):
        for fault, (expected, told) in FAULTS.items():
            with self.subTest(fault):
                code, stdout, stderr = self.outcomes[fault]
                failed = [line.split("FAILED  ")[1] for line in stdout.splitlines()
                          if line.startswith("  FAILED  ")]
                self.assertEqual(failed, expected, stdout)
                self.assertIn(told, stdout)
                self.assertEqual(code, 1 if expected else 0)
                self.assertEqual(stderr, "")
                self.assertNotIn(SECRET, stdout)

    def test_the_last_line_is_a_summary(self):
        _, stdout, _ = self.outcomes[None]
        self.assertEqual(stdout.splitlines()[-1], "24 passed, 0 failed, 0 skipped")

    def test_fields_can_be_ignored(self):
        for names in ("note", "users.x,orders.note"):
            with self.subTest(names):
                code, stdout, _ = test_tap("volatile", "--ignore-fields", names)
                self.assertEqual(code, 0, stdout)

    def test_a_catalog_says_what_is_read_and_a_file_what_is_refused(self):
        with sandbox("any_password") as made:
            bad = made.write("bad.json", {"password": 1})
            catalog = made.write("catalog.json", {"streams": [{
                "stream": {"name": "users", "supported_sync_modes": ["full_refresh"],
                           "json_schema": {"properties": {"name": {"type": "string"}}}},
                "sync_mode": "full_refresh", "destination_sync_mode": "append"}]})
            code, stdout, _ = run(made, "test", "--config", made.config, "--catalog", catalog,
                                  "--invalid-config", bad)
            self.assertEqual(code, 0, stdout)
            self.assertIn("skipped an incremental read succeeds\n"
                          "          no stream can be read incrementally\n", stdout)

    def test_junit_and_tap_tell_the_same(self):
        with sandbox("wrong_type") as made:
            path = made.path("junit.xml")
            code, stdout, _ = run(made, "test", "--config", made.config, "--format", "tap",
                                  "--junit", path)
            suites = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(code, 1)
        lines = stdout.splitlines()
        self.assertEqual(lines[0], "TAP version 14")
        self.assertEqual(lines[-1], "1..24")
        self.assertEqual(sum(line.startswith("not ok ") for line in lines), 1)
        self.assertEqual(suites.get("tests"), "24")
        failures = [case.get("name") for case in suites.iter("testcase")
                    if case.find("failure") is not None]
        self.assertEqual(failures, ["records fit their schemas"])

    def test_a_signal_stops_the_tap_and_ends_the_test(self):
        with sandbox() as made:
            process = made.start("test", "--config", made.config)
            self.assertTrue(wait_for(lambda: len(marked_processes(made.mark)) > 1))
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIME_LIMIT)
            self.assertEqual(process.returncode, -signal.SIGTERM)
            wait_for(lambda: not made.leftovers(), 2)
            self.assertEqual(made.leftovers(), [])


    def test_what_cannot_be_written_ends_the_test(self):
        with sandbox() as made:
            process = made.start("test", "--config", made.config)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            self.assertEqual(process.wait(TIME_LIMIT), -signal.SIGPIPE)
            with open("/dev/full", "wb") as full:
                code, _, stderr = run(made, "test", "--config", made.config, stdout=full)
            self.assertEqual(code, 1)
            self.assertEqual(stderr, "tapbyte test: cannot write to stdout: No space left on "
                             "device\n")


class CommandLine(unittest.TestCase):
    CASES = [
        ([], "nothing to test: give folders with recordings, or a tap and its config"),
        (["--config"], "--config needs a value"),
        (["--wrong"], "unknown option --wrong"),
        (["--format", "html", "x"], "--format is human, tap or junit, not html"),
        (["--allow-older", "x"], "are for the test of a live tap"),
        (["--ignore-fields", ",", "x"], "--ignore-fields needs names"),
        (["--update", "--config", "c"], "--update is for recordings; give their folder"),
        (["--config", "c", "--tap", "nowhere"], "there is no tap named nowhere"),
    ]

    def test_a_wrong_command_line_is_told(self):
        with sandbox() as made:
            for arguments, told in self.CASES:
                with self.subTest(arguments):
                    code, stdout, stderr = run(made, "test", *arguments)
                    self.assertEqual((code, stdout), (2, ""), stderr)
                    self.assertIn("tapbyte test: " + told if told[0] != "a" else told, stderr)

    def test_what_cannot_be_tested_fails(self):
        with sandbox() as made:
            os.mkdir(made.path("empty"))
            broken = made.write("broken.json", "{")
            for arguments, told in [
                    (["nowhere"], "cannot look into nowhere: No such file or directory"),
                    (["empty"], "there is no recording in empty"),
                    (["--config", "nowhere"], "nowhere"),
                    (["--config", broken], "is not valid JSON at line 1, column 2: unexpected end"),
                    (["--config", made.config, "--catalog", broken], "broken.json")]:
                with self.subTest(arguments):
                    code, _, stderr = run(made, "test", *arguments)
                    self.assertEqual(code, 1, stderr)
                    self.assertIn(told, stderr)


def has_replay():
    usage = subprocess.run([TAPBYTE, "--help"], stdout=subprocess.PIPE, check=False).stdout
    return b"tapbyte replay" in usage


@unittest.skipUnless(has_replay(), "this tapbyte has no replay")
class Recordings(unittest.TestCase):
    def test_a_changed_overlay_shows_what_it_changes_until_that_is_accepted(self):
        with sandbox() as made:
            os.mkdir(made.path("recordings"))
            code, _, stderr = run(made, "record", "--config", made.config, "recordings/first")
            self.assertEqual(code, 0, stderr)
            self.assertEqual(run(made, "test", "recordings"),
                             (0, "recordings/first\n  passed  discover\n  passed  check\n"
                              "  passed  read\n3 passed, 0 failed, 0 skipped\n", ""))
            made.write("tap/overlay.json", {"streams": {"users": {"primary_key": [["name"]]}}})
            made.write("tap/tap.json", {"name": "fake", "tap": {"command": [TAP]},
                                        "spec": "spec.json", "catalog": "overlay.json"})
            code, stdout, _ = run(made, "test", "recordings")
            self.assertEqual(code, 1)
            self.assertIn("          users: catalog /source_defined_primary_key differs\n"
                          "              line 1: was missing, is [[\"name\"]]\n", stdout)
            self.assertIn("2 passed, 1 failed, 0 skipped\n", stdout)
            code, stdout, _ = run(made, "test", "--update", "recordings")
            self.assertEqual(code, 0)
            self.assertIn("Accepted; what has changed:\n", stdout)
            code, stdout, _ = run(made, "test", "recordings")
            self.assertEqual(code, 0, stdout)


class Pretty(unittest.TestCase):
    def read(self, made, *arguments, **options):
        catalog = made.write("catalog.json", {"streams": [
            {"stream": {"name": name, "supported_sync_modes": ["full_refresh"],
                        "json_schema": {"properties": {field: {} for field in fields}}},
             "sync_mode": "full_refresh", "destination_sync_mode": "append"}
            for name, fields in {"orders": ["id", "at", "note"], "users": ["name"]}.items()]})
        return run(made, "read", "--config", made.config, "--catalog", catalog, "--pretty",
                   *arguments, **options)

    def test_tables_and_counts_in_place_of_messages(self):
        with sandbox() as made:
            code, stdout, _ = self.read(made)
        self.assertEqual(code, 0)
        self.assertEqual(stdout, (
            "orders, 4 records\n"
            "  id  at                    note\n"
            "  --  --------------------  ----\n"
            "   1  2026-01-01T00:00:00Z  null\n"
            "   2  2026-01-02T00:00:00Z  null\n"
            "   3  2026-01-03T00:00:00Z  null\n"
            "   4  2026-01-04T00:00:00Z  null\n"
            "\n"
            "users, 1 record\n"
            "  name\n"
            "  ----------------\n"
            "  \\x1b[31mAda \u65e5\u672c\n"
            "\n"
            "  stream  records  states  status\n"
            "  ------  -------  ------  --------\n"
            "  orders        4       5  COMPLETE\n"
            "  users         1       1  COMPLETE\n"))

    def test_a_failure_is_told_and_is_the_exit_code(self):
        with sandbox("read_fails") as made:
            code, _, stderr = self.read(made)
        self.assertEqual(code, 1)
        self.assertIn("FAILED \n      the sync broke (", stderr)
        with sandbox() as made:
            code, _, stderr = self.read(made, "--wrong")
        self.assertEqual(code, 2)
        self.assertIn("unknown option --wrong", stderr)

    def test_a_terminal_gets_colours_unless_they_are_not_wanted(self):
        for no_color in (None, "1"):
            main, terminal = pty.openpty()
            with sandbox() as made, os.fdopen(main, "rb", buffering=0) as screen:
                process = made.start("test", "--config", made.config, stdout=terminal,
                                     stderr=subprocess.DEVNULL,
                                     env={"TERM": "xterm", "NO_COLOR": no_color})
                os.close(terminal)
                shown = b""
                while True:
                    try:
                        shown += screen.read(4096)
                    except OSError:
                        break
                process.wait(TIME_LIMIT)
            self.assertEqual(b"\x1b[32mpassed" in shown, no_color is None, shown[-500:])


if __name__ == "__main__":
    unittest.main()
