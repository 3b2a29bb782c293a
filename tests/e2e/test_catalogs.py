"""How the tap's catalog comes and goes: it travels with the streams, is asked for again when it
has to be, or is made from what a sync shows; and records that stand in the files of batches."""
import gzip
import json
import os
import unittest

from e2e.sandbox import SECRET, Sandbox, check_always

CARRIED = "x-tapbyte-catalog"

# A tap in sh: counts its discoveries, keeps the catalog that it was handed.
SCRIPT = """#!/bin/sh
here=$(dirname "$0")
case " $* " in
*" --help "*) echo "--config --discover --catalog --state"; exit ;;
*" --discover "*) echo x >>"$here/discoveries"; cat "$here/catalog.json"; exit ;;
esac
while [ $# -gt 0 ]; do
    case $1 in --catalog) cp "$2" "$here/handed.json" ;; esac
    shift
done
cat "$here/output"
"""


def entry(name, **more):
    return {"tap_stream_id": name, "stream": name, "key_properties": ["id"],
            "schema": {"type": "object", "properties": {
                "id": {"type": "integer", "maximum": 100000000000000000000},
                "n": {"type": "number", "multipleOf": 1e-18}}},
            "metadata": [{"breadcrumb": [], "metadata": {"selected-by-default": True, **more}}]}


class ScriptedTap(Sandbox):
    def __init__(self, entries, messages=()):
        super().__init__(manifest={"tap": {"command": ["./tap.sh"]}})
        self.write("tap/tap.sh", SCRIPT)
        os.chmod(self.path("tap/tap.sh"), 0o755)
        self.write("tap/catalog.json", json.dumps({"streams": entries}, indent=4))
        self.write("tap/output", "".join(json.dumps(message) + "\n" for message in messages))

    def discovered(self):
        result = self.run("discover", "--config", self.config)
        return {stream["name"]: stream for stream in result.of("CATALOG")[0]["streams"]}

    def discoveries(self):
        try:
            with open(self.path("tap/discoveries"), encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def handed(self):
        with open(self.path("tap/handed.json"), encoding="utf-8") as file:
            return json.load(file, parse_int=str, parse_float=str)["streams"]

    def read_streams(self, *streams):
        catalog = self.write("configured.json", {"streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
            for stream in streams]})
        return self.run("read", "--config", self.config, "--catalog", catalog)


class Travel(unittest.TestCase):
    def test_a_read_needs_no_discovery_and_hands_over_the_taps_own_entry(self):
        with ScriptedTap([entry("a"), entry("b"), entry("c")]) as tap:
            found = tap.discovered()
            result = tap.read_streams(found["c"], found["a"])
            check_always(self, result)
            self.assertEqual((result.code, tap.discoveries()), (0, 1))
            handed = tap.handed()
        self.assertEqual([stream["tap_stream_id"] for stream in handed], ["a", "c", "b"])
        self.assertEqual([stream["schema"].get("selected", False) for stream in handed],
                         [True, True, False])
        self.assertEqual(handed[0]["schema"]["properties"]["id"]["maximum"],
                         "100000000000000000000")
        self.assertEqual(handed[0]["schema"]["properties"]["n"]["multipleOf"], "1e-18")

    def test_a_child_brings_its_parent_along(self):
        entries = [entry("child", **{"parent-tap-stream-id": "parent"}), entry("other"),
                   entry("parent")]
        with ScriptedTap(entries) as tap:
            result = tap.read_streams(tap.discovered()["child"])
            check_always(self, result)
            handed = {stream["tap_stream_id"]: stream for stream in tap.handed()}
        self.assertTrue(handed["parent"]["metadata"][0]["metadata"]["selected"])
        self.assertIn("maximum", handed["parent"]["schema"]["properties"]["id"])
        self.assertFalse(handed["other"]["metadata"][0]["metadata"]["selected"])

    def test_what_does_not_fit_any_more_is_asked_for_again_and_the_log_says_why(self):
        def nothing(stream):
            del stream["json_schema"][CARRIED]

        def damaged(stream):
            stream["json_schema"][CARRIED] = "z:AAAA"

        def of_another_version(stream):
            stream["json_schema"][CARRIED] = stream["json_schema"][CARRIED].replace(
                '"fingerprint":"', '"fingerprint":"0')

        def without_entries(stream):
            packed = json.loads(stream["json_schema"][CARRIED])
            stream["json_schema"][CARRIED] = json.dumps({**packed, "entries": []},
                                                        separators=(",", ":"))

        cases = [(nothing, "does not carry"), (damaged, "is damaged"),
                 (without_entries, "is damaged"),
                 (of_another_version, "has changed since")]
        for change, reason in cases:
            with self.subTest(change.__name__), ScriptedTap([entry("a")]) as tap:
                stream = tap.discovered()["a"]
                change(stream)
                result = tap.read_streams(stream)
                check_always(self, result)
                self.assertEqual((result.code, tap.discoveries()), (0, 2))
                self.assertTrue(any(reason in log for log in result.logs), result.logs)

    def test_an_overlay_that_gives_two_streams_one_name_is_refused(self):
        with ScriptedTap([entry("a"), entry("b")]) as tap:
            tap.write("overlay.json", {"streams": {"a": {"name": "x"}, "b": {"name": "x"}}})
            tap.write("tap/tap.json", {"name": "fake", "tap": {"command": ["./tap.sh"]},
                                       "spec": "spec.json", "catalog": "../overlay.json"})
            result = tap.run("discover", "--config", tap.config)
            check_always(self, result)
        self.assertEqual(result.code, 1)
        self.assertIn('the streams "a" and "b" the same name', result.error[1])

    def test_another_tap_in_its_place_is_noticed(self):
        with ScriptedTap([entry("a")]) as tap:
            stream = tap.discovered()["a"]
            tap.write("tap/tap.sh", SCRIPT + "# a newer version\n")
            result = tap.read_streams(stream)
            self.assertEqual(tap.discoveries(), 2)
            self.assertTrue(any("has changed since" in log for log in result.logs))

    def test_a_catalog_that_is_too_large_does_not_travel(self):
        wide = [entry(f"s{i}") for i in range(80)]
        for stream in wide:
            stream["schema"]["properties"].update(
                {os.urandom(20).hex(): {"type": "string"} for _ in range(700)})
        with ScriptedTap(wide) as tap:
            result = tap.run("discover", "--config", tap.config)
            check_always(self, result)
            self.assertFalse(any(CARRIED in stream["json_schema"]
                                 for stream in result.of("CATALOG")[0]["streams"]))
            self.assertTrue(any("too large to travel" in log for log in result.logs))


