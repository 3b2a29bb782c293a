"""A read that is killed after any line goes on with the states that were out by then, or with
any of them. tests/test_resume.c tries thousands of cases without a process.
"""
import concurrent.futures
import itertools
import json
import os
import sys
import unittest

from e2e.incremental_tap import NUMBERS, REPOSITORIES, SHAPES, STREAMS
from e2e.sandbox import PARALLEL, Sandbox, check_always

TAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "incremental_tap.py")
ALL = {(stream, part, number) for stream in STREAMS for part in REPOSITORIES for number in NUMBERS}


def read(states, **config):
    """One read with these states: a Result."""
    manifest = {"tap": {"command": [sys.executable, "-S", "-E", TAP]}}
    with Sandbox(config={"state_every": 2, **config}, manifest=manifest) as sandbox:
        catalog = sandbox.catalog(*STREAMS, sync_mode="incremental",
                                  properties=("part", "number"))
        return sandbox.run("read", "--config", sandbox.config, "--catalog", catalog,
                           "--state", sandbox.write("state.json", states))


def records_of(messages):
    return {(message["record"]["stream"], message["record"]["data"]["part"],
             message["record"]["data"]["number"])
            for message in messages if message["type"] == "RECORD"}


def stream_of(state):
    return state["stream"]["stream_descriptor"]["name"]


def last_states(messages):
    """Stream -> its last state."""
    return {stream_of(message["state"]): message["state"]
            for message in messages if message["type"] == "STATE"}


def covered(messages, states):
    """The records that these states stand for: those of their streams before them."""
    found = set()
    for place, message in enumerate(messages):
        if message["type"] == "STATE" and message["state"] in states:
            found |= {record for record in records_of(messages[:place])
                      if record[0] == stream_of(message["state"])}
    return found


def restarts(messages):
    """Every set of states to go on with: the last of each stream after any line, all subsets."""
    found = {}
    for length in range(len(messages) + 1):
        last = list(last_states(messages[:length]).values())
        for count in range(len(last) + 1):
            for states in itertools.combinations(last, count):
                found[json.dumps(states)] = list(states)
    return found.values()


def mixtures(messages):
    """The same with any state of each stream, or none."""
    written = [[None, *(message["state"] for message in messages
                        if message["type"] == "STATE" and stream_of(message["state"]) == name)]
               for name in STREAMS]
    return [[state for state in states if state is not None]
            for states in itertools.product(*written)]


class Resume(unittest.TestCase):
    def check_restarts(self, messages, config, cases=None):
        cases = list(cases or restarts(messages))
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            results = pool.map(lambda states: read(states, **config), cases)
            for states, result in zip(cases, results):
                check_always(self, result)
                self.assertEqual(result.code, 0, result.logs)
                union = covered(messages, states) | records_of(result.messages)
                self.assertEqual(ALL - union, set(), states)
                self.assertEqual(set(result.last_statuses.values()), {"COMPLETE"})

    def check_counts(self, messages):
        """For every prefix: the counts of the states sum to the records before them."""
        written, told = dict.fromkeys(STREAMS, 0), dict.fromkeys(STREAMS, 0)
        for message in messages:
            if message["type"] == "RECORD":
                written[message["record"]["stream"]] += 1
            elif message["type"] == "STATE":
                name = stream_of(message["state"])
                told[name] += message["state"]["sourceStats"]["recordCount"]
                self.assertEqual(told[name], written[name])

    def check_shape(self, shape):
        result = read([], shape=shape)
        self.assertEqual(result.code, 0, result.logs)
        self.assertEqual(records_of(result.messages), ALL)
        self.check_counts(result.messages)
        self.check_restarts(result.messages, {"shape": shape})

    def test_a_child_and_its_parent_go_on_with_states_of_any_age(self):
        config = {"shape": "parent", "state_every": 7}
        messages = read([], **config).messages
        self.check_restarts(messages, config, mixtures(messages))

    def test_a_tap_that_dies_leaves_states_to_go_on_with(self):
        for shape in SHAPES:
            for lines in (4, 9, 17):
                with self.subTest(shape=shape, lines=lines):
                    killed = read([], shape=shape, kill_after=lines)
                    self.assertNotEqual(killed.code, 0)
                    self.check_counts(killed.messages)
                    states = list(last_states(killed.messages).values())
                    result = read(states, shape=shape)
                    self.assertEqual(result.code, 0, result.logs)
                    self.assertEqual(covered(killed.messages, states) |
                                     records_of(result.messages), ALL)


def add_tests():
    for shape in SHAPES:
        setattr(Resume, f"test_a_read_goes_on_with_any_states_of_the_shape_{shape}",
                lambda self, shape=shape: self.check_shape(shape))


add_tests()


if __name__ == "__main__":
    unittest.main()
