"""tapbyte record and tapbyte replay: what a tap writes is kept without the secrets, and comes out
again without the tap, to the byte.
"""
import base64
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
import urllib.parse

from e2e.sandbox import PARALLEL, SECRET, TAPBYTE, Sandbox, wait_for

OPERATIONS = ("discover", "check", "read")
KEY = "a/b+c&d\"e\\ü€-0815"  # a second secret, which every encoding writes in another way
PIN = 73519462               # and one that is a number

SPEC = {"connectionSpecification": {"type": "object", "properties": {
    "password": {"type": "string", "airbyte_secret": True},
    "key": {"type": "string", "airbyte_secret": True},
    "pin": {"type": "integer", "airbyte_secret": True},
    "url": {"type": "string", "airbyte_secret": True}}}}
MESSAGE = '{"type": "RECORD", "stream": "users", "record": %s}\n'


def spellings(secret):
    """The bytes that a secret may have on the disk."""
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
             json.dumps(json.dumps(secret))[3:-3], urllib.parse.quote(secret, safe=""),
             urllib.parse.quote_plus(secret), repr(secret)[1:-1], secret.encode().hex(),
             base64.b64encode(secret.encode()).decode().rstrip("="),
             base64.urlsafe_b64encode(f"user:{secret}".encode()).decode()[8:-4]}
    return {text.encode() for text in texts}


