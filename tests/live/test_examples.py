"""Every examples/USE that is a program must run to its end; here, or where SHOWN says."""
import glob
import os
import subprocess
import unittest

from live import tap_environment


SHOWN = {
    "airbyte": "text",
    "csv": "here",
    "docker": "tests/docker/test_runs.py",
    "pyairbyte": "by hand: PyAirbyte is large; that it is Python, here",
    "wrap-your-own": "test_new.py",
}


class Examples(unittest.TestCase):
    def test_the_csv_demo_shows_all_four_commands(self):
        result = subprocess.run(["examples/csv/demo"], env=tap_environment.of("csv"),
                                stdout=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 0)
        shown = result.stdout.decode()
        for expected in ("SUCCEEDED", "depots   6 fields", "parcels: COMPLETE", "7 RECORD"):
            self.assertIn(expected, shown)

    def test_it_is_known_where_each_is_shown(self):
        self.assertEqual(sorted(glob.glob("examples/*")),
                         [os.path.join("examples", name) for name in sorted(SHOWN)])

    def test_the_pyairbyte_example_is_python(self):
        with open("examples/pyairbyte/read.py", encoding="utf-8") as file:
            compile(file.read(), file.name, "exec")


if __name__ == "__main__":
    unittest.main()
