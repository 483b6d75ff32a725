"""Phrases on a registry beside the cluster, by which images reach its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import docker.errors
import pytest
import requests

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.registry import ANSWERS_WITHIN, IMAGE, beside
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given


@pytest.fixture
def registry(cluster: Cluster, session: Session) -> Iterator[str]:
    """The name of a registry of the scenario's own."""
    try:
        session.engine.images.get(IMAGE)
    except docker.errors.ImageNotFound:
        pytest.skip(f"the image {IMAGE} is not here; deploy/closed-network/registry gets it")
    provider, nodes = cluster.provider, [node.metadata.name for node in cluster.core.list_node().items]
    with beside(
        session.engine, network=provider.network(), nodes=nodes, on_node=provider.on_node, labels=session.labels
    ) as name:
        yield name


@given("a registry beside the cluster is where its images go", target_fixture="suite")
def through_registry(suite: Suite, registry: str) -> Suite:
    return replace(suite, options=(*suite.options, f"--cluster-registry={registry}"))


@assertion('the registry has the images "{names}"')
def registry_has(registry: str, names: str) -> None:
    held = requests.get(f"http://{registry}/v2/_catalog", timeout=ANSWERS_WITHIN).json()["repositories"]
    if missing := [each for each in names.split(", ") if each not in held]:
        raise AcceptanceError(f"the registry does not have {', '.join(missing)}", details=held)
    note(f"it has {', '.join(held)}")
