"""A registry in a container of its own, from which the nodes beside it pull."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import requests
from docker.client import DockerClient

from kube_acceptance.wait import Seen, eventually

IMAGE = "registry:3.0.0"
PORT = 5000
ANSWERS_WITHIN = 30.0  # seconds
HOSTS = "/etc/containerd/certs.d"  # https://github.com/containerd/containerd/blob/main/docs/hosts.md


@contextmanager
def beside(
    engine: DockerClient,
    *,
    network: str,
    nodes: Sequence[str],
    on_node: Callable[..., Any],
    labels: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a registry, and give its name: one of this machine, so that Docker asks it without TLS.

    Afterwards it is gone, and so is what nodes were told of it, and the names that images got for it.

    Args:
        engine: Docker's API, which has `IMAGE`.
        network: The Docker network of the nodes.
        nodes: The nodes, which are told where it is for them.
        on_node: Runs a program on a node; see `Provider.on_node`.
        labels: By which orphans are found.

    Raises:
        WaitError: It does not answer in time.
    """
    with ExitStack() as stack:
        port = f"{PORT}/tcp"
        container = engine.containers.run(
            IMAGE, detach=True, network=network, ports={port: ("127.0.0.1", 0)}, labels=dict(labels or {})
        )
        stack.callback(container.remove, force=True, v=True)
        container.reload()
        there = container.attrs["NetworkSettings"]
        name, address = f"127.0.0.1:{there['Ports'][port][0]['HostPort']}", there["Networks"][network]["IPAddress"]
        stack.callback(_forget, engine, name)
        eventually("the registry to answer", lambda: _answers(name), within=ANSWERS_WITHIN)
        hosts = f'[host."http://{address}:{PORT}"]\n  capabilities = ["pull", "resolve"]\n'
        for node in nodes:
            stack.callback(on_node, node, "rm", "-rf", f"{HOSTS}/{name}")
            words = f"mkdir -p {HOSTS}/{name} && cat > {HOSTS}/{name}/hosts.toml"
            on_node(node, "sh", "-c", words, input=hosts.encode())
        yield name


def _answers(name: str) -> Seen[None]:
    try:
        status = requests.get(f"http://{name}/v2/", timeout=1).status_code
    except requests.RequestException as error:
        return Seen(False, f"it does not: {type(error).__name__}")
    return Seen(status == 200, f"it answers {status}")


def _forget(engine: DockerClient, name: str) -> None:
    for image in engine.images.list():
        for tag in image.tags:
            if tag.startswith(f"{name}/"):
                engine.images.remove(tag)
