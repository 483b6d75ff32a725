"""The living documentation in a real browser; where there is none, the tests fail and say how to get one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from planted import planted_run
from playwright.sync_api import Browser, Page

from kube_acceptance.report import Run, render

SIBLINGS = ["junit.xml", "summary.md"]


@pytest.fixture
def folder(tmp_path: Path, browser: Browser) -> Path:
    """A folder with all that the planted run's page links to; what its pictures show does not matter."""
    run = planted_run()
    for name in ["run.json", *SIBLINGS]:
        (tmp_path / name).write_text("{}")
    attempts = [attempt for scenario in run.scenarios() for attempt in (scenario, *scenario.earlier)]
    context = browser.new_context(viewport={"width": 320, "height": 200})
    picture = context.new_page().screenshot()
    context.close()
    for attachment in (each for attempt in attempts for each in attempt.attachments):
        file = tmp_path / attachment.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture if file.suffix == ".png" else b"what was seen\n")
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Callable[[Run], str]:
    """Writes a run's page, and says its address."""

    def write(run: Run) -> str:
        document = folder / "living-documentation.html"
        document.write_text(render(run, SIBLINGS), encoding="utf-8")
        return document.as_uri()

    return write


@pytest.fixture
def document(page: Page, address: Callable[[Run], str]) -> Page:
    """The planted run's page, open in the browser."""
    page.goto(address(planted_run()))
    return page
