"""Containers of wrapped taps: the way Airbyte's documentation runs them, the way its platform
does, and what a cluster, an administrator or a full memory does to them."""
import datetime
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from docker import containers
from e2e.sandbox import FAKE_TAP, SECRET, SPEC, Result, check_always
from live import airbyte_source, canned_server, protocol, tap_environment

CSV = os.path.join(containers.ROOT, "examples/csv/data")
GRACE = 10  # seconds from docker stop's SIGTERM to its SIGKILL

# As the platform starts a read (the script of its ContainerCommandFactory, less the waiting for
# the files, which are there): stdout and stderr are pipes that somebody else reads.
PLATFORM = """
cd /source
(set +e
 eval "$AIRBYTE_ENTRYPOINT read --config /source/connectorConfig.json \
--catalog /source/catalog.json" 2>stderr >stdout
 echo $? >/source/TEMP_EXIT_CODE.txt
 mv /source/TEMP_EXIT_CODE.txt /source/exitCode.txt) &
CHILD_PID=$!
(while true; do
  if [ -f /source/TERMINATED ]; then kill $CHILD_PID; exit 0; fi
  sleep 1
 done) &
wait $CHILD_PID
"""


def comparable(output):
    """The messages without what differs from run to run; the log is in no fixed order."""
    def without_times(value):
        if isinstance(value, dict):
            return {name: without_times(member) for name, member in value.items()
                    if name != "emitted_at"}
        return [without_times(element) for element in value] if isinstance(value, list) else value

    return [without_times(message) for message in map(json.loads, output.splitlines())
            if message["type"] != "LOG"]


def configured(catalog):
    return {"streams": [
        {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup",
         "cursor_field": stream["default_cursor_field"]} for stream in catalog["streams"]]}


