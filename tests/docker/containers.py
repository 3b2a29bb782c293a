"""Images of wrapped taps, made by an installed tapbyte, and containers of them.

    image = containers.image("csv")
    with containers.Container(image, "read", "--config", "/c/config.json", ...,
                              options=["--volume", f"{folder}:/c:ro"]) as container:
        result = container.finish()

Images are kept under the names tapbyte-test/source-NAME:1.0.0: Docker makes only anew what has
changed. Containers do not outlive their `with`.
"""
import functools
import json
import os
import subprocess
import tempfile
import time
import uuid

from e2e.sandbox import Result

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BASE = "debian:bookworm-slim"
VERSION = "1.0.0"
TIME_LIMIT = 120
PULL_LIMIT = 60

# What a careful administrator gives a container. The platform's own is less strict.
LOCKED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none",
          "--security-opt", "no-new-privileges", "--pids-limit", "64"]


def docker(*arguments, check=True):
    """What it printed."""
    result = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and result.returncode != 0:
        raise RuntimeError(f"docker {arguments[0]} failed: {result.stderr.decode()}")
    return result.stdout.decode().strip()


def inspect(name):
    return json.loads(docker("inspect", name))[0]


@functools.lru_cache(maxsize=None)
def make_base():
    """From a registry, where one can be reached; else out of Debian packages."""
    if docker("image", "inspect", BASE, check=False) == "[]":
        try:
            subprocess.run(["docker", "pull", "--quiet", BASE], check=True, timeout=PULL_LIMIT,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            subprocess.run([os.path.join(HERE, "make-base-image"), BASE], check=True)


@functools.lru_cache(maxsize=None)
def installed():
    """The folder that tapbyte was installed into."""
    folder = tempfile.TemporaryDirectory(prefix="tapbyte-docker-")
    installed.folder = folder  # until the tests end
    subprocess.run(["make", "--silent", "install", f"PREFIX={folder.name}"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return folder.name


def name_of(tap):
    return os.path.basename(os.path.normpath(tap))


def build(tap, name, *options):
    """The exit code of `tapbyte build` and all that it wrote."""
    make_base()
    result = subprocess.run(
        [os.path.join(installed(), "bin/tapbyte"), "build", tap, "--tag", name, *options],
        check=False, cwd=installed(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return result.returncode, result.stdout.decode(errors="replace")


@functools.lru_cache(maxsize=None)
def image(tap):
    """The name of an image of an installed tap, or of one in a folder."""
    name = f"tapbyte-test/source-{name_of(tap)}:{VERSION}"
    old = docker("image", "inspect", "--format", "{{.Id}}", name, check=False)
    code, output = build(tap, name)
    if code != 0:
        raise RuntimeError(f"cannot build {name}:\n{output}")
    if old and old != inspect(name)["Id"]:
        docker("image", "rm", old, check=False)
    return name


def metadata_file(tap):
    """The metadata.yaml that was written with the image."""
    return os.path.join(installed(), "build", f"source-{name_of(tap)}", "metadata.yaml")


class Container:
    def __init__(self, image_name, *arguments, options=()):
        self.name = f"tapbyte-test-{uuid.uuid4().hex[:12]}"
        self.command = ["docker", "run", "--name", self.name, "--log-driver", "none", *options,
                        image_name, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self

    def __exit__(self, *details):
        docker("rm", "--force", "--volumes", self.name, check=False)
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait(timeout=TIME_LIMIT)

    def finish(self, before=b""):
        """`before` was read already."""
        started = time.monotonic()
        stdout, stderr = self.process.communicate(timeout=TIME_LIMIT)
        return Result(self.process.returncode, before + stdout, stderr,
                      seconds=time.monotonic() - started)

    def read_until(self, text):
        """The output up to and with the line that holds the text."""
        found = b""
        for line in self.process.stdout:
            found += line
            if text.encode() in line:
                return found
        raise RuntimeError(f"it ended before it wrote {text}: {found.decode()}")

    def shell(self, script):
        """What a script in the running container prints."""
        return docker("exec", self.name, "sh", "-c", script)

    def written(self):
        """What the container has in its file system that the image has not."""
        return docker("diff", self.name).splitlines()


def run(image_name, *arguments, options=()):
    with Container(image_name, *arguments, options=options) as container:
        return container.finish()


def shell(image_name, script, user="1000:1000"):
    """The lines that a script prints in a container of the image."""
    result = subprocess.run(["docker", "run", "--rm", "--log-driver", "none", "--user", user,
                             "--entrypoint", "sh", image_name, "-c", script], check=False,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=TIME_LIMIT)
    return result.stdout.decode().split("\n")[:-1], result.returncode
