"""Wrapped taps that print what was written beforehand: `cat` of files, and no more.

    stream = Recorded("500-bytes", {"items": schema}, lambda: messages.lines_of_kind(...))
    measure.pipeline(stream.read())              through tapbyte
    measure.pipeline(stream.through(["cat"]))    through something else in its place
"""
import glob
import json
import os
import shlex
import subprocess
import sys

from live import tap_environment, virtual_environment

from . import messages

ROOT = virtual_environment.ROOT
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(ROOT, "build", "bench")
# The package is what the orjson loop needs; the taps have none but want an environment, for
# only there `install` keeps what a tap's --help says.
MANIFEST = {"name": "recorded", "tap": {"command": ["./tap"], "pip": "orjson==3.13.0"},
            "spec": "spec.json"}
SPEC = {"documentationUrl": "https://example.com/recorded",
        "connectionSpecification": {"type": "object", "properties": {
            "start_date": {"type": "string"}}}}
TAP = """#!/bin/sh
case " $* " in
*" --help "*) echo 'usage: tap [--config FILE] [--discover] [--catalog FILE] [--state FILE]' ;;
*" --discover "*) exec cat {discovery} ;;
*) exec cat {files} ;;
esac
"""
READER = ("reader", ["cat"])


def environment():
    return {**os.environ, "TAPBYTE_VENVS": virtual_environment.FOLDER}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def install(folder):
    """The environment that all recorded taps share; its interpreter."""
    with virtual_environment.Kept(MANIFEST["name"], json.dumps(MANIFEST) + TAP) as kept:
        if not kept.is_current:
            print("installing orjson", file=sys.stderr)
            subprocess.run([tap_environment.TAPBYTE, "install", folder], check=True,
                           env=environment(), stdout=sys.stderr)
    return os.path.join(kept.folder, "bin", "python")


def configure(catalog, deselected):
    """A configured catalog, for all streams that discover found."""
    streams = []
    for stream in catalog["streams"]:
        for name in deselected:
            stream["json_schema"]["properties"].pop(name, None)
        streams.append({"stream": stream, "sync_mode": "incremental",
                        "destination_sync_mode": "append", "cursor_field": ["created_at"]})
    return {"streams": streams}


class Recorded:
    def __init__(self, name, schemas, make_lines):
        self.folder = os.path.join(FOLDER, name)
        os.makedirs(self.folder, exist_ok=True)
        self.head = self.path("schemas.jsonl")
        self.body = self.path("records.jsonl")
        self.tap = self.path("tap")
        write(self.head, "".join(messages.schema_line(stream, schema) + "\n"
                                 for stream, schema in schemas.items()))
        write(self.path("discovery.json"), json.dumps(
            {"streams": [messages.entry(stream, schema) for stream, schema in schemas.items()]}))
        self.make_body(name, make_lines)
        self.make_wrapped_tap()

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_body(self, name, make_lines):
        """Once, for it takes long; again when one of the programs that make it has changed."""
        recipe = name + "\n" + "".join(read(path) for path in sorted(glob.glob(HERE + "/*.py")))
        note = self.path("made-from")
        if not os.path.exists(note) or read(note) != recipe:
            print(f"writing {os.path.relpath(self.body, ROOT)}", file=sys.stderr)
            with open(self.body, "w", encoding="utf-8") as file:
                for line in make_lines():
                    file.write(line + "\n")
            write(note, recipe)
        self.size = os.path.getsize(self.body)
        with open(self.body, "rb") as file:
            self.records = sum(line.startswith(b'{"type": "RECORD"') for line in file)

    def make_wrapped_tap(self):
        write(self.path("tap.json"), json.dumps(MANIFEST))
        write(self.path("spec.json"), json.dumps(SPEC))
        write(self.path("config.json"), "{}")
        self.record(1)
        self.python = install(self.folder)
        catalog = self.discover()
        write(self.path("projected.json"), json.dumps(
            configure(json.loads(json.dumps(catalog)), messages.DESELECTED)))
        write(self.path("catalog.json"), json.dumps(configure(catalog, ())))

    def files(self, repeat):
        return [self.head] + [self.body] * repeat

    def record(self, repeat):
        """From now on the tap prints its records so many times over."""
        write(self.tap, TAP.format(discovery=shlex.quote(self.path("discovery.json")),
                                   files=shlex.join(self.files(repeat))), 0o755)

    def command(self, verb, *arguments):
        return [tap_environment.TAPBYTE, verb, "--tap", self.folder,
                "--config", self.path("config.json"), *arguments]

    def discover(self):
        output = subprocess.run(self.command("discover"), env=environment(), check=True,
                                stdout=subprocess.PIPE).stdout
        return next(json.loads(line)["catalog"] for line in output.splitlines()
                    if b'"CATALOG"' in line)

    def read(self, catalog="catalog.json", reader=READER):
        """tapbyte starts the tap itself."""
        return [("adapter", self.command("read", "--catalog", self.path(catalog))), reader]

    def through(self, command, repeat=1, reader=READER):
        return [("tap", ["cat", *self.files(repeat)]), ("adapter", command), reader]

    def check(self, catalog="catalog.json", without=()):
        """What is measured has to be right: as many records come out as there are, without
        the fields that were deselected."""
        process = subprocess.run(self.command("read", "--catalog", self.path(catalog)),
                                 env=environment(), check=True, stdout=subprocess.PIPE)
        found = sum(line.startswith(b'{"type":"RECORD"') for line in process.stdout.split(b"\n"))
        if found != self.records:
            raise RuntimeError(f"{self.folder}: {found} records came of {self.records}")
        for name in without:
            if f'"{name}":'.encode() in process.stdout:
                raise RuntimeError(f"{self.folder}: {name} came, though it was deselected")