class Size(unittest.TestCase):
    def test_a_discovery_of_50_megabytes_comes_through(self):
        properties = {f"field_{i}": {"type": ["null", "string"], "description": "x" * 60,
                                     "maxLength": 12345678901234567890} for i in range(400)}
        streams = [entry(f"s{i}") for i in range(1000)]
        for stream in streams:
            stream["schema"]["properties"].update(properties)
        with ScriptedTap(streams) as tap:
            self.assertGreater(os.path.getsize(tap.path("tap/catalog.json")), 50e6)
            result = tap.run("discover", "--config", tap.config)
            check_always(self, result)
            found = result.of("CATALOG")[0]["streams"]
        self.assertEqual(len(found), 1000)
        self.assertEqual(len(found[999]["json_schema"]["properties"]), 402)


class Syncs(unittest.TestCase):
    def test_a_field_that_only_records_show_is_in_the_catalog(self):
        with Sandbox(manifest={"tap": {"command": ["./tap.sh"]}}) as sandbox:
            messages = [
                {"type": "SCHEMA", "stream": "rates", "key_properties": ["date"],
                 "schema": {"type": "object", "properties": {"date": {"type": "string"}}}},
                {"type": "RECORD", "stream": "rates", "record": {"date": "d", "USD": 1.5}},
                {"type": "RECORD", "stream": "rates", "record": {"date": "e", "\u00e9": None}}]
            sandbox.write("tap/tap.sh", "#!/bin/sh\ncat <<'END'\n" + "".join(
                json.dumps(message) + "\n" for message in messages) + "END\n")
            os.chmod(sandbox.path("tap/tap.sh"), 0o755)
            result = sandbox.run("discover", "--config", sandbox.config)
            check_always(self, result)
            stream = result.of("CATALOG")[0]["streams"][0]
        self.assertEqual(list(stream["json_schema"]["properties"]), ["date", "USD", "\u00e9"])
        self.assertEqual(stream["source_defined_primary_key"], [["date"]])


class FirstRecord(unittest.TestCase):
    def test_one_stream_that_needs_no_other_is_selected(self):
        entries = [entry("child", **{"parent-tap-stream-id": "parent"}), entry("parent"),
                   entry("other")]
        with ScriptedTap(entries, [{"type": "RECORD", "stream": "parent", "record": {"id": 1}}]) \
                as tap:
            tap.write("tap/tap.json", {"name": "fake", "tap": {"command": ["./tap.sh"]},
                                       "spec": "spec.json", "check": {"method": "first_record"}})
            result = tap.run("check", "--config", tap.config)
            check_always(self, result)
            selected = [stream["tap_stream_id"] for stream in tap.handed()
                        if stream["schema"]["selected"]]
        self.assertEqual(result.of("CONNECTION_STATUS"), [{"status": "SUCCEEDED"}])
        self.assertEqual(selected, ["parent"])


