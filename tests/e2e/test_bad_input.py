"""Whatever is wrong with what tapbyte is given: a sentence says so, and nothing is left."""
import os
import unittest

from e2e.sandbox import FAKE_TAP, SECRET, SPEC, Case, with_cases

MANIFEST = {"name": "fake", "tap": {"command": [FAKE_TAP]}, "spec": "spec.json"}
STREAM = {"name": "users", "json_schema": {"type": "object", "properties": {"id": {}}},
          "supported_sync_modes": ["full_refresh"]}
CONFIGURED = {"stream": STREAM, "sync_mode": "full_refresh", "destination_sync_mode": "append"}


def arguments_of(command, sandbox, config):
    arguments = [command]
    if config is not None:
        arguments += ["--config", config]
    if command == "read":
        arguments += ["--catalog", sandbox.catalog("users")]
    return arguments


def config_cases():
    """For each command that takes a config: (name, content or None for no file, message)."""
    rows = [
        ("is_not_json", '{"password": "' + SECRET + '",',
         "config.json, is not valid JSON at line 1, column"),
        ("has_text_without_quotes", '{"password": one}',
         "config.json, is not valid JSON at line 1, column 14: a value expected"),
        ("is_not_utf_8", b'{\n"password": "caf\xe9-au-lait"}',
         "config.json, is no text in UTF-8: line 2, column 17; save it as UTF-8"),
        ("is_utf_16", '{"password": "x"}'.encode("utf-16"),
         "config.json, is no text in UTF-8: line 1, column 1; save it as UTF-8"),
        ("has_a_number_that_is_too_large", '{"password": 1e999}',
         "config.json, is not valid JSON at line 1, column 18: a number is too large"),
        ("holds_nan", '{"password": NaN}', "a value is none that JSON has"),
        ("is_empty", "", "config.json, is empty"),
        ("is_blank", " \n", "config.json, is empty"),
        ("is_a_list", ["x"], "config.json, is not a JSON object but an array"),
        ("is_null", "null", "config.json, is not a JSON object but null"),
        ("is_missing", None, "No such file or directory"),
        ("lacks_a_required_key", {}, "password: missing"),
        ("has_a_wrong_type", {"password": SECRET, "records": SECRET},
         "records: is a string, must be an integer"),
        ("lacks_a_nested_key", {"password": SECRET, "database": {"port": 1}},
         "database.host: missing"),
    ]
    for command in ("check", "discover", "read"):
        for name, content, message in rows:
            def run(sandbox, command=command, content=content):
                path = sandbox.path("other/config.json")
                if content is not None:
                    path = sandbox.write("config.json", content)
                return sandbox.run(*arguments_of(command, sandbox, path))
            yield Case(f"{command}_with_a_config_that_{name}", run, 1, ("config_error", message),
                       **({"connection": "FAILED"} if command == "check" else {}),
                       catalog=[], statuses={})
        yield Case(f"{command}_without_a_config",
                   lambda sandbox, command=command: sandbox.run(
                       *arguments_of(command, sandbox, None)),
                   2, ("config_error", "--config FILE"))
        yield Case(f"{command}_with_a_folder_as_config",
                   lambda sandbox, command=command: sandbox.run(
                       *arguments_of(command, sandbox, sandbox.tap)),
                   1, ("config_error", "Is a directory"))


def misspelt(command):
    def run(sandbox):
        path = sandbox.write("config.json", {"password": SECRET, "recrods": "v4lue",
                                             "__injected": 1, "free": 1})
        return sandbox.run(*arguments_of(command, sandbox, path))
    return run


def only_one_key_is_named(test, result):
    warnings = [log["message"] for log in result.of("LOG") if log["level"] == "WARN"]
    test.assertEqual(warnings, ["the config has the key recrods, which the spec does not list; "
                                "is records meant?"])
    test.assertNotIn(b"v4lue", result.stdout)


MISSPELT_CASES = [
    Case(f"{command}_with_a_misspelt_key_says_which", misspelt(command),
         check=only_one_key_is_named)
    for command in ("check", "discover", "read")]


def each_violation_is_named(test, result):
    for violation in ("password: ", "records: ", "database.host: missing", "database.port: ",
                      "streams"):
        test.assertIn(violation, result.error[1])


def all_violations(sandbox):
    config = sandbox.write("config.json", {
        "password": "short", "records": -1, "streams": [1], "database": {"port": "x"}})
    return sandbox.run("check", "--config", config)


