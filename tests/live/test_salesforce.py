"""tap-salesforce from PyPI against a canned Salesforce."""
import unittest
import urllib.parse

from live import airbyte_source, canned_api, protocol
from live.canned_api import Stream

CONFIG = {
    "client_id": "3MVG9lantern.works",
    "client_secret": "client-secret-of-the-tests",
    "refresh_token": "refresh-token-of-the-tests",
}
ACCOUNT, CONTACT, LIGHTHOUSE = (None, "Account"), (None, "Contact"), (None, "Lighthouse__c")
INCREMENTAL = ("incremental", "SystemModstamp")
ACCOUNTS = [f"0015g00000AAAA{number}AAA" for number in range(5)]
CONTACTS = ["0035g00000CCCC1AAA", "0035g00000CCCC2AAA"]
JOBS = [f"08a5g00000JJJJ{number}AAA" for number in (1, 2, 3)]
LIGHTHOUSES = ["a015g00000LLLL1AAA", "a015g00000LLLL2AAA"]
LOGINS = [f"0Ya5g00000HHHH{number}AAA" for number in (1, 2, 3)]
OPPORTUNITIES = ["0065g00000OOOO1AAA", "0065g00000OOOO2AAA"]


class Salesforce(canned_api.CannedApiTest, unittest.TestCase):
    name = "salesforce"
    config = CONFIG
    refused = {"refresh_token": "revoked-token-of-the-tests"}
    refused_status = 400
    refusal = "expired access/refresh token"
    read_refusal = refusal
    paged = r"/data/v61.0/query"
    streams = {
        "Account": Stream(["Id"], "SystemModstamp", ACCOUNTS[:4],
                          [ACCOUNTS[3], ACCOUNTS[1], ACCOUNTS[4]], {
            "Id": ACCOUNTS[1], "Name": "Büsumer Reederei “Nordlicht”", "IsDeleted": False,
            "AnnualRevenue": 1250000.5, "NumberOfEmployees": 48, "BillingAddress": {
                "city": "Büsum", "country": "Germany", "geocodeAccuracy": None, "latitude": 54.13,
                "longitude": 8.86, "postalCode": "25761", "state": None,
                "street": "Am Hafen 1\nHaus B"},
            "SystemModstamp": "2024-03-01T08:15:30.000000Z"}),
        "Contact": Stream(["Id"], "SystemModstamp", CONTACTS, CONTACTS[1:], {
            "Id": CONTACTS[0], "Email": "mira@example.com",
            "Birthdate": "1980-05-17T00:00:00.000000Z"}),
        "CronJobDetail": Stream(["Id"], None, JOBS, JOBS[:2], {"Id": JOBS[2], "JobType": "3"}),
        "Lighthouse__c": Stream(["Id"], "SystemModstamp", LIGHTHOUSES[:1], LIGHTHOUSES, {
            "Id": LIGHTHOUSES[0], "Position__c": {"latitude": 54.373333, "longitude": 8.639722},
            "Lit_at__c": "18:30:00.000Z", "Signals__c": "white;red;green"}),
        "LoginHistory": Stream(["Id"], "LoginTime", LOGINS[:2], LOGINS[1:]),
        "Opportunity": Stream(["Id"], "SystemModstamp", OPPORTUNITIES, OPPORTUNITIES[1:], {
            "Id": OPPORTUNITIES[1], "Amount": None, "Probability": 10.0,
            "CloseDate": "2024-12-31T00:00:00.000000Z"}),
    }
    # The tap gives up at once: the test of a limit below is instead of this one.
    test_a_limit_and_a_failure_of_the_api_are_waited_for = None

    def queries(self):
        return [urllib.parse.parse_qs(urllib.parse.urlsplit(request.url).query)["q"][0]
                for request in self.asked(r"/queryAll\?")]

    def failed_read(self, choices, source=None):
        code, messages = (source or self.source).run("read", catalog=self.source.catalog(choices))
        self.assertEqual(code, 1)
        error, = airbyte_source.errors(messages)
        return messages, error

    def test_after_a_limit_the_next_read_goes_on(self):
        choices = {ACCOUNT: INCREMENTAL, CONTACT: INCREMENTAL}
        self.source.streams()
        self.server.fail(r"/query/", 403)  # the second page
        failed, error = self.failed_read(choices)
        self.assertEqual(error["failure_type"], "transient_error")
        self.assertIn("REQUEST_LIMIT_EXCEEDED", error["message"])
        self.assert_brought(failed, {"Account": ACCOUNTS[:2]})
        rest = self.source.read(choices, airbyte_source.states(failed))
        self.assert_brought(rest, {"Account": ACCOUNTS[1:4]})
        contacts = self.keys(failed, "Contact") + self.keys(rest, "Contact")
        self.assertEqual(sorted(set(contacts)), CONTACTS)

    def test_after_a_failure_no_object_is_skipped(self):
        choices = self.choices(incremental=True)
        first = self.source.read(choices)
        self.server.phase = 2
        self.server.fail(r"FROM\+Opportunity", 500)
        code, failed = self.source.run("read", catalog=self.source.catalog(choices),
                                       state=airbyte_source.states(first))
        self.assertEqual(code, 1)
        rest = self.source.read(choices, airbyte_source.states(first + failed))
        for name, expected in self.expected("second").items():
            with self.subTest(stream=name):
                self.assertEqual(set(self.keys(failed + rest, name)), set(expected))

    def test_a_read_ends_before_the_quota_is_used_up(self):
        self.source.streams()
        self.server.fail(r"/queryAll", None, {"Sforce-Limit-Info": "api-usage=12001/15000"})
        _, error = self.failed_read({CONTACT: INCREMENTAL})
        self.assertEqual(error["failure_type"], "transient_error")
        self.assertIn("Salesforce has reported 12001/15000 (80.01%) total REST quota used",
                      error["message"])

    def test_a_query_that_takes_too_long_is_made_smaller(self):
        self.source.streams()
        self.server.fail(r"/queryAll", 400)
        messages = self.source.read({ACCOUNT: INCREMENTAL})
        self.assertEqual(set(self.keys(messages, "Account")), set(ACCOUNTS[:4]))
        self.assertEqual(["SystemModstamp < " in query for query in self.queries()],
                         [False, True, False])

    def test_the_first_read_begins_at_the_start_date(self):
        source = self.source_with({**CONFIG, "start_date": "2024-03-02T00:00:00Z"})
        messages = source.read({ACCOUNT: INCREMENTAL})
        self.assert_brought(messages, {"Account": ACCOUNTS[2:4]})

    def test_a_second_read_asks_for_what_changed_since(self):
        first = self.source.read({CONTACT: INCREMENTAL}, fields={CONTACT: ["Id", "LastName"]})
        self.server.reset()
        self.source.read({CONTACT: INCREMENTAL}, airbyte_source.states(first),
                         fields={CONTACT: ["Id", "LastName"]})
        self.assertEqual(self.queries(), [
            "SELECT Id,LastName,SystemModstamp FROM Contact WHERE SystemModstamp >= "
            "2024-02-02T06:59:50.000000Z  ORDER BY SystemModstamp ASC"])

    def test_the_bulk_api_brings_the_same(self):
        source = self.source_with({**CONFIG, "api_type": "BULK"})
        choices = self.choices(incremental=True)
        first = source.read(choices)
        self.assert_brought(first, self.expected("first"))
        record, = [record for record in canned_api.plain(airbyte_source.records(first, ACCOUNT))
                   if record["Id"] == ACCOUNTS[1]]
        sample = {**self.streams["Account"].sample, "BillingAddress": None}
        self.assertEqual({name: record.get(name) for name in sample}, sample)
        self.server.phase = 2
        second = source.read(choices, airbyte_source.states(first))
        self.assert_brought(second, self.expected("second"))
        self.assertEqual(self.asked("/queryAll"), [])

    def test_files_and_what_cannot_be_queried_are_not_offered(self):
        self.assertNotIn("Chart__c",
                         self.source.streams()[LIGHTHOUSE]["json_schema"]["properties"])
        self.assertTrue({"AccountChangeEvent", "Vote"}.isdisjoint(
            name for _, name in self.source.streams()))

    def test_check_logs_in_and_asks_for_nothing_else(self):
        for is_sandbox, host in ((False, "login"), (True, "test")):
            with self.subTest(host):
                self.server.reset()
                self.assertEqual(self.check({**CONFIG, "is_sandbox": is_sandbox})[0], "SUCCEEDED")
                self.assertEqual([request.url for request in self.server.requests()],
                                 [f"https://{host}.salesforce.com/services/oauth2/token"])

    def test_a_rotated_refresh_token_is_handed_on(self):
        config = {**CONFIG, "refresh_token": "rotating-token-of-the-tests"}
        source = self.source_with(config)
        for command, files in (("check", {}), ("discover", {}),
                               ("read", {"catalog": self.source.catalog({CONTACT: INCREMENTAL})})):
            with self.subTest(command=command):
                code, output = source.output(command, **files)
                self.assertEqual((code, protocol.check(output)), (0, []))
                configs = [message["control"]["connectorConfig"]["config"]
                           for message in map(airbyte_source.loads, output.decode().splitlines())
                           if message["type"] == "CONTROL"]
                self.assertEqual(configs, [{**config,
                                            "refresh_token": "rotated-token-of-the-tests"}])
                self.assertNotIn(b"rotating-token-of-the-tests", output)


if __name__ == "__main__":
    unittest.main()
