"""Minikube as its program is played: what it is told, what its failures mean, and what a profile lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import docker.errors
import pytest

from kube_acceptance.cluster import Minikube, Profile, existing, host, minikube
from kube_acceptance.cluster.existing import Existing
from kube_acceptance.errors import ClusterError, FaultError, ImageError

IMAGE = "minikube-node:v1.37.0"
TEMPLATE = b"a: {{ .PodSubnet }}\nb: {{.PodSubnet}}\n"


class Node:
    """A node's container, which Docker restarts."""

    name = "c"
    status = "running"

    def __init__(self, address: str = "192.168.49.2") -> None:
        networks = {"c": {"IPAddress": address}}
        self.attrs = {"State": {"StartedAt": "one"}, "NetworkSettings": {"Networks": networks}}

    def restart(self, timeout: int) -> None:
        self.attrs["State"] = {"StartedAt": "two"}

    def reload(self) -> None:
        pass


def program(folder: Path, name: str, script: str) -> Path:
    """A program that notes its arguments and kubeconfig, and then does as the script says."""
    file = folder / name
    file.write_text(f'#!/bin/sh\necho "$KUBECONFIG $*" >>"$0.log"\n{script}\n')
    file.chmod(0o755)
    return file


def engine(nodes: list[Node], *, holds: str = IMAGE, cat: Callable[[], bytes] = lambda: TEMPLATE) -> Any:
    def get(name: str) -> Any:
        if name != holds:
            raise docker.errors.ImageNotFound(name)
        return Object(id="sha256:1")

    def run(image: str, command: list[str], entrypoint: str, remove: bool) -> bytes:
        assert (image, entrypoint, remove) == (IMAGE, "cat", True)
        return cat()

    return Object(
        containers=Object(
            list=lambda all, filters, ignore_removed: (
                nodes if filters == {"label": f"{minikube.PROFILE_LABEL}=c"} else []
            ),
            run=run,
        ),
        images=Object(get=get),
        info=lambda: {"CgroupVersion": "1"},
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Minikube]:
    def make(script: str = "", nodes: list[Node] | None = None, image: str = IMAGE, **options: Any) -> Minikube:
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        program(tmp_path, "docker", 'case $* in *cat*) echo "the provisioner";; esac')
        tools = {"minikube": program(tmp_path, "minikube", script), "kubectl": program(tmp_path, "kubectl", "cat >&2")}
        return Minikube(
            "c",
            folder=tmp_path / "state",
            tools=tools,
            engine=engine([] if nodes is None else nodes, **options),
            image=image,
            kubernetes="v1.37.0",
            labels={"ingress-ready": "true"},
        )

    monkeypatch.setattr(host, "bounding_set", lambda: 0)
    return make


