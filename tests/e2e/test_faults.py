"""Taps that fail, in all the ways that taps do: while they discover and while they read."""
import concurrent.futures
import os
import re
import time
import unittest

from e2e.sandbox import SECRET, Case, Sandbox, check_always, with_cases

DEADLINE = {"discover": {"deadline": 1}, "check": {"deadline": 1}}


def discovery(name, error=None, style=None, manifest=None, expected=None, **config):
    """The same fault for discover, check and read."""
    sandbox = {"config": {"moment": "discover", **config}, "style": style, "manifest": manifest}
    code, expected = (1 if error else 0), expected or {}
    names = [] if error else [["users"]]
    status = {"connection": "FAILED" if error else "SUCCEEDED"}
    yield Case(f"discover_of_a_tap_that_{name}",
               lambda box: box.run("discover", "--config", box.config),
               code, error, sandbox=sandbox, catalog=names, **expected)
    yield Case(f"check_of_a_tap_that_{name}",
               lambda box: box.run("check", "--config", box.config),
               code, error, sandbox=sandbox, catalog=[], **status, **expected)
    yield Case(f"read_of_a_tap_whose_discovery_{name}", lambda box: box.read("users"),
               code, error, sandbox=sandbox, catalog=[],
               statuses={} if error else {"users": "COMPLETE"}, **expected)


BLANK_LINES = "while :; do echo; sleep 3; done"
MESSAGES = '{"type": "SCHEMA", "stream": "users", "schema": {}, "key_properties": []}\n'

DISCOVERY = [
    *discovery("refuses_the_password", ("config_error", "401 Unauthorized: the password **** is"),
               fault="critical", expected={"logs": ["INFO Logging in with ****"]}),
    *discovery("raises_an_exception", ("transient_error", "Connection refused"),
               fault="traceback"),
    *discovery("prints_a_usage_error", ("system_error", "unrecognized arguments: --x"),
               fault="usage"),
    *discovery("exits_with_3", ("system_error", "exited with status 3"), fault="exit_3"),
    *discovery("exits_with_255", ("system_error", "exited with status 255"), fault="exit_255"),
    *discovery("is_killed", ("system_error", "killed by signal 9 (Killed), which usually means "
                             "that it ran out of memory"), fault="sigkill_in_a_line"),
    *discovery("crashes", ("system_error", "killed by signal 11"), fault="sigsegv_in_a_line"),
    *discovery("prints_nothing", ("system_error", "printed nothing"), fault="exit_0"),
    *discovery("prints_text_only", ("system_error", "no catalog"), fault="write_and_end",
               text="Welcome!\nNo streams today.\n", expected={"logs": ["WARN Welcome!"]}),
    *discovery("prints_text_before_the_catalog", fault="write",
               text="Welcome!\r\n\n  to you\n", expected={"logs": ["WARN Welcome!"]}),
    *discovery("prints_text_after_the_catalog", ("system_error", "the tap's discovery: "),
               fault="text_after"),
    *discovery("prints_half_a_catalog", ("system_error", "the tap's discovery: "),
               fault="write_half_and_end"),
    *discovery("prints_a_byte_order_mark", fault="write", text="\xef\xbb\xbf"),
    *discovery("prints_blank_lines_first", fault="write", text="\n\r\n \n"),
    *discovery("prints_a_list", ("system_error", "catalog"), fault="write_and_end", text="[]\n"),
    *discovery("prints_no_streams", ("system_error", 'a list "streams"'), fault="write_and_end",
               text="{}\n"),
    *discovery("hangs", ("transient_error", "did not discover its streams within 1 seconds"),
               fault="hang", manifest=DEADLINE, expected={"within": 10}),
    *discovery("ignores_sigterm", ("transient_error", "within 1 seconds"), fault="ignore_sigterm",
               manifest=DEADLINE, expected={"within": 15}),
    *discovery("leaves_a_child_that_holds_stdout", fault="leave_child", expected={"within": 15}),
    *discovery("leaves_a_child_in_silence", fault="leave_child_without_pipes"),
    *discovery("leaves_a_child_that_writes_blank_lines", fault="leave_script", text=BLANK_LINES,
               expected={"within": 20}),
    *discovery("closes_stderr", fault="close_stderr"),
    *discovery("floods_stderr", fault="flood_stderr"),
    *discovery("leaves_files", fault="leave_files"),
    *discovery("prints_messages", style="fixerio"),
    *discovery("cannot_discover", style="old"),
    *discovery("has_no_help", style="helpless",
               expected={"logs": ["WARN The tap's --help does not say"]}),
]