class Files:
    """A folder that everybody may read."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tapbyte-docker-")
        os.chmod(self.folder, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, value, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.chmod(self.path(name), mode)
        return self.path(name)


class RealTap:
    """One of taps/, with the same answers in a container as outside of it."""
    tap = None
    config = None
    options = []      # of docker run
    environment = {}  # outside

    @classmethod
    def setUpClass(cls):
        cls.image = containers.image(cls.tap)
        cls.files = cls.enterClassContext(Files())
        cls.files.write("secrets/config.json", cls.config)
        cls.catalog = cls.outside("discover", "--config", cls.files.path("secrets/config.json"))
        cls.catalog_file = cls.files.write(
            "integration_tests/configured_catalog.json", configured(next(
                message["catalog"] for message in cls.catalog.messages
                if message["type"] == "CATALOG")))

    @classmethod
    def outside(cls, *arguments):
        environment = {**tap_environment.of(cls.tap), **cls.environment}
        result = subprocess.run([tap_environment.TAPBYTE, *arguments], check=True,
                                env={**environment, "TAPBYTE_TAP": f"taps/{cls.tap}"},
                                cwd=containers.ROOT, stdout=subprocess.PIPE)
        return Result(0, result.stdout, b"")

    def documented(self, command, *arguments):
        volumes = [f"--volume={self.files.path(name)}:/{name}:ro"
                   for name in ("secrets", "integration_tests")]
        result = containers.run(self.image, command, *arguments, options=volumes + self.options)
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertEqual(protocol.check(result.stdout), [])
        return result

    def assert_same(self, inside, outside):
        self.assertEqual(comparable(inside.stdout), comparable(outside.stdout))
        self.assertEqual(sorted(inside.logs), sorted(outside.logs))

    def test_spec_check_and_discover_as_documented(self):
        config = self.files.path("secrets/config.json")
        self.assert_same(self.documented("spec"), self.outside("spec"))
        self.assert_same(self.documented("check", "--config", "/secrets/config.json"),
                         self.outside("check", "--config", config))
        self.assert_same(self.documented("discover", "--config", "/secrets/config.json"),
                         self.catalog)

    def read_outside(self):
        result = self.outside("read", "--config", self.files.path("secrets/config.json"),
                              "--catalog", self.catalog_file)
        self.assertGreater(len(result.records), 5)
        return result

    def test_read_as_documented(self):
        self.assert_same(
            self.documented("read", "--config", "/secrets/config.json", "--catalog",
                            "/integration_tests/configured_catalog.json"), self.read_outside())

    def test_a_second_read_goes_on_where_the_first_ended(self):
        states = airbyte_source.states(self.read_outside().messages)
        state = self.files.write("integration_tests/state.json", states)
        self.assert_same(
            self.documented("read", "--config", "/secrets/config.json", "--catalog",
                            "/integration_tests/configured_catalog.json",
                            "--state", "/integration_tests/state.json"),
            self.outside("read", "--config", self.files.path("secrets/config.json"),
                         "--catalog", self.catalog_file, "--state", state))

    def test_read_in_a_locked_container_of_somebody_else(self):
        options = ["--user=12345:54321", "--workdir=/", *containers.LOCKED]
        if self.options:  # it needs the network
            del options[options.index("--network"):options.index("--network") + 2]
        result = containers.run(
            self.image, "read", "--config", "/f/secrets/config.json", "--catalog",
            "/f/integration_tests/configured_catalog.json",
            options=[*options, *self.options, f"--volume={self.files.folder}:/f:ro"])
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assert_same(result, self.read_outside())

    def test_read_as_the_platform_starts_it(self):
        with PlatformRead(self.image, self.config, self.catalog_file, self.options) as read:
            result = read.finish()
            self.assertEqual((read.exit_code(), result.code), (0, 0))
        self.assert_same(result, self.read_outside())


class CsvFolder(RealTap, unittest.TestCase):
    tap = "csv"
    config = {"path": CSV}
    options = ["--volume", f"{CSV}:{CSV}:ro"]

    def test_the_example_of_plain_docker(self):
        output = subprocess.run([os.path.join(containers.ROOT, "examples/docker/run"), self.image],
                                check=True, stdout=subprocess.PIPE).stdout
        result = Result(0, output, b"")
        self.assertEqual([status["status"] for status in result.of("CONNECTION_STATUS")],
                         ["SUCCEEDED"])
        self.assertEqual(len(result.records), 7)
        self.assertEqual(result.last_statuses, {"depots": "COMPLETE", "parcels": "COMPLETE"})


class ExchangeRates(RealTap, unittest.TestCase):
    tap = "exchange-rates"

    @classmethod
    def setUpClass(cls):
        cls.today = datetime.datetime.now(datetime.timezone.utc).date()
        cls.config = {"start_date": str(cls.today - datetime.timedelta(days=9)), "base": "USD"}
        server = cls.enterClassContext(canned_server.Server("exchange-rates", cls.today))
        certificates = cls.enterClassContext(Files())
        shutil.copy(server.certificate, certificates.path("ca.pem"))
        os.chmod(certificates.path("ca.pem"), 0o644)
        cls.environment = server.environment
        cls.options = ["--network=host", f"--volume={certificates.folder}:/ca:ro"]
        for name, value in server.environment.items():
            cls.options += ["--env", f"{name}={value}".replace(server.certificate, "/ca/ca.pem")]
        super().setUpClass()


class PlatformRead:
    """A read by the platform's script, with its pipes in a folder that both sides have."""

    def __init__(self, image, config, catalog_file, options=()):
        self.files = Files()
        os.chmod(self.files.folder, 0o777)
        self.files.write("connectorConfig.json", config)
        shutil.copy(catalog_file, self.files.path("catalog.json"))
        os.chmod(self.files.path("catalog.json"), 0o644)
        for name in ("stdout", "stderr"):
            os.mkfifo(self.files.path(name))
            os.chmod(self.files.path(name), 0o666)
        self.container = containers.Container(
            image, "-c", PLATFORM, options=[
                "--entrypoint=sh", "--user=1000:1000", "--cap-drop=ALL", "--workdir=/source",
                f"--volume={self.files.folder}:/source", *options])

    def __enter__(self):
        self.output = {}
        self.container.__enter__()
        # Opening waits for the other side: in the order of the script.
        self.pipes = {name: open(self.files.path(name), "rb") for name in ("stderr", "stdout")}
        return self

    def __exit__(self, *details):
        for pipe in self.pipes.values():
            pipe.close()
        self.container.__exit__(*details)
        self.files.__exit__(*details)

    def drain(self, name):
        self.output[name] = self.pipes[name].read()

    def finish(self):
        threads = [threading.Thread(target=self.drain, args=[name]) for name in self.pipes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = self.container.finish()
        return Result(ended.code, self.output["stdout"], self.output["stderr"] + ended.stdout)

    def exit_code(self):
        with open(self.files.path("exitCode.txt"), encoding="utf-8") as file:
            return int(file.read())


class FakeTap(unittest.TestCase):
    """The tap of tests/e2e that makes faults on demand."""

    @classmethod
    def setUpClass(cls):
        cls.tap = cls.enterClassContext(Files())
        folder = cls.tap.path("fake")
        cls.tap.write("fake/tap.json", {"name": "fake", "tap": {"command": ["./fake_tap.py"]},
                                        "spec": "spec.json"})
        cls.tap.write("fake/spec.json", SPEC)
        shutil.copy(FAKE_TAP, folder)
        cls.image = containers.image(folder)

    def container(self, *options, arguments=None, mode=0o644, **config):
        files = self.enterContext(Files())
        files.write("config.json", {"password": SECRET, **config}, mode)
        files.write("catalog.json", {"streams": [
            {"stream": {"name": "users", "supported_sync_modes": ["full_refresh"],
                        "json_schema": {"type": "object", "properties": {"id": {}, "name": {}}}},
             "sync_mode": "full_refresh", "destination_sync_mode": "append"}]})
        read = ["read", "--config", "/f/config.json", "--catalog", "/f/catalog.json"]
        return self.enterContext(containers.Container(
            self.image, *(arguments or read), options=[f"--volume={files.folder}:/f:ro", *options]))

    def check(self, result):
        result.code = -result.code if result.code > 128 else result.code  # a signal's
        check_always(self, result)

    def test_a_stop_lets_the_last_state_out_and_tells_the_signal(self):
        for signal, code in [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129)]:
            with self.subTest(signal):
                container = self.container(f"--stop-signal={signal}", fault="state_on_sigterm")
                before = container.read_until("INFO")
                time.sleep(0.3)
                started = time.monotonic()
                containers.docker("stop", f"--time={GRACE}", container.name)
                seconds = time.monotonic() - started
                result = container.finish(before)
                state = containers.inspect(container.name)["State"]
                self.assertEqual((result.code, state["ExitCode"]), (code, code))
                self.assertEqual(result.last_state, {"bookmarks": {"users": {"id": 4711}}})
                self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})
                self.assertLess(seconds, 5)
                self.check(result)

    def test_a_tap_that_does_not_stop_is_ended_within_the_time_that_docker_gives(self):
        container = self.container(fault="hang_with_family")
        before = container.read_until("waiting")
        started = time.monotonic()
        containers.docker("stop", f"--time={GRACE}", container.name)
        self.assertLess(time.monotonic() - started, GRACE)
        result = container.finish(before)
        self.assertEqual(result.code, 143)
        self.check(result)

    def test_orphans_are_reaped_by_the_first_process(self):
        container = self.container(fault="leave_dying_children")
        before = container.read_until("waiting")
        found = container.shell("cat /proc/1/comm; cat /proc/[0-9]*/status | grep -c 'State:.Z'; "
                                "exit 0")
        self.assertEqual(found.split(), ["tapbyte", "0"])
        containers.docker("stop", container.name)
        self.assertEqual(container.finish(before).code, 143)

    def test_a_tap_that_is_out_of_memory(self):
        container = self.container("--memory=64m", "--memory-swap=64m", fault="eat_memory",
                                   moment="middle")
        result = container.finish()
        self.assertEqual(result.code, 1)
        self.check(result)
        self.assertEqual(result.error[0], "system_error")
        self.assertIn("killed by signal 9 (Killed) for lack of memory", result.error[1])
        self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})
        self.assertFalse(any("records may be missing" in log for log in result.logs))

    def test_a_child_of_the_tap_that_is_out_of_memory_is_told_though_the_tap_is_content(self):
        for fault in ("lose_child", "lose_worker"):
            with self.subTest(fault):
                container = self.container("--memory=64m", "--memory-swap=64m", fault=fault,
                                           moment="middle")
                result = container.finish()
                self.check(result)
                self.assertEqual((result.code, len(result.records)), (0, 3))
                told = [log for log in result.logs if log.startswith(
                    "WARN The kernel killed a process of this container for lack of memory")]
                self.assertEqual(len(told), 1, result.logs)

    def test_a_stop_before_anything_is_read_is_heard(self):
        files = self.enterContext(Files())
        os.mkfifo(files.path("fifo"))
        os.chmod(files.path("fifo"), 0o644)
        container = self.enterContext(containers.Container(
            self.image, "check", "--config", "/f/fifo", options=[f"--volume={files.folder}:/f:ro"]))
        with open(files.path("fifo"), "wb"):  # which waits until it reads, and writes nothing
            started = time.monotonic()
            containers.docker("stop", f"--time={GRACE}", container.name)
            self.assertLess(time.monotonic() - started, GRACE / 2)
        self.assertEqual(container.finish().code, 143)

    def test_a_config_that_the_user_may_not_read(self):
        for command in ("check", "read"):
            with self.subTest(command):
                arguments = [command, "--config", "/f/config.json"]
                arguments += ["--catalog", "/f/catalog.json"] if command == "read" else []
                container = self.container(arguments=arguments, mode=0o600)
                result = container.finish()
                self.assertEqual(result.code, 1)
                self.check(result)
                self.assertEqual(result.error[0], "config_error")
                self.assertIn("/f/config.json", result.error[1])
                self.assertIn("Permission denied", result.error[1])
                self.assertIn("1000", result.error[1])

    def test_a_read_only_root_without_a_tmpfs(self):
        result = self.container("--read-only").finish()
        self.assertEqual((result.code, len(result.records)), (0, 3))
        self.check(result)

    def test_a_folder_for_temporary_files_that_cannot_be_written_to(self):
        result = self.container("--read-only", "--env=TMPDIR=/var/tmp").finish()
        self.assertEqual((result.code, result.error[0]), (1, "system_error"))
        self.assertIn("/var/tmp: Read-only file system. TMPDIR may name another place",
                      result.error[1])

    def test_it_leaves_nothing_in_the_file_system(self):
        for fault in ("leave_files", "critical"):
            with self.subTest(fault):
                container = self.container(fault=fault)
                self.check(container.finish())
                self.assertEqual([line for line in container.written()
                                  if line not in ("A /f", "C /tmp")], [])

    def test_processes_left_behind_end_with_the_read(self):
        container = self.container(fault="leave_child_outside", moment="end")
        result = container.finish()
        self.assertEqual((result.code, len(result.records)), (0, 3))
        self.assertLess(result.seconds, 30)

    def test_the_platform_that_closes_its_pipes_ends_the_read(self):
        files = self.enterContext(Files())
        catalog = files.write("catalog.json", {"streams": [
            {"stream": {"name": "users", "supported_sync_modes": ["full_refresh"],
                        "json_schema": {"type": "object", "properties": {"id": {}}}},
             "sync_mode": "full_refresh", "destination_sync_mode": "append"}]})
        config = {"password": SECRET, "fault": "hang", "moment": "middle"}
        with PlatformRead(self.image, config, catalog) as read:
            for line in read.pipes["stdout"]:
                if b"waiting" in line:
                    break
            started = time.monotonic()
            for pipe in read.pipes.values():
                pipe.close()
            read.container.finish()
            self.assertLess(time.monotonic() - started, GRACE)
            self.assertEqual(read.exit_code(), 141)


if __name__ == "__main__":
    unittest.main()
