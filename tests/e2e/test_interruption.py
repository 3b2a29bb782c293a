"""Signals, and readers that are slow or go away: while a tap reads and while it discovers."""
import concurrent.futures
import hashlib
import itertools
import json
import os
import re
import resource
import signal
import subprocess
import time
import unittest

from e2e.sandbox import (SECRET, TAPBYTE, Result, Sandbox, check_always, marked_processes,
                         wait_for)

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


# How a run is ended from outside, and the signals that its exit code may name.
ENDS = {
    "sigterm": ([signal.SIGTERM], signal.SIGTERM),
    "sigint": ([signal.SIGINT], signal.SIGINT),
    "sighup": ([signal.SIGHUP], signal.SIGHUP),
    "sigterm_twice": ([signal.SIGTERM, signal.SIGTERM], signal.SIGTERM),
    "closed_stdout": ([], signal.SIGPIPE),
}
FAULTS = ["hang", "ignore_sigterm", "hang_with_family", "hang_without_stdout",
          "hang_without_stderr", "stop_itself", "state_on_sigterm"]
MOMENTS = ["discover", "middle", "end"]


def end_from_outside(fault, moment, end):
    signals, _ = ENDS[end]
    with Sandbox(config={"fault": fault, "moment": moment, "records": 4,
                         "state_every": 1}) as sandbox:
        process = sandbox.start("read", "--config", sandbox.config,
                                "--catalog", sandbox.catalog("users"))
        before = is_waiting(process)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.1)
        if not signals:
            process.stdout.close()
            process.stdout = None
            before = b""
        return sandbox.finish(process, before)


class Ends(unittest.TestCase):
    def test_every_end_of_a_read_with_every_fault_leaves_nothing(self):
        cases = list(itertools.product(FAULTS, MOMENTS, ENDS))
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            results = pool.map(lambda case: end_from_outside(*case), cases)
            for case, result in zip(cases, results):
                with self.subTest(case):
                    check_always(self, result)
                    self.assertEqual(result.code, -ENDS[case[2]][1])
                    self.assertEqual(result.stderr, "")
                    # A stopped tap is woken, and dies by the same signal.
                    self.assertLess(result.seconds, 4.5 if case[0] == "stop_itself" else 10)

    def test_a_tap_that_dies_at_once_and_a_signal_leave_nothing(self):
        for delay in range(0, 150, 15):
            with self.subTest(delay), Sandbox(config={"fault": "exit_3"}) as sandbox:
                process = sandbox.start("read", "--config", sandbox.config,
                                        "--catalog", sandbox.catalog("users"))
                time.sleep(delay / 1000)
                process.send_signal(signal.SIGTERM)
                result = sandbox.finish(process)
                check_always(self, result)
                self.assertIn(result.code, (1, -signal.SIGTERM))

    def test_sigterm_right_after_the_first_answer(self):
        for command, answer in (("check", "CONNECTION_STATUS"), ("discover", "CATALOG"),
                                ("read", "RECORD")):
            for attempt in range(5):
                with self.subTest(command, attempt=attempt), Sandbox() as sandbox:
                    arguments = [command, "--config", sandbox.config]
                    if command == "read":
                        arguments += ["--catalog", sandbox.catalog("users")]
                    process = sandbox.start(*arguments)
                    before = is_waiting(process, f'"type":"{answer}"'.encode())
                    process.send_signal(signal.SIGTERM)
                    result = sandbox.finish(process, before)
                    check_always(self, result)
                    self.assertIn(result.code, (0, -signal.SIGTERM))
                    if command != "read":
                        self.assertEqual(len(result.of(answer)), 1)
                    else:
                        ids = [record["id"] for record in result.records]
                        self.assertEqual(ids, [1, 2, 3][:len(ids)])


