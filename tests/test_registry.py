from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
import requests

from kube_acceptance import registry
from kube_acceptance.errors import WaitError


class Engine:
    """Docker with one registry, and a log of what was done, also on nodes."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.containers = Object(run=self._run)
        tags = ["127.0.0.1:4711/shop:1", "shop:1"]
        self.images = Object(list=lambda: [Object(tags=tags)], remove=lambda tag: self.log.append(f"untag {tag}"))

    def _run(self, image: str, **options: Any) -> Any:
        self.log.append(f"run {image} on {options['network']}, {options['ports']}, {options['labels']}")
        ports, networks = {"5000/tcp": [{"HostPort": "4711"}]}, {"kind": {"IPAddress": "172.18.0.9"}}
        return Object(
            attrs={"NetworkSettings": {"Ports": ports, "Networks": networks}},
            reload=lambda: None,
            remove=lambda force, v: self.log.append("remove"),
        )

    def on_node(self, node: str, *words: str, input: bytes = b"") -> None:
        self.log.append(f"{node}: {' '.join(words)} {input.decode()}".strip())


def beside(engine: Any) -> Any:
    return registry.beside(engine, network="kind", nodes=["one", "two"], on_node=engine.on_node, labels={"of": "run"})


def test_nodes_are_told_where_it_is_and_nothing_of_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    monkeypatch.setattr(requests, "get", lambda url, timeout: Object(status_code=200))
    with beside(engine) as name:
        assert name == "127.0.0.1:4711"
        engine.log.append("used")
    folder = "/etc/containerd/certs.d/127.0.0.1:4711"
    told = (
        f"sh -c mkdir -p {folder} && cat > {folder}/hosts.toml "
        '[host."http://172.18.0.9:5000"]\n  capabilities = ["pull", "resolve"]'
    )
    assert engine.log == [
        "run registry:3.0.0 on kind, {'5000/tcp': ('127.0.0.1', 0)}, {'of': 'run'}",
        f"one: {told}",
        f"two: {told}",
        "used",
        f"two: rm -rf {folder}",
        f"one: rm -rf {folder}",
        "untag 127.0.0.1:4711/shop:1",
        "remove",
    ]


def test_one_that_does_not_answer_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()

    def refuse(url: str, timeout: float) -> None:
        raise requests.ConnectionError(url)

    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.setattr(registry, "ANSWERS_WITHIN", 0.05)
    with pytest.raises(WaitError) as caught, beside(engine):
        pass
    assert str(caught.value).splitlines()[0] == (
        "it does not: ConnectionError (waited for the registry to answer; not within 0.05 s)"
    )
    assert engine.log[-1] == "remove"
