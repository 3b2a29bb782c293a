"""tapbyte install, with packages made here; and make install."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from e2e.sandbox import SPEC, TAPBYTE
from e2e.test_new import Place

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HELP = "print('usage: tap-x [--config CONFIG] [--discover]')\n"


class Install(unittest.TestCase):
    def install(self, place, source):
        place.wheel("tap-x", source)
        place.write("taps/x/tap.json", {"name": "x", "spec": "spec.json",
                                        "tap": {"command": ["tap-x"], "pip": ["tap-x==1.2"]}})
        place.write("taps/x/spec.json", SPEC)
        return place.tapbyte("install", "x")

    def test_a_tap_that_can_start(self):
        with Place() as place:
            os.makedirs(place.path("taps/x"))
            code, stdout, stderr = self.install(place, f"def main():\n    {HELP}")
        self.assertEqual((code, stderr), (0, ""))
        self.assertIn("Installed x: ", stdout)

    def test_a_tap_whose_help_says_nothing(self):
        with Place() as place:
            os.makedirs(place.path("taps/x"))
            code, stdout, stderr = self.install(
                place, "import sys\ndef main():\n    sys.exit('no config')\n")
        self.assertEqual((code, stderr), (0, ""))
        self.assertIn("does not say which options it takes", stdout)

    def test_a_tap_that_cannot_start(self):
        for module, advice in [
                ("six.moves", 'It forgot to ask for a package: add "six" to tap.pip in tap.json'),
                ("no_such_thing", "It may need older packages in tap.pip")]:
            with self.subTest(module), Place() as place:
                os.makedirs(place.path("taps/x"))
                code, stdout, stderr = self.install(
                    place, f"def main():\n    import {module}\n    {HELP}")
                self.assertEqual(code, 1)
                self.assertIn("x is installed, but cannot start: ModuleNotFoundError: No module "
                              f"named '{module.partition('.')[0]}'. {advice}", stderr)
                self.assertNotIn("Installed", stdout)


class MakeInstall(unittest.TestCase):
    """In a copy of the project, with what was compiled."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="tapbyte-e2e-"))
        self.source = os.path.join(self.folder, "source")
        self.prefix = os.path.join(self.folder, "prefix")
        for name in ("adapter", "taps", "catalogs", "build/adapter"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.source, name),
                            ignore=shutil.ignore_patterns(".venv"))
        for name in ("Makefile", "Dockerfile.template", "tapbyte", "tapbyte-http",
                     "build/adapter.a"):
            shutil.copy2(os.path.join(ROOT, name), os.path.join(self.source, name))

    def write(self, *names):
        for name in names:
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write("{}")

    def install(self):
        return subprocess.run(
            ["make", "--silent", "CI=true", "install", f"PREFIX={self.prefix}"],
            cwd=self.source, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def installed(self):
        top = os.path.join(self.prefix, "share/tapbyte")
        return {os.path.relpath(os.path.join(folder, name), top): os.stat(
            os.path.join(folder, name)).st_mode & 0o777
                for folder, _, names in os.walk(top) for name in names}

    def test_taps_without_what_is_private(self):
        self.write("source/taps/mine/config.json", "source/taps/mine/secrets/x.json",
                   "source/taps/mine/.venv/x", "source/taps/mine/lib/tls.key",
                   "source/taps/mine/lib/code.py", "source/taps/mine/run")
        os.chmod(os.path.join(self.source, "taps/mine/run"), 0o700)
        result = self.install()
        self.assertEqual(result.returncode, 0, result.stdout)
        found = self.installed()
        self.assertEqual({name: mode for name, mode in found.items() if "mine" in name},
                         {"taps/mine/lib/code.py": 0o644, "taps/mine/run": 0o755})
        for name in ("taps/csv/tap.json", "catalogs/github.json", "Dockerfile.template",
                     "Makefile"):
            self.assertEqual(found.get(name), 0o644, name)
        sources = {os.path.relpath(os.path.join(folder, name), ROOT)
                   for folder, _, names in os.walk(os.path.join(ROOT, "adapter"))
                   for name in names}
        self.assertEqual(sources - set(found), set())

    def test_an_image_leaves_out_the_same(self):
        with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as file:
            text = file.read().partition("\nPRIVATE = ")[2].partition("\nSHARED")[0]
        with open(os.path.join(ROOT, "adapter/build_context.c"), encoding="utf-8") as file:
            names = file.read().partition("private_files[] = {")[2].partition("NULL")[0]
        self.assertEqual(sorted(set(text.split()) - {"\\", ".*", "__pycache__"}),
                         sorted(re.findall('"([^"]+)"', names)))

    def test_sources_of_an_earlier_version_go(self):
        self.write("prefix/share/tapbyte/adapter/old.c", "prefix/share/tapbyte/taps/own/tap.json")
        self.install()
        self.assertNotIn("adapter/old.c", self.installed())
        self.assertIn("taps/own/tap.json", self.installed())

    def test_the_installed_program_finds_its_taps(self):
        self.install()
        result = subprocess.run(
            [os.path.join(self.prefix, "bin/tapbyte"), "spec", "--tap", "csv"], check=True,
            cwd=self.folder, stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "TAPBYTE_TAPS"})
        expected = subprocess.run([TAPBYTE, "spec", "--tap", os.path.join(ROOT, "taps/csv")],
                                  check=True, stdout=subprocess.PIPE)
        self.assertEqual(result.stdout, expected.stdout)


if __name__ == "__main__":
    unittest.main()
