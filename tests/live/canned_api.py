"""What every tap of taps/ that reads a web API has to do, tried on a canned one.

    class Github(canned_api.CannedApiTest, unittest.TestCase):
        name = "github"                     # taps/github, tests/live/canned/github
        config = {...}                      # of the user
        refused = {"credentials": {...}}    # with this in the config check gets a 401 ...
        refusal = "Bad credentials"         # ... and says so
        streams = {"issues": Stream(key=["id"], cursor="updated_at", first=[3, 1], second=[4])}
        paged = r"/issues\?"                # of this, two pages at least are asked for
        limited = r"/issues\?"              # a 429 and then a 500 come instead of this, once

canned/README.md tells how to add one.
"""
import collections
import copy
import json
import os
import re
import subprocess
import tempfile
import time
import unittest

from . import airbyte_source, canned_server, tap_environment
from .airbyte_source import key_of
from .virtual_environment import FOLDER, ROOT

# key: the columns of the primary key ([]: none); cursor: None for a stream that is always read
# in full; first: what the first read brings, by the (last column of the) key, in any order, or
# how many where there is no key; second: what an incremental one brings then, in phase 2 (the
# same, where nothing is said of a stream that is always read in full); sample: some fields of
# one record, the key's last column among them.
Stream = collections.namedtuple("Stream", "key cursor first second sample",
                                defaults=[None, None])

ALL = bool(os.environ.get("LIVE_ALL"))


def slow(test):
    """For a test that takes more than some 20 seconds: `make live` runs it, `make test` not."""
    return test if ALL else None


def plain(value):
    """With Python's numbers."""
    return json.loads(airbyte_source.dumps(value))


def secrets_of(schema, config):
    """The strings of the config that the spec marks as secret."""
    found = []
    for option in schema.get("oneOf", []):
        found += secrets_of(option, config)
    for name, member in schema.get("properties", {}).items():
        value = config.get(name)
        if member.get("airbyte_secret") and isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += secrets_of(member, value)
    return found


def settings_of(schema, path=""):
    """Each setting of a spec with its path; those of a oneOf once for each option."""
    for name, member in schema.get("properties", {}).items():
        yield f"{path}/{name}", member
        yield from settings_of(member, f"{path}/{name}")
    for number, option in enumerate(schema.get("oneOf", [])):
        yield from settings_of(option, f"{path}[{number}]")


def spec_faults(schema):
    """What Airbyte's form would show badly: a list of sentences."""
    faults = []
    for path, setting in settings_of(schema):
        if "const" not in setting:
            faults += [f"{path} has no {word}" for word in ("title", "description")
                       if not setting.get(word)]
        if path.count("/") == 1 and "order" not in setting:
            faults.append(f"{path} has no order")
        for option in setting.get("oneOf", []):
            if not option.get("title"):
                faults.append(f"an option of {path} has no title")
            if not any("const" in member for member in option.get("properties", {}).values()):
                faults.append(f"an option of {path} has no constant that tells it")
    orders = [setting.get("order") for path, setting in settings_of(schema)
              if path.count("/") == 1]
    if len(orders) != len(set(orders)):
        faults.append("two settings have one order")
    return faults


