"""What is left, what is still the same, what was replaced, and what the kernel grants."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state.granted import limits
from kube_acceptance.state.inventory import inventory
from kube_acceptance.state.logs import Line, not_least
from kube_acceptance.state.pods import not_just_replaced
from kube_acceptance.state.sameness import Sameness, changes


def item(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, **more.pop("metadata", {})}, **more}


def release(inside: list[dict[str, Any]], beyond: list[dict[str, Any]]) -> Any:
    def kubectl(verb: str, *words: str) -> Any:
        namespaced = "--namespaced=true" in words or "--namespace" in words
        if verb == "api-resources":
            return Object(stdout="things\nevents\n" if namespaced else "volumes\n")
        assert words[0] in ("things", "volumes")
        return Object(stdout=json.dumps({"items": inside if namespaced else beyond}))

    return Object(namespace="own", cluster=Object(kubectl=kubectl))


ALWAYS = [item("ServiceAccount", "default"), item("ConfigMap", "kube-root-ca.crt")]


def test_an_inventory_has_what_is_inside_and_what_is_there_for_its_sake() -> None:
    volume = item("PersistentVolume", "pvc-1", spec={"claimRef": {"namespace": "own"}})
    other = item("PersistentVolume", "pvc-2", spec={"claimRef": {"namespace": "elsewhere"}})
    role = item("ClusterRole", "shop", metadata={"annotations": {"meta.helm.sh/release-namespace": "own"}})
    found = inventory(release([*ALWAYS, item("Secret", "shop")], [volume, other, role]))
    assert found - inventory(release(ALWAYS, [])) == {
        ("Secret", "shop"),
        ("PersistentVolume", "pvc-1"),
        ("ClusterRole", "shop"),
    }


def test_an_inventory_that_finds_not_even_what_is_always_there_says_nothing() -> None:
    with pytest.raises(AcceptanceError) as refused:
        inventory(release([], []))
    assert str(refused.value) == (
        "not even what every namespace has is found in own, so nothing can be said of the rest"
    )


def test_every_change_of_a_release_is_told() -> None:
    before = Sameness({"A a": ("1", 1), "B b": ("2", 1), "C c": ("3", 1)}, {"p 1": {"web": 0}, "q 2": {"web": 0}}, 1)
    now = Sameness({"A a": ("1", 2), "B b": ("9", 1), "D d": ("4", 0)}, {"p 1": {"web": 1}, "r 3": {"web": 0}}, 2)
    assert not list(changes(before, before))
    assert list(changes(before, now)) == [
        "the release is at revision 2, not 1",
        "A a was changed",
        "B b is another one",
        "C c is gone",
        "D d is new",
        "a container of pod p 1 has restarted",
        "pod q 2 does not run any more",
        "pod r 3 is new",
    ]


def test_just_some_tiers_are_replaced() -> None:
    before = {"web": {"1": "web-1"}, "api": {"2": "api-1", "3": "api-2"}}
    assert not list(not_just_replaced(before, {"web": {"1": "web-1"}, "api": {"4": "x", "5": "y"}}, ["api"]))
    now = {"web": {"9": "web-9"}, "api": {"2": "api-1", "4": "x"}}
    assert list(not_just_replaced(before, now, ["api"])) == [
        "web pod web-1 has been replaced",
        "web pod web-9 is new",
        "api pod api-1 is the same as before",
    ]
    assert list(not_just_replaced(before, {"api": {"4": "x"}}, ["api"])) == ["no web pod runs any more"]
    with pytest.raises(AcceptanceError, match=r"^no db pod ran before, so none can have been replaced$"):
        list(not_just_replaced(before, before, ["db"]))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("268435456\n100000 100000\n", (268435456, Decimal(1))),
        ("max\nmax 100000\n", (None, None)),
        ("9223372036854771712\n-1 100000\n", (9223372036854771712, None)),
        ("67108864\n25000 100000\n", (67108864, Decimal("0.25"))),
    ],
)
def test_limits_of_both_versions_of_control_groups(said: str, found: tuple[int | None, Decimal | None]) -> None:
    assert limits(said) == found


def test_a_control_group_that_says_nothing() -> None:
    with pytest.raises(AcceptanceError, match=r"^the control group says nothing of limits: ''$"):
        limits("")


def test_the_least_serious_line_of_each_pod() -> None:
    lines = [Line("a", '{"level": "info"}'), Line("b", '{"level": "debug"}'), Line("b", "x"), Line("c", "x")]
    assert list(not_least(lines, "debug")) == [
        "the least serious line of pod a has the level info, not debug",
        "the least serious line of pod c has the level none that is known, not debug",
    ]
