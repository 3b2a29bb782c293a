"""Many streams, and a STATE with the bookmarks of all of them behind each hundred records.

Compared are reads of 1 and of 1,000 streams: the same number of records and of STATEs. With
1,000 streams a STATE is as long as the bookmarks of 1,000 streams are, half of all bytes, so
the speeds are in bytes; and a read of the same catalog without records is taken off, as the
1,000 streams are to be made out before the first record comes.
"""
from . import measure, messages, recorded

GOAL = 0.9
RECORDS = 100000
REPEAT = 8


def stream_of(count):
    schema = messages.schema_of("500 B")
    return recorded.Recorded(f"streams-{count}", {f"items_{i}": schema for i in range(count)},
                             lambda: messages.lines_of_streams(count, RECORDS))


def measure_all(report):
    env = recorded.environment()
    repeat = REPEAT // 2 if report.quick else REPEAT
    streams = {count: stream_of(count) for count in (1, 10, 100, 1000)}
    contenders = {}
    for count, stream in streams.items():
        stream.check()

        def read(times, stream=stream):
            stream.record(times)
            return measure.pipeline(stream.read(), env=env)

        contenders[count, "all"] = lambda read=read: read(repeat)
        contenders[count, "start"] = lambda read=read: read(0)
        contenders[count, "cat"] = lambda stream=stream: measure.pipeline(
            stream.through(["cat"], repeat))
    runs = measure.rounds(3 if report.quick else 5, contenders)

    rows, speeds = [], {}
    for count, stream in streams.items():
        size = stream.size * repeat
        start = measure.seconds(runs[count, "start"])
        speeds[count] = [size / 1e6 / (all_.seconds - empty.seconds) for all_, empty in
                         zip(runs[count, "all"], runs[count, "start"])]
        rows.append({
            "streams": count, "start ms": start.median * 1000, "STATE bytes":
            len(messages.state_line({f"items_{i}": messages.bookmark(0) for i in range(count)})),
            "MB/s": measure.Values(speeds[count]),
            "records/s": RECORDS * repeat * measure.Values(speeds[count]).median * 1e6 / size,
            "of cat's speed": measure.ratios(runs[count, "cat"], runs[count, "all"])})
    report.table("Number of streams, a STATE behind each 100 records", rows)
    kept = measure.Values(many / one for many, one in zip(speeds[1000], speeds[1]))
    report.at_least("1,000 streams, of the speed (MB/s) of one", kept, GOAL)
