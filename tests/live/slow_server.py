"""An HTTP server of the tests' own that takes its time for each page.

    with slow_server.Server(pages=3, wait=0.5) as server:
        GET {server.url}/NAME?page=2  ->  {"records": [...], "next": 3}
"""
import http.server
import json
import threading
import time
import urllib.parse

RECORDS = 5  # a page


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        page = int(urllib.parse.parse_qs(url.query).get("page", ["1"])[0])
        time.sleep(owner.wait)
        body = json.dumps({
            "records": [{"id": (page - 1) * RECORDS + number, "of": url.path}
                        for number in range(1, RECORDS + 1)],
            "next": page + 1 if page < owner.pages else None}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *values):
        pass


class Server:
    def __init__(self, pages, wait):
        self.pages = pages
        self.wait = wait
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *details):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
