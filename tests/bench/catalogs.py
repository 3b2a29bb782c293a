"""Discovery documents: a large one, and how the time grows with streams and properties.

It is tapbyte's CPU time of a whole `discover`, without the tap, which is `cat`.
"""
import json
import os
import shlex

from live import tap_environment

from . import measure, messages, recorded

LARGE = 0.2  # seconds of CPU time for 14 MB
GROWTH = 5   # the time at four times the size
LINE = "{streams} streams, {properties} properties"


def discover(folder):
    command = [tap_environment.TAPBYTE, "discover", "--tap", folder,
               "--config", os.path.join(folder, "config.json")]
    return measure.pipeline([("adapter", command), recorded.READER], env=recorded.environment())


def wrapped(streams, properties):
    folder = os.path.join(recorded.FOLDER, f"catalog-{streams}-{properties}")
    os.makedirs(folder, exist_ok=True)
    document = os.path.join(folder, "discovery.json")
    recorded.write(document, messages.large_catalog(streams, properties))
    for name, content in (("tap.json", recorded.MANIFEST), ("spec.json", recorded.SPEC),
                          ("config.json", {})):
        recorded.write(os.path.join(folder, name), json.dumps(content))
    recorded.write(os.path.join(folder, "tap"), recorded.TAP.format(
        discovery=shlex.quote(document), files="/dev/null"), 0o755)
    recorded.install(folder)
    return folder, os.path.getsize(document)


def measure_all(report):
    sizes = [(250, 50), (1000, 50), (250, 200)]
    folders = {size: wrapped(*size) for size in sizes}
    runs = measure.rounds(5 if report.quick else 11, {
        size: lambda folder=folder: discover(folder) for size, (folder, _) in folders.items()})
    times = {size: measure.cpu(runs[size], "adapter") for size in sizes}
    report.table("Discovery documents", [
        {"document": LINE.format(streams=size[0], properties=size[1]),
         "MB": folders[size][1] / 1e6, "CPU ms": measure.Values(t * 1000 for t in times[size].all),
         "peak RSS MB": measure.peak(runs[size], "adapter").median / 1024} for size in sizes])
    large = sizes[1]
    report.at_most("seconds of CPU for a discovery document, taken to 14 MB",
                   times[large].low * 14e6 / folders[large][1], LARGE)
    for size, what in ((sizes[1], "streams"), (sizes[2], "properties")):
        report.at_most(f"times the CPU for four times the {what}",
                       times[size].low / times[sizes[0]].low, GROWTH)
