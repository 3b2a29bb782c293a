"""How a tap is found, and what it is started with: arguments, files, surroundings."""
import json
import os
import resource
import shutil
import sys
import unittest

from e2e.sandbox import FAKE_TAP, SECRET, Case, Sandbox, check_always, with_cases

TELL = {"fault": "tell", "records": 1}


def about(result):
    """What the tap told of its surroundings."""
    return next(record["about"] for record in result.records if "about" in record)


class Surroundings(unittest.TestCase):
    HOSTILE = {"PYTHONPATH": "/elsewhere", "PYTHONHOME": None, "VIRTUAL_ENV": "/venv",
               "PGPASSWORD": "x", "PGHOST": "x", "MYSQL_PWD": "x", "AWS_PROFILE": "x",
               "TZ": "Asia/Tokyo", "LC_ALL": "de_DE", "PYTHONHASHSEED": "7",
               "HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "/certificates"}

    def tell(self, env=None, manifest=None, **options):
        with Sandbox(config=TELL, manifest=manifest) as sandbox:
            result = sandbox.read("users", env={**self.HOSTILE, **(env or {})}, **options)
            self.assertEqual(result.code, 0, result.logs)
            check_always(self, result)
            return about(result), sandbox

    def test_the_environment_is_the_same_on_every_machine(self):
        environ = self.tell()[0]["environ"]
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PGPASSWORD", "PGHOST",
                     "MYSQL_PWD", "AWS_PROFILE"):
            self.assertNotIn(name, environ)
        expected = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "PYTHONUTF8": "1",
                    "PYTHONHASHSEED": "0", "HTTPS_PROXY": "http://proxy",
                    "SSL_CERT_FILE": "/certificates"}
        self.assertEqual({name: environ.get(name) for name in expected}, expected)

    def test_the_manifest_sets_variables_and_passes_them_on(self):
        manifest = {"tap": {"command": [FAKE_TAP], "env": {
            "AWS_PROFILE": True, "PGHOST": "db.example.com", "TZ": "Europe/Paris",
            "MYSQL_HOME": True, "EMPTY": ""}}}
        environ = self.tell(manifest=manifest)[0]["environ"]
        self.assertEqual(environ["AWS_PROFILE"], "x")
        self.assertEqual(environ["PGHOST"], "db.example.com")
        self.assertEqual(environ["TZ"], "Europe/Paris")
        self.assertEqual(environ["EMPTY"], "")
        self.assertNotIn("MYSQL_HOME", environ)
        self.assertNotIn("PGPASSWORD", environ)

    def test_the_working_directory_is_private_and_goes_away(self):
        told, sandbox = self.tell()
        self.assertEqual(os.path.dirname(told["cwd"]), sandbox.tmp)
        self.assertFalse(os.path.exists(told["cwd"]))
        self.assertEqual(told["modes"], {".": "0o700", "config.json": "0o600",
                                         "catalog-0.json": "0o600"})

    def test_the_home_is_kept_where_the_tap_can_write_into_it(self):
        told, sandbox = self.tell()
        self.assertEqual(told["environ"]["HOME"], sandbox.path("home"))
        for home in ("/no/such/home", None):
            told, _ = self.tell(env={"HOME": home})
            self.assertEqual(told["environ"]["HOME"], told["cwd"], home)

    def test_nothing_else_is_handed_down(self):
        inherited = os.open("/dev/null", os.O_RDONLY)
        stdin, stdin_end = os.pipe()
        os.write(stdin_end, b"text on stdin")
        os.close(stdin_end)
        told = self.tell(stdin=stdin, pass_fds=(inherited,))[0]
        os.close(inherited)
        os.close(stdin)
        self.assertEqual(told["stdin"], "")
        self.assertEqual(told["ignored"], [])
        self.assertTrue(told["session"], "the tap is not in a process group of its own")
        self.assertEqual([fd for fd in told["open"] if fd != inherited], [])

    def test_the_tap_leaves_no_core(self):
        """1 byte: with 0 the kernel would hand it to a handler. Where 0 is all, it stays."""
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        self.assertEqual(self.tell()[0]["core"], [0, 0] if hard == 0 else [1, 1])

    def test_no_secret_stands_in_the_arguments_or_the_environment(self):
        told = self.tell()[0]
        self.assertNotIn(SECRET, str(told["argv"]) + str(told["environ"]))


# A python3 that makes environments of the fake tap alone, and a pip that has it already.
PYTHON = """#!/bin/sh
if [ "$2" != venv ]; then exec {python} "$@"; fi
mkdir -p "$4/bin"
ln -s {fake_tap} "$4/bin/tap-fake"
ln -s /bin/true "$4/bin/pip"
"""


