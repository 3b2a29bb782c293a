"""tap-mailchimp from PyPI against a canned Mailchimp."""
import unittest

from live import airbyte_source, canned_api
from live.canned_api import Stream

LISTS = ["a1b2c3d4e5", "b2c3d4e5f6", "c3d4e5f6a7"]
CAMPAIGNS = ["5c0000001a", "5c0000002b", "5c0000003c"]
EVENTS = ["2024-02-02T09:00:00.000000Z", "2024-02-02T09:01:00.000000Z",
          "2024-02-03T09:00:00.000000Z", "2024-02-04T09:00:00.000000Z"]
OAUTH = {"auth_type": "oauth2.0", "access_token": "token-of-the-tests"}


class Mailchimp(canned_api.CannedApiTest, unittest.TestCase):
    name = "mailchimp"
    config = {
        "credentials": {"auth_type": "apikey", "apikey": "key-of-the-tests-us10",
                        "data_center": "us10"},
        "start_date": "2024-01-01T00:00:00Z",
        "page_size": 2,
    }
    refused = {"credentials": {"auth_type": "apikey", "apikey": "revoked-key-of-the-tests-us10",
                               "data_center": "us10"}}
    refusal = "Error testing Mailchimp authentication"
    read_refusal = "401"
    paged = r"/lists\?"
    limited = r"/lists\?"
    streams = {
        "automations": Stream(["id"], None, ["6d0000001a"]),
        "campaigns": Stream(["id"], None, CAMPAIGNS, [*CAMPAIGNS, "5c0000004d"]),
        "list_members": Stream(["id", "list_id"], "last_changed", [LISTS[0]] * 3 + LISTS[1:2],
                               LISTS[:2]),
        "list_segment_members": Stream(["id", "list_id"], None, [LISTS[0]] * 4),
        "list_segments": Stream(["id"], None, ["4001", "4002"]),
        "lists": Stream(["id"], None, LISTS, None, {
            "id": LISTS[0], "web_id": "101", "name": "Tides",
            "date_created": "2023-10-01T08:00:00.000000Z"}),
        "reports_email_activity": Stream(
            ["campaign_id", "action", "email_id", "timestamp"], "timestamp", EVENTS,
            ["2024-04-03T09:00:00.000000Z", "2024-04-04T09:00:00.000000Z"]),
        "unsubscribes": Stream(["campaign_id", "email_id"], None, ["9a" * 16]),
    }

    def test_oauth_finds_the_data_center(self):
        self.assertEqual(self.check({**self.config, "credentials": OAUTH}), ("SUCCEEDED", ""))
        status, message = self.check({**self.config, "credentials": {
            **OAUTH, "access_token": "revoked-token-of-the-tests"}})
        self.assertEqual(status, "FAILED")
        self.assertRegex(message, self.refusal)

    def test_children_are_read_without_their_parents(self):
        choices = {(None, "list_members"): ("incremental", "last_changed"),
                   (None, "list_segment_members"): ("full_refresh", None),
                   (None, "reports_email_activity"): ("incremental", "timestamp")}
        first = self.source.read(choices)
        self.assert_brought(first, {name: self.streams[name].first for _, name in choices})
        self.server.reset()
        self.server.phase = 2
        second = self.source.read(choices, airbyte_source.states(first))
        self.assert_brought(second, {"list_members": LISTS[:2]})
        self.assertEqual({request.query["since_last_changed"]
                          for request in self.asked(r"/lists/\w+/members\?")},
                         {"2024-03-10T10:00:00+00:00", "2024-01-11T10:00:00+00:00",
                          "2024-01-01T00:00:00Z"})

    def test_activity_is_asked_for_campaigns_of_the_last_days_only(self):
        source = self.source_with({**self.config, "email_activity_date_window": 30})
        source.read({(None, "reports_email_activity"): ("full_refresh", None)})
        self.assertEqual(len(self.asked(r"since_send_time=\d{4}-\d\d-\d\d")), 2)


if __name__ == "__main__":
    unittest.main()
