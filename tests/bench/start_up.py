"""How long one waits for spec, and what a read adds to the start of a tap.

The tap is a shell script that prints a SCHEMA, the shortest that there is; its catalog
travels in the configured one. What others do on the machine only adds, so the fastest of
many runs is judged.
"""
from live import tap_environment

from . import measure, one_stream, recorded

SPEC = 5   # ms
READ = 20  # ms


def milliseconds(runs):
    return measure.Values(run.seconds * 1000 for run in runs)


def measure_all(report):
    stream = one_stream.stream_of("500 B")
    stream.record(0)
    env = recorded.environment()

    def run(*command):
        return lambda: measure.pipeline([("program", list(command))], peaks=False, env=env)

    runs = measure.rounds(15 if report.quick else 41, {
        "true": run("true"),
        "tapbyte spec": run(tap_environment.TAPBYTE, "spec", "--tap", stream.folder),
        "the tap alone": run(stream.tap, "--config", stream.path("config.json")),
        "the tap through tapbyte read": run(*stream.read()[0][1]),
    })
    report.table("Start-up, in ms", [
        {"command": name, "fastest": milliseconds(found).low,
         "median": milliseconds(found).median, "slowest": milliseconds(found).high}
        for name, found in runs.items()])
    report.at_most("ms for spec", milliseconds(runs["tapbyte spec"]).low, SPEC)
    report.at_most("ms that a read adds to the start of the tap",
                   milliseconds(runs["the tap through tapbyte read"]).low
                   - milliseconds(runs["the tap alone"]).low, READ)
