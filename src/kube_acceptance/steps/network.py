"""Reachability and network policies: who can connect to whom, confirmed at both ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

import pytest

from kube_acceptance.cluster import Cluster
from kube_acceptance.console import progress
from kube_acceptance.errors import UnenforcedError
from kube_acceptance.policy.meanings import agreement
from kube_acceptance.probe import Enforcement, Expectation, Reachability, check_enforcement
from kube_acceptance.probe.report import Report
from kube_acceptance.release import Release
from kube_acceptance.report import note, waited
from kube_acceptance.running.shared import locked
from kube_acceptance.session import CANARY, PROBE, Session
from kube_acceptance.vocabulary import assertion, given, rows

POLICY_BUDGET = 20.0  # seconds that policies may take until they hold, on a machine that many work on


@pytest.fixture(scope="session")
def enforcement(cluster: Cluster, session: Session) -> Enforcement:
    """What the canary saw, for phrases that are spoken after the cluster was shown to enforce policies."""
    return enforced(cluster, session)


@given("the cluster enforces network policies", target_fixture="canary")
def cluster_enforces(cluster: Cluster, session: Session) -> Enforcement:
    """The canary has shown that the cluster enforces network policies at all; otherwise this fails, at once."""
    return enforced(cluster, session)


@assertion("two pods could connect, could not while a policy forbade it, and could again")
def canary_round(canary: Enforcement) -> None:
    """The canary's round: allowed, blocked by a policy, allowed again."""
    waited("a policy holds", canary.denied_after, POLICY_BUDGET)
    waited("its removal holds", canary.allowed_after, POLICY_BUDGET)


@assertion("these connections are as expected")
def connections(release: Release, session: Session, canary: Enforcement, datatable: list[list[str]]) -> None:
    """Every row of `| from | to | expected |` is as expected, each "blocked" beside a control."""
    table = [Expectation.parse(row["from"], row["to"], row["expected"]) for row in rows(datatable)]
    _observe(release, session, canary, lambda _: table)


@assertion("every connection is as this complete table says")
def complete_table(release: Release, session: Session, canary: Enforcement, datatable: list[list[str]]) -> None:
    """Every pair of endpoints that there are stands in `| from | to | expected |`, and is as expected."""
    table = [(row["from"], row["to"], row["expected"]) for row in rows(datatable)]
    _observe(release, session, canary, lambda looking: looking.complete(table))


@assertion('"{source}" can reach "{target}"', example='"frontend" can reach "backend:8000"')
def can_reach(release: Release, session: Session, source: str, target: str) -> None:
    """Every pod of the one connects to every pod of the other, which confirms it itself."""
    canary = enforced(release.cluster, session)
    _observe(release, session, canary, lambda _: [Expectation.parse(source, target, "allowed")])


@assertion('"{source}" cannot reach "{target}"', example='"frontend" cannot reach "database:5432"')
def cannot_reach(release: Release, session: Session, source: str, target: str) -> None:
    """Connections time out, while a control shows that the target listens; all else fails."""
    canary = enforced(release.cluster, session)
    _observe(release, session, canary, lambda _: [Expectation.parse(source, target, "blocked")])


def enforced(cluster: Cluster, session: Session) -> Enforcement:
    """What the canary saw, looked at once a run; policies are proved only on a cluster that enforces any.

    Where it enforces none, and that is not the run's to bring, the scenario is left out.

    Raises:
        UnenforcedError: It enforces none.
        ProbeError: Nothing can be said about it.
    """

    def look() -> dict[str, float]:
        seen = check_enforcement(cluster.new_client, session.images[PROBE].reference, labels=session.labels)
        progress(f"the cluster enforces network policies: one held after {seen.denied_after:.1f} s")
        return asdict(seen)

    try:
        return Enforcement(**session.shared.once(CANARY, look))
    except UnenforcedError as error:
        cluster.provider.lack(f"{cluster.provider.kind} enforces no network policies: {error.details[0]}")
        raise


@contextlib.contextmanager
def reachability(release: Release, session: Session, canary: Enforcement) -> Iterator[Reachability]:
    """Looks at connections of a release; one worker at a time, whose listeners would be in each other's way."""
    with (
        locked(session.shared.folder / f"probes-{release.namespace}.lock"),
        Reachability(
            release.cluster.new_client,
            namespace=release.namespace,
            image=session.images[PROBE].reference,
            enforcement=canary,
            labels=session.labels,
            network=release.cluster.provider.network,
            release=release.name,
        ) as looking,
    ):
        yield looking


def must_be_as_expected(release: Release, report: Report, exempt: Mapping[Expectation, str]) -> None:
    """Every connection must be; what no policy could block needs another node.

    Args:
        release: The release.
        report: What was seen.
        exempt: The connections that no policy could block, and why.

    Raises:
        AcceptanceError: One is not.
    """
    report.without(exempt).check()
    if exempt:
        row, why = next(iter(exempt.items()))
        release.cluster.provider.too_few_nodes(
            f"{len(report.verdicts) - len(exempt)} connections are as expected, {len(exempt)} cannot be blocked, the "
            f"first: {row}: {why}"
        )
    report.check()


def _observe(
    release: Release, session: Session, canary: Enforcement, expect: Callable[[Reachability], Sequence[Expectation]]
) -> None:
    with reachability(release, session, canary) as looking:
        report = looking.observe(expect(looking), budget=POLICY_BUDGET)
        exempt = _exempt(release, looking, report) if report.failures else {}
    must_be_as_expected(release, report, exempt)
    waited("every connection is as expected", report.convergence, POLICY_BUDGET)
    for line in report.summary():
        note(line)


def _exempt(release: Release, looking: Reachability, report: Report) -> Mapping[Expectation, str]:
    """The rows that are not right and that no policy could block, and why."""
    wrong = [verdict.row for verdict in report.failures]
    return agreement(release.cluster.new_client, looking.connections(wrong), wrong, report.failures).exempt
