"""The machine's limits, set for real: descriptors, memory, a full disk, very long lines.

Of the plain program: a sanitizer needs terabytes of address space. Calls that fail one by
one are in tests/faults.
"""
import concurrent.futures
import os
import resource
import subprocess
import unittest

from faults.machine import TAPBYTE, Machine, kind_of, statuses_of

MEGABYTE = 1 << 20
LONG = 200 * MEGABYTE
MANY = 1000000
PARALLEL = 4

TOO_FEW = "tapbyte: cannot start: there are too few file descriptors (ulimit -n)\n"


def long_line(length):
    return f"""printf '{{"type":"RECORD","stream":"users","record":{{"id":1,"name":"'
head -c {length} /dev/zero | tr '\\0' x
printf '"}}}}\\n'"""


LONG_LINE = long_line(LONG)
LONGER_AND_LONGER = [megabytes * MEGABYTE for megabytes in range(5, 35, 5)]
OTHERWISE = 10 * MEGABYTE  # what the adapter needs besides
SCHEMA = ('{"type":"SCHEMA","stream":"%s","key_properties":[],"schema":{"type":"object",'
          '"properties":{"id":{},"%s":{}}}}')
RECORD = '{"type":"RECORD","stream":"users","record":{"id":1}}'


def script(body, discover=True):
    """A tap that prints its catalog by `cat` and its messages by the body."""
    known = '*--help*) cat "$here/help" ;;\n'
    if discover:
        known += '*--discover*) cat "$here/discovery" ;;\n'
    return f'#!/bin/sh\nhere=$(dirname "$0")\ncase "$*" in\n{known}*) {body} ;;\nesac\n'


def limited(which, number):
    return lambda: resource.setrlimit(which, (number, number))


