"""Phrases on a registry beside the cluster, by which images reach its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import docker.errors
import pytest
import requests

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given
from kube_acceptance.wait import Seen, eventually

IMAGE = "registry:3.0.0"
PORT = 5000
ANSWERS_WITHIN = 30.0  # seconds
HOSTS = "/etc/containerd/certs.d"  # https://github.com/containerd/containerd/blob/main/docs/hosts.md


@pytest.fixture
def registry(cluster: Cluster, session: Session) -> Iterator[str]:
    """Its name: of this machine, so that Docker asks it without TLS; the nodes are told where it is for them."""
    try:
        session.engine.images.get(IMAGE)
    except docker.errors.ImageNotFound:
        pytest.skip(f"the image {IMAGE} is not here; deploy/closed-network/registry gets it")
    network = cluster.provider.network()
    container = session.engine.containers.run(
        IMAGE, detach=True, network=network, ports={f"{PORT}/tcp": ("127.0.0.1", None)}, labels=session.labels
    )
    nodes = [node.metadata.name for node in cluster.core.list_node().items]
    name = ""
    try:
        container.reload()
        name = f"127.0.0.1:{container.ports[f'{PORT}/tcp'][0]['HostPort']}"
        address = container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
        eventually("the registry to answer", lambda: _answers(name), within=ANSWERS_WITHIN)
        hosts = f'[host."http://{address}:{PORT}"]\n  capabilities = ["pull", "resolve"]\n'
        for node in nodes:
            words = f"mkdir -p {HOSTS}/{name} && cat > {HOSTS}/{name}/hosts.toml"
            cluster.provider.on_node(node, "sh", "-c", words, input=hosts.encode())
        yield name
    finally:
        container.remove(force=True, v=True)
        for node in nodes if name else ():
            cluster.provider.on_node(node, "rm", "-rf", f"{HOSTS}/{name}")
        for image in session.engine.images.list():
            for tag in image.tags if name else ():
                if tag.startswith(f"{name}/"):
                    session.engine.images.remove(tag)


@given("a registry beside the cluster is where its images go", target_fixture="suite")
def through_registry(suite: Suite, registry: str) -> Suite:
    return replace(suite, options=(*suite.options, f"--cluster-registry={registry}"))


@assertion('the registry has the images "{names}"')
def registry_has(registry: str, names: str) -> None:
    held = requests.get(f"http://{registry}/v2/_catalog", timeout=ANSWERS_WITHIN).json()["repositories"]
    if missing := [each for each in names.split(", ") if each not in held]:
        raise AcceptanceError(f"the registry does not have {', '.join(missing)}", details=held)
    note(f"it has {', '.join(held)}")


def _answers(name: str) -> Seen[None]:
    try:
        status = requests.get(f"http://{name}/v2/", timeout=1).status_code
    except requests.RequestException as error:
        return Seen(False, f"it does not: {type(error).__name__}")
    return Seen(status == 200, f"it answers {status}")
