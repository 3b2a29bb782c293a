"""Every examples/USE has a script that shows it; each must run to its end."""
import glob
import os
import subprocess
import unittest

from live import tap_environment


class Examples(unittest.TestCase):
    def test_the_csv_demo_shows_all_four_commands(self):
        result = subprocess.run(["examples/csv/demo"], env=tap_environment.of("csv"),
                                stdout=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 0)
        shown = result.stdout.decode()
        for expected in ("SUCCEEDED", "depots   6 fields", "parcels: COMPLETE", "7 RECORD"):
            self.assertIn(expected, shown)

    def test_every_example_is_run_here(self):
        self.assertEqual(sorted(glob.glob("examples/*")),
                         [os.path.join("examples", name) for name in (
                             "csv", "wrap-your-own")])  # the latter: test_new.py


if __name__ == "__main__":
    unittest.main()