def peak_memory(process):
    """Of a process, in bytes, as it stands now; 0: it has ended."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            sizes = [line.split()[1] for line in file if line.startswith("VmHWM:")]
    except OSError:
        return 0
    return int(sizes[0]) * 1024 if sizes else 0


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(Machine())
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(PARALLEL))

    def command_with(self, name, body, command="read", discover=True):
        """A command of a tap of its own, by name."""
        machine = self.machine
        machine.make_tap(name, {}, script(body, discover))
        if not discover:
            machine.write(f"{name}/help", "usage: tap [--config FILE]\n")
        arguments = [command, "--tap", machine.path(name), "--config", machine.path("config.json")]
        if command == "read":
            arguments += ["--catalog", machine.path("bare.json")]
        machine.commands[name] = arguments
        return name

    def check_failure(self, found, text):
        self.assertEqual((found.code, found.left, found.stderr), (1, None, ""), found.stdout[-500:])
        errors = [message["trace"]["error"]["message"] for message in found.messages
                  if kind_of(message) == "ERROR"]
        self.assertEqual(len(errors), 1)
        self.assertIn(text, errors[0])
        for stream, statuses in statuses_of(found.messages).items():
            self.assertEqual(statuses[-1], "INCOMPLETE", stream)

    # ---- descriptors, processes ----

    def test_few_descriptors_are_an_error_with_a_sentence(self):
        def outcome(name, number):
            found = self.machine.run(name, None,
                                     preexec_fn=limited(resource.RLIMIT_NOFILE, number))
            return found, self.machine.problem_of(name, found)

        cases = [(name, number) for name in ("spec", "check", "discover", "read")
                 for number in range(4, 25)]
        runs = [self.pool.submit(outcome, *case) for case in cases]
        for case, run in zip(cases, runs):
            with self.subTest(case):
                found, problem = run.result()
                self.assertIsNone(problem)
                self.assertTrue(case[1] > 4 or found.stderr == TOO_FEW, found.stderr)
                self.assertTrue(case[1] < 24 or found.code == 0, found.stdout)

    @unittest.skipIf(os.geteuid() == 0, "root has no limit of processes")
    def test_a_process_too_many_is_an_error_with_a_sentence(self):
        found = self.machine.run("discover", None, preexec_fn=limited(resource.RLIMIT_NPROC, 1))
        self.check_failure(found, "cannot start the tap")

    # ---- where output goes ----

    def test_a_full_disk_is_an_error_of_every_command(self):
        self.machine.commands.update(help=["--help"], version=["--version"])
        for name in ("spec", "check", "discover", "read", "help", "version"):
            with self.subTest(name), open("/dev/full", "wb") as full:
                found = self.machine.run(name, None, stdout=full)
                self.assertEqual((found.code, found.left), (1, None))
                self.assertEqual(found.stderr, "tapbyte: cannot write to stdout: "
                                               "No space left on device\n")

    def test_a_closed_stdout_is_an_error_of_every_command(self):
        self.machine.commands.update(help=["--help"], version=["--version"])
        for name in ("spec", "check", "discover", "read", "help", "version"):
            with self.subTest(name):
                found = self.machine.run(name, None, stdout=None, preexec_fn=lambda: os.close(1))
                self.assertEqual((found.code, found.left), (1, None))
                self.assertEqual(found.stderr, "tapbyte: cannot write to stdout: "
                                               "Bad file descriptor\n")

    def test_a_closed_stdin_makes_no_difference(self):
        for name in ("spec", "check", "discover", "read"):
            with self.subTest(name):
                found = self.machine.run(name, None, stdin=None, preexec_fn=lambda: os.close(0))
                self.assertEqual(found.code, 0)
                self.assertIsNone(self.machine.problem_of(name, found))

    def test_a_full_disk_for_the_work_dir_is_an_error_with_a_sentence(self):
        """A limit of file size stands in for it: it takes no mount."""
        found = self.machine.run("read", None, preexec_fn=limited(resource.RLIMIT_FSIZE, 100))
        self.check_failure(found, "cannot write ")

    # ---- long lines ----

    def check_memory_of(self, name, body, lengths):
        """They pass whole, and the longest is there twice at most: read, and to be written."""
        environment = {"PATH": os.environ["PATH"], "TMPDIR": self.machine.temporary()}
        arguments = self.machine.commands[self.command_with(name, body)]
        with subprocess.Popen([TAPBYTE, *arguments], env=environment,
                              stdout=subprocess.PIPE) as process:
            length = peak = 0
            while part := process.stdout.read1(MEGABYTE):
                length += part.count(b"x")
                peak = max(peak, peak_memory(process))
        self.assertEqual(process.returncode, 0)
        self.assertGreaterEqual(length, sum(lengths))
        self.assertLess(length, sum(lengths) + 1000)
        self.assertLess(peak, 2 * max(lengths) + OTHERWISE)

    def test_a_long_line_passes_whole_in_twice_its_length(self):
        self.check_memory_of("long", LONG_LINE, [LONG])

    def test_lines_that_grow_take_twice_the_length_of_the_longest(self):
        body = "\n".join(map(long_line, LONGER_AND_LONGER))
        self.check_memory_of("growing_lines", body, LONGER_AND_LONGER)

    def test_a_line_longer_than_memory_is_an_error_with_a_sentence(self):
        name = self.command_with("longer", LONG_LINE)
        found = self.machine.run(name, None, preexec_fn=limited(resource.RLIMIT_AS, 64 * MEGABYTE))
        self.check_failure(found, "a line is longer than memory allows")

    def test_a_record_longer_than_memory_is_an_error_and_not_counted(self):
        name = self.command_with("wider", LONG_LINE)
        found = self.machine.run(name, None, preexec_fn=limited(resource.RLIMIT_AS,
                                                                400 * MEGABYTE))
        self.check_failure(found, "out of memory")
        self.assertIn("users: 0 records", [message["log"]["message"] for message in found.messages
                                           if message["type"] == "LOG"])

    # ---- many schemas ----

    def check_many(self, name, megabytes=64):
        found = self.machine.run(name, None, seconds=60,
                                 preexec_fn=limited(resource.RLIMIT_AS, megabytes * MEGABYTE))
        self.assertEqual((found.code, found.left, found.stderr), (0, None, ""), found.stdout[-500:])
        return found

    def test_a_million_schemas_of_one_stream_take_no_memory(self):
        schema = SCHEMA % ("users", "name")
        found = self.check_many(self.command_with(
            "same", f"yes '{schema}' | head -{MANY}; echo '{RECORD}'"))
        self.assertIn(b'"data":{"id":1}', found.stdout)

    def test_a_million_schemas_that_differ_take_no_memory(self):
        schema = SCHEMA % ("users", "&")
        found = self.check_many(self.command_with(
            "growing", f"seq {MANY} | sed 's/.*/{schema}/'; echo '{RECORD}'"))
        self.assertIn(b'"data":{"id":1}', found.stdout)

    def test_a_million_streams_that_nobody_wants_take_no_memory(self):
        schema = SCHEMA % ("stream-&", "name")
        found = self.check_many(self.command_with(
            "others", f"seq {MANY} | sed 's/.*/{schema}/'; echo '{RECORD}'"))
        self.assertIn(b'"data":{"id":1}', found.stdout)

    def test_a_discovery_that_shows_a_million_streams_is_an_error(self):
        schema = SCHEMA % ("stream-&", "name")
        name = self.command_with("shown", f"seq {MANY} | sed 's/.*/{schema}/'", "discover", False)
        self.check_failure(self.machine.run(name, None, seconds=60),
                           "shows more than 100000 streams")

    # ---- deep nesting ----

    def check_depth(self, name, text, fails):
        path = self.machine.write(f"{name}-text", text + "\n")
        found = self.machine.run(self.command_with(name, f"cat {path}"), None)
        if fails:
            self.check_failure(found, "nested too deeply")
        else:
            self.assertEqual((found.code, found.left, found.stderr), (0, None, ""))

    def test_nesting_has_a_limit_of_999_levels(self):
        """Of the whole message, whose own objects are the first of them."""
        texts = {
            "record": ('{"type":"RECORD","stream":"users","record":{"about":%s}}', 2, "[", "]"),
            "state": ('{"type":"STATE","value":{"bookmarks":{"users":%s}}}', 3, "[", "]"),
            "schema": ('{"type":"SCHEMA","stream":"users","key_properties":[],'
                       '"schema":{"properties":{"id":%s}}}', 4, '{"items":', "}"),
        }
        for kind, (text, own, opening, closing) in texts.items():
            for depth in (998, 999, 1000, 100000):
                with self.subTest((kind, depth)):
                    inner = opening * (depth - own) + ("{}" if kind == "schema" else "")
                    inner += closing * (depth - own)
                    self.check_depth(f"deep-{kind}-{depth}", text % inner, depth > 999)


if __name__ == "__main__":
    unittest.main()
