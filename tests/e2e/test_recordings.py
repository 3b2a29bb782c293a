"""What stands in tests/recorded, checked without the C code: nothing is lost, nothing is
changed, and the messages are in an order that Airbyte can rely on.
"""
import glob
import gzip
import json
import os
import re
import subprocess
import unittest
import urllib.parse

from e2e.sandbox import TAPBYTE

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "recorded")
SEQUENCE = "__tapbyte_sequence"
OURS = "__tapbyte_"  # what begins the keys that the tap does not know
NAN = object()  # NaN and the infinities, which become null


class Number(str):
    """A number as it was written; never equal to a string."""

    def __eq__(self, other):
        return isinstance(other, Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


def parse(text):
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=lambda _: NAN)


def mend(value):
    """What becomes of a value that other parsers would refuse."""
    if value is NAN:
        return None
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character
                       for character in value)
    if isinstance(value, list):
        return [mend(item) for item in value]
    if isinstance(value, dict):
        return {mend(key): mend(item) for key, item in value.items()}
    return value


def unquote(value):
    """A string that is a number as JSON writes one becomes that number."""
    number = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
    if isinstance(value, str) and not isinstance(value, Number) and re.fullmatch(number, value):
        return Number(value)
    return value


def has_nan(value):
    if isinstance(value, dict):
        value = list(value.values())
    return value is NAN or isinstance(value, list) and any(has_nan(item) for item in value)


def key_of(descriptor):
    return descriptor.get("namespace"), descriptor.get("stream", descriptor.get("name"))


