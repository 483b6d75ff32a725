"""What tests of several packages use."""

import signal

import pytest

from kube_acceptance.steps.browser import browser, console_errors, page

__all__ = ["browser", "console_errors", "page"]

pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start: a shell's background job ignores it, and so would all its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
