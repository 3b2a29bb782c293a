"""Several tap processes side by side: the same records and states as with one, and what becomes
of the read when one of them fails."""
import json
import os
import resource
import signal
import sys
import time
import unittest

from e2e.incremental_tap import SHAPES, STREAMS
from e2e.sandbox import HERE, SECRET, SPEC, Sandbox, check_always, check_error
from e2e.test_resume import ALL, covered, last_states, records_of, restarts

PARALLEL_TAP = os.path.join(HERE, "parallel_tap.py")
INCREMENTAL = {"tap": {"command": [sys.executable, "-S", "-E",
                                   os.path.join(HERE, "incremental_tap.py")]}}
NAMES = ("a", "b", "c", "d", "e", "f")


def manifest_of(parallel=None, **more):
    return {"tap": {"command": [sys.executable, "-S", "-E", PARALLEL_TAP]},
            **({"parallel": parallel} if parallel is not None else {}), **more}


def box_of(parallel=None, config=None, **more):
    return Sandbox(config={"tables": {name: {} for name in NAMES}, **(config or {})},
                   manifest=manifest_of(parallel, **more))


def read(box, *names, options=(), sync_mode="incremental", **more):
    catalog = box.catalog(*(names or NAMES), sync_mode=sync_mode)
    return box.run("read", "--config", box.config, "--catalog", catalog, *options, **more)


def processes(result):
    """The streams that each tap process read, as the tap itself says in its records."""
    found = {}
    for record in result.of("RECORD"):
        found.setdefault(record["data"]["about"]["process"], set()).add(record["stream"])
    return sorted(sorted(streams) for streams in found.values())


def ids(result):
    return sorted((record["stream"], record["data"]["id"]) for record in result.of("RECORD"))


def states_of(result):
    """Stream -> its last state, without what is tapbyte's own."""
    return {state["stream"]["stream_descriptor"]["name"]:
            {key: value for key, value in state["stream"]["stream_state"].items()
             if not key.startswith("__tapbyte")} for state in result.of("STATE")}


def raw_states(result):
    return list({state["stream"]["stream_descriptor"]["name"]: state
                 for state in result.of("STATE")}.values())


