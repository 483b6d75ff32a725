"""What happens in a namespace, told as it happens."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import urllib3
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

SERVER_TIMEOUT = 60  # seconds after which a watch is renewed


@contextlib.contextmanager
def changes(new_client: Callable[[], client.ApiClient], namespace: str) -> Iterator[threading.Event]:
    """An event that is set whenever a pod, a Job or an EndpointSlice of a namespace changes.

    It may be set for nothing, and a watch that breaks (the API server restarts) is renewed: whoever waits looks for
    himself, and looks now and then anyway.

    Args:
        new_client: Makes an API client; each watch gets one of its own.
        namespace: The namespace.
    """
    changed, over = threading.Event(), threading.Event()
    watches: list[Any] = []
    for api, method in (
        (client.CoreV1Api, "list_namespaced_pod"),
        (client.BatchV1Api, "list_namespaced_job"),
        (client.DiscoveryV1Api, "list_namespaced_endpoint_slice"),
    ):
        watcher: Any = watch.Watch()  # type: ignore[no-untyped-call]
        watches.append(watcher)
        lister = getattr(api(new_client()), method)
        threading.Thread(target=_follow, args=(watcher, lister, namespace, changed, over), daemon=True).start()
    try:
        yield changed
    finally:
        over.set()
        for watcher in watches:
            watcher.stop()


def _follow(watcher: Any, lister: Any, namespace: str, changed: threading.Event, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(ApiException, urllib3.exceptions.HTTPError):
            for _ in watcher.stream(lister, namespace, timeout_seconds=SERVER_TIMEOUT):
                changed.set()
                if over.is_set():
                    return
        over.wait(0.5)
