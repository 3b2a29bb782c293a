"""tap-google-sheets from PyPI against a canned spreadsheet."""
import unittest

from live import airbyte_source, canned_api
from live.airbyte_source import Number
from live.canned_api import Stream

ID = "1hLd9Qqti3UyLXZB2aFfUWDT7BG-arw2xy4HR3D-dwUb"
CREDENTIALS = {
    "auth_type": "Client",
    "client_id": "lantern-works.apps.googleusercontent.com",
    "client_secret": "client-secret-of-the-tests",
    "refresh_token": "refresh-token-of-the-tests",
}
LOADED = (None, "sheets_loaded")
HARBOURS = (None, "Harbours")


class GoogleSheets(canned_api.CannedApiTest, unittest.TestCase):
    name = "google-sheets"
    config = {"spreadsheet_id": ID, "credentials": CREDENTIALS}
    refused = {"credentials": {**CREDENTIALS, "refresh_token": "revoked-token-of-the-tests"}}
    refused_status = 400
    refusal = "invalid_grant: Token has been expired or revoked"
    read_refusal = refusal
    paged = r"/values/'High\+%26\+low\+waters'!"
    limited = r"/values/'Harbours'!"
    undiscovered = ["sheets_loaded"]  # its key is the time of the read
    test_options = ["--ignore-fields", "sheets_loaded.loadDate"]
    streams = {
        "Harbours": Stream(["__sdc_row"], None, [2, 3, 5], [2, 3, 5, 6], {
            "__sdc_row": 3, "__sdc_sheet_id": 0, "__sdc_spreadsheet_id": ID,
            "Name": "Kiel — “no tide”", "Depth in m": "11.4", "Open": False,
            "Built on": "1895-03-15T00:00:00.000000Z", "First ferry": "12:00:00",
            "Fee": "980,50 €", "Berths": "310"}),
        "High & low waters": Stream(["__sdc_row"], None, list(range(2, 232)), None,
                                    {"__sdc_row": 231, "Height": "28.875"}),
        "sheet_metadata": Stream(["spreadsheetId", "sheetId"], None, [0, 1204], None),
        "spreadsheet_metadata": Stream(["spreadsheetId"], None, [ID], None, {
            "spreadsheetId": ID,
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{ID}/edit",
            "properties": {"title": "Tide tables", "locale": "de_DE",
                           "autoRecalc": "ON_CHANGE", "timeZone": "Europe/Berlin"}}),
    }
    # The tap waits 5 seconds after the first error and 10 after the second.
    test_a_limit_and_a_failure_of_the_api_are_waited_for = canned_api.slow(
        canned_api.CannedApiTest.test_a_limit_and_a_failure_of_the_api_are_waited_for)

    def test_check_says_that_the_user_may_not_open_the_spreadsheet(self):
        self.server.fail("/spreadsheets/", 403)
        status, message = self.check(self.config)
        self.assertEqual(status, "FAILED")
        self.assertRegex(message, "403.*The caller does not have permission")

    def test_check_says_that_there_is_no_such_spreadsheet(self):
        status, message = self.check({**self.config, "spreadsheet_id": "x" * 44})
        self.assertEqual(status, "FAILED")
        self.assertRegex(message, "404.*Requested entity was not found")

    def test_a_tab_that_is_empty_or_has_a_header_twice_is_not_offered(self):
        self.assertTrue({"Planned", "Twice"}.isdisjoint(
            name for _, name in self.source.streams()))

    def test_columns_have_the_types_of_the_first_row(self):
        properties = self.source.streams()[HARBOURS]["json_schema"]["properties"]
        self.assertEqual(properties["Built on"]["format"], "date-time")
        self.assertEqual(properties["First ferry"]["format"], "time")
        self.assertEqual(properties["Open"]["type"], ["null", "boolean", "string"])
        self.assertEqual(properties["Depth in m"], {"type": ["null", "string"]})
        self.assertFalse([name for name in properties if "skip" in name])

    def test_cells_of_another_type_come_as_they_are_shown(self):
        self.source.streams()
        self.server.phase = 2
        messages = self.source.read({HARBOURS: ("full_refresh", None)})
        record = airbyte_source.records(messages, HARBOURS)[2]
        self.assertEqual(record, {
            "__sdc_spreadsheet_id": ID, "__sdc_sheet_id": Number("0"), "__sdc_row": Number("5"),
            "Name": "Husum", "Depth in m": "dries out", "Open": "?", "Built on": "unknown"})

    def test_times_before_ten_have_one_digit(self):  # see the README
        messages = self.source.read({HARBOURS: ("full_refresh", None)}, fields={
            HARBOURS: ["__sdc_row", "First ferry"]})
        self.assertEqual([record.get("First ferry")
                          for record in airbyte_source.records(messages, HARBOURS)],
                         ["6:12:00", "12:00:00", None])

    def test_a_tab_that_is_not_selected_is_not_asked_for(self):
        self.source.read({HARBOURS: ("full_refresh", None)})
        self.assertEqual(self.asked("/values/'High"), [])

    def test_each_tab_that_was_read_is_listed(self):
        messages = self.source.read({HARBOURS: ("full_refresh", None),
                                     LOADED: ("full_refresh", None)})
        record, = airbyte_source.records(messages, LOADED)
        self.assertRegex(record.pop("loadDate"), r"^[0-9-]{10}T[0-9:.]+Z$")
        self.assertEqual(record["title"], "Harbours")


if __name__ == "__main__":
    unittest.main()