class Dealing(unittest.TestCase):
    def run_with(self, parallel, *options, config=None, names=(), spec=None, state=None, **more):
        with box_of(parallel, config, **more) as box:
            if spec is not None:
                box.write("tap/spec.json", spec)
            if state is not None:
                options += ("--state", box.write("state.json", state))
            result = read(box, *names, options=options)
        self.assertEqual(result.code, 0, result.logs)
        check_always(self, result)
        return result

    def test_records_and_states_are_those_of_one_process(self):
        one = self.run_with(1)
        self.assertEqual(len(processes(one)), 1)
        for number in (2, 3, 6, 32):
            with self.subTest(number):
                several = self.run_with(number)
                self.assertEqual(len(processes(several)), min(number, len(NAMES)))
                self.assertEqual(ids(several), ids(one))
                self.assertEqual(states_of(several), states_of(one))
                self.assertEqual(several.last_statuses, dict.fromkeys(NAMES, "COMPLETE"))

    def test_each_process_has_a_config_catalog_state_and_folder_of_its_own(self):
        state = raw_states(self.run_with(1))
        config = {"tables": {name: {"records": 5} for name in NAMES}, "tell": True}
        result = self.run_with(3, config=config, state=state)
        told = [json.loads(log[len("INFO told "):]) for log in result.logs
                if log.startswith("INFO told ")]
        self.assertEqual(sorted(item["config"] for item in told),
                         ["config-0.json", "config-1.json", "config-2.json"])
        self.assertEqual(len({item["folder"] for item in told}), 3)
        self.assertEqual(sorted(item["selected"] for item in told),
                         [["a", "d"], ["b", "e"], ["c", "f"]])
        for item in told:
            self.assertEqual(item["state"],
                             {"bookmarks": {name: {"id": 3} for name in item["selected"]}})
        self.assertEqual(ids(result), [(name, number) for name in NAMES for number in (4, 5)])

    def test_the_longest_of_the_last_run_are_dealt_first(self):
        sizes = {"a": 2, "b": 3, "c": 30, "d": 4, "e": 20, "f": 1}
        config = {"tables": {name: {"records": size} for name, size in sizes.items()}}
        state = raw_states(self.run_with(1, config=config))
        for item in state:
            stream = item["stream"]
            self.assertEqual(stream["stream_state"]["__tapbyte_records"],
                             sizes[stream["stream_descriptor"]["name"]])
        config = {"tables": {name: {"records": 60} for name in NAMES}}
        result = self.run_with(2, config=config, state=state)
        self.assertEqual(processes(result), [["a", "b", "d", "e", "f"], ["c"]])

    def test_a_read_of_little_does_not_make_a_stream_small(self):
        config = {"tables": {"a": {"records": 100}, "b": {"records": 2}, "c": {"records": 0}}}
        state, sizes = [], []
        for _ in range(4):
            with box_of(2, config) as box:
                result = read(box, "a", "b", "c", options=(
                    "--state", box.write("state.json", state)))
            state = raw_states(result)
            sizes.append({item["stream"]["stream_descriptor"]["name"]:
                          item["stream"]["stream_state"]["__tapbyte_records"] for item in state})
        self.assertEqual([[size[name] for name in "abc"] for size in sizes],
                         [[100, 2, 1], [50, 1, 1], [25, 1, 1], [12, 1, 1]])

    def test_parents_children_and_groups_stay_together(self):
        streams = {"a": {}, "b": {"parent": "a"}, "c": {}, "d": {"parent": "b"}, "e": {}, "f": {}}
        result = self.run_with({"processes": 6, "groups": [["c", "f"], ["gone", "e"]]},
                               config={"tables": streams})
        self.assertEqual(processes(result), [["a", "b", "d"], ["c", "f"], ["e"]])
        result = self.run_with(6, config={"tables": {**streams, "c": {"parent": "a"}}},
                               names=("b", "c", "e"))
        self.assertEqual(processes(result), [["b", "c"], ["e"]])

    def test_the_command_line_wins_over_the_config_and_that_over_the_manifest(self):
        schema = SPEC["connectionSpecification"]
        spec = {**SPEC, "connectionSpecification": {**schema, "properties": {
            **schema["properties"], "num_workers": {"type": "integer"}}}}
        for manifest, workers, options, spec_has_it, expected in (
                (None, None, (), True, 1),
                (2, None, (), True, 2),
                ({"processes": 2}, None, (), True, 2),
                ({}, None, (), True, 1),
                (2, 3, (), True, 3),
                (2, 100, (), True, 6),
                (2, 3, (), False, 2),
                (2, 3, ("--parallel", "4"), True, 4),
                (None, None, ("--parallel", "4"), False, 4),
                (4, 4, ("--parallel", "1"), True, 1)):
            with self.subTest((manifest, workers, options, spec_has_it)):
                config = {"num_workers": workers} if workers is not None else None
                result = self.run_with(manifest, *options, config=config,
                                       spec=spec if spec_has_it else None)
                self.assertEqual(len(processes(result)), expected)

    def test_a_number_that_is_none_is_an_error(self):
        schema = SPEC["connectionSpecification"]
        spec = {**SPEC, "connectionSpecification": {**schema, "properties": {
            **schema["properties"], "num_workers": {"type": "integer"}}}}
        with box_of(config={"num_workers": 0}) as box:
            box.write("tap/spec.json", spec)
            result = read(box)
        self.assertEqual(result.code, 1)
        check_error(self, result, "config_error", "num_workers must be 1 or more")
        for number in ("0", "33", "x", "", "-1", "1.5"):
            with self.subTest(number), box_of() as box:
                result = read(box, options=("--parallel", number))
                self.assertEqual(result.code, 2)
                check_error(self, result, "config_error", "from 1 to 32")

    def test_a_stream_that_the_tap_does_not_have_fails_the_read_once(self):
        with box_of(3) as box:
            result = read(box, *NAMES, "gone")
        self.assertEqual(result.code, 1)
        check_always(self, result)
        check_error(self, result, "config_error", "no stream named gone")
        self.assertEqual(result.last_statuses,
                         {**dict.fromkeys(NAMES, "COMPLETE"), "gone": "INCOMPLETE"})

    def test_a_tap_that_takes_no_catalog_is_one_process(self):
        with Sandbox(config={"streams": ["a", "b"]}, style="old",
                     manifest={"parallel": 2}) as box:
            result = box.read("a", "b")
        check_always(self, result)
        self.assertEqual((result.code, len(result.records)), (0, 6))
        self.assertTrue(any("one process reads them all" in log for log in result.logs))

    def test_batches_are_read_side_by_side(self):
        config = {"tables": {name: {"records": 5000} for name in NAMES}, "batch": True}
        result = self.run_with(3, config=config)
        self.assertEqual(len(processes(result)), 3)
        self.assertEqual(ids(result), [(name, number) for name in NAMES
                                       for number in range(1, 5001)])

    def test_much_from_all_at_once_comes_whole_to_a_slow_reader(self):
        with box_of(6, {"tables": {name: {"records": 20000} for name in NAMES}}) as box:
            process = box.start("read", "--config", box.config, "--catalog",
                                box.catalog(*NAMES))
            time.sleep(2)
            result = box.finish(process)
        self.assertEqual(result.code, 0)
        check_always(self, result)
        self.assertEqual(ids(result), [(name, number) for name in NAMES
                                       for number in range(1, 20001)])
        counts = dict.fromkeys(NAMES, 0)
        for state in result.of("STATE"):
            name = state["stream"]["stream_descriptor"]["name"]
            counts[name] += state["sourceStats"]["recordCount"]
        self.assertEqual(counts, dict.fromkeys(NAMES, 20000))


