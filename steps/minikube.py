"""Phrases on a run whose cluster Minikube makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import docker.errors
import pytest
from docker.models.networks import Network

from kube_acceptance.cluster.minikube import PROFILE_LABEL
from kube_acceptance.cluster.nodes import labelled
from kube_acceptance.cluster.shared import folders
from kube_acceptance.errors import AcceptanceError, ToolError
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import assertion, given


@pytest.fixture
def profile(session: Session) -> Iterator[str]:
    """The name of the cluster, of this run alone; what its run has left of it goes all the same."""
    name = f"kube-acceptance-minikube-{session.id}"
    yield name
    for node in labelled(session.engine, f"{PROFILE_LABEL}={name}"):
        node.remove(force=True, v=True)
    for network in _networks(session, name):
        network.remove()


@given('the example project "{name}" with a cluster of its own by Minikube', target_fixture="suite")
def project_on_minikube(example: Callable[..., Suite], session: Session, profile: str, name: str) -> Suite:
    image = session.config.cluster.minikube_image
    try:
        session.tool("minikube")
        session.engine.images.get(image)
    except ToolError as error:
        pytest.skip(error.summary)
    except docker.errors.ImageNotFound:
        pytest.skip(f"Minikube's node image {image} is not here; deploy/closed-network/load minikube builds it")
    return example(name, "--cluster", "minikube", "--cluster-name", profile)


@assertion("its run was on that cluster, of which nothing is left", timed=False)
def was_on_minikube(ended: Ended, session: Session, profile: str) -> None:
    used = ended.run.environment.get("Kubernetes", "")
    if "(Minikube)" not in used:
        raise AcceptanceError(f"the run says of its cluster: {used or 'nothing'}")
    note(used)
    folder = folders(session.config.cache) / profile
    left = [
        *(f"container {each.name}" for each in labelled(session.engine, f"{PROFILE_LABEL}={profile}")),
        *(f"network {each.name}" for each in _networks(session, profile)),
        *([f"folder {folder}"] if folder.exists() else []),
    ]
    if left:
        raise AcceptanceError(f"{len(left)} things of the cluster are left", details=left)


def _networks(session: Session, profile: str) -> list[Network]:
    return [network for network in session.engine.networks.list(names=[profile]) if network.name == profile]