def log(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.log").read_text().splitlines()


def test_a_cluster_from_no_registry(tmp_path: Path, own: Callable[..., Minikube]) -> None:
    nodes: list[Node] = []
    cluster = own(nodes=nodes)
    assert not cluster.exists()
    cluster.create()
    state = tmp_path / "state"
    assert log(tmp_path, "minikube") == [
        f"{state}/kubeconfig start --driver docker --container-runtime containerd --cpus 2 --memory 4g "
        f"--embed-certs --interactive=false --kubernetes-version v1.37.0 --base-image {IMAGE} "
        f"--cni {state}/network.yaml --force --preload=false --cache-images=false --install-addons=false "
        "--wait apiserver,node_ready --feature-gates KubeletInUserNamespace=true "
        "--extra-config kubelet.fail-cgroupv1=false --profile c"
    ]
    assert (state / "network.yaml").read_text() == "a: 10.244.0.0/16\nb: 10.244.0.0/16\n"
    assert [line.strip() for line in log(tmp_path, "docker")] == [
        "exec --interactive c systemctl enable kubelet",
        "exec --interactive c cat /kind/manifests/default-storage.yaml",
    ]
    assert [line.strip() for line in log(tmp_path, "kubectl")] == [
        f"--kubeconfig {state}/kubeconfig apply --filename -",
        f"--kubeconfig {state}/kubeconfig label node c --overwrite ingress-ready=true",
    ]
    nodes.append(Node())
    cluster.kubeconfig.touch()
    assert cluster.exists()
    assert not own(nodes=nodes, image="").exists()  # it is made from something else


def test_a_cluster_from_minikubes_own_image(
    tmp_path: Path, own: Callable[..., Minikube], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1)
    own(image="elsewhere:1").create()
    (said,) = log(tmp_path, "minikube")
    assert " --cni calico --feature-gates" in said
    assert "--base-image" not in said
    assert "--force" not in said
    assert not any("apply" in line for line in log(tmp_path, "kubectl"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    own(image="elsewhere:1").create()
    assert " --cni calico --force " in log(tmp_path, "minikube")[-1]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("write: no space left on device", "the disk is full"),
        ("E0101 failed to download kic base image or any fallback image", minikube._NO_IMAGE),
        ("X Exiting due to RSRC_DOCKER_CORES: 1 is too few", "RSRC_DOCKER_CORES: 1 is too few"),
        ("nothing known", "see below what it said"),
    ],
)
def test_a_start_that_fails(own: Callable[..., Minikube], said: str, why: str) -> None:
    with pytest.raises(ClusterError) as caught:
        own(f"echo '{said}' >&2; exit 80").create()
    assert str(caught.value) == f"Minikube could not create the cluster: {why}\n  {said}"


def test_an_image_that_is_not_over_kinds(own: Callable[..., Minikube]) -> None:
    def cat() -> bytes:
        raise docker.errors.ContainerError("container", 1, "cat", IMAGE, b"no such file")

    with pytest.raises(ClusterError) as caught:
        own(cat=cat).create()
    assert str(caught.value) == (
        f"{IMAGE} is no node image over Kind's: it has no /kind/manifests/default-cni.yaml\n"
        "Build one with kube-acceptance's deploy/closed-network/load minikube, or leave cluster.minikube-image empty "
        "for Minikube's own."
    )


def test_removed_with_its_files(tmp_path: Path, own: Callable[..., Minikube]) -> None:
    cluster = own("exit 85")  # what it says where there is no such profile any more
    (tmp_path / "state").mkdir()
    for file in ("minikube", "stamp", "network.yaml", "kubeconfig"):
        (tmp_path / "state" / file).touch()
    cluster.delete()
    assert log(tmp_path, "minikube") == [f"{tmp_path}/state/kubeconfig delete --profile c"]
    assert not list((tmp_path / "state").iterdir())


def test_not_removed(own: Callable[..., Minikube]) -> None:
    with pytest.raises(ClusterError) as caught:
        own("echo 'X it is locked' >&2; exit 1", nodes=[Node()]).delete()
    assert str(caught.value) == (
        "Minikube did not remove the cluster c: its node c is there still\n"
        "See what this says: minikube delete --profile c\n"
        "  X it is locked"
    )


def test_its_node_is_a_container(own: Callable[..., Minikube]) -> None:
    cluster = own(nodes=[Node()])
    assert cluster.restart_node("c") == "node c restarted: it runs since two, before since one"
    assert (cluster.network(), cluster.ingress(), cluster.ingress(443)) == (
        "c",
        ("192.168.49.2", 80),
        ("192.168.49.2", 443),
    )
    with pytest.raises(FaultError) as fault:
        cluster.restart_node("d")
    assert str(fault.value) == "the Minikube cluster c has no node d"
    with pytest.raises(ClusterError) as error:
        own(nodes=[Node(address="")]).ingress()
    assert str(error.value) == "the node of the Minikube cluster c has no address on the network c"
    with pytest.raises(ClusterError) as error:
        own().network()
    assert str(error.value) == "no node of the Minikube cluster c is on a Docker network"


# ---- a profile that was there before


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], Profile]:
    def make(script: str) -> Profile:
        return Profile(
            "dev",
            minikube=program(tmp_path, "minikube", script),
            folder=tmp_path / "state",
            kubectl=tmp_path / "kubectl",
            engine=engine([], holds="shop:1"),
        )

    return make


