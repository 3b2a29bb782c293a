"""What four tap processes gain: tests/live measures it with a real tap and a slow server.

Its test_parallel.py may have a measure_gain() that gives the seconds with one and with four
processes; without that its tests are run, and their success counts.
"""
import importlib
import os
import subprocess
import sys

from live import tap_environment

GOAL = 3.5
NAME = "gain of 4 processes with 8 streams that wait for a server"
TESTS = os.path.join(tap_environment.ROOT, "tests")
MODULE = "live.test_parallel"


def has_parallel():
    """Does this tapbyte know how to?"""
    help_ = subprocess.run([tap_environment.TAPBYTE, "read", "--help"], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    with open(os.path.join(tap_environment.ROOT, "taps", "tap.schema.json"), "rb") as file:
        return b"--parallel" in help_ or b'"parallel"' in file.read()


def measure_all(report):
    if not has_parallel():
        report.skip(NAME, "this tapbyte has no --parallel")
        return
    if not os.path.exists(os.path.join(TESTS, *MODULE.split(".")) + ".py"):
        report.skip(NAME, f"there is no {MODULE}")
        return
    module = importlib.import_module(MODULE)
    if not hasattr(module, "measure_gain"):
        code = subprocess.run([sys.executable, "-m", "unittest", MODULE], cwd=TESTS,
                              check=False).returncode
        report.at_most(f"{NAME}: exit code of {MODULE}", code, 0)
        return
    one, four = module.measure_gain()
    report.table("Streams side by side", [
        {"processes": 1, "seconds": one}, {"processes": 4, "seconds": four, "gain": one / four}])
    report.at_least(NAME, one / four, GOAL)
