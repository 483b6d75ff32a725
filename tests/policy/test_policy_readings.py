"""The random sets tell wrong readings of the specification from the right one: some set means something else."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from test_policy_random_sets import setting

from kube_acceptance.policy import Policies, opinion, spec
from kube_acceptance.policy.random_sets import PolicySet, policy_set
from kube_acceptance.policy.spec import Direction, Operator
from kube_acceptance.probe import Protocol

SETS = 60


@cache
def sets() -> list[PolicySet]:
    return [policy_set("readings", number, setting()) for number in range(1, SETS + 1)]


def differ(found: PolicySet) -> bool:
    policies = Policies.read(found.objects, setting().labels())
    return any(
        policies.opinion(each.source, each.target, each.port, each.protocol).outcome is not right.outcome
        for each, right in found.opinions.items()
    )


def not_in_needs_the_label(right: Any) -> Any:
    return lambda self, labels: right(self, labels) and (self.operator is not Operator.NOT_IN or self.key in labels)


def exists_needs_a_text(right: Any) -> Any:
    return lambda self, labels: right(self, labels) != (self.operator is Operator.DOES_NOT_EXIST)


def selectors_are_either(right: Any) -> Any:
    return lambda self, peer, other, address, namespace: any(
        right(self, part, other, address, namespace)
        for part in (
            [peer.model_copy(update={"podSelector": None}), peer.model_copy(update={"namespaceSelector": None})]
            if peer.podSelector and peer.namespaceSelector
            else [peer]
        )
    )


def pods_of_every_namespace(right: Any) -> Any:
    anywhere = spec.Selector()
    return lambda self, peer, other, address, namespace: right(
        self,
        peer if peer.ipBlock or peer.namespaceSelector else peer.model_copy(update={"namespaceSelector": anywhere}),
        other,
        address,
        namespace,
    )


def blocks_hold_no_pods(right: Any) -> Any:
    return lambda self, peer, other, address, namespace: right(
        self, peer, other, "" if hasattr(other, "labels") else address, namespace
    )


def nothing_is_excepted(right: Any) -> Any:
    return lambda self, address: right(self.model_copy(update={"excluded": ()}), address)


def any_protocol(right: Any) -> Any:
    return lambda self, number, protocol, names: right(self, number, self.protocol, names)


def sctp_is_tcp(right: Any) -> Any:
    return lambda self, number, protocol, names: right(
        self.model_copy(update={"protocol": Protocol.TCP}) if self.protocol is Protocol.SCTP else self,
        number,
        protocol,
        names,
    )


def ranges_are_their_beginning(right: Any) -> Any:
    return lambda self, number, protocol, names: right(
        self.model_copy(update={"endPort": None}), number, protocol, names
    )


def names_have_no_protocol(right: Any) -> Any:
    return lambda self, number, protocol, names: right(
        self, number, protocol, {(name, protocol): port for (name, _), port in names.items()}
    )


def names_mean_nothing(right: Any) -> Any:
    return lambda self, number, protocol, names: right(self, number, protocol, {})


def egress_is_always_isolated(right: Any) -> Any:
    return property(lambda self: self.policyTypes or (Direction.INGRESS, Direction.EGRESS))


def types_do_not_count(right: Any) -> Any:
    return property(lambda self: tuple(each for each in Direction if self.rules(each)) or (Direction.INGRESS,))


def the_first_policy_decides(right: Any) -> Any:
    return lambda self, direction, *ends: right(opinion.Policies(self.policies[:1], self.namespaces), direction, *ends)


READINGS = [
    (spec.Requirement, "matches", not_in_needs_the_label),
    (spec.Requirement, "matches", exists_needs_a_text),
    (opinion.Policies, "_is", selectors_are_either),
    (opinion.Policies, "_is", pods_of_every_namespace),
    (opinion.Policies, "_is", blocks_hold_no_pods),
    (spec.IPBlock, "holds", nothing_is_excepted),
    (spec.Port, "matches", any_protocol),
    (spec.Port, "matches", sctp_is_tcp),
    (spec.Port, "matches", ranges_are_their_beginning),
    (spec.Port, "matches", names_have_no_protocol),
    (spec.Port, "matches", names_mean_nothing),
    (spec.Spec, "directions", egress_is_always_isolated),
    (spec.Spec, "directions", types_do_not_count),
    (opinion.Policies, "_side", the_first_policy_decides),
]


@pytest.mark.parametrize(("where", "name", "wrong"), READINGS, ids=[wrong.__name__ for *_, wrong in READINGS])
def test_a_wrong_reading_is_seen(monkeypatch, where, name, wrong):
    found = sets()
    monkeypatch.setattr(where, name, wrong(getattr(where, name)))

    assert any(map(differ, found))


def test_the_right_reading_differs_from_itself_nowhere():
    assert not any(map(differ, sets()[:10]))
