"""Minikube: a cluster of one node of the run's own, and profiles that were there before.

With Docker's driver the node is a container, as Kind's are. What `minikube start` is told is what deploy/minikube/start
found to work: an image over Kind's node, from no registry, has a network plugin and a provisioner of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import docker
import docker.errors

from kube_acceptance.cluster import host
from kube_acceptance.cluster.existing import Existing
from kube_acceptance.cluster.lacks import not_run
from kube_acceptance.cluster.nodes import ContainerNodes, cause
from kube_acceptance.command import CommandError, Completed, run
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError, ImageError
from kube_acceptance.images.load import full_reference, image_id

PROFILE_LABEL = "name.minikube.sigs.k8s.io"
MARK = "minikube"
"""The file in the folder of such a cluster by which it is known to be none of Kind's."""

POD_RANGE = "10.244.0.0/16"  # Minikube's own choice
NETWORK_PLUGIN = "/kind/manifests/default-cni.yaml"
PROVISIONER = "/kind/manifests/default-storage.yaml"
NO_PROFILE = 85  # the exit status
PLAIN = {"MINIKUBE_IN_STYLE": "false", "MINIKUBE_WANTUPDATENOTIFICATION": "false"}
_NO_IMAGE = (
    "the node image is neither here nor can it be pulled; run kube-acceptance's deploy/closed-network/load minikube, "
    "and name it in cluster.minikube-image"
)
CAUSES = {"failed to download kic base image": _NO_IMAGE, "Unable to find image": _NO_IMAGE}


