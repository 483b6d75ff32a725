"""Runs checks side by side, each within its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kube_acceptance.doctor.finding import Finding, missing, warning
from kube_acceptance.errors import AcceptanceError

WITHIN = 10.0  # seconds for a check, and for all of them, since they run side by side


@dataclass(frozen=True)
class Check:
    """A prerequisite by its name, and how to look at it."""

    name: str
    look: Callable[[], Finding]


def examine(checks: Sequence[Check], *, within: float = WITHIN) -> list[tuple[Check, Finding]]:
    """Run every check, whatever becomes of the others.

    Args:
        checks: Which.
        within: Seconds; a check that takes longer is a finding itself.
    """
    found: dict[str, Finding] = {}

    def look(check: Check) -> None:
        found[check.name] = _finding(check)

    # daemons: a check that hangs must not keep the command from ending
    threads = [threading.Thread(target=look, args=(check,), daemon=True) for check in checks]
    for thread in threads:
        thread.start()
    until = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    hung = missing(
        f"no answer within {within:g} s", "See what it waits for: this machine is overloaded, or Docker hangs."
    )
    return [(check, found.get(check.name, hung)) for check in checks]


def _finding(check: Check) -> Finding:
    try:
        return check.look()
    except AcceptanceError as error:
        return missing(error.summary, error.hint or "Run it by hand to see why.")
    except Exception as error:  # a check that breaks must not hide the others
        return warning(f"cannot be told ({type(error).__name__}: {error})", "Tell the maintainers of kube-acceptance.")
