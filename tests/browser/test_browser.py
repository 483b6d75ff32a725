"""Where a browser finds the Ingress controller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

from playwright.sync_api import Browser


class Names(BaseHTTPRequestHandler):
    """Answers with the host that it is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"this is {self.headers['Host']}".encode())

    def log_message(self, *_: object) -> None:
        pass


def test_names_below_localhost_lead_to_where_the_ingress_controller_is(browsers: Callable[[str], Browser]) -> None:
    elsewhere = HTTPServer(("127.0.0.2", 0), Names)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    try:
        page = browsers("127.0.0.2").new_page()
        page.goto(f"http://shop.own.localhost:{elsewhere.server_port}/")
        assert page.inner_text("body") == f"this is shop.own.localhost:{elsewhere.server_port}"
    finally:
        elsewhere.shutdown()
        elsewhere.server_close()


def test_one_way_has_one_browser(browsers: Callable[[str], Browser]) -> None:
    assert browsers("") is browsers("")
    assert browsers("127.0.0.2") is not browsers("")
