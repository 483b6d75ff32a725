"""What a namespace holds, kept up to date by the API server's own watches."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

SERVER_TIMEOUT = 60  # seconds after which a watch is renewed
ANSWER_WITHIN = 10.0  # seconds for a first answer
TRY_AGAIN_AFTER = 0.5  # seconds
GONE = 410

# how a kind is listed: its API and its method; by name, since the client loads hundreds of models with an API
_KINDS: dict[str, tuple[str, str]] = {
    "Deployment": ("AppsV1Api", "list_namespaced_deployment"),
    "ReplicaSet": ("AppsV1Api", "list_namespaced_replica_set"),
    "StatefulSet": ("AppsV1Api", "list_namespaced_stateful_set"),
    "DaemonSet": ("AppsV1Api", "list_namespaced_daemon_set"),
    "Job": ("BatchV1Api", "list_namespaced_job"),
    "Pod": ("CoreV1Api", "list_namespaced_pod"),
    "Event": ("CoreV1Api", "list_namespaced_event"),
    "PersistentVolumeClaim": ("CoreV1Api", "list_namespaced_persistent_volume_claim"),
    "EndpointSlice": ("DiscoveryV1Api", "list_namespaced_endpoint_slice"),
    "Node": ("CoreV1Api", "list_node"),
}
_WITHOUT_NAMESPACE = ("Node",)


class Mirror:
    """A namespace as its watches tell it: reading it asks nobody, and `changed` is set with every change.

    A kind is followed from the first time it is asked for. Every kind has one watch, which starts where its list ended,
    so nothing is missed between them; a watch that breaks is followed by a new list.

    Args:
        new_client: Makes an API client; all watches of this mirror share one.
        namespace: The namespace.
    """

    def __init__(self, new_client: Callable[[], client.ApiClient], namespace: str) -> None:
        self.changed = threading.Event()
        self._client = new_client()
        self._namespace = namespace
        self._followed: dict[str, _Kind] = {}

    def items(self, kind: str) -> list[Any]:
        """The objects of a kind, as the API client gives them.

        Raises:
            ApiException, urllib3.exceptions.HTTPError: What became of the last question, when the API server does not
                answer: the objects known so far may be history.
        """
        self.follow(kind)
        return self._followed[kind].items()

    def gone(self, kind: str) -> list[Any]:
        """The objects of a kind that were deleted since it is followed, as they were last."""
        self.items(kind)
        return self._followed[kind].gone()

    def follow(self, kind: str) -> None:
        """Begin to watch a kind, so that its changes set `changed`."""
        if kind not in self._followed:
            api, method = _KINDS[kind]
            where = () if kind in _WITHOUT_NAMESPACE else (self._namespace,)
            self._followed[kind] = _Kind(getattr(getattr(client, api)(self._client), method), where, self.changed)

    def now(self) -> datetime:
        """The time by the API server's clock, which writes the times in objects; UTC."""
        ahead = [one.ahead for one in self._followed.values() if one.ahead is not None]
        return datetime.fromtimestamp(time.monotonic() + max(ahead), UTC) if ahead else datetime.now(UTC)

    def close(self) -> None:
        """End all watches."""
        for one in self._followed.values():
            one.close()


class _Kind:
    """The objects of one kind. `ahead` is how much the API server's clock is ahead of the monotonic one, in seconds."""

    def __init__(self, lister: Any, where: tuple[str, ...], changed: threading.Event) -> None:
        self.ahead: float | None = None
        self._lister = lister
        self._with_headers = getattr(lister.__self__, f"{lister.__name__}_with_http_info")
        self._where = where
        self._changed = changed
        self._objects: dict[str, Any] = {}
        self._gone: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._answered, self._over = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._watch: Any = watch.Watch()  # type: ignore[no-untyped-call]
        threading.Thread(target=self._follow, daemon=True).start()

    def items(self) -> list[Any]:
        if not self._answered.wait(ANSWER_WITHIN):
            raise urllib3.exceptions.TimeoutError(f"no answer within {ANSWER_WITHIN:g} s")
        with self._lock:
            if self._error:
                raise self._error
            return list(self._objects.values())

    def gone(self) -> list[Any]:
        with self._lock:
            return list(self._gone.values())

    def close(self) -> None:
        self._over.set()
        self._watch.stop()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                self._tell(self._list())
            except ApiException as error:
                if error.status != GONE:  # history that is too old is answered by a new list alone
                    self._fail(error)
            except Exception as error:  # whatever it is: who reads must not take the objects known so far for the truth
                self._fail(error)

    def _list(self) -> str:
        listed, _, headers = self._with_headers(*self._where, _request_timeout=ANSWER_WITHIN)
        if said := headers.get("Date"):
            # whole seconds: the largest difference seen is the nearest to the truth
            ahead = parsedate_to_datetime(said).timestamp() - time.monotonic()
            self.ahead = ahead if self.ahead is None else max(self.ahead, ahead)
        with self._lock:
            self._objects = {one.metadata.uid: one for one in listed.items}
            self._error = None
        self._answered.set()
        self._changed.set()
        return str(listed.metadata.resource_version)

    def _tell(self, version: str) -> None:
        for change in self._watch.stream(
            self._lister,
            *self._where,
            resource_version=version,
            timeout_seconds=SERVER_TIMEOUT,
            _request_timeout=(ANSWER_WITHIN, SERVER_TIMEOUT + ANSWER_WITHIN),  # also when nobody tells of the end
        ):
            if change is None:  # a line that was cut
                return
            with self._lock:
                if change["type"] == "DELETED":
                    self._objects.pop(change["object"].metadata.uid, None)
                    self._gone[change["object"].metadata.uid] = change["object"]
                else:
                    self._objects[change["object"].metadata.uid] = change["object"]
            self._changed.set()
            if self._over.is_set():
                return

    def _fail(self, error: Exception) -> None:
        if self._over.is_set():
            return
        with self._lock:
            self._error = error
        self._answered.set()
        self._changed.set()
        self._over.wait(TRY_AGAIN_AFTER)


@contextlib.contextmanager
def mirrored(new_client: Callable[[], client.ApiClient], namespace: str) -> Iterator[Mirror]:
    """A mirror of a namespace for as long as somebody waits."""
    mirror = Mirror(new_client, namespace)
    try:
        yield mirror
    finally:
        mirror.close()


@contextlib.contextmanager
def changes(new_client: Callable[[], client.ApiClient], namespace: str, *kinds: str) -> Iterator[threading.Event]:
    """An event that is set whenever an object of a namespace changes, for whoever then looks for himself.

    Args:
        new_client: Makes an API client.
        namespace: The namespace.
        kinds: The kinds to watch; pods, Jobs and EndpointSlices when none is named.
    """
    with mirrored(new_client, namespace) as mirror:
        for kind in kinds or ("Pod", "Job", "EndpointSlice"):
            mirror.follow(kind)
        yield mirror.changed
