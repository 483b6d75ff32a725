"""What a page in the browser looked like when its scenario ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from kube_acceptance.evidence.folder import Folder

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOT_WITHIN = 5000.0  # milliseconds, as Playwright counts
BLANK = "about:blank"
SCREENSHOT = "screenshot.png"


@dataclass(frozen=True)
class Watched:
    """The page of a scenario, and what the browser complained about."""

    page: Page
    complaints: Sequence[str]


watched_key = pytest.StashKey[Watched]()
"""Where the fixture `page` leaves its page on the scenario's item."""


@dataclass(frozen=True)
class Capture:
    """What was taken of a page; nothing of it is written before the secrets are known."""

    picture: bytes = b""
    html: str = ""
    url: str = ""
    complaints: Sequence[str] = ()
    problem: str = ""

    def write(self, folder: Folder) -> None:
        """Write picture, HTML and the browser's complaints."""
        if self.picture:
            folder.keep(SCREENSHOT, "the whole page in the browser", self.picture)
        if self.html:
            folder.write("page.html", f"the page at {self.url}", self.html)
        folder.write("console.txt", "errors in the browser's console", "\n".join(self.complaints) or "none")
        if self.problem:
            folder.lack(f"the page in the browser: {self.problem}")


def capture(watched: Watched) -> Capture:
    """Picture, HTML and complaints of a page whose scenario failed."""
    picture, html, url, problem = b"", "", "", ""
    try:
        url = watched.page.url
        picture, html = picture_of(watched), watched.page.content()
    except Exception as error:  # a browser that died raises more than Playwright's own errors
        problem = (str(error).splitlines() or [type(error).__name__])[0]
    return Capture(picture, html, url, tuple(watched.complaints), problem)


def picture_of(watched: Watched) -> bytes:
    """A picture of the whole page; none of a page that shows nothing.

    Secrets on a picture stay: a page that shows some is not to be photographed.
    """
    return b"" if watched.page.url == BLANK else watched.page.screenshot(full_page=True, timeout=SHOT_WITHIN)
