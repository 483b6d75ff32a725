"""Faults that selected nothing, and what proves that containers run anew."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import FaultError, ReleaseError
from kube_acceptance.fault import delete_pods, restart_node
from kube_acceptance.fault.node import _anew


def release(*pods: Any) -> Any:
    return Object(name="shop", serving_pods=lambda component="": list(pods))


def test_deleting_no_pod_is_no_fault() -> None:
    with pytest.raises(ReleaseError) as caught:
        delete_pods(release(), "web", within=1)
    assert str(caught.value) == "no web pod of release shop runs, so none can be deleted"


def test_restarting_a_node_without_pods_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        restart_node(release(), "worker", within=1)
    assert str(caught.value) == "no pod of release shop runs on node worker, so its restart would prove nothing"


def test_anew_means_another_container_in_every_place() -> None:
    before = {"web/app": "1", "db/sql": "2"}
    assert _anew(before, {"web/app": "3", "db/sql": "4"}).met
    assert not _anew(before, {"web/app": "3", "db/sql": "2"}).met
    missing = _anew(before, {"web/app": "3"})
    assert missing.said == "1 of 2 containers not started anew: db/sql"
