"""Tap processes side by side of which some write without end: each gets its turn, and memory
has its bounds.
"""
import os
import resource
import struct
import sys
import time
import unittest

from e2e.crowd_tap import BLOCK
from e2e.sandbox import HERE, SECRET, Sandbox, check_always, wait_for

SIZE = 1000
MIB = 1 << 20
OVERTAKING = 4 * MIB  # of each flood, while a line is on its way: a pipe, a turn, a rest
HELD = 4 * MIB  # of each flood, in pipes and memory


def is_still(number):
    """Does it stay the same for a while?"""
    first = number()
    time.sleep(0.5)
    return first > 0 and number() == first


def resident(process):
    """Its memory, in bytes."""
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class Crowd(unittest.TestCase):
    @staticmethod
    def lines(megabytes):
        return megabytes * MIB // SIZE // BLOCK * BLOCK

    def box(self, names, megabytes):
        manifest = {"tap": {"command": [sys.executable, "-S", "-E",
                                        os.path.join(HERE, "crowd_tap.py")]}}
        box = Sandbox(manifest={**manifest, "parallel": len(names)})
        counts = box.path("counts")
        os.mkdir(counts)
        for name in names:
            if name.startswith("flood"):
                box.write(f"counts/{name}.count", bytes(16))
        box.write("config.json", {"password": SECRET, "names": names, "size": SIZE,
                                  "lines": self.lines(megabytes), "counts": counts})
        return box

    def start(self, box, names):
        catalog = box.catalog(*names, properties=("seen", "text"))
        return box.start("read", "--config", box.config, "--catalog", catalog)

    def check_turns(self, names, megabytes, slow):
        with self.box(names, megabytes) as box:
            process = self.start(box, names)
            parts, size = [], 0
            while size < slow:
                parts.append(os.read(process.stdout.fileno(), 65536))
                size += len(parts[-1])
                time.sleep(0.001)
            result = box.finish(process, b"".join(parts))
        self.assertEqual(result.code, 0, result.logs)
        check_always(self, result)
        written, overtaken = 0, []
        for record in result.of("RECORD"):
            if record["stream"] == "trickle":
                overtaken.append(written - record["data"]["seen"])
            else:
                written += 1
        floods = len(names) - 1
        self.assertEqual(written, floods * self.lines(megabytes))
        # it may be out of luck between looking at the counts and writing, but not often
        usual = sorted(overtaken)[len(overtaken) * 9 // 10]
        self.assertGreater(len(overtaken), 10)
        self.assertLess(usual * SIZE, floods * OVERTAKING)

    def test_a_line_now_and_then_comes_out_though_others_write_without_end(self):
        self.check_turns(["flood", "trickle"], 40, 0)
        self.check_turns(["trickle", "flood1", "flood2", "flood3"], 20, 0)

    def test_so_it_does_where_stdout_is_read_slowly(self):
        self.check_turns(["flood", "trickle"], 40, 20 * MIB)
        self.check_turns(["flood1", "trickle", "flood2", "flood3"], 20, 30 * MIB)

    def test_a_batch_gets_its_turns_too(self):
        with self.box(["flood1", "batch", "flood2"], 20) as box:
            result = box.finish(self.start(box, ["flood1", "batch", "flood2"]))
        self.assertEqual(result.code, 0, result.logs)
        streams = [record["stream"] for record in result.of("RECORD")]
        self.assertEqual(len(streams), 3 * self.lines(20))
        half = [place for place, name in enumerate(streams) if name == "batch"][self.lines(20) // 2]
        self.assertLess(half, len(streams) * 9 // 10)

    def test_all_wait_for_a_reader_that_has_stopped_and_memory_has_its_bounds(self):
        names = [f"flood{number}" for number in range(8)]

        def written():
            total = 0
            for name in names:
                with open(box.path(f"counts/{name}.count"), "rb") as file:
                    total += struct.unpack("=qq", file.read())[0]
            return total

        with self.box(names, 8) as box:
            process = self.start(box, names)
            before = os.read(process.stdout.fileno(), 65536)
            self.assertTrue(wait_for(lambda: is_still(written)))
            stuck, memory = written(), resident(process)
            time.sleep(2)
            self.assertEqual(written(), stuck)
            self.assertLess(resident(process) - memory, MIB)
            self.assertLess(stuck * SIZE, len(names) * HELD)
            result = box.finish(process, before)
        self.assertEqual(result.code, 0, result.logs)
        check_always(self, result)
        self.assertEqual(len(result.records), len(names) * self.lines(8))


if __name__ == "__main__":
    unittest.main()
