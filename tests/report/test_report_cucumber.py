"""cucumber-report.html: complete in itself, safe whatever a run contains, and never in the way of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from every_status import FAILED, NASTY, every_status, lay_out
from playwright.sync_api import Browser, Page, Route, expect

from kube_acceptance.errors import ToolError
from kube_acceptance.report import cucumber, messages

ADVICE = "To get it, install npm and run: python -m kube_acceptance.report.cucumber"


@pytest.fixture(scope="module")
def report(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    folder = lay_out(root)
    messages.write(every_status(), folder, root=root)
    cucumber.write(every_status(), folder)
    return folder / "cucumber-report.html"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(cucumber, "progress", lines.append)
    return lines


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBE_ACCEPTANCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def npm(folder: Path, script: str) -> str:
    """A PATH on which npm is this script."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


class Opened:
    """The page in a real browser whose network is cut; what it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._context = browser.new_context()
        self._context.route("**/*", self._only_files)
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())

    def _only_files(self, route: Route) -> None:
        self.requests.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    opened = Opened(browser, report)
    yield opened
    opened.close()


def test_it_opens_without_a_network_and_asks_for_nothing_else(opened: Opened, report: Path) -> None:
    expect(opened.page.get_by_role("heading", name="Scenarios", exact=True)).to_be_visible()
    assert opened.requests == [report.as_uri()]
    assert opened.complaints == []


def test_it_shows_what_came_of_the_run(opened: Opened) -> None:
    text = opened.page.locator("#report")
    expect(text).to_contain_text("23.5% (4 / 17) passed")
    for label in ("passed 4", "skipped 3", "pending 1", "undefined 2", "failed 7"):
        expect(text).to_contain_text(label)
    for said in (
        FAILED,
        'Set-up failed in "kettle": no',
        "Clean-up failed: no",
        "No step definition found. Implement with the snippet(s) below:",
        "cocoa is for issue C",
        "there is no gas",
        "Flaky: it passed only at attempt 3; attempt 1: no gas",
        "In quarantine: Ann, until 2026-03-01",
        "it is not Python",
        "did not run: not run: the run was interrupted",
    ):
        expect(text).to_contain_text(said)


def test_what_a_run_contains_is_only_text(opened: Opened) -> None:
    expect(opened.page.get_by_role("heading", name=NASTY)).to_be_visible()
    for summary in opened.page.locator("summary").all():
        summary.click()
    expect(opened.page.get_by_text(f"seen: {NASTY}")).to_be_visible()
    assert opened.page.locator("img").evaluate_all("all => all.map(each => each.src.slice(0, 15))") == [
        "data:image/png;"
    ]
    assert opened.page.title() == f"Tea {NASTY}"
    assert opened.complaints == []


def test_links_lead_to_the_evidence(opened: Opened, report: Path) -> None:
    link = opened.page.get_by_role("link", name="events.txt")
    assert link.evaluate("link => link.href") == (report.parent / "evidence" / "all of it" / "events.txt").as_uri()


def test_the_packages_are_pinned_by_hash_and_name_no_registry() -> None:
    folder = Path(cucumber.__file__).parent / "cucumber_html"
    lock = (folder / "package-lock.json").read_text()
    assert lock.count('"integrity": "sha512-') == lock.count('"version": ') == 2
    assert "resolved" not in lock
    assert "://" not in lock + (folder / "package.json").read_text() + (folder / ".npmrc").read_text()


def test_the_packages_are_fetched_once(
    cache: Path, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = next((packages / "cucumber-html").glob("*/node_modules"))
    monkeypatch.setenv("PATH", npm(tmp_path, f'echo "$@" >> {tmp_path}/calls; cp -r {there} .'))
    assert cucumber.installed() == cucumber.installed()
    assert (tmp_path / "calls").read_text().splitlines() == [
        "ci --ignore-scripts --omit=optional --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000"
    ]
    assert cucumber.installed().is_relative_to(cache)
    assert sorted(path.suffix for path in (cache / "cucumber-html").iterdir()) == ["", ".lock"]


def test_without_npm_one_line_says_how_to_get_the_report(
    cache: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay_out(tmp_path)
    messages.write(every_status(), folder, root=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    cucumber.write(every_status(), folder)
    assert said == [f"no cucumber-report.html: npm, which fetches its packages, is not installed. {ADVICE}"]
    assert not (folder / "cucumber-report.html").exists()
    assert (folder / "cucumber-messages.ndjson").exists()


def test_what_failed_a_short_while_ago_is_not_tried_again_by_a_run(
    cache: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay_out(tmp_path)
    messages.write(every_status(), folder, root=tmp_path)
    monkeypatch.setenv("PATH", npm(tmp_path, f"echo call >> {tmp_path}/calls; echo no network >&2; exit 1"))
    cucumber.write(every_status(), folder)
    cucumber.write(every_status(), folder)
    assert said == [
        "no cucumber-report.html: its npm packages cannot be fetched "
        f"(npm ci --ignore-scripts failed with exit status 1). {ADVICE}",
        f"no cucumber-report.html: its npm packages could not be fetched a short while ago. {ADVICE}",
    ]
    assert (tmp_path / "calls").read_text().splitlines() == ["call"]
    with pytest.raises(ToolError, match="cannot be fetched") as caught:
        cucumber.installed(again=True)
    assert caught.value.details == ("no network",)
    assert (tmp_path / "calls").read_text().splitlines() == ["call", "call"]
    (failed,) = (cache / "cucumber-html").glob("*.failed")
    os.utime(failed, (0, 0))
    cucumber.write(every_status(), folder)
    assert len((tmp_path / "calls").read_text().splitlines()) == 3


def test_npm_is_given_up_after_a_while(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cucumber, "_PATIENCE", 0.2)
    monkeypatch.setenv("PATH", npm(tmp_path, "exec tail -f /dev/null"))
    with pytest.raises(ToolError, match=r"npm ci --ignore-scripts did not end within 0\.2 seconds"):
        cucumber.installed()
    assert [path for path in (cache / "cucumber-html").iterdir() if path.is_dir()] == []


def test_another_process_is_not_waited_for_without_end(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cucumber, "_PATIENCE", 0.05)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="npm"):
        cucumber.installed()
    (lock,) = (cache / "cucumber-html").glob("*.lock")
    with cucumber.FileLock(lock), pytest.raises(ToolError, match="another process is fetching its npm packages"):
        cucumber.installed(again=True)


def test_a_damaged_cache_costs_the_report_but_not_the_run(
    cache: Path, packages: Path, tmp_path: Path, said: list[str]
) -> None:
    folder = lay_out(tmp_path)
    messages.write(every_status(), folder, root=tmp_path)
    shutil.copytree(packages / "cucumber-html", cache / "cucumber-html")
    (script,) = (cache / "cucumber-html").glob("*/node_modules/@cucumber/html-formatter/dist/main.js")
    script.unlink()
    cucumber.write(every_status(), folder)
    assert said == [f"no cucumber-report.html: {script}: No such file or directory. {ADVICE}"]


def test_the_packages_can_be_asked_for(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [sys.executable, "-m", "kube_acceptance.report.cucumber"]
    monkeypatch.setenv("PATH", npm(tmp_path, "echo no network >&2; exit 1"))
    failed = subprocess.run(words, capture_output=True, text=True)
    assert (failed.returncode, failed.stdout, failed.stderr.splitlines()) == (
        1,
        "",
        [
            "no cucumber-report.html: its npm packages cannot be fetched "
            "(npm ci --ignore-scripts failed with exit status 1)",
            ADVICE,
            "  no network",
        ],
    )
