"""tap-csv-folder from PyPI, as an Airbyte source: every line as the protocol wants it."""
import json
import os
import subprocess
import tempfile
import unittest

from live import protocol, tap_environment

CONFIG = ["--config", "examples/csv/config.json"]


class CsvFolder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.environment = tap_environment.of("csv")

    def tapbyte(self, command, *arguments):
        result = subprocess.run(
            [tap_environment.TAPBYTE, command, "--tap", "taps/csv", *arguments],
            env=self.environment, stdout=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(protocol.check(result.stdout), [])
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_spec_is_one_message(self):
        self.assertEqual([message["type"] for message in self.tapbyte("spec")], ["SPEC"])

    def test_check_succeeds_with_files_that_are_there(self):
        found = [message["connectionStatus"]["status"]
                 for message in self.tapbyte("check", *CONFIG)
                 if message["type"] == "CONNECTION_STATUS"]
        self.assertEqual(found, ["SUCCEEDED"])

    def test_read_brings_each_line_of_each_file(self):
        catalog = next(message["catalog"] for message in self.tapbyte("discover", *CONFIG)
                       if message["type"] == "CATALOG")
        streams = [{"stream": stream, "sync_mode": "full_refresh",
                    "destination_sync_mode": "overwrite"} for stream in catalog["streams"]]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "catalog.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"streams": streams}, file)
            messages = self.tapbyte("read", *CONFIG, "--catalog", path)
        records = [message["record"] for message in messages if message["type"] == "RECORD"]
        self.assertEqual([record["data"]["id"] for record in records
                          if record["stream"] == "parcels"], ["1", "2", "3", "4"])
        self.assertEqual([record["data"]["name"] for record in records
                          if record["stream"] == "depots"], ["Kiel", "Lübeck", "Bremen"])


if __name__ == "__main__":
    unittest.main()
