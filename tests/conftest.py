"""What tests of several packages use."""

import contextlib
import importlib
import signal
from pathlib import Path

import pytest

from kube_acceptance.errors import ToolError
from kube_acceptance.report import cucumber
from kube_acceptance.vocabulary import MODULES

# pytester forgets what a run in this process imports, so that each would import and rewrite all phrases again
pytest.register_assert_rewrite(*MODULES)
for module in (*MODULES, "kube_acceptance.fixtures"):
    importlib.import_module(module)

from kube_acceptance.steps.browser import browser, browsers, console_errors, page, requested  # noqa: E402

__all__ = ["browser", "browsers", "console_errors", "page", "requested"]

pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start: a shell's background job ignores it, and so would all its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def fetched() -> Path | None:
    """What npm brings for Cucumber's page, or None without npm."""
    with contextlib.suppress(ToolError, OSError):
        return cucumber.installed().parents[2]
    return None


@pytest.fixture
def pytester(pytester: pytest.Pytester, fetched: Path | None, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A home of the test's own, for whose runs npm need not fetch the same again, which takes seconds.

    There is no Docker, also where there is one: whatever a run's scenarios are tagged, it makes no real cluster.
    """
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    if fetched:
        cucumber_html = pytester.path / ".cache" / "kube-acceptance" / fetched.name
        cucumber_html.parent.mkdir(parents=True)
        cucumber_html.symlink_to(fetched)
    return pytester
