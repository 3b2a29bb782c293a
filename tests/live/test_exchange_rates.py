"""tap-exchangeratesapi from PyPI, which neither discovers nor takes a catalog, against a canned
API."""
import datetime
import sys
import time
import unittest

from live import airbyte_source, canned_api
from live.canned_api import Stream

KEY = (None, "exchange_rate")
LAST_MINUTE = 86340  # seconds of a day in UTC
FIRST_READ = [9, 8, 7, 4, 3, 2, 1]  # days ago


def day(days_ago, today):
    return str(today - datetime.timedelta(days=days_ago))


def moment(days_ago, today):
    return day(days_ago, today) + "T00:00:00Z"


@unittest.skipIf(sys.version_info >= (3, 12), "the tap's urllib3 1.24 is too old for Python 3.12")
class ExchangeRates(canned_api.CannedApiTest, unittest.TestCase):
    name = "exchange-rates"
    refused = {"base": "XXX"}
    refused_status = 400
    refusal = "does not know this base currency"
    paged = "https://api.exchangeratesapi.io/"
    limited = r"/[0-9-]+\?"
    # The tap waits half a minute after each.
    test_a_limit_and_a_failure_of_the_api_are_waited_for = canned_api.slow(
        canned_api.CannedApiTest.test_a_limit_and_a_failure_of_the_api_are_waited_for)

    @classmethod
    def setUpClass(cls):
        if time.time() % 86400 > LAST_MINUTE:
            time.sleep(61)  # the tap reads up to today, which has to stay the same
        cls.today = datetime.datetime.now(datetime.timezone.utc).date()
        cls.config = {"start_date": day(9, cls.today), "base": "USD"}
        cls.streams = {"exchange_rate": Stream(
            ["date"], "date", [moment(number, cls.today) for number in FIRST_READ],
            [moment(0, cls.today)],
            {"date": moment(4, cls.today), "EUR": 1.0, "USD": 1.0, "JPY": 161.0, "SEK": 11.3005,
             "NOK": None})}
        super().setUpClass()

    def test_check_says_that_the_service_wants_a_key(self):
        self.server.fail("/", 401)
        status, message = self.check(self.config)
        self.assertEqual(status, "FAILED")
        self.assertIn("access key, and this tap sends none", message)

    def test_a_read_that_fails_half_way_is_resumed(self):
        self.source.streams()
        self.server.fail(day(7, self.today), 401)
        choices = {KEY: ("incremental", "date")}
        catalog = self.source.catalog(choices)
        code, failed = self.source.run("read", catalog=catalog)
        self.assertEqual((code, airbyte_source.ends(failed)), (1, {KEY: "INCOMPLETE"}))
        error, = airbyte_source.errors(failed)
        self.assertEqual(error["failure_type"], "config_error")
        self.assertIn("received status 401", error["message"])
        self.assert_brought(failed, {"exchange_rate": [moment(9, self.today),
                                                       moment(8, self.today)]})
        rest = self.source.read(choices, airbyte_source.states(failed))
        self.assert_brought(rest, {"exchange_rate": [moment(number, self.today)
                                                     for number in FIRST_READ[1:]]})

    def test_currencies_are_offered_that_no_rate_is_known_of_yet(self):
        properties = self.source.streams()[KEY]["json_schema"]["properties"]
        for currency in ("USD", "EUR", "SEK", "NOK"):
            self.assertEqual(properties[currency], {"type": ["null", "number"]})

    def test_each_day_is_asked_for_once(self):
        first = self.source.read({KEY: ("incremental", "date")})
        days = [request.path.strip("/") for request in self.server.requests()]
        self.assertEqual(days[-10:], [day(number, self.today) for number in range(9, -1, -1)])
        self.server.reset()
        self.source.read({KEY: ("incremental", "date")}, airbyte_source.states(first))
        self.assertEqual([request.path for request in self.server.requests()],
                         ["/" + day(0, self.today)])


if __name__ == "__main__":
    unittest.main()
