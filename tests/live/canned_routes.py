"""What a canned API answers: tests/live/canned/NAME/routes.py is written with this.

    api = Api(__file__, login=login, error=error)

    @api.get("https://api.example.com/users/{user}/posts")
    def posts(request, user):
        return request.records("posts", user=user)

A route returns what is to be sent as JSON, or an Answer where more is to be said than that.
Nothing here needs mitmproxy.
"""
import functools
import json
import os
import re
import urllib.parse


class Answer:
    def __init__(self, body, status=200, headers=None):
        self.body = body
        self.status = status
        self.headers = headers or {}

    def content(self):
        """Content-Type and bytes: text is sent as it is, bytes too, the rest as JSON."""
        if isinstance(self.body, bytes):
            return "application/octet-stream", self.body
        if isinstance(self.body, str):
            return "text/plain; charset=utf-8", self.body.encode()
        return "application/json; charset=utf-8", json.dumps(self.body).encode()


class Request:
    """method, url (without the query), query (name: its last value), headers (names in small
    letters), body (bytes), phase (how far the API's data has come: 1, 2 ...), today (the date
    of which the test, too, thinks that it is today)."""

    def __init__(self, method, url, headers=None, body=b"", phase=1, today=None):
        parts = urllib.parse.urlsplit(url)
        self.method = method
        self.full_url = url
        self.url = urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.body = body
        self.phase = phase
        self.today = today
        self.folder = None

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self):
        return json.loads(self.body)

    def url_with(self, **parameters):
        """This address with other parameters, for the link to the next page."""
        query = {**self.query, **{name: str(value) for name, value in parameters.items()}}
        return self.url + "?" + urllib.parse.urlencode(query)

    def records(self, name, key="id", **having):
        """The objects of NAME.json that there are in this phase, in the file's order, and
        that have these members.

        "_phase": 2 in an object says that it is there from the second phase on; it takes the
        place of an earlier one with the same key. "_gone": 2: it is there no longer then.
        """
        found = {}
        for record in load(self.folder, name):
            if record.get("_phase", 1) > self.phase:
                continue
            found.pop(record[key], None)
            if record.get("_gone", self.phase + 1) > self.phase:
                found[record[key]] = {member: value for member, value in record.items()
                                      if member not in ("_phase", "_gone")}
        return [record for record in found.values()
                if all(record.get(member) == value for member, value in having.items())]


def page_of(records, number, size):
    """The records of page 1, 2 ..., and whether there are more behind it."""
    start = (number - 1) * size
    return records[start:start + size], len(records) > start + size


@functools.lru_cache(maxsize=None)
def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def load(folder, name):
    """What NAME.json of the API's folder holds; the caller may change it."""
    return json.loads(text_of(os.path.join(folder, name + ".json")))


def expression(pattern):
    """The regular expression of an address with {name} and {name*} in it."""
    return re.compile(re.sub(r"\\\{(\w+)(\\\*)?\\\}",
                             lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})",
                             re.escape(pattern)))


class Api:
    """login(request): None, or what to answer instead of the route: 401.
    error(status): the Answer by which this API tells of a 429 or a 500.
    headers: those that every answer has."""

    def __init__(self, routes_file, login=None, error=None, headers=None):
        self.folder = os.path.dirname(os.path.abspath(routes_file))
        self.login = login or (lambda request: None)
        self.error = error or (lambda status: Answer({"error": status}, status))
        self.headers = headers or {}
        self.routes = []
        self.hosts = []

    def route(self, method, pattern, login=True):
        """{name} stands for one part of the path or of the host, {name*} for several."""
        def add(function):
            self.routes.append((method, expression(pattern), login, function))
            self.hosts.append(expression(pattern.split("/")[2]))
            return function
        return add

    def get(self, pattern, login=True):
        return self.route("GET", pattern, login)

    def post(self, pattern, login=True):
        return self.route("POST", pattern, login)

    def knows_host(self, host):
        return any(pattern.fullmatch(host) for pattern in self.hosts)

    def answer(self, request, status=None, headers=None):
        """None: nothing is known of this address. status: answer with that, for a test."""
        request.folder = self.folder
        for method, pattern, login, function in self.routes:
            found = pattern.fullmatch(request.url)
            if found is None or method != request.method:
                continue
            answer = self.error(status) if status else login and self.login(request)
            if not answer:
                parts = {name: urllib.parse.unquote(part)
                         for name, part in found.groupdict().items()}
                answer = function(request, **parts)
            if not isinstance(answer, Answer):
                answer = Answer(answer)
            answer.headers = {**self.headers, **answer.headers, **(headers or {})}
            return answer
        return None
