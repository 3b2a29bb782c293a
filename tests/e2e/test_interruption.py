"""Signals, and readers that are slow or go away: while a tap reads and while it discovers."""
import concurrent.futures
import hashlib
import json
import os
import re
import signal
import subprocess
import time
import unittest

from e2e.sandbox import Sandbox, check_always, marked_processes, wait_for

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# The pipe, the tap's pipe, the buffers of all three: what may be on its way when nobody reads.
ON_THE_WAY = 4 << 20


def is_waiting(process, text=b"waiting"):
    """Reads stdout until the tap has said that it waits; what was read."""
    found = b""
    while text not in found:
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            break
        found += data
    return found


def status_of(process, name):
    """A number of /proc/PID/status."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int(re.search(rf"^{name}:\s+(\d+)", file.read(), re.MULTILINE)[1])


def tap_is_blocked(sandbox, process):
    """The tap waits for its reader: it has slept for a while."""
    def written():
        total = 0
        for pid in marked_processes(sandbox.mark):
            if pid != process.pid:
                with open(f"/proc/{pid}/io", encoding="utf-8") as file:
                    total += int(re.search(r"wchar: (\d+)", file.read())[1])
        return total

    last = written()
    while True:
        time.sleep(0.3)
        now = written()
        if now == last and now > 0:
            return True
        last = now


class Signals(unittest.TestCase):
    def interrupt(self, command, number, config, manifest=None):
        with Sandbox(config=config, manifest=manifest) as sandbox:
            arguments = [command, "--config", sandbox.config]
            if command == "read":
                arguments += ["--catalog", sandbox.catalog("users")]
            process = sandbox.start(*arguments)
            before = is_waiting(process)
            process.send_signal(number)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(result.code, -number)
        self.assertEqual(result.of("ERROR"), [])
        self.assertEqual(result.stderr, "")
        return result

    def test_a_signal_during_a_read_ends_tap_and_tapbyte(self):
        for number in SIGNALS:
            with self.subTest(number):
                result = self.interrupt("read", number, {
                    "fault": "hang", "moment": "middle", "records": 4, "state_every": 1})
                self.assertEqual([record["id"] for record in result.records], [1, 2])
                self.assertEqual(result.last_state, {"bookmarks": {"users": {"id": 2}}})
                self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})

    def test_a_signal_during_a_discovery_ends_tap_and_tapbyte(self):
        for command in ("discover", "check", "read"):
            with self.subTest(command):
                result = self.interrupt(command, signal.SIGTERM,
                                        {"fault": "hang", "moment": "discover"})
                for kind in ("CATALOG", "STREAM_STATUS"):
                    self.assertEqual(result.of(kind), [])
                statuses = [status["status"] for status in result.of("CONNECTION_STATUS")]
                self.assertEqual(statuses, ["FAILED"] if command == "check" else [])

    def test_the_last_state_that_a_tap_writes_on_sigterm_is_passed_on(self):
        result = self.interrupt("read", signal.SIGTERM, {
            "fault": "state_on_sigterm", "moment": "middle", "records": 4})
        self.assertEqual(result.last_state, {"bookmarks": {"users": {"id": 4711}}})
        self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})

    def test_a_tap_that_ignores_sigterm_is_killed_in_time(self):
        result = self.interrupt("read", signal.SIGTERM, {
            "fault": "ignore_sigterm", "moment": "middle", "records": 4})
        self.assertLess(result.seconds, 9)
        self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})

    def test_a_second_signal_changes_nothing(self):
        with Sandbox(config={"fault": "ignore_sigterm"}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(result.code, -signal.SIGTERM)

    def test_a_signal_at_any_moment_leaves_nothing(self):
        for delay in range(0, 200, 10):
            with self.subTest(delay), Sandbox(config={"records": 2000}) as sandbox:
                process = sandbox.start("read", "--config", sandbox.config,
                                        "--catalog", sandbox.catalog("users"))
                time.sleep(delay / 1000)
                process.send_signal(signal.SIGTERM)
                result = sandbox.finish(process)
                check_always(self, result)
                self.assertIn(result.code, (0, -signal.SIGTERM))


class ClosedStdout(unittest.TestCase):
    def test_a_reader_that_goes_away_ends_the_read(self):
        with Sandbox(config={"records": 300000}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            head = subprocess.run(["head", "-n", "1"], stdin=process.stdout, check=True,
                                  stdout=subprocess.PIPE)
            process.stdout.close()
            process.stdout = None
            result = sandbox.finish(process)
        check_always(self, result)
        self.assertIn(json.loads(head.stdout)["type"], ("LOG", "TRACE"))
        self.assertEqual(result.code, -signal.SIGPIPE)
        self.assertEqual(result.stderr, "")
        self.assertLess(result.seconds, 9)

    def test_a_stalled_reader_that_goes_away_ends_the_read(self):
        with Sandbox(config={"records": 300000}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            is_waiting(process, b"RECORD")
            self.assertTrue(tap_is_blocked(sandbox, process))
            process.stdout.close()
            process.stdout = None
            result = sandbox.finish(process)
        check_always(self, result)
        self.assertEqual(result.code, -signal.SIGPIPE)
        self.assertEqual(result.stderr, "")

    def test_a_reader_that_goes_away_while_the_tap_is_silent_ends_the_read(self):
        with Sandbox(config={"fault": "hang", "moment": "middle", "records": 4}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            is_waiting(process)
            process.stdout.close()
            process.stdout = None
            result = sandbox.finish(process)
        check_always(self, result)
        self.assertEqual(result.code, -signal.SIGPIPE)
        self.assertLess(result.seconds, 9)


class SlowReaders(unittest.TestCase):
    RECORDS = 300000

    def test_a_stalled_reader_costs_no_memory_and_loses_nothing(self):
        with Sandbox(config={"records": self.RECORDS}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process, b"RECORD")
            small = status_of(process, "VmRSS")
            self.assertTrue(tap_is_blocked(sandbox, process))
            time.sleep(1)
            grown = status_of(process, "VmRSS") - small
            result = sandbox.finish(process, before)
        self.assertLess(grown * 1024, ON_THE_WAY)
        self.check_records(result)

    def test_a_slow_reader_gets_every_record_once_and_in_order(self):
        with Sandbox(config={"records": self.RECORDS}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            parts, size = [], 1
            while True:
                data = os.read(process.stdout.fileno(), size)
                if not data:
                    break
                parts.append(data)
                size = size * 3 % 65521 + 1  # of all sizes
                if len(parts) % 256 == 0:
                    time.sleep(0.01)
            result = sandbox.finish(process, b"".join(parts))
        self.check_records(result)

    def check_records(self, result):
        found, expected = hashlib.sha256(), hashlib.sha256()
        for record in result.records:
            found.update(f"{record['id']} {record['name']}\n".encode())
        for number in range(1, self.RECORDS + 1):
            expected.update(f"{number} name {number}\n".encode())
        check_always(self, result)
        self.assertEqual(result.code, 0)
        self.assertEqual(found.hexdigest(), expected.hexdigest())
        self.assertEqual(result.last_state, {"bookmarks": {"users": {"id": self.RECORDS}}})

    def test_a_flood_of_logs_does_not_stop_a_tap_whose_reader_is_stalled(self):
        with Sandbox(config={"fault": "flood_stderr"}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process, b"xxxx")
            gone = wait_for(lambda: marked_processes(sandbox.mark) == [process.pid])
            result = sandbox.finish(process, before)
        self.assertTrue(gone, "the tap is still there")
        check_always(self, result)
        self.assertEqual(result.code, 0)
        written = sum(log.count("x" * 1000) for log in result.logs)
        left_out = sum(int(number) for log in result.logs
                       for number in re.findall(r"^WARN (\d+) log messages are left out", log))
        self.assertEqual(written + left_out, 10 * 1024)
        self.assertGreater(written, 5 * 1024)

    def interrupt_stalled(self, config):
        """(exit code, seconds that it took, what is left)"""
        with Sandbox(config={"records": 50000, **config}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            is_waiting(process, b"RECORD")
            tap_is_blocked(sandbox, process)
            process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            code, seconds = process.wait(), time.monotonic() - started
            wait_for(lambda: not sandbox.leftovers(), 1)
            process.stdout.close()
            process.stderr.close()
            return code, seconds, sandbox.leftovers()

    def test_a_signal_ends_a_read_whose_reader_is_stalled(self):
        configs = [{}, {"fault": "flood_stderr"}, {"fault": "ignore_sigterm", "moment": "end"}]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for code, seconds, left in pool.map(self.interrupt_stalled, configs):
                self.assertEqual(code, -signal.SIGTERM)
                self.assertLess(seconds, 9)
                self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
