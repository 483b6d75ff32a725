"""Objects as the API gives them, with what faults look at."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.command import CommandError, Completed


def status(
    name: str = "app", *, restarts: int = 0, exit_code: int | None = None, runs: bool = True, ready: bool = False
) -> Any:
    ended = None if exit_code is None else Object(exit_code=exit_code)
    return Object(
        name=name,
        ready=ready,
        restart_count=restarts,
        container_id="containerd://1",
        state=Object(running=runs),
        last_state=Object(terminated=ended),
    )


def pod(*statuses: Any, name: str = "web", uid: str = "1", node: str = "worker", **more: Any) -> Any:
    return Object(
        metadata=Object(
            name=name,
            uid=uid,
            namespace=more.get("namespace", "shop"),
            labels=more.get("labels", {}),
            deletion_timestamp=more.get("going"),
            owner_references=[Object(kind=kind) for kind in more.get("owners", ())],
        ),
        spec=Object(node_name=node),
        status=Object(container_statuses=list(statuses), phase=more.get("phase", "Running"), conditions=[]),
    )


def failed(said: str) -> CommandError:
    return CommandError("docker exec failed", Completed(("docker",), 1, "", said, 0.0))


@contextlib.contextmanager
def no_changes(*_: object) -> Iterator[threading.Event]:
    yield threading.Event()


def unwatched(monkeypatch: pytest.MonkeyPatch, *modules: Any) -> None:
    """Let these modules watch no cluster."""
    for module in modules:
        monkeypatch.setattr(module, "changes", no_changes)
