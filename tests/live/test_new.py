"""Two taps from PyPI that nobody has wrapped before, one of each large family, in one command
each: as examples/wrap-your-own tells it."""
import json
import os
import subprocess
import tempfile
import unittest

from live import protocol, slow_server, tap_environment

PAGES = 2
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "of": {"type": "string"}}}
HIDDEN = ("stream_maps", "stream_map_config", "faker_config", "batch_config",
          "flattening_enabled", "flattening_max_depth")


class New(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tapbyte-new-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def json(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def tapbyte(self, *arguments):
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("TAPBYTE_TAPS", "TAPBYTE_VENVS")}
        result = subprocess.run([tap_environment.TAPBYTE, *arguments], cwd=self.folder,
                                env=environment, stdout=subprocess.PIPE, check=False)
        return result.returncode, result.stdout

    def messages(self, *arguments):
        """Of a command of the protocol."""
        code, output = self.tapbyte(*arguments)
        self.assertEqual(protocol.check(output), [])
        return code, [json.loads(line) for line in output.splitlines()]

    def new(self, *arguments):
        code, output = self.tapbyte("new", *arguments)
        self.assertEqual(code, 0)
        return output.decode()

    def settings(self, name):
        code, messages = self.messages("spec", "--tap", name)
        self.assertEqual(code, 0)
        return next(message["spec"]["connectionSpecification"] for message in messages
                    if message["type"] == "SPEC")

    def test_a_tap_of_the_sdk_is_read_by_what_new_wrote(self):
        with slow_server.Server(PAGES, 0) as server:
            with open(self.path("config.json"), "w", encoding="utf-8") as file:
                json.dump({"api_url": server.url, "records_path": "$.records[*]",
                           "next_page_token_path": "$.next",
                           "streams": [{"name": "orders", "path": "/orders",
                                        "primary_keys": ["id"], "schema": SCHEMA}]}, file)
            said = self.new("rest", "--pip", "tap-rest-api-msdk==1.4.2", "--config",
                            "config.json")
            self.assertIn(f"A sync: {PAGES * slow_server.RECORDS} records", said)
            spec = self.settings("rest")
            self.assertEqual(spec["required"], ["api_url", "streams"])
            self.assertTrue(spec["properties"]["bearer_token"]["airbyte_secret"])
            self.assertEqual([name for name in HIDDEN if name in spec["properties"]], [])
            # a form offers the first type, and the config above gives another one
            schema = spec["properties"]["streams"]["items"]["properties"]["schema"]
            self.assertEqual(schema["type"][0], "string")
            _, judged = self.tapbyte("test", "--tap", "rest", "--config", "config.json")
            for test in ("spec is valid", "config fits the spec", "check succeeds"):
                self.assertIn(f"  passed  {test}", judged.decode())
            code, messages = self.messages(
                "read", "--tap", "rest", "--config", "config.json", "--catalog",
                "taps/rest/configured_catalog.json")
        self.assertEqual(code, 0)
        self.assertEqual([message["record"]["data"]["id"] for message in messages
                          if message["type"] == "RECORD"],
                         list(range(1, PAGES * slow_server.RECORDS + 1)))

    def test_a_tap_of_singer_python_tells_its_settings_by_failing(self):
        said = self.new("freshdesk", "--pip", "tap-freshdesk")
        self.assertIn("made-up settings and no network", said)
        spec = self.settings("freshdesk")
        self.assertEqual(sorted(spec["required"]), ["api_key", "domain", "start_date",
                                                    "user_agent"])
        self.assertTrue(spec["properties"]["api_key"]["airbyte_secret"])
        self.assertRegex(self.json("taps/freshdesk/tap.json")["tap"]["pip"],
                         r"^tap-freshdesk==\d")
        self.assertIn("tickets", [stream["stream"]["name"] for stream in self.json(
            "taps/freshdesk/configured_catalog.json")["streams"]])


if __name__ == "__main__":
    unittest.main()
