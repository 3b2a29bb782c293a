"""The images of all taps: that they can be built, and what is in them."""
import json
import os
import subprocess
import sys
import unittest

from docker import containers
from live import virtual_environment

TAPS = sorted(name for name in os.listdir(os.path.join(containers.ROOT, "taps"))
              if os.path.exists(os.path.join(containers.ROOT, "taps", name, "tap.json")))
MOST = {"csv": 248}  # megabytes; of others:
MOST_OF_OTHERS = 142
SHARED = 126  # megabytes that all of them have in common
ENTRYPOINT = "/usr/local/bin/tapbyte"
YAML = "PyYAML==6.0.2"
UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def load_yaml(path):
    python = virtual_environment.python("yaml", [YAML])
    script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    with open(path, "rb") as file:
        return json.loads(subprocess.run([python, "-c", script], stdin=file, check=True,
                                         stdout=subprocess.PIPE).stdout)


def json_of(tap, name):
    with open(os.path.join(containers.ROOT, "taps", tap, name), encoding="utf-8") as file:
        return json.load(file)


def layer_sizes(image):
    """Megabytes of the layers that are not empty, the base first."""
    sizes = containers.docker("history", "--human=false", "--format", "{{.Size}}", image).split()
    return [int(size) / 1e6 for size in reversed(sizes) if int(size) > 0]


class Images(unittest.TestCase):
    def test_every_tap_is_built_and_gives_its_specification(self):
        for tap in TAPS:
            with self.subTest(tap):
                result = containers.run(containers.image(tap), "spec", options=containers.LOCKED)
                self.assertEqual((result.code, result.stderr), (0, ""))
                outside = subprocess.run(
                    [os.path.join(containers.ROOT, "tapbyte"), "spec", "--tap", f"taps/{tap}"],
                    cwd=containers.ROOT, stdout=subprocess.PIPE, check=True)
                self.assertEqual(result.stdout, outside.stdout)

    def test_every_tap_can_be_started(self):
        for tap in TAPS:
            with self.subTest(tap):
                program = json_of(tap, "tap.json")["tap"]["command"][0]
                _, code = containers.shell(containers.image(tap),
                                           f"$TAPBYTE_TAP/.venv/bin/{program} --help")
                self.assertEqual(code, 0)

    def test_they_are_small_and_share_all_but_the_tap(self):
        shared = []
        for tap in TAPS:
            with self.subTest(tap):
                details = containers.inspect(containers.image(tap))
                size = details["Size"] / 1e6
                layers = layer_sizes(containers.image(tap))
                print(f"{tap}: {size:.0f} MB = " + " + ".join(f"{layer:.1f}" for layer in layers),
                      file=sys.stderr)
                self.assertLessEqual(size, MOST.get(tap, MOST_OF_OTHERS))
                self.assertLessEqual(sum(layers[:3]), SHARED)
                shared.append(details["RootFS"]["Layers"][:3])
        self.assertEqual(len({tuple(layers) for layers in shared}), 1)

    def test_docker_and_the_platform_start_the_same(self):
        for tap in TAPS:
            with self.subTest(tap):
                config = containers.inspect(containers.image(tap))["Config"]
                environment = dict(item.split("=", 1) for item in config["Env"])
                self.assertEqual(config["Entrypoint"], [ENTRYPOINT])
                self.assertEqual(environment["AIRBYTE_ENTRYPOINT"], ENTRYPOINT)
                self.assertEqual(config["User"], "1000:1000")
                self.assertFalse(config.get("Cmd"))
                self.assertFalse(config.get("Volumes"))

    def test_labels(self):
        labels = containers.inspect(containers.image("csv"))["Config"]["Labels"]
        self.assertEqual({name: value for name, value in labels.items()
                          if name.startswith(("io.airbyte.", "org.opencontainers."))}, {
            "io.airbyte.name": "tapbyte-test/source-csv",
            "io.airbyte.version": "1.0.0",
            "org.opencontainers.image.title": "CSV files in a folder",
            "org.opencontainers.image.description": "The Singer tap tap-csv-folder==0.0.1a1 as an "
                                                    "Airbyte source, by tapbyte 0.1.0",
            "org.opencontainers.image.documentation":
                "https://github.com/MeltanoLabs/tap-csv-folder",
            "org.opencontainers.image.version": "1.0.0",
            "org.opencontainers.image.base.name": "debian:bookworm-slim"})

    def test_no_compiler_no_pip_no_cache_and_what_the_platform_needs(self):
        for tap in TAPS:
            with self.subTest(tap):
                found, code = containers.shell(containers.image(tap), """
                    for program in cc gcc g++ make git pip pip3 curl; do command -v $program; done
                    find /airbyte /tmp /root /var/lib/apt/lists /var/cache/apt -type f \\
                        ! -name lock ! -name '.*rc' ! -name .profile ! -name .bash_logout
                    find / -xdev -path '*site-packages/pip' -o -xdev -name .cache
                    for program in sh mv sleep touch cat mkfifo; do
                        command -v $program >/dev/null || exit 1
                    done""", user="0")
                self.assertEqual((found, code), ([], 0))

    def test_the_user_can_write_to_nothing_of_it_but_its_home(self):
        found, _ = containers.shell(containers.image("csv"), """
            id -u; id -g; pwd
            find / -xdev -writable ! -type l ! -path '/proc/*' ! -path '/dev/*' 2>/dev/null""")
        self.assertEqual(found[:3], ["1000", "1000", "/airbyte"])
        self.assertEqual(sorted(found[3:]), ["/airbyte", "/run/lock", "/tmp", "/var/tmp"])

    def test_metadata_is_yaml_that_names_the_image(self):
        identities = set()
        for tap in TAPS:
            containers.image(tap)
            with self.subTest(tap):
                metadata = load_yaml(containers.metadata_file(tap))
                data = metadata["data"]
                self.assertEqual(metadata["metadataSpecVersion"], "1.0")
                self.assertEqual((data["dockerRepository"], data["dockerImageTag"]),
                                 (f"tapbyte-test/source-{tap}", "1.0.0"))
                self.assertEqual(data["connectorType"], "source")
                self.assertIn("hosts", data["allowedHosts"])
                self.assertRegex(data["definitionId"], UUID)
                identities.add(data["definitionId"])
        self.assertEqual(len(identities), len(TAPS))


if __name__ == "__main__":
    unittest.main()
