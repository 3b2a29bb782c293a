"""tapbyte build, with a program in place of docker that notes what it is asked for.

tests/docker does it with a real one.
"""
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
import unittest

from e2e.sandbox import SPEC, TAPBYTE, Sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = ["Dockerfile.template", "Makefile", "adapter"]
FAKE_DOCKER = r"""#!/bin/sh
printf '%s\n' "$@" >"$NOTES/$1"
case $1 in build) cat >"$NOTES/context.tar" ;; esac
echo "stdout of docker $1"
echo "stderr of docker $1" >&2
exit "$(cat "$NOTES/$1.code" 2>/dev/null || echo 0)"
"""
MANIFEST = {"name": "mine", "tap": {"command": ["tap-mine"], "pip": ["tap-mine==1.2", "a<2"]},
            "spec": "spec.json"}
METADATA = """\
metadataSpecVersion: "1.0"
data:
  definitionId: "1196d803-d711-847c-809e-afa20588636f"
  connectorType: "source"
  connectorSubtype: "unknown"
  name: "mine"
  documentationUrl: "https://example.com/fake"
  githubIssueLabel: "source-mine"
  releaseStage: "custom"
  supportLevel: "community"
  registryOverrides:
    cloud:
      enabled: false
    oss:
      enabled: true
  tags:
    - "singer"
  maxSecondsBetweenMessages: 10800
  dockerRepository: "source-mine"
  dockerImageTag: "0.1.0"
"""


class Outcome:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout.decode()
        self.stderr = stderr.decode()


