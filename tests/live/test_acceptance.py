"""`tapbyte test` on the taps that need no web API: what Airbyte asks of its own connectors.

Those of web APIs are tested likewise, each in its own script (canned_api.py).
"""
import json
import os
import subprocess
import tempfile
import unittest

from live import mariadb, postgres, tap_environment
from live.virtual_environment import ROOT

TABLE = """
CREATE TABLE parcels (id integer PRIMARY KEY, name varchar(40), weight double precision,
    changed_at {datetime});
INSERT INTO parcels VALUES (1, 'one', 1.5, '2026-01-01 10:00:00'),
    (2, 'two', NULL, '2026-01-02 10:00:00'), (3, 'drei ü', 3, '2026-01-03 10:00:00');
"""


class Acceptance(unittest.TestCase):
    def accept(self, name, config, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "config.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            result = subprocess.run(
                [tap_environment.TAPBYTE, "test", "--tap", f"taps/{name}", "--config", path,
                 *options], cwd=ROOT, env=tap_environment.of(name), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        output = result.stdout.decode(errors="replace")
        self.assertEqual(result.returncode, 0, output)
        self.assertRegex(output, r"(?m)^\d+ passed, 0 failed")

    def accept_database(self, name, server, datetime, **settings):
        server.execute(TABLE.format(datetime=datetime))
        self.accept(name, {"host": server.host, "port": server.port, "username": server.user,
                           "password": server.password, **settings})

    def test_csv_files(self):
        with open(os.path.join(ROOT, "examples", "csv", "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.accept("csv", config)

    def test_postgresql(self):
        with postgres.Server() as server:
            self.accept_database("postgres", server, "timestamptz", database=server.database,
                                 schemas=["public"])

    def test_mysql(self):
        with mariadb.Server() as server:
            self.accept_database("mysql", server, "datetime", databases=[server.database])


if __name__ == "__main__":
    unittest.main()
