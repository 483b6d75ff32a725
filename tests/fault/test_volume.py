"""Volumes filled: only those with a file system of their own, and what proves that they are full."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import failed

from kube_acceptance.errors import FaultError
from kube_acceptance.fault import bounded_volume, empty_volume, fill_volume, volume

FULL = "dd: error writing: No space left on device"


class Node:
    """A node that answers scripts by the words that they begin with, one answer after the other."""

    def __init__(self, **answers: list[str]) -> None:
        self._answers = {"stat --format": ["9 1 2 3 1"], **answers}
        self.ran: list[str] = []

    def on_node(self, node: str, *command: str) -> str:
        assert node == "worker"
        script = command[2].removeprefix("exec 2>&1\n").strip()
        self.ran.append(" ".join([script, *command[4:]]))
        for words, answers in self._answers.items():
            if script.startswith(words):
                return answers.pop(0)
        return ""


def persistent(*hosts: str, path: str = "/volumes/1", source: str = "local") -> Any:
    term = Object(match_expressions=[Object(key="kubernetes.io/hostname", operator="In", values=list(hosts))])
    affinity = Object(required=Object(node_selector_terms=[term]))
    spec = Object(local=None, host_path=None, node_affinity=affinity if hosts else None)
    setattr(spec, source, Object(path=path))
    return Object(metadata=Object(name="pv"), spec=spec)


def release(node: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(volume.volumes, "claim_of", lambda *_: Object(volume="pv"))
    core = Object(read_persistent_volume=lambda name: found)
    return Object(name="shop", cluster=Object(core=core, provider=node))


def test_full_means_no_byte_left_and_a_write_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(**{"dd": ["", FULL], "stat --file-system": ["1 4096", "0 4096"]})  # something was freed at first
    with ExitStack() as afterwards:
        said = fill_volume(release(node, persistent("worker"), monkeypatch), "web", afterwards=afterwards)
    assert said == "/volumes/1 on node worker: 0 bytes left, a write says 'No space left on device'"
    assert node.ran[-1] == 'rm -f "$1" "$1.more" /volumes/1/.kube-acceptance-filler'


@pytest.mark.parametrize(("left", "said", "told"), [("2 4096", FULL, "8192 bytes"), ("0 4096", "", "0 bytes")])
def test_a_volume_that_takes_writes_still_is_no_fault(
    left: str, said: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(**{"dd": [said] * volume.TIMES, "stat --file-system": [left] * volume.TIMES})
    with pytest.raises(FaultError) as caught:
        fill_volume(release(node, persistent("worker"), monkeypatch), "web", afterwards=ExitStack())
    assert str(caught.value) == f"the volume of the web was not filled: {told} are left, and a write says {said!r}"


def test_the_machine_itself_is_not_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(**{"stat --format": ["2 1 2 2 2"]})
    with pytest.raises(FaultError) as caught:
        fill_volume(release(node, persistent("worker"), monkeypatch), "web", afterwards=ExitStack())
    assert str(caught.value) == (
        "the volume at /volumes/1 shares its file system with node worker: that would be filled too\n"
        "Give the claim a volume of its own first."
    )
    assert len(node.ran) == 1


@pytest.mark.parametrize("found", [persistent(), persistent("a", "b"), persistent("worker", source="csi")])
def test_a_volume_that_is_no_folder_of_a_node(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FaultError) as caught:
        fill_volume(release(Node(), found, monkeypatch), "web", afterwards=ExitStack())
    assert str(caught.value) == "volume pv of the web is no folder of one node, so it cannot be filled"


def test_room_is_proved_by_the_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(**{"stat --file-system": ["0 4096", "3 4096"]})
    shop = release(node, persistent("worker", source="host_path"), monkeypatch)
    assert empty_volume(shop, "web") == "/volumes/1 on node worker: 12288 bytes left, 0 before"
    node = Node(**{"stat --file-system": ["0 4096", "0 4096"]})
    with pytest.raises(FaultError) as caught:
        empty_volume(release(node, persistent("worker"), monkeypatch), "web")
    assert str(caught.value) == "no room was made on the volume of the web: 0 bytes before, 0 now"


def test_emptying_what_was_not_filled_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    node: Any = Node(**{"stat --file-system": ["0 4096"]})
    answer = node.on_node

    def on_node(name: str, *command: str) -> str:
        if 'rm "$1"' in command[2]:
            raise failed("rm: cannot remove: No such file or directory")
        return str(answer(name, *command))

    node.on_node = on_node
    with pytest.raises(FaultError) as caught:
        empty_volume(release(node, persistent("worker"), monkeypatch), "web")
    assert caught.value.summary == "a volume's script failed on node worker"


class Cluster:
    """A cluster of nodes with taints, which remembers the volumes that are made."""

    def __init__(self, *taints: str, cordoned: bool = False) -> None:
        self.made: list[Any] = []
        self.asked: list[tuple[str, ...]] = []
        self.provider = Node()
        spec = Object(unschedulable=cordoned, taints=[Object(effect=each) for each in taints])
        items = [Object(metadata=Object(name="worker"), spec=spec)]
        self.core = Object(list_node=lambda: Object(items=items), create_persistent_volume=self.made.append)

    def kubectl(self, *words: str) -> None:
        self.asked.append(words)


def bounded(cluster: Any, afterwards: ExitStack) -> str:
    return bounded_volume(
        cluster,
        name="small",
        size="1Mi",
        claim="data",
        namespace="shop",
        storage_class="bounded",
        labels={"of": "run"},
        afterwards=afterwards,
    )


def test_a_volume_with_a_limit_is_for_one_claim_on_one_node_and_goes_in_the_end() -> None:
    cluster = Cluster("PreferNoSchedule")
    with ExitStack() as afterwards:
        assert bounded(cluster, afterwards) == "volume small of 1Mi on node worker, for claim data"
    [made] = cluster.made
    assert made["spec"]["claimRef"] == {"namespace": "shop", "name": "data"}
    assert made["spec"]["local"] == {"path": "/var/kube-acceptance/small"}
    assert made["metadata"]["labels"] == {"of": "run"}
    assert [script.split()[0] for script in cluster.provider.ran] == ["mkdir", "umount"]
    assert cluster.provider.ran[0].endswith("/var/kube-acceptance/small 1048576")
    assert cluster.asked == [("delete", "persistentvolume", "small", "--wait=false", "--ignore-not-found")]


@pytest.mark.parametrize("cluster", [Cluster("NoSchedule"), Cluster("NoExecute"), Cluster(cordoned=True)])
def test_no_node_takes_pods(cluster: Cluster) -> None:
    with pytest.raises(FaultError) as caught:
        bounded(cluster, ExitStack())
    assert str(caught.value) == "no node takes pods, so none can have a volume for them"
