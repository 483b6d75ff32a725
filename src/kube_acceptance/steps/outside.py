"""What leaves the pods of a release for anywhere outside of the cluster, and that nothing of it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.departures import Departure, Record, Watch, outside
from kube_acceptance.probe.escape import Attempts, attempt
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import hosts
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import addresses, events, objects, pods
from kube_acceptance.steps.images import Images
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

# kubelet's words for where an image came from
PULLING, PULLED, PRESENT = "Pulling", "Pulled", "already present on machine"


@pytest.fixture
def watch(cluster: Cluster, session: Session) -> Iterator[Watch]:
    """A watch on all nodes, from now on."""
    nodes = [node.metadata.name for node in cluster.core.list_node().items]
    with Watch(session.engine, session.images[PROBE].reference, nodes, labels=session.labels) as watching:
        yield watching


@given("what leaves every pod of the cluster is watched")
def watched(watch: Watch) -> None:
    """On every node the first packet of each connection is seen as it leaves its pod, before any policy judges it."""
    note("watched on every node, from the first packet on")


@when("each of these tries to connect to a host outside of the cluster", target_fixture="attempts")
def tried(release: Release, session: Session, datatable: list[list[str]]) -> Attempts:
    """Every pod of a table `| from |` tries, in the names of tables of connections; so does one without policies."""
    return attempt(
        [row["from"] for row in rows(datatable)],
        new_client=release.cluster.new_client,
        engine=session.engine,
        image=session.images[PROBE].reference,
        namespace=release.namespace,
        release=release.name,
        labels=session.labels,
    )


@assertion("each attempt was seen to leave its pod, was refused, and did not arrive", timed=False)
def refused_and_seen(attempts: Attempts, watch: Watch, request: pytest.FixtureRequest) -> None:
    """Each timed out, nothing of it came to the host, and the node has seen it; that of a pod without policies came."""
    must(attempts.findings(_seen(watch, request).departures), of="attempts")
    note(f"{attempts.control.name}: {attempts.control.detail}")
    for each in some(attempts.made, what="attempts"):
        note(f"{each.name} (pod {each.pod}): left for {each.target}:{each.port}, {each.detail}")


@assertion("nothing else has left the pods of the release for the outside", timed=False)
def nothing_left(release: Release, attempts: Attempts, watch: Watch, request: pytest.FixtureRequest) -> None:
    """All else that its pods ever sent, those too that have ended, was for pods and Services; it ends the watch."""
    record, pods = _seen(watch, request), addresses.of_pods(release)
    mine = record.from_addresses(pods)
    away = outside(mine.departures, networks=addresses.pod_networks(release), addresses=addresses.of_services(release))
    others = [each for each in away if not any(made.left_as(each) for made in attempts.made)]
    must((f"{pods[each.source]} sent something to {each}" for each in others), of="packets")
    some(mine.departures, what="packets of the release's pods")
    note(_summary(mine, pods))


@assertion("they have asked for no name outside of the cluster", timed=False)
def no_names_asked(release: Release, watch: Watch, request: pytest.FixtureRequest) -> None:
    """Every name that a pod of the release has asked a DNS server for, also by its search list, is the cluster's."""
    pods = addresses.of_pods(release)
    asked = _seen(watch, request).from_addresses(pods).questions
    domain = addresses.cluster_domain(release)
    foreign = [each for each in asked if not each.name.endswith(f".{domain}")]
    must((f"{pods[each.source]} asked for {each.name}" for each in foreign), of="names")
    note(f"names asked for: {', '.join(sorted({each.name for each in some(asked, what='names that were asked for')}))}")


@assertion("no image was pulled for the pods of the release")
def nothing_pulled(release: Release) -> None:
    """Kubelet has found the image of each container on its node, and has pulled none."""
    told = {pod.metadata.name: events.of(release, "Pod", pod.metadata.name) for pod in release.pods()}
    must(
        (
            f"an image was pulled for pod {pod}: {one.message}"
            for pod in told
            for one in told[pod]
            if one.reason == PULLING
        ),
        of="images",
    )
    found = [one for pod in told for one in told[pod] if one.reason == PULLED and PRESENT in (one.message or "")]
    silent = [pod for pod in told if not any(one.reason == PULLED for one in told[pod])]
    must((f"kubelet has not told where the images of pod {pod} came from" for pod in silent), of="pods")
    note(f"{len(some(found, what='images that were present'))} times an image was present already")


@assertion("no process of the release is told an address outside of the cluster")
def told_nothing_foreign(release: Release) -> None:
    """The environment of each container's first process, and its ConfigMaps, name hosts of the cluster alone."""
    inside, found = addresses.inside(release), 0
    problems: list[str] = []
    for container in pods.running(release):
        for variable, named in hosts.told(pods.environment(release, container)).items():
            found += len(named)
            away = hosts.foreign(named, inside=inside)
            problems += [f"{container} is told of {host} by its variable {variable}" for host in away]
    for item in objects.labelled(release, "ConfigMap"):
        for key, text in (item.get("data") or {}).items():
            found += len(named := hosts.named(text))
            away = hosts.foreign(named, inside=inside)
            problems += [f"ConfigMap {item['metadata']['name']} names {host} in its key {key}" for host in away]
    must(problems, of="addresses")
    some(range(found), what="addresses that processes are told")
    note(f"{found} addresses, all of the cluster")


@assertion('the files of the images below "{folder}" name these hosts and no others')
def files_name_hosts(project_images: Images, folder: str, datatable: list[list[str]]) -> None:
    """Hosts of URLs and addresses in files of the project's images are those of a table `| host | because |`."""
    reasons = {row["host"]: row["because"] for row in rows(datatable)}
    found = _hosts_below(project_images, folder)
    must((f"{where} names {host}" for host, where in found.items() if host not in reasons), of="hosts")
    must((f"no file names {host}; take it out" for host in reasons if host not in found), of="hosts")
    must((f"it is not said why {host} is named" for host in reasons if not reasons[host]), of="hosts")


@assertion('the files of the images below "{folder}" name no host')
def files_name_no_host(project_images: Images, folder: str) -> None:
    """No file there has a URL or an address but of the machine itself; where there is no file, this fails."""
    must((f"{where} names {host}" for host, where in _hosts_below(project_images, folder).items()), of="hosts")


def _hosts_below(images: Images, folder: str) -> dict[str, str]:
    """The hosts that files of images name, each with one of the files."""
    found: dict[str, str] = {}
    files = 0
    for name, contents in images.items():
        for entry in contents.files():
            if entry.path.startswith(f"{folder.strip('/')}/"):
                files += 1
                text = contents.read(entry.path).decode("utf-8", "replace")
                found |= dict.fromkeys(hosts.named(text) - hosts.LOCAL, f"image {name}: {entry.path}")
    some(range(files), what=f"files below {folder}")
    note(f"{files} files name {len(found)} hosts")
    return found


def _seen(watch: Watch, request: pytest.FixtureRequest) -> Record:
    """All that the watch has seen; it ends when this is first asked for."""
    found: Any = getattr(request.node, "_departures", None)
    if found is None:
        found = request.node._departures = watch.end()
    return found  # type: ignore[no-any-return]


def _summary(mine: Record, pods: dict[str, str]) -> str:
    def line(each: Departure) -> str:
        return f"{pods[each.source]} -> {each}"

    found = sorted({line(each) for each in mine.departures})
    if not found:
        raise AcceptanceError("no packet of the release was seen, so nothing was checked")
    return f"{len(found)} kinds of packets of {len({each.source for each in mine.departures})} pods"
