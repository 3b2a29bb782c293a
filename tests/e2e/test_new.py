"""tapbyte new: fake taps in wheels made here, installed by pip from a folder, and wrapped."""
import concurrent.futures
import json
import os
import subprocess
import time
import unittest
import zipfile

from e2e.sandbox import SECRET, TAPBYTE, Sandbox

PARALLEL = 4
TIME_LIMIT = 180

MESSAGES = """
import argparse, json, os, sys, time
def message(**members):
    print(json.dumps(members), flush=True)
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "day": {"type": "string"}}}
def sync(stream, state):
    message(type="SCHEMA", stream=stream, schema=SCHEMA, key_properties=["id"])
    for number in range(3):
        message(type="RECORD", stream=stream, record={"id": number, "day": "2026-01-01"})
    message(type="STATE", value=state)
def no_network(config):
    made_up = "placeholder" in json.dumps(config)
    if made_up and not os.environ.get("HTTPS_PROXY", "").endswith(":9"):
        sys.exit("CRITICAL made-up credentials would have been sent")
"""

# as singer-python's: one argparse for all, required keys, then one by a KeyError
LEGACY = MESSAGES + """
CATALOG = {"streams": [{"tap_stream_id": "users", "stream": "users", "schema": SCHEMA,
    "metadata": [{"breadcrumb": [], "metadata": {"table-key-properties": ["id"],
                                                 "valid-replication-keys": ["day"]}}]}]}
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", "--config", required=True)
    for option in ("-s/--state", "-p/--properties", "--catalog"):
        parser.add_argument(*option.split("/"))
    parser.add_argument("-d", "--discover", action="store_true")
    args = parser.parse_args()
    with open(args.config) as file:
        config = json.load(file)
    missing = [key for key in ("api_key", "start_date") if key not in config]
    if missing:
        raise Exception("Config is missing required keys: {}".format(missing))
    site = config['site_id']
    window = config.get("window_days", 7)
    no_network(config)
    if args.discover:
        print(json.dumps(CATALOG, indent=2))
    elif args.catalog:
        sync("users", {"bookmarks": {"users": {"day": "2026-01-01", "key": config["api_key"]}}})
"""

# as Meltano's SDK: --about, no word that read_mode is required
SDK = MESSAGES + """
ABOUT = {"name": "tap-sdk", "version": "1.0", "capabilities": ["catalog"], "settings": {
    "type": "object", "required": ["auth_token"], "properties": {
        "auth_token": {"type": ["string"], "secret": True, "title": "Auth Token"},
        "read_mode": {"type": ["string", "null"], "enum": [None, "fast", "safe"]},
        "stream_maps": {"type": ["object", "null"]}}}}
HELP = '''Usage: tap-sdk [OPTIONS]
Options:
  --state PATH
  --catalog PATH
  --about
  --discover
  --config TEXT
'''
def main():
    if "--help" in sys.argv:
        sys.exit(print(HELP))
    if "--about" in sys.argv:
        sys.exit(print(json.dumps(ABOUT)))
    with open(sys.argv[sys.argv.index("--config") + 1]) as file:
        config = json.load(file)
    if config["read_mode"] not in ("fast", "safe"):
        sys.exit("Error: no such mode")
    no_network(config)
    if "--discover" in sys.argv:
        sys.exit("CRITICAL 401 Unauthorized")
"""

# as the oldest: a sync is all there is, and one position for it
OLD = MESSAGES + """
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", "--config")
    parser.add_argument("-s", "--state")
    args = parser.parse_args()
    with open(args.config) as file:
        config = json.load(file)
    no_network(config)
    if not config:
        sys.exit("CRITICAL cannot connect to proxy")
    sync("rates", {"start_date": "2026-01-02"})
"""

SIX = "import six\n" + LEGACY

WAITS = LEGACY.replace("    no_network(config)\n", "    time.sleep(100)\n")

# tells its streams to anybody, and cannot sync without the network
OPEN = LEGACY.replace("    elif args.catalog:\n", """    else:
        time.sleep(100)
    if args.catalog:
""")