def status(**parts: str) -> dict[str, str]:
    return {"Name": "dev", "Host": "Running", "Kubelet": "Running", "APIServer": "Running", **parts}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo 'Profile \"dev\" not found'; exit 85",
            "there is no Minikube profile dev\n`minikube profile list` names those that there are; --cluster minikube "
            "makes one for the run.",
        ),
        (
            f"echo '{json.dumps(status(Host='Stopped', Kubelet='Stopped', APIServer='Stopped'))}'; exit 7",
            "the Minikube profile dev does not run: Host of dev is Stopped\nStart it: minikube start --profile dev",
        ),
        (
            f"echo '{json.dumps([status(APIServer='Paused'), status(Name='dev-m02')])}'; exit 2",
            "the Minikube profile dev does not run: APIServer of dev is Paused\nStart it: minikube start --profile dev",
        ),
        (
            "echo 'X Exiting due to HOST_CONFIG_LOAD: it is broken' >&2; exit 30",
            "Minikube does not say how the profile dev is: X Exiting due to HOST_CONFIG_LOAD: it is broken\n"
            "  X Exiting due to HOST_CONFIG_LOAD: it is broken",
        ),
    ],
)
def test_a_profile_that_cannot_serve(profile: Callable[[str], Profile], script: str, why: str) -> None:
    with pytest.raises(ClusterError) as caught:
        profile(script).must_serve()
    assert str(caught.value) == why


def test_a_profile_that_runs_is_asked_as_a_context(
    profile: Callable[[str], Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(existing.Existing, "must_serve", lambda self: asked.append(self.name))
    worker = status(Name="dev-m02", APIServer="Irrelevant")
    found = profile(f"echo '{json.dumps([status(), worker])}'")
    found.must_serve()
    assert (asked, found.kind, found.lasts) == (["dev"], "Minikube profile dev", True)
    assert isinstance(found, Existing)


def listed(identity: str) -> str:
    return json.dumps([{"id": identity, "repoTags": ["docker.io/library/shop:1"]}, {"id": "2", "repoTags": None}])


def test_images_by_minikubes_own_command_once(tmp_path: Path, profile: Callable[[str], Profile]) -> None:
    # it has another image of that name until it is loaded
    script = f"""case $* in
    "image ls"*) if test -e {tmp_path}/loaded; then echo '{listed("sha256:1")}'; else echo '{listed("0")}'; fi ;;
    "image load"*) touch {tmp_path}/loaded ;;
    esac"""
    found = profile(script)
    found.load(["shop:1"])
    found.load(["shop:1"])
    commands = [line.strip() for line in log(tmp_path, "minikube")]
    assert [line for line in commands if "load" in line] == ["image load --daemon=true shop:1 --profile dev"]


@pytest.mark.parametrize(
    ("script", "reference", "why"),
    [
        ("echo '[]'", "shop:1", "the Minikube profile dev does not have shop:1 after it was loaded"),
        ("echo '[]'", "shop:2", "Docker has no image shop:2 to load into the cluster\nBuild or pull it first."),
    ],
)
def test_an_image_that_does_not_arrive(
    profile: Callable[[str], Profile], script: str, reference: str, why: str
) -> None:
    with pytest.raises(ImageError) as caught:
        profile(script).load([reference])
    assert str(caught.value) == why


def test_images_that_cannot_be_loaded(profile: Callable[[str], Profile]) -> None:
    with pytest.raises(ClusterError) as caught:
        profile("echo 'X it is stopped' >&2; exit 89").load(["shop:1"])
    assert str(caught.value) == "Minikube profile dev: minikube image ls failed with exit status 89\n  X it is stopped"
