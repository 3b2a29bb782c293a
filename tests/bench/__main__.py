"""`make bench`: how fast tapbyte is, beside what could stand in its place.

Everything is measured in one go, in rounds in which the contenders take turns, so that what
disturbs one disturbs the other, too. Prints tables and writes build/bench/result.json. The
criteria are ratios; the exit code is 1 when one is missed. BENCH_QUICK=1 takes a third of
the time and says less. BENCH_ONLY="states catalogs" measures these parts only.
"""
import os
import sys
import time

from . import (catalogs, memory, one_stream, parallel, real_tap, recorded, scaling, start_up,
               states)
from .report import Report

PARTS = {"one_stream": one_stream, "scaling": scaling, "memory": memory, "states": states,
         "catalogs": catalogs, "start_up": start_up, "real_tap": real_tap, "parallel": parallel}


def main():
    quick = os.environ.get("BENCH_QUICK", "0") not in ("", "0")
    only = os.environ.get("BENCH_ONLY", "").split() or PARTS
    report = Report(quick)
    for name in only:
        started = time.monotonic()
        PARTS[name].measure_all(report)
        print(f"{name}: {time.monotonic() - started:.0f} seconds", file=sys.stderr)
    report.print_criteria()
    report.save(os.path.join(recorded.FOLDER, "result.json"))
    for criterion in report.missed:
        print(f"missed: {criterion['name']}", file=sys.stderr)
    sys.exit(1 if report.missed else 0)


if __name__ == "__main__":
    main()
