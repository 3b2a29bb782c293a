#!/usr/bin/env python3
"""The Singer tap of tests/soak: millions of records whose bytes are known in advance.

    soak_tap.py --config FILE [--discover | --catalog FILE [--state FILE]] | --help

It writes bursts of records of one stream after the other, with a STATE behind some of them,
blank lines, lines of text, log lines and pauses, in chunks of all sizes. The config:

    records      of each stream
    seed         of what is left to chance
"""
import json
import os
import random
import sys
import time

STREAMS = ["users", "orders", "visits", "prices"]
DESELECTED = "orders"  # this stream has a field that is not to come out
BLOCK = 500  # records that are made at once
PAD = "The quick brown fox, \\u00e4\\\"\\n jumps over the lazy dog. " * 3
PAD = [PAD[:length].rstrip("\\u0e4n") for length in range(len(PAD))]
SCHEMA = {"type": "object", "properties": {
    "id": {"type": "integer"}, "value": {"type": "integer"}, "text": {"type": "string"},
    "secret": {"type": "string"}}}


def value_of(number):
    return number * 2654435761 % 4294967291


def text_of(number):
    """As JSON, without the quotes."""
    return PAD[number % len(PAD)]


def data_of(number):
    """The record as it has to come out, but for white space."""
    return '{"id":%d,"value":%d,"text":"%s"}' % (number, value_of(number), text_of(number))


def lines_of(stream, first, last):
    """RECORD messages, as text; the numbers include both ends."""
    secret = ',"secret":"hidden"' if stream == DESELECTED else ""
    line = ('{"type":"RECORD","stream":"%s","record":{"id":%%d,"value":%%d,"text":"%%s"%s}}\n'
            % (stream, secret))
    values = []
    for number in range(first, last + 1):
        values += (number, value_of(number), text_of(number))
    return line * (last - first + 1) % tuple(values)


class Writer:
    """Bytes to stdout in chunks of all sizes."""

    def __init__(self, chance):
        self.chance = chance
        self.pending = b""

    def write(self, text):
        self.pending += text.encode()
        while len(self.pending) > 300000:
            self.send(self.chance.choice((1, 7, 4096, 65536, 65537, 250000)))

    def send(self, size):
        chunk, self.pending = self.pending[:size], self.pending[size:]
        while chunk:
            chunk = chunk[os.write(1, chunk):]

    def flush(self):
        self.send(len(self.pending))


class Tap:
    def __init__(self, config, state):
        self.records = config["records"]
        self.chance = random.Random(config["seed"])
        self.writer = Writer(self.chance)
        self.bookmarks = {stream: state.get("bookmarks", {}).get(stream, {}).get("id", 0)
                          for stream in STREAMS}

    def write_state(self):
        value = {"bookmarks": {stream: {"id": last} for stream, last in self.bookmarks.items()}}
        self.writer.write(json.dumps({"type": "STATE", "value": value}) + "\n")

    def write_burst(self, stream):
        last = min(self.records, self.bookmarks[stream] + self.chance.randint(1, 20 * BLOCK))
        for first in range(self.bookmarks[stream] + 1, last + 1, BLOCK):
            self.writer.write(lines_of(stream, first, min(last, first + BLOCK - 1)))
        self.bookmarks[stream] = last

    def disturb(self):
        chance = self.chance.random()
        if chance < 0.1:
            self.writer.write(self.chance.choice(("\n", "  \n", "\r\n", "Fetching a page\n")))
        elif chance < 0.2:
            sys.stderr.write('INFO METRIC: {"type": "counter", "value": 1}\nINFO goes on\n')
        elif chance < 0.25:
            self.writer.flush()
            time.sleep(0.02)

    def sync(self):
        for stream in STREAMS:
            self.writer.write(json.dumps({"type": "SCHEMA", "stream": stream, "schema": SCHEMA,
                                          "key_properties": ["id"]}) + "\n")
        while True:
            left = [stream for stream in STREAMS if self.bookmarks[stream] < self.records]
            if not left:
                break
            self.write_burst(self.chance.choice(left))
            self.disturb()
            if self.chance.random() < 0.3:
                self.write_state()
        self.write_state()
        self.writer.flush()


def discover():
    json.dump({"streams": [
        {"tap_stream_id": stream, "stream": stream, "schema": SCHEMA, "key_properties": ["id"],
         "metadata": [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"],
                                                      "inclusion": "available"}}]}
        for stream in STREAMS]}, sys.stdout)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print("  --config CONFIG\n  --state STATE\n  --catalog CATALOG\n  --discover")
    elif "--discover" in arguments:
        discover()
    else:
        options = dict(zip(arguments[::2], arguments[1::2]))
        state = load(options["--state"]) if "--state" in options else {}
        Tap(load(options["--config"]), state).sync()


if __name__ == "__main__":
    main()
