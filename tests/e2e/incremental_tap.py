#!/usr/bin/env python3
"""A Singer tap that goes on where its state says; the same records each time.

    incremental_tap.py --config FILE [--discover | --catalog FILE [--state FILE]] | --help

Like many taps it leaves out the streams that stand before `currently_syncing`. The config:

    shape        of its state: a key of SHAPES
    state_every  records from one STATE to the next
    kill_after   lines, after which it kills itself in the middle of the next one
"""
import json
import os
import signal
import sys

STREAMS = ["users", "orders", "visits"]
REPOSITORIES = ["o/one", "o/two"]
NUMBERS = range(1, 4)


def by_stream():
    return [(stream, part, number) for stream in STREAMS for part in REPOSITORIES
            for number in NUMBERS]


def by_repository():
    return [(stream, part, number) for part in REPOSITORIES for stream in STREAMS
            for number in NUMBERS]


def by_date():
    return [(stream, part, number) for number in NUMBERS for stream in STREAMS
            for part in REPOSITORIES]


class Bookmarks:
    """{"bookmarks": {"users": {"o/one": 3}}, "currently_syncing": "users"}"""
    order = staticmethod(by_stream)

    def __init__(self, state):
        self.state = state
        self.start = (state.get("currently_syncing"), state.get("currently_syncing_repo"))

    def place(self, stream, part):
        """Where the number stands: an object, which is made, and a key."""
        return self.state.setdefault("bookmarks", {}).setdefault(stream, {}), part

    def done(self, stream, part, number):
        where, key = self.place(stream, part)
        return number <= where.get(key, 0) or self.is_before(stream, part)

    def is_before(self, stream, part):
        return self.start[0] is not None and STREAMS.index(stream) < STREAMS.index(self.start[0])

    def advance(self, stream, part, number):
        where, key = self.place(stream, part)
        where[key] = number

    def enter(self, stream, part):
        """True where a STATE has to be written first."""
        changed = self.state.get("currently_syncing") != stream
        self.state["currently_syncing"] = stream
        return changed

    def leave(self):
        self.state["currently_syncing"] = None


class TopLevel(Bookmarks):
    """{"users": {"o/one": 3}}"""

    def place(self, stream, part):
        return self.state.setdefault(stream, {}), part

    def enter(self, stream, part):
        return False

    def leave(self):
        pass


class Repositories(Bookmarks):
    """{"bookmarks": {"o/one": {"users": 3}}, "currently_syncing_repo": "o/one", ...}"""
    order = staticmethod(by_repository)

    def place(self, stream, part):
        return self.state.setdefault("bookmarks", {}).setdefault(part, {}), stream

    def is_before(self, stream, part):
        repository = self.start[1]
        if repository is None or part == repository:
            return super().is_before(stream, part)
        return REPOSITORIES.index(part) < REPOSITORIES.index(repository)

    def enter(self, stream, part):
        changed = super().enter(stream, part) or self.state.get("currently_syncing_repo") != part
        self.state["currently_syncing_repo"] = part
        return changed

    def leave(self):
        super().leave()
        self.state["currently_syncing_repo"] = None


class Partitions(TopLevel):
    """{"bookmarks": {"users": {"partitions": [{"context": {"repo": "o/one"}, "id": 3}]}}}"""

    def place(self, stream, part):
        bookmark = self.state.setdefault("bookmarks", {}).setdefault(stream, {})
        partitions = bookmark.setdefault("partitions", [])
        for partition in partitions:
            if partition["context"]["repo"] == part:
                return partition, "id"
        partitions.append({"context": {"repo": part}, "id": 0})
        return partitions[-1], "id"


class FlatDate(TopLevel):
    """{"start_date": 3}"""
    order = staticmethod(by_date)

    def place(self, stream, part):
        return self.state, "start_date"

    def done(self, stream, part, number):
        return number <= self.begin

    def __init__(self, state):
        super().__init__(state)
        self.begin = state.get("start_date", 0)


class Parent(TopLevel):
    """{"bookmarks": {"users": {"o/one": 3}}}: the others are found on the way through the users,
    and have no position of their own"""
    order = staticmethod(by_date)
    parent = STREAMS[0]

    def place(self, stream, part):
        return self.state.setdefault("bookmarks", {}).setdefault(self.parent, {}), part

    def done(self, stream, part, number):
        return number <= self.begin.get(part, 0)

    def advance(self, stream, part, number):
        if stream == self.parent:
            super().advance(stream, part, number)

    def __init__(self, state):
        super().__init__(state)
        self.begin = dict(state.get("bookmarks", {}).get(self.parent, {}))


SHAPES = {"bookmarks": Bookmarks, "top_level": TopLevel, "repositories": Repositories,
          "partitions": Partitions, "flat_date": FlatDate, "parent": Parent,
          "none": TopLevel}


class Output:
    def __init__(self, kill_after):
        self.left = kill_after

    def say(self, **message):
        line = json.dumps(message) + "\n"
        if self.left == 0:
            sys.stdout.write(line[:len(line) // 2])
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        sys.stdout.write(line)


def entry(name, shape, schema):
    about = {"valid-replication-keys": ["number"]}
    if getattr(SHAPES[shape], "parent", name) != name:
        about["parent-tap-stream-id"] = SHAPES[shape].parent
    return {"tap_stream_id": name, "stream": name, "schema": schema, "key_properties": [],
            "metadata": [{"breadcrumb": [], "metadata": about}]}


def catalog(shape):
    schema = {"type": "object", "properties": {"part": {"type": "string"},
                                               "number": {"type": "integer"}}}
    return {"streams": [entry(name, shape, schema) for name in STREAMS]}


def selected_streams(path):
    with open(path, encoding="utf-8") as file:
        streams = json.load(file)["streams"]
    return [stream["tap_stream_id"] for stream in streams
            if stream["metadata"][0]["metadata"].get("selected")]


def sync(config, options):
    state = {}
    if "--state" in options:
        with open(options["--state"], encoding="utf-8") as file:
            state = json.load(file)
    output = Output(config.get("kill_after", -1))
    position = SHAPES[config["shape"]](state)
    selected = selected_streams(options["--catalog"])
    order = [place for place in position.order() if place[0] in selected]
    since = 0

    def say_state():
        if config["shape"] != "none":
            output.say(type="STATE", value=position.state)

    for name in selected:
        output.say(type="SCHEMA", stream=name, schema={"type": "object", "properties": {}},
                   key_properties=[])
    for i, (stream, part, number) in enumerate(order):
        if position.done(stream, part, number):
            continue
        if position.enter(stream, part):
            say_state()
        output.say(type="RECORD", stream=stream, record={"part": part, "number": number})
        position.advance(stream, part, number)
        since += 1
        whole = position.order is not by_date or i + 1 == len(order) or order[i + 1][2] != number
        if since >= config["state_every"] and whole:
            say_state()
            since = 0
    position.leave()
    say_state()
    sys.stdout.flush()


def main():
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print("usage: incremental_tap.py --config FILE [--discover] [--catalog FILE] "
              "[--state FILE]")
        return
    options = {}
    while arguments:
        name = arguments.pop(0)
        options[name] = True if name == "--discover" else arguments.pop(0)
    with open(options["--config"], encoding="utf-8") as file:
        config = json.load(file)
    if "--discover" in options:
        print(json.dumps(catalog(config["shape"])))
    else:
        sync(config, options)


if __name__ == "__main__":
    main()