def files_of(folder):
    """Path inside the folder -> its bytes."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def without_time(stdout):
    """The messages but for what only the clock says, LOGs apart (they come as they can)."""
    text = re.sub(rb'"(emitted_at|quota_reset)":\d+', rb'"\1":0', stdout)
    lines = [line for line in text.splitlines() if b'"type":"STREAM_STATUS"' not in line]
    logs = sorted(line for line in lines if line.startswith(b'{"type":"LOG"'))
    return [line for line in lines if not line.startswith(b'{"type":"LOG"')], logs


class Recorder(Sandbox):
    """A sandbox that records into its folder `recording`."""

    def __init__(self, spec=None, **options):
        super().__init__(**options)
        self.recording = self.path("recording")
        if spec is not None:
            self.write("tap/spec.json", spec)

    def record(self, *arguments, **options):
        return self.run("record", "--config", self.config, *arguments, self.recording, **options)

    def replay(self, *arguments, **options):
        return self.run("replay", self.recording, *arguments, **options)

    def file(self, name):
        with open(os.path.join(self.recording, name), "rb") as file:
            return file.read()

    def load(self, name):
        return json.loads(self.file(name))

    def manifest(self):
        with open(self.path("tap/tap.json"), encoding="utf-8") as file:
            return json.load(file)


def outcome(config, sandbox):
    """Recorded, read live and replayed three times, the last time elsewhere and slowly."""
    with Recorder(config=config, **sandbox) as box:
        result = {"record": box.record(), "left": box.leftovers()}
        catalog = os.path.join(box.recording, "catalog.json")
        result["read"] = box.run("read", "--config", box.config, "--catalog", catalog)
        result["replays"] = {}
        for operation in OPERATIONS:
            path = os.path.join(box.recording, "expected", operation + ".jsonl")
            if not os.path.exists(path):
                continue
            with open(path, "rb") as file:
                expected = file.read()
            shutil.move(box.recording, box.path("moved"))
            moved = box.run("replay", os.path.join("..", os.path.basename(box.folder), "moved"),
                            operation, env={"TZ": "Asia/Tokyo"})
            shutil.move(box.path("moved"), box.recording)
            result["replays"][operation] = (
                expected, [box.replay(operation), box.replay(operation), moved])
        result["files"] = files_of(box.recording)
        return result


# Faults of a read, and whether it fails then.
FAULTS = {
    None: False, "critical": True, "traceback": True, "exit_3": True, "sigkill_in_a_line": True,
    "sigsegv_in_a_line": True, "metric": False, "rate_limit": False, "print_a_lot": False,
    "thread_dies": False, "repeat_itself": False, "flood_stderr": False, "long_line": False,
    "endless_log_line": False, "leave_child": False, "close_stdout": False, "close_stderr": False,
    "nul_in_record": True, "flood_debug": False,
}


class Faults(unittest.TestCase):
    """However a tap ends: what was recorded comes out again as it came out when it ran."""

    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            futures = {fault: pool.submit(
                outcome, {"streams": ["users", "orders"], "state_every": 2, "moment": "middle",
                          **({"fault": fault} if fault else {})}, {}) for fault in FAULTS}
            cls.outcomes = {fault: future.result() for fault, future in futures.items()}

    def test_the_exit_code_is_that_of_the_read_and_nothing_is_left(self):
        for fault, found in self.outcomes.items():
            with self.subTest(fault=fault):
                self.assertEqual(found["record"].code, int(FAULTS[fault]), found["record"].stderr)
                self.assertEqual(found["read"].code, found["record"].code)
                self.assertIn("tapbyte: recorded ", found["record"].stderr)
                self.assertEqual(found["record"].left + found["left"], [])

    def test_a_replay_gives_what_is_expected_each_time_to_the_byte(self):
        for fault, found in self.outcomes.items():
            with self.subTest(fault=fault):
                self.assertEqual(set(found["replays"]), set(OPERATIONS))
                for expected, results in found["replays"].values():
                    for result in results:
                        self.assertEqual(result.stdout, expected)
                        self.assertEqual(result.stderr, "")
                        self.assertEqual(result.left, [])
                codes = {result.code for result in found["replays"]["read"][1]}
                self.assertEqual(codes, {int(FAULTS[fault])})

    def test_a_replay_says_what_the_live_read_said(self):
        for fault, found in self.outcomes.items():
            with self.subTest(fault=fault):
                if fault in ("flood_stderr", "flood_debug", "long_line", "nul_in_record"):
                    continue  # how much of the log there is depends on time
                messages, logs = without_time(found["replays"]["read"][0])
                live_messages, live_logs = without_time(found["read"].stdout)
                self.assertEqual(messages, live_messages)
                again = b"Asking the tap for its streams again"  # and the log of doing so
                self.assertLessEqual(set(logs), set(live_logs))
                self.assertTrue(all(again in log for log in set(live_logs) - set(logs)))

    def test_the_password_is_nowhere_in_the_folder(self):
        for fault, found in self.outcomes.items():
            with self.subTest(fault=fault):
                for name, content in found["files"].items():
                    for spelling in spellings(SECRET):
                        self.assertNotIn(spelling, content, name)

    def test_a_record_prints_neither_records_nor_states(self):
        for fault, found in self.outcomes.items():
            with self.subTest(fault=fault):
                self.assertEqual(found["record"].of("RECORD") + found["record"].of("STATE"), [])

    def test_signals_and_exit_codes_are_kept(self):
        ends = {fault: json.loads(found["files"]["recording.json"])["exit"]
                for fault, found in self.outcomes.items()}
        self.assertEqual(ends["exit_3"]["status"], 3)
        self.assertEqual(ends["sigkill_in_a_line"]["signal"], signal.SIGKILL)
        self.assertEqual(ends[None]["status"], 0)
        self.assertNotIn("signal", ends[None])


class Secrets(unittest.TestCase):
    CONFIG = {"password": SECRET, "key": KEY, "pin": PIN,
              "url": f"https://user:{SECRET}@example.com/?key={urllib.parse.quote(KEY)}"}

    def text(self):
        """Records with the secrets in all spellings, as values, names and parts of them."""
        basic = base64.b64encode(f"user:{KEY}".encode()).decode()
        records = [
            {"id": 1, "name": KEY, "about": {"nested": [SECRET, {"pin": PIN, SECRET: KEY}]}},
            {"id": 2, "name": f"https://u:{urllib.parse.quote(KEY, safe='')}@h/?p={SECRET}"},
            {"id": PIN, "name": f"Authorization: Basic {basic}"},
            {"id": 4, "name": json.dumps({"k": KEY, "url": self.CONFIG["url"]})},
            {"id": 5, "name": repr(KEY) + KEY.encode().hex()},
        ]
        text = "".join(MESSAGE % json.dumps(record) for record in records)
        text += json.dumps({"type": "STATE", "value": {"bookmarks": {"users": {
            "id": 2, "token": KEY, "pin": PIN}}}}) + "\n"
        return text + f"text with {SECRET} and pin {PIN}\n"

    def test_none_is_in_the_folder_in_any_spelling_and_json_stays_json(self):
        config = {**self.CONFIG, "fault": "write", "moment": "middle", "text": self.text()}
        with Recorder(spec=SPEC, config=config) as box:
            state = box.write("state.json", [{"type": "STREAM", "stream": {
                "stream_descriptor": {"name": "users"},
                "stream_state": {"bookmarks": {"users": {"id": 1, "token": KEY}}}}}])
            box.write("config.json", {**config, "text": self.text()})
            result = box.record("--catalog", box.catalog("users"), "--state", state)
            self.assertEqual(result.code, 0, result.stdout + result.stderr.encode())
            found = files_of(box.recording)
            for name, content in found.items():
                for spelling in (spellings(SECRET) | spellings(KEY) | spellings(str(PIN)) |
                                 spellings(self.CONFIG["url"])):
                    self.assertNotIn(spelling, content, name)
            records = [json.loads(line) for line in box.file("stdout").splitlines()
                       if line.startswith(b'{"type": "RECORD"')]
            self.assertEqual(len(records), 8)
            self.assertEqual(records[1]["record"]["name"], "****")
            self.assertEqual(records[1]["record"]["about"]["nested"][1]["pin"], 99999999)
            self.assertEqual(json.loads(found["config.json"])["key"], "****")
            self.assertEqual(box.replay().code, 0)

    def test_a_token_that_the_tap_gets_is_masked_in_what_came_before_it(self):
        config = {"fault": "rotate_in_place", "moment": "middle",
                  "rotate": [{"password": "n3w-t0ken-4711"}]}
        with Recorder(config=config) as box:
            result = box.record()
            self.assertEqual(result.code, 0)
            self.assertEqual([control["connectorConfig"]["config"]["password"]
                              for control in result.of("CONTROL")], ["n3w-t0ken-4711"])
            for name, content in files_of(box.recording).items():
                if name not in ("config.json", "tap/config.json"):  # where it stands in `rotate`
                    self.assertNotIn(b"n3w-t0ken-4711", content, name)

    def test_a_stream_that_is_named_by_a_secret_does_not_tell_it(self):
        with Recorder(config={"streams": [f"of {SECRET}"], "records": 9}) as box:
            self.assertEqual(box.record("--max-records", "2").code, 0)
            self.assertEqual(list(box.load("recording.json")["left_out"]["records"]), ["of ****"])
            for name, content in files_of(box.recording).items():
                self.assertNotIn(SECRET.encode(), content, name)

    def test_a_secret_that_a_cut_goes_through_is_not_left_in_part(self):
        with Recorder() as box:
            tap = box.write("tap/tap.sh", "#!/bin/sh\n"
                            "head -c $((1024 * 1024 - 8)) /dev/zero | tr '\\0' x >&2\n"
                            f"echo '{SECRET}' >&2\n")
            os.chmod(tap, 0o755)
            box.write("tap/tap.json", {"name": "fake", "tap": {"command": ["./tap.sh"]},
                                       "spec": "spec.json"})
            box.record("--catalog", box.catalog("users"))
            self.assertRegex(box.file("times"), rb"\d+ cut 1\n")
            self.assertIn(b"xxxxxxxx", box.file("stderr"))
            self.assertNotIn(SECRET[:4].encode(), box.file("stderr"))

    def test_paths_of_the_machine_are_not_in_the_folder(self):
        with Recorder(config={"fault": "tell", "moment": "middle"}) as box:
            self.assertEqual(box.record().code, 0)
            for name, content in files_of(box.recording).items():
                for path in (box.tmp, box.path("home"), box.tap):
                    self.assertNotIn(path.encode(), content, name)


class Anonymized(unittest.TestCase):
    RECORDS = [
        {"id": 4711, "email": "Jane.Doe@example.com", "at": "2024-02-29T23:59:58.123456Z",
         "day": "2024-12-31", "uuid": "123e4567-e89b-42d3-a456-426614174000", "price": -12.50,
         "zero": 0, "flag": True, "none": None, "object": "customer", "kind": "a kind of blue",
         "status": "open", "city": "Zürich", "zip": "08001", "list": ["Jane.Doe@example.com", 4711],
         "url": "https://example.com/users/4711?x=%2Fy", "ip": "192.168.100.200",
         "big": 9223372036854775807, "sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"id": 4712, "email": "jane.doe@example.com", "at": "2024-02-29T23:59:58+01:00"},
    ]

    def record(self):
        schema = {"type": "object", "properties": {
            "id": {"type": "integer"}, "status": {"enum": ["open", "closed"]}}}
        text = json.dumps({"type": "SCHEMA", "stream": "users", "schema": schema,
                           "key_properties": ["id"]}) + "\n"
        text += "".join(MESSAGE % json.dumps(record) for record in self.RECORDS)
        text += json.dumps({"type": "STATE", "value": {"currently_syncing": "users", "bookmarks": {
            "users": {"replication_key": "id", "id": 4711, "at": "2024-02-29T23:59:58Z"}}}}) + "\n"
        text += "WARNING cannot write to Jane.Doe@example.com\n"
        return self.recorded(text)

    def recorded(self, text):
        box = Recorder(config={"records": 0, "fault": "write", "moment": "end", "text": text,
                               "account": "acme-4711"})
        self.addCleanup(box.__exit__)
        result = box.record("--catalog", box.catalog("users", properties=()), "--anonymize")
        self.assertEqual(result.code, 0, result.stdout)
        return box

    def records_of(self, box):
        found = [json.loads(line)["record"] for line in box.file("stdout").splitlines()
                 if line.startswith(b'{"type": "RECORD"')]
        return found[:2]

    def test_values_get_stand_ins_of_the_same_shape(self):
        record = self.records_of(self.record())[0]
        shapes = {"email": r"[A-Z][a-z]{3}\.[A-Z][a-z]{2}@[a-z]{7}\.[a-z]{3}",
                  "at": r"(19|20)\d\d-\d\d-\d\dT[012]\d:[0-5]\d:[0-5]\d\.\d{6}Z",
                  "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
                  "kind": r"[a-z] [a-z]{4} [a-z]{2} [a-z]{4}", "zip": r"0\d{4}",
                  "url": r"https://[a-z]{7}\.[a-z]{3}/[a-z]{5}/[1-9]\d{3}\?[a-z]=%2F[a-z]",
                  "ip": r"1\d\d\.1\d\d\.1\d\d\.1\d\d", "sha": r"[0-9a-f]{40}",
                  "city": r"[A-Z].[a-z]{4}"}
        for field, shape in shapes.items():
            self.assertRegex(record[field], rf"^{shape}$")
            self.assertNotEqual(record[field], self.RECORDS[0][field])
        self.assertTrue(1000 <= record["id"] <= 9999)
        self.assertRegex(str(record["price"]), r"^-[1-9]\d\.\d$")
        self.assertLess(record["big"], 2 ** 63)

    def test_what_says_nothing_of_anybody_stays(self):
        record = self.records_of(self.record())[0]
        for field in ("zero", "flag", "none", "object", "status"):
            self.assertEqual(record[field], self.RECORDS[0][field])
        self.assertEqual(list(record), list(self.RECORDS[0]))

    def test_the_same_value_has_the_same_stand_in_everywhere(self):
        box = self.record()
        record, other = self.records_of(box)
        state = [json.loads(line)["value"] for line in box.file("stdout").splitlines()
                 if b"currently_syncing" in line][0]
        self.assertEqual(state["currently_syncing"], "users")
        self.assertEqual(state["bookmarks"]["users"]["replication_key"], "id")
        self.assertEqual(state["bookmarks"]["users"]["id"], record["id"])
        self.assertEqual(record["list"], [record["email"], record["id"]])
        self.assertEqual(state["bookmarks"]["users"]["at"][:19], record["at"][:19])
        self.assertEqual(other["at"][:19], record["at"][:19])
        self.assertEqual(other["at"][19:], "+01:00")
        self.assertNotEqual(other["email"].lower(), record["email"].lower())

    def test_another_recording_has_other_stand_ins(self):
        first, second = self.record(), self.record()
        self.assertNotEqual(self.records_of(first), self.records_of(second))
        self.assertNotIn("key", first.load("recording.json"))
        self.assertTrue(first.load("recording.json")["anonymized"])

    def test_nothing_of_it_is_left_in_config_log_and_what_comes_out(self):
        box = self.record()
        for name, content in files_of(box.recording).items():
            for text in (b"Jane", b"Doe@", b"example.com", b"acme", b"4711", b"rich"):
                if name != "config.json" or text != b"4711":  # numbers stay in a config
                    self.assertNotIn(text, content, name)
        self.assertIn(b"cannot write to ****", box.file("stdout"))
        self.assertEqual(box.replay().stdout, box.file("expected/read.jsonl"))


class Limits(unittest.TestCase):
    def record(self, limit, **config):
        box = Recorder(config={"streams": ["users", "orders"], "records": 10, "state_every": 2,
                               **config})
        self.addCleanup(box.__exit__)
        return box, box.record("--max-records", str(limit))

    def messages(self, box):
        return [json.loads(line) for line in box.file("stdout").splitlines()]

    def test_so_many_records_of_each_stream_are_kept(self):
        box, result = self.record(3)
        self.assertEqual(result.code, 0, result.stdout)
        found = [(message["stream"], message["record"]["id"]) for message in self.messages(box)
                 if message["type"] == "RECORD"]
        self.assertEqual(found, [(stream, number) for stream in ("users", "orders")
                                 for number in (1, 2, 3)])

    def test_no_state_stands_for_a_record_that_was_left_out(self):
        for limit in (1, 2, 3, 5, 9):
            box, _ = self.record(limit)
            last = dict.fromkeys(("users", "orders"), 0)
            for message in self.messages(box):
                if message["type"] == "RECORD":
                    last[message["stream"]] = message["record"]["id"]
                elif message["type"] == "STATE":
                    for stream, bookmark in message["value"]["bookmarks"].items():
                        self.assertLessEqual(bookmark["id"], last[stream], limit)

    def test_a_stream_that_is_cut_does_not_go_back_behind_the_state_that_was_given(self):
        with Recorder(config={"records": 10, "state_every": 1}) as box:
            state = box.write("state.json", [{"type": "STREAM", "stream": {
                "stream_descriptor": {"name": "users"},
                "stream_state": {"bookmarks": {"users": {"id": 4}}}}}])
            result = box.record("--catalog", box.catalog("users", sync_mode="incremental"),
                                "--state", state, "--max-records", "2")
            self.assertEqual(result.code, 0)
            states = [message["value"]["bookmarks"]["users"]["id"]
                      for message in self.messages(box) if message["type"] == "STATE"]
            self.assertEqual(states, [5, 6])
            self.assertEqual(json.loads(box.file("tap/state.json"))["bookmarks"],
                             {"users": {"id": 4}})
            self.assertEqual(box.replay().last_state, {"bookmarks": {"users": {"id": 6}}})

    def test_the_tap_is_stopped_when_all_have_theirs_and_the_recording_says_so(self):
        box, result = self.record(2, fault="hang", moment="end")
        self.assertEqual(result.code, 0, result.stdout)
        self.assertLess(result.seconds, 15)
        description = box.load("recording.json")
        self.assertEqual(description["exit"]["status"], 0)
        self.assertTrue(description["left_out"]["stopped"])
        self.assertEqual(description["left_out"]["max_records"], 2)
        self.assertEqual(description["left_out"]["records"]["users"], 8)
        self.assertEqual(box.replay().last_statuses,
                         {"users": "COMPLETE", "orders": "COMPLETE"})

    def test_a_limit_that_is_not_reached_is_no_limit(self):
        box, _ = self.record(11)
        self.assertNotIn("left_out", box.load("recording.json"))

    def test_a_tap_that_cannot_be_recorded_is_stopped_and_the_reason_is_told(self):
        with Recorder() as box:
            text = json.dumps({"type": "BATCH", "stream": "users",
                               "encoding": {"format": "jsonl"}, "manifest": ["file:///no/such"]})
            box.write("config.json", {"password": SECRET, "records": 2, "fault": "write",
                                      "moment": "middle", "text": text + "\n"})
            result = box.record()
            self.assertEqual(result.code, 1)
            self.assertIn("/no/such: No such file", result.stderr)
            self.assertFalse(os.path.exists(box.recording))

    def test_a_batch_is_kept_as_its_records(self):
        with Recorder(config={"records": 1}) as box:
            batch = box.write("batch.jsonl", '{"id": 7}\n\n{"id": 8, "name": "%s"}\n' % SECRET)
            text = json.dumps({"type": "BATCH", "stream": "users",
                               "encoding": {"format": "jsonl"}, "manifest": ["file://" + batch]})
            box.write("config.json", {"password": SECRET, "records": 2, "fault": "write",
                                      "moment": "middle", "text": text + "\n"})
            self.assertEqual(box.record().code, 0)
            self.assertFalse(os.path.exists(batch))
            self.assertEqual([record["id"] for record in box.replay().records], [1, 7, 8, 2])


class Discoveries(unittest.TestCase):
    def test_a_discovery_that_fails_is_recorded_with_its_log(self):
        with Recorder(config={"fault": "critical", "moment": "discover"}) as box:
            result = box.record()
            self.assertEqual(result.code, 1)
            self.assertEqual(box.load("recording.json")["operation"], "discover")
            self.assertIn(b"CRITICAL 401 Unauthorized: the password ****", box.file("stderr"))
            for operation in ("discover", "check"):
                replayed = box.replay(operation)
                self.assertEqual(replayed.stdout, box.file(f"expected/{operation}.jsonl"))
                self.assertIn("401 Unauthorized", replayed.error[1])
            self.assertFalse(os.path.exists(os.path.join(box.recording, "expected/read.jsonl")))
            self.assertEqual(box.replay("read").code, 1)
            self.assertIn("not of a read", box.replay("read").stderr)

    def test_a_tap_without_discovery_and_catalog_is_recorded(self):
        for style in ("old", "fixerio", "helpless", "click", "properties"):
            with self.subTest(style=style), Recorder(style=style) as box:
                result = box.record()
                self.assertEqual(result.code, 0, result.stdout)
                self.assertEqual([record["id"] for record in box.replay().records], [1, 2, 3])
                self.assertEqual(box.replay().stdout, box.file("expected/read.jsonl"))

    def test_a_check_by_http_cannot_be_replayed(self):
        check = {"method": "http", "http": {"url": "https://example.com/"}}
        with Recorder() as box:
            self.assertEqual(box.record().code, 0)
            manifest = box.manifest()
            box.write("tap/tap.json", {**manifest, "check": check})
            result = box.replay("check")
            self.assertEqual(result.code, 2)
            self.assertIn("of which a recording knows nothing", result.error[1])
            self.assertEqual(box.run("replay", "--update", box.recording).code, 0)
            self.assertFalse(os.path.exists(os.path.join(box.recording, "expected/check.jsonl")))

    def test_other_checks_go_by_what_was_recorded(self):
        for method in ("discover", "first_record", "sdk_test"):
            with self.subTest(method=method), \
                    Recorder(manifest={"check": {"method": method}}) as box:
                self.assertEqual(box.record().code, 0)
                self.assertEqual(box.replay("check").of("CONNECTION_STATUS"),
                                 [{"status": "SUCCEEDED"}])


class Mappings(unittest.TestCase):
    """What a changed mapping changes is seen, and can be accepted."""

    def test_a_changed_overlay_shows(self):
        with Recorder(manifest={"catalog": "overlay.json"}) as box:
            box.write("tap/overlay.json", {"streams": {}})
            self.assertEqual(box.record().code, 0)
            box.write("tap/overlay.json", {"streams": {"users": {"name": "people"}}})
            catalog = box.replay("discover").of("CATALOG")[0]
            self.assertEqual(catalog["streams"][0]["name"], "people")

    def test_a_changed_config_rule_shows_and_can_be_accepted(self):
        rules = {"password": {"from": "/password"}, "page": {"value": 100}}
        with Recorder(manifest={"config": rules}) as box:
            self.assertEqual(box.record().code, 0)
            self.assertEqual(box.load("tap/config.json"), {"password": "****", "page": 100})
            manifest = box.manifest()
            manifest["config"] = {"password": {"from": "/password"}, "page": {"value": 50},
                                  "agent": {"value": "x"}}
            box.write("tap/tap.json", manifest)
            warnings = [log for log in box.replay().logs if "given something else" in log]
            self.assertEqual([warning.split("recorded: ")[1] for warning in warnings],
                             ["tap/config.json: /page is 50, was 100",
                              'tap/config.json: /agent is new, "x"'])
            self.assertEqual(box.run("replay", "--update", box.recording).stdout, b"")
            self.assertFalse(any("given something else" in log for log in box.replay().logs))
            self.assertEqual(box.load("tap/config.json")["page"], 50)

    def test_files_of_a_rule_have_the_same_path_everywhere(self):
        rules = {"password": {"from": "/password", "file": "key.txt"}}
        with Recorder(manifest={"config": rules}) as box:
            box.record()
            self.assertEqual(box.load("tap/config.json"), {"password": "/tapbyte/key.txt"})
            self.assertFalse(any("given something else" in log for log in box.replay().logs))

    def test_a_recording_is_replayed_at_full_speed_with_its_own_clock(self):
        with Recorder(config={"records": 2}) as box:
            self.assertEqual(box.record().code, 0)
            runs = [line.split() for line in box.file("times").decode().splitlines()]
            started = int(runs[0][0])
            hour = 3600 * 1000
            text = "".join(f"{started + number * hour} {source} {count}\n"
                           for number, (_, source, count) in enumerate(runs))
            box.write("recording/times", text)
            description = box.load("recording.json")
            description["exit"]["after"] = started + len(runs) * hour
            box.write("recording/recording.json", description)
            result = box.replay()
            self.assertLess(result.seconds, 5)
            self.assertEqual(result.code, 0)
            self.assertTrue(any("records so far" in log for log in result.logs), result.logs)
            lines = [line.split() for line in text.splitlines()]
            self.assertLessEqual({record["emitted_at"] for record in result.of("RECORD")},
                                 {description["started"] + int(moment)
                                  for moment, source, _ in lines if source == "out"})
            times = [trace["emitted_at"] for message in result.messages
                     if message["type"] == "TRACE" for trace in [message["trace"]]]
            self.assertEqual(times[-1], description["started"] + description["exit"]["after"])


class AsTap(unittest.TestCase):
    def wrap(self, box):
        """The recording in place of the tap."""
        manifest = box.manifest()
        manifest["tap"]["command"] = [TAPBYTE, "replay", "--as-tap", box.recording]
        box.write("tap/tap.json", manifest)

    def test_a_read_through_it_gives_what_was_recorded(self):
        for fault in (None, "exit_3", "traceback", "sigkill_in_a_line", "metric", "print_a_lot"):
            config = {"streams": ["users", "orders"], "state_every": 1, "moment": "middle",
                      **({"fault": fault} if fault else {})}
            with self.subTest(fault=fault), Recorder(config=config) as box:
                box.record()
                self.wrap(box)
                catalog = os.path.join(box.recording, "catalog.json")
                result = box.run("read", "--config", box.config, "--catalog", catalog)
                expected = box.file("expected/read.jsonl")
                self.assertEqual(without_time(result.stdout)[0], without_time(expected)[0])
                discovered = box.run("discover", "--config", box.config)
                self.assertEqual(len(discovered.of("CATALOG")), 1)

    def test_it_writes_the_same_bytes_and_ends_in_the_same_way(self):
        with Recorder(config={"fault": "sigkill_in_a_line", "moment": "middle"}) as box:
            box.record()
            result = box.start("replay", "--as-tap", box.recording, "--config", "x")
            stdout, stderr = result.communicate()
            self.assertEqual(stdout, box.file("stdout"))
            self.assertEqual(stderr, box.file("stderr"))
            self.assertEqual(result.returncode, -signal.SIGKILL)

    def test_a_recording_of_a_recording_is_the_same(self):
        with Recorder(config={"state_every": 1}) as box:
            box.record()
            first = files_of(box.recording)
            self.wrap(box)
            shutil.copytree(box.recording, box.path("tapes"))
            manifest = box.manifest()
            manifest["tap"]["command"][-1] = box.path("tapes")
            box.write("tap/tap.json", manifest)
            self.assertEqual(box.record().code, 0)
            second = files_of(box.recording)
            for name in ("stdout", "stderr", "discovery.json", "catalog.json", "config.json"):
                self.assertEqual(second[name], first[name], name)


class Folders(unittest.TestCase):
    """Where a recording may be put, and what becomes of one that is broken."""

    def test_a_folder_with_something_else_is_left_alone(self):
        with Recorder() as box:
            os.mkdir(box.recording)
            box.write("recording/thesis.txt", "precious")
            result = box.record()
            self.assertEqual(result.code, 1)
            self.assertIn("thesis.txt", result.error[1])
            self.assertEqual(files_of(box.recording), {"thesis.txt": b"precious"})
            box.write("recording/recording.json", "{}")
            self.assertEqual(box.record().code, 1)
            self.assertEqual(box.file("thesis.txt"), b"precious")

    def test_an_empty_folder_and_an_older_recording_are_replaced(self):
        with Recorder() as box:
            os.mkdir(box.recording)
            self.assertEqual(box.record().code, 0)
            before = box.file("recording.json")
            self.assertEqual(box.record().code, 0)
            self.assertNotEqual(box.file("recording.json"), before)
            self.assertEqual([name for name in os.listdir(box.folder) if "recording" in name],
                             ["recording"])

    def test_folders_above_it_are_made_and_a_place_that_cannot_be_is_said_at_once(self):
        with Recorder() as box:
            box.recording = os.path.join(box.folder, "a/b/recording")
            self.assertEqual(box.record().code, 0)
            self.assertEqual(os.listdir(os.path.join(box.folder, "a/b")), ["recording"])
            box.write("file", "precious")
            for name in ("file/b", "file/b/c"):
                box.recording = place = os.path.join(box.folder, name)
                result = box.record()
                self.assertEqual(result.code, 1)
                self.assertIn(f"cannot put a recording into {place}: ", result.error[1])
                self.assertFalse(any(message["type"] == "LOG" for message in result.messages))

    def test_nothing_is_written_when_it_is_stopped_or_used_wrongly(self):
        with Recorder(config={"fault": "hang", "moment": "middle"}) as box:
            process = box.start("record", "--config", box.config, box.recording)
            self.assertTrue(wait_for(lambda: process.stdout.readline(), 10))
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            result = box.finish(process)
            self.assertEqual(result.code, -signal.SIGINT)
            self.assertEqual(result.left, [])
            self.assertFalse(os.path.exists(box.recording))
        with Recorder() as box:
            for arguments in (["--max-records", "0"], ["--max-records", "x"], ["--nonsense"],
                              ["again"]):
                result = box.record(*arguments)
                self.assertEqual(result.code, 2, arguments)
                self.assertEqual(result.error[0], "config_error")
                self.assertFalse(os.path.exists(box.recording))

    def broken(self, change, text, *arguments):
        with Recorder() as box:
            self.assertEqual(box.record().code, 0)
            change(box)
            result = box.replay(*arguments)
            self.assertEqual(result.code, 1, result.stderr)
            self.assertIn(text, result.stderr)
            self.assertEqual(result.stdout, b"")

    def test_what_is_wrong_with_a_recording_is_said_in_a_sentence(self):
        def remove(name):
            return lambda box: os.unlink(os.path.join(box.recording, name))

        def put(name, content):
            return lambda box: box.write("recording/" + name, content)

        self.broken(remove("stdout"), "it has no file stdout")
        self.broken(remove("catalog.json"), "it has no catalog.json")
        self.broken(remove("discovery.json"), "has no discovery.json", "discover")
        self.broken(put("recording.json", "{"), "recording.json: line 1")
        self.broken(put("recording.json", "[]"), "recording.json: is an array, must be an object")
        self.broken(put("recording.json", '{"format": 2}'), "recordings of format 1 only")
        self.broken(put("recording.json", '{"format": 1, "tape": "x"}'), "/tape: unknown key")
        self.broken(put("recording.json", '{"format": 1, "exit": {"status": 256}}'),
                    "/exit/status: must be from 0 to 255")
        self.broken(put("recording.json", '{"format": 1, "options": ["--x"]}'), "/options/0")
        self.broken(put("times", "0 out 1\n"), "times tells of 1 lines of stdout, which has 5")
        self.broken(put("times", "yesterday\n"), "times: line 1: must be MILLISECONDS")
        self.broken(put("times", "5 out 1\n4 out 1\n"), "line 2: the time goes back")
        self.broken(put("times", "99999999999999999999 out 1\n"), "line 1: must be")

    def say(self, box, *arguments):
        """Exit code, and all that is printed, of a command that speaks to people."""
        result = subprocess.run([TAPBYTE, *arguments, box.recording], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=60, check=False,
                                env={**os.environ, "TAPBYTE_TAP": box.tap})
        return result.returncode, result.stdout.decode()

    def test_what_a_recording_says_of_itself_is_no_command_to_the_terminal(self):
        with Recorder() as box:
            self.assertEqual(box.record().code, 0)
            box.write("recording/recording.json", {"format": 1, "\x1b]0;title\x07": 1})
            for arguments in (("replay",), ("replay", "--as-tap"), ("test",)):
                code, said = self.say(box, *arguments)
                self.assertNotEqual(code, 0)
                self.assertIn("\\x1b]0;title\\x07", said)
                self.assertNotIn("\x1b", said)

    def test_nothing_is_written_through_a_link_in_a_recording(self):
        with Recorder() as box:
            self.assertEqual(box.record().code, 0)
            os.mkdir(box.path("elsewhere"))
            file = box.write("elsewhere/config.json", "precious")
            for name, target in (("tap", "elsewhere"), ("expected/read.jsonl.new",
                                                        "elsewhere/config.json")):
                path = os.path.join(box.recording, name)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                os.symlink(box.path(target), path)
                for arguments in (("replay", "--update"), ("test", "--update")):
                    code, said = self.say(box, *arguments)
                    self.assertEqual(code, 1)
                    self.assertIn("no plain f", said)
                with open(file, encoding="utf-8") as stream:
                    self.assertEqual(stream.read(), "precious")
                os.unlink(path)

    def test_a_folder_that_is_not_there_and_a_tap_that_is_not_known(self):
        with Recorder() as box:
            self.assertEqual(box.replay().code, 1)
            self.assertIn("there is no recording in", box.replay().stderr)
            self.assertEqual(box.run("replay").code, 2)
            self.assertEqual(box.replay("reed").code, 2)
            self.assertEqual(box.record().code, 0)
            missing = box.replay(env={"TAPBYTE_TAP": None})
            self.assertIn("there is no tap named fake", missing.stderr)
            named = box.run("replay", "--tap", "./tap", box.recording, env={"TAPBYTE_TAP": None})
            self.assertEqual(named.stdout, box.file("expected/read.jsonl"))

    def test_an_update_that_fails_names_the_recording(self):
        with Recorder() as box:
            self.assertEqual(box.record().code, 0)
            result = subprocess.run(
                ["sh", "-c", 'ulimit -f 0; exec "$0" replay --update "$1" 2>&1 | cat', TAPBYTE,
                 box.recording], stdout=subprocess.PIPE, timeout=60, check=False,
                env={**os.environ, "TAPBYTE_TAP": box.tap})
            self.assertIn(f"tapbyte: the recording in {box.recording}: cannot write expected/",
                          result.stdout.decode())

    def test_stdout_alone_is_a_recording(self):
        with Recorder() as box:
            os.mkdir(box.recording)
            box.write("recording/stdout", MESSAGE % '{"id": 1}')
            shutil.copy(box.catalog("users"), os.path.join(box.recording, "catalog.json"))
            result = box.replay()
            self.assertEqual(result.records, [{"id": 1}])
            self.assertEqual(result.of("RECORD")[0]["emitted_at"], 1700000000000)
            self.assertEqual(result.code, 0)


if __name__ == "__main__":
    unittest.main()
