#!/usr/bin/env python3
"""A Singer tap whose records tell which process wrote them.

    parallel_tap.py --config FILE [--discover | --catalog FILE [--state FILE]] | --help

The config:

    tables    name -> {"records": of the stream, 3; "parent": another stream;
              "fault": crash, kill, broken, wait, wait_and_crash, hang or rotate, after the
              first record}
    batch     true: the records go into files
    tell      true: says in the log what it was started with
"""
import json
import os
import signal
import sys
import time

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"},
                                           "about": {"type": "object"}}}


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")


def log(text):
    sys.stderr.write(f"INFO {text}\n")
    sys.stderr.flush()


def crash(name, path):
    raise RuntimeError(f"cannot read {name}")


def kill(name, path):
    os.kill(os.getpid(), signal.SIGKILL)


def broken(name, path):
    sys.stdout.write('{"type": "RECORD", "stream": broken}\n')
    sys.stdout.flush()
    time.sleep(60)


def wait(name, path):
    time.sleep(1)


def wait_and_crash(name, path):
    time.sleep(1)
    crash(name, path)


def hang(name, path):
    log("waiting")
    time.sleep(60)


def rotate(name, path):
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**config, "password": "n3w-Passw0rd"}, file)


FAULTS = {function.__name__: function
          for function in (crash, kill, broken, wait, wait_and_crash, hang, rotate)}


def entry(name, stream):
    parent = {"parent-tap-stream-id": stream["parent"]} if "parent" in stream else {}
    return {"tap_stream_id": name, "stream": name, "schema": SCHEMA, "key_properties": ["id"],
            "metadata": [{"breadcrumb": [],
                          "metadata": {"valid-replication-keys": ["id"], **parent}}]}


def selected_streams(path):
    with open(path, encoding="utf-8") as file:
        streams = json.load(file)["streams"]
    return [stream["tap_stream_id"] for stream in streams
            if stream["metadata"][0]["metadata"].get("selected")]


def write_batch(name, records):
    path = f"batch-{sum(entry.startswith('batch-') for entry in os.listdir())}.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    say(type="BATCH", stream=name, filepath=path, format="jsonl", compression=None)


def sync_stream(name, config, path, state):
    stream = config["tables"][name]
    bookmarks = state.setdefault("bookmarks", {})
    first = bookmarks.get(name, {}).get("id", 0) + 1
    records = [{"id": number, "name": f"name {number}", "about": {"process": os.getpid()}}
               for number in range(first, stream.get("records", 3) + 1)]
    say(type="SCHEMA", stream=name, schema=SCHEMA, key_properties=["id"])
    if config.get("batch"):
        write_batch(name, records)
    for record in [] if config.get("batch") else records:
        say(type="RECORD", stream=name, record=record)
        sys.stdout.flush()
        if record["id"] == first and "fault" in stream:
            FAULTS[stream["fault"]](name, path)
    bookmarks[name] = {"id": stream.get("records", 3)}
    say(type="STATE", value=state)
    sys.stdout.flush()


def main():
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print("usage: parallel_tap.py --config FILE [--discover] [--catalog FILE] [--state FILE]")
        return
    options = {}
    while arguments:
        name = arguments.pop(0)
        options[name] = True if name == "--discover" else arguments.pop(0)
    with open(options["--config"], encoding="utf-8") as file:
        config = json.load(file)
    if "--discover" in options:
        print(json.dumps({"streams": [entry(*item) for item in config["tables"].items()]}))
        return
    state = {}
    if "--state" in options:
        with open(options["--state"], encoding="utf-8") as file:
            state = json.load(file)
    selected = selected_streams(options["--catalog"])
    if config.get("tell"):
        log("told " + json.dumps({"config": os.path.basename(options["--config"]),
                                  "folder": os.getcwd(), "selected": selected,
                                  "state": state}))
    for name in selected:
        sync_stream(name, config, options["--config"], state)


if __name__ == "__main__":
    main()
