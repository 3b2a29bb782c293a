"""tap-github from PyPI against a canned GitHub."""
import unittest

from live import airbyte_source, canned_api
from live.canned_api import Stream

MEMBERSHIPS = "https://api.github.com/teams/31/memberships/"
COMMITS = ["1a" * 20, "1b" * 20, "1c" * 20]


class Github(canned_api.CannedApiTest, unittest.TestCase):
    name = "github"
    config = {
        "credentials": {"option_title": "PAT Credentials",
                        "personal_access_token": "pat-of-the-tests"},
        "repositories": ["lantern-works/tide-tables"],
        "start_date": "2024-01-01T00:00:00Z",
    }
    refused = {"credentials": {"option_title": "OAuth Credentials",
                               "access_token": "revoked-token-of-the-tests"}}
    refusal = "GitHub does not accept the token"
    read_refusal = "401.*Bad credentials"
    # The tap tries five times, some 15 seconds in all.
    test_a_read_says_that_the_login_is_refused = canned_api.slow(
        canned_api.CannedApiTest.test_a_read_says_that_the_login_is_refused)
    paged = r"/issues\?"
    limited = r"/issues\?"
    streams = {
        "assignees": Stream(["_sdc_repository", "id"], None, [101, 102]),
        "collaborators": Stream(["_sdc_repository", "id"], None, [101, 102]),
        "comments": Stream(["id"], "updated_at", [7101, 7102, 7103], [7103, 7104]),
        "commit_comments": Stream(["id"], "updated_at", [7301, 7302], [7302, 7303]),
        "commits": Stream(["_sdc_repository", "sha"], "updated_at", COMMITS,
                          [COMMITS[2], "2a" * 20]),
        "events": Stream(["id"], "created_at", [30000000001, 30000000002],
                         [30000000002, 30000000003]),
        "issue_events": Stream(["id"], "created_at", [7201, 7202], [7202, 7203]),
        "issue_labels": Stream(["id"], None, [501, 502]),
        "issue_milestones": Stream(["id"], "updated_at", [601, 602], [602, 603]),
        "issues": Stream(["id"], "updated_at", [7001, 7002, 7003], [7002, 7003, 7004], {
            "id": 7002, "number": 3, "title": "Kiel has no tide: “0.0 m”", "state": "open",
            "user": {"login": "mira-k", "id": 101}, "updated_at": "2024-03-05T11:30:00.000000Z",
            "_sdc_repository": "lantern-works/tide-tables"}),
        "pr_commits": Stream(["id"], "updated_at", ["8001-" + "1c" * 20, "8002-" + "1d" * 20],
                             ["8003-" + "2a" * 20]),
        "pull_requests": Stream(["id"], "updated_at", [8001, 8002], [8002, 8003]),
        "releases": Stream(["id"], None, [651]),
        "review_comments": Stream(["id"], "updated_at", [9101, 9102, 9103], [9104]),
        "reviews": Stream(["id"], "submitted_at", [9001, 9002], [9003]),
        "stargazers": Stream(["_sdc_repository", "user_id"], None, [101, 102, 103]),
        "team_members": Stream(["team_slug", "id"], None, [101, 102]),
        "team_memberships": Stream(["url"], None, [MEMBERSHIPS + "mira-k", MEMBERSHIPS + "otto-b"]),
        "teams": Stream(["id"], None, [31]),
    }

    def test_a_second_read_asks_for_what_changed_since(self):
        first = self.source.read({(None, "issues"): ("incremental", "updated_at")})
        self.server.reset()
        self.source.read({(None, "issues"): ("incremental", "updated_at")},
                         airbyte_source.states(first))
        self.assertEqual({request.query["since"] for request in self.asked(r"/issues\?")},
                         {"2024-03-09T16:45:00Z"})

    def test_an_organization_stands_for_its_repositories(self):
        source = self.source_with({**self.config, "repositories": ["lantern-works/*"]})
        messages = source.read({(None, "releases"): ("full_refresh", None)})
        self.assert_brought(messages, {"releases": [651]})

    def test_streams_of_a_repository_that_is_not_there_are_not_offered(self):
        source = self.source_with({**self.config, "repositories": ["lantern-works/nowhere"]})
        self.assertEqual(sorted(name for _, name in source.streams()),
                         ["team_members", "team_memberships", "teams"])

    def test_github_enterprise_is_asked_where_it_is(self):
        url = "https://github.example.com/api/v3"
        self.assertEqual(self.check({**self.config, "api_url": url})[0], "SUCCEEDED")
        self.assertEqual([request.url for request in self.server.requests()],
                         [url + "/rate_limit"])


if __name__ == "__main__":
    unittest.main()
