"""The official Cucumber HTML report: Cucumber's own page, filled with the messages of the run.

The page's program comes from the package registry of npm, at the versions and hashes of the lock file beside this
module, and is kept in the user's cache. `python -m kube_acceptance.report.cucumber` fetches it.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

from kube_acceptance import command
from kube_acceptance.config import cache_folder
from kube_acceptance.console import progress
from kube_acceptance.errors import ToolError
from kube_acceptance.report.messages import MESSAGES
from kube_acceptance.report.model import Run
from kube_acceptance.report.wording import store

REPORT = "cucumber-report.html"

_PACKAGE = Path(__file__).parent / "cucumber_html"
_PATIENCE = 20.0
"""Seconds that a run waits at most for the packages; they take one or two."""
_ANOTHER_TRY = 3600.0
"""Seconds before a run tries again after it failed: without a network, every run would wait in vain."""
_ADVICE = "To get it, install npm and run: python -m kube_acceptance.report.cucumber"
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def write(run: Run, folder: Path) -> None:
    """Write `cucumber-report.html` from the `cucumber-messages.ndjson` that lies in the folder already.

    Where the packages cannot be had, a progress line says so and there is no page.

    Raises:
        OSError: The page cannot be written.
    """
    (folder / REPORT).unlink(missing_ok=True)  # an earlier run's would be taken for this one's
    try:
        page = _page(run.title, (folder / MESSAGES).read_text(encoding="utf-8"), installed())
    except ToolError as error:
        progress(f"no {REPORT}: {error.summary}. {error.hint}")
    except OSError as error:
        progress(f"no {REPORT}: {error.filename}: {error.strerror}. {_ADVICE}")
    else:
        store(folder / REPORT, page)


def installed(*, again: bool = False) -> Path:
    """The folder of the npm packages, which are fetched the first time.

    Args:
        again: Try also if it has failed a short while ago.

    Raises:
        ToolError: npm is missing, fails or takes too long, or another process does.
        OSError: The cache cannot be written to.
    """
    lock_file = (_PACKAGE / "package-lock.json").read_bytes()
    folder = cache_folder() / "cucumber-html" / hashlib.sha256(lock_file).hexdigest()[:16]
    packages = folder / "node_modules" / "@cucumber"
    if packages.is_dir():
        return packages
    folder.parent.mkdir(parents=True, exist_ok=True)
    failed = folder.with_suffix(".failed")
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=_PATIENCE):
            if packages.is_dir():
                return packages
            if not again and failed.exists() and time.time() - failed.stat().st_mtime < _ANOTHER_TRY:
                raise ToolError("its npm packages could not be fetched a short while ago", hint=_ADVICE)
            try:
                _install(folder)
            except ToolError:
                failed.touch()
                raise
            failed.unlink(missing_ok=True)
    except Timeout:
        raise ToolError("another process is fetching its npm packages", hint=_ADVICE) from None
    return packages


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ToolError("npm, which fetches its packages, is not installed", hint=_ADVICE)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        part = Path(name) / "part"
        shutil.copytree(_PACKAGE, part)
        words = [npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--fetch-retries=1"]
        try:
            command.run([*words, "--fetch-retry-mintimeout=1000"], cwd=part, timeout=_PATIENCE)
        except command.CommandError as error:
            raise ToolError(
                f"its npm packages cannot be fetched ({error.summary})", details=error.details, hint=_ADVICE
            ) from error
        part.rename(folder)  # whole or not at all


def _page(title: str, messages: str, packages: Path) -> str:
    """Cucumber's template, filled as its own stream does it."""
    formatter = packages / "html-formatter" / "dist"
    # "<" stands in JSON only inside of strings; as it is, it could end the script element
    lines = messages.replace("<", "\\u003c").rstrip("\n").split("\n")
    contents = {
        "title": html.escape(title),
        "icon": (formatter / "src" / "icon.url").read_text(encoding="utf-8"),
        "css": (formatter / "main.css").read_text(encoding="utf-8"),
        "custom_css": "",
        "messages": ",\n".join(lines),
        "script": (formatter / "main.js").read_text(encoding="utf-8"),
        "custom_script": "",
    }
    template = (formatter / "src" / "index.mustache").read_text(encoding="utf-8")
    return _SLOT.sub(lambda slot: contents[slot[1]], template)  # all at once: a text may look like a slot


if __name__ == "__main__":
    try:
        print(installed(again=True))
    except ToolError as error:
        sys.exit(f"no {REPORT}: {error}")
