"""tap-rest-api-msdk from PyPI reads 8 streams of a server that takes its time: with 4 processes
it is done at least 3.5 times sooner than with 1."""
import json
import os
import subprocess
import tempfile
import time
import unittest

from live import protocol, slow_server, tap_environment

TAP = "tests/live/taps/rest-api-msdk"
STREAMS = [f"stream_{number}" for number in range(8)]
PAGES = 3
WAIT = 3.5   # seconds a page: starting Python, which shares the processors, is to weigh little
GAIN = 3.5
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "of": {"type": "string"}}}


class Parallel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.environment = tap_environment.of(TAP)

    def tapbyte(self, command, *arguments):
        started = time.monotonic()
        result = subprocess.run([tap_environment.TAPBYTE, command, "--tap", TAP, *arguments],
                                env=self.environment, stdout=subprocess.PIPE, check=False)
        seconds = time.monotonic() - started
        self.assertEqual(result.returncode, 0, result.stdout[-2000:])
        self.assertEqual(protocol.check(result.stdout), [])
        return [json.loads(line) for line in result.stdout.splitlines()], seconds

    def read(self, config, catalog, processes):
        messages, seconds = self.tapbyte("read", "--config", config, "--catalog", catalog,
                                         "--parallel", str(processes))
        records = sorted((message["record"]["stream"], message["record"]["data"]["id"])
                         for message in messages if message["type"] == "RECORD")
        self.assertEqual(records, [(stream, number) for stream in STREAMS
                                   for number in range(1, PAGES * slow_server.RECORDS + 1)])
        return seconds

    def test_four_processes_need_less_than_a_third_of_the_time_of_one(self):
        with tempfile.TemporaryDirectory() as folder, \
                slow_server.Server(PAGES, WAIT) as server:
            config, catalog = (os.path.join(folder, name)
                               for name in ("config.json", "catalog.json"))
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"api_url": server.url, "records_path": "$.records[*]",
                           "next_page_token_path": "$.next",
                           "streams": [{"name": name, "path": "/" + name, "primary_keys": ["id"],
                                        "schema": SCHEMA} for name in STREAMS]}, file)
            found, _ = self.tapbyte("discover", "--config", config)
            streams = next(message["catalog"]["streams"] for message in found
                           if message["type"] == "CATALOG")
            with open(catalog, "w", encoding="utf-8") as file:
                json.dump({"streams": [
                    {"stream": stream, "sync_mode": "full_refresh",
                     "destination_sync_mode": "overwrite"} for stream in streams]}, file)
            one = self.read(config, catalog, 1)
            four = self.read(config, catalog, 4)
        print(f"{len(STREAMS)} streams of {PAGES} pages, {WAIT} s each: {one:.1f} s with 1 "
              f"process, {four:.1f} s with 4: {one / four:.2f} times faster")
        self.assertGreaterEqual(one / four, GAIN)


if __name__ == "__main__":
    unittest.main()