class Killed(unittest.TestCase):
    """SIGKILL leaves the adapter no chance: the kernel ends the tap, the next start the files."""

    def test_the_tap_dies_with_a_killed_adapter_and_the_next_start_takes_its_files(self):
        with Sandbox(config={"fault": "ignore_sigterm"}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            is_waiting(process)
            process.kill()
            left = sandbox.finish(process).left
            self.assertEqual([text.split()[1] for text in left], ["file"], left)
            sandbox.config = sandbox.write("config.json", {"password": SECRET})
            result = sandbox.run("discover", "--config", sandbox.config)
        check_always(self, result)
        self.assertEqual(result.code, 0)


def run_in_namespace(sandbox, script, *arguments, unshare="-rm", **options):
    """A shell script as root of namespaces of its own, in which "$@" is tapbyte and more."""
    return subprocess.Popen(["unshare", *unshare.split(), "sh", "-c", script, "sh", TAPBYTE,
                             *arguments], env=sandbox.environment(TAPBYTE_TAP=sandbox.tap),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, cwd=sandbox.folder, **options)


def heed_sigint():
    """Though the tests may run in the background of a shell, which has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def may(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return int(file.read().split()[0])


def zombies_below(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        children = file.read().split()
    found = 0
    for child in children:
        with open(f"/proc/{child}/stat", encoding="utf-8") as file:
            found += file.read().rpartition(")")[2].split()[0] == "Z"
    return found


@unittest.skipUnless(may("unshare", "-rpf", "--mount-proc", "true"),
                     "no namespaces of process ids may be made here")
class ProcessOne(unittest.TestCase):
    """tapbyte as the first process of a container, which has no parent to clean up."""

    def start(self, sandbox):
        return run_in_namespace(sandbox, 'exec "$@"', "read", "--config", sandbox.config,
                                "--catalog", sandbox.catalog("users"),
                                unshare="-rpf --mount-proc")

    def test_a_read_works(self):
        with Sandbox() as sandbox:
            result = sandbox.finish(self.start(sandbox))
        check_always(self, result)
        self.assertEqual((result.code, len(result.records)), (0, 3))

    def test_orphans_are_reaped_and_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), Sandbox(
                    config={"fault": "leave_dying_children"}) as sandbox:
                process = self.start(sandbox)
                before = is_waiting(process)
                tapbyte = child_of(process.pid)
                zombies = zombies_below(tapbyte)
                os.kill(tapbyte, number)
                result = sandbox.finish(process, before)
                check = Result(-number, result.stdout, b"", result.left)
                check_always(self, check)
                self.assertEqual(zombies, 0)
                self.assertEqual(result.code, 128 + number)

    def test_signals_end_it_before_there_is_anything_to_clean_up(self):
        """It waits for a catalog that nobody writes; a signal without a handler would be lost."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), Sandbox() as sandbox:
                catalog = sandbox.path("fifo")
                os.mkfifo(catalog)
                process = run_in_namespace(sandbox, 'exec "$@"', "read", "--config",
                                           sandbox.config, "--catalog", catalog,
                                           unshare="-rpf --mount-proc",
                                           preexec_fn=heed_sigint)
                with open(catalog, "wb"):  # which waits until it reads
                    os.kill(child_of(process.pid), number)
                    self.assertTrue(wait_for(lambda: process.poll() is not None, 5))
                result = sandbox.finish(process)
                self.assertEqual((result.code, result.stdout, result.left),
                                 (128 + number, b"", []))

    def test_an_ignored_signal_stays_ignored_until_the_taps_are_watched(self):
        with Sandbox() as sandbox:
            catalog = sandbox.path("fifo")
            os.mkfifo(catalog)
            process = run_in_namespace(sandbox, 'trap "" INT; exec "$@"', "read", "--config",
                                       sandbox.config, "--catalog", catalog,
                                       unshare="-rpf --mount-proc")
            with open(catalog, "wb") as fifo, open(sandbox.catalog("users"), "rb") as whole:
                os.kill(child_of(process.pid), signal.SIGINT)
                fifo.write(whole.read())
            result = sandbox.finish(process)
        check_always(self, result)
        self.assertEqual((result.code, len(result.records)), (0, 3))

    def test_a_closed_stdout_ends_it(self):
        with Sandbox(config={"fault": "hang"}) as sandbox:
            process = self.start(sandbox)
            is_waiting(process)
            process.stdout.close()
            process.stdout = None
            result = sandbox.finish(process)
        self.assertEqual((result.code, result.left), (128 + signal.SIGPIPE, []))


class Orphans(unittest.TestCase):
    def test_orphans_are_reaped_while_the_tap_runs(self):
        with Sandbox(config={"fault": "leave_dying_children"}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process)
            zombies = zombies_below(process.pid)
            process.terminate()
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(zombies, 0)


class Standstill(unittest.TestCase):
    """A container is paused: everything in it stands still, and the clock goes on."""

    def stand(self, sandbox, seconds):
        processes = marked_processes(sandbox.mark)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        time.sleep(seconds)
        for process in sorted(processes):  # tapbyte first
            os.kill(process, signal.SIGCONT)

    def read(self, fault):
        """A read that stands still for longer than its tap may be silent."""
        with Sandbox(config={"fault": fault, "moment": "end"},
                     manifest={"read": {"idle": 3}}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process)
            self.stand(sandbox, 5)
            result = sandbox.finish(process, before)
        check_always(self, result)
        return result

    def test_a_tap_is_not_taken_for_hung_afterwards(self):
        result = self.read("trickle")
        self.assertEqual((result.code, len(result.records)), (0, 23), result.error)

    def test_a_tap_that_hangs_is_seen_afterwards(self):
        result = self.read("hang")
        self.assertEqual(result.code, 1)
        self.assertIn("wrote nothing for 3 seconds", result.error[1])

    def test_a_deadline_does_not_count_it(self):
        with Sandbox(config={"fault": "think", "moment": "discover"},
                     manifest={"check": {"deadline": 4}}) as sandbox:
            process = sandbox.start("check", "--config", sandbox.config)
            before = is_waiting(process)
            self.stand(sandbox, 6)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(result.code, 0, result.error)

    def test_a_deadline_comes_afterwards(self):
        with Sandbox(config={"fault": "hang", "moment": "discover"},
                     manifest={"check": {"deadline": 4}}) as sandbox:
            process = sandbox.start("check", "--config", sandbox.config)
            before = is_waiting(process)
            self.stand(sandbox, 6)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertIn("did not discover its streams within 4 seconds", result.error[1])
        self.assertLess(result.seconds, 10)

    def test_a_tap_that_was_told_to_stop_still_gets_its_time(self):
        with Sandbox(config={"fault": "state_slowly_on_sigterm", "moment": "middle"}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process)
            process.terminate()
            before += is_waiting(process, b"shutting down")
            self.stand(sandbox, 7)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(result.code, -signal.SIGTERM)
        self.assertEqual(result.last_state, {"bookmarks": {"users": {"id": 4711}}})

    def test_a_reader_that_stood_still_gets_the_rest_after_a_signal(self):
        with Sandbox(config={"records": 300000}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = is_waiting(process, b"RECORD")
            self.assertTrue(tap_is_blocked(sandbox, process))
            process.terminate()
            self.assertTrue(wait_for(lambda: marked_processes(sandbox.mark) == [process.pid]))
            self.stand(sandbox, 5)
            result = sandbox.finish(process, before)
        check_always(self, result)
        self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})


