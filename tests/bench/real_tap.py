"""Beside a real tap that runs flat out, alone and through tapbyte: pipelinewise-tap-postgres."""
import json
import os
import subprocess

from live import airbyte_source, postgres, tap_environment

from . import measure, recorded

CPU = 0.03
WALL = 1.03
ROWS = 200000
TABLE = """
CREATE TABLE orders (id integer PRIMARY KEY, customer text, email text, created_at timestamptz,
    amount numeric(12,2), weight double precision, paid boolean, note text);
INSERT INTO orders SELECT i, 'customer ' || i % 1000, 'user' || i || '@example.com',
    '2026-01-01'::timestamptz + i * interval '1 second', i % 100000 / 100.0, sqrt(i), i % 3 = 0,
    repeat('lorem ipsum ', 1 + i % 20) FROM generate_series(1, {rows}) i;
"""
KEY = "public", "orders"


def singer_files(folder, source):
    """What the tap alone is started with: its own catalog, with the table selected."""
    config = {"host": source.config["host"], "port": source.config["port"],
              "dbname": source.config["database"], "user": source.config["username"],
              "password": source.config["password"], "filter_schemas": "public"}
    tap = os.path.join(source.environment["TAPBYTE_VENVS"], "postgres", "bin", "tap-postgres")
    recorded.write(os.path.join(folder, "tap-config.json"), json.dumps(config))
    command = [tap, "--config", os.path.join(folder, "tap-config.json")]
    catalog = json.loads(subprocess.run([*command, "--discover"], check=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"].update(selected=True, **{"replication-method": "FULL_TABLE"})
    recorded.write(os.path.join(folder, "tap-catalog.json"), json.dumps(catalog))
    return [*command, "--catalog", os.path.join(folder, "tap-catalog.json")]


def contenders(folder, source):
    alone = singer_files(folder, source)
    catalog = source.catalog({KEY: ("full_refresh", None)})
    through = source.command(folder, "read", {"catalog": catalog})
    options = {"env": source.environment, "stderr": subprocess.DEVNULL, "peaks": False}
    return {
        "the tap alone": lambda: measure.pipeline([("adapter", alone), recorded.READER],
                                                  **options),
        "through tapbyte": lambda: measure.pipeline([("adapter", through), recorded.READER],
                                                    **options),
    }


def measure_all(report):
    folder = os.path.join(recorded.FOLDER, "postgres")
    os.makedirs(folder, exist_ok=True)
    tap_environment.of("postgres")
    with postgres.Server() as server:
        server.execute(TABLE.format(rows=ROWS))
        source = airbyte_source.Source("taps/postgres", {
            "host": server.host, "port": server.port, "database": server.database,
            "username": server.user, "password": server.password, "schemas": ["public"]})
        both = contenders(folder, source)
        both["the tap alone"]()  # so that the table is in memory
        runs = measure.rounds(1 if report.quick else 4, both)
    alone, through = runs["the tap alone"], runs["through tapbyte"]
    share = measure.Values(run.cost["adapter"].cpu / run.cost["adapter"].children_cpu
                           for run in through)
    wall = measure.ratios(through, alone)
    report.table(f"A real tap, {ROWS:,} rows", [
        {"run": "the tap alone", "seconds": measure.seconds(alone),
         "tap's CPU s": measure.cpu(alone, "adapter")},
        {"run": "through tapbyte", "seconds": measure.seconds(through),
         "tap's CPU s": measure.Values(run.cost["adapter"].children_cpu for run in through),
         "tapbyte's CPU s": measure.cpu(through, "adapter"),
         "tapbyte's share": share, "of the time alone": wall}])
    report.at_most("CPU time of tapbyte, of pipelinewise-tap-postgres'", share, CPU)
    report.at_most("time of the sync, of the tap's alone", wall, WALL)