class Minikube(ContainerNodes):
    """One Minikube cluster.

    Args:
        name: Its name, which is its profile's.
        folder: Where its kubeconfig is kept.
        tools: The programs `minikube` and `kubectl`.
        engine: Docker's API.
        image: A node image over Kind's, which is used where Docker has it; else Minikube's own is.
        kubernetes: The version of Kubernetes, such as `v1.37.0`; Minikube's own choice when empty.
        labels: The labels of its node.
        strict: Whether a scenario that needs several nodes fails, instead of being left out.
    """

    kind = "Minikube"
    label = PROFILE_LABEL

    def __init__(
        self,
        name: str,
        *,
        folder: Path,
        tools: Mapping[str, Path],
        engine: docker.DockerClient,
        image: str = "",
        kubernetes: str = "",
        labels: Mapping[str, str] | None = None,
        strict: bool = False,
    ) -> None:
        self.name = name
        self.kubeconfig = folder / "kubeconfig"
        self._folder = folder
        self._tools = tools
        self._engine = engine
        self._image = image
        self._kubernetes = kubernetes
        self._labels = labels or {}
        self._strict = strict

    def too_few_nodes(self, reason: str) -> NoReturn:
        """End a scenario that needs more nodes than the one that there is; under --strict as a failure."""
        not_run(f"Minikube's cluster has one node: {reason}", strict=self._strict)

    def create(self) -> None:
        """Make the cluster anew; what is left of an older one of its name is removed first.

        Raises:
            ClusterError: Minikube could not; the first line names the likely cause.
        """
        if self._nodes():
            self.delete()
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / MARK).touch()
        own = bool(self._image_id())
        if own:
            self._plugin.write_text(self._network_plugin())
        progress(f"creating the Minikube cluster {self.name}")
        try:
            done = self._minikube("start", *self._settings(), timeout=600)
        except CommandError as error:
            said = error.completed.stdout + error.completed.stderr
            why = cause(said, CAUSES, "Exiting due to ")
            raise ClusterError(f"Minikube could not create the cluster: {why}", details=error.details) from error
        # Minikube starts the kubelet itself, so that it would not come back with a node that is restarted
        self.on_node(self.name, "systemctl", "enable", "kubelet")
        if own:
            self._kubectl("apply", "--filename", "-", input=self.on_node(self.name, "cat", PROVISIONER).encode())
        if self._labels:
            labels = [f"{key}={value}" for key, value in self._labels.items()]
            self._kubectl("label", "node", self.name, "--overwrite", *labels)
        self._stamp.write_text(self._fingerprint())
        progress(f"the Minikube cluster {self.name} is up after {done.seconds:.0f} s")

    def delete(self) -> None:
        """Remove the cluster, and what Minikube brought with it.

        Raises:
            ClusterError: A node is there still.
        """
        done = self._minikube("delete", timeout=120, check=False)  # it fails where there is less than it looks for
        if left := self._nodes():
            raise ClusterError(
                f"Minikube did not remove the cluster {self.name}: its node {left[0].name} is there still",
                hint=f"See what this says: minikube delete --profile {self.name}",
                details=_lines(done)[-15:],
            )
        for file in (MARK, "stamp", self._plugin.name, "kubeconfig"):
            (self._folder / file).unlink(missing_ok=True)

    def ingress(self, port: int = 80) -> tuple[str, int]:
        """The node's own address, on whose ports the Ingress controller listens.

        Args:
            port: The port; 443 for TLS.

        Raises:
            ClusterError: The node has no address on its Docker network.
        """
        network = self.network()
        for node in self._nodes():
            if address := node.attrs["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress"):
                return str(address), port
        raise ClusterError(f"the node of the Minikube cluster {self.name} has no address on the network {network}")

    @property
    def _plugin(self) -> Path:
        return self._folder / "network.yaml"  # it stays: Minikube reads it again at each start

    def _network_plugin(self) -> str:
        try:
            text = self._engine.containers.run(self._image, [NETWORK_PLUGIN], entrypoint="cat", remove=True)
        except docker.errors.ContainerError as error:
            raise ClusterError(
                f"{self._image} is no node image over Kind's: it has no {NETWORK_PLUGIN}",
                hint="Build one with kube-acceptance's deploy/closed-network/load minikube, or leave "
                "cluster.minikube-image empty for Minikube's own.",
            ) from error
        return re.sub(r"{{ *\.PodSubnet *}}", POD_RANGE, str(text, "utf-8"))  # Kind fills this in, Minikube does not

    def _settings(self) -> list[str]:
        settings = ["--driver", "docker", "--container-runtime", "containerd", "--cpus", "2", "--memory", "4g"]
        settings += ["--embed-certs", "--interactive=false"]
        settings += ["--kubernetes-version", self._kubernetes] if self._kubernetes else []
        if self._image_id():
            # forced, since it knows older versions of Kubernetes than this image may hold
            settings += ["--base-image", self._image, "--cni", str(self._plugin), "--force", "--preload=false"]
            settings += ["--cache-images=false", "--install-addons=false", "--wait", "apiserver,node_ready"]
        else:
            # its usual network enforces no policy; and it refuses root unless it is forced
            settings += ["--cni", "calico", *(["--force"] if os.geteuid() == 0 else [])]
        version = str(self._engine.info().get("CgroupVersion", "2"))
        return [*settings, *host.minikube(cgroup_version=version, bounding_set=host.bounding_set())]

    def _fingerprint(self) -> str:
        parts = [self._settings(), dict(self._labels), self._image_id()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _image_id(self) -> str:
        try:
            return str(self._engine.images.get(self._image).id) if self._image else ""
        except docker.errors.ImageNotFound:
            return ""

    def _minikube(self, *words: str, timeout: float, check: bool = True) -> Completed:
        env = {**PLAIN, "KUBECONFIG": str(self.kubeconfig)}
        return run([self._tools["minikube"], *words, "--profile", self.name], timeout=timeout, env=env, check=check)

    def _kubectl(self, *words: str, input: bytes = b"") -> None:
        run([self._tools["kubectl"], "--kubeconfig", self.kubeconfig, *words], timeout=60, input=input)


class Profile(Existing):
    """The cluster of a profile that was there before: that of the context of its name, but for how images reach it.

    Args:
        profile: The profile's name.
        minikube: The program.
        engine: Docker's API, which has the images.
        options: Those of `Existing`.
    """

    def __init__(self, profile: str, *, minikube: Path, engine: docker.DockerClient, **options: Any) -> None:
        super().__init__(profile, engine=engine, **options)
        self._minikube = minikube
        self._docker = engine

    @property
    def kind(self) -> str:
        """What a report calls it."""
        return f"Minikube profile {self.name}"

    def must_serve(self) -> None:
        """Find out whether a run can begin, and tell what there is.

        Raises:
            ClusterError: There is no such profile, it does not run, or `Existing.must_serve` says why.
        """
        done = self._ask("status", "--output", "json", check=False)
        nodes = _nodes(done.stdout)
        if not nodes and done.returncode == NO_PROFILE:
            raise ClusterError(
                f"there is no Minikube profile {self.name}",
                hint="`minikube profile list` names those that there are; --cluster minikube makes one for the run.",
            )
        if not nodes:
            said = _lines(done)
            raise ClusterError(
                f"Minikube does not say how the profile {self.name} is: {said[-1] if said else 'it said nothing'}",
                details=said[-15:],
            )
        for node in nodes:
            for part in ("Host", "Kubelet", "APIServer"):
                if (state := node.get(part)) not in ("Running", "Irrelevant"):  # of a worker's API server
                    raise ClusterError(
                        f"the Minikube profile {self.name} does not run: {part} of {node.get('Name')} is {state}",
                        hint=f"Start it: minikube start --profile {self.name}",
                    )
        super().must_serve()

    def load(self, references: Sequence[str]) -> dict[str, str]:
        """Bring images into its nodes by Minikube's own command, whatever their container runtime; once each.

        They keep their names.

        Raises:
            ImageError: Docker has no such image, or Minikube has none of its name afterwards.
            ClusterError: Minikube cannot load them, or cannot say what it has.
        """
        wanted = {each: image_id(each, self._docker) for each in dict.fromkeys(references)}
        there = self._images()
        lacking = [each for each, image in wanted.items() if there.get(full_reference(each)) != _bare(image)]
        if lacking:
            progress(f"loading {', '.join(lacking)} into the Minikube profile {self.name}")
            self._ask("image", "load", "--daemon=true", *lacking, timeout=600)
            there = self._images()
            if left := [each for each in lacking if full_reference(each) not in there]:
                raise ImageError(f"the Minikube profile {self.name} does not have {left[0]} after it was loaded")
        progress(f"images in the cluster: {len(lacking)} loaded, {len(wanted) - len(lacking)} were there already")
        return {}

    def _images(self) -> dict[str, str]:
        """The images' IDs by their names."""
        listed = json.loads(self._ask("image", "ls", "--format", "json").stdout or "[]")
        return {full_reference(tag): _bare(each["id"]) for each in listed for tag in each.get("repoTags") or ()}

    def _ask(self, *words: str, timeout: float = 60, check: bool = True) -> Completed:
        try:
            return run([self._minikube, *words, "--profile", self.name], timeout=timeout, env=PLAIN, check=check)
        except CommandError as error:
            raise ClusterError(f"Minikube profile {self.name}: {error.summary}", details=error.details) from error


def _nodes(said: str) -> list[dict[str, Any]]:
    """What Minikube said of each node, of one alone not in a list; of a missing profile it says something else."""
    try:
        found = json.loads(said)
    except ValueError:
        return []
    return [each for each in (found if isinstance(found, list) else [found]) if "Host" in each]


def _bare(identity: str) -> str:
    return identity.removeprefix("sha256:")


def _lines(done: Completed) -> list[str]:
    return (done.stdout + done.stderr).strip().splitlines()
