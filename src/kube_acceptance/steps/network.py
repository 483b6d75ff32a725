"""Phrases on reachability and network policies."""

from __future__ import annotations

import pytest
from pytest_bdd import given, then

from kube_acceptance.cluster import Cluster
from kube_acceptance.probe import Enforcement, Expectation, Reachability, check_enforcement
from kube_acceptance.release import Release
from kube_acceptance.report import note, waited
from kube_acceptance.session import PROBE, Session
from kube_acceptance.steps.phrases import rows

POLICY_BUDGET = 10.0  # seconds that policies may take until they hold


@pytest.fixture(scope="session")
def enforcement(cluster: Cluster, session: Session) -> Enforcement:
    """What the canary saw; policies are proved only on a cluster that enforces any."""
    return check_enforcement(cluster.new_client, image=session.images[PROBE].reference, labels=session.labels)


@given("the cluster enforces network policies", target_fixture="canary")
def cluster_enforces(enforcement: Enforcement) -> Enforcement:
    return enforcement


@then("two pods could connect, could not while a policy forbade it, and could again")
def canary_round(canary: Enforcement) -> None:
    waited("a policy holds", canary.denied_after, POLICY_BUDGET)
    waited("its removal holds", canary.allowed_after, POLICY_BUDGET)


@then("these connections are as expected")
def connections(release: Release, session: Session, canary: Enforcement, datatable: list[list[str]]) -> None:
    expected = [Expectation.parse(row["from"], row["to"], row["expected"]) for row in rows(datatable)]
    with Reachability(
        release.cluster.new_client,
        namespace=release.namespace,
        image=session.images[PROBE].reference,
        enforcement=canary,
        labels=session.labels,
    ) as reachability:
        report = reachability.observe(expected, budget=POLICY_BUDGET)
    report.check()
    waited("every connection is as expected", report.convergence, POLICY_BUDGET)
    for line in report.table():
        note(line)
