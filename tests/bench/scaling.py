"""The time grows with the length of the stream, and not faster."""
from . import measure, one_stream, recorded


def measure_all(report):
    stream = one_stream.stream_of("500 B")
    env = recorded.environment()
    rows = []
    for repeat in (1, 4, 16) if report.quick else (1, 4, 16, 32):
        stream.record(repeat)
        runs = measure.rounds(3, {
            "tapbyte": lambda: measure.pipeline(stream.read(), env=env),
            "cat": lambda: measure.pipeline(stream.through(["cat"], repeat)),
        })
        rows.append({"records": stream.records * repeat,
                     "seconds": measure.seconds(runs["tapbyte"]),
                     "MB/s": stream.size * repeat / 1e6 / measure.seconds(runs["tapbyte"]).median,
                     "of cat's speed": measure.ratios(runs["cat"], runs["tapbyte"])})
    report.table("Length of the stream", rows)