class StructuredLogs(unittest.TestCase):
    """What `install` learned from --about, and what a read makes of it."""

    def install(self, sandbox, style):
        """The flags that it kept, and the variables that find it installed."""
        python = sandbox.write("python3", PYTHON.format(python=sys.executable, fake_tap=FAKE_TAP))
        os.chmod(python, 0o755)
        env = {"PATH": f"{sandbox.folder}:{os.environ['PATH']}",
               "TAPBYTE_VENVS": sandbox.path("venvs")}
        process = sandbox.start("install", "--tap", sandbox.tap, env=env)
        said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, said[1]), (0, b""), (style, said))
        with open(sandbox.path("venvs/fake/tapbyte-flags.json"), encoding="utf-8") as file:
            return json.load(file), env

    def tell(self, style, *options, env=None, tap_env=None):
        tap = {"command": ["tap-fake", "--style", style], "pip": ["tap-fake"],
               "env": tap_env or {}}
        with Sandbox(config=TELL, manifest={"tap": tap}) as sandbox:
            flags, variables = self.install(sandbox, style)
            result = sandbox.run("read", "--config", sandbox.config, "--catalog",
                                 sandbox.catalog("users"), *options,
                                 env={**variables, **(env or {})})
        check_always(self, result)
        self.assertEqual(result.code, 0, result.logs)
        return flags, about(result)

    def test_a_tap_that_can_is_told_to_write_them(self):
        for options, root in (([], {"handlers": ["stderr"]}),
                              (["--debug"], {"handlers": ["stderr"], "level": "DEBUG"})):
            flags, told = self.tell("sdk", *options)
            self.assertEqual((flags["--about"], flags["structured_logs"]), (True, True))
            self.assertEqual(told["environ"]["SINGER_SDK_LOG_CONFIG"],
                             os.path.join(told["cwd"], "tapbyte-logging.json"))
            self.assertEqual(told["modes"]["tapbyte-logging.json"], "0o600")
            self.assertEqual(told["files"]["log_config"], {
                "version": 1, "disable_existing_loggers": False,
                "formatters": {"structured": {"()": "singer_sdk.logging.StructuredFormatter"}},
                "handlers": {"stderr": {"class": "logging.StreamHandler",
                                        "stream": "ext://sys.stderr",
                                        "formatter": "structured"}},
                "root": root})

    def test_a_tap_that_cannot_is_left_alone(self):
        for style, asked in (("sdk_plain", True), ("sdk_failing", True), ("click", False)):
            flags, told = self.tell(style)
            self.assertEqual((flags["--about"], flags["structured_logs"]), (asked, False), style)
            self.assertNotIn("SINGER_SDK_LOG_CONFIG", told["environ"], style)

    def test_a_logging_config_of_the_users_own_stays(self):
        own = {"SINGER_SDK_LOG_CONFIG": "/etc/logging.yaml"}
        for told in (self.tell("sdk", env=own)[1], self.tell("sdk", tap_env=own)[1]):
            self.assertEqual(told["environ"]["SINGER_SDK_LOG_CONFIG"], "/etc/logging.yaml")
            self.assertNotIn("tapbyte-logging.json", told["modes"])


def options_of(told):
    return [argument for argument in told["argv"] if argument.startswith("--")]


