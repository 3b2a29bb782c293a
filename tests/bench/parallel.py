"""What four tap processes gain: tests/live measures it with a real tap and a slow server."""
from live import test_parallel

GOAL = 3.5
NAME = "gain of 4 processes with 8 streams that wait for a server"


def measure_all(report):
    one, four = test_parallel.measure_gain()
    report.table("Streams side by side", [
        {"processes": 1, "seconds": one}, {"processes": 4, "seconds": four, "gain": one / four}])
    report.at_least(NAME, one / four, GOAL)
