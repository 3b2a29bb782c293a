"""Every tap of taps/ has recordings, and these are made anew only where something has changed."""
import datetime
import json
import os
import shutil
import tempfile
import unittest

from live import make_recordings
from live.virtual_environment import ROOT

STARTED = int(datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc).timestamp())
TOLD_IN_DAYS = [
    ('"2026-03-01T23:59:59.123456Z"', '"<day +0>"'),
    ("time=2026-02-28 00:00:00 name=x", "time=<day -1> name=x"),
    ("2026-02-20T10:00:00+00:00, 2026-03-02", "<day -9>, <day +1>"),
    (f"created[lt]={STARTED}&", "created[lt]=<day +0>&"),
    (f'"version": {STARTED + 86400}571', '"version": <day +1>'),
    (f"{STARTED}.25", "<day +0>"),
]
KEPT = ["2024-02-17T12:00:00Z", "0001-01-01 00:00:00.000", "9999-12-31", "2026-02-30",
        "1704067200", "9007199254740993", "+491795290017", "12.30"]


class MakeRecordings(unittest.TestCase):
    def test_times_near_the_start_are_told_in_days(self):
        for text, expected in TOLD_IN_DAYS:
            with self.subTest(text):
                self.assertEqual(make_recordings.without_times(text, STARTED), expected)

    def test_other_values_are_kept(self):
        for text in KEPT:
            with self.subTest(text):
                self.assertEqual(make_recordings.without_times(text, STARTED), text)

    def test_a_record_that_changed_is_a_difference_and_a_later_run_is_none(self):
        recorded = os.path.join(make_recordings.RECORDED, "csv", "incremental")
        with tempfile.TemporaryDirectory() as folder:
            other = os.path.join(folder, "other")
            self.assertEqual(make_recordings.differences(other, recorded), ["all"])
            shutil.copytree(recorded, other)
            about = json.loads(make_recordings.load(other, "recording.json"))
            about["exit"]["after"] += 1
            make_recordings.write(other, "recording.json", json.dumps(about))
            make_recordings.write(other, "times", "0 out 1\n")
            self.assertEqual(make_recordings.differences(recorded, other), [])
            text = make_recordings.load(other, "stdout")
            make_recordings.write(other, "stdout", text.replace("Bremen", "Emden"))
            self.assertEqual(make_recordings.differences(recorded, other), ["stdout"])

    def test_every_tap_has_small_recordings(self):
        taps = [name for name in sorted(os.listdir(os.path.join(ROOT, "taps")))
                if os.path.exists(os.path.join(ROOT, "taps", name, "tap.json"))]
        self.assertEqual(taps, sorted(make_recordings.MAKERS))
        for name in taps:
            folder = os.path.join(make_recordings.RECORDED, name)
            for case in os.listdir(folder):
                with self.subTest(f"{name}/{case}"):
                    self.assertLess(make_recordings.size_of(os.path.join(folder, case)),
                                    make_recordings.LIMIT)


if __name__ == "__main__":
    unittest.main()
