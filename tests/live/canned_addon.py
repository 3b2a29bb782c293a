"""The add-on that mitmdump runs for canned_server: every request is answered from
tests/live/canned/NAME or refused; none goes any further.

$CANNED_API is NAME, $CANNED_FOLDER where the two sides meet: address (where the proxy
listens), control.json (phase and faults, which the test writes) and requests.jsonl (what was
asked and answered).
"""
import datetime
import importlib.util
import json
import os
import re
import sys

from mitmproxy import ctx, http

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from live import canned_routes  # noqa: E402 (needs the path)

FOLDER = os.environ["CANNED_FOLDER"]


def load_api(name):
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "canned", name, "routes.py")
    spec = importlib.util.spec_from_file_location("routes", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.api


API = load_api(os.environ["CANNED_API"])


def path(name):
    return os.path.join(FOLDER, name)


def replace(name, text):
    with open(path(name + ".new"), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path(name + ".new"), path(name))


def note(flow, **more):
    entry = {"method": flow.request.method, "url": flow.request.pretty_url,
             "headers": dict(flow.request.headers),
             "body": flow.request.get_text(strict=False), **more}
    with open(path("requests.jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def refuse(flow, reason):
    note(flow, status=None, refused=reason)
    flow.response = http.Response.make(501, f"refused by the test: {reason}\n")


def take_fault(control, request):
    """The first fault that is due for this request; it has then happened once more."""
    for fault in control["faults"]:
        if fault["times"] > 0 and re.search(fault["url"], request.full_url):
            fault["times"] -= 1
            replace("control.json", json.dumps(control))
            return fault
    return {}


class Canned:
    def running(self):
        host, port = ctx.master.addons.get("proxyserver").listen_addrs()[0][:2]
        replace("address", f"{host}:{port}")

    def http_connect(self, flow):
        if not API.knows_host(flow.request.host):
            refuse(flow, f"no route is for the host {flow.request.host}")

    def request(self, flow):
        with open(path("control.json"), encoding="utf-8") as file:
            control = json.load(file)
        request = canned_routes.Request(
            flow.request.method, flow.request.pretty_url, dict(flow.request.headers),
            flow.request.get_content(strict=False) or b"", control["phase"],
            datetime.date.fromisoformat(control["today"]))
        fault = take_fault(control, request)
        try:
            answer = API.answer(request, fault.get("status"), fault.get("headers"))
        except Exception as error:  # the test has to hear of it, whatever it is
            refuse(flow, f"the route failed: {error!r}")
            return
        if answer is None:
            refuse(flow, f"no route answers {request.method} {request.url}")
            return
        kind, content = answer.content()
        flow.response = http.Response.make(answer.status, content,
                                           {"Content-Type": kind, **answer.headers})
        note(flow, status=answer.status)

    def server_connect(self, data):
        data.server.error = "the canned API connects to nobody"


addons = [Canned()]
