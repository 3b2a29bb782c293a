"""pipelinewise-tap-slack from PyPI against a canned Slack."""
import time
import unittest

from live import airbyte_source, canned_api
from live.canned_api import Stream

OPENING, ANSWERED = "2024-02-10T10:00:00.000000Z", "2024-04-01T08:00:00.000000Z"
MESSAGES = ["2024-02-01T09:00:00.000000Z", "2024-02-01T09:00:00.000000Z", OPENING,
            "2024-03-05T12:00:00.000000Z"]
LATER = "2024-04-02T10:00:00.000000Z"  # in phase 3
REPLIES = [f"2024-02-10T10:0{minute}:00.000000Z" for minute in (5, 6, 7)]
MEMBERS = ["U0MIRA", "U0OTTO", "U0READER", "U0MIRA", "U0READER", "U0OTTO", "U0MIRA"]


def state_of(messages, name):
    return next(state for state in airbyte_source.states(messages)
                if state["stream"]["stream_descriptor"]["name"] == name)


class Slack(canned_api.CannedApiTest, unittest.TestCase):
    name = "slack"
    config = {
        "credentials": {"option_title": "API Token Credentials",
                        "api_token": "xoxb-token-of-the-tests"},
        "start_date": "2024-01-01T00:00:00Z",
        "include_private_channels": True,
        "exclude_archived": True,
        "date_window_size": 36500,
    }
    refused = {"credentials": {"option_title": "Default OAuth2.0 authorization",
                               "access_token": "xoxb-revoked-token-of-the-tests"}}
    refused_status = 200  # Slack says so in the body
    refusal = "did not accept the credentials.*invalid_auth"
    read_refusal = "invalid_auth"
    test_options = ("--allow-older",)  # each channel has a bookmark of its own
    paged = r"/conversations\.history"
    limited = r"/users\.list"
    streams = {
        "channel_members": Stream(["channel_id", "user_id"], None, MEMBERS, [*MEMBERS, "U0MIRA"]),
        "channels": Stream(["id"], None, ["C0GENERAL", "C0TIDES", "C0ELSEWHERE", "G0HARBOUR"],
                           ["C0GENERAL", "C0TIDES", "C0ELSEWHERE", "G0HARBOUR", "C0KIEL"]),
        "files": Stream(["id"], "timestamp", ["F0TABLE", "F0NEAP"], ["F0NEAP", "F0NEW"]),
        "messages": Stream(["channel_id", "user", "ts"], "ts", MESSAGES,
                           [OPENING, MESSAGES[3], ANSWERED], {
            "channel_id": "C0TIDES", "ts": MESSAGES[3], "user": "U0MIRA", "file_ids": ["F0TABLE"],
            "text": "The table for spring: “0.4 m”"}),
        "remote_files": Stream(["id"], "timestamp", ["F0REMOTE1", "F0REMOTE2", "F0REMOTE3"],
                               ["F0REMOTE3", "F0REMOTE4"]),
        "teams": Stream(["id"], None, ["T0LANTERN"]),
        "threads": Stream(["channel_id", "user", "thread_ts", "ts"], "ts", [OPENING, *REPLIES],
                          [OPENING, *REPLIES, ANSWERED, "2024-04-01T08:30:00.000000Z"]),
        "user_groups": Stream(["id"], None, ["S0CREW"]),
        "users": Stream(["id"], "updated", ["U0MIRA", "U0OTTO", "U0READER"],
                        ["U0MIRA", "U0NEW"]),
    }

    def test_a_limit_and_a_failure_of_the_api_are_waited_for(self):
        """The tap waits for limits; of failures Slack's library tells it nothing to go by."""
        self.source.streams()
        self.server.reset()
        self.server.fail(self.limited, 429, {"Retry-After": "2"})
        started = time.monotonic()
        messages = self.source.read({(None, "users"): ("full_refresh", None)})
        self.assert_brought(messages, {"users": self.streams["users"].first})
        self.assertGreaterEqual(time.monotonic() - started, 2)
        self.server.fail(self.limited, 503)
        choices = {(None, "users"): ("full_refresh", None)}
        code, messages = self.source.run("read", catalog=self.source.catalog(choices))
        self.assertEqual((code, airbyte_source.ends(messages)),
                         (1, dict.fromkeys(choices, "INCOMPLETE")))
        self.assertEqual([error["failure_type"] for error in airbyte_source.errors(messages)],
                         ["transient_error"])

    def test_channels_that_are_listed_are_joined_and_read(self):
        source = self.source_with({**self.config, "join_channels": True,
                                   "channels": ["C0TIDES"]})
        messages = source.read({(None, "channels"): ("full_refresh", None),
                                (None, "messages"): ("full_refresh", None)})
        self.assert_brought(messages, {"channels": ["C0TIDES"], "messages": MESSAGES[3:]})
        self.assertEqual([request.body for request in self.asked(r"/conversations\.join")],
                         ["channel=C0TIDES"])

    def test_threads_that_stayed_behind_take_the_messages_back(self):
        """The tap finds threads on its way through the messages, and only there."""
        choices = {(None, name): ("incremental", "ts") for name in ("messages", "threads")}
        first = self.source.read(choices)
        self.server.phase = 3
        later = self.source.read({(None, "messages"): ("incremental", "ts")},
                                 airbyte_source.states(first))
        states = [state_of(later, "messages"), state_of(first, "threads")]
        messages = self.source.read(choices, states)
        self.assert_brought(messages, {"threads": self.streams["threads"].second,
                                       "messages": [OPENING, MESSAGES[3], ANSWERED, LATER]})

    def test_threads_that_are_chosen_later_or_cleared_come_from_the_beginning(self):
        self.server.phase = 3
        alone = self.source.read({(None, "messages"): ("incremental", "ts")})
        choices = {(None, name): ("incremental", "ts") for name in ("messages", "threads")}
        messages = self.source.read(choices, airbyte_source.states(alone))
        self.assert_brought(messages, {"threads": self.streams["threads"].second,
                                       "messages": [*MESSAGES, ANSWERED, LATER]})

    def test_threads_come_without_messages_too(self):
        messages = self.source.read({(None, "threads"): ("incremental", "ts")})
        self.assert_brought(messages, {"threads": self.streams["threads"].first})


if __name__ == "__main__":
    unittest.main()
