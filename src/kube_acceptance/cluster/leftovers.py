"""What runs left behind that have ended, also by `kill -9`: found by labels, names and records; in use, it is none."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import urllib3.exceptions
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import owner, shared
from kube_acceptance.cluster.existing import KUBECONFIG, MARK
from kube_acceptance.cluster.kind import CLUSTER_LABEL, NETWORK
from kube_acceptance.cluster.minikube import PROFILE_LABEL
from kube_acceptance.cluster.nodes import labelled
from kube_acceptance.cluster.provider import Provider
from kube_acceptance.images.build import CONTENT_LABEL, content_reference
from kube_acceptance.images.source import ImageSource
from kube_acceptance.scratch import NAME

CLUSTER_PREFIX = "kube-acceptance-"
READ_WITHIN = (3.0, 10.0)  # seconds to connect and to read
REFUSED = (401, 403)


@dataclass(frozen=True)
class Leftover:
    """One thing that is left.

    Attributes:
        name: What it is, as in `container web`.
        why: Why it is nobody's.
        remove: Removes it, unless it has come into use meanwhile; returns whether it did.
    """

    name: str
    why: str
    remove: Callable[[], bool]


def clusters(cache: Path, provider_of: Callable[[str, Path], Provider]) -> Iterator[Leftover]:
    """The clusters that runs of this user kept or left behind.

    Args:
        cache: The harness's cache folder.
        provider_of: Makes the provider for a cluster's name and folder.
    """
    for folder in shared.abandoned(cache, kept_too=True):
        why = "kept by an earlier run" if (folder / "kept").exists() else "its run has ended"
        yield Leftover(f"cluster {folder.name}", why, _cluster(folder, provider_of))


def unknown_clusters(
    engine: docker.DockerClient, cache: Path, provider_of: Callable[[str, Path], Provider]
) -> Iterator[Leftover]:
    """The clusters with a name of ours that this cache does not know: another user's, or their folder is gone."""
    found = {node.labels[label] for label in (CLUSTER_LABEL, PROFILE_LABEL) for node in labelled(engine, label)}
    for name in sorted(found):
        folder = shared.folders(cache) / name
        if name.startswith(CLUSTER_PREFIX) and not folder.exists():
            yield Leftover(f"cluster {name}", "this cache knows nothing of it", _unknown(name, folder, provider_of))


def containers(engine: docker.DockerClient) -> Iterator[Leftover]:
    """The containers beside clusters, such as those that stand for the outside world."""
    for container in labelled(engine, owner.RUN_LABEL):
        if owner.has_ended(container.labels):
            yield Leftover(f"container {container.name}", _process(container.labels), _force(container.remove))


def networks(engine: docker.DockerClient) -> Iterator[Leftover]:
    """The Docker networks of runs."""
    for network in engine.networks.list(filters={"label": owner.RUN_LABEL}):
        labels = network.attrs.get("Labels") or {}
        if owner.has_ended(labels):
            yield Leftover(f"network {network.name}", _process(labels), _done(network.remove))


def unused_networks(engine: docker.DockerClient, cache: Path) -> Iterator[Leftover]:
    """The networks of clusters on which no container is, which cannot tell who brought them.

    They are Kind's, and those that Minikube made for clusters with a name of ours that this cache does not know.
    """
    # a node that is stopped is not told to be on its network
    there = {node.labels[PROFILE_LABEL] for node in labelled(engine, PROFILE_LABEL)}
    for network in engine.networks.list(greedy=True):
        profile = (network.attrs.get("Labels") or {}).get(PROFILE_LABEL, "")
        known = profile in there or (shared.folders(cache) / profile).exists()
        adrift = profile.startswith(CLUSTER_PREFIX) and not known
        if (network.name == NETWORK or adrift) and not network.attrs["Containers"]:
            yield Leftover(f"network {network.name}", "no container is on it", _done(network.remove))