# lets nobody sync, but discovers for whoever says what he likes
SHUT = LEGACY.replace("    if args.discover:\n", """    if config['api_key'] == 'placeholder':
        sys.exit("CRITICAL that is no key")
    if not args.discover:
        sys.exit("CRITICAL 401 Unauthorized")
    if args.discover:
""")

# wants one of several settings
ONE_OF = SDK.replace('"required": ["auth_token"], ', "").replace(
    """    if config["read_mode"] not in ("fast", "safe"):
        sys.exit("Error: no such mode")
""", """    sys.exit("This tap requires one and only one of 'auth_token', 'read_mode'")
""")

# fails when it is handed the catalog that it printed
SHY = LEGACY.replace("    elif args.catalog:\n",
                     "    elif args.catalog:\n        raise AttributeError('no setter')\n"
                     "    else:\n")

# wants a setting only where its others are good
LATE = LEGACY.replace("    if args.discover:\n",
                      "    if config['api_key'] != 'placeholder':\n        config['region']\n"
                      "    if args.discover:\n")

# what it says quotes a setting that nobody would take for a secret, and is no plain text
TELLS = LEGACY.replace("    if args.discover:\n", """    if args.discover:
        if config["site_id"] != "placeholder":
            sys.exit("CRITICAL no " + config["site_id"] + "\\x1b[31m <b>\\n# [x](y) "
                     + chr(233) * 900)
""")

# the secret is in the catalog, and a name in the state
REPEATS = LEGACY.replace("    if args.discover:\n", """
    SCHEMA["properties"][config["api_key"]] = {}
    if args.discover:
""").replace('"key": config["api_key"]', 'config["api_key"]: 1')

# prints without an end when asked for help
FLOODS = LEGACY.replace("    args = parser.parse_args()\n", """    while "--help" in sys.argv:
        print("-" * 100000)
    args = parser.parse_args()
""")

# asks for one more setting each time
ENDLESS = LEGACY.replace("    no_network(config)\n", """    config["more%d" % len(config)]
""")

HOME = "https://example.com/tap"
SITE = "site-of-4cme"


