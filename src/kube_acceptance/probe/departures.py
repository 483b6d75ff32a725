"""What leaves the pods of a cluster, seen where it leaves them: before any policy has judged it."""

from __future__ import annotations

import ipaddress
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import DockerException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.containers import PYTHON

READY_WITHIN = 30.0  # seconds
ENDED_WITHIN = 30  # seconds


@dataclass(frozen=True, slots=True)
class Departure:
    """The first packet of one kind: from an address to another, by a protocol, to a port (0 where there is none).

    `at` is in seconds since 1970, and `where` is what was watched.
    """

    source: str
    target: str
    protocol: str
    port: int
    at: float
    where: str

    def __str__(self) -> str:
        return f"{self.target}:{self.port}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class Question:
    """A name that an address asked a DNS server for."""

    source: str
    name: str


@dataclass(frozen=True)
class Record:
    """All that was seen."""

    departures: Sequence[Departure]
    questions: Sequence[Question]

    def from_addresses(self, addresses: Iterable[str]) -> Record:
        """What was seen of some sources."""
        those = set(addresses)
        return Record(
            [each for each in self.departures if each.source in those],
            [each for each in self.questions if each.source in those],
        )


class Watch(AbstractContextManager["Watch"]):
    """Watches what comes in over the interfaces of containers, such as a cluster's nodes, from beside them.

    A container of the harness's own joins the network namespace of each. It can open raw sockets there, and nothing
    else; it goes with the watch.

    Args:
        engine: Docker's API.
        image: The probe image.
        containers: The names of the containers that are watched.
        labels: By which orphans are found.
    """

    def __init__(
        self, engine: docker.DockerClient, image: str, containers: Iterable[str], *, labels: Mapping[str, str]
    ) -> None:
        self._engine = engine
        self._image = image
        self._names = list(containers)
        self._labels = dict(labels)
        self._watchers: dict[str, Any] = {}
        self._record: Record | None = None

    def __enter__(self) -> Watch:
        try:
            for name in self._names:
                self._watchers[name] = self._engine.containers.run(
                    self._image,
                    entrypoint=[*PYTHON, "/watcher.py"],
                    name=f"kube-acceptance-watch-{secrets.token_hex(4)}",
                    labels=self._labels,
                    network_mode=f"container:{self._engine.containers.get(name).id}",
                    user="0:0",
                    read_only=True,
                    cap_drop=["ALL"],
                    cap_add=["NET_RAW"],
                    security_opt=["no-new-privileges"],
                    detach=True,
                )
            for name, watcher in self._watchers.items():
                self._await(name, watcher)
        except DockerException as error:
            self.close()
            raise ProbeError(f"what leaves pods cannot be watched on {name}: {error}") from error
        except ProbeError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await(self, name: str, watcher: Any) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not any("watching" in line for line in _lines(watcher)):
            watcher.reload()
            if watcher.status == "exited" or time.monotonic() > deadline:
                said = watcher.logs().decode(errors="replace").strip().splitlines()
                raise ProbeError(f"the watch on {name} does not start: {said[-1] if said else 'it says nothing'}")
            time.sleep(0.1)

    def so_far(self) -> Record:
        """What was seen until now; what came in just now may not be told yet."""
        found = [(name, line) for name, watcher in self._watchers.items() for line in _lines(watcher)]
        return record(found)

    def end(self) -> Record:
        """End the watch, unless it has ended, and return all that was seen.

        Raises:
            ProbeError: A watch has ended before, or has not been given every packet: something may be missing.
        """
        if self._record:
            return self._record
        found: list[tuple[str, dict[str, Any]]] = []
        for name, watcher in self._watchers.items():
            try:
                watcher.kill("SIGTERM")
                watcher.wait(timeout=ENDED_WITHIN)
                told = list(_lines(watcher))
            except (DockerException, OSError) as error:
                raise ProbeError(f"the watch on {name} was lost: {error}") from error
            whole(name, told)
            found += [(name, line) for line in told]
        self.close()
        self._record = record(found)
        return self._record

    def close(self) -> None:
        """Remove what watches."""
        while self._watchers:
            _, watcher = self._watchers.popitem()
            watcher.remove(force=True)


def whole(name: str, told: Sequence[Mapping[str, Any]]) -> None:
    """Fail unless a watch has told all there was.

    Raises:
        ProbeError: It has not come to its end, was given nothing at all, or lost packets.
    """
    last = told[-1] if told else {}
    if "over" not in last:
        raise ProbeError(f"the watch on {name} has not come to its end, so something may be missing")
    if not last["over"]:
        raise ProbeError(f"the watch on {name} was given no packet at all, so it says nothing")
    if last["lost"]:
        raise ProbeError(f"the watch on {name} has lost {last['lost']} packets, so something may be missing")


def record(told: Iterable[tuple[str, Mapping[str, Any]]]) -> Record:
    """What lines of watches say, each with what was watched."""
    departures: list[Departure] = []
    questions: list[Question] = []
    for where, line in told:
        if "asks" in line:
            questions.append(Question(line["from"], line["asks"]))
        elif "to" in line:
            departures.append(Departure(line["from"], line["to"], line["protocol"], line["port"], line["at"], where))
    return Record(departures, questions)


def outside(found: Iterable[Departure], *, networks: Iterable[str], addresses: Iterable[str]) -> Iterator[Departure]:
    """The departures to somewhere that is not inside of the cluster.

    Args:
        found: What was seen.
        networks: The networks of pods.
        addresses: The addresses of Services.
    """
    inside = [ipaddress.ip_network(network) for network in networks]
    known = set(addresses)
    for each in found:
        if each.target not in known and not any(ipaddress.ip_address(each.target) in network for network in inside):
            yield each


def _lines(watcher: Any) -> Iterator[dict[str, Any]]:
    for line in watcher.logs(stdout=True, stderr=False).splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # a line that is being written
