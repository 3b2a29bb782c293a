"""A tap rewrites its config: Airbyte hears of it, at once, whole and once for each change."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from e2e.sandbox import HERE, SECRET, Case, Result, Sandbox, check_always, with_cases
from e2e.test_interruption import is_waiting

# In valgrind no program runs that was built with sanitizers.
PLAIN = os.path.abspath(os.path.join(HERE, "../../tapbyte"))
NEW = "n3w-Passw0rd-1"
NEWER = "n3w-Passw0rd-2"
ROTATE = [{"password": NEW}, {"password": NEWER}]
WAYS = ("rotate_in_place", "rotate_by_rename", "rotate_again", "rotate_slowly", "rotate_over")
LATE_WAYS = ("rotate_at_exit", "rotate_in_thread")
CHECK_FIRST_RECORD = {"check": {"method": "first_record"}}


def config_of(fault, moment, rotate=None, **config):
    return {"password": SECRET, "fault": fault, "moment": moment, "records": 4, "state_every": 1,
            "rotate": rotate or ROTATE, **config}


def told(result):
    """The configs that Airbyte was told, one after the other."""
    for control in result.of("CONTROL"):
        assert set(control) == {"type", "emitted_at", "connectorConfig"}, control
        assert control["type"] == "CONNECTOR_CONFIG"
        assert control["emitted_at"] > 1.7e12
    return [control["connectorConfig"]["config"] for control in result.of("CONTROL")]


def is_control(message):
    return message["type"] == "CONTROL"


def places(result, is_it):
    return [i for i, message in enumerate(result.messages) if is_it(message)]


def check_secrets(test, result, *secrets):
    """Nowhere but in CONTROL is a secret, old or new."""
    lines = [line for line in result.stdout.splitlines(keepends=True)
             if not is_control(json.loads(line))]
    rest = Result(result.code, b"".join(lines), result.stderr.encode(), result.left)
    check_always(test, rest)
    for secret in (SECRET, NEW, NEWER, *secrets):
        test.assertNotIn(secret, rest.stdout.decode())
        test.assertNotIn(secret, result.stderr)


def check_told(test, result, config, rotate=ROTATE):
    """Each of the changes once and in order, and the last one of them surely."""
    expected, current = [], config
    for changes in rotate:
        current = {**current, **changes}
        expected.append(current)
    found = told(result)
    test.assertEqual(found[-1:], expected[-1:])
    test.assertEqual(found, [item for item in expected if item in found])


def check_before(test, result, is_it):
    """The last CONTROL stands before the last message of a kind."""
    test.assertLess(places(result, is_control)[-1], places(result, is_it)[-1])


def is_end(message):
    return (message["type"] == "TRACE" and
            message["trace"].get("stream_status", {}).get("status") in ("COMPLETE", "INCOMPLETE"))


def is_state_of(number):
    def is_it(message):
        return (message["type"] == "STATE" and
                message["state"]["stream"]["stream_state"]["bookmarks"]["users"]["id"] == number)
    return is_it


def of_type(kind):
    return lambda message: message["type"] == kind


def case(command, fault, moment, before, manifest=None):
    config = config_of(fault, moment)

    def check(test, result):
        check_secrets(test, result)
        check_told(test, result, config)
        check_before(test, result, before)
        if "grandchild" not in fault:
            test.assertIn('INFO the config has {"password": "****"} now', result.logs)

    def run(box):
        if command == "read":
            return box.read("users")
        return box.run(command, "--config", box.config)

    method = "_first_record" if manifest else ""
    return Case(f"{command}{method}_with_{fault}", run, check=check,
                sandbox={"config": config, "manifest": manifest})


def cases():
    for way in WAYS + LATE_WAYS:
        yield case("discover", way, "discover", of_type("CATALOG"))
        yield case("check", way, "discover", of_type("CONNECTION_STATUS"))
    for way in WAYS:
        yield case("check", way, "start", of_type("CONNECTION_STATUS"), CHECK_FIRST_RECORD)
        yield case("read", way, "middle", is_state_of(3))
    yield case("read", "rotate_while_stopped", "middle", is_state_of(1000))
    for way in (*LATE_WAYS, "rotate_by_grandchild"):
        yield case("read", way, "middle", is_end)


@with_cases(list(cases()))
class Ways(unittest.TestCase):
    pass


class Interrupted(unittest.TestCase):
    def interrupt(self, fault, text=b"waiting"):
        config = config_of(fault, "middle", [{"password": NEW}])
        with Sandbox(config=config) as box:
            process = box.start("read", "--config", box.config, "--catalog", box.catalog("users"))
            before = is_waiting(process, text)
            found = [line for line in before.splitlines() if b'"CONTROL"' in line]
            process.send_signal(signal.SIGTERM)
            result = box.finish(process, before)
        self.assertEqual(result.code, -signal.SIGTERM)
        check_secrets(self, result)
        check_told(self, result, config, [{"password": NEW}])
        check_before(self, result, is_end)
        return found

    def test_what_is_written_in_the_grace_after_a_signal_is_told(self):
        self.assertEqual(self.interrupt("rotate_on_sigterm"), [])

    def test_a_change_goes_out_while_the_tap_is_silent(self):
        self.assertEqual(len(self.interrupt("rotate_and_hang", b"CONTROL")), 1)

    def test_a_reader_that_has_gone_does_no_harm(self):
        with Sandbox(config=config_of("rotate_on_sigterm", "middle")) as box:
            process = box.start("read", "--config", box.config, "--catalog", box.catalog("users"))
            is_waiting(process)
            process.stdout.close()
            process.stdout = None
            result = box.finish(process)
        self.assertEqual(result.code, -signal.SIGPIPE)
        self.assertEqual(result.left, [])


# (fault, what the warning says; None: there is none)
BROKEN = [
    ("reformat_config", None),
    ("cut_config", "is not a filled JSON object at its end"),
    ("remove_config", "is gone at its end"),
    ("link_config", "is a symbolic link at its end"),
    ("fifo_config", "is not a regular file at its end"),
    ("folder_config", "is not a regular file at its end"),
    ("huge_config", "is larger than 16 MiB at its end"),
]


def broken(fault, warning):
    def check(test, result):
        check_secrets(test, result)
        test.assertEqual(told(result), [])
        found = [log for log in result.logs if "config file" in log]
        test.assertEqual(len(found), 1 if warning else 0, found)
        test.assertTrue(warning is None or found[0].startswith("WARN"), found)

    return Case(fault, lambda box: box.read("users"), check=check, within=5,
                logs=[warning] if warning else [], records=[1, 2, 3, 4],
                sandbox={"config": config_of(fault, "middle")})


@with_cases([broken(*row) for row in BROKEN])
class Broken(unittest.TestCase):
    def test_the_warning_stands_before_the_answer(self):
        with Sandbox(config=config_of("cut_config", "discover")) as box:
            result = box.run("discover", "--config", box.config)
        self.assertEqual([message["type"] for message in result.messages], ["LOG", "CATALOG"])
        self.assertIn("is not a filled JSON object at its end", result.logs[0])


SPEC = {
    "documentationUrl": "https://example.com/fake",
    "connectionSpecification": {
        "type": "object",
        "required": ["credentials"],
        "properties": {
            "credentials": {
                "type": "object", "required": ["access_token", "refresh_token"],
                "properties": {
                    "client_secret": {"type": "string", "airbyte_secret": True},
                    "access_token": {"type": "string", "airbyte_secret": True, "minLength": 6},
                    "refresh_token": {"type": "string", "airbyte_secret": True}}},
            "sites": {"type": "array", "items": {"type": "string"}},
            **{name: {} for name in ("password", "fault", "moment", "records", "state_every",
                                     "rotate")},
        },
    },
}
RULES = {
    "refresh_token": {"from": ["/credentials/refresh_token", "/password"]},
    "/api/token": {"from": "/credentials/access_token"},
    "client_secret": {"from": "/credentials/client_secret"},
    "sites": {"from": "/sites", "join": " "},
    "user_agent": {"value": "tapbyte"},
    "*": {"from": ""},
    "credentials": {"value": None},
}
CREDENTIALS = {"client_secret": "the-client's-own", "access_token": "access-0",
               "refresh_token": "refresh-0"}


class Rules(unittest.TestCase):
    def run_with(self, command, rotate, moment="middle", fault="rotate_in_place", manifest=None):
        self.config = config_of(fault, moment, rotate, credentials=CREDENTIALS,
                                sites=["a", "b"])
        with Sandbox(config=self.config, manifest={"config": RULES, **(manifest or {})}) as box:
            box.write("tap/spec.json", SPEC)
            arguments = ["--catalog", box.catalog("users")] if command == "read" else []
            result = box.run(command, "--config", box.config, *arguments)
        self.assertEqual(result.code, 0, result.logs)
        check_secrets(self, result, *CREDENTIALS.values(), "access-1", "refresh-1")
        return result

    def with_tokens(self, **tokens):
        return {**self.config, "credentials": {**CREDENTIALS, **tokens}}

    def test_tokens_go_back_to_where_they_came_from(self):
        rotate = [{"refresh_token": "refresh-1", "api": {"token": "access-1"},
                   "sites": "a b new.example.com"}]
        for command, moment, manifest, before in (
                ("read", "middle", None, is_state_of(3)),
                ("discover", "discover", None, of_type("CATALOG")),
                ("check", "discover", None, of_type("CONNECTION_STATUS")),
                ("check", "start", CHECK_FIRST_RECORD, of_type("CONNECTION_STATUS"))):
            with self.subTest(command=command, moment=moment):
                result = self.run_with(command, rotate, moment, manifest=manifest)
                self.assertEqual(told(result), [
                    {**self.with_tokens(refresh_token="refresh-1", access_token="access-1"),
                     "sites": ["a", "b", "new.example.com"]}])
                check_before(self, result, before)
                self.assertFalse([log for log in result.logs if log.startswith("WARN")])

    def test_what_has_no_way_back_is_masked_and_warned_of_once(self):
        result = self.run_with("read", [
            {"user_agent": "other", "id_token": "refresh-1x", "api": {"token": "access-1"}},
            {"id_token": "refresh-1x"}])
        self.assertEqual(told(result), [self.with_tokens(access_token="access-1")])
        warnings = [log for log in result.logs if log.startswith("WARN")]
        self.assertEqual(len(warnings), 2, warnings)
        self.assertTrue(any("changed user_agent" in log for log in warnings), warnings)
        self.assertTrue(any("added id_token" in log for log in warnings), warnings)
        self.assertTrue(any('"id_token": "****"' in log for log in result.logs), result.logs)

    def test_a_config_that_does_not_fit_the_spec_is_not_told(self):
        result = self.run_with("read", [{"api": {"token": "abc"}}])
        self.assertEqual(told(result), [])
        errors = [log for log in result.logs if log.startswith("ERROR")]
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("credentials.access_token", errors[0])
        self.assertNotIn("abc", errors[0])

    def test_as_tap_salesforce_does_it(self):
        result = self.run_with("read", [{"refresh_token": "refresh-1"}],
                               fault="rotate_as_tap_salesforce")
        self.assertEqual(told(result), [self.with_tokens(refresh_token="refresh-1")])
        check_before(self, result, is_state_of(3))
        self.assertIn("INFO refreshed ****", result.logs)
        self.assertTrue(any("login via OAuth2" in log for log in result.logs))


class Memory(unittest.TestCase):
    @unittest.skipUnless(shutil.which("valgrind"), "needs valgrind")
    @unittest.skipUnless(os.path.exists(PLAIN), "needs a tapbyte without sanitizers")
    def test_nothing_leaks_or_is_read_before_it_is_written(self):
        config = config_of("rotate_in_place", "middle")
        with Sandbox(config=config) as box:
            process = subprocess.Popen(
                ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=99",
                 PLAIN, "read", "--config", box.config, "--catalog", box.catalog("users")],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=box.environment(TAPBYTE_TAP=box.tap))
            result = box.finish(process)
        self.assertEqual((result.code, result.stderr), (0, ""))
        check_told(self, result, config)


if __name__ == "__main__":
    unittest.main()