class Failures(unittest.TestCase):
    def test_the_others_go_on_when_one_fails(self):
        streams = {"a": {}, "b": {"fault": "crash"}, "c": {"fault": "wait"}}
        for fault in ("crash", "kill", "broken"):
            with self.subTest(fault), box_of(3, {"tables": {
                    **streams, "b": {"fault": fault}}}) as box:
                result = read(box, "a", "b", "c")
                check_always(self, result)
                self.assertEqual(result.code, 1)
                self.assertEqual(result.last_statuses,
                                 {"a": "COMPLETE", "b": "INCOMPLETE", "c": "COMPLETE"})
                self.assertEqual(result.of("ERROR")[0]["stream_descriptor"], {"name": "b"})
                self.assertEqual([item for item in ids(result) if item[0] != "b"],
                                 [(name, number) for name in "ac" for number in (1, 2, 3)])

    def test_the_others_are_stopped_when_one_fails_if_that_was_chosen(self):
        streams = {"a": {"fault": "hang"}, "b": {"fault": "wait_and_crash"}, "c": {}}
        with box_of({"processes": 3, "on_failure": "stop"}, {"tables": streams}) as box:
            result = read(box, "a", "b", "c")
        check_always(self, result)
        check_error(self, result, "system_error", "cannot read b")
        self.assertEqual(result.of("ERROR")[0]["stream_descriptor"], {"name": "b"})
        self.assertEqual(result.last_statuses,
                         {"a": "INCOMPLETE", "b": "INCOMPLETE", "c": "COMPLETE"})
        self.assertLess(result.seconds, 20)
        self.assertEqual([log for log in result.logs if "process" in log and "reads" not in log],
                         ["WARN A tap process has failed, so the others are stopped."])

    def test_the_first_error_is_told_and_the_others_are_logged(self):
        streams = {"a": {"fault": "wait_and_crash"}, "b": {"fault": "crash"}, "c": {}}
        with box_of(3, {"tables": streams}) as box:
            result = read(box, "a", "b", "c")
        check_always(self, result)
        check_error(self, result, "system_error", "cannot read b")
        self.assertIn("cannot read b", result.of("ERROR")[0]["stack_trace"])
        self.assertTrue(any(log.startswith("ERROR Another tap process failed") and
                            "cannot read a" in log for log in result.logs), result.logs)

    def test_too_few_descriptors_for_all_end_all(self):
        with box_of(6) as box:
            result = read(box, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (24, 24)))
        check_always(self, result)
        check_error(self, result, "system_error", "too many open files")
        self.assertEqual(set(result.last_statuses.values()), {"INCOMPLETE"})

    def interrupt(self, end):
        streams = {name: {"fault": "hang"} for name in NAMES[:3]}
        with box_of(3, {"tables": streams}) as box:
            process = box.start("read", "--config", box.config, "--catalog",
                                box.catalog(*NAMES[:3]))
            before = b""
            chunk = b"-"
            while before.count(b"waiting") < 3 and chunk:
                chunk = os.read(process.stdout.fileno(), 65536)
                before += chunk
            end(process)
            return box.finish(process, before)

    def test_a_signal_ends_all(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                result = self.interrupt(lambda process: process.send_signal(number))
                check_always(self, result)
                self.assertEqual(result.code, -number)
                self.assertEqual(result.last_statuses, dict.fromkeys(NAMES[:3], "INCOMPLETE"))

    def test_a_reader_that_goes_away_ends_all(self):
        streams = {name: {"records": 10 ** 6} for name in NAMES[:3]}
        with box_of(3, {"tables": streams}) as box:
            process = box.start("read", "--config", box.config, "--catalog",
                                box.catalog(*NAMES[:3]))
            missing, chunk = set(NAMES[:3]), b"-"
            while missing and chunk:
                chunk = os.read(process.stdout.fileno(), 65536)
                missing -= {name for name in missing if b'"stream":"%s"' % name.encode() in chunk}
            process.stdout.close()
            process.stdout = None
            result = box.finish(process)
        self.assertEqual((result.code, result.left), (-signal.SIGPIPE, []))

    def test_a_tap_that_rewrites_its_config_is_refused(self):
        streams = {"a": {"fault": "wait"}, "b": {"fault": "rotate"}, "c": {"fault": "hang"}}
        with box_of(3, {"tables": streams}) as box:
            result = read(box, "a", "b", "c")
        self.assertEqual((result.code, result.left), (1, []))
        check_error(self, result, "config_error", "the number of processes to 1")
        self.assertEqual([control["connectorConfig"]["config"]["password"]
                          for control in result.of("CONTROL")], ["n3w-Passw0rd"])
        self.assertEqual(result.last_statuses["b"], "INCOMPLETE")
        self.assertEqual(result.last_statuses["c"], "INCOMPLETE")
        self.assertEqual(len([log for log in result.logs if log.startswith("ERROR")]), 1)
        self.assertNotIn(SECRET, "\n".join(result.logs))

    def test_one_process_may_rewrite_its_config(self):
        with box_of(1, {"tables": {"a": {"fault": "rotate"}, "b": {}}}) as box:
            result = read(box, "a", "b")
        self.assertEqual((result.code, len(result.of("CONTROL"))), (0, 1))


class Resume(unittest.TestCase):
    def read(self, states, parallel, **config):
        with Sandbox(config={"state_every": 2, **config},
                     manifest={**INCREMENTAL, "parallel": parallel}) as box:
            catalog = box.catalog(*STREAMS, sync_mode="incremental",
                                  properties=("part", "number"))
            result = box.run("read", "--config", box.config, "--catalog", catalog,
                             "--state", box.write("state.json", states))
        check_always(self, result)
        return result

    def check(self, messages, states, parallel, shape):
        result = self.read(states, parallel, shape=shape)
        self.assertEqual(result.code, 0, result.logs)
        union = covered(messages, states) | records_of(result.messages)
        self.assertEqual(ALL - union, set(), (shape, parallel, states))

    def test_processes_that_die_leave_states_for_any_number_of_them(self):
        for shape in SHAPES:
            for lines in (2, 4, 6):
                killed = self.read([], 3, shape=shape, kill_after=lines)
                self.assertEqual(killed.code, 1)
                states = list(last_states(killed.messages).values())
                for parallel in (1, 2, 3):
                    with self.subTest(shape=shape, lines=lines, parallel=parallel):
                        self.check(killed.messages, states, parallel, shape)

    def test_what_processes_know_of_all_streams_together_goes_on_with_their_streams(self):
        for lines in (7, 8, 10):
            killed = self.read([], 2, shape="flat_date", kill_after=lines)
            states = list(last_states(killed.messages).values())
            before = covered(killed.messages, states)
            self.assertGreater(len({state["stream"]["stream_state"]["start_date"]
                                    for state in states}), 1, "all are at one place")
            for state in states:  # by which they would be dealt otherwise
                is_users = state["stream"]["stream_descriptor"]["name"] == "users"
                state["stream"]["stream_state"]["__tapbyte_records"] = 100 if is_users else 1
            for parallel in (2, 3):
                with self.subTest(lines=lines, parallel=parallel):
                    result = self.read(states, parallel, shape="flat_date")
                    self.assertEqual(result.code, 0, result.logs)
                    self.assertEqual(records_of(result.messages), ALL - before)
                    self.assertFalse(any("Several tap processes" in log for log in result.logs))
            result = self.read(states, 1, shape="flat_date")
            self.assertEqual(records_of(result.messages), ALL)
            self.assertTrue(any("Several tap processes" in log for log in result.logs))

    def test_two_reads_that_die_leave_states_to_go_on_with(self):
        for shape in SHAPES:
            for first, second in ((1, 2), (2, 1), (2, 3), (3, 2)):
                killed = self.read([], first, shape=shape, kill_after=8)
                states = list(last_states(killed.messages).values())
                again = self.read(states, second, shape=shape, kill_after=5)
                states = list({**last_states(killed.messages),
                               **last_states(again.messages)}.values())
                with self.subTest(shape=shape, first=first, second=second):
                    self.check(killed.messages + again.messages, states, 2, shape)

    def test_a_read_goes_on_with_some_of_the_states_of_several_processes(self):
        for shape in ("bookmarks", "flat_date"):
            result = self.read([], 2, shape=shape)
            for states in list(restarts(result.messages))[::5]:
                with self.subTest(shape=shape, states=states):
                    self.check(result.messages, states, 1, shape)


if __name__ == "__main__":
    unittest.main()