class Platform(unittest.TestCase):
    """A shell that evaluates the entrypoint, with fifos; cancelled by closing them."""

    def test_fifos_that_the_platform_closes_end_everything(self):
        for close in ("stdout", "both"):
            with self.subTest(close), Sandbox(config={"fault": "ignore_sigterm"}) as sandbox:
                for name in ("stdout", "stderr"):
                    os.mkfifo(sandbox.path(name))
                script = (f'eval "$AIRBYTE_ENTRYPOINT read --config {sandbox.config} '
                          f'--catalog {sandbox.catalog("users")}" 2> stderr > stdout')
                process = subprocess.Popen(
                    ["sh", "-c", script], cwd=sandbox.folder, stdin=subprocess.DEVNULL,
                    env=sandbox.environment(TAPBYTE_TAP=sandbox.tap, AIRBYTE_ENTRYPOINT=TAPBYTE))
                with open(sandbox.path("stderr"), "rb") as stderr:
                    with open(sandbox.path("stdout"), "rb", buffering=0) as stdout:
                        while b"waiting" not in stdout.readline():
                            pass
                    if close == "both":
                        stderr.close()
                    result = sandbox.finish(process)
                self.assertEqual(result.left, [])
                self.assertIn(result.code, (-signal.SIGPIPE, 128 + signal.SIGPIPE))
                self.assertLess(result.seconds, 9)


