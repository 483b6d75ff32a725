"""Answers every GET with this place's name, and with what is said by those whom it asks."""

import os
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Place(BaseHTTPRequestHandler):
    def do_GET(self):
        said = [os.environ["PLACE"]]
        if self.path == "/" and "ASKS" in os.environ:
            with urllib.request.urlopen(os.environ["ASKS"], timeout=2) as answer:
                said.append(answer.read().decode())
        body = " and ".join(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", 8080), Place).serve_forever()
