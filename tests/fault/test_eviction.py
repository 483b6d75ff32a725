"""Evictions: what budgets refuse, what else is no refusal of theirs, and what becomes of the pods."""

from __future__ import annotations

import json
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, unwatched
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError, FaultError, WaitError
from kube_acceptance.fault import Eviction, evict_all, evict_kept, eviction, must_be_kept

USED_UP = "The disruption budget web needs 1 healthy pods and has 1 currently"


class Core:
    """An API server that answers evictions in turn: with nothing, or with a status and the cause of a refusal."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def create_namespaced_pod_eviction(self, name: str, namespace: str, body: Any) -> None:
        self.asked.append((name, body.delete_options.preconditions.uid))
        status, cause = self.answers.pop(0) if self.answers else (0, "")
        if status:
            error = ApiException(status=status, reason="x")
            details = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
            error.body = json.dumps({"message": "Cannot evict pod", "details": details})
            raise error


def release(core: Core, *pods: Any) -> Any:
    listed = lambda _="": list(pods)  # noqa: E731
    return Object(
        name="shop", namespace="shop", cluster=Object(core=core, new_client=None), pods=listed, serving_pods=listed
    )


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatched(monkeypatch, eviction)


def two() -> tuple[Any, Any]:
    return pod(name="one", uid="1"), pod(name="two", uid="2")


def test_a_budget_refuses_by_its_name_and_what_was_granted_goes() -> None:
    one, other = two()
    asked = evict_all(release(Core((0, ""), (429, USED_UP)), one, other), "web")
    assert asked == [Eviction("one", "1"), Eviction("two", "2", "Cannot evict pod", "web")]
    assert list(must_be_kept(release(Core(), other), asked, 1, "web")) == [
        "pod one: granted",
        "pod two: refused, Cannot evict pod",
    ]


def test_one_pod_alone_says_nothing_of_a_budget() -> None:
    with pytest.raises(FaultError) as caught:
        evict_all(release(Core(), pod()), "web")
    assert str(caught.value) == "1 web pod of release shop runs, so no budget could keep one"


@pytest.mark.parametrize("status", [404, 409])
def test_a_pod_that_is_gone_may_go(status: int) -> None:
    assert evict_all(release(Core((status, "")), *two()), "web")[0].granted


def test_what_cannot_be_asked_is_no_refusal() -> None:
    with pytest.raises(ApiException):
        evict_all(release(Core((403, "")), *two()), "web")


def test_more_evictions_than_stated_are_told_with_every_answer() -> None:
    with pytest.raises(AcceptanceError) as caught:
        list(must_be_kept(release(Core()), [Eviction("one", "1"), Eviction("two", "2")], 1, "web"))
    assert str(caught.value) == "2 of 2 evictions were granted, not 1\n  pod one: granted\n  pod two: granted"


@pytest.mark.parametrize("cause", ["The disruption budget web is still being processed by the server.", "busy"])
def test_a_refusal_that_is_not_the_budgets_does_not_count(cause: str) -> None:
    asked = evict_all(release(Core((0, ""), (429, cause)), *two()), "web")
    with pytest.raises(AcceptanceError) as caught:
        list(must_be_kept(release(Core()), asked, 1, "web"))
    assert str(caught.value) == "the eviction of pod two was not refused by the budget web: Cannot evict pod"


def test_a_refusal_by_another_budget_does_not_count() -> None:
    asked = evict_all(release(Core((0, ""), (429, USED_UP)), *two()), "web")
    with pytest.raises(AcceptanceError) as caught:
        list(must_be_kept(release(Core()), asked, 1, "cart"))
    assert str(caught.value) == "the eviction of pod two was not refused by the budget cart: Cannot evict pod"


def test_what_became_of_the_pods_must_agree_with_the_answers() -> None:
    asked = [Eviction("one", "1"), Eviction("two", "2", "kept", "web")]
    with pytest.raises(AcceptanceError) as caught:
        list(must_be_kept(release(Core(), *two()), asked, 1, "web"))
    assert str(caught.value) == "the eviction of pod one was granted, but it stays"
    with pytest.raises(AcceptanceError) as caught:
        list(must_be_kept(release(Core()), asked, 1, "web"))
    assert str(caught.value) == "the eviction of pod two was refused, but it goes"


def test_what_was_kept_is_asked_for_again_by_uid_until_it_is_granted() -> None:
    core = Core((429, USED_UP))
    asked = [Eviction("one", "1"), Eviction("two", "2", "kept", "web")]
    assert evict_kept(release(core), asked, within=3) == ["two"]
    assert core.asked == [("two", "2"), ("two", "2")]


def test_a_budget_that_refuses_for_ever_is_told() -> None:
    asked = [Eviction("two", "2", "kept", "web")]
    with pytest.raises(WaitError) as caught:
        evict_kept(release(Core(*[(429, USED_UP)] * 9)), asked, within=0)
    assert "pod two: refused, Cannot evict pod" in caught.value.summary


def test_nothing_kept_is_nothing_to_ask_for_again() -> None:
    with pytest.raises(FaultError) as caught:
        evict_kept(release(Core()), [Eviction("one", "1")], within=1)
    assert str(caught.value) == "no eviction was refused, so there is none to ask for again"
