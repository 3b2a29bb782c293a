"""Peak memory: of any number of records, and of one line that is long."""
from . import measure, messages, one_stream, recorded

MAXIMUM = 10 * 1024  # KiB
LINE = 64000000


def peak(stream):
    return max(measure.pipeline(stream.read(), env=recorded.environment()).cost["adapter"].peak
               for _ in range(3))


def measure_all(report):
    rows = []
    stream = one_stream.stream_of("500 B")
    for repeat in (1, 10):
        stream.record(repeat)
        found = peak(stream)
        rows.append({"read": f"{stream.records * repeat:,} records of 500 B",
                     "peak RSS KiB": found, "limit KiB": MAXIMUM})
        report.at_most(f"KiB of peak memory, {stream.records * repeat:,} records", found, MAXIMUM)

    sizes = (1, 8, 64)
    for size in sizes:
        length = LINE // 64 * size
        stream = recorded.Recorded(f"line-{length}", {"items": messages.schema_of("1 MB")},
                                   lambda: messages.long_line(length))
        stream.check()
        found = peak(stream)
        limit = 2 * length // 1024 + MAXIMUM
        run = min((measure.pipeline(stream.read(), env=recorded.environment())
                   for _ in range(3)), key=lambda run: run.seconds)
        rows.append({"read": f"a line of {length:,} bytes", "peak RSS KiB": found,
                     "limit KiB": limit, "MB/s": length / run.seconds / 1e6})
        if size == sizes[-1]:
            report.at_most(f"KiB of peak memory, a line of {length:,} bytes", found, limit)
    report.table("Memory", rows)