def namespaces(cache: Path) -> Iterator[Leftover]:
    """The namespaces of ended runs in clusters that stay; one that goes takes its own along."""
    for folder in sorted(shared.folders(cache).glob("*/")):
        stays = shared.users(folder) or (folder / MARK).exists()
        files = sorted(folder.glob(f"{KUBECONFIG}*")) if stays else []
        silent, told = [], set()
        for file in files:
            core: Any = client.CoreV1Api(config.new_client_from_config(config_file=str(file)))  # type: ignore[no-untyped-call]
            try:
                listed = core.list_namespace(label_selector=owner.RUN_LABEL, _request_timeout=READ_WITHIN).items
            except urllib3.exceptions.HTTPError:
                if shared.users(folder):
                    raise
                silent.append(file)
                continue
            except ApiException as error:
                if error.status not in REFUSED:
                    raise
                continue  # whoever may not look has made nothing there
            for namespace in listed:
                labels, name, uid = namespace.metadata.labels, namespace.metadata.name, namespace.metadata.uid
                if owner.has_ended(labels) and not namespace.metadata.deletion_timestamp and uid not in told:
                    told.add(uid)
                    where = f"namespace {name} of cluster {folder.name}"
                    yield Leftover(where, _process(labels), _done(core.delete_namespace, name))
        if silent == files and files:
            yield Leftover(f"folder {folder}", "its cluster does not answer", _done(shutil.rmtree, folder))
        else:
            yield from (Leftover(f"file {one}", "its cluster does not answer", _done(one.unlink)) for one in silent)


def scratch_folders(temporary: Path | None = None) -> Iterator[Leftover]:
    """The folders for what only one run needed.

    Args:
        temporary: Where they are; none means this machine's folder for temporary files.
    """
    for folder in sorted((temporary or Path(tempfile.gettempdir())).glob("kube-acceptance-*")):
        match = NAME.match(folder.name)
        if not match or folder.is_symlink() or not folder.is_dir():
            continue
        status = folder.stat()
        pid = int(match["pid"])
        # a process that began after the folder was last written to has only got the number of the one that made it
        reused = owner.lives(pid) and float(owner.started(pid)) > status.st_mtime + owner.CLOCK
        if reused or not owner.lives(pid):
            yield Leftover(f"folder {folder}", f"process {pid} has ended", _done(shutil.rmtree, folder))


def run_folders(cache: Path) -> Iterator[Leftover]:
    """The folders that the processes of one run shared: its owner holds a lock on `alive` for as long as it lives.

    Args:
        cache: The harness's cache folder.
    """
    for alive in sorted((cache / "runs").glob("[!.]*/alive")):  # not those that are being made
        try:
            with alive.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        yield Leftover(f"folder {alive.parent}", "its run has ended", _done(shutil.rmtree, alive.parent))


def scratch_images(engine: docker.DockerClient) -> Iterator[Leftover]:
    """The images that a run built from copies of sources, whose names begin like those of scratch folders.

    Args:
        engine: Docker's API.
    """
    for image in engine.images.list(filters={"label": CONTENT_LABEL}):
        for reference in image.tags:
            match = NAME.match(reference)
            if match and not owner.lives(int(match["pid"])):
                why = f"process {match['pid']} has ended"
                yield Leftover(f"image {reference}", why, _done(engine.images.remove, reference))


def superseded_images(engine: docker.DockerClient, sources: dict[str, ImageSource]) -> Iterator[Leftover]:
    """The images of a project under tags that its present files no longer have.

    Args:
        engine: Docker's API.
        sources: What the project's images are built from; one whose base is not here has no tag that could be known.
    """
    for source in sources.values():
        present = content_reference(source, client=engine)
        for image in engine.images.list(name=source.name, filters={"label": CONTENT_LABEL}) if present else ():
            for reference in image.tags:
                if reference.startswith(f"{source.name}:") and reference != present:
                    why = f"the files of today are {present}"
                    yield Leftover(f"image {reference}", why, _done(engine.images.remove, reference))


def _process(labels: dict[str, str]) -> str:
    return f"process {labels[owner.RUN_LABEL]} has ended"


def _cluster(folder: Path, provider_of: Callable[[str, Path], Provider]) -> Callable[[], bool]:
    return lambda: shared.remove_abandoned(folder, provider_of, kept_too=True)


def _unknown(name: str, folder: Path, provider_of: Callable[[str, Path], Provider]) -> Callable[[], bool]:
    def remove() -> bool:
        provider_of(name, folder).delete()
        shutil.rmtree(folder, ignore_errors=True)
        return True

    return remove


def _force(remove: Callable[..., object]) -> Callable[[], bool]:
    def forced() -> bool:
        remove(force=True, v=True)
        return True

    return forced


def _done(remove: Callable[..., object], *arguments: object) -> Callable[[], bool]:
    def done() -> bool:
        remove(*arguments)
        return True

    return done
