"""The state of releases at the moment of a failure, read in parallel and within a bounded time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import MaxRetryError

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.evidence.folder import Folder
from kube_acceptance.evidence.redact import Redactor
from kube_acceptance.evidence.sources import of_cluster, of_release
from kube_acceptance.release import Release
from kube_acceptance.wait import rollout

WITHIN = 30.0  # seconds for everything
ANSWERS_WITHIN = 10.0  # seconds in which a cluster that lives has answered
READERS = 6

_Value = TypeVar("_Value")


def gather(
    releases: Sequence[Release],
    folder: Folder,
    redact: Redactor,
    *,
    title: str,
    failure: str,
    also: Callable[[Folder], object] | None = None,
    within: float = WITHIN,
) -> None:
    """Write what is known of releases, and an index with the likely causes; never raises for what cannot be read.

    Args:
        releases: The one that the scenario is about first; may be empty.
        folder: Where to.
        redact: Learns the secrets of the releases' namespaces.
        title: What failed, for the index.
        failure: How it failed, for the index.
        also: Writes more into the folder when the secrets are known, before the rest.
        within: Seconds for all of it; what is not there by then is named as lacking.
    """
    started = time.monotonic()
    # not left by `with`: a reader that hangs ends by its own time-out, and nobody waits for it
    pool = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="evidence")
    reader = _Reader(pool, folder, redact, until=started + within)
    try:
        # nothing is written before the secrets of all are known
        answering = [release for release in releases if reader.learn(release)]
        if also:
            also(folder)
        for release in answering:
            reader.read(release, alone=len(answering) == 1, first=release is answering[0])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    seen = [f"release {each.name} in namespace {each.namespace} of cluster {each.cluster.name}" for each in releases]
    took = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, gathered in {time.monotonic() - started:.1f} s"
    unknown = ["none is known: begin with events.txt, then logs/"] if answering else []
    folder.index(
        title,
        [
            ("Failure", failure.splitlines()),
            ("Likely causes", reader.causes or unknown),
            ("Seen", [*seen, took, "secrets stand as [redacted]"]),
        ],
    )


@dataclass
class _Reader:
    pool: ThreadPoolExecutor
    folder: Folder
    redact: Redactor
    until: float

    def __post_init__(self) -> None:
        self.causes: list[str] = []

    def left(self) -> float:
        """The seconds that are left; never none at all, which some libraries take for no limit."""
        return max(0.01, self.until - time.monotonic())

    def learn(self, release: Release) -> bool:
        """Learn a release's secrets, and whether its cluster answers."""
        try:
            self.pool.submit(self.redact.learn, release).result(timeout=min(ANSWERS_WITHIN, self.left()))
        except Exception as error:  # whatever the client library raises for a cluster that is gone
            sentence = f"cluster {release.cluster.name} does not answer ({_why(error)})"
            self.folder.lack(f"everything about release {release.name} in namespace {release.namespace}: {sentence}")
            self.causes.append(f"{sentence}: see whether its containers run (docker ps)")
            return False
        return True

    def read(self, release: Release, *, alone: bool, first: bool) -> None:
        """Read everything about a release, and write it in its order; about its cluster only for the first one."""
        place = "" if first else f"{release.namespace}/"
        listed = self.pool.submit(lambda: of_release(release, self.left))
        wanted = [*(self._result("everything", listed) or []), *(of_cluster(release, self.left) if first else [])]
        why = self.pool.submit(lambda: _causes(release))
        readings = [(source, self.pool.submit(source.read)) for source in wanted]
        if causes := self._result("the likely causes", why):
            self.causes += causes if alone else [f"{release.namespace}: {cause}" for cause in causes]
        told = [(source, self._result(place + source.file, reading)) for source, reading in readings]
        with contextlib.suppress(Exception):  # Secrets that came meanwhile; the cluster may have gone meanwhile too
            self.pool.submit(self.redact.learn, release).result(timeout=self.left())
        for source, text in told:
            if text:
                self.folder.write(place + source.file, source.holds, text, keep=source.keep)

    def _result(self, name: str, reading: Future[_Value]) -> _Value | None:
        try:
            return reading.result(timeout=self.left())
        except Exception as error:  # one thing that cannot be read must not cost us the others
            self.folder.lack(f"{name}: {_why(error)}")
        return None


def _causes(release: Release) -> list[str]:
    pods = release.cluster.core.list_namespaced_pod(release.namespace, _request_timeout=ANSWERS_WITHIN).items
    if pods and all(_fine(pod) for pod in pods):
        # what kept them from it once is in the events, and does not explain a failure of now
        return [f"not in the pods: all {len(pods)} are ready or have completed"]
    return [cause.sentence for cause in release.causes()]


def _fine(pod: Any) -> bool:
    return bool(rollout.is_ready(pod) or pod.status.phase == "Succeeded")


def _why(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case MaxRetryError() if error.reason:
            return _why(error.reason)
        case ApiException():
            return said_by_api(error)
        case AcceptanceError():
            return error.details[-1].strip() if error.details else error.summary
        case _:
            return f"{type(error).__name__}: {error}".splitlines()[0][:300]