class CatalogOptions(unittest.TestCase):
    ROWS = [
        # style, tap.catalog_flags, the options that hand the catalog over
        ("argparse", None, ["--catalog", "--properties"]),
        ("click", None, ["--catalog"]),
        ("properties", None, ["--properties"]),
        ("catalog", None, ["--catalog"]),
        ("old", None, []),
        ("fixerio", None, []),
        ("helpless", None, ["--catalog"]),
        ("argparse", ["--properties"], ["--properties"]),
        ("argparse", ["--catalog"], ["--catalog"]),
        ("argparse", ["--catalog", "--properties"], ["--catalog", "--properties"]),
        ("argparse", [], []),
    ]

    def test_a_tap_gets_its_catalog_by_the_options_that_it_takes(self):
        for style, flags, expected in self.ROWS:
            with self.subTest(style=style, flags=flags):
                tap = {"command": [FAKE_TAP, "--style", style]}
                if flags is not None:
                    tap["catalog_flags"] = flags
                with Sandbox(config=TELL, manifest={"tap": tap}) as sandbox:
                    result = sandbox.read("users")
                check_always(self, result)
                self.assertEqual(result.code, 0, result.logs)
                told = about(result)
                self.assertEqual(options_of(told), ["--style", "--config", *expected])
                for option in expected:
                    self.assertEqual(told["files"][option]["streams"][0]["stream"], "users")

    def test_the_catalog_is_the_taps_own_with_the_selection_in_it(self):
        with Sandbox(config={**TELL, "streams": ["others", "users"]}) as sandbox:
            catalog = sandbox.catalog("users", sync_mode="incremental",
                                      properties=("id", "about"))
            result = sandbox.run("read", "--config", sandbox.config, "--catalog", catalog)
        check_always(self, result)
        others, users = about(result)["files"]["--catalog"]["streams"]
        self.assertEqual([others["tap_stream_id"], users["tap_stream_id"]], ["others", "users"])
        self.assertEqual(users["key_properties"], ["id"])

        def metadata(entry, *breadcrumb):
            return next(item["metadata"] for item in entry["metadata"]
                        if item["breadcrumb"] == list(breadcrumb))
        self.assertIs(metadata(others)["selected"], False)
        self.assertEqual(metadata(users), {
            "valid-replication-keys": ["id"], "inclusion": "available", "selected": True,
            "replication-method": "INCREMENTAL", "replication-key": "id"})
        self.assertIs(metadata(users, "properties", "id")["selected"], True)
        self.assertIs(metadata(users, "properties", "name")["selected"], False)
        self.assertEqual([sorted(record) for record in result.records], [["about", "id"], ["id"]])

    def test_the_state_is_handed_over_only_where_there_is_one(self):
        with Sandbox(config={**TELL, "records": 4}) as sandbox:
            arguments = ["read", "--config", sandbox.config,
                         "--catalog", sandbox.catalog("users", sync_mode="incremental")]
            first = sandbox.run(*arguments)
            state = sandbox.write("state.json", [
                message["state"] for message in first.messages if message["type"] == "STATE"][-1:])
            second = sandbox.run(*arguments, "--state", state)
            empty = sandbox.run(*arguments, "--state", sandbox.write("empty.json", []))
        for result in (first, second, empty):
            check_always(self, result)
            self.assertEqual(result.code, 0, result.logs)
        self.assertNotIn("--state", about(first)["files"])
        self.assertNotIn("--state", about(empty)["files"])
        self.assertEqual(about(second)["files"]["--state"], {"bookmarks": {"users": {"id": 4}}})
        self.assertEqual([record["id"] for record in second.records], [0])
        self.assertEqual(second.last_state, {"bookmarks": {"users": {"id": 4}}})


