"""Malformed policies are refused in one sentence, and objects of other kinds are left alone."""

from __future__ import annotations

import pytest
from kubernetes import client
from policy_objects import API, TCP, UDP, WEB, policy

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy import Policies


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            "{ingress: [{from: [{}]}]}",
            "spec.ingress[0].from[0]: a peer needs podSelector, namespaceSelector or ipBlock; "
            "leave the list out to mean everybody",
        ),
        ("{ingress: {}}", "spec.ingress must be a list"),
        ("{ingress: [text]}", "spec.ingress[0] must be an object"),
        ("{podSelector: {matchLabels: {a: 1}}}", "spec.podSelector.matchLabels.a must be text"),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
            "spec.podSelector.matchExpressions[0]: In needs values",
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}",
            "spec.podSelector.matchExpressions[0]: Exists takes no values",
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}",
            "spec.podSelector.matchExpressions[0].operator: Input should be 'In', 'NotIn', 'Exists' or 'DoesNotExist'",
        ),
        ("{policyTypes: [ingress]}", "spec.policyTypes[0]: Input should be 'Ingress' or 'Egress'"),
        (
            "{egress: [{to: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}",
            "spec.egress[0].to[0]: ipBlock stands beside a selector; each needs a peer of its own",
        ),
        ("{egress: [{to: [{ipBlock: {}}]}]}", "spec.egress[0].to[0].ipBlock.cidr is missing"),
        (
            "{egress: [{to: [{ipBlock: {cidr: 10.0.0.1}}]}]}",
            "spec.egress[0].to[0].ipBlock.cidr: '10.0.0.1' is not a CIDR, which is ADDRESS/LENGTH",
        ),
        (
            "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/33}}]}]}",
            "spec.egress[0].to[0].ipBlock.cidr: '10.0.0.0/33' is not a CIDR, which is ADDRESS/LENGTH",
        ),
        (
            "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]}",
            "spec.egress[0].to[0].ipBlock: except 11.0.0.0/9 is not a part of 10.0.0.0/8",
        ),
        (
            "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}",
            "spec.egress[0].to[0].ipBlock: except 10.0.0.0/8 is not a part of 10.0.0.0/8",
        ),
        (
            "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/64']}}]}]}",
            "spec.egress[0].to[0].ipBlock: except fd00::/64 is not a part of 10.0.0.0/8",
        ),
        (
            "{ingress: [{ports: [{port: '80'}]}]}",
            "spec.ingress[0].ports[0]: port '80' is no name of a port (numbers are written without quotes)",
        ),
        ("{ingress: [{ports: [{port: 0}]}]}", "spec.ingress[0].ports[0]: port 0 is not from 1 to 65535"),
        (
            "{ingress: [{ports: [{port: 1, endPort: 65536}]}]}",
            "spec.ingress[0].ports[0]: endPort 65536 is not from 1 to 65535",
        ),
        ("{ingress: [{ports: [{port: 9, endPort: 8}]}]}", "spec.ingress[0].ports[0]: endPort 8 is less than port 9"),
        ("{ingress: [{ports: [{endPort: 8}]}]}", "spec.ingress[0].ports[0]: endPort needs a port that is a number"),
        (
            "{ingress: [{ports: [{port: web, endPort: 8}]}]}",
            "spec.ingress[0].ports[0]: endPort needs a port that is a number",
        ),
        (
            "{ingress: [{ports: [{protocol: ICMP}]}]}",
            "spec.ingress[0].ports[0].protocol: Input should be 'TCP', 'UDP' or 'SCTP'",
        ),
    ],
)
def test_what_an_api_server_refuses_is_refused_here_with_its_field(spec, sentence):
    with pytest.raises(PolicyError) as refused:
        Policies.read([policy(spec, "bad")], {})

    assert str(refused.value) == f"NetworkPolicy shop/bad is malformed: {sentence}\nAn API server would refuse it too."


@pytest.mark.parametrize("field", ["frm", "to"])
def test_what_an_api_server_does_not_know_would_change_the_meaning_without_a_word(field):
    with pytest.raises(PolicyError) as refused:
        Policies.read([policy(f"{{ingress: [{{{field}: []}}]}}", "bad")], {})

    assert str(refused.value) == (
        f"NetworkPolicy shop/bad is malformed: spec.ingress[0].{field} is not a field\n"
        "An API server drops the field, or refuses the object."
    )


def test_a_rule_or_a_port_that_is_null_is_one_that_says_nothing():
    rule = Policies.read([policy("{ingress: [null]}")], {}).opinion(WEB, API, 80, UDP)
    port = Policies.read([policy("{ingress: [{ports: [null]}]}")], {})

    assert rule.because == "NetworkPolicy rules lets web in to api (ingress rule 1)"
    assert [port.opinion(WEB, API, 80, protocol).outcome for protocol in (TCP, UDP)] == ["allowed", "blocked"]


def test_a_block_is_read_with_and_without_the_bits_of_a_host():
    found = Policies.read([policy("{ingress: [{from: [{ipBlock: {cidr: 10.1.0.77/24}}]}]}")], {})

    assert found.opinion(WEB, API, 80, TCP).outcome == "allowed"


def test_only_network_policies_of_kubernetes_itself_are_taken():
    spec = {"podSelector": {}}
    others = [
        {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "a"}, "spec": {}},
        {"kind": "NetworkPolicy", "apiVersion": "crd.projectcalico.org/v1", "metadata": {"name": "a"}, "spec": spec},
    ]

    assert Policies.read(others, {}).policies == ()


def test_objects_of_the_api_client_are_read_as_they_are():
    live = client.V1NetworkPolicy(
        metadata=client.V1ObjectMeta(name="live", namespace="shop"),
        spec=client.V1NetworkPolicySpec(
            pod_selector=client.V1LabelSelector(match_labels={"app": "api"}),
            ingress=[
                client.V1NetworkPolicyIngressRule(
                    _from=[client.V1NetworkPolicyPeer(pod_selector=client.V1LabelSelector())]
                )
            ],
        ),
    )

    assert Policies.read([live], {}).opinion(WEB, API, 80, TCP).because == (
        "NetworkPolicy live lets web in to api (ingress rule 1)"
    )


def test_an_object_without_a_namespace_is_in_the_one_it_is_rendered_for():
    item = policy("{podSelector: {}}")
    del item["metadata"]["namespace"]

    assert Policies.read([item], {}, default_namespace="shop").opinion(WEB, API, 80, TCP).outcome == "blocked"
    assert Policies.read([item], {}).opinion(WEB, API, 80, TCP).outcome == "allowed"
