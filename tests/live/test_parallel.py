"""tap-rest-api-msdk from PyPI reads 8 streams of a server that takes its time, with 1 process
and with 4. `make bench` wants to see what that gains, and calls measure_gain."""
import json
import os
import subprocess
import tempfile
import time
import unittest

from live import protocol, slow_server, tap_environment

TAP = os.path.join(tap_environment.ROOT, "tests/live/taps/rest-api-msdk")
STREAMS = [f"stream_{number}" for number in range(8)]
PAGES = 3
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "of": {"type": "string"}}}


def run(command, *arguments):
    """The messages, and how long it took."""
    started = time.monotonic()
    result = subprocess.run([tap_environment.TAPBYTE, command, "--tap", TAP, *arguments],
                            env=tap_environment.of(TAP), stdout=subprocess.PIPE, check=False)
    seconds = time.monotonic() - started
    assert result.returncode == 0, result.stdout[-2000:]
    assert protocol.check(result.stdout) == []
    return [json.loads(line) for line in result.stdout.splitlines()], seconds


def read(config, catalog, processes):
    messages, seconds = run("read", "--config", config, "--catalog", catalog, "--parallel",
                            str(processes))
    records = sorted((message["record"]["stream"], message["record"]["data"]["id"])
                     for message in messages if message["type"] == "RECORD")
    assert records == [(stream, number) for stream in STREAMS
                       for number in range(1, PAGES * slow_server.RECORDS + 1)]
    return seconds


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def measure_gain(wait=3.5):
    """Seconds with 1 process and with 4; each page takes `wait` seconds."""
    tap_environment.of(TAP)
    with tempfile.TemporaryDirectory() as folder, slow_server.Server(PAGES, wait) as server:
        config, catalog = (os.path.join(folder, name)
                           for name in ("config.json", "catalog.json"))
        write_json(config, {
            "api_url": server.url, "records_path": "$.records[*]",
            "next_page_token_path": "$.next",
            "streams": [{"name": name, "path": "/" + name, "primary_keys": ["id"],
                         "schema": SCHEMA} for name in STREAMS]})
        found, _ = run("discover", "--config", config)
        streams = next(message["catalog"]["streams"] for message in found
                       if message["type"] == "CATALOG")
        write_json(catalog, {"streams": [
            {"stream": stream, "sync_mode": "full_refresh",
             "destination_sync_mode": "overwrite"} for stream in streams]})
        return read(config, catalog, 1), read(config, catalog, 4)


class Parallel(unittest.TestCase):
    def test_four_processes_bring_the_same_records_in_less_time(self):
        one, four = measure_gain(wait=0.7)
        self.assertGreater(one / four, 1.3)


if __name__ == "__main__":
    unittest.main()
