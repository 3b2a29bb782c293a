"""Tests of what the taps of web APIs are tested with: the canned API itself."""
import json
import os
import ssl
import unittest
import urllib.error
import urllib.request

from live import canned_routes, canned_server

ISSUES = "https://api.github.com/repos/lantern-works/tide-tables/issues"
TOKEN = {"Authorization": "token pat-of-the-tests"}


class CannedServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(canned_server.Server("github"))

    def setUp(self):
        self.server.reset()

    def get(self, url, headers=TOKEN):
        """Status, headers and body, through the proxy and with its certificate alone."""
        proxy = self.server.environment["HTTPS_PROXY"]
        context = ssl.create_default_context(cafile=self.server.certificate)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": proxy, "http": proxy}),
            urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def numbers(self, url=ISSUES):
        _, headers, body = self.get(url)
        return [issue["number"] for issue in json.loads(body)], headers["Link"]

    def test_pages_are_answered_over_tls_and_name_the_next_one(self):
        numbers, link = self.numbers()
        self.assertEqual((numbers, link), ([4, 3], f'<{ISSUES}?page=2>; rel="next"'))
        self.assertEqual(self.numbers(ISSUES + "?page=2"), ([2, 1], None))
        self.assertEqual([request.status for request in self.server.requests()], [200, 200])

    def test_the_second_phase_has_what_is_new(self):
        self.server.phase = 2
        self.assertEqual(self.numbers()[0], [5, 3])
        self.assertEqual(self.numbers(ISSUES + "?since=2024-04-02T00:00:00Z")[0], [5])

    def test_a_wrong_token_is_refused_by_the_api(self):
        self.assertEqual(self.get(ISSUES, {"Authorization": "token other"})[0], 401)
        self.assertEqual(self.server.refused(), [])

    def test_a_fault_comes_as_often_as_it_was_asked_for(self):
        self.server.fail("/issues", 429, {"Retry-After": "7"})
        self.server.fail("/pulls", 500)
        status, headers, _ = self.get(ISSUES)
        self.assertEqual((status, headers["Retry-After"]), (429, "7"))
        self.assertEqual(self.get(ISSUES)[0], 200)
        self.assertEqual([fault["url"] for fault in self.server.faults_left()], ["/pulls"])

    def test_what_no_route_answers_is_refused_and_listed(self):
        for url, reason in ((ISSUES + "/1/nothing", "no route answers GET"),
                            ("http://example.com/", "no route answers GET")):
            self.assertEqual(self.get(url)[0], 501)
            self.assertIn(reason, self.server.refused()[-1])
        with self.assertRaises(urllib.error.URLError):
            self.get("https://example.com/")
        self.assertIn("no route is for the host example.com", self.server.refused()[-1])

    def test_the_environment_leads_nowhere_else(self):
        given = {"PATH": "/bin", "no_proxy": "*", "ALL_PROXY": "http://other", "HTTPS_PROXY": "x"}
        found = self.server.applied_to(given)
        self.assertEqual({name for name in found if "proxy" in name.lower()},
                         {"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"})
        self.assertEqual({found[name] for name in ("HTTPS_PROXY", "http_proxy")},
                         {self.server.environment["HTTPS_PROXY"]})
        self.assertEqual(found["PATH"], "/bin")

    def test_a_server_leaves_nothing_behind(self):
        with canned_server.Server("github") as server:
            folder, process = server.folder, server.process
        self.assertIsNotNone(process.returncode)
        self.assertFalse(os.path.exists(folder))


class Routes(unittest.TestCase):
    def test_a_route_knows_its_address_and_no_other(self):
        api = canned_routes.Api(__file__)

        @api.get("https://a.example/v1.0/{name}/{rest*}")
        def parts(request, name, rest):
            return [name, rest, request.query]

        def answer(url, method="GET"):
            found = api.answer(canned_routes.Request(method, url))
            return found and found.body

        self.assertEqual(answer("https://a.example/v1.0/b%20c/d/e?f=1&g="),
                         ["b c", "d/e", {"f": "1", "g": ""}])
        for url in ("https://a.example/v1.0/b", "https://a.example/v1x0/b/c",
                    "http://a.example/v1.0/b/c", "https://b.example/v1.0/b/c"):
            self.assertIsNone(answer(url))
        self.assertIsNone(answer("https://a.example/v1.0/b/c", "POST"))
        self.assertTrue(api.knows_host("a.example"))
        self.assertFalse(api.knows_host("a.example.org"))

    def test_a_host_may_have_parts_too(self):
        api = canned_routes.Api(__file__)
        api.get("https://{place}.example.com/me")(lambda request, place: place)
        found = api.answer(canned_routes.Request("GET", "https://us1.example.com/me"))
        self.assertEqual((found.body, found.status), ("us1", 200))
        self.assertTrue(api.knows_host("us1.example.com"))
        self.assertFalse(api.knows_host("example.com"))

    def test_a_page_knows_whether_it_is_the_last(self):
        self.assertEqual(canned_routes.page_of([1, 2, 3], 1, 2), ([1, 2], True))
        self.assertEqual(canned_routes.page_of([1, 2, 3], 2, 2), ([3], False))
        self.assertEqual(canned_routes.page_of([1, 2], 1, 2), ([1, 2], False))


if __name__ == "__main__":
    unittest.main()
