"""What a page in the browser looked like when its scenario ended."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kube_acceptance.evidence.folder import Folder

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOT_WITHIN = 5000.0  # milliseconds, as Playwright counts
BLANK = "about:blank"


@dataclass(frozen=True)
class Watched:
    """The page of a scenario, and what the browser complained about."""

    page: Page
    complaints: Sequence[str]


watched_key = pytest.StashKey[Watched]()
"""Where the fixture `page` leaves its page on the scenario's item."""


def screenshot(watched: Watched, folder: Folder) -> Path | None:
    """A picture of the whole page; None when the page shows nothing or there is no room.

    Secrets on a picture stay: a page that shows some is not to be photographed.
    """
    if watched.page.url == BLANK:
        return None
    picture = watched.page.screenshot(full_page=True, timeout=SHOT_WITHIN)
    return folder.keep("screenshot.png", "the whole page in the browser", picture)


def capture(watched: Watched, folder: Folder) -> Path | None:
    """Picture, HTML and complaints of a page whose scenario failed; the picture, if there is one."""
    folder.write("console.txt", "errors in the browser's console", "\n".join(watched.complaints) or "none")
    picture = None
    try:
        picture = screenshot(watched, folder)
        folder.write("page.html", f"the page at {watched.page.url}", watched.page.content())
    except Exception as error:  # a browser that died raises more than Playwright's own errors
        folder.lack(f"the page in the browser: {_first_line(error)}")
    return picture


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def quietly(watched: Watched, folder: Folder) -> Path | None:
    """A picture of a page whose scenario passed; none when the browser refuses, which is no failure."""
    with contextlib.suppress(Exception):
        return screenshot(watched, folder)
    return None
