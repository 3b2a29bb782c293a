"""One recorded stream through real pipes, beside cat and other programs in tapbyte's place."""
import os

from live import virtual_environment

from . import measure, messages, recorded

GOAL_OF_CAT = 0.7
GOAL_OF_EARLIER_WRAPPER = 120
VOLUME = 1000000000  # bytes that tapbyte and cat move
SLOW_VOLUME = 50000000  # what is enough for the others
WRAPPER_RECORDS = 200000

LARGE_PIPES = """
import fcntl, os
for number in (0, 1):
    fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, 1 << 20)
os.execvp("cat", ["cat"])
"""


def stream_of(kind):
    """50 MB of it; of the 500 byte records as many as the earlier wrapper has to read."""
    size = messages.KINDS[kind][0]
    count = WRAPPER_RECORDS if kind == "500 B" else SLOW_VOLUME // size
    schema = messages.schema_of(kind)
    name = kind.replace(" ", "-").lower()
    return recorded.Recorded(name, {"items": schema},
                             lambda: messages.lines_of_kind(kind, count))


def row(kind, name, stream, repeat, runs):
    seconds = measure.seconds(runs)
    return {"records": kind, "program": name,
            "records/s": stream.records * repeat / seconds.median,
            "MB/s": measure.Values(stream.size * repeat / run.seconds / 1e6 for run in runs),
            "CPU s/GB": measure.cpu(runs, "adapter").median / stream.size / repeat * 1e9,
            "peak RSS MB": measure.peak(runs, "adapter").median / 1024}


def measure_kind(report, kind):
    stream = stream_of(kind)
    volume = VOLUME // 4 if report.quick else VOLUME
    repeat = max(1, volume // stream.size)
    env = recorded.environment()
    stream.record(1)
    stream.check()
    stream.check("projected.json", without=messages.DESELECTED)
    stream.record(repeat)

    fast = {
        "tapbyte": lambda: measure.pipeline(stream.read(), env=env),
        "cat": lambda: measure.pipeline(stream.through(["cat"], repeat)),
    }
    if kind == "500 B":
        fast["tapbyte, 3 of 8 fields deselected"] = \
            lambda: measure.pipeline(stream.read("projected.json"), env=env)
        fast["cat, 1 MiB pipes"] = lambda: measure.pipeline(
            stream.through([stream.python, "-c", LARGE_PIPES], repeat))
    slow = {
        "orjson loop": lambda: measure.pipeline(stream.through(
            [stream.python, os.path.join(recorded.HERE, "orjson_loop.py")])),
        "jq -c .": lambda: measure.pipeline(stream.through(["jq", "-c", "."])),
    }
    measure.rounds(1, fast)  # so that the files are in memory
    count = 3 if report.quick else 7 if kind == "500 B" else 5
    runs = measure.rounds(count, fast)
    rows = [{**row(kind, name, stream, repeat, runs[name]),
             "of cat's speed": measure.ratios(runs["cat"], runs[name])} for name in fast]
    for name, found in measure.rounds(1 if report.quick else 3, slow).items():
        rows.append(row(kind, name, stream, 1, found))
    for name in fast:
        if kind == "500 B" and name.startswith("tapbyte"):
            report.at_least(f"{name}: of the speed of cat in its place",
                            measure.ratios(runs["cat"], runs[name]), GOAL_OF_CAT)
    return rows, stream


def earlier_wrapper(report, stream):
    """All of it, from the start of the process to its end."""
    requirements = recorded.read(os.path.join(recorded.HERE, "earlier_wrapper.txt")).split()
    python = virtual_environment.python("earlier-wrapper", requirements)
    stream.record(1)
    script = [python, os.path.join(recorded.HERE, "earlier_wrapper.py"), "read", "--config",
              stream.path("config.json"), "--catalog", stream.path("catalog.json")]
    env = {**os.environ, "BENCH_TAP": stream.tap}
    runs = measure.rounds(1 if report.quick else 3, {
        "SingerSource": lambda: measure.pipeline([("adapter", script), recorded.READER], env=env,
                                                 cwd=stream.folder),
        # It takes a hundredth of the time, so one run of it says little: the middle of five.
        "tapbyte": lambda: sorted((measure.pipeline(stream.read(), env=recorded.environment())
                                   for _ in range(5)), key=lambda run: run.seconds)[2],
    })
    ratio = measure.ratios(runs["SingerSource"], runs["tapbyte"])
    report.at_least(f"{stream.records:,} records, as many times as fast as SingerSource",
                    ratio, GOAL_OF_EARLIER_WRAPPER)
    return [row("500 B", name + ", start included", stream, 1, found)
            for name, found in runs.items()]


def measure_all(report):
    rows, streams = [], {}
    for kind in messages.KINDS:
        found, streams[kind] = measure_kind(report, kind)
        rows += found
    rows += earlier_wrapper(report, streams["500 B"])
    report.table("One stream", rows)
