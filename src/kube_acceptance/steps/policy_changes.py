"""Changes of policies, labels and pods: each takes effect in time, and touches no other connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kube_acceptance.cluster import Cluster
from kube_acceptance.probe import Enforcement, Expectation
from kube_acceptance.probe.place import Place, Target
from kube_acceptance.probe.stage import Pod, Stage, label, tier_pod
from kube_acceptance.probe.trial import Found, Trial
from kube_acceptance.report import note, waited
from kube_acceptance.session import PROBE, Session
from kube_acceptance.vocabulary import assertion, given, rows, some, when


@pytest.fixture
def stage(cluster: Cluster, session: Session, enforcement: Enforcement) -> Iterator[Stage]:
    """Pods of the harness's own, `| pod | label | namespace |`: a label or none, the namespace `own` or `other`."""
    image, network = session.images[PROBE].reference, cluster.provider.network
    with Stage(cluster.new_client, image, labels=session.labels, network=network) as made:
        yield made


@pytest.fixture
def trial(cluster: Cluster, session: Session, stage: Stage) -> Iterator[Trial]:
    """What is tried all the time, between pods of the stage and tiers of the release in focus."""

    def place(name: str) -> Place:
        return tier_pod(session.focus, name) if session.focus and not stage.has(name) else stage.place(name)

    def target(name: str, port: int) -> Target:
        if name == "outside":
            return stage.outside()
        return stage.target(name) if stage.has(name) else Target(name, (pod := place(name)).address, None, (pod,), port)

    with Trial(cluster.new_client, session.images[PROBE].reference, place=place, target=target) as begun:
        yield begun


@given("these probe pods run")
def probe_pods(stage: Stage, datatable: list[list[str]]) -> None:
    """Pods of the harness's own, `| pod | label | namespace |`: a label or none, the namespace `own` or `other`."""
    stage.run({row["pod"]: Pod.parse(row["label"], row["namespace"]) for row in some(rows(datatable), what="pods")})


@given("these connections are tried 20 times a second")
def tried(trial: Trial, datatable: list[list[str]]) -> None:
    """Every row of `| from | to | now |` is as it says for a while, and then tried until the scenario ends."""
    trial.begin(some((_row(row, row["now"]) for row in rows(datatable)), what="connections"))


@given('"{source}" keeps a connection to "{target}" open', example='"client" keeps a connection to "server:8080" open')
def kept_open(trial: Trial, source: str, target: str) -> None:
    """A connection or UDP flow over which something is said, and comes back, 20 times a second."""
    trial.hold_open(Expectation.parse(source, target, "allowed"))


@when('a policy denies all ingress to "{pod}"')
def policy_denies(stage: Stage, trial: Trial, pod: str) -> None:
    """A policy for that pod alone, which lets nothing in; it takes the place of the pod's former one."""
    trial.changed(stage.set_policy(pod, [], f"a policy denied all ingress to {pod}"))


@when(
    'a policy lets only pods with the label "{chosen}" into "{pod}" on port {port:d}',
    example='a policy lets only pods with the label "access=granted" into "server" on port 8080',
)
def policy_lets_pods(stage: Stage, trial: Trial, chosen: str, pod: str, port: int) -> None:
    """A policy for that pod alone, by TCP and UDP; it takes the place of the pod's former one."""
    rule = {"podSelector": {"matchLabels": dict([label(chosen)])}}
    trial.changed(stage.let_in(pod, rule, port, f"a policy let only pods with {chosen} into {pod}"))


@when(
    'a policy lets only namespaces with the label "{chosen}" into "{pod}" on port {port:d}',
    example='a policy lets only namespaces with the label "access=granted" into "server" on port 8080',
)
def policy_lets_namespaces(stage: Stage, trial: Trial, chosen: str, pod: str, port: int) -> None:
    """A policy for that pod alone, by TCP and UDP; it takes the place of the pod's former one."""
    rule = {"namespaceSelector": {"matchLabels": dict([label(chosen)])}}
    trial.changed(stage.let_in(pod, rule, port, f"a policy let only namespaces with {chosen} into {pod}"))