class Installed(Sandbox):
    """A sandbox with an installed tapbyte, a docker and a tap in PARENT/mine."""

    def __init__(self, parent="taps", manifest=None, spec=None):
        super().__init__()
        for folder in ("bin", "share/tapbyte", "notes", f"{parent}/mine"):
            os.makedirs(self.path(folder))
        shutil.copy(TAPBYTE, self.path("bin/tapbyte"))
        for name in SOURCES:
            os.symlink(os.path.join(ROOT, name), self.path(f"share/tapbyte/{name}"))
        self.write("bin/docker", FAKE_DOCKER)
        os.chmod(self.path("bin/docker"), 0o755)
        self.tap = self.path(f"{parent}/mine")
        self.write(f"{parent}/mine/tap.json", {**MANIFEST, **(manifest or {})})
        self.write(f"{parent}/mine/spec.json", spec or SPEC)

    def build(self, *arguments, path=None, tap=None, stdout=subprocess.PIPE):
        process = subprocess.run(
            [self.path("bin/tapbyte"), "build", tap or self.tap, *arguments], cwd=self.folder,
            env=self.environment(PATH=path or f"{self.path('bin')}:{os.environ['PATH']}",
                                 NOTES=self.path("notes")),
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, check=False)
        return Outcome(process.returncode, process.stdout or b"", process.stderr)

    def note(self, name):
        """What docker was told, or None."""
        try:
            with open(self.path(f"notes/{name}"), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return None

    def context(self):
        """name -> (content, mode) of the context that docker got."""
        with open(self.path("notes/context.tar"), "rb") as file:
            archive = tarfile.open(fileobj=io.BytesIO(file.read()))
        found = {}
        for entry in archive.getmembers():
            assert entry.isreg() and entry.mtime == entry.uid == entry.gid == 0, entry
            assert entry.name not in found, entry.name
            found[entry.name] = archive.extractfile(entry).read(), stat.S_IMODE(entry.mode)
        return found

    def metadata(self, name="metadata.yaml"):
        with open(self.path(f"build/source-mine/{name}"), encoding="utf-8") as file:
            return file.read()


class Build(unittest.TestCase):
    def assert_fails(self, outcome, text):
        self.assertEqual(outcome.code, 1, outcome.stdout)
        self.assertIn(text, outcome.stderr)

    def test_docker_is_told_what_the_template_wants_to_know(self):
        with Installed(manifest={"metadata": {"license": "MIT"}}) as sandbox:
            outcome = sandbox.build(tap="mine")
            told = sandbox.note("build")
        self.assertEqual((outcome.code, outcome.stderr.count("stderr of docker")), (0, 2))
        self.assertIn("stdout of docker build\nWrote build/source-mine/metadata.yaml, for a "
                      "registry of connectors.\nBuilt source-mine:0.1.0\n", outcome.stdout)
        self.assertNotIn("stdout of docker version", outcome.stdout)
        self.assertEqual(told[:4], ["build", "--force-rm", "--tag", "source-mine:0.1.0"])
        self.assertEqual(told[-1], "-")
        self.assertEqual(told[4:-1:2], ["--build-arg"] * 7)
        self.assertEqual(told[5:-1:2], [
            "TAP=mine", "BASE_IMAGE=debian:bookworm-slim", "REPOSITORY=source-mine",
            "VERSION=0.1.0", "TITLE=mine",
            "DESCRIPTION=The Singer tap tap-mine==1.2 as an Airbyte source, by tapbyte 0.1.0",
            "DOCUMENTATION=https://example.com/fake"])

    def test_the_template_declares_each_argument(self):
        with open(os.path.join(ROOT, "Dockerfile.template"), encoding="utf-8") as file:
            declared = {line.split()[1].partition("=")[0] for line in file
                        if line.startswith("ARG ")}
        with Installed() as sandbox:
            sandbox.build()
            given = {argument.partition("=")[0] for argument in sandbox.note("build")[5:-1:2]}
        self.assertEqual(declared - given, {"BUILD_PACKAGES", "DEBIAN_FRONTEND"})
        self.assertEqual(given - declared, set())

    def test_the_names_of_images(self):
        for arguments, metadata, expected in [
                ([], {}, "source-mine:0.1.0"),
                (["--tag", "me/mine"], {}, "me/mine:0.1.0"),
                (["--tag=me/mine:2"], {}, "me/mine:2"),
                (["--tag", "host:5000/mine"], {}, "host:5000/mine:0.1.0"),
                (["--tag", "host:5000/mine:2"], {}, "host:5000/mine:2"),
                ([], {"dockerRepository": "me/x", "dockerImageTag": "3.1"}, "me/x:3.1"),
                (["--tag", "other"], {"dockerRepository": "me/x", "dockerImageTag": "3.1"},
                 "other:3.1")]:
            with self.subTest(expected), Installed(manifest={"metadata": metadata}) as sandbox:
                self.assertEqual(sandbox.build(*arguments).code, 0)
                self.assertEqual(sandbox.note("build")[3], expected)
                repository, _, version = expected.rpartition(":")
                self.assertIn(f'  dockerRepository: "{repository}"\n'
                              f'  dockerImageTag: "{version}"\n', sandbox.metadata())

    def test_a_name_that_docker_would_refuse(self):
        for arguments, manifest, text in [
                (["--tag", "x:"], {}, 'tapbyte build: "x:" cannot be an image\'s name'),
                (["--tag", "UPPER:1"], {}, '"UPPER:1" cannot be'),
                (["--tag", ""], {}, '":0.1.0" cannot be'),
                ([], {"metadata": {"dockerImageTag": "a b"}},
                 'mine/tap.json; name the image by --tag: "source-mine:a b" cannot be')]:
            with self.subTest(text), Installed(manifest=manifest) as sandbox:
                self.assert_fails(sandbox.build(*arguments), text)
                self.assertIsNone(sandbox.note("version"))
                self.assertFalse(os.path.exists(sandbox.path("build")))

    def test_another_base_and_a_push(self):
        with Installed() as sandbox:
            outcome = sandbox.build("--push", "--base", "python:3.11-slim", "--tag", "me/x:2")
            self.assertEqual(outcome.code, 0)
            self.assertIn("BASE_IMAGE=python:3.11-slim", sandbox.note("build"))
            self.assertEqual(sandbox.note("push"), ["push", "me/x:2"])

    def test_without_push_nothing_is_pushed(self):
        with Installed() as sandbox:
            sandbox.build()
            self.assertIsNone(sandbox.note("push"))

    def test_the_context_holds_the_sources_and_the_tap_and_nothing_else(self):
        with Installed() as sandbox:
            for folder in (".venv/bin", ".git", "lib/__pycache__"):
                os.makedirs(os.path.join(sandbox.tap, folder))
            for name in (".venv/bin/tap", ".git/HEAD", "lib/__pycache__/x.pyc", ".hidden"):
                sandbox.write(f"taps/mine/{name}", "no")
            sandbox.write("taps/mine/lib/code.py", "# ß\n" * 1000)
            sandbox.write("taps/mine/empty", "")
            sandbox.write("taps/mine/block", "x" * 512)
            sandbox.write("taps/mine/lib/data", "linked")
            os.symlink("lib/data", os.path.join(sandbox.tap, "link"))
            os.mkfifo(os.path.join(sandbox.tap, "fifo"))
            os.chmod(sandbox.write("taps/mine/run", "#!/bin/sh\n"), 0o700)
            os.chmod(os.path.join(sandbox.tap, "spec.json"), 0o600)
            self.assertEqual(sandbox.build().code, 0)
            context = sandbox.context()
        tap = {name[len("tap/"):]: entry for name, entry in context.items()
               if name.startswith("tap/")}
        self.assertEqual({name: mode for name, (_, mode) in tap.items()}, {
            "taps/mine/tap.json": 0o644, "taps/mine/spec.json": 0o644, "taps/mine/run": 0o755,
            "taps/mine/lib/code.py": 0o644, "taps/mine/lib/data": 0o644,
            "taps/mine/link": 0o644, "taps/mine/empty": 0o644, "taps/mine/block": 0o644})
        self.assertEqual(tap["taps/mine/link"][0], b"linked")
        self.assertEqual(tap["taps/mine/lib/code.py"][0], "# ß\n".encode() * 1000)
        self.assertEqual(json.loads(tap["taps/mine/tap.json"][0]), MANIFEST)
        rest = {name for name in context if not name.startswith("tap/")}
        expected = {"Dockerfile", "Makefile"}
        for folder, _, names in os.walk(os.path.join(ROOT, "adapter")):
            expected |= {os.path.relpath(os.path.join(folder, name), ROOT) for name in names}
        self.assertEqual(rest, expected)
        with open(os.path.join(ROOT, "adapter/main.c"), "rb") as file:
            self.assertEqual(context["adapter/main.c"][0], file.read())

    def test_what_looks_private_is_left_out_and_named(self):
        private = ["config.json", "state.json", "secrets/config.json", "recordings/x/tap",
                   "build/x", "credentials.json", "lib/tls.key", "lib/ca.pem", "id_rsa",
                   "id_ed25519.pub"]
        with Installed() as sandbox:
            for name in [*private, "lib/config.json.example", "config.py"]:
                os.makedirs(os.path.dirname(sandbox.path(f"taps/mine/{name}")), exist_ok=True)
                sandbox.write(f"taps/mine/{name}", "{}")
            outcome = sandbox.build()
            context = sandbox.context()
        self.assertEqual({name for name in context if name.startswith("tap/")}, {
            "tap/taps/mine/" + name for name in
            ("tap.json", "spec.json", "lib/config.json.example", "config.py")})
        self.assertIn(f"Not in the image, as it looks private: {sandbox.tap}/build, "
                      f"{sandbox.tap}/config.json, ", outcome.stdout)
        for name in private:
            self.assertIn(f"{sandbox.tap}/" + name.partition("/x")[0].replace(
                "secrets/config.json", "secrets"), outcome.stdout)

    def test_links_out_of_the_folder_are_refused(self):
        for target, text in [("../../elsewhere", "leads out of its folder, to"),
                             ("../..", "leads out of its folder, to"),
                             ("no-such", "leads nowhere")]:
            with self.subTest(target), Installed() as sandbox:
                sandbox.write("elsewhere", "linked")
                os.mkdir(os.path.join(sandbox.tap, "lib"))
                os.symlink(target, os.path.join(sandbox.tap, "link"))
                self.assert_fails(sandbox.build(), text)
                self.assertIsNone(sandbox.note("build"))

    def test_packages_that_an_image_cannot_have(self):
        for requirement, text in [
                ("tap-x @ git+https://me:token@example.com/x", "/tap/pip/1 holds credentials"),
                ("--index-url=https://me:token@example.com/x", "/tap/pip/1 holds credentials"),
                ("/src/tap-x", "/tap/pip/1, /src/tap-x, is not in the tap's folder"),
                ("tap-x @ file:///src/tap-x", "is not in the tap's folder"),
                ("../tap-x", "is not in the tap's folder")]:
            tap = {"command": ["tap-mine"], "pip": ["a", requirement]}
            with self.subTest(requirement), Installed(manifest={"tap": tap}) as sandbox:
                outcome = sandbox.build()
                self.assert_fails(outcome, text)
                self.assertNotIn("token", outcome.stdout + outcome.stderr)

    def test_options_of_pip_are_not_described(self):
        tap = {"command": ["tap-mine"], "pip": ["--pre", "./tap-x", "b"]}
        with Installed(manifest={"tap": tap}) as sandbox:
            sandbox.build()
            self.assertIn("DESCRIPTION=The Singer tap ./tap-x as an Airbyte source, by "
                          "tapbyte 0.1.0", sandbox.note("build"))

    def test_options_of_docker(self):
        with Installed() as sandbox:
            self.assertEqual(sandbox.build("--", "--no-cache", "--platform", "x").code, 0)
            self.assertEqual(sandbox.note("build")[-4:], ["--no-cache", "--platform", "x", "-"])

    def test_the_same_files_make_the_same_context(self):
        contexts = []
        for _ in range(2):
            with Installed() as sandbox:
                sandbox.build()
                with open(sandbox.path("notes/context.tar"), "rb") as file:
                    contexts.append(file.read())
        self.assertTrue(contexts[0] == contexts[1])

    def test_files_outside_of_the_taps_folder_keep_their_places(self):
        for parent, overlay, expected in [
                ("taps", "../../catalogs/mine.json", "tap/catalogs/mine.json"),
                ("deep/er/taps", "x/.././../y//../common.json", "tap/taps/common.json"),
                ("taps", "overlays/../overlay.json", "tap/taps/mine/overlay.json")]:
            with self.subTest(overlay), Installed(parent, {"catalog": overlay}) as sandbox:
                for folder in ("catalogs", f"{parent}/y", f"{parent}/mine/overlays",
                               f"{parent}/mine/x"):
                    os.makedirs(sandbox.path(folder), exist_ok=True)
                place = os.path.normpath(os.path.join(sandbox.tap, overlay))
                sandbox.write(os.path.relpath(place, sandbox.folder), '{"streams": {}}')
                outcome = sandbox.build()
                self.assertEqual(outcome.code, 0, outcome.stderr)
                self.assertEqual(sandbox.context()[expected][0], b'{"streams": {}}')

    def test_files_too_far_outside_are_refused(self):
        with Installed("a/taps", {"catalog": "../../../far.json"}) as sandbox:
            sandbox.write("far.json", '{"streams": {}}')
            self.assert_fails(sandbox.build(), "names ../../../far.json: an image takes files "
                                               "from two folders up at most")
            self.assertIsNone(sandbox.note("build"))

    def test_long_names_are_kept_or_refused(self):
        long = "n" * 100
        with Installed() as sandbox:
            os.makedirs(os.path.join(sandbox.tap, "d" * 120))
            sandbox.write(f"taps/mine/{'d' * 120}/{long}", "kept")
            self.assertEqual(sandbox.build().code, 0)
            self.assertEqual(sandbox.context()[f"tap/taps/mine/{'d' * 120}/{long}"][0], b"kept")
            sandbox.write(f"taps/mine/{long}x", "too long")
            self.assert_fails(sandbox.build(), "nx is too long for a tar archive")

    def test_a_link_into_its_own_folder_is_refused(self):
        with Installed() as sandbox:
            os.symlink(".", os.path.join(sandbox.tap, "loop"))
            self.assert_fails(sandbox.build(), "is more than 32 folders deep")

    def test_metadata_is_written(self):
        with Installed() as sandbox:
            sandbox.build()
            self.assertEqual(sandbox.metadata(), METADATA)

    def test_metadata_of_the_manifest_wins(self):
        more = {"connectorSubtype": "api", "license": "AGPL-3.0", "on": None, "a b": "\"ß\"\n",
                "allowedHosts": {"hosts": ["api.example.com", "${host}"]}, "empty": {},
                "lists": [[1, 2.5], [], {"a": True}]}
        with Installed(manifest={"metadata": more}) as sandbox:
            sandbox.build()
            found = sandbox.metadata()
        for expected in ['  connectorSubtype: "api"\n', '  license: "AGPL-3.0"\n', '  "on": null\n',
                         '  "a b": "\\"ß\\"\\n"\n', "  empty: {}\n",
                         '  allowedHosts:\n    hosts:\n      - "api.example.com"\n'
                         '      - "${host}"\n',
                         "  lists:\n    -\n      - 1\n      - 2.5\n    - []\n    -\n"
                         "      a: true\n"]:
            self.assertIn(expected, found)

    def test_metadata_that_lacks_something(self):
        for metadata, text in [
                ({}, "It lacks license, which a registry demands"),
                ({"license": "MIT"}, None)]:
            with self.subTest(text), Installed(manifest={"metadata": metadata}) as sandbox:
                stdout = sandbox.build().stdout
                self.assertEqual("It lacks" in stdout, text is not None)
                self.assertIn(text or "Wrote", stdout)

    def test_metadata_that_cannot_be_written_is_no_failure(self):
        with Installed() as sandbox:
            sandbox.write("build", "a file")
            outcome = sandbox.build()
        self.assertEqual(outcome.code, 0)
        self.assertIn("no metadata.yaml was written: cannot make the folder", outcome.stderr)
        self.assertIn("Built source-mine:0.1.0", outcome.stdout)

    def test_an_image_is_built_again(self):
        with Installed() as sandbox:
            for tag in ("x:1", "x:2"):
                self.assertEqual(sandbox.build("--tag", tag).code, 0)
            self.assertIn('dockerImageTag: "2"', sandbox.metadata())

    def test_what_is_printed_is_lost(self):
        with Installed() as sandbox, open("/dev/full", "w", encoding="utf-8") as full:
            outcome = sandbox.build(stdout=full)
            self.assert_fails(outcome, "cannot write to stdout: No space left on device")

    def test_files_that_are_pipes(self):
        with Installed() as sandbox:
            os.mkfifo(os.path.join(sandbox.tap, "icon.svg"))
            self.assertEqual(sandbox.build().code, 0)
            os.remove(os.path.join(sandbox.tap, "spec.json"))
            os.mkfifo(os.path.join(sandbox.tap, "spec.json"))
            self.assert_fails(sandbox.build(), "spec.json: is no file")

    def test_an_icon_goes_beside_the_metadata(self):
        with Installed() as sandbox:
            sandbox.write("taps/mine/icon.svg", "<svg/>")
            sandbox.build()
            self.assertIn('  icon: "icon.svg"\n', sandbox.metadata())
            self.assertEqual(sandbox.metadata("icon.svg"), "<svg/>")

    def test_without_docker(self):
        with Installed() as sandbox:
            self.assert_fails(sandbox.build(path="/nonexistent"),
                              "images are made by Docker's client: there is no program docker in "
                              "PATH")
            self.assertFalse(os.path.exists(sandbox.path("build")))

    def test_without_a_daemon(self):
        with Installed() as sandbox:
            sandbox.write("notes/version.code", "1")
            outcome = sandbox.build()
            self.assert_fails(outcome, "the Docker daemon does not answer")
            self.assertIn("stderr of docker version\n", outcome.stderr)
            self.assertIsNone(sandbox.note("build"))

    def test_a_build_or_a_push_that_fails(self):
        for step in ("build", "push"):
            with self.subTest(step), Installed() as sandbox:
                sandbox.write(f"notes/{step}.code", "3")
                outcome = sandbox.build("--push")
                self.assert_fails(outcome, f"docker {step} failed with status 3; see above")
                self.assertNotIn("Built", outcome.stdout)
                self.assertEqual(os.path.exists(sandbox.path("build")), step == "push")

    def test_a_tap_that_is_not_there_or_broken(self):
        with Installed(manifest={"spec": "no.json"}) as sandbox:
            self.assert_fails(sandbox.build(tap="other"), "there is no tap named other")
            self.assert_fails(sandbox.build(), "no.json")

    def test_sources_that_are_not_installed(self):
        with Installed() as sandbox:
            os.remove(sandbox.path("share/tapbyte/Dockerfile.template"))
            self.assert_fails(sandbox.build(), "tapbyte was not installed by make install")

    def test_a_command_line_that_is_wrong(self):
        with Installed() as sandbox:
            for arguments, told in ((["more"], "build needs one tap"),
                                    (["--no"], "unknown option --no;"),
                                    (["--bsae", "x"], "unknown option --bsae; is --base meant?"),
                                    (["--tag"], "--tag needs a value: --tag IMAGE"),
                                    (["--push=1"], "--push takes no value")):
                outcome = sandbox.build(*arguments)
                self.assertEqual(outcome.code, 2, arguments)
                self.assertIn(told, outcome.stderr)
                self.assertIn("tapbyte build --help", outcome.stderr)


if __name__ == "__main__":
    unittest.main()
