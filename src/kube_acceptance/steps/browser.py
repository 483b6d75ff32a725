"""A real browser for phrases about pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from kube_acceptance.errors import MachineError
from kube_acceptance.evidence.page import Watched, watched_key
from kube_acceptance.ingress import Ingress
from kube_acceptance.machines.orders import orders
from kube_acceptance.plugin import needs_cluster
from kube_acceptance.report import note
from kube_acceptance.tools import locate_browser
from kube_acceptance.vocabulary import assertion, must, some

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from kube_acceptance.session import Session

# no traffic of the browser's own: a test talks to the deployment alone
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
LOOPBACK = ("127.0.0.1", "localhost")  # where names below localhost lead by themselves (RFC 6761)


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[str], Browser]]:
    """Starts the machine's Chromium, else the one that Playwright installed; one for each way to the Ingress."""
    if orders():
        pytest.skip("there is no browser in a pod of the cluster")
    from playwright.sync_api import Error, sync_playwright  # a fifth of a second, which most runs do not need

    program = locate_browser()
    # Chromium's sandbox refuses root
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    with sync_playwright() as playwright, ExitStack() as running:

        @cache
        def started(address: str) -> Browser:
            way = [f"--host-resolver-rules=MAP *.localhost {address}"] if address else []
            try:
                browser = playwright.chromium.launch(executable_path=program, args=[*arguments, *way])
            except Error as error:
                raise MachineError(
                    "there is no browser for the scenarios that need one",
                    hint="Install Chromium (kube-acceptance's deploy/machine/up does), or run: playwright install "
                    "chromium",
                    details=str(error).splitlines()[:5],
                ) from error
            running.callback(browser.close)
            return browser

        yield started


@pytest.fixture
def browser(browsers: Callable[[str], Browser], request: pytest.FixtureRequest) -> Browser:
    """Chromium, for which names below localhost are where the Ingress controller is: not on this machine everywhere."""
    address = ""
    if needs_cluster(request.node):
        session: Session = request.getfixturevalue("session")
        address, _ = session.cluster.provider.ingress()
    browser = browsers("" if address in LOOPBACK else address)
    note(f"Chromium {browser.version}")
    return browser


@pytest.fixture
def console_errors() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def requested() -> list[str]:
    """The addresses that the page has asked for, itself or by what it loaded."""
    return []


@pytest.fixture
def page(
    browser: Browser, console_errors: list[str], requested: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page of its own for one scenario."""
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: console_errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: requested.append(asked.url))
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    request.node.stash[watched_key] = Watched(page, console_errors)
    yield page
    del request.node.stash[watched_key]
    context.close()


@assertion("the browser has asked nobody but the Ingress", timed=False)
def asked_nobody_else(ingress: Ingress, requested: list[str]) -> None:
    """Whatever the page loaded or sent, it was the release's host by the Ingress that was asked."""
    own = urlsplit(ingress.url).netloc
    asked = [url for url in some(requested, what="requests of the browser") if not url.startswith(("data:", "blob:"))]
    must((f"the browser asked for {url}" for url in asked if urlsplit(url).netloc != own), of="requests")
    note(f"{len(asked)} requests, all to {own}")
