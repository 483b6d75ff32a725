from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from probe_cluster import TIER, Cluster

from kube_acceptance.probe import inventory as module
from kube_acceptance.probe.inventory import Inventory


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    there = Cluster()
    apis: dict[str, Any] = {"CoreV1Api": there, "AppsV1Api": there.apps, "BatchV1Api": there.batch}
    apis |= {"NetworkingV1Api": there, "DiscoveryV1Api": there}
    # in the module's own name space: the client loads itself when it is touched, which takes seconds
    monkeypatch.setattr(
        module, "client", SimpleNamespace(**{name: lambda _, api=api: api for name, api in apis.items()})
    )
    return there


@pytest.fixture
def inventory(cluster: Cluster) -> Inventory:
    made: Any = Inventory
    found: Inventory = made(
        lambda: None, namespace="shop", tier_label=TIER, tier_labels={"migration": {TIER: "migration"}}
    )
    found.refresh()
    return found