FULL = 'mount -t tmpfs -o size=64k none "$TMPDIR" || exit 99; "$@"; code=$?; ' \
       'ls -A "$TMPDIR" >&2; exit $code'
READ_ONLY = 'mount -t tmpfs none "$TMPDIR" && mount -o remount,bind,ro / || exit 99; ' \
            '! touch x 2> /dev/null || exit 99; "$@"; code=$?; ls -A "$TMPDIR" >&2; exit $code'


@unittest.skipUnless(may("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"),
                     "no file systems may be mounted here")
class FileSystems(unittest.TestCase):
    def test_a_full_disk_is_an_error_with_the_path_and_leaves_nothing(self):
        large = "x" * 200000
        configs = {"config": {"about": large}, "state": {},
                   "catalog": {"streams": ["users", *map(str, range(600))]}}
        for name, config in configs.items():
            with self.subTest(name), Sandbox(config=config) as sandbox:
                state = sandbox.write("state.json", [{
                    "type": "STREAM",
                    "stream": {"stream_descriptor": {"name": "users"},
                               "stream_state": {"bookmarks": {"users": {
                                   "x": large if name == "state" else ""}}}}}])
                result = sandbox.finish(run_in_namespace(
                    sandbox, FULL, "read", "--config", sandbox.config, "--catalog",
                    sandbox.catalog("users", sync_mode="incremental"), "--state", state))
                check_always(self, result)
                self.assertEqual(result.code, 1, result.stdout)
                self.assertEqual(result.stderr, "")
                self.assertRegex(result.error[1],
                                 rf"^cannot write .*/{name}(-0)?\.json: No space left on device$")

    def test_a_read_only_root_is_enough(self):
        for command in ("spec", "check", "discover", "read"):
            with self.subTest(command), Sandbox() as sandbox:
                arguments = [command]
                if command != "spec":
                    arguments += ["--config", sandbox.config]
                if command == "read":
                    arguments += ["--catalog", sandbox.catalog("users")]
                result = sandbox.finish(run_in_namespace(sandbox, READ_ONLY, *arguments))
                check_always(self, result)
                self.assertEqual((result.code, result.stderr), (0, ""), result.stdout)

    def test_a_read_only_folder_for_temporary_files_is_an_error(self):
        with Sandbox() as sandbox:
            script = 'mount -t tmpfs -o ro none "$TMPDIR" || exit 99; "$@"'
            result = sandbox.finish(run_in_namespace(sandbox, script, "discover", "--config",
                                                     sandbox.config))
        check_always(self, result)
        self.assertEqual(result.code, 1)
        self.assertIn("Read-only file system", result.error[1])

    def test_a_limit_of_file_sizes_is_an_error_and_leaves_nothing(self):
        with Sandbox(config={"about": "x" * 200000}) as sandbox:
            result = sandbox.run("discover", "--config", sandbox.config, preexec_fn=lambda: (
                resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))))
        check_always(self, result)
        self.assertEqual(result.code, 1)
        self.assertIn("/config.json: File too large", result.error[1])

    def test_folders_with_any_character_in_their_names(self):
        for name in ("with space", "with\nline", "it's \"quoted\" $(x)", "x" * 200):
            with self.subTest(name), Sandbox() as sandbox:
                folders = {"TMPDIR": sandbox.path(name), "HOME": sandbox.path("home " + name)}
                for folder in folders.values():
                    os.mkdir(folder)
                result = sandbox.read("users", env=folders)
                check_always(self, result)
                self.assertEqual((result.code, len(result.records)), (0, 3))
                self.assertEqual(os.listdir(folders["TMPDIR"]), [])


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
            time.sleep(20)
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
            gone = wait_for(lambda: set(marked_processes(sandbox.mark)) <= {process.pid})
            result = sandbox.finish(process, before)
        self.assertTrue(gone, "the tap is still there")
        check_always(self, result)
        self.assertEqual(result.code, 0)
        written = sum("x" * 1000 in log or "Syncing" in log for log in result.logs)
        left_out = sum(int(number) for log in result.logs
                       for number in re.findall(r"(\d+) log messages are left out", log))
        self.assertGreater(written, 900)
        self.assertEqual(written + left_out, 10 * 1024 + 1)

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
