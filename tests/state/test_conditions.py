"""Conditions of objects, and places in them where nothing may stand."""

from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import objects, paths


def said(monkeypatch: pytest.MonkeyPatch, *conditions: dict[str, str]) -> str:
    monkeypatch.setattr(objects, "read", lambda *_: {"status": {"conditions": list(conditions)}})
    release: Any = None
    return objects.must_say(release, "Deployment", "web", "Available", "Enough")


def test_a_condition_is_true_for_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, {"type": "Available", "status": "True", "reason": "Enough", "message": "2"}) == "2"


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([], "not told"),
        ([{"type": "Progressing", "status": "True", "reason": "Enough"}], "not told"),
        ([{"type": "Available", "status": "False", "reason": "Enough"}], "False because of Enough"),
        ([{"type": "Available", "status": "True", "reason": "Other"}], "True because of Other"),
    ],
)
def test_another_status_or_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, conditions: list[dict[str, str]], told: str
) -> None:
    with pytest.raises(AcceptanceError) as caught:
        said(monkeypatch, *conditions)
    assert str(caught.value) == f"Available of Deployment web is {told}, not true because of Enough"


def test_a_place_where_nothing_may_stand() -> None:
    paths.must_lack({"spec": {}}, "spec.replicas", what="Deployment web")
    with pytest.raises(AcceptanceError) as caught:
        paths.must_lack({"spec": {"replicas": 2}}, "spec.replicas", what="Deployment web")
    assert str(caught.value) == "Deployment web has spec.replicas, which is 2"
