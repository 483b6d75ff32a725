"""Random sets follow from their seed and number alone, are valid, and have everything of the specification."""

from __future__ import annotations

import json
from collections import Counter

from kube_acceptance.policy import Outsider, Pod
from kube_acceptance.policy.random_sets import NAMED_PORTS, POD_LABELS, Setting, policy_set


def setting(prefix: str = "one", network: str = "10.1.0") -> Setting:
    namespaces = {role: f"{prefix}-{role}" for role in "xyz"}
    pods = [
        Pod(name, role, POD_LABELS[role], (f"{network}.{index * 3 + number}",), NAMED_PORTS[role])
        for index, name in enumerate(namespaces.values(), start=1)
        for number, role in enumerate("abc")
    ]
    return Setting(namespaces, pods, Outsider("172.18.0.9"), 8080)


def test_a_seed_and_a_number_make_the_same_set_also_in_another_world():
    one = policy_set("seed", 7, setting())
    other = policy_set("seed", 7, setting("two", "10.2.7"))

    assert json.dumps(other.objects).replace("two-", "one-").count("one-") == json.dumps(one.objects).count("one-")
    assert [each.outcome for each in one.opinions.values()] == [each.outcome for each in other.opinions.values()]
    assert policy_set("seed", 7, setting()).objects == one.objects
    assert policy_set("seed", 8, setting()).objects != one.objects
    assert policy_set("other", 7, setting()).objects != one.objects


def test_every_set_blocks_something_and_lets_something_pass():
    for number in range(1, 30):
        found = policy_set("seed", number, setting())
        assert 0 < found.blocked < len(found.opinions) - 54  # what the nine pods say to themselves passes always


def test_every_pair_port_and_protocol_is_compared():
    assert len(setting().connections()) == 9 * (9 * 3 + 1) * 2


def test_sixty_sets_have_everything_that_the_specification_knows():
    text = "".join(json.dumps(policy_set("seed", number, setting()).objects) for number in range(1, 61))
    found = Counter({word: text.count(f'"{word}"') for word in WORDS})

    assert not [word for word, count in found.items() if count < 5]


WORDS = (
    *("podSelector", "namespaceSelector", "ipBlock", "except", "matchLabels", "matchExpressions"),
    *("In", "NotIn", "Exists", "DoesNotExist", "kubernetes.io/metadata.name", "ingress", "egress", "from", "to"),
    *("policyTypes", "Ingress", "Egress", "ports", "port", "endPort", "protocol", "TCP", "UDP", "SCTP", "web", "dns"),
)
