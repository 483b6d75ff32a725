"""A namespace destroyed: what proves it, and what is no fault."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import destroy_namespace
from kube_acceptance.wait import until


class Core:
    """Holds a namespace and volumes, which go one look after the other, or stay."""

    def __init__(self, *volumes: str, stays: bool = False) -> None:
        self.there = {"own", *volumes}
        self.claims = [Object(spec=Object(volume_name=name)) for name in (*volumes, None)]
        self.stays = stays
        self.deleted: list[str] = []

    def list_namespaced_persistent_volume_claim(self, namespace: str) -> Any:
        return Object(items=self.claims)

    def delete_namespace(self, name: str) -> None:
        self.deleted.append(name)

    def read_namespace(self, name: str) -> None:
        if name not in self.there:
            raise ApiException(status=404)
        if not self.stays:
            self.there.remove(name)

    read_persistent_volume = read_namespace


def release(core: Core) -> Any:
    return Object(namespace="own", cluster=Object(core=core))


def test_it_is_gone_when_the_namespace_and_every_volume_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "LOOK_EVERY", 0.01)
    core = Core("pv-2", "pv-1")
    assert destroy_namespace(release(core), within=5) == "namespace own and the volumes pv-1, pv-2 are gone"
    assert (core.deleted, core.there) == (["own"], set())


def test_what_stays_is_named() -> None:
    with pytest.raises(WaitError) as caught:
        destroy_namespace(release(Core("pv-1", stays=True)), within=0.01)
    assert caught.value.summary == (
        "namespace own, volume pv-1 are still there "
        "(waited for namespace own and its 1 volumes to be gone; not within 0.01 s)"
    )


def test_a_namespace_without_volumes_holds_no_data_to_lose() -> None:
    core = Core()
    with pytest.raises(FaultError) as caught:
        destroy_namespace(release(core), within=1)
    assert str(caught.value) == "no claim in namespace own has a volume, so no data would be lost with it"
    assert core.deleted == []
