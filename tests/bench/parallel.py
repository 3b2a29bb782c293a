"""What four tap processes gain: tests/live measures it with a real tap and a slow server."""
import importlib
import importlib.util
import subprocess

from live import tap_environment

GOAL = 3.5
NAME = "gain of 4 processes with 8 streams that wait for a server"
TEST = "live.test_parallel"


def has_parallel():
    """Does this tapbyte know how to?"""
    output = subprocess.run([tap_environment.TAPBYTE, "read", "--help"], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    return b"--parallel" in output


def measure_all(report):
    if not has_parallel():
        report.skip(NAME, "read has no --parallel")
        return
    if importlib.util.find_spec(TEST) is None:
        report.skip(NAME, f"there is no {TEST}")
        return
    module = importlib.import_module(TEST)
    if not hasattr(module, "measure_gain"):
        report.skip(NAME, f"{TEST} has no measure_gain()")
        return
    one, four = module.measure_gain()  # seconds with 1 and with 4 processes
    report.table("Streams side by side", [
        {"processes": 1, "seconds": one}, {"processes": 4, "seconds": four, "gain": one / four}])
    report.at_least(NAME, one / four, GOAL)
