"""What can go wrong, as one tree.

Every message is made for a person: one sentence that says what is wrong, one that says what to do, then details.

    AcceptanceError
    ├── ConfigurationError   pyproject.toml, a specification document or a feature file is wrong
    ├── ToolError            a program (kind, kubectl, helm) is missing or not the pinned one
    ├── MachineError         this machine cannot run the suite (no Docker, no space)
    ├── CommandError         a program ended with a failure or ran out of time
    ├── ImageError           an image cannot be built, read or loaded
    ├── ClusterError         a cluster cannot be created, reached or removed
    ├── ReleaseError         a chart cannot be rendered, installed or upgraded
    ├── WaitError            a condition did not come true, or can no longer come true
    ├── ProbeError           reachability cannot be told
    │   ├── UnenforcedError      the cluster enforces no network policies
    │   └── ReachabilityError    it was told, and is not what was expected
    ├── PolicyError          a NetworkPolicy is malformed, or policies and cluster disagree
    ├── FaultError           a fault was not injected, or selected nothing
    └── Pending              a step is not written yet
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn


class AcceptanceError(Exception):
    """A failure that a person can act on.

    Args:
        summary: What is wrong, naming the likely cause; one sentence.
        details: Evidence, a line each; printed indented below.
        hint: What to do about it; one sentence.
    """

    def __init__(self, summary: str, *, details: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.details = tuple(details)
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.summary, *([self.hint] if self.hint else []), *(f"  {line}" for line in self.details)]
        return "\n".join(lines)


class ConfigurationError(AcceptanceError):
    """The configuration, a specification document or a feature file is wrong."""


class ToolError(AcceptanceError):
    """A program is missing or is not the pinned one."""


class MachineError(AcceptanceError):
    """This machine cannot run the suite as it is."""


class ImageError(AcceptanceError):
    """An image cannot be built, read or loaded."""


class ClusterError(AcceptanceError):
    """A cluster cannot be created, reached or removed."""


class ReleaseError(AcceptanceError):
    """A chart cannot be rendered, installed or upgraded."""


class WaitError(AcceptanceError):
    """A condition did not come true in time, or can no longer come true.

    `certain_for` is for how many seconds that had been certain when the wait gave up; None when it did not give up.
    """

    def __init__(
        self, summary: str, *, details: Sequence[str] = (), hint: str = "", certain_for: float | None = None
    ) -> None:
        super().__init__(summary, details=details, hint=hint)
        self.certain_for = certain_for


class ProbeError(AcceptanceError):
    """Reachability cannot be told."""


class UnenforcedError(ProbeError):
    """The cluster enforces no network policies."""


class ReachabilityError(ProbeError):
    """Reachability was told, and is not what was expected."""


class PolicyError(AcceptanceError):
    """A NetworkPolicy is malformed, or what policies mean is not what the cluster does."""


class FaultError(AcceptanceError):
    """A fault was not injected, or selected nothing."""


class Pending(AcceptanceError):  # noqa: N818 (a state, not an error)
    """A step is not written yet; raised by `pending`."""


def pending(what: str) -> NoReturn:
    """End a step that is not written yet: its scenario is shown as pending, and fails the run.

    A step's function that raises `NotImplementedError` itself, as Cucumber's ready snippets do, is pending too.

    Args:
        what: What must still be written.

    Raises:
        Pending: Always.
    """
    raise Pending(what)
