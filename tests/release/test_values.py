"""Values files compared: what differs must be told, and nothing else."""

from __future__ import annotations

from kube_acceptance.release.values import differing, disagreements, leaves

DEV = {"web": {"replicas": 1, "env": {}}, "image": {"tag": "7"}, "args": [1]}
PROD = {"web": {"replicas": 2, "env": {}}, "image": {"tag": "8"}, "args": [1], "more": True}


def test_leaves_are_what_no_map_is() -> None:
    assert dict(leaves(DEV)) == {"web.replicas": 1, "web.env": {}, "image.tag": "7", "args": [1]}


def test_what_is_the_same_and_what_the_harness_sets_is_left_out() -> None:
    found = differing({"dev": DEV, "prod": PROD}, without={"image.tag"})
    assert found == {"web.replicas": {"dev": 1, "prod": 2}, "more": {"prod": True}}


def test_table_and_values_must_agree_in_both_directions() -> None:
    found = {"a": {"dev": 1, "prod": 2}, "b": {"dev": "x", "prod": "y"}, "c": {"prod": True}}
    told = {"b": {"dev": "x", "prod": "z"}, "c": {"dev": False, "prod": True}, "d": {"dev": 1, "prod": 2}}
    assert list(disagreements(found, told)) == [
        "the table does not say that a differs: 1 with dev, 2 with prod",
        "b is 'y' with prod, not 'z'",
        "c is no value with dev, not False",
        "d is the same everywhere, though the table says that it differs",
    ]
    assert not list(disagreements(found, found))
