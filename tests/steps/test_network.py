"""Connections as expected, but for those that no policy could block."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import ReachabilityError, UnenforcedError
from kube_acceptance.probe import Expectation
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.report import Report
from kube_acceptance.probe.verdict import State, Verdict
from kube_acceptance.steps.network import enforced, must_be_as_expected

API = Expectation.parse("web", "kubernetes api:443", "blocked")
DATABASE = Expectation.parse("web", "database:5432", "blocked")
WHY = "traffic between pod web-0 and the node that it runs on is always allowed"


def report(*, database: State) -> Report:
    return Report(
        (
            Verdict(API, State.WRONG, Outcome.ALLOWED, "no network policy stops it"),
            Verdict(DATABASE, database, Outcome.ALLOWED, "no network policy stops it"),
        ),
        {},
        1,
        0.5,
    )


def release(said: list[str]) -> Any:
    return Object(cluster=Object(provider=Object(too_few_nodes=said.append)))


def test_what_no_policy_could_block_is_told_as_that_and_fails_where_the_project_says_how_many_nodes_there_are() -> None:
    said: list[str] = []
    with pytest.raises(ReachabilityError, match=r"^web -> kubernetes api:443 is allowed, expected blocked"):
        must_be_as_expected(release(said), report(database=State.RIGHT), {API: WHY})
    assert said == [
        f"1 connections are as expected, 1 cannot be blocked, the first: web -> kubernetes api:443: {WHY}",
    ]


def test_what_is_wrong_besides_is_no_matter_of_nodes() -> None:
    said: list[str] = []
    with pytest.raises(ReachabilityError, match=r"^web -> database:5432 is allowed, expected blocked"):
        must_be_as_expected(release(said), report(database=State.WRONG), {API: WHY})
    assert said == []


def test_all_as_expected() -> None:
    said: list[str] = []
    must_be_as_expected(release(said), report(database=State.RIGHT).without({API}), {})
    assert said == []


class Session:
    """One whose canary has found that nothing is enforced."""

    class Shared:
        def once(self, name: str, make: object) -> Any:
            raise UnenforcedError("the cluster does not enforce network policies", details=["20 s later: a -> b"])

    shared = Shared()


def test_a_cluster_that_enforces_nothing_is_told_to_whoever_runs_it() -> None:
    said: list[str] = []
    cluster: Any = Object(provider=Object(kind="context dev", lack=said.append))
    session: Any = Session()
    with pytest.raises(UnenforcedError, match=r"^the cluster does not enforce network policies"):
        enforced(cluster, session)
    assert said == ["context dev enforces no network policies: 20 s later: a -> b"]