def reading(name, code=0, error=None, **expected):
    config = {name: expected.pop(name) for name in ("fault", "moment", "text", "records",
                                                    "state_every") if name in expected}
    options = {"sandbox": {"config": {"records": 4, "state_every": 1, "moment": "middle",
                                      **config},
                           "manifest": expected.pop("manifest", None)}}
    records = expected.pop("ids", [1, 2, 3, 4] if code == 0 else [1, 2])
    last = records[-1] if records else None
    expected.setdefault("state", {"bookmarks": {"users": {"id": last}}} if last else None)
    expected.setdefault("statuses", {"users": "INCOMPLETE" if code else "COMPLETE"})
    return Case(f"read_of_a_tap_that_{name}", lambda box: box.read("users"), code, error,
                records=records, **options, **expected)


def has_long_record(test, result):
    test.assertEqual(max(len(record.get("name", "")) for record in result.records), 20 << 20)


def has_nothing_lost(test, result):
    """A flood: what is not written is counted."""
    written = sum("x" * 1000 in log for log in result.logs)
    left_out = sum(int(number) for log in result.logs
                   for number in re.findall(r"(\d+) log messages are left out", log))
    test.assertGreater(written, 900)
    test.assertGreaterEqual(written + left_out, 10 * 1024)


def has_repeats_counted(test, result):
    found = [log for log in result.logs if "the same again" in log]
    test.assertEqual(len(found), 2, found)
    test.assertEqual(found[0], "WARN the same again")
    test.assertIn("499", found[1])


def has_prints_counted(test, result):
    written = sum(log.startswith("WARN line ") for log in result.logs)
    left_out = sum(int(number) for log in result.logs
                   for number in re.findall(r"(\d+) (?:warnings|log messages)", log))
    test.assertEqual(written + left_out, 5000, [log for log in result.logs if "line " not in log])
    test.assertLessEqual(written, 1000)


def has_long_line_cut(test, result):
    text = "".join(log for log in result.logs if "xxx" in log)
    test.assertLess(text.count("x"), 1 << 20)
    test.assertGreater(text.count("x"), 60000)


def has_rate_limit(test, result):
    statuses = [(status["status"], status.get("reasons", [{}])[0].get("type"))
                for status in result.of("STREAM_STATUS")]
    test.assertEqual(statuses, [("STARTED", None), ("RUNNING", None),
                                ("RUNNING", "RATE_LIMITED"), ("RUNNING", None),
                                ("COMPLETE", None)])
    reset = result.of("STREAM_STATUS")[2]["reasons"][0]["rate_limited"]["quota_reset"]
    emitted = [item["trace"]["emitted_at"] for item in result.messages
               if item["type"] == "TRACE" and "reasons" in item["trace"]["stream_status"]]
    test.assertEqual(reset - emitted[0], 90000)


def is_about(name):
    def check(test, result):
        stream = result.of("ERROR")[0].get("stream_descriptor")
        test.assertEqual(stream, {"name": name} if name else None)
    return check


def has_stack_trace(test, result):
    trace = result.of("ERROR")[0]["stack_trace"]
    test.assertIn("Traceback (most recent call last):", trace)
    test.assertNotIn(SECRET, trace)


