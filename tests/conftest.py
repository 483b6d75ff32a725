"""What tests of several packages use."""

from kube_acceptance.steps.browser import browser, console_errors, page

__all__ = ["browser", "console_errors", "page"]

pytest_plugins = ["pytester"]