def catalog_cases():
    rows = [
        ("that_is_not_json", "{", "catalog.json"),
        ("that_is_empty", "", "catalog.json"),
        ("without_streams", {}, "streams"),
        ("of_another_type", [], "catalog.json"),
        ("with_a_stream_without_a_name", {"streams": [{**CONFIGURED, "stream": {}}]},
         "/streams/0/stream"),
        ("with_an_unknown_sync_mode", {"streams": [{**CONFIGURED, "sync_mode": "INVALID"}]},
         "sync_mode"),
        ("with_a_stream_twice", {"streams": [CONFIGURED, CONFIGURED]}, "users"),
    ]
    for name, content, message in rows:
        yield Case(f"read_with_a_catalog_{name}",
                   lambda sandbox, content=content: sandbox.run(
                       "read", "--config", sandbox.config,
                       "--catalog", sandbox.write("catalog.json", content)),
                   1, ("config_error", message), records=[], statuses={})
    yield Case("read_without_a_catalog",
               lambda sandbox: sandbox.run("read", "--config", sandbox.config),
               2, ("config_error", "--catalog FILE"), statuses={})
    yield Case("read_with_a_catalog_that_is_missing",
               lambda sandbox: sandbox.run("read", "--config", sandbox.config,
                                           "--catalog", sandbox.path("none.json")),
               1, ("config_error", "none.json: No such file"), statuses={})


def names_the_stream(test, result):
    test.assertEqual(result.of("ERROR")[0]["stream_descriptor"], {"name": "gone"})
    test.assertEqual(result.statuses["gone"], ["STARTED", "INCOMPLETE"])


STREAM_CASES = [
    Case("read_of_a_stream_that_the_tap_does_not_have_reads_the_others",
         lambda sandbox: sandbox.read("users", "gone"), 1,
         ("config_error", "the tap has no stream named gone"), records=[1, 2, 3],
         statuses={"users": "COMPLETE", "gone": "INCOMPLETE"}, check=names_the_stream),
    Case("read_with_an_empty_catalog_does_nothing_and_says_so",
         lambda sandbox: sandbox.read(), records=[], statuses={},
         logs=["WARN The configured catalog has no stream"]),
]


def state_cases():
    rows = [
        ("is_not_json", "{x", "state.json"),
        ("is_a_number", "1", "state.json: it is neither a list of state messages nor"),
        ("begins_with_a_mark", b"\xef\xbb\xbf[]", "save it as UTF-8 without BOM"),
        ("is_an_object_of_a_stream", {"stream": {"stream_descriptor": {"name": "users"}}},
         "state.json: the state has an entry that is none: expected"),
        ("has_an_entry_of_a_wrong_type",
         [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "users"},
                                        "stream_state": "2026-01-01"}}],
         "state.json: the state has an entry whose stream_state is no object"),
        ("is_a_list_of_numbers", [1], "state.json"),
        ("has_an_unknown_type", [{"type": "WHAT"}], "state.json"),
    ]
    for name, content, message in rows:
        yield Case(f"read_with_a_state_that_{name}",
                   lambda sandbox, content=content: sandbox.run(
                       "read", "--config", sandbox.config, "--catalog", sandbox.catalog("users"),
                       "--state", sandbox.write("state.json", content)),
                   1, ("config_error", message), records=[], statuses={})
    yield Case("read_with_a_state_that_is_missing",
               lambda sandbox: sandbox.run(
                   "read", "--config", sandbox.config, "--catalog", sandbox.catalog("users"),
                   "--state", sandbox.path("none.json")),
               1, ("config_error", "none.json: No such file"), statuses={})


def empty_states():
    """An absent state, however it is written, is none."""
    for name, content in (("an_empty_list", "[]"), ("an_empty_object", "{}"), ("null", "null"),
                          ("an_empty_file", "")):
        yield Case(f"read_with_{name}_as_state_starts_from_the_beginning",
                   lambda sandbox, content=content: sandbox.run(
                       "read", "--config", sandbox.config, "--catalog", sandbox.catalog("users"),
                       "--state", sandbox.write("state.json", content)),
                   records=[1, 2, 3], statuses={"users": "COMPLETE"})


def replaced(name, content):
    """A run of check with another file in the tap's folder; None: without it."""
    def run(sandbox):
        if content is None:
            os.remove(sandbox.path(name))
        else:
            sandbox.write(name, content)
        return sandbox.run("check", "--config", sandbox.config)
    return run