class Batches(unittest.TestCase):
    def read_batch(self, files, compression):
        """files: {name: bytes}. The result, and which files are left."""
        with ScriptedTap([entry("a")]) as tap:
            os.mkdir(tap.path("batches"))
            for name, content in files.items():
                tap.write(f"batches/{name}", content)
            urls = ["file://" + tap.path(f"batches/{name}") for name in files]
            tap.write("tap/output", "".join(json.dumps(message) + "\n" for message in [
                {"type": "SCHEMA", "stream": "a", "schema": entry("a")["schema"],
                 "key_properties": ["id"]},
                {"type": "BATCH", "stream": "a", "manifest": urls,
                 "encoding": {"format": "jsonl", "compression": compression}},
                {"type": "RECORD", "stream": "a", "record": {"id": -1}},
                {"type": "STATE", "value": {"bookmarks": {"a": {"id": 9}}}}]))
            result = tap.read_streams(tap.discovered()["a"])
            check_always(self, result)
            return result, sorted(os.listdir(tap.path("batches")))

    @staticmethod
    def lines(count, start=0):
        return b"".join(b'{"id": %d, "n": 1.10}\n' % i for i in range(start, start + count))

    def test_records_come_from_the_files_in_order_and_the_files_go(self):
        result, left = self.read_batch({"1.gz": gzip.compress(self.lines(200000)),
                                        "2.gz": gzip.compress(self.lines(3, 200000))}, "gzip")
        self.assertEqual(result.code, 0)
        self.assertEqual([record["id"] for record in result.records],
                         [*range(200003), -1])
        self.assertIn(b'"n": 1.10', result.stdout)
        self.assertEqual(result.of("STATE")[0]["sourceStats"]["recordCount"], 200004)
        self.assertEqual(left, [])

    def test_a_broken_file_fails_the_read_and_stays(self):
        cases = {
            "cut": (gzip.compress(self.lines(1000))[:-20], "gzip", "its end is missing"),
            "no record": (self.lines(2) + b"[1]\n", "none", "no object"),
            "a cut line": (self.lines(2) + b'{"id": 3', "none", "unexpected end"),
        }
        for name, (content, compression, message) in cases.items():
            with self.subTest(name):
                result, left = self.read_batch({"1": content}, compression)
                self.assertEqual(result.code, 1)
                self.assertIn(message, result.error[1])
                self.assertEqual(result.last_statuses, {"a": "INCOMPLETE"})
                self.assertEqual(result.of("STATE"), [])
                self.assertEqual(left, ["1"])

    def test_a_batch_that_the_tap_did_not_end_with_a_line_end_is_read_whole(self):
        with ScriptedTap([entry("a")]) as tap:
            batch = tap.write("1.jsonl", self.lines(100000))
            tap.write("tap/output", json.dumps(
                {"type": "BATCH", "stream": "a", "filepath": batch, "format": "jsonl"}))
            result = tap.read_streams(tap.discovered()["a"])
            check_always(self, result)
        self.assertEqual((result.code, len(result.records)), (0, 100000))

    def test_what_stands_behind_a_compressed_file_is_not_lost_in_silence(self):
        member = gzip.compress(b'{"id": 1}\n')
        for content in (member + b'{"id": 2}\n', member + b"\x1f", b""):
            with self.subTest(content[-3:]):
                result, left = self.read_batch({"1": content}, "gzip")
                self.assertEqual((result.code, left), (1, ["1"]))

    def test_what_is_no_file_is_not_waited_for(self):
        with ScriptedTap([entry("a")]) as tap:
            os.mkfifo(tap.path("fifo"))
            tap.write("tap/output", json.dumps(
                {"type": "BATCH", "stream": "a", "filepath": tap.path("fifo")}) + "\n")
            result = tap.read_streams(tap.discovered()["a"])
            check_always(self, result)
        self.assertIn("it is not a file", result.error[1])

    def test_batches_of_another_stream_are_left_out_and_their_files_go(self):
        with ScriptedTap([entry("a"), entry("b")]) as tap:
            batch = tap.write("1.jsonl", self.lines(2))
            tap.write("tap/output", json.dumps(
                {"type": "BATCH", "stream": "b", "filepath": batch}) + "\n")
            result = tap.read_streams(tap.discovered()["a"])
            check_always(self, result)
            self.assertFalse(os.path.exists(batch))
        self.assertTrue(any("Batches of the stream b are left out" in log for log in result.logs))

    def test_a_place_or_format_that_cannot_be_read_fails_with_a_sentence(self):
        for more in ({"manifest": ["s3://bucket/x.gz"]}, {"manifest": ["file:///no/such/file"]},
                     {"manifest": [], "encoding": {"format": "parquet"}}):
            with self.subTest(more), ScriptedTap([entry("a")], [
                    {"type": "SCHEMA", "stream": "a", "schema": {}},
                    {"type": "BATCH", "stream": "a", **more}]) as tap:
                result = tap.read_streams(tap.discovered()["a"])
                check_always(self, result)
                self.assertEqual(result.code, 1)
                self.assertIn("batch", result.error[1].lower())
                self.assertNotIn(SECRET, result.error[1])


if __name__ == "__main__":
    unittest.main()