def make_wheel(folder, name, version, source, programs=None, home=HOME, metadata=""):
    """A wheel with one module, whose main is each of the programs. Its path."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    programs = [name] if programs is None else programs
    files = {
        f"{module}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
                            + (f"Home-page: {home}\n" if home else "") + metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\n" + "".join(
            f"{program} = {module}:main\n" for program in programs),
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = os.path.join(folder, f"{module}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as wheel:
        for name_in_wheel, content in files.items():
            wheel.writestr(name_in_wheel, content)
    return path


class Place(Sandbox):
    """A folder with wheels, in which taps/ and catalogs/ come to be."""

    def __init__(self):
        super().__init__()
        self.wheels = self.path("wheels")
        os.mkdir(self.wheels)

    def wheel(self, name, source, version="1.2", **options):
        return make_wheel(self.wheels, name, version, source, **options)

    def tapbyte(self, *arguments):
        """The exit code, stdout and stderr; nothing may be left."""
        env = self.environment(PIP_NO_INDEX="1", PIP_FIND_LINKS=self.wheels)
        result = subprocess.run([TAPBYTE, *arguments], env=env, cwd=self.folder, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=TIME_LIMIT, text=True)
        assert self.leftovers() == [], self.leftovers()
        assert "runtime error" not in result.stderr and "Sanitizer" not in result.stderr, \
            result.stderr
        return result.returncode, result.stdout, result.stderr

    def json(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return json.load(file)

    def settings(self, name):
        """What the spec says: the names that are required and secret, and all properties."""
        spec = self.json(f"taps/{name}/spec.json")["connectionSpecification"]
        secret = [key for key, value in spec["properties"].items() if value.get("airbyte_secret")]
        return spec.get("required", []), secret, spec["properties"]

    def all_text(self):
        """Of all files that were written."""
        text = ""
        for folder in ("taps", "catalogs"):
            for root, folders, names in os.walk(self.path(folder)):
                folders[:] = [name for name in folders if name != ".venv"]
                for name in names:
                    with open(os.path.join(root, name), encoding="utf-8") as file:
                        text += file.read()
        return text


def legacy(place):
    place.wheel("pipelinewise-tap-legacy", LEGACY, programs=["tap-legacy"])
    return place.tapbyte("new", "legacy", "--pip", "pipelinewise-tap-legacy")


def check_legacy(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.json("taps/legacy/tap.json"), {
        "name": "legacy", "spec": "spec.json", "catalog": "../../catalogs/legacy.json",
        "tap": {"command": ["tap-legacy"], "pip": "pipelinewise-tap-legacy==1.2"},
        "check": {"method": "first_record"}})
    required, secret, properties = place.settings("legacy")
    test.assertEqual(required, ["api_key", "start_date", "site_id"])
    test.assertEqual(secret, ["api_key"])
    test.assertEqual(properties["window_days"],
                     {"type": "integer", "title": "Window days", "order": 3, "default": 7})
    test.assertEqual(place.json("taps/legacy/spec.json")["documentationUrl"], HOME)
    test.assertEqual(place.json("catalogs/legacy.json"), {"streams": {}})
    streams = place.json("taps/legacy/configured_catalog.json")["streams"]
    test.assertEqual([(stream["stream"]["name"], stream["sync_mode"]) for stream in streams],
                     [("users", "incremental")])
    test.assertIn("--discover --catalog --properties --state", stdout)
    steps = ["Installing ", "Starting it for its options", "Installed ", "Starting it for its set",
             "Settings: ", "Options: ", "Starting it for its streams", "Discovery: ", "Wrote in "]
    lines = stdout.splitlines()
    test.assertEqual([line.startswith(step) for line, step in zip(lines, steps)],
                     [True] * len(steps), stdout)
    check_use(test, place)


def check_use(test, place):
    """The commands that it names work."""
    config = place.write("config.json", {"api_key": SECRET, "start_date": "2026-01-01",
                                         "site_id": "1"})
    code, stdout, _ = place.tapbyte("check", "--tap", "legacy", "--config", config)
    test.assertIn('"SUCCEEDED"', stdout)
    code, stdout, _ = place.tapbyte("read", "--tap", "legacy", "--config", config, "--catalog",
                                    place.path("taps/legacy/configured_catalog.json"))
    test.assertEqual((code, stdout.count('"RECORD"')), (0, 3), stdout)
    code, stdout, _ = place.tapbyte("spec", "--tap", "legacy")
    test.assertEqual(code, 0)


def sdk(place):
    path = place.wheel("tap-sdk", SDK)
    return place.tapbyte("new", "sdk", "--pip", os.path.relpath(path, place.folder))


def check_sdk(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    required, secret, properties = place.settings("sdk")
    test.assertEqual((required, secret), (["auth_token", "read_mode"], ["auth_token"]))
    test.assertEqual(properties, {
        "auth_token": {"type": "string", "title": "Auth Token", "airbyte_secret": True,
                       "order": 0},
        "read_mode": {"type": "string", "title": "Read mode", "enum": ["fast", "safe"],
                      "order": 1}})
    manifest = place.json("taps/sdk/tap.json")
    test.assertEqual(manifest["tap"]["pip"],
                     os.path.realpath(place.path("wheels/tap_sdk-1.2-py3-none-any.whl")))
    test.assertNotIn("check", manifest)
    test.assertFalse(os.path.exists(place.path("taps/sdk/configured_catalog.json")))
    test.assertIn("401 Unauthorized", stdout)


def old(place):
    place.wheel("tap-old", OLD)
    config = place.write("old.json", {"base": "EUR", "secret_word": SECRET})
    return place.tapbyte("new", "old", "--pip", "tap-old==1.2", "--config", config)


def check_old(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.json("catalogs/old.json"),
                     {"streams": {"rates": {"keeps_position": True}}})
    required, secret, properties = place.settings("old")
    test.assertEqual((required, secret), ([], ["secret_word"]))
    test.assertEqual(properties["base"]["type"], "string")
    test.assertEqual(place.json("taps/old/tap.json")["check"], {"method": "first_record"})
    with open(place.path("taps/old/README.md"), encoding="utf-8") as file:
        readme = file.read()
    test.assertIn('"start_date": "..."', readme)
    test.assertIn("A sync: 3 records and a state.", stdout)
    test.assertNotIn(SECRET, place.all_text() + stdout)


def six(place):
    place.wheel("tap-six", SIX)
    place.wheel("six", "", version="1.17", programs=[])
    return place.tapbyte("new", "six", "--pip", "tap-six")


def check_six(test, place, code, stdout, stderr):
    test.assertEqual(code, 0, stdout + stderr)
    test.assertEqual(place.json("taps/six/tap.json")["tap"]["pip"], ["tap-six==1.2", "six==1.17"])
    test.assertIn("The tap needs six", stdout)
    test.assertEqual(place.settings("six")[0], ["api_key", "start_date", "site_id"])


def several(place):
    place.wheel("several", LEGACY, programs=["tap-a", "tap-b"])
    return place.tapbyte("new", "several", "--pip", "several")


def check_several(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("--command", stderr)
    test.assertIn("tap-a, tap-b", stderr)
    test.assertEqual(place.all_text(), "")
    code, stdout, stderr = place.tapbyte("new", "several", "--pip", "several", "--command",
                                         "tap-b")
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.json("taps/several/tap.json")["tap"]["command"], ["tap-b"])


def again(place):
    place.wheel("tap-legacy", LEGACY)
    place.tapbyte("new", "again", "--pip", "tap-legacy")
    place.write("catalogs/again.json", {"streams": {"users": {"name": "people"}}})
    place.write("taps/again/README.md", "mine")
    return place.tapbyte("new", "again", "--pip", "tap-legacy")


def check_again(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("is there already; --force", stderr)
    test.assertIn("mine", place.all_text())
    code, stdout, stderr = place.tapbyte("new", "--force", "again", "--pip", "tap-legacy")
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertNotIn("mine", place.all_text())
    test.assertEqual(place.json("catalogs/again.json"), {"streams": {"users": {"name": "people"}}})
    test.assertIn("catalogs/again.json stays as it was", stdout)


def missing(place):
    return place.tapbyte("new", "missing", "--pip", "tap-missing")


def check_missing(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("cannot install its packages", stderr)
    test.assertFalse(os.path.exists(place.path("taps")))
    test.assertFalse(os.path.exists(place.path("catalogs")))


def missing_elsewhere(place):
    os.makedirs(place.path("taps/missing"))
    os.makedirs(place.path("catalogs"))
    place.write("taps/missing/notes.txt", "mine")
    place.write("catalogs/missing.json", {"streams": {"a": {"name": "b"}}})
    return place.tapbyte("new", "missing", "--pip", "tap-missing", "--force")


def check_missing_elsewhere(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("cannot install its packages", stderr)
    test.assertEqual(os.listdir(place.path("taps/missing")), ["notes.txt"])
    test.assertEqual(place.json("catalogs/missing.json"), {"streams": {"a": {"name": "b"}}})


def unwritable(place):
    """The last of the files cannot be written, and another one was there before."""
    place.wheel("tap-legacy", LEGACY)
    os.makedirs(place.path("taps/unwritable/tap.json.new"))
    place.write("taps/unwritable/README.md", "mine")
    return place.tapbyte("new", "unwritable", "--pip", "tap-legacy", "--force")


def check_unwritable(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("cannot write", stderr)
    test.assertEqual(sorted(os.listdir(place.path("taps/unwritable"))),
                     ["README.md", "tap.json.new"])
    test.assertFalse(os.path.exists(place.path("catalogs")))


STOPPED = """#!/bin/sh
mkdir -p "$4/bin"
kill -INT 0
"""


def stopped(place):
    """By Ctrl-C while pip is at work."""
    os.mkdir(place.path("programs"))
    os.chmod(place.write("programs/python3", STOPPED), 0o755)
    process = place.start("new", "stopped", "--pip", "tap-legacy", start_new_session=True, env={
        "PATH": f"{place.path('programs')}:{os.environ['PATH']}"})
    stdout, stderr = process.communicate(timeout=TIME_LIMIT)
    return process.returncode, stdout.decode(), stderr.decode()


def check_stopped(test, place, code, stdout, stderr):
    test.assertEqual(code, 1)
    test.assertIn("was ended by signal 2", stderr)
    test.assertFalse(os.path.exists(place.path("taps")))


def waits(place):
    place.wheel("tap-waits", WAITS)
    started = time.monotonic()
    code, stdout, stderr = place.tapbyte("new", "waits", "--pip", "tap-waits")
    return code, stdout, stderr + ("" if time.monotonic() - started < 60 else "too slow")


def check_waits(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.settings("waits")[0], ["api_key", "start_date", "site_id"])
    test.assertIn("needs settings that work", stdout)


def open_to_all(place):
    place.wheel("tap-open", OPEN, metadata="License: BSD\n")
    return place.tapbyte("new", "open", "--pip", "tap-open")


def check_open_to_all(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertIn("Discovery: 1 stream, with made-up settings and no network.", stdout)
    manifest = place.json("taps/open/tap.json")
    test.assertEqual(manifest["check"], {"method": "first_record"})
    test.assertEqual(len(place.json("taps/open/configured_catalog.json")["streams"]), 1)
    test.assertNotIn("metadata", manifest)
    test.assertIn("The license: ", stdout)
    test.assertNotIn("A home page: ", stdout)
    test.assertTrue(stdout.endswith("\n  tapbyte build open\n"), stdout)


def check_shut(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertIn("A sync: 0 records, and no state.", stdout)
    test.assertIn("A sync with your config fails: 401 Unauthorized", stdout)
    test.assertEqual(place.json("taps/x/tap.json")["check"], {"method": "first_record"})


LICENSED = """License-Expression: Apache-2.0
Project-URL: Bug Tracker, https://example.com/bugs
Project-URL: Source Code, https://example.com/source
"""


def one_of(place):
    place.wheel("tap-one-of", ONE_OF, home=None, metadata=LICENSED)
    return place.tapbyte("new", "one-of", "--pip", "tap-one-of")


def check_one_of(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertIn("one and only one of 'auth_token', 'read_mode'\n", stdout)
    test.assertIn("write config.json with those settings of taps/one-of/spec.json that the tap "
                  "wants: see above\n", stdout)
    test.assertEqual(place.json("taps/one-of/tap.json")["metadata"], {"license": "Apache-2.0"})
    test.assertEqual(place.json("taps/one-of/spec.json")["documentationUrl"],
                     "https://example.com/source")
    test.assertNotIn("The license: ", stdout)


# a package in a folder, which pip builds without the network
BACKEND = """
import os, shutil
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = next(name for name in os.listdir() if name.endswith(".whl"))
    shutil.copy(name, folder)
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def make_project(place, folder):
    os.makedirs(place.path(folder))
    place.write(f"{folder}/pyproject.toml", PROJECT)
    place.write(f"{folder}/backend.py", BACKEND)
    make_wheel(place.path(folder), "tap-own", "0.1", LEGACY, home=None)


