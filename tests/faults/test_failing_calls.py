"""Every call that the machine may refuse, refused once, and from then on.

FAULTS_ALL=1 tries each of the thousands of allocations; else the first 40 of a command,
and every so many of the others.
"""
import concurrent.futures
import errno
import os
import unittest

from faults.machine import Machine

PARALLEL = 6
FIRST = 40        # so many calls are tried one by one,
SAMPLE = 40       # and so many of those after them
SHOWN = 5         # so many problems of a test
FOREVER = 1 << 62
SHORT = 0

COMMANDS = ("spec", "check", "check_record", "discover", "discover_old", "read", "read_anew",
            "read_rules", "read_rewrites", "read_files", "read_fails", "check_talks",
            "check_http", "check_refused", "discover_installed", "record", "replay",
            "replay_check")

# kind, outcome; which calls fail: one at a time, from one on, all.
FAULTS = [
    ("memory", "ENOMEM", "one"),
    ("memory", "ENOMEM", "from"),
    ("open", "EMFILE", "one"),
    ("open", "EMFILE", "from"),
    ("open", "EACCES", "one"),
    ("pipe", "EMFILE", "one"),
    ("pipe", "EMFILE", "from"),
    ("fork", "EAGAIN", "one"),
    ("read", "EIO", "one"),
    ("read", "EIO", "from"),
    ("read", "EINTR", "one"),
    ("read", "short", "one"),
    ("read", "short", "all"),
    ("write", "ENOSPC", "one"),
    ("write", "ENOSPC", "from"),
    ("write", "EIO", "one"),
    ("write", "EINTR", "one"),
    ("write", "short", "one"),
    ("write", "short", "all"),
    ("close", "EIO", "one"),
    ("close", "EIO", "from"),
    ("mkdtemp", "ENOSPC", "one"),
    ("inotify", "EMFILE", "one"),
    ("epoll", "EMFILE", "one"),
]


def numbers_of(count):
    """Which of so many calls are tried."""
    if os.environ.get("FAULTS_ALL") or count <= FIRST + SAMPLE:
        return range(1, count + 1)
    stride = -(-(count - FIRST) // SAMPLE)
    return [*range(1, FIRST + 1), *range(FIRST + 1, count + 1, stride)]


def orders_of(machine, command, kind, outcome, which):
    number = SHORT if outcome == "short" else getattr(errno, outcome)
    if which == "all":
        return [f"{kind} 1 {FOREVER} {number}"]
    return [f"{kind} {call} {call if which == 'one' else FOREVER} {number}"
            for call in numbers_of(machine.count(command, kind))]


class FailingCalls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(Machine())
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(PARALLEL))

    def check(self, command, fault):
        def outcome(order):
            found = self.machine.run(command, order)
            problem = self.machine.problem_of(command, found)
            return problem and f"{order}: {problem}"

        orders = orders_of(self.machine, command, *fault)
        problems = [problem for problem in self.pool.map(outcome, orders) if problem]
        if problems:
            self.fail(f"{len(problems)} of {len(orders)}:\n" + "\n".join(problems[:SHOWN]))


def add_tests():
    for command in COMMANDS:
        for fault in FAULTS:
            name = "test_{}_when_{}_of_{}_fail_with_{}".format(command, *fault[2::-2], fault[1])
            setattr(FailingCalls, name,
                    lambda self, command=command, fault=fault: self.check(command, fault))


add_tests()

if __name__ == "__main__":
    unittest.main()
