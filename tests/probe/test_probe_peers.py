from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import DockerException
from kubernetes.client.exceptions import ApiException
from probe_objects import RUNNING, pod

from kube_acceptance.errors import ProbeError, WaitError
from kube_acceptance.probe import peers as module
from kube_acceptance.probe.peers import NEVER_READY, TOKEN_FOLDER, Peers, pod_manifest
from kube_acceptance.probe.place import Nonce, Place, Target

RUN = {"kube-acceptance/run": "1"}


class Core:
    """An API that writes down what is made and removed."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self.removed: list[str] = []
        self.refuse = False

    def create_namespace(self, body: Any) -> None:
        self.made[body["metadata"]["name"]] = body

    def create_namespaced_pod(self, namespace: str, body: Any) -> None:
        if self.refuse:
            raise ApiException(status=403, reason="exceeded quota")
        self.made[f"{namespace}/{body['metadata']['name']}"] = body

    def read_namespaced_pod(self, name: str, namespace: str) -> Any:
        if f"{namespace}/{name}" in self.made:
            return pod(name, phase="Failed" if name.startswith("probe-dead") else "Running")
        raise ApiException(status=404)

    def delete_namespaced_pod(self, name: str, namespace: str) -> None:
        self.removed.append(f"{namespace}/{name}")
        raise ApiException(status=404)

    def delete_namespace(self, name: str) -> None:
        self.removed.append(name)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    there = Core()
    monkeypatch.setattr(module, "client", SimpleNamespace(CoreV1Api=lambda _: there))
    return there


def make() -> Peers:
    made: Any = Peers
    peers: Peers = made(lambda: None, "probe:1", labels=RUN)
    return peers


def test_a_pod_is_restricted_small_never_ready_and_soon_gone() -> None:
    manifest = pod_manifest("probe-x", {"tier": "backend"}, "probe:1", Nonce("secret"))
    assert manifest["metadata"] == {
        "name": "probe-x",
        "labels": {"tier": "backend"},
        "annotations": {"kube-acceptance/task": "T-507"},
    }
    spec = manifest["spec"]
    assert spec["readinessGates"] == [{"conditionType": NEVER_READY}]
    assert spec["terminationGracePeriodSeconds"] == 1
    assert spec["automountServiceAccountToken"] is False
    (container,) = spec["containers"]
    assert container["securityContext"]["runAsNonRoot"] is True
    assert set(container["resources"]) == {"requests", "limits"}
    assert container["command"][-5:] == ["serve", "--port", "8080", "--nonce", "secret"]


def test_a_pod_under_an_account_has_a_token_that_is_bound_to_it_and_ends_soon() -> None:
    spec = pod_manifest("probe-x", {}, "probe:1", Nonce("secret"), account="till")["spec"]
    assert spec["serviceAccountName"] == "till"
    assert spec["automountServiceAccountToken"] is False
    (volume,) = spec["volumes"]
    token, authority = volume["projected"]["sources"]
    assert token == {"serviceAccountToken": {"path": "token", "expirationSeconds": 600}}
    assert authority["configMap"]["name"] == "kube-root-ca.crt"
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert mount == {"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True}
    assert "serviceAccountName" not in pod_manifest("probe-x", {}, "probe:1", Nonce("secret"))["spec"]


def test_everything_that_was_made_is_removed_even_when_some_of_it_is_gone(core: Core) -> None:
    with make() as peers:
        stranger, _ = peers.start("stranger", "shop", {})
        impostor, _ = peers.start("impostor", peers.namespace, {"tier": "backend"})
        namespace = peers.namespace
    assert core.made[namespace]["metadata"]["labels"] == {
        **RUN,
        "pod-security.kubernetes.io/enforce": "restricted",
    }
    assert core.made[f"shop/{stranger}"]["metadata"]["labels"] == {}
    assert f"{namespace}/{impostor}" in core.made
    assert core.removed == [f"shop/{stranger}", namespace]


def test_a_refused_pod_is_told_in_the_api_server_s_words(core: Core) -> None:
    core.refuse = True
    with make() as peers, pytest.raises(ProbeError) as caught:
        peers.start("stranger", "shop", {})
    assert caught.value.summary == "no probe pod can be created in namespace shop: exceeded quota"
    assert core.removed == []


def test_nonces_are_never_the_same(core: Core) -> None:
    peers = make()
    assert peers.start("a", "shop", {})[1] != peers.start("a", "shop", {})[1]


def test_a_peer_that_a_fault_has_ended_is_known_to_be_dead(core: Core) -> None:
    peers = make()
    well, _ = peers.start("well", "shop", {})
    dead, _ = peers.start("dead", "shop", {})
    assert [peers.lives("shop", name) for name in (well, dead, "gone")] == [True, False, False]


def test_a_running_peer_is_a_place_with_its_agent_in_it(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    there = pod("probe-x", address="10.0.9.9", states={"probe": RUNNING})
    monkeypatch.setattr(module, "await_running", lambda *_: there)
    assert make().running("stranger", "shop", "probe-x") == Place(
        "stranger", "shop", "probe-x", "uid-of-probe-x", "10.0.9.9", "probe"
    )


def test_pods_that_are_ended_are_waited_for(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"probe-well": ["Running", "Running", "Running", ""], "probe-done": ["Succeeded", "Succeeded"]}

    def read(name: str, namespace: str) -> Any:
        phase = states[name[: len("probe-well")]].pop(0)
        if not phase:
            raise ApiException(status=404)
        return pod(name, phase=phase)

    peers = make()
    well, _ = peers.start("well", "shop", {})
    peers.start("done", "shop", {})
    monkeypatch.setattr(core, "read_namespaced_pod", read)
    monkeypatch.setattr("kube_acceptance.wait.until.LOOK_EVERY", 0.0)
    peers.end()
    assert core.removed == [f"shop/{well}"]
    assert states == {"probe-well": [], "probe-done": ["Succeeded"]}


def test_a_pod_that_does_not_end_is_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = make()
    pod, _ = peers.start("well", "shop", {})
    monkeypatch.setattr(module, "ENDS_WITHIN", 0.0)
    with pytest.raises(WaitError) as caught:
        peers.end()
    assert caught.value.summary == f"{pod} runs on (waited for the probe pods to end; not within 0 s)"


class Engine:
    """Docker with a network that gives an address, or none."""

    def __init__(self, address: str, fail: bool = False) -> None:
        self.address, self.fail, self.calls = address, fail, list[str]()
        self.containers, self.gone = self, False
        self.attrs = {"NetworkSettings": {"Networks": {"kind": {"IPAddress": address}}}}

    def create(self, image: str, command: list[str], **options: Any) -> Engine:
        assert command[:3] == ["note", "--port", "53,8080"]
        assert (options["network"], options["read_only"], options["cap_drop"]) == ("kind", True, ["ALL"])
        assert options["labels"] == RUN
        return self

    def start(self) -> None:
        self.calls.append("start")
        if self.fail:
            raise DockerException("no such network")

    def logs(self, *, stream: bool = False, **_: Any) -> Any:
        if stream:
            return [b"serving on port 53,8080\n"]
        if self.gone:
            raise DockerException("it is gone")
        return b'serving on port 53,8080\n[53, "token-1", "10.0.0.1", 4]\n[8080, "token-2", "10.0.0.2", 5]\n'

    def reload(self) -> None:
        self.calls.append("reload")

    def remove(self, force: bool) -> None:
        self.calls.append("remove")

    def close(self) -> None:
        self.calls.append("close")


def outside(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Target:
    monkeypatch.setattr(module, "docker", SimpleNamespace(from_env=lambda: engine))
    with make() as peers:
        return peers.outside()


def test_the_outside_is_a_container_that_is_removed(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine("172.18.0.9")
    target = outside(monkeypatch, engine)
    assert (target.name, target.host, isinstance(target.proof, Nonce)) == ("outside", "172.18.0.9", True)
    assert engine.calls == ["start", "reload", "remove", "close"]


def test_the_outside_is_made_once(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine("172.18.0.9")
    monkeypatch.setattr(module, "docker", SimpleNamespace(from_env=lambda: engine))
    with make() as peers:
        assert peers.outside() is peers.outside()
    assert engine.calls == ["start", "reload", "remove", "close"]


def test_the_outside_tells_what_it_received(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine("172.18.0.9")
    monkeypatch.setattr(module, "docker", SimpleNamespace(from_env=lambda: engine))
    with make() as peers:
        target = peers.outside()
        assert target.received
        assert target.received() == {"token-1", "token-2"}
        engine.gone = True
        with pytest.raises(ProbeError) as caught:
            target.received()
    assert caught.value.summary == "the outside container cannot be asked what it received: it is gone"


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (Engine("", fail=True), "no container can be run on the Docker network kind: no such network"),
        (Engine(""), "the outside container ended, or has no address on the Docker network kind"),
    ],
)
def test_an_outside_that_cannot_be_had_is_told_and_removed(
    core: Core, monkeypatch: pytest.MonkeyPatch, engine: Engine, text: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        outside(monkeypatch, engine)
    assert caught.value.summary == text
    assert engine.calls[-2:] == ["remove", "close"]
