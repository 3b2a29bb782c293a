"""Tests of what the live tests stand on: the check of the protocol, the private server."""
import os
import unittest

from live import mariadb, postgres, protocol

GOOD = """\
{"type":"RECORD","record":{"stream":"s","data":{"n":12345678901234567890.50},"emitted_at":1}}
{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},\
"stream_state":{"any":[1]}},"sourceStats":{"recordCount":1.0}}}
{"type":"LOG","log":{"level":"INFO","message":"m"}}
{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,\
"stream_status":{"stream_descriptor":{"name":"s","namespace":"n"},"status":"STARTED"}}}
{"type":"CATALOG","catalog":{"streams":[{"name":"s","json_schema":{},\
"supported_sync_modes":["full_refresh"],"source_defined_primary_key":[["id"]]}]}}
{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"},\
"documentationUrl":"https://example.com/docs"}}
{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"m"}}
{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.0,\
"connectorConfig":{"config":{}}}}
"""

BAD = [
    ('no json', "no JSON"),
    ('{"type":"LOG","log":{"level":"INFO","message":NaN}}', "NaN is no JSON"),
    ('{"type":"LOG","type":"LOG","log":{"level":"INFO","message":"m"}}', "two members"),
    ('{"type":"LOG","log":{"level":"WARNING","message":"m"}}', "'WARNING' is none of"),
    ('{"type":"LOG","log":{"level":"INFO"}}', '"message" is missing'),
    ('{"type":"LOG","log":{"level":"INFO","message":"m","extra":1}}', 'no member "extra"'),
    ('{"type":"LOG","log":{"level":"INFO","message":"m","stack_trace":null}}', "null"),
    ('{"type":"LOG","record":{"stream":"s","data":{},"emitted_at":1}}', "does not carry"),
    ('{"type":"LOG"}', "has to carry"),
    ('{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":"1"}}', "an integer"),
    ('{"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":1.5}}', "an integer"),
    ('{"type":"RECORD","record":{"stream":"s","data":[],"emitted_at":1}}', "an object"),
    ('{"type":"RECORD","record":{"stream":1,"data":{},"emitted_at":1}}', "a string"),
    ('{"type":"STATE","state":{"type":"STREAM","global":{"stream_states":[]}}}', "does not carry"),
    ('{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s","x":1}}}}',
     'no member "x"'),
    ('{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"m",'
     '"failure_type":"user_error"}}}', "none of"),
    ('{"type":"CATALOG","catalog":{"streams":[{"name":"s","json_schema":{},'
     '"supported_sync_modes":[]}]}}', "at least 1"),
    ('{"type":"CATALOG","catalog":{"streams":[{"name":"s","json_schema":{},'
     '"supported_sync_modes":["full_refresh"],"source_defined_primary_key":["id"]}]}}', "an array"),
    ('{"type":"SPEC","spec":{"connectionSpecification":{},"documentationUrl":"no url"}}', "URL"),
]


class ProtocolCheck(unittest.TestCase):
    def test_messages_as_the_protocol_wants_them_have_no_errors(self):
        self.assertEqual(protocol.check(GOOD), [])

    def test_each_departure_from_the_protocol_is_found_on_its_line(self):
        errors = protocol.check("".join(line + "\n" for line, _ in BAD))
        for number, (line, expected) in enumerate(BAD, 1):
            with self.subTest(line):
                found = [error for error in errors if error.startswith(f"line {number}: ")]
                self.assertIn(expected, "\n".join(found))

    def test_a_last_line_without_its_end_is_an_error(self):
        self.assertEqual(protocol.check(GOOD.rstrip("\n")), ["line 8: the line has no end"])


class PrivateServers(unittest.TestCase):
    def test_a_postgresql_server_answers_and_leaves_nothing_behind(self):
        with postgres.Server(wal_level="logical") as server:
            folder, process = server.folder, server.process
            self.assertEqual(server.execute("SHOW wal_level; SELECT 'a|b', 1;"), "logical\na|b|1\n")
            with self.assertRaisesRegex(RuntimeError, "does not exist"):
                server.execute("SELECT * FROM nothing")
        self.assertIsNotNone(process.returncode)
        self.assertFalse(os.path.exists(folder))

    def test_a_mariadb_server_answers_and_leaves_nothing_behind(self):
        with mariadb.Server() as server:
            folder, process = server.folder, server.process
            self.assertEqual(server.execute("SELECT 'a\\tb☃𝄞', 1, user()"),
                             "a\tb☃𝄞\t1\ttester@127.0.0.1\n")
            with self.assertRaisesRegex(RuntimeError, "doesn't exist"):
                server.execute("SELECT * FROM nothing")
        self.assertIsNotNone(process.returncode)
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    unittest.main()