class FindingTheTap(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.__exit__)

    def discover(self, *arguments, **options):
        result = self.sandbox.run("discover", "--config", self.sandbox.config, *arguments,
                                  **options)
        check_always(self, result)
        self.assertEqual(result.code, 0, result.error)
        self.assertEqual(len(result.of("CATALOG")), 1)

    def test_by_the_path_of_its_folder(self):
        home = self.sandbox.path("home")
        os.mkdir(os.path.join(home, "sub"))
        os.symlink(self.sandbox.tap, os.path.join(home, "link"))
        for path, cwd in ((self.sandbox.tap, "/"), (self.sandbox.tap + "/", "/"),
                          ("./tap", self.sandbox.folder), ("tap/", self.sandbox.folder),
                          ("../tap", home), ("./link", home), ("../../tap", home + "/sub")):
            with self.subTest(path):
                self.discover("--tap", path, cwd=cwd, env={"TAPBYTE_TAP": None})

    def test_by_the_variable_that_stands_in_for_the_option(self):
        self.discover(env={"TAPBYTE_TAP": "./tap"})
        self.discover("--tap", "./tap", env={"TAPBYTE_TAP": "./none"})

    def test_by_its_name_in_the_folders_of_taps(self):
        shutil.copytree(self.sandbox.tap, self.sandbox.path("taps/here"))
        shutil.copytree(self.sandbox.tap, self.sandbox.path("elsewhere/there"))
        self.discover("--tap", "here")
        self.discover("--tap", "there", env={"TAPBYTE_TAPS": self.sandbox.path("elsewhere")})
        self.discover("--tap", "there", env={"TAPBYTE_TAPS": "elsewhere"})
        self.discover("--tap", "here", env={"TAPBYTE_TAPS": self.sandbox.path("elsewhere")})

    def run_command(self, command, **env):
        self.sandbox.write("tap/tap.json", {"name": "fake", "spec": "spec.json",
                                            "tap": {"command": [command, "--style", "click"]}})
        self.discover(cwd="/", env=env)

    def test_a_command_with_a_slash_is_relative_to_the_folder_of_the_tap(self):
        os.mkdir(self.sandbox.path("tap/bin"))
        shutil.copy(FAKE_TAP, self.sandbox.path("tap/bin/tap-fake"))
        shutil.copy(FAKE_TAP, self.sandbox.path("tap-fake"))
        for command in ("bin/tap-fake", "./bin/tap-fake", "../tap-fake"):
            with self.subTest(command):
                self.run_command(command)

    def test_a_command_without_a_slash_is_looked_up_in_path(self):
        os.mkdir(self.sandbox.path("bin"))
        shutil.copy(FAKE_TAP, self.sandbox.path("bin/tap-fake"))
        self.sandbox.write("home/tap-fake", "not executable")
        path = ":".join(["", "relative", self.sandbox.path("none"), self.sandbox.path("home"),
                         self.sandbox.path("bin"), os.environ["PATH"]])
        self.run_command("tap-fake", PATH=path)

    def test_a_command_with_a_package_is_looked_up_in_its_environment_only(self):
        for folder in ("venvs/fake/bin", "tap/.venv/bin"):
            os.makedirs(self.sandbox.path(folder))
            shutil.copy(FAKE_TAP, self.sandbox.path(folder + "/tap-fake"))
        self.sandbox.write("tap/tap.json", {
            "name": "fake", "spec": "spec.json",
            "tap": {"command": ["tap-fake"], "pip": "tap-fake"}})
        self.discover()
        self.discover(env={"TAPBYTE_VENVS": self.sandbox.path("venvs")})
        result = self.sandbox.run("discover", "--config", self.sandbox.config, env={
            "TAPBYTE_VENVS": self.sandbox.path("none"),
            "PATH": self.sandbox.path("tap/.venv/bin") + ":" + os.environ["PATH"]})
        self.assertEqual(result.code, 1)
        self.assertIn(f"run `tapbyte install {self.sandbox.tap}`", result.error[1])


def debug(*arguments):
    return lambda sandbox: sandbox.run("discover", "--config", sandbox.config, *arguments)


METRICS = {"config": {"fault": "metric", "moment": "discover"}}


@with_cases([
    Case("logs_of_level_debug_are_left_out", debug(), sandbox=METRICS, no_logs=["DEBUG"]),
    Case("logs_of_level_debug_are_written_when_asked_for", debug("--debug"), sandbox=METRICS,
         logs=["DEBUG METRIC: ", "DEBUG starting "]),
])
class Logs(unittest.TestCase):
    pass


COMMANDS = ["spec", "check", "discover", "read", "record", "replay", "install", "new", "test",
            "build"]


class Usage(unittest.TestCase):
    """Where there is no protocol to keep to."""

    def test_wrong_use_is_said_on_stderr(self):
        for arguments, text in (([], "usage:"), (["reed"], "there is no command reed"),
                                (["install"], "See tapbyte install --help"),
                                (["--tap", "x"], "there is no command --tap")):
            with self.subTest(arguments), Sandbox() as sandbox:
                result = sandbox.run(*arguments)
                self.assertEqual((result.code, result.stdout), (2, b""))
                self.assertIn(text, result.stderr)

    def test_help_is_an_answer(self):
        with Sandbox() as sandbox:
            for arguments in (["--help"], ["-h"]):
                process = sandbox.start(*arguments)
                stdout, stderr = process.communicate()
                self.assertEqual((process.returncode, stderr), (0, b""))
                for command in COMMANDS:
                    self.assertIn(f"  tapbyte {command} ".encode(), stdout)
    def test_a_command_tells_how_it_is_used(self):
        with Sandbox() as sandbox:
            for command in COMMANDS:
                for arguments in ([command, "--help"], [command, "--config", "x", "-h"]):
                    process = sandbox.start(*arguments)
                    stdout, stderr = process.communicate()
                    self.assertEqual((process.returncode, stderr), (0, b""))
                    text = stdout.decode()
                    self.assertTrue(text.startswith(f"usage:\n  tapbyte {command} "), text)
                    self.assertIn("\n  --help  ", text)
                    self.assertLessEqual(max(map(len, text.split("\n"))), 100)
                    for other in COMMANDS:
                        self.assertEqual(f"tapbyte {other} " in text, other == command)

    def test_the_version_is_an_answer(self):
        with Sandbox() as sandbox:
            stdout, _ = sandbox.start("--version").communicate()
            self.assertRegex(stdout.decode(), r"^tapbyte \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
