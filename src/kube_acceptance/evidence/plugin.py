"""The pytest plugin that gathers evidence when a scenario fails."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from kube_acceptance import console
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.evidence import page as browser
from kube_acceptance.evidence.folder import Folder
from kube_acceptance.evidence.gather import gather
from kube_acceptance.evidence.redact import Redactor
from kube_acceptance.report import attach
from kube_acceptance.session import Session

FOLDER = "evidence"
_failed_with = pytest.StashKey[BaseException | None]()


class Evidence:
    """Gathers at the moment of a failure, before anything is torn down.

    Args:
        session: The run; its releases in play are looked at.
        reports: The folder of the reports; evidence goes below it.
        redact: Takes out secrets.
    """

    def __init__(self, session: Session, reports: Path, redact: Redactor) -> None:
        self._session = session
        self._reports = reports
        self._redact = redact
        self._used: Counter[str] = Counter()
        # the exceptions themselves: pytest raises the same one again for everybody who asks for a failed fixture
        self._gathered: list[tuple[BaseException, Path]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """No release is in play until a fixture or a step names one; nothing has failed, also when it is repeated."""
        self._session.focus = None
        item.stash[_failed_with] = None

    def pytest_bdd_step_error(self, request: pytest.FixtureRequest, exception: Exception) -> None:
        """A step failed, or a fixture that it asked for."""
        self._gather(request.node, exception)

    def pytest_bdd_after_scenario(self, request: pytest.FixtureRequest) -> None:
        """The picture of a page whose scenario passed; a failed one has had its own."""
        watched = request.node.stash.get(browser.watched_key, None)
        if watched is None or request.node.stash.get(_failed_with, None):
            return
        with contextlib.suppress(Exception):  # a browser that refuses is no failure of a scenario that passed
            if picture := browser.picture_of(watched):
                folder = self._folder(request.node)
                folder.keep(browser.SCREENSHOT, "the page", picture)
                attach(folder.path / browser.SCREENSHOT, "screenshot")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """A fixture failed outside of any step."""
        if call.when == "setup" and call.excinfo and call.excinfo.errisinstance((Exception, pytest.fail.Exception)):
            self._gather(item, call.excinfo.value)

    def _gather(self, item: pytest.Item, error: BaseException) -> None:
        if item.stash.get(_failed_with, None) is error:
            return
        item.stash[_failed_with] = error
        if earlier := next((path for known, path in self._gathered if known is error), None):
            attach(earlier, FOLDER)
            return
        releases = self._session.in_play
        watched = item.stash.get(browser.watched_key, None)
        if not releases and watched is None:
            return
        console.progress(f"gathering evidence of {item.name}")
        folder = self._folder(item)
        also = browser.capture(watched).write if watched else None
        speaks = isinstance(error, AcceptanceError | AssertionError | pytest.fail.Exception) and str(error)
        failure = str(error) if speaks else f"{type(error).__name__}: {error}"
        try:
            gather(releases, folder, self._redact, title=item.nodeid, failure=failure, also=also)
        except OSError as problem:
            console.progress(f"the evidence cannot be written: {problem}")
            return
        if (folder.path / browser.SCREENSHOT).is_file():
            attach(folder.path / browser.SCREENSHOT, "screenshot")
        attach(folder.path, FOLDER)
        self._gathered.append((error, folder.path))

    def _folder(self, item: pytest.Item) -> Folder:
        """A folder of the scenario's own, another one for each attempt; what an earlier run left there goes."""
        feature, _, scenario = item.nodeid.partition("::")
        name = re.sub(r"\W+", "-", f"{Path(feature).stem}-{scenario}").strip("-")[:100]
        self._used[name] += 1
        path = self._reports / FOLDER / (name if self._used[name] == 1 else f"{name}-{self._used[name]}")
        shutil.rmtree(path, ignore_errors=True)
        return Folder(path, self._redact)
