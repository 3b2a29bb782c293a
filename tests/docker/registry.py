"""A registry of images that a daemon on this machine can reach, empty at first.

    with registry.Registry() as server:
        containers.docker("push", f"{server.address}/source-x:1.0.0")

It is Debian's docker-registry on a free port of 127.0.0.1, which Docker trusts without TLS. The
package is unpacked into build, not installed: that would start it as a service.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

from live import virtual_environment

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
START_LIMIT = 20  # seconds


def program():
    """Its path; None where it is neither installed nor to be had."""
    if shutil.which("docker-registry"):
        return "docker-registry"
    try:
        with virtual_environment.Kept("docker-registry", "") as kept:
            if not kept.is_current:
                os.mkdir(kept.folder)
                subprocess.run(["apt-get", "download", "-qq", "docker-registry"], check=True,
                               cwd=kept.folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
                package, = glob.glob(os.path.join(kept.folder, "*.deb"))
                subprocess.run(["dpkg", "--extract", package, kept.folder], check=True)
            return os.path.join(kept.folder, "usr/bin/docker-registry")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None


class Registry:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tapbyte-registry-")
        settings = os.path.join(self.folder, "settings.yml")
        with open(settings, "w", encoding="utf-8") as file:
            json.dump({"version": 0.1, "http": {"addr": "127.0.0.1:0"}, "storage": {
                "filesystem": {"rootdirectory": os.path.join(self.folder, "images")}}}, file)
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program(), "serve", settings], stdout=log,
                                            stdin=subprocess.DEVNULL, stderr=log)
        self.address = self.wait_for_address()
        return self

    def wait_for_address(self):
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with open(self.log, encoding="utf-8") as log:
                text = log.read()
            found = re.search(r"listening on (127\.0\.0\.1:[0-9]+)", text)
            if found:
                return found[1]
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"docker-registry did not start:\n{text}")

    def __exit__(self, *details):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def digest(self, name, tag):
        """Of the manifest that it serves for an image."""
        request = urllib.request.Request(f"http://{self.address}/v2/{name}/manifests/{tag}",
                                         headers={"Accept": MANIFEST})
        with urllib.request.urlopen(request) as response:
            return response.headers["Docker-Content-Digest"]