def own(place):
    make_project(place, "taps/own/tap-private")
    return place.tapbyte("new", "own", "--pip", "./taps/own/tap-private")


def check_own(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.json("taps/own/tap.json")["tap"]["pip"], "./tap-private")
    test.assertIn("A home page: ", stdout)
    test.assertNotIn("for an image", stdout)
    code, stdout, stderr = place.tapbyte("install", "own")
    test.assertEqual(code, 0, stdout + stderr)
    test.assertTrue(os.path.exists(place.path("taps/own/.venv/bin/tap-own")))


def elsewhere(place):
    make_project(place, "own")
    code, stdout, stderr = place.tapbyte("new", "elsewhere", "--pip", "./nowhere")
    if (code, os.path.exists(place.path("taps"))) != (1, False) or \
            "tapbyte new: --pip ./nowhere: No such file" not in stderr:
        return code, stdout, stderr
    return place.tapbyte("new", "elsewhere", "--pip", "own/")


def check_elsewhere(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    folder = os.path.realpath(place.path("own"))
    test.assertEqual(place.json("taps/elsewhere/tap.json")["tap"]["pip"], folder)
    test.assertIn(f"  for an image, move {os.path.relpath(folder, place.folder)} into "
                  "taps/elsewhere, and name it from there in tap.json\n"
                  "  tapbyte build elsewhere\n", stdout)
    process = place.start("install", "elsewhere", env={"TAPBYTE_VENVS": "venvs"})
    stdout, stderr = process.communicate(timeout=TIME_LIMIT)
    test.assertEqual(process.returncode, 0, stdout + stderr)
    test.assertTrue(os.path.exists(place.path("venvs/elsewhere/bin/tap-own")))


def with_config(source, site="1"):
    def run(place):
        place.wheel("tap-x", source)
        config = place.write("config.json", {"api_key": SECRET, "start_date": "2026-01-01",
                                             "site_id": site})
        return place.tapbyte("new", "x", "--pip", "tap-x", "--config", config)
    return run


def check_shy(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.json("taps/x/tap.json")["tap"]["catalog_flags"], [])
    test.assertIn("no setter", stdout)
    test.assertIn("A sync: 3 records and a state.", stdout)
    test.assertNotIn(SECRET, place.all_text() + stdout)


def check_late(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertEqual(place.settings("x")[0], ["api_key", "start_date", "site_id", "region"])
    test.assertFalse(os.path.exists(place.path("taps/x/configured_catalog.json")))
    test.assertNotIn(SECRET, place.all_text() + stdout)


def check_tells(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    text = place.all_text()
    test.assertNotIn(SITE, text + stdout)
    test.assertIn("discovery with your config fails: no ****", stdout)
    test.assertIn("\u00e9\u2026\n", stdout)
    test.assertNotIn("\x1b", text + stdout)
    test.assertIn("no ****\\\\x1b\\[31m \\<b> # \\[x](y) ", text)


def check_repeats(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    text = place.all_text()
    test.assertNotIn(SECRET, text + stdout)
    test.assertIn('"****": 0', text)
    streams = place.json("taps/x/configured_catalog.json")["streams"]
    test.assertEqual(list(streams[0]["stream"]["json_schema"]["properties"]),
                     ["id", "day", "****"])


def floods(place):
    place.wheel("tap-floods", FLOODS, home="https://example.com/`x`")
    started = time.monotonic()
    code, stdout, stderr = place.tapbyte("new", "floods", "--pip", "tap-floods")
    return code, stdout, stderr + ("" if time.monotonic() - started < 60 else "too slow")


def check_floods(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertIn("its options are guessed", stdout)
    test.assertIn("Options: unknown.", stdout)
    test.assertNotIn("`x`", place.all_text())


def endless(place):
    place.wheel("tap-endless", ENDLESS)
    return place.tapbyte("new", "endless", "--pip", "tap-endless")


def check_endless(test, place, code, stdout, stderr):
    test.assertEqual((code, stderr), (0, ""), stdout)
    test.assertIn("it asks for another one each time", stdout)
    test.assertLess(len(place.settings("endless")[0]), 30)


CASES = {
    "wraps_a_tap_that_only_fails_for_want_of_settings": (legacy, check_legacy),
    "wraps_a_tap_that_tells_about_itself": (sdk, check_sdk),
    "wraps_a_tap_that_can_only_be_synced": (old, check_old),
    "adds_a_package_that_the_tap_forgot": (six, check_six),
    "asks_which_of_several_programs_is_the_tap": (several, check_several),
    "writes_over_a_wrapped_tap_only_by_force": (again, check_again),
    "leaves_no_files_where_pip_fails": (missing, check_missing),
    "leaves_what_was_there_where_pip_fails": (missing_elsewhere, check_missing_elsewhere),
    "leaves_what_was_there_where_a_file_cannot_be_written": (unwritable, check_unwritable),
    "leaves_no_files_when_it_is_stopped": (stopped, check_stopped),
    "hands_no_catalog_to_a_tap_that_fails_with_it": (with_config(SHY), check_shy),
    "learns_a_setting_when_the_discovery_with_the_users_config_fails":
        (with_config(LATE), check_late),
    "keeps_what_a_config_holds_and_what_is_no_text_out_of_the_notes":
        (with_config(TELLS, site=SITE), check_tells),
    "does_not_believe_a_discovery_where_a_sync_fails": (with_config(SHUT), check_shut),
    "believes_a_discovery_though_a_sync_waits": (open_to_all, check_open_to_all),
    "says_where_to_look_for_settings_of_which_one_is_wanted": (one_of, check_one_of),
    "names_a_package_in_the_taps_folder_from_there": (own, check_own),
    "names_a_package_elsewhere_by_its_absolute_path": (elsewhere, check_elsewhere),
    "masks_the_secrets_that_a_tap_repeats": (with_config(REPEATS), check_repeats),
    "stops_a_tap_that_prints_without_an_end": (floods, check_floods),
    "stops_asking_a_tap_that_asks_for_more_each_time": (endless, check_endless),
    "does_not_wait_long_for_a_tap_that_waits": (waits, check_waits),
}


class New(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def outcome(run):
            place = Place()
            return place, run(place)

        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            cls.outcomes = {name: pool.submit(outcome, run) for name, (run, _) in CASES.items()}

    def check(self, name):
        place, result = self.outcomes[name].result()
        with place:
            CASES[name][1](self, place, *result)


def test_of(name):
    return lambda self: self.check(name)


for case in CASES:
    setattr(New, "test_it_" + case, test_of(case))


class Usage(unittest.TestCase):
    WRONG = [
        ("new",), ("new", "x"), ("new", "--pip", "tap-x"), ("new", "X y", "--pip", "tap-x"),
        ("new", "a/b", "--pip", "tap-x"), ("new", "x", "y", "--pip", "tap-x"),
        ("new", "x", "--pip"), ("new", "x", "--pip", "tap-x", "--unknown"),
        ("new", "-", "--pip", "tap-x"),
    ]

    def test_what_is_wrong_on_the_command_line_is_said_and_nothing_is_made(self):
        with Place() as place:
            for arguments in self.WRONG:
                with self.subTest(arguments):
                    code, stdout, stderr = place.tapbyte(*arguments)
                    self.assertEqual((code, stdout), (2, ""))
                    self.assertIn("ee tapbyte new --help", stderr)
            self.assertFalse(os.path.exists(place.path("taps")))

    def test_credentials_do_not_get_into_tap_json(self):
        with Place() as place:
            for requirement in (f"git+https://me:{SECRET}@example.com/tap.git",
                                f"tap-x @ https://{SECRET}@example.com/tap.whl",
                                f"--index-url=https://me:{SECRET}@example.com/simple",
                                f"git+ssh://me:{SECRET}@example.com/tap.git"):
                code, stdout, stderr = place.tapbyte("new", "x", "--pip", requirement)
                self.assertEqual((code, stdout), (2, ""))
                self.assertIn("PIP_INDEX_URL or its pip.conf", stderr)
                self.assertNotIn(SECRET, stderr)
            self.assertFalse(os.path.exists(place.path("taps")))
            for requirement in ("tap-x @ file:///no/place@2/x.whl", "git+ssh://me@localhost:1/x",
                                "git+https://git@localhost:1/x"):
                code, _, stderr = place.tapbyte("new", "x", "--pip", requirement)
                self.assertEqual(code, 1)
                self.assertIn("cannot install its packages", stderr)

    def test_a_config_that_cannot_be_read_is_said_before_anything_is_installed(self):
        with Place() as place:
            for content, told in (("{", "is not valid JSON at line 1, column 2"),
                                  ("[]", "is not a JSON object"),
                                  (f'{{"password": "{SECRET}', "is not valid JSON at line 1")):
                config = place.write("config.json", content)
                code, stdout, stderr = place.tapbyte("new", "x", "--pip", "tap-x", "--config",
                                                     config)
                self.assertEqual((code, stdout), (1, ""))
                self.assertIn(told, stderr)
                self.assertNotIn(SECRET, stderr)
            self.assertFalse(os.path.exists(place.path("taps")))


if __name__ == "__main__":
    unittest.main()