class Recording:
    def __init__(self, folder):
        self.folder = folder
        self.failed = "exit" in self.load("recording.json")
        self.configured = {}
        for item in self.load("catalog.json")["streams"]:
            self.configured[key_of(item["stream"])] = item["stream"]["json_schema"]["properties"]
        self.entries = (self.load("discovery.json") or {"streams": []})["streams"]
        with open(os.path.join(folder, "expected/read.jsonl"), "rb") as file:
            self.messages = [parse(line.decode()) for line in file]
        with open(os.path.join(folder, "stdout"), "rb") as file:
            self.lines = file.read().decode(errors="replace").split("\n")

        self.overlay = (self.load("overlay.json") or {"streams": {}})["streams"]

    def unquoted(self, name):
        """The fields of a stream whose numbers stand in strings, and should not."""
        fields = self.overlay.get(name, {}).get("fields", {})
        return {field for field, schema in fields.items() if schema.get("unquote")}

    def load(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return parse(file.read())

    def stream_of(self, name, syncing):
        """Airbyte's name of the stream that a Singer message means; None: not configured."""
        if not self.entries:
            return (None, name) if (None, name) in self.configured else None
        found = [entry for entry in self.entries if entry["tap_stream_id"] == name] or \
                [entry for entry in self.entries if entry["stream"] == name]
        if len(found) > 1:
            found = [entry for entry in found if entry["tap_stream_id"] == syncing]
        if not found:
            return None
        root = [item["metadata"] for item in found[0]["metadata"] if item["breadcrumb"] == []]
        namespace = root and (root[0].get("schema-name") or root[0].get("database-name")) or None
        bare = found[0].get("table_name") if namespace else None
        key = namespace, bare or found[0]["stream"]
        return key if key in self.configured else None

    def tap_messages(self):
        """Those up to the first that is broken or of no clear stream; a batch as its RECORDs."""
        for number, line in enumerate(self.lines):
            line = line.strip(" \t\r")
            if not line.startswith('{"'):
                continue
            try:
                message = parse(line)
            except ValueError:
                return
            if "type" not in message:
                return
            if message["type"] == "BATCH":
                yield from self.batch_records(message)
            else:
                yield message

    def batch_records(self, message):
        for url in message.get("manifest", [message.get("filepath")]):
            path = os.path.join(self.folder, urllib.parse.unquote(url.removeprefix("file://")))
            with open(path, "rb") as file:
                content = file.read()
            if content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            for line in content.decode().splitlines():
                if line.strip():
                    yield {"type": "RECORD", "stream": message["stream"], "record": parse(line)}

    def expected_records(self):
        """(stream, data, fields that were nulled) for each RECORD that must come out."""
        syncing = None
        fields = {}  # of the tap's schema, by stream
        for entry in self.entries:
            key = self.stream_of(entry["tap_stream_id"], None)
            fields[key] = set(entry["schema"]["properties"])
        for message in self.tap_messages():
            if message["type"] == "STATE":
                syncing = message["value"].get("currently_syncing")
            if message["type"] not in ("SCHEMA", "RECORD"):
                continue
            key = self.stream_of(message["stream"], syncing)
            if key is None:
                continue
            if message["type"] == "SCHEMA":
                if not self.entries:
                    fields.setdefault(key, set()).update(message["schema"]["properties"])
                continue
            unquoted = self.unquoted(message["stream"])
            data = {name: unquote(value) if name in unquoted else value
                    for name, value in message["record"].items()
                    if name in self.configured[key] or name not in fields.get(key, ())}
            if data:
                yield key, mend(data), sorted(name for name in data if has_nan(data[name]))

    def emitted_records(self):
        for message in self.messages:
            if message["type"] != "RECORD":
                continue
            record = message["record"]
            changes = record.get("meta", {}).get("changes", [])
            assert all(change["change"] == "NULLED" and
                       change["reason"] == "SOURCE_SERIALIZATION_ERROR" for change in changes)
            yield (record.get("namespace"), record["stream"]), record["data"], \
                sorted(change["field"] for change in changes)


def strip_sequence(stream_state):
    return {key: value for key, value in stream_state.items() if not key.startswith(OURS)}


def leaves(value, path=()):
    """(path, value) of all that is in a JSON value, empty containers included."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, path + (key,))
    else:
        yield path, (type(value), json.dumps(value))


def folders():
    return sorted(glob.glob(os.path.join(ROOT, "*", "*", "")))


def of_each(check):
    """A test that does the check on every recording that was written by hand."""
    def test(self):
        written = [folder for folder in folders()
                   if not os.path.exists(os.path.join(folder, "times"))]
        self.assertGreater(len(written), 40)
        for folder in written:
            with self.subTest(folder=os.path.relpath(folder, ROOT)):
                check(self, Recording(folder))
    return test


def without_containers(found):
    """Leaves but those {} in which others lie."""
    inside = {path[:length] for path, _ in found for length in range(len(path))}
    return {(path, value) for path, value in found if path not in inside}


class TestRecordings(unittest.TestCase):
    @of_each
    def test_each_record_comes_out_with_its_selected_fields_and_the_digits_it_had(self, recording):
        self.assertEqual(list(recording.emitted_records()),
                         list(recording.expected_records()))

    @of_each
    def test_counts_add_up_to_the_records_before_the_last_state(self, recording):
        since = dict.fromkeys(recording.configured, 0)
        for message in recording.messages:
            if message["type"] == "RECORD":
                since[key_of(message["record"])] += 1
            elif message["type"] == "STATE":
                key = key_of(message["state"]["stream"]["stream_descriptor"])
                count = message["state"]["sourceStats"]["recordCount"]
                self.assertEqual(count, Number(f"{since[key]}.0"))
                since[key] = 0
        if self.completed(recording):
            self.assertEqual({count for key, count in since.items()
                              if key in self.completed(recording)}, {0})

    @staticmethod
    def statuses(recording):
        found = {}
        for place, message in enumerate(recording.messages):
            if message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
                status = message["trace"]["stream_status"]
                found.setdefault(key_of(status["stream_descriptor"]), []).append(
                    (status["status"], place))
        return found

    def completed(self, recording):
        return {key for key, found in self.statuses(recording).items()
                if found[-1][0] == "COMPLETE"}

    @of_each
    def test_each_configured_stream_starts_once_and_ends_once(self, recording):
        orders = (["STARTED", "RUNNING", "COMPLETE"], ["STARTED", "RUNNING", "INCOMPLETE"],
                  ["STARTED", "INCOMPLETE"])
        found = self.statuses(recording)
        self.assertEqual(set(found), set(recording.configured))
        for statuses in found.values():
            self.assertIn([status for status, _ in statuses], orders)

    @of_each
    def test_records_stand_while_their_stream_runs_and_nothing_follows_its_end(self, recording):
        found = {key: dict(statuses) for key, statuses in self.statuses(recording).items()}
        for place, message in enumerate(recording.messages):
            if message["type"] == "RECORD":
                statuses = found[key_of(message["record"])]
                self.assertGreater(place, statuses["RUNNING"])
            elif message["type"] == "STATE":
                statuses = found[key_of(message["state"]["stream"]["stream_descriptor"])]
            else:
                continue
            self.assertLess(place, statuses.get("COMPLETE", statuses.get("INCOMPLETE")))

    @of_each
    def test_complete_streams_have_a_state_and_a_failed_tap_has_none(self, recording):
        with_state = {key_of(message["state"]["stream"]["stream_descriptor"])
                      for message in recording.messages if message["type"] == "STATE"}
        self.assertLessEqual(self.completed(recording), with_state)
        errors = [message for message in recording.messages if message["type"] == "TRACE"
                  and message["trace"]["type"] == "ERROR"]
        self.assertLessEqual(len(errors), 1)
        if recording.failed:
            self.assertEqual(self.completed(recording), set())
        elif not errors:
            self.assertEqual(self.completed(recording), set(recording.configured))
        else:
            self.assertNotEqual(self.completed(recording), set(recording.configured))

    @of_each
    def test_the_last_states_together_are_the_last_state_of_the_tap(self, recording):
        values = [mend(message["value"]) for message in recording.tap_messages()
                  if message["type"] == "STATE"]
        if not values or self.completed(recording) != set(recording.configured):
            return
        last = {}
        for message in recording.messages:
            if message["type"] == "STATE":
                stream = message["state"]["stream"]
                last[key_of(stream["stream_descriptor"])] = stream["stream_state"]
        together = set()
        for stream_state in last.values():
            together |= set(leaves(strip_sequence(stream_state)))
        self.assertEqual(without_containers(together),
                         without_containers(set(leaves(values[-1]))))

    @of_each
    def test_the_sequence_of_a_stream_never_goes_back(self, recording):
        last = {}
        for message in recording.messages:
            if message["type"] == "STATE":
                stream = message["state"]["stream"]
                key = key_of(stream["stream_descriptor"])
                sequence = int(stream["stream_state"][SEQUENCE])
                self.assertGreaterEqual(sequence, last.get(key, 0))
                last[key] = sequence

    @of_each
    def test_the_tap_is_handed_nothing_that_no_entry_holds(self, recording):
        handed = recording.load("tap/state.json")
        if handed is None:
            return
        held = set()
        for entry in recording.load("state.json"):
            held |= set(leaves(strip_sequence(entry["stream"]["stream_state"] or {})))
        self.assertLessEqual(set(leaves(handed)), held)
        self.assertNotIn(SEQUENCE, json.dumps(handed))


class Replays(unittest.TestCase):
    """`tapbyte replay` of each of them, as they stand there."""

    def test_what_comes_out_is_what_is_expected_to_the_byte(self):
        environment = {**os.environ, "TAPBYTE_TAPS": os.path.join(ROOT, "..", "..", "taps")}
        environment.pop("TAPBYTE_TAP", None)
        for folder in folders():
            for path in sorted(glob.glob(os.path.join(folder, "expected", "*.jsonl"))):
                operation = os.path.basename(path).removesuffix(".jsonl")
                with self.subTest(folder=os.path.relpath(folder, ROOT), operation=operation):
                    found = subprocess.run([TAPBYTE, "replay", folder, operation], check=False,
                                           env=environment, capture_output=True)
                    with open(path, "rb") as file:
                        self.assertEqual(found.stdout.splitlines(), file.read().splitlines())
                    self.assertEqual(found.stderr, b"")


if __name__ == "__main__":
    unittest.main()