@when('the policy of "{pod}" is deleted')
def policy_deleted(stage: Stage, trial: Trial, pod: str) -> None:
    """Deletes the policy that an earlier step made for the pod."""
    trial.changed(stage.delete_policy(pod, f"the policy of {pod} was deleted"))


@when('"{pod}" gets the label "{chosen}"', example='"stranger" gets the label "access=granted"')
def pod_labelled(stage: Stage, trial: Trial, pod: str, chosen: str) -> None:
    """Labels the very pod whose connections are tried, a probe pod or one of a tier."""
    trial.changed(stage.label_pod(trial.place(pod), *label(chosen), f"{pod} got the label {chosen}"))


@when('"{pod}" loses the label "{key}"', example='"client" loses the label "access"')
def pod_unlabelled(stage: Stage, trial: Trial, pod: str, key: str) -> None:
    """Takes a label off the very pod whose connections are tried, a probe pod or one of a tier."""
    trial.changed(stage.label_pod(trial.place(pod), key, None, f"{pod} lost the label {key}"))


@when(
    'the namespace of "{pod}" gets the label "{chosen}"',
    example='the namespace of "neighbour" gets the label "access=granted"',
)
def namespace_labelled(stage: Stage, trial: Trial, pod: str, chosen: str) -> None:
    """Labels the namespace of a probe pod."""
    place = stage.place(pod)
    trial.changed(stage.label_namespace(place, *label(chosen), f"the namespace of {pod} got the label {chosen}"))


@when('the namespace of "{pod}" loses the label "{key}"')
def namespace_unlabelled(stage: Stage, trial: Trial, pod: str, key: str) -> None:
    """Takes a label off the namespace of a probe pod."""
    place = stage.place(pod)
    trial.changed(stage.label_namespace(place, key, None, f"the namespace of {pod} lost the label {key}"))


@when('"{pod}" is replaced by a new pod')
def pod_replaced(stage: Stage, trial: Trial, pod: str) -> None:
    """Deletes a probe pod and runs another with the same labels; what is tried is the new one from its start on."""
    old = trial.place(pod)
    trial.replaced(pod, lambda: stage.replace(pod, f"{pod} was replaced"))
    note(f"{pod} was at {old.address}, and is at {trial.place(pod).address} now")


@assertion(
    "these connections change within {within:duration}, and no others",
    timed=False,
    example="these connections change within 5 seconds, and no others",
)
def connections_change(trial: Trial, within: float, datatable: list[list[str]]) -> None:
    """Rows of `| from | to | expected |` become so for good in time; every other one tried never wavers."""
    changes = some((_row(row, row["expected"]) for row in rows(datatable)), what="connections that change")
    _tell(trial.judge(changes, within), within)


@assertion("every connection is as before within {within:duration}", timed=False)
def connections_as_before(trial: Trial, within: float) -> None:
    """Those of the new pod are in time as those of the pod in whose place it is; every other one never wavers."""
    _tell(trial.judge([], within), within)


@assertion(
    'the open connection from "{source}" to "{target}" stays usable',
    timed=False,
    example='the open connection from "client" to "server:8080" stays usable',
)
def stays_usable(trial: Trial, source: str, target: str) -> None:
    """All that was said over it since it was opened came back, until well after the change took effect."""
    note(trial.must_stay_usable(Expectation.parse(source, target, "allowed")))


@assertion(
    'the open connection from "{source}" to "{target}" is cut within {within:duration}',
    timed=False,
    example='the open connection from "client" to "server:8080" is cut within 10 seconds',
)
def is_cut(trial: Trial, source: str, target: str, within: float) -> None:
    """Nothing that is said over it comes back any more; from the change's acknowledgement on."""
    seconds, how = trial.must_be_cut(Expectation.parse(source, target, "blocked"), within)
    waited(f"the open connection {source} -> {target} is cut", seconds, within)
    note(how)


def _row(row: dict[str, str], expected: str) -> Expectation:
    return Expectation.parse(row["from"], row["to"], expected)


def _tell(found: Found, within: float) -> None:
    for lane, seconds in found.moved.items():
        waited(f"{lane} is {lane.expected} after {found.change.what}", seconds, within)
    for lane, kept in found.still.items():
        note(f"{lane} stayed {lane.expected} in {kept}")
    note(f"measured to {1000 * found.precision:.0f} ms")