READING = [
    reading("is_fine"),
    reading("exits_early_with_0", fault="exit_0", ids=[1, 2]),
    reading("fails_in_the_middle_of_a_stream", 1, ("system_error", "status 3"), fault="exit_3",
            check=is_about("users")),
    reading("fails_before_any_stream", 1, ("system_error", "status 3"), fault="exit_3",
            moment="start", ids=[], check=is_about(None)),
    reading("waits_for_a_rate_limit", fault="rate_limit", check=has_rate_limit),
    reading("repeats_itself_in_the_log", fault="repeat_itself", check=has_repeats_counted),
    reading("is_slow", fault="pause", logs=["INFO 2 records so far"]),
    reading("logs_a_line_without_an_end", fault="endless_log_line",
            logs=["INFO ... (a very long line", "INFO after it"], check=has_long_line_cut),
    reading("hangs", 1, ("transient_error", "wrote nothing for 2 seconds and was taken for hung"),
            fault="hang", manifest={"read": {"idle": 2}}, within=20),
    reading("hangs_after_its_last_record", 1, ("transient_error", "wrote nothing for 2 seconds"),
            fault="hang", moment="end", ids=[1, 2, 3, 4], manifest={"read": {"idle": 2}},
            within=20),
    reading("closes_stdout_and_hangs", 1, ("transient_error", "wrote nothing for 30 seconds"),
            fault="close_stdout_and_hang", within=45),
    reading("hangs_after_an_exception_that_nobody_caught", 1,
            ("transient_error", "cannot refresh the token"), fault="traceback_and_hang",
            manifest={"read": {"idle": 2}}, within=20),
    reading("loses_a_thread", fault="thread_dies", logs=["WARN A thread of the tap has died"]),
    reading("prints_a_lot_of_text", fault="print_a_lot", check=has_prints_counted),
    reading("refuses_the_password", 1, ("config_error", "401 Unauthorized: the password ****"),
            fault="critical"),
    reading("raises_an_exception", 1, ("transient_error", "Connection refused"),
            fault="traceback", check=has_stack_trace),
    reading("raises_an_exception_first", 1, ("transient_error", "Connection refused"),
            fault="traceback", moment="start", ids=[]),
    reading("raises_an_exception_last", 1, ("transient_error", "Connection refused"),
            fault="traceback", moment="end", ids=[1, 2, 3, 4]),
    reading("exits_with_3", 1, ("system_error", "could not read: it exited with status 3"),
            fault="exit_3"),
    reading("exits_with_255", 1, ("system_error", "status 255"), fault="exit_255"),
    reading("is_killed_in_a_line", 1, ("system_error", "killed by signal 9"),
            fault="sigkill_in_a_line"),
    reading("crashes_in_a_line", 1, ("system_error", "killed by signal 11"),
            fault="sigsegv_in_a_line"),
    reading("leaves_a_child_that_holds_stdout", fault="leave_child", within=15),
    reading("leaves_a_child_in_silence", fault="leave_child_without_pipes", within=5),
    reading("closes_stdout_and_lives_on", fault="close_stdout", ids=[1, 2],
            logs=["INFO still alive"]),
    reading("closes_stderr", fault="close_stderr"),
    reading("floods_stderr", fault="flood_stderr", check=has_nothing_lost),
    reading("floods_stderr_with_debug_messages", fault="flood_debug",
            logs=["INFO what a person needs"], no_logs=["left out"]),
    reading("writes_a_line_of_20_megabytes", fault="long_line", ids=[1, 2, 1000, 3, 4],
            check=has_long_record),
    reading("writes_text", fault="write", text="Hello there\n", logs=["WARN Hello there"]),
    reading("writes_blank_lines", fault="write", text="\n \n\t\r\n\r\n", no_logs=["WARN"]),
    reading("ends_lines_with_crlf", fault="write",
            text='{"type": "RECORD", "stream": "users", "record": {"id": 9}}\r\n',
            ids=[1, 2, 9, 3, 4]),
    reading("writes_a_broken_message", 1, ("system_error", "of the tap's output is no valid"),
            fault="write", text='{"type": "RECORD", "stream": "users", "record": {"id": }}\n'),
    reading("writes_a_nul_in_a_record", 1, ("system_error", "of the tap's output is no valid"),
            fault="nul_in_record"),
    reading("writes_nul_and_other_bytes_as_text", fault="write", text="a\0b\xff\x01\n",
            logs=["WARN a\0b\ufffd\x01"]),
    reading("writes_a_byte_order_mark", moment="start", fault="write", text="\xef\xbb\xbf"),
    reading("ends_in_the_middle_of_a_line", 1,
            ("system_error", "ends in the middle of a message"), fault="write_and_end",
            text='{"type": "RECORD", "stream": "users", "rec'),
    reading("ends_without_a_line_end", fault="write_and_end",
            text='{"type": "RECORD", "stream": "users", "record": {"id": 9}}',
            ids=[1, 2, 9], state={"bookmarks": {"users": {"id": 2}}}),
    reading("writes_records_of_another_stream", fault="write",
            text='{"type": "RECORD", "stream": "others", "record": {"id": 9}}\n' * 2,
            logs=["INFO Records of the stream others are left out"]),
    reading("writes_unknown_messages", fault="write", text='{"type": "PING"}\n' * 2,
            logs=["WARN The tap writes messages of the type PING"]),
    reading("writes_an_empty_batch", fault="write",
            text='{"type": "BATCH", "stream": "users", "encoding": {}, "manifest": []}\n'),
    reading("names_a_batch_that_is_not_there", 1, ("system_error", "cannot open a file"),
            fault="write",
            text='{"type": "BATCH", "stream": "users", "filepath": "/no/such/file"}\n'),
    reading("leaves_files", fault="leave_files"),
]


def first_record(name, code=0, error=None, **config):
    return Case(f"check_by_the_first_record_of_a_tap_that_{name}",
                lambda box: box.run("check", "--config", box.config), code, error,
                connection="FAILED" if code else "SUCCEEDED", records=[], within=10,
                sandbox={"config": config,
                         "manifest": {"check": {"method": "first_record", "deadline": 2}}})


FIRST_RECORD = [
    first_record("is_fine"),
    first_record("hangs_after_the_first_record", fault="hang", moment="middle", records=4),
    first_record("has_no_records", records=0),
    first_record("refuses_the_password", 1, ("config_error", "401 Unauthorized"),
                 fault="critical"),
    first_record("fails_after_the_first_record", fault="critical", moment="end"),
    first_record("hangs", 1, ("transient_error", "did not read a first record within 2 seconds"),
                 fault="hang"),
]


