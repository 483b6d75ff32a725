"""What leaves the pods of a release for anywhere outside of the cluster, and that nothing of it arrives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kube_acceptance.cluster import Cluster
from kube_acceptance.images.mentions import mentioned, unstated
from kube_acceptance.probe.departures import Watch, outside
from kube_acceptance.probe.escape import Attempts, attempt
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import addresses, outward
from kube_acceptance.steps.images import Images
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when


@pytest.fixture
def watch(cluster: Cluster, session: Session) -> Iterator[Watch]:
    """A watch on all nodes, from now on."""
    cluster.provider.network()  # a node that is no container of this machine has none that could be watched from here
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
        network=release.cluster.provider.network,
    )


@assertion("each attempt was seen to leave its pod, was refused, and did not arrive", timed=False)
def refused_and_seen(attempts: Attempts, watch: Watch) -> None:
    """Each timed out, nothing of it came to the host, and the node has seen it; that of a pod without policies came."""
    must(attempts.findings(watch.end().departures), of="attempts")
    note(f"{attempts.control.name}: {attempts.control.detail}")
    for each in some(attempts.made, what="attempts"):
        note(f"{each.name} (pod {each.pod}): left for {each.target}:{each.port}, {each.detail}")


@assertion("nothing else has left the pods of the release for the outside", timed=False)
def nothing_left(release: Release, attempts: Attempts, watch: Watch) -> None:
    """All else that its pods ever sent, those too that have ended, was for pods and Services; it ends the watch."""
    record, pods = watch.end(), addresses.of_pods(release)
    mine = record.from_addresses(pods)
    away = outside(mine.departures, networks=addresses.pod_networks(release), addresses=addresses.of_services(release))
    others = [each for each in away if not any(made.left_as(each) for made in attempts.made)]
    must((f"{pods[each.source]} sent something to {each}" for each in others), of="packets")
    packets = {(each.source, str(each)) for each in some(mine.departures, what="packets of the release's pods")}
    note(f"{len(packets)} kinds of packets of {len({source for source, _ in packets})} pods")


@assertion("they have asked for no name outside of the cluster", timed=False)
def no_names_asked(release: Release, watch: Watch) -> None:
    """Every name that a pod of the release has asked a DNS server for, also by its search list, is the cluster's."""
    pods = addresses.of_pods(release)
    asked = watch.end().from_addresses(pods).questions
    domain = addresses.cluster_domain(release)
    foreign = [each for each in asked if not each.name.endswith(f".{domain}")]
    must((f"{pods[each.source]} asked for {each.name}" for each in foreign), of="names")
    note(f"names asked for: {', '.join(sorted({each.name for each in some(asked, what='names that were asked for')}))}")


@assertion("no image was pulled for the pods of the release")
def nothing_pulled(release: Release) -> None:
    """Kubelet has found the image of each container on its node, and has pulled none."""
    away, present = outward.pulled(release)
    must(away, of="images")
    note(f"{present} times an image was present already")


@assertion("no process of the release is told an address outside of the cluster")
def told_nothing_foreign(release: Release) -> None:
    """The environment of each container's first process, and its ConfigMaps, name hosts of the cluster alone."""
    away, found = outward.foreign(release)
    must(away, of="addresses")
    some(range(found), what="addresses that processes are told")
    note(f"{found} addresses, all of the cluster")


@assertion('the files of the images below "{folder}" name these hosts and no others')
def files_name_hosts(project_images: Images, folder: str, datatable: list[list[str]]) -> None:
    """Hosts of URLs and addresses in files of the project's images are those of a table `| host | because |`."""
    reasons = {row["host"]: row["because"] for row in rows(datatable)}
    must(unstated(mentioned(project_images, folder), reasons), of="hosts")


@assertion('the files of the images below "{folder}" name no host')
def files_name_no_host(project_images: Images, folder: str) -> None:
    """No file there has a URL or an address but of the machine itself; where there is no file, this fails."""
    must(unstated(mentioned(project_images, folder), {}), of="hosts")
