#!/usr/bin/env python3
"""A Singer tap of which some processes write as fast as they can, and one a line now and then.

    crowd_tap.py --config FILE [--discover | --catalog FILE [--state FILE]] | --help

A stream named flood... writes `lines` records of `size` bytes; its process counts in the file
NAME.count of the `counts` folder what it has written. The stream trickle writes a record every
few milliseconds until all floods have come to their end: `seen` is what they had written. A
stream named batch... writes its records at once, into a file.
"""
import glob
import json
import mmap
import os
import struct
import sys
import time

SCHEMA = {"type": "object", "properties": {"seen": {"type": "integer"},
                                           "text": {"type": "string"}}}
BLOCK = 64  # lines that a flood writes at once
PAUSE = 0.003


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Count:
    """How many lines were written and whether that was all, for other processes to see."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 16)

    def set(self, lines, ended):
        self.memory[:] = struct.pack("=qq", lines, ended)

    def get(self):
        return struct.unpack("=qq", self.memory[:])


def flood(config, name):
    count = Count(os.path.join(config["counts"], name + ".count"))
    line = json.dumps({"type": "RECORD", "stream": name, "record": {
        "seen": 0, "text": "x" * config["size"]}}) + "\n"
    block = (line * BLOCK).encode()
    written = 0
    while written < config["lines"]:
        write_all(block)
        written += BLOCK
        count.set(written, 0)
    count.set(written, 1)


def write_all(block):
    view = memoryview(block)
    while view:
        view = view[os.write(1, view):]


def trickle(config, name):
    counts = [Count(path) for path in glob.glob(os.path.join(config["counts"], "*.count"))]
    ended = False
    while not ended:
        values = [count.get() for count in counts]
        ended = all(value[1] for value in values)
        say(type="RECORD", stream=name, record={"seen": sum(value[0] for value in values)})
        time.sleep(PAUSE)


def batch(config, name):
    """As many lines as a flood, in a file."""
    path = os.path.abspath(f"{name}.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines([json.dumps({"seen": 0, "text": "x" * config["size"]}) + "\n"] *
                        config["lines"])
    say(type="BATCH", stream=name, filepath=path, format="jsonl", compression=None)


KINDS = {"flood": flood, "trickle": trickle, "batch": batch}


def entry(name):
    return {"tap_stream_id": name, "stream": name, "schema": SCHEMA, "key_properties": [],
            "metadata": [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["seen"]}}]}


def main():
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print("usage: crowd_tap.py --config FILE [--discover] [--catalog FILE] [--state FILE]")
        return
    options = dict(zip(arguments[::2], arguments[1::2]))
    with open(options["--config"], encoding="utf-8") as file:
        config = json.load(file)
    if "--discover" in arguments:
        print(json.dumps({"streams": [entry(name) for name in config["names"]]}))
        return
    with open(options["--catalog"], encoding="utf-8") as file:
        streams = json.load(file)["streams"]
    for stream in streams:
        name = stream["tap_stream_id"]
        if not stream["metadata"][0]["metadata"].get("selected"):
            continue
        say(type="SCHEMA", stream=name, schema=SCHEMA, key_properties=[])
        KINDS[name.rstrip("0123456789")](config, name)


if __name__ == "__main__":
    main()