LATE = """for id in 11 12 13; do
  sleep 3; echo '{"type": "RECORD", "stream": "users", "record": {"id": '$id'}}'
done"""
STATES = "while :; do echo '{\"type\": \"STATE\", \"value\": {}}'; sleep 1; done"
FLOOD = "exec yes ''"
WORDS = "exec yes words"


class Daemons(unittest.TestCase):
    @staticmethod
    def read_beside(script, manifest=None):
        config = {"fault": "leave_script", "moment": "end", "text": script}
        with Sandbox(config=config, manifest=manifest) as sandbox:
            return sandbox.read("users")

    def test_a_child_that_writes_no_messages_is_not_waited_for(self):
        scripts = (BLANK_LINES, FLOOD, WORDS, f"{BLANK_LINES} >&2")
        with concurrent.futures.ThreadPoolExecutor(len(scripts)) as pool:
            results = list(pool.map(self.read_beside, scripts))
        for script, result in zip(scripts, results):
            with self.subTest(script):
                check_always(self, result)
                self.assertEqual((result.code, len(result.records)), (0, 3))
                self.assertEqual(result.last_statuses, {"users": "COMPLETE"})
                self.assertLess(result.seconds, 40)
                self.assertTrue(any("wrote no message for 5 seconds" in log
                                    for log in result.logs), result.logs[-3:])

    def test_a_child_that_writes_messages_is_waited_for(self):
        result = self.read_beside(LATE)
        check_always(self, result)
        self.assertEqual(result.code, 0)
        self.assertEqual([record["id"] for record in result.records], [1, 2, 3, 11, 12, 13])

    def test_a_child_that_writes_messages_for_ever_is_an_error(self):
        result = self.read_beside(STATES, manifest={"read": {"idle": 4}})
        check_always(self, result)
        self.assertEqual(result.code, 1)
        self.assertEqual(result.error[0], "system_error")
        self.assertIn("a process that it left behind went on writing messages for 4 seconds",
                      result.error[1])
        self.assertEqual(result.last_statuses, {"users": "INCOMPLETE"})

    def test_what_the_tap_wrote_before_its_end_is_not_lost_beside_a_child_that_floods(self):
        """Its last records are in its pipe for much longer than what it left behind is given."""
        for processes in ("1", "2"):
            config = {"records": 12000, "streams": ["users", "orders"], "fault": "leave_script",
                      "moment": "end", "text": FLOOD}
            with self.subTest(processes), Sandbox(config=config) as sandbox:
                process = sandbox.start("read", "--config", sandbox.config, "--catalog",
                                        sandbox.catalog("users", "orders"), "--parallel",
                                        processes)
                time.sleep(13)
                result = sandbox.finish(process)
                check_always(self, result)
                self.assertEqual((result.code, len(result.records)), (0, 24000))
                self.assertLess(result.seconds, 40)

    def test_a_child_that_left_the_group_is_ended_but_not_waited_for(self):
        with Sandbox(config={"fault": "leave_child_outside", "moment": "end"}) as sandbox:
            result = sandbox.read("users")
        self.assertEqual(result.code, 0)
        self.assertEqual(len(result.records), 3)
        self.assertEqual(result.last_statuses, {"users": "COMPLETE"})
        self.assertLess(result.seconds, 9)
        self.assertEqual(result.left, [])
        self.assertTrue(any("kept its output open" in log for log in result.logs))


class Promptness(unittest.TestCase):
    def test_records_come_out_while_the_tap_pauses(self):
        with Sandbox(config={"fault": "hang", "moment": "middle", "records": 4}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"))
            before = b""
            while before.count(b'"RECORD"') < 2:
                before += os.read(process.stdout.fileno(), 65536)
            process.terminate()
            result = sandbox.finish(process, before)
        self.assertEqual([record["id"] for record in result.records], [1, 2])

    def test_sixty_short_reads_of_a_tap_that_logs_lose_nothing(self):
        """Where the end of stderr alone ends the reading, one in three is empty."""
        config = {"records": 10, "fault": "metric", "moment": "end"}
        with Sandbox(config=config) as sandbox, \
                concurrent.futures.ThreadPoolExecutor(6) as pool:
            arguments = ("read", "--config", sandbox.config, "--catalog", sandbox.catalog("users"))

            def read(_):
                process = sandbox.start(*arguments)
                stdout, _ = process.communicate(timeout=60)
                return process.returncode, stdout.count(b'{"type":"RECORD"')

            self.assertEqual(list(pool.map(read, range(60))), [(0, 10)] * 60)


@with_cases(DISCOVERY)
class Discovery(unittest.TestCase):
    pass


@with_cases(READING, FIRST_RECORD)
class Reading(unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
