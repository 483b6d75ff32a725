"""What the chart's NetworkPolicies mean today, as the table of connections that they are held against from then on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.policy.agreement import Agreement
from kube_acceptance.policy.described import Described, expected
from kube_acceptance.policy.meanings import agreement
from kube_acceptance.probe.endpoints import SERVICE, STAND_IN, STRANGER, Endpoints, known_endpoints
from kube_acceptance.probe.inventory import Inventory
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.table import ELSE, OTHERS
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.scaffold.holdings import NAMESPACE, Holdings
from kube_acceptance.scaffold.text import Feature, Scenario
from kube_acceptance.security.posture import Rendered

Row = tuple[str, str, str]
HEAD: Row = ("from", "to", "expected")
NOTHING: Row = (ELSE, ELSE, "blocked")
ELSEWHERE: Row = (OTHERS, OTHERS, "allowed")
MISFITS = (AcceptanceError, ValueError)
"""No tier is known, or a row speaks of what is not there; an object is none that Kubernetes would take."""
READ = "What the policies mean today. Read it as a question: is each of these connections wanted, and is none missing?"


def feature(holds: Holdings) -> Feature:
    """The feature on NetworkPolicies; without any, it says nothing."""
    canary = Scenario("The cluster enforces network policies", ["cluster"])
    scenarios = [canary]
    if holds.of_kind("NetworkPolicy"):
        canary.given("the cluster enforces network policies")
        canary.then("two pods could connect, could not while a policy forbade it, and could again")
        scenarios += _whole(holds) or _tiers(holds)
    return Feature(
        "Network policy",
        "Only the connections that the application needs are possible. Beside every blocked one stands a control.",
        scenarios,
    )


def _whole(holds: Holdings) -> list[Scenario]:
    """The complete table, with a cluster and without; none where it cannot be computed or would not say the same."""
    if holds.of_kind("Ingress"):  # whose controller takes part, and is no object of the chart
        return []
    try:
        found = [*_condensed(holds.running), ELSEWHERE, NOTHING]
        if _meant(holds.running, found).disputes:
            return []
    except MISFITS:
        return []
    table = [HEAD, *([_shown(holds, cell) for cell in row] for row in found)]
    running = Scenario("The cluster does what the table says", ["cluster"], READ).given("the chart is installed")
    running.given("the cluster enforces network policies").given("this complete table of connections", table)
    running.then("table, NetworkPolicies and cluster agree on every connection")
    path = holds.knob.path if holds.knob else next(iter(holds.values), "")
    if not path or holds.refused or not all(_agrees(each, found) for each in holds.files.values()):
        return [running]
    running.says = ""
    described = Scenario("The policies mean what the table says", ["static"], READ)
    described.given("this complete table of connections", table).given("the chart")
    value = json.dumps(holds.knob.value if holds.knob else holds.values[path])
    its_policies = f'the NetworkPolicies of each of its values files, with "{path}" set to {value},'
    described.then(f"{its_policies} mean what the table says, without any cluster")
    return [described, running]


def _tiers(holds: Holdings) -> list[Scenario]:
    """Who of the tiers and of strangers may connect to which tier, where the complete table cannot be had."""
    scenario = Scenario("Only the tiers that need each other may connect", ["cluster"], READ)
    scenario.given("the chart is installed").given("the cluster enforces network policies")
    try:
        meant = _meant(Rendered(item for item in holds.running.objects if item["kind"] != "Ingress"), [NOTHING])
    except MISFITS:
        return []
    found = [
        [case.row.source, case.row.destination, str(case.meant.outcome)]
        for case in meant.cases
        if case.meant and case.meant.outcome and case.row.protocol is Protocol.TCP
        if case.row.target in holds.tiers
        if case.row.source in (*holds.tiers, STRANGER) or case.row.source.startswith(STAND_IN)
    ]
    return [scenario.then("these connections are as expected", [HEAD, *found])] if found else []


def _condensed(rendered: Rendered) -> list[Row]:
    """The connections of the release that are allowed: of sources with the same targets in one row."""
    known = _known(rendered)
    allowed: dict[str, list[str]] = {source: [] for source in known.sources}
    for case in _meant(rendered, [NOTHING]).cases:
        ours = case.row.source in known.release or case.row.target in known.release
        if ours and case.meant and case.meant.outcome is Outcome.ALLOWED:
            allowed[case.row.source].append(case.row.destination)
    alike: dict[tuple[str, ...], list[str]] = {}
    for source, targets in allowed.items():
        if targets:
            alike.setdefault(tuple(targets), []).append(source)
    others = [source for source in known.sources if source not in known.release]
    return [
        (OTHERS if sources == others else ", ".join(sources), _named(targets, known), "allowed")
        for targets, sources in alike.items()
    ]


def _named(targets: Iterable[str], known: Endpoints) -> str:
    """Targets by their names alone where all ports of a name are among them."""
    its: dict[str, list[str]] = {}
    for endpoint in known.targets:
        its.setdefault(endpoint.name, []).append(str(endpoint))
    there = set(targets)
    said = ([name] if len(ports) > 1 and there.issuperset(ports) else there & set(ports) for name, ports in its.items())
    return ", ".join(part for parts in said for part in sorted(parts))


def _agrees(rendered: Rendered, table: Sequence[Row]) -> bool:
    try:
        return not _meant(rendered, table).disputes
    except MISFITS:
        return False


def _meant(rendered: Rendered, table: Sequence[Row]) -> Agreement:
    return agreement(*expected(Described(rendered.objects, NAMESPACE), table, namespace=NAMESPACE))


def _known(rendered: Rendered) -> Endpoints:
    cluster = Described(rendered.objects, NAMESPACE)
    inventory = Inventory(lambda: cluster, namespace=NAMESPACE, tier_label=COMPONENT, tier_labels={})
    inventory.refresh()
    return known_endpoints(inventory)


def _shown(holds: Holdings, cell: str) -> str:
    """A cell with the names of Services as features write them."""
    parts = cell.split(", ")
    return ", ".join(
        SERVICE + holds.shown(part.removeprefix(SERVICE)) if part.startswith(SERVICE) else part for part in parts
    )
