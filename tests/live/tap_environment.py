"""The private environments of wrapped taps, made once with `tapbyte install`.

    environment = tap_environment.of("taps/csv")
    subprocess.run([TAPBYTE, "read", "--tap", "taps/csv", ...], env=environment)
"""
import os
import subprocess
import sys

from .virtual_environment import FOLDER, ROOT, Kept

TAPBYTE = os.environ.get("TAPBYTE", os.path.join(ROOT, "tapbyte"))


def of(*taps):
    """The environment variables with which tapbyte finds these taps installed. A tap is a
    folder, from the project's root, or the name of one in taps/."""
    environment = {**os.environ, "TAPBYTE_VENVS": FOLDER}
    for tap in taps:
        folder = os.path.join(ROOT, tap if "/" in tap else os.path.join("taps", tap))
        with open(os.path.join(folder, "tap.json"), encoding="utf-8") as manifest:
            recipe = manifest.read()
        with Kept(os.path.basename(folder), recipe) as kept:
            if not kept.is_current:
                print(f"installing {tap}", file=sys.stderr)
                subprocess.run([TAPBYTE, "install", folder], check=True, env=environment,
                               stdout=sys.stderr)
    return environment
