"""What is said at a run's end of scenarios that were not begun, for a reason that is not theirs."""

from __future__ import annotations

from typing import Any


def tell_unbegun(terminalreporter: Any, sign: str, why: str) -> None:
    """Say for how many, of all workers; nothing where there are none.

    Args:
        terminalreporter: pytest's.
        sign: The words by which such a scenario's reason is known.
        why: Why they were not begun, as a clause: `since …`.
    """
    left = sum(sign in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if left:
        what, them = ("1 scenario was", "it") if left == 1 else (f"{left} scenarios were", "them")
        terminalreporter.write_line(f"{what} not begun, {why}; nothing is proved of {them}", yellow=True)
