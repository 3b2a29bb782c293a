"""How the adapter's cost grows: as ratios of CPU time, each the least of a few runs.

The limits are wide: what they tell is linear from quadratic, on a machine that does other
things as well.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TAPBYTE = os.path.abspath(os.environ.get("TAPBYTE", os.path.join(HERE, "../../tapbyte")))
RUNS = 3
RECORDS = 20000
STREAMS = 1000
STATE_EVERY = 100
OPTIONS = "--catalog --config --discover --state"
TAP = f"""#!/bin/sh
case "$*" in
*--help*) echo "{OPTIONS}" ;;
*) exec cat "$TAP_OUTPUT" ;;
esac
"""


def stream_name(number):
    return f"stream_{number:04}"


def lines_of(streams, state_every):
    """Records of all streams by turns, and a STATE with all bookmarks after each so many."""
    marks = {stream_name(number): {"updated_at": "2024-01-01T00:00:00.000000Z", "id": 100000}
             for number in range(streams)}
    note = "alpha bravo charlie delta " * 12
    for number in range(RECORDS):
        name = stream_name(number % streams)
        marks[name]["id"] = 200000 + number
        yield {"type": "RECORD", "stream": name,
               "record": {"id": number, "name": f"Customer {number}", "note": note}}
        if state_every and number % state_every == state_every - 1:
            yield {"type": "STATE", "value": {"bookmarks": marks}}


def catalog_of(streams, properties):
    """As a tap of a database prints it."""
    names = [f"column_name_{number}" for number in range(properties)]
    metadata = [{"breadcrumb": ["properties", name],
                 "metadata": {"inclusion": "available", "sql-datatype": "character varying"}}
                for name in names]
    schema = {"type": "object", "properties": {name: {"type": ["null", "string"]}
                                               for name in names}}
    return {"streams": [{"tap_stream_id": f"database-{stream_name(number)}",
                         "stream": stream_name(number), "schema": schema,
                         "metadata": metadata} for number in range(streams)]}


class Scaling(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tapbyte-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.makedirs(self.path("tap"))
        self.write("tap/run", TAP)
        os.chmod(self.path("tap/run"), 0o755)
        for name, flags in (("blind", {"catalog_flags": []}), ("tap", {})):
            os.makedirs(self.path(name), exist_ok=True)
            self.write_json(f"{name}/spec.json", {
                "connectionSpecification": {"type": "object", "properties": {}}})
            self.write_json(f"{name}/tap.json", {
                "name": name, "spec": "spec.json",
                "tap": {"command": [self.path("tap/run")], **flags}})
        self.write_json("config.json", {})

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(name)

    def write_json(self, name, value):
        return self.write(name, json.dumps(value))

    def cpu_once(self, arguments, output):
        environment = {"PATH": os.environ["PATH"], "TMPDIR": self.folder, "TAP_OUTPUT": output}
        with open(self.path("out"), "wb") as out:
            process = subprocess.Popen([TAPBYTE, *arguments, "--config", self.path("config.json")],
                                       env=environment, stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        with open(self.path("out"), "rb") as out:
            self.assertEqual(process.returncode, 0, out.read()[-500:])
        return usage.ru_utime + usage.ru_stime

    def cpu(self, arguments, output):
        """Of the adapter and of the `cat` that stands in for a tap, in seconds."""
        return min(self.cpu_once(arguments, output) for _ in range(RUNS))

    def read(self, streams, *more):
        catalog = self.write_json("catalog.json", {"streams": [
            {"stream": {"name": stream_name(number),
                        "json_schema": {"type": "object", "properties": {}},
                        "supported_sync_modes": ["incremental"]},
             "sync_mode": "incremental", "destination_sync_mode": "append"}
            for number in range(streams)]})
        return ["read", "--tap", self.path("blind"), "--catalog", catalog, *more]

    def cpu_a_byte(self, streams, state_every):
        output = self.path("lines")
        with open(output, "w", encoding="ascii") as file:
            for line in lines_of(streams, state_every):
                file.write(json.dumps(line) + "\n")
        return self.cpu(self.read(streams), output) / os.path.getsize(output)

    def test_a_byte_of_many_states_of_many_streams_costs_what_a_byte_of_records_does(self):
        self.assertLess(self.cpu_a_byte(STREAMS, STATE_EVERY), 4 * self.cpu_a_byte(1, 0))

    def check_resumption(self, state_of):
        nothing = self.write("nothing", "")

        def cpu(streams):
            state = self.write_json("state.json", state_of(streams))
            return self.cpu(self.read(streams, "--state", state), nothing)

        self.assertLess(cpu(4000), 8 * cpu(1000))

    def test_to_resume_is_linear_in_the_streams(self):
        self.check_resumption(lambda streams: [
            {"type": "STREAM", "stream": {
                "stream_descriptor": {"name": stream_name(number)},
                "stream_state": {"bookmarks": {stream_name(number): {"id": number}}}}}
            for number in range(streams)])

    def test_to_resume_from_a_singer_state_is_linear_in_the_streams(self):
        self.check_resumption(lambda streams: {"bookmarks": {
            stream_name(number): {"id": number} for number in range(streams)}})

    def check_discovery(self, streams, properties, more_streams, more_properties):
        small = self.write_json("small", catalog_of(streams, properties))
        large = self.write_json("large", catalog_of(more_streams, more_properties))
        command = ["discover", "--tap", self.path("tap")]
        self.assertLess(self.cpu(command, large), 8 * self.cpu(command, small))

    def test_discovery_is_linear_in_the_streams(self):
        self.check_discovery(500, 10, 2000, 10)

    def test_discovery_is_linear_in_the_properties(self):
        self.check_discovery(10, 500, 10, 2000)


if __name__ == "__main__":
    unittest.main()
