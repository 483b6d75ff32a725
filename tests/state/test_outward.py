"""Images that are pulled, and addresses that processes are told."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import outward


def a_release(*told: tuple[str, str, str]) -> Any:
    events = [Object(pod=pod, reason=reason, message=message) for pod, reason, message in told]

    def listed(_: str, *, field_selector: str) -> Any:
        return Object(items=[each for each in events if field_selector.endswith(f"={each.pod}")])

    pods = [Object(metadata=Object(name=name)) for name in dict.fromkeys(each.pod for each in events)]
    return Object(namespace="own", pods=lambda: pods, cluster=Object(core=Object(list_namespaced_event=listed)))


THERE = 'Container image "web:1" already present on machine'


def test_an_image_that_is_pulled_is_told() -> None:
    release = a_release(("a", "Pulled", THERE), ("b", "Pulling", 'Pulling image "web:2"'), ("b", "Pulled", "took 1s"))
    assert outward.pulled(release) == (['an image was pulled for pod b: Pulling image "web:2"'], 1)


def test_where_kubelet_tells_nothing_nothing_is_said() -> None:
    with pytest.raises(AcceptanceError) as refused:
        outward.pulled(a_release(("a", "Scheduled", "to node")))
    assert str(refused.value) == "kubelet has not told where the images of pod a came from"


def test_addresses_outside_are_told_with_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward.addresses, "inside", lambda _: {"database"})
    monkeypatch.setattr(outward.pods, "running", lambda _: ["container web of pod web-1"])
    environment = {"DATABASE_HOST": "database", "SENTRY_URL": "https://sentry.example/1"}
    monkeypatch.setattr(outward.pods, "environment", lambda *_: environment)
    settings = {"metadata": {"name": "web"}, "data": {"page": "see http://192.0.2.1/ and http://localhost/"}}
    monkeypatch.setattr(outward.objects, "labelled", lambda *_: [settings])
    away, count = outward.foreign(Object())  # type: ignore[arg-type]
    assert away == [
        "container web of pod web-1 is told of sentry.example by its variable SENTRY_URL",
        "ConfigMap web names 192.0.2.1 in its key page",
    ]
    assert count == 4