def manifest_cases():
    command = {"command": [FAKE_TAP]}
    rows = [
        ("tap_json_that_is_not_json", "tap.json", "{", "tap.json"),
        ("tap_json_with_an_unknown_key", "tap.json", {**MANIFEST, "taps": 1}, "/taps"),
        ("tap_json_with_an_unknown_nested_key", "tap.json",
         {**MANIFEST, "tap": {**command, "cmd": "x"}}, "/tap/cmd"),
        ("tap_json_with_a_wrong_type", "tap.json", {**MANIFEST, "tap": {"command": "x"}},
         "/tap/command"),
        ("tap_json_without_a_command", "tap.json", {**MANIFEST, "tap": {}}, "/tap/command"),
        ("tap_json_with_a_wrong_deadline", "tap.json", {**MANIFEST, "check": {"deadline": 0}},
         "/check/deadline"),
        ("tap_json_with_a_spec_that_is_not_there", "tap.json", {**MANIFEST, "spec": "none.json"},
         "none.json"),
        ("tap_json_with_an_overlay_that_is_not_there", "tap.json",
         {**MANIFEST, "catalog": "none.json"}, "none.json"),
        ("no_spec_json", "spec.json", None, "spec.json"),
        ("a_spec_that_is_not_json", "spec.json", "[", "spec.json"),
        ("a_spec_without_connection_specification", "spec.json", {},
         "connectionSpecification"),
        ("a_spec_with_a_keyword_that_is_not_covered", "spec.json",
         {"connectionSpecification": {"type": "object", "properties": {"a": {"$ref": "#/x"}}}},
         "/connectionSpecification/properties/a/$ref"),
    ]
    for name, file, content, message in rows:
        yield Case(f"check_with_{name}", replaced(f"tap/{file}", content), 1,
                   ("system_error", message), connection="FAILED")

        def run_spec(sandbox, file=file, content=content):
            replaced(f"tap/{file}", content)(sandbox)
            return sandbox.run("spec")
        yield Case(f"spec_with_{name}", run_spec, 1, ("system_error", message))
    yield Case("check_without_tap_json", replaced("tap/tap.json", None), 2,
               ("config_error", "no file tap.json"), connection="FAILED")


def command_cases():
    def run(*command, env=None, prepare=lambda sandbox: None, **tap):
        def start(sandbox):
            prepare(sandbox)
            sandbox.write("tap/tap.json", {**MANIFEST, "tap": {"command": list(command), **tap}})
            return sandbox.run("check", "--config", sandbox.config, env=env)
        return start

    def write_script(sandbox):
        script = sandbox.write("tap/script", "#!/no/such/interpreter\n")
        os.chmod(script, 0o700)

    rows = [
        ("is_not_in_path", run("tap-not-there"), "tap-not-there, is not in PATH"),
        ("is_not_in_an_empty_path", run("tap-not-there", env={"PATH": ""}), "is not in PATH"),
        ("is_missing_in_the_folder", run("./tap-not-there"), "/tap/./tap-not-there"),
        ("is_missing_with_its_absolute_path", run("/no/such/tap"), "/no/such/tap"),
        ("is_a_folder", run("../home"), "not there or not executable"),
        ("is_not_executable", run("./spec.json"), "not there or not executable"),
        ("is_not_installed", run("tap-fake", pip="tap-fake"), "/tap`"),
        ("has_no_interpreter", run("./script", prepare=write_script), "no such file"),
    ]
    for name, start, message in rows:
        yield Case(f"check_of_a_tap_whose_command_{name}", start, 1, ("system_error", message),
                   connection="FAILED")


def option_cases():
    rows = [
        ("an_unknown_option", ["--verbose"], "unknown option --verbose"),
        ("an_option_that_is_none", ["-xyz"], "unknown option -xyz"),
        ("an_option_that_lacks_its_value", ["--config"], "--config needs a value"),
        ("a_stray_argument", ["more"], "unexpected argument more"),
        ("a_tap_that_is_not_there", ["--tap", "./none"], "there is no tap in ./none"),
        ("a_tap_name_that_is_not_known", ["--tap", "none"], "there is no tap named none"),
        ("an_empty_tap_name", ["--tap", ""], "which tap?"),
    ]
    for command in ("spec", "check", "discover", "read"):
        for name, arguments, message in rows:
            yield Case(f"{command}_with_{name}",
                       lambda sandbox, command=command, arguments=arguments: sandbox.run(
                           command, *arguments),
                       2, ("config_error", message))
    yield Case("spec_without_a_tap",
               lambda sandbox: sandbox.run("spec", env={"TAPBYTE_TAP": None}),
               2, ("config_error", "which tap?"))


def no_temporary_folder(sandbox):
    return sandbox.run("check", "--config", sandbox.config,
                       env={"TMPDIR": sandbox.path("no-such-folder")})


def a_file_as_temporary_folder(sandbox):
    return sandbox.run("check", "--config", sandbox.config, env={"TMPDIR": sandbox.config})


OTHER_CASES = [
    Case("check_names_every_violation_of_the_spec", all_violations, 1,
         ("config_error", "password: "), connection="FAILED", check=each_violation_is_named),
    Case("check_without_a_temporary_folder", no_temporary_folder, 1,
         ("system_error", "no-such-folder: No such file"), connection="FAILED"),
    Case("check_with_a_file_as_temporary_folder", a_file_as_temporary_folder, 1,
         ("system_error", "Not a directory"), connection="FAILED"),
]


@with_cases(config_cases(), MISSPELT_CASES, catalog_cases(), STREAM_CASES, state_cases(),
            empty_states(), manifest_cases(), command_cases(), option_cases(), OTHER_CASES)
class BadInput(unittest.TestCase):
    pass


@with_cases([Case("spec_prints_the_specification", lambda sandbox: sandbox.run("spec"),
                  check=lambda test, result: test.assertEqual(result.of("SPEC"), [SPEC]))])
class GoodInput(unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
