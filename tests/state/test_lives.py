"""The lives of pods: who is of a tier, and when each was told to end."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.state import lives as module
from kube_acceptance.state.lives import Lives, images

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)


def pod(name: str, component: str = "web", instance: str = "shop") -> Any:
    labels = {"app.kubernetes.io/instance": instance, "app.kubernetes.io/component": component}
    return Object(metadata=Object(name=name, uid=f"uid of {name}", labels=labels))


def event(name: str, message: str = "Stopping container app", *, reason: str = "Killing", second: int = 0) -> Any:
    return Object(
        reason=reason,
        message=message,
        involved_object=Object(uid=f"uid of {name}"),
        first_timestamp=NOON.replace(second=second),
    )


class Mirror:
    def __init__(self, *_: object) -> None:
        self.closed = False

    def items(self, kind: str) -> list[Any]:
        if kind == "Pod":
            return [pod("a"), pod("b", "api"), pod("c", instance="other"), Object(metadata=Object(labels=None))]
        return [
            event("a", second=9),
            event("a", second=5),
            event("a", "Container app failed liveness probe, will be restarted", second=1),
            event("a", reason="Started"),
            event("b"),
        ]

    def gone(self, kind: str) -> list[Any]:
        return [pod("d"), pod("e", "api")] if kind == "Pod" else [event("d", second=7)]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> Lives:
    monkeypatch.setattr(module, "Mirror", Mirror)
    release: Any = Object(name="shop", namespace="here", cluster=Object(new_client=object))
    return Lives(release)


def test_pods_that_are_there_and_that_are_gone(lives: Lives) -> None:
    assert [each.metadata.name for each in lives.now("web")] == ["a"]
    assert [each.metadata.name for each in lives.gone("web")] == ["d"]


@pytest.mark.parametrize(("name", "second"), [("a", 5), ("d", 7), ("z", None)])
def test_when_a_pod_was_told_to_end(lives: Lives, name: str, second: int | None) -> None:
    expected = None if second is None else NOON.replace(second=second).timestamp()
    assert lives.told(pod(name)) == expected


def test_the_images_of_a_pod() -> None:
    statuses = [Object(image_id="sha256:1"), Object(image_id=""), Object(image_id="sha256:2")]
    assert images(Object(status=Object(container_statuses=statuses))) == {"sha256:1", "sha256:2"}
    assert images(Object(status=Object(container_statuses=None))) == set()
