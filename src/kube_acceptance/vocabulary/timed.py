"""Time phrases: the same look once, until it finds what it should, or all the time that it must."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import AcceptanceError, ConfigurationError, MachineError, ToolError
from kube_acceptance.report.held import held
from kube_acceptance.vocabulary.durations import Timing
from kube_acceptance.wait import Seen, consistently, eventually
from kube_acceptance.wait.changes import changes

if TYPE_CHECKING:
    from kube_acceptance.release import Release

# what no time mends
LASTING = (ConfigurationError, MachineError, ToolError)


def hold(timing: Timing, look: Callable[[], Any], *, release: Release | None, trouble: bool = False) -> Any:
    """Look as the time phrase says, and return what the last look returned.

    Only what the last look noted is kept for the report.

    Args:
        timing: The sentence and its time phrase.
        look: Looks once; raises AcceptanceError (or AssertionError) when it does not find what it should.
        release: The release in focus: its changes wake the wait up, and its causes that are certain end it early.
        trouble: Whether the sentence describes trouble, which then is no reason to give up.

    Raises:
        AcceptanceError: A single look did not find it.
        WaitError: It was not found in time, cannot be found any more, or did not stay.
    """
    if not timing.how:
        return _once(look)
    budget = timing.seconds
    with _changes(release) as changed, held() as notes:

        def seen() -> Seen[Any]:
            notes.forget()
            if timing.how == "for":
                return _seen(lambda: _once(look), None)
            return _seen(look, None if trouble else release)

        if timing.how == "for":
            last: list[Any] = [None]
            consistently(timing.sentence, lambda: _kept(seen(), last), lasting=budget, changed=changed)
            return last[0]
        explain: Callable[[], tuple[str, Sequence[str]]] = release.explain if release else lambda: ("", [])
        return eventually(timing.sentence, seen, within=budget, changed=changed, explain=explain)


def _once(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except ApiException as error:
        raise AcceptanceError(_said_by(error)) from error


def _seen(look: Callable[[], Any], release: Release | None) -> Seen[Any]:
    try:
        return Seen(True, "it is so", look())
    except LASTING:
        raise
    except AcceptanceError as error:
        said = error.summary
    except AssertionError as error:
        said = str(error).strip().partition("\n")[0] or "an assertion failed"
    return Seen(False, said, hopeless=_hopeless(release))


def _said_by(error: ApiException) -> str:
    answered, said = f"the API server answered {error.status} {error.reason}", said_by_api(error)
    return answered if said == error.reason else f"{answered}: {said[:300]}"


def _kept(seen: Seen[Any], last: list[Any]) -> Seen[Any]:
    last[0] = seen.value
    return seen


def _hopeless(release: Release | None) -> str:
    if release is None:
        return ""
    try:
        return next((cause.sentence for cause in release.causes() if cause.certain), "")
    except (AcceptanceError, ApiException):  # it may have been uninstalled
        return ""


@contextlib.contextmanager
def _changes(release: Release | None) -> Iterator[threading.Event | None]:
    if release is None:
        yield None
        return
    with changes(release.cluster.new_client, release.namespace) as changed:
        yield changed
