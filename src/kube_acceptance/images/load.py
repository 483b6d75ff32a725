"""Images brought from Docker into a cluster's nodes, each only where it is missing."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from docker.client import DockerClient
from docker.errors import ImageNotFound
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from kube_acceptance.command import CommandError, run
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError, ImageError, ToolError
from kube_acceptance.images.engine import engine_errors, full_disk, no_space

_CHUNK = 1 << 20
_CTR = ("ctr", "--namespace", "k8s.io", "images")
_QUERY_SECONDS = 30.0
# containerd tells the kubelet's image service of an import by an event
_NOTICED_SECONDS = 10.0


@dataclass(frozen=True)
class LoadReport:
    """What `load` did.

    Attributes:
        loaded: References that at least one node lacked.
        skipped: References that every node had.
        seconds: What it took.
        bytes: The size of the archive that was sent to each node that lacked something.
    """

    loaded: tuple[str, ...]
    skipped: tuple[str, ...]
    seconds: float
    bytes: int


def load(references: Sequence[str], *, nodes: Sequence[str], client: DockerClient, timeout: float = 600) -> LoadReport:
    """Make images available in nodes that are Docker containers (Kind's, Minikube's), under the same references.

    One archive of all that is missing goes to all nodes that lack any of it, at once. A reference that is there but
    stands for another image counts as missing. Afterwards every node is asked whether it has what Docker has.

    Args:
        references: Names with tags, as Docker knows them.
        nodes: The node containers' names.
        client: The Docker engine.
        timeout: Seconds for the transfer.

    Raises:
        ImageError: Docker has no such image, or a node does not have it afterwards.
        ClusterError: No nodes are given, or a node cannot be asked or cannot import.
        MachineError: Docker does not answer, or the disk is full.
    """
    started = time.monotonic()
    if not nodes:
        raise ClusterError("There is no node to load images into")
    wanted = {reference: image_id(reference, client) for reference in dict.fromkeys(references)}
    lacking = {node: missing for node in nodes if (missing := _missing(node, wanted))}
    loaded = tuple(reference for reference in wanted if any(reference in missing for missing in lacking.values()))
    size = 0
    if loaded:
        progress(f"loading {', '.join(loaded)} into {', '.join(lacking)}")
        size = _transfer(loaded, tuple(lacking), timeout)
        for node in lacking:
            _confirm(node, {reference: wanted[reference] for reference in loaded})
    skipped = tuple(reference for reference in wanted if reference not in loaded)
    return LoadReport(loaded, skipped, time.monotonic() - started, size)


def full_reference(reference: str) -> str:
    """The reference with the registry and tag that it implies, as containerd stores it.

    Raises:
        ImageError: It is a digest: an archive cannot carry that name.
    """
    if "@" in reference:
        raise ImageError(
            f"{reference} cannot be loaded into nodes by its digest", hint="Give the image a tag and use that."
        )
    first, slash, _ = reference.partition("/")
    if not slash:
        reference = f"docker.io/library/{reference}"
    elif not (set(first) & {".", ":"} or first == "localhost"):
        reference = f"docker.io/{reference}"
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"


def node_images(listing: str) -> dict[str, frozenset[str]]:
    """What each reference stands for in a node: the digests of its manifest and of its configuration.

    Args:
        listing: What `ctr images ls` printed. The kubelet's image service adds a name `sha256:…`, the digest of the
            configuration, for every image that it has taken notice of.
    """
    rows = [words for line in listing.splitlines()[1:] if len(words := line.split()) > 2]
    configurations: dict[str, set[str]] = defaultdict(set)
    for name, _, target, *_ in rows:
        if name.startswith("sha256:"):
            configurations[target].add(name)
    return {
        name: frozenset({target, *configurations[target]})
        for name, _, target, *_ in rows
        if target in configurations and not name.startswith("sha256:")
    }


def image_id(reference: str, client: DockerClient) -> str:
    """The ID that Docker gives an image; raises ImageError when it has none of that name."""
    with engine_errors(f"looking for {reference}"):
        try:
            return str(client.images.get(reference).id)
        except ImageNotFound:
            raise ImageError(
                f"Docker has no image {reference} to load into the cluster", hint="Build or pull it first."
            ) from None


def _missing(node: str, wanted: Mapping[str, str]) -> set[str]:
    try:
        listing = run(["docker", "exec", node, *_CTR, "list"], timeout=_QUERY_SECONDS).stdout
    except CommandError as error:
        raise ClusterError(
            f"The node {node} cannot be asked which images it has",
            hint="It must be a running Docker container with containerd's ctr.",
            details=[error.summary, *error.details],
        ) from error
    there = node_images(listing)
    return {each for each, image in wanted.items() if image not in there.get(full_reference(each), ())}


def _confirm(node: str, wanted: Mapping[str, str]) -> None:
    waiting = Retrying(
        retry=retry_if_result(bool),
        stop=stop_after_delay(_NOTICED_SECONDS),
        wait=wait_fixed(0.2),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    if missing := waiting(_missing, node, wanted):
        first = min(missing)
        raise ImageError(
            f"The node {node} does not have {first} ({wanted[first]}) after it was imported",
            hint="The image may be for another platform than the node's.",
        )


def _transfer(references: Sequence[str], nodes: Sequence[str], timeout: float) -> int:
    """One `docker save`, copied to an import in every node; gives the archive's size in bytes."""
    imports = {
        # no --digests: containerd would name the archive's digest after one of the images, and pods would report that
        node: _start(["docker", "exec", "--privileged", "-i", node, *_CTR, "import", *_direct(node), "-"], sink=True)
        for node in nodes
    }
    save = _start(["docker", "save", *references], sink=False)
    size, broken = 0, set[str]()
    with _ended_after(timeout, [save, *imports.values()]) as expired:
        for chunk in _chunks(save):
            size += len(chunk)
            for node in set(nodes) - broken:
                try:
                    _pipe(imports[node].stdin).write(chunk)
                except BrokenPipeError:
                    broken.add(node)
        saved = save.communicate()[1]
        said = {node: process.communicate()[1] for node, process in imports.items()}
    if expired.is_set():
        raise ImageError(f"Loading {', '.join(references)} into {', '.join(nodes)} took more than {timeout:g} seconds")
    if save.returncode:
        raise _failure(f"saving {', '.join(references)}", "docker save failed", saved)
    for node, process in imports.items():
        if process.returncode:
            raise _failure(
                f"importing into {node}", f"The node {node} cannot import {', '.join(references)}", said[node]
            )
    return size


def _direct(node: str) -> tuple[str, ...]:
    """The option that avoids containerd's transfer service, which took twice as long, where this ctr has it."""
    usage = run(["docker", "exec", node, *_CTR, "import", "--help"], timeout=_QUERY_SECONDS).stdout
    return ("--local",) if "--local" in usage else ()


def _start(words: Sequence[str], *, sink: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE if sink else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if sink else subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise ToolError("docker is not installed", hint="Install the docker command.") from None


@contextmanager
def _ended_after(seconds: float, processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[threading.Event]:
    """Ends processes when time is up, and whatever still runs when the block is left."""
    expired = threading.Event()

    def end() -> None:
        expired.set()
        for process in processes:
            process.terminate()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
        for process in processes:
            process.terminate()


def _chunks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    while chunk := _pipe(process.stdout).read(_CHUNK):
        yield chunk


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _failure(doing: str, summary: str, said: bytes) -> Exception:
    text = said.decode("utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip() and "DEPRECATION" not in line]
    if full_disk(text):
        return no_space(doing)
    return ClusterError(f"{summary}: {lines[-1] if lines else 'it said nothing'}", details=lines[-15:])
