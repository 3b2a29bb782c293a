"""pipelinewise-tap-postgres from PyPI against a PostgreSQL server of the tests' own: all four
commands, full and incremental, with values compared as text with what psql says."""
import json
import os
import subprocess
import tempfile
import unittest

from live import postgres, protocol, tap_environment

SCHEMA = """
CREATE SCHEMA sales;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE public.accounts (
  id bigint PRIMARY KEY, name text, big numeric(38,18), price numeric(10,2), small smallint,
  plain integer, ratio double precision, ok boolean, born date, seen timestamptz,
  plainly timestamp, at time, tags text[], doc jsonb, mood mood, token uuid, raw bytea);
INSERT INTO public.accounts VALUES
  (1, 'Ada "q" \\ é ☃ 𝄞', 12345678901234567890.123456789012345678, 12.30, -32768,
   2147483647, 0.1, true, '2024-02-29', '2024-01-02 03:04:05.678901+02', '2024-01-02 03:04:05',
   '03:04:05', ARRAY['a','b c',NULL], '{"n": 12345678901234567890123, "deep": [1.5, null]}', 'ok',
   '00000000-0000-0000-0000-00000000000a', '\\x00ff'),
  (9223372036854775807, NULL, -0.000000000000000001, 99999999.99, NULL,
   NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, E'line\\nbreak\\ttab', 0, 0.10, 0, 0, 1e-40, NULL, '9999-12-31', '2024-12-31 23:59:59.999999+00',
   NULL, '00:00:00', '{}', '[]', 'sad', NULL, NULL);
CREATE TABLE sales.orders (id integer PRIMARY KEY, account bigint, total numeric(12,4), at timestamptz);
INSERT INTO sales.orders
  SELECT i, 1, i * 1.0001, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour'
  FROM generate_series(1, 2500) i;
CREATE TABLE sales.accounts (id integer PRIMARY KEY, note text);
INSERT INTO sales.accounts VALUES (7, 'the other table of that name');
CREATE VIEW public.account_names AS SELECT id, name FROM public.accounts;
"""

def key_of(stream):
    return stream.get("namespace"), stream["name"]


def numbers_as_written(line):
    """Python's json with numbers kept as text."""
    return json.loads(line, parse_int=str, parse_float=str)


class Postgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.environment = tap_environment.of("postgres")
        cls.server = cls.enterClassContext(postgres.Server())
        cls.server.execute(SCHEMA)
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.config = cls.write("config.json", {
            "host": cls.server.host, "port": cls.server.port, "database": cls.server.database,
            "username": cls.server.user, "password": cls.server.password})
        cls.streams = {key_of(stream): stream for stream in cls.discover()}

    @classmethod
    def write(cls, name, content):
        path = os.path.join(cls.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return path

    @classmethod
    def run_tapbyte(cls, command, *arguments):
        return subprocess.run([tap_environment.TAPBYTE, command, "--tap", "taps/postgres", *arguments],
                              env=cls.environment, stdout=subprocess.PIPE, check=False)

    @classmethod
    def discover(cls):
        result = cls.run_tapbyte("discover", "--config", cls.config)
        assert result.returncode == 0, result.stdout
        assert protocol.check(result.stdout) == []
        return next(message["catalog"]["streams"] for message in map(json.loads, result.stdout.splitlines())
                    if message["type"] == "CATALOG")

    def read(self, choices, state=None):
        """choices: {(namespace, name): (sync mode, cursor)}. The messages, numbers as text."""
        catalog = self.write("catalog.json", {"streams": [
            {"stream": self.streams[key], "sync_mode": mode, "destination_sync_mode": "append",
             "cursor_field": [cursor] if cursor else []}
            for key, (mode, cursor) in choices.items()]})
        arguments = ["--config", self.config, "--catalog", catalog]
        if state is not None:
            arguments += ["--state", self.write("state.json", state)]
        result = self.run_tapbyte("read", *arguments)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(protocol.check(result.stdout), [])
        self.assertNotIn(self.server.password.encode(), result.stdout)
        return [numbers_as_written(line) for line in result.stdout.decode().splitlines()]

    @staticmethod
    def records(messages, key):
        return [message["record"]["data"] for message in messages
                if message["type"] == "RECORD" and
                (message["record"].get("namespace"), message["record"]["stream"]) == key]

    @staticmethod
    def states(messages):
        """The last state of each stream, the way that Airbyte hands it back."""
        last = {}
        for message in messages:
            if message["type"] == "STATE":
                last[key_of(message["state"]["stream"]["stream_descriptor"])] = message["state"]
        return list(last.values())

    def test_spec_tells_that_the_password_is_a_secret(self):
        result = self.run_tapbyte("spec")
        self.assertEqual(protocol.check(result.stdout), [])
        spec = json.loads(result.stdout)["spec"]["connectionSpecification"]
        self.assertTrue(spec["properties"]["password"]["airbyte_secret"])

    def test_check_tells_a_good_password_from_a_bad_one(self):
        good = self.run_tapbyte("check", "--config", self.config)
        bad_config = self.write("bad.json", {
            "host": self.server.host, "port": self.server.port, "database": self.server.database,
            "username": self.server.user, "password": "not-the-password"})
        bad = self.run_tapbyte("check", "--config", bad_config)
        statuses = {}
        for name, result in (("good", good), ("bad", bad)):
            self.assertEqual(protocol.check(result.stdout), [])
            statuses[name] = [message["connectionStatus"] for message in
                              map(json.loads, result.stdout.splitlines())
                              if message["type"] == "CONNECTION_STATUS"]
        self.assertEqual(statuses["good"], [{"status": "SUCCEEDED"}])
        self.assertEqual([status["status"] for status in statuses["bad"]], ["FAILED"])
        self.assertIn("password authentication failed", statuses["bad"][0]["message"])
        self.assertNotIn(b"not-the-password", bad.stdout)
        self.assertEqual((good.returncode, bad.returncode), (0, 1))

    def test_discover_gives_tables_with_namespaces_keys_and_types(self):
        self.assertEqual(sorted(self.streams), [("public", "account_names"), ("public", "accounts"),
                                                ("sales", "accounts"), ("sales", "orders")])
        accounts = self.streams["public", "accounts"]
        self.assertEqual(accounts["source_defined_primary_key"], [["id"]])
        self.assertEqual(accounts["supported_sync_modes"], ["full_refresh", "incremental"])
        self.assertIs(accounts["source_defined_cursor"], False)
        properties = accounts["json_schema"]["properties"]
        self.assertNotIn("raw", properties)
        self.assertEqual(properties["id"], {"type": ["null", "integer"]})
        self.assertEqual(properties["big"], {"type": ["null", "number"]})
        self.assertEqual(properties["seen"], {"type": ["null", "string"], "format": "date-time",
                                              "airbyte_type": "timestamp_with_timezone"})
        text = json.dumps(accounts)
        for word in ("$ref", "definitions", "multipleOf", "maximum"):
            self.assertNotIn(word, text)

    def test_discover_prints_the_same_bytes_again(self):
        lines = [[line for line in self.run_tapbyte("discover", "--config", self.config).stdout.splitlines()
                  if b'"CATALOG"' in line] for _ in range(2)]
        self.assertEqual(lines[0], lines[1])

    def test_a_full_refresh_brings_each_value_as_the_database_has_it(self):
        key = ("public", "accounts")
        messages = self.read({key: ("full_refresh", None)})
        records = {record["id"]: record for record in self.records(messages, key)}
        self.assertEqual(sorted(records), ["1", "3", "9223372036854775807"])
        first, last, other = records["1"], records["9223372036854775807"], records["3"]
        self.assertEqual(first["big"], "12345678901234567890.123456789012345678")
        self.assertEqual(first["price"], "12.30")
        self.assertEqual(first["name"], 'Ada "q" \\ é ☃ 𝄞')
        self.assertEqual(first["doc"], {"n": "12345678901234567890123", "deep": ["1.5", None]})
        self.assertEqual(first["tags"], ["a", "b c", None])
        self.assertEqual(first["seen"], "2024-01-02T01:04:05.678901+00:00")
        self.assertEqual(last["big"], "-1E-18")
        self.assertEqual(last["price"], "99999999.99")
        self.assertEqual(other["name"], "line\nbreak\ttab")
        self.assertEqual(other["ratio"], "1e-40")
        self.assertNotIn("raw", first)

    def test_two_tables_of_one_name_are_told_apart(self):
        keys = ("public", "accounts"), ("sales", "accounts")
        messages = self.read({key: ("full_refresh", None) for key in keys})
        self.assertEqual(len(self.records(messages, keys[0])), 3)
        self.assertEqual(self.records(messages, keys[1]),
                         [{"id": "7", "note": "the other table of that name"}])

    def test_fields_that_were_not_chosen_do_not_come_out(self):
        key = ("public", "accounts")
        stream = json.loads(json.dumps(self.streams[key]))
        stream["json_schema"]["properties"] = {
            name: stream["json_schema"]["properties"][name] for name in ("id", "price")}
        whole, self.streams[key] = self.streams[key], stream
        try:
            messages = self.read({key: ("full_refresh", None)})
        finally:
            self.streams[key] = whole
        self.assertEqual({tuple(sorted(record)) for record in self.records(messages, key)},
                         {("id", "price")})

    def test_incremental_goes_on_from_its_state_and_counts_what_it_sent(self):
        key, other = ("sales", "orders"), ("public", "accounts")
        choices = {key: ("incremental", "at"), other: ("full_refresh", None)}
        first = self.read(choices)
        self.assertEqual(len(self.records(first, key)), 2500)
        counted = sum(float(message["state"]["sourceStats"]["recordCount"]) for message in first
                      if message["type"] == "STATE" and
                      key_of(message["state"]["stream"]["stream_descriptor"]) == key)
        self.assertEqual(counted, 2500)
        self.server.execute("INSERT INTO sales.orders VALUES (9001, 1, 1.5, '2030-01-01 00:00+00')")
        try:
            second = self.read(choices, self.states(first))
        finally:
            self.server.execute("DELETE FROM sales.orders WHERE id = 9001")
        # Singer's taps send the row at the bookmark again (>=).
        self.assertEqual([record["id"] for record in self.records(second, key)], ["2500", "9001"])
        self.assertEqual(len(self.records(second, other)), 3)

    def test_every_decimal_has_the_text_that_psql_prints(self):
        key = ("sales", "orders")
        expected = self.server.execute("SELECT total FROM sales.orders ORDER BY id").split()
        records = self.records(self.read({key: ("incremental", "id")}), key)
        self.assertEqual([record["total"] for record in records], expected)

    def test_a_stream_that_is_gone_fails_and_the_others_are_read(self):
        key, gone = ("sales", "accounts"), ("sales", "dropped")
        catalog = self.write("catalog.json", {"streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
            for stream in (self.streams[key], {**self.streams[key], "name": "dropped"})]})
        result = self.run_tapbyte("read", "--config", self.config, "--catalog", catalog)
        self.assertEqual(protocol.check(result.stdout), [])
        messages = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(self.records(messages, key)), 1)
        ends = {key_of(message["trace"]["stream_status"]["stream_descriptor"]):
                message["trace"]["stream_status"]["status"]
                for message in messages if message.get("trace", {}).get("type") == "STREAM_STATUS"}
        self.assertEqual(ends, {key: "COMPLETE", gone: "INCOMPLETE"})
        errors = [message["trace"]["error"] for message in messages
                  if message.get("trace", {}).get("type") == "ERROR"]
        self.assertEqual([error["failure_type"] for error in errors], ["config_error"])
        self.assertEqual(errors[0]["stream_descriptor"], {"name": "dropped", "namespace": "sales"})


if __name__ == "__main__":
    unittest.main()