class CannedApiTest:
    # what a subclass says
    name = None
    config = None
    refused = None
    refusal = None
    refused_status = 401
    read_refusal = None       # regex; what a read says then, where that is not slow to try
    streams = None
    paged = None
    limited = None
    retry_after = "1"
    ca_bundle = None          # of a library that brings its own: canned_server.Server.trust_in
    today = None              # a date, where the API's data depends on it
    test_options = ()         # more for `tapbyte test`: ("--ignore-fields", "a.b")
    undiscovered = ()         # streams that discover finds and that are not read here

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        if cls.read_refusal is None:
            cls.test_a_read_says_that_the_login_is_refused = None

    @classmethod
    def setUpClass(cls):
        folder = os.path.join("taps", cls.name)
        installed = tap_environment.of(folder)
        cls.server = cls.enterClassContext(canned_server.Server(cls.name, cls.today))
        if cls.ca_bundle:
            cls.server.trust_in(os.path.join(FOLDER, cls.name), cls.ca_bundle)
        cls.environment = cls.server.applied_to(installed)
        with open(os.path.join(ROOT, folder, "spec.json"), encoding="utf-8") as file:
            cls.schema = json.load(file)["connectionSpecification"]
        cls.source = cls.source_with(cls.config)

    @classmethod
    def source_with(cls, config):
        return airbyte_source.Source(os.path.join("taps", cls.name), config,
                                     secrets_of(cls.schema, config), cls.environment)

    def setUp(self):
        self.server.reset()

    def tearDown(self):
        self.assertEqual(self.server.refused(), [], "asked for what the canned API has not")
        self.assertEqual(self.server.faults_left(), [], "never asked for, so it did not fail")

    # ---- what a test needs

    def asked(self, url):
        """The requests whose URL matches this regular expression."""
        return [request for request in self.server.requests() if re.search(url, request.url)]

    def choices(self, incremental):
        return {(None, name): ("incremental", stream.cursor) if incremental and stream.cursor
                else ("full_refresh", None) for name, stream in self.streams.items()}

    def keys(self, messages, name):
        """Of the records of a stream, the key's last column, sorted; without key, how many."""
        records = plain(airbyte_source.records(messages, (None, name)))
        columns = self.streams[name].key
        return sorted(record[columns[-1]] for record in records) if columns else len(records)

    def assert_brought(self, messages, expected):
        """expected: {stream: keys or a number}."""
        for name, wanted in expected.items():
            with self.subTest(stream=name):
                found = self.keys(messages, name)
                self.assertEqual(found, wanted if isinstance(wanted, int) else sorted(wanted))
                counted = airbyte_source.counted(messages, (None, name))
                self.assertEqual(counted, found if isinstance(found, int) else len(found))

    def expected(self, part):
        """part: "first" or "second"."""
        wanted = {name: getattr(stream, part) for name, stream in self.streams.items()}
        return {name: stream.first if wanted[name] is None else wanted[name]
                for name, stream in self.streams.items()}

    def check(self, config):
        """The status and the message of a check."""
        _, messages = self.source_with(config).run("check")
        status = next(message["connectionStatus"] for message in messages
                      if message["type"] == "CONNECTION_STATUS")
        return status["status"], status.get("message", "")

    # ---- the tests

    def test_the_spec_is_one_that_airbyte_shows_well(self):
        code, messages = self.source.run("spec")
        self.assertEqual((code, [message["type"] for message in messages]), (0, ["SPEC"]))
        self.assertEqual(spec_faults(self.schema), [])

    def test_check_succeeds(self):
        self.assertEqual(self.check(self.config), ("SUCCEEDED", ""))

    def test_check_says_that_the_login_is_refused(self):
        status, message = self.check({**self.config, **self.refused})
        self.assertEqual(status, "FAILED")
        self.assertRegex(message, self.refusal)
        self.assertIn(self.refused_status, [request.status for request in self.server.requests()])

    def test_a_read_says_that_the_login_is_refused(self):
        choices = self.choices(incremental=False)
        catalog = self.source.catalog(choices)
        code, messages = self.source_with({**self.config, **self.refused}).run(
            "read", catalog=catalog)
        self.assertEqual(code, 1)
        self.assertEqual(airbyte_source.ends(messages), dict.fromkeys(choices, "INCOMPLETE"))
        errors = airbyte_source.errors(messages)
        self.assertEqual([error["failure_type"] for error in errors], ["config_error"])
        self.assertRegex(errors[0]["message"], self.read_refusal)

    def test_discover_finds_streams_keys_and_cursors(self):
        found = self.source.streams()
        self.assertEqual(sorted(name for _, name in found),
                         sorted([*self.streams, *self.undiscovered]))
        for name, stream in self.streams.items():
            with self.subTest(stream=name):
                entry = found[None, name]
                self.assertEqual(entry.get("source_defined_primary_key", []),
                                 [[column] for column in stream.key])
                self.assertEqual("incremental" in entry["supported_sync_modes"],
                                 stream.cursor is not None)
                self.assertEqual(entry.get("default_cursor_field", []),
                                 [stream.cursor] if stream.cursor else [])

    def test_a_full_refresh_brings_all_pages(self):
        messages = self.source.read(self.choices(incremental=False))
        self.assert_brought(messages, self.expected("first"))
        self.assertGreaterEqual(len({(request.url, request.body)
                                     for request in self.asked(self.paged)}), 2)
        for name, stream in self.streams.items():
            if stream.sample:
                with self.subTest(stream=name):
                    column = stream.key[-1]
                    record = next(record for record in plain(airbyte_source.records(
                        messages, (None, name))) if record[column] == stream.sample[column])
                    self.assertEqual({field: record.get(field) for field in stream.sample},
                                     stream.sample)

    def test_a_second_read_brings_what_is_new(self):
        first = self.source.read(self.choices(incremental=True))
        self.assert_brought(first, self.expected("first"))
        self.server.phase = 2
        second = self.source.read(self.choices(incremental=True), airbyte_source.states(first))
        self.assert_brought(second, self.expected("second"))

    def test_a_limit_and_a_failure_of_the_api_are_waited_for(self):
        self.source.streams()
        self.server.reset()
        self.server.fail(self.limited, 429, {"Retry-After": self.retry_after})
        self.server.fail(self.limited, 500)
        started = time.monotonic()
        messages = self.source.read(self.choices(incremental=False))
        self.assert_brought(messages, self.expected("first"))
        self.assertGreaterEqual(time.monotonic() - started, int(self.retry_after))
        statuses = [request.status for request in self.server.requests()]
        self.assertEqual((statuses.count(429), statuses.count(500)), (1, 1))

    def test_the_acceptance_tests_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            options = self.config_options(folder)
            options += ["--invalid-config", self.write_json(
                folder, "invalid", {**self.config, **self.refused})]
            self.run_command("test", *options, *self.test_options)

    def test_a_recording_gives_the_same_again(self):
        with tempfile.TemporaryDirectory() as folder:
            recording = os.path.join(folder, "recording")
            self.run_command("record", *self.config_options(folder), recording)
            self.run_command("test", recording)

    @staticmethod
    def write_json(folder, name, value):
        path = os.path.join(folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def config_options(self, folder):
        return ["--tap", os.path.join(ROOT, "taps", self.name),
                "--config", self.write_json(folder, "config", self.config)]

    def run_command(self, command, *arguments):
        """It has to succeed."""
        result = subprocess.run([tap_environment.TAPBYTE, command, *arguments], check=False,
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, 0, result.stdout.decode(errors="replace"))
