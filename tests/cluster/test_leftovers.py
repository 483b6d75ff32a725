"""What counts as left behind, and what does not."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace as Some
from typing import Any

import psutil
import pytest
import urllib3.exceptions
from docker.errors import ImageNotFound
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import leftovers, owner
from kube_acceptance.cluster.existing import MARK
from kube_acceptance.cluster.leftovers import Leftover
from kube_acceptance.cluster.shared import folders
from kube_acceptance.images.source import ImageSource, content_tag
from kube_acceptance.scratch import scratch

MINE = owner.labels(os.getpid())
DEAD = {**MINE, owner.STARTED_LABEL: "1.0"}  # the number is this process's, but it is another one
WHY = f"process {os.getpid()} has ended"


def told(found: list[Leftover]) -> list[tuple[str, str]]:
    return [(each.name, each.why) for each in found]


class Gone:
    """Notes what is removed."""

    def __init__(self) -> None:
        self.gone: list[Any] = []

    def thing(self, name: str, labels: dict[str, str], **more: Any) -> Any:
        return Some(
            name=name,
            labels=labels,
            attrs={"Labels": labels, **more},
            remove=lambda **how: self.gone.append((name, how)),
        )


@pytest.fixture
def gone() -> Gone:
    return Gone()


def engine(*containers: Any, networks: tuple[Any, ...] = ()) -> Any:
    return Some(
        containers=Some(
            list=lambda all, filters, ignore_removed: [one for one in containers if filters["label"] in one.labels]
        ),
        networks=Some(list=lambda **_: list(networks)),
    )


def test_containers_of_ended_runs(gone: Gone) -> None:
    docker = engine(gone.thing("outside-1", DEAD), gone.thing("outside-2", MINE), gone.thing("web", {}))
    found = list(leftovers.containers(docker))
    assert told(found) == [("container outside-1", WHY)]
    assert found[0].remove()
    assert gone.gone == [("outside-1", {"force": True, "v": True})]


def test_networks_of_ended_runs(gone: Gone) -> None:
    docker = engine(networks=(gone.thing("one", DEAD), gone.thing("two", MINE)))
    found = list(leftovers.networks(docker))
    assert told(found) == [("network one", WHY)]
    assert found[0].remove()
    assert gone.gone == [("one", {})]


def test_kinds_network_when_nobody_is_on_it(tmp_path: Path, gone: Gone) -> None:
    used, unused = gone.thing("kind", {}, Containers={"abc": {}}), gone.thing("kind", {}, Containers={})
    assert told(list(leftovers.unused_networks(engine(networks=(used,)), tmp_path))) == []
    docker = engine(networks=(unused, gone.thing("kind-2", {}, Containers={})))
    assert told(list(leftovers.unused_networks(docker, tmp_path))) == [("network kind", "no container is on it")]


def test_networks_of_minikube_that_outlived_its_cluster(tmp_path: Path, gone: Gone) -> None:
    def network(name: str, **attrs: Any) -> Any:
        return gone.thing(name, {"name.minikube.sigs.k8s.io": name}, **{"Containers": {}, **attrs})

    (folders(tmp_path) / "kube-acceptance-here").mkdir(parents=True)
    node = gone.thing("node", {"name.minikube.sigs.k8s.io": "kube-acceptance-stopped"})
    names = ("kube-acceptance-here", "kube-acceptance-stopped", "kube-acceptance-adrift", "somebody-elses")
    docker = engine(node, networks=(*map(network, names), network("kube-acceptance-running", Containers={"abc": {}})))
    found = list(leftovers.unused_networks(docker, tmp_path))
    assert told(found) == [("network kube-acceptance-adrift", "no container is on it")]
    assert found[0].remove()
    assert gone.gone == [("kube-acceptance-adrift", {})]


def test_clusters_of_which_the_cache_knows_nothing(tmp_path: Path, gone: Gone) -> None:
    (folders(tmp_path) / "kube-acceptance-here").mkdir(parents=True)
    names = ("kube-acceptance-here", "kube-acceptance-lost", "kube-acceptance-lost", "somebody-elses")
    minikubes = gone.thing("node", {"name.minikube.sigs.k8s.io": "kube-acceptance-adrift"})
    docker = engine(minikubes, *(gone.thing(name, {"io.x-k8s.kind.cluster": name}) for name in names))
    deleted: list[str] = []
    found = list(
        leftovers.unknown_clusters(
            docker,
            tmp_path,
            lambda name, folder: Some(delete=lambda: deleted.append(name)),  # type: ignore[arg-type]
        )
    )
    assert told(found) == [
        ("cluster kube-acceptance-adrift", "this cache knows nothing of it"),
        ("cluster kube-acceptance-lost", "this cache knows nothing of it"),
    ]
    assert found[1].remove()
    assert deleted == ["kube-acceptance-lost"]


def test_clusters_of_this_cache(tmp_path: Path) -> None:
    for name in ("left", "kept", "used"):
        (folders(tmp_path) / name / "users").mkdir(parents=True)
    (folders(tmp_path) / "kept" / "kept").touch()
    (folders(tmp_path) / "used" / "users" / str(os.getpid())).write_text(owner.started(os.getpid()))
    found = list(leftovers.clusters(tmp_path, lambda name, folder: Some(delete=lambda: None)))  # type: ignore[arg-type]
    assert told(found) == [("cluster kept", "kept by an earlier run"), ("cluster left", "its run has ended")]
    assert [each.remove() for each in found] == [True, True]
    assert [folder.name for folder in folders(tmp_path).iterdir()] == ["used"]


def test_folders_of_ended_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    unused = next(number for number in range(2**22 - 1, 0, -1) if not psutil.pid_exists(number))
    reused = tmp_path / f"kube-acceptance-{os.getpid()}-run-old"
    for name in (f"kube-acceptance-{unused}-plan-abc", reused.name, "kube-acceptance-notes", "other"):
        (tmp_path / name).mkdir()
    before = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(reused, (before, before))
    with scratch("run") as mine:
        found = list(leftovers.scratch_folders(tmp_path))
        assert sorted(told(found)) == sorted(
            [
                (f"folder {tmp_path}/kube-acceptance-{unused}-plan-abc", f"process {unused} has ended"),
                (f"folder {reused}", WHY),
            ]
        )
        assert all(each.remove() for each in found)
        assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
            [Path(mine).name, "kube-acceptance-notes", "other"]
        )


def test_namespaces_only_of_clusters_that_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("used", "kept"):
        folder = folders(tmp_path) / name
        (folder / "users").mkdir(parents=True)
        (folder / "kubeconfig").touch()
    (folders(tmp_path) / "used" / "users" / str(os.getpid())).write_text(owner.started(os.getpid()))
    deleted: list[str] = []

    def namespace(name: str, labels: dict[str, str], deleting: bool = False) -> Any:
        return Some(metadata=Some(name=name, uid=name, labels=labels, deletion_timestamp=deleting or None))

    listed = [namespace("own-1", DEAD), namespace("own-2", MINE), namespace("own-3", DEAD, deleting=True)]
    core = Some(list_namespace=lambda **_: Some(items=listed), delete_namespace=deleted.append)
    monkeypatch.setattr(leftovers.client, "CoreV1Api", lambda api: core)
    monkeypatch.setattr(leftovers.config, "new_client_from_config", lambda config_file: None)
    found = list(leftovers.namespaces(tmp_path))
    assert told(found) == [("namespace own-1 of cluster used", WHY)]
    assert found[0].remove()
    assert deleted == ["own-1"]


def test_what_is_known_of_a_cluster_that_was_there_and_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folders(tmp_path) / "context-away"
    folder.mkdir(parents=True)
    for name in ("kubeconfig", MARK):
        (folder / name).touch()

    def away(**_: object) -> None:
        raise urllib3.exceptions.HTTPError("connection refused")

    monkeypatch.setattr(leftovers.client, "CoreV1Api", lambda api: Some(list_namespace=away))
    monkeypatch.setattr(leftovers.config, "new_client_from_config", lambda config_file: None)
    found = list(leftovers.namespaces(tmp_path))
    assert told(found) == [(f"folder {folder}", "its cluster does not answer")]
    assert found[0].remove()
    assert not folder.exists()


def test_accounts_and_clusters_of_one_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folders(tmp_path) / "context-here"
    folder.mkdir(parents=True)
    for name in ("kubeconfig-away", "kubeconfig-mine", "kubeconfig-nobody", "kubeconfig-yours", MARK):
        (folder / name).touch()
    gone = Some(metadata=Some(name="own-1", uid="1", labels=DEAD, deletion_timestamp=None))

    def core(file: str) -> Any:
        def listed(**_: object) -> Any:
            match Path(file).name:
                case "kubeconfig-away":
                    raise urllib3.exceptions.HTTPError("connection refused")
                case "kubeconfig-nobody":
                    raise ApiException(403)
            return Some(items=[gone])

        return Some(list_namespace=listed, delete_namespace=print)

    monkeypatch.setattr(leftovers.client, "CoreV1Api", core)
    monkeypatch.setattr(leftovers.config, "new_client_from_config", lambda config_file: config_file)
    found = list(leftovers.namespaces(tmp_path))
    assert told(found) == [
        ("namespace own-1 of cluster context-here", WHY),
        (f"file {folder}/kubeconfig-away", "its cluster does not answer"),
    ]
    assert found[1].remove()
    assert sorted(each.name for each in folder.glob("kubeconfig*")) == [
        "kubeconfig-mine",
        "kubeconfig-nobody",
        "kubeconfig-yours",
    ]


def test_folders_that_dead_runs_shared(tmp_path: Path) -> None:
    for name in ("1-abc", "2-def"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "alive").touch()
    with (tmp_path / "runs/2-def/alive").open() as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        found = list(leftovers.run_folders(tmp_path))
    assert told(found) == [(f"folder {tmp_path}/runs/1-abc", "its run has ended")]
    assert found[0].remove()
    assert [each.name for each in (tmp_path / "runs").iterdir()] == ["2-def"]


def source(folder: Path) -> ImageSource:
    (folder / "Dockerfile").write_text("FROM alpine:3.23\n")
    return ImageSource("shop-web", folder / "Dockerfile", folder)


def images(tags: dict[str, list[str]], gone: list[str]) -> Any:
    def get(reference: str) -> Any:
        if reference not in tags:
            raise ImageNotFound(reference)
        return Some(id=f"sha256:{reference}")

    def listed(name: str = "", *, filters: dict[str, str]) -> list[Any]:
        assert filters == {"label": "kube-acceptance/content"}
        return [Some(tags=several) for several in tags.values()]

    return Some(images=Some(get=get, list=listed, remove=gone.append))


def test_images_that_the_files_have_outgrown(tmp_path: Path) -> None:
    web, gone = source(tmp_path), list[str]()
    tag = content_tag(web, bases={"alpine:3.23": "sha256:alpine:3.23"})
    docker = images({"alpine:3.23": [], "a": [f"shop-web:{tag}"], "b": ["shop-web:old", "shop-webmail:old"]}, gone)
    found = list(leftovers.superseded_images(docker, {"web": web}))
    assert told(found) == [("image shop-web:old", f"the files of today are shop-web:{tag}")]
    assert found[0].remove()
    assert gone == ["shop-web:old"]


def test_images_of_copies_whose_run_has_ended() -> None:
    gone = list[str]()
    mine, dead = f"kube-acceptance-{os.getpid()}-anew-shop-web:1", "kube-acceptance-4194304-anew-shop-web:1"
    docker = images({"a": [mine, "shop-web:1"], "b": [dead, "kube-acceptance-probe:1"]}, gone)
    found = list(leftovers.scratch_images(docker))
    assert told(found) == [(f"image {dead}", "process 4194304 has ended")]
    assert found[0].remove()
    assert gone == [dead]


def test_images_stay_when_todays_tag_cannot_be_known(tmp_path: Path) -> None:
    nothing: Callable[[Any], list[Leftover]] = lambda docker: list(  # noqa: E731
        leftovers.superseded_images(docker, {"web": source(tmp_path)})
    )
    assert nothing(images({"b": ["shop-web:old"]}, [])) == []
