"""Attempts to leave the cluster, each seen at both ends: where it left its pod, and where it should have arrived.

Every pod tries a port of its own at one container outside, so that what arrives there says who sent it, whatever the
nodes made of its address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import docker
from kubernetes import client

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.departures import Departure, Watch
from kube_acceptance.probe.directory import Directory, MissingError
from kube_acceptance.probe.inventory import Inventory
from kube_acceptance.probe.observe import Cell, Observer
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.peers import Peers
from kube_acceptance.probe.place import Place, Target

FIRST_PORT = 9000  # the control's; those of the attempts come after it
MOST = 50  # attempts


@dataclass(frozen=True)
class Attempt:
    """A pod's attempt to connect to a host outside of the cluster.

    Attributes:
        name: What the row calls the pod.
        pod: Its name.
        source: Its address.
        target: The host's.
        port: The port that only this pod tried.
        outcome: How it ended where it began.
        detail: That in words.
        arrived: Whether a packet of it arrived outside.
    """

    name: str
    pod: str
    source: str
    target: str
    port: int
    outcome: Outcome
    detail: str
    arrived: bool

    def left_as(self, each: Departure) -> bool:
        """Whether a departure is this attempt's."""
        return (each.source, each.target, each.port, each.protocol) == (self.source, self.target, self.port, "tcp")


@dataclass(frozen=True)
class Attempts:
    """Attempts, and the control: a pod of no release, which must have come through in the same look."""

    made: Sequence[Attempt]
    control: Attempt

    def findings(self, departures: Sequence[Departure]) -> Iterator[str]:
        """What is not as it must be, a sentence each: every attempt left its pod, was refused and did not arrive.

        Args:
            departures: What was seen to leave pods.
        """
        if self.control.outcome is not Outcome.ALLOWED or not self.control.arrived:
            yield f"not even a pod without policies came through, so nothing is refused: {self.control.detail}"
            return
        for each in self.made:
            if each.outcome is Outcome.ALLOWED or each.arrived:
                yield f"the attempt of {each.name} (pod {each.pod}) came through to the outside: {each.detail}"
            elif each.outcome is not Outcome.BLOCKED:
                yield f"nothing can be said of the attempt of {each.name} (pod {each.pod}): {each.detail}"
            elif not any(each.left_as(departure) for departure in departures):
                yield f"nobody saw the attempt of {each.name} (pod {each.pod}) leave its pod, so it was perhaps none"


def attempt(
    names: Sequence[str],
    *,
    new_client: Callable[[], client.ApiClient],
    engine: docker.DockerClient,
    image: str,
    namespace: str,
    release: str,
    labels: Mapping[str, str],
    network: Callable[[], str],
) -> Attempts:
    """Have pods try to connect to a container on the cluster's Docker network, outside of the cluster.

    Args:
        names: Who tries, as the rows of tables of connections call them; all pods of a name do.
        new_client: Makes an API client.
        engine: Docker's API.
        image: The probe image.
        namespace: The release's namespace.
        release: Its name.
        labels: By which orphans are found.
        network: Names the cluster's Docker network.

    Raises:
        ProbeError: A name stands for no pod that runs, or the container outside was not listening all the while.
    """
    ports = range(FIRST_PORT, FIRST_PORT + MOST)
    with (
        Peers(new_client, image, labels=labels, network=network, outside_ports=ports) as peers,
        Observer(new_client, image) as observer,
    ):
        inventory = Inventory(
            new_client,
            namespace=namespace,
            tier_label="app.kubernetes.io/component",
            tier_labels={},
            release=release,
        )
        directory = Directory(inventory, peers)
        directory.refresh()
        directory.start(set(names))
        directory.wait()
        places = [(name, place) for name in names for place in _places(directory, name)]
        if len(places) >= MOST:
            raise ProbeError(f"{len(places)} pods are too many for one look; name fewer")
        target = peers.outside()
        cells = {
            place: _cell(place, target, FIRST_PORT + number)
            for number, place in enumerate([directory.neutral(), *(place for _, place in places)])
        }
        neutral = next(iter(cells))
        with Watch(engine, image, [peers.outside_container], labels=labels) as watch:
            seen = {sighting.cell: sighting for sighting in observer.look(list(cells.values()))}
            # what would have arrived in the meantime, now that each has given up: the control's came before
            came = {each.port for each in watch.so_far().departures}
            # that the container listened on each of these ports is shown afterwards, when nothing of them is counted
            listening = observer.look([_cell(neutral, target, cell.port) for cell in cells.values()])
            watch.end()
    if deaf := [each for each in listening if each.outcome is not Outcome.ALLOWED]:
        raise ProbeError(f"the container outside does not listen on port {deaf[0].cell.port}: {deaf[0].detail}")

    def told(name: str, place: Place) -> Attempt:
        sighting = seen[cells[place]]
        port = cells[place].port
        return Attempt(
            name, place.pod, place.address, target.host, port, sighting.outcome, sighting.detail, port in came
        )

    return Attempts([told(name, place) for name, place in places], told("a pod without policies", neutral))


def _cell(place: Place, target: Target, port: int) -> Cell:
    there = Target(target.name, target.host, target.proof, behind=target.behind, pod_port=port)
    return Cell(place, there, port, Protocol.TCP)


def _places(directory: Directory, name: str) -> list[Place]:
    try:
        return directory.places(name)
    except MissingError as reason:
        raise ProbeError(f"{reason}, so nobody tries to leave from there") from reason
