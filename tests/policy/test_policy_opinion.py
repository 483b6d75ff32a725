"""Each clause of the specification, with the reading that is wrong beside the one that is right."""

from __future__ import annotations

import pytest
from policy_objects import (
    API,
    BANK_API,
    BANK_WEB,
    INTERNET,
    SCTP,
    TCP,
    UDP,
    WEB,
    ZOO_WEB,
    allowed,
    opinion,
    pod,
    policy,
)

from kube_acceptance.policy import Direction, Outsider, Permission, Pod, Policies, Side
from kube_acceptance.probe import Outcome

TO_API = "{podSelector: {matchLabels: {app: api}}, ingress: [%s]}"
FROM_WEB = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [%s]}"


# ---- isolation


def test_without_policies_everything_is_allowed():
    found = opinion()

    assert (found.outcome, found.egress, found.ingress) == (Outcome.ALLOWED, Side(), Side())
    assert found.because == "no NetworkPolicy isolates either end"


def test_an_empty_selector_selects_every_pod_of_its_namespace_and_none_elsewhere():
    assert not allowed("{podSelector: {}}")
    assert not allowed("{}")
    assert allowed("{podSelector: {}}", target=BANK_API)


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("{podSelector: {}}", True, False),
        ("{podSelector: {}, ingress: [{}]}", True, False),
        ("{podSelector: {}, egress: []}", True, False),
        ("{podSelector: {}, egress: null}", True, False),
        ("{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}", True, True),
        ("{podSelector: {}, policyTypes: []}", True, False),
        ("{podSelector: {}, policyTypes: [Egress]}", False, True),
        ("{podSelector: {}, policyTypes: [Egress], ingress: []}", False, True),
        ("{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}", True, False),
        ("{podSelector: {}, policyTypes: [Ingress, Egress]}", True, True),
    ],
)
def test_policy_types_say_which_directions_are_isolated(spec, ingress, egress):
    found = opinion(spec)

    assert bool(found.ingress.isolated_by) is ingress
    assert bool(found.egress.isolated_by) is egress


def test_rules_of_a_direction_that_is_not_among_the_types_mean_nothing():
    assert not allowed("{podSelector: {}, policyTypes: [Egress], ingress: [{}]}")


def test_both_ends_have_to_agree():
    out, into = FROM_WEB % "{}", TO_API % "{}"

    assert allowed(out, into)
    assert not allowed(FROM_WEB % "", into)
    assert not allowed(out, TO_API % "")


def test_policies_add_up_and_none_takes_away():
    nothing, from_web = TO_API % "", TO_API % "{from: [{podSelector: {matchLabels: {app: web}}}]}"

    assert allowed(nothing, from_web)
    assert allowed(from_web, nothing)


def test_a_pod_always_reaches_itself():
    found = opinion("{podSelector: {}, policyTypes: [Ingress, Egress]}", source=WEB, target=WEB)

    assert (found.outcome, found.because) == (Outcome.ALLOWED, "pod web always reaches itself")


def test_a_pod_of_the_same_name_elsewhere_is_another():
    assert not allowed("{podSelector: {}}", source=BANK_WEB, target=WEB)


# ---- selectors


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("{key: app, operator: In, values: [web, api]}", True),
        ("{key: app, operator: In, values: [db]}", False),
        ("{key: tier, operator: In, values: [web]}", False),
        ("{key: app, operator: NotIn, values: [db]}", True),
        ("{key: app, operator: NotIn, values: [web]}", False),
        ("{key: tier, operator: NotIn, values: [web]}", True),  # who lacks the label is in no set
        ("{key: app, operator: Exists}", True),
        ("{key: tier, operator: Exists}", False),
        ("{key: app, operator: DoesNotExist}", False),
        ("{key: tier, operator: DoesNotExist}", True),
    ],
)
def test_match_expressions(expression, matches):
    assert allowed(TO_API % f"{{from: [{{podSelector: {{matchExpressions: [{expression}]}}}}]}}") is matches


def test_labels_and_expressions_of_a_selector_must_all_be_true():
    expressions = "[{key: app, operator: Exists}, {key: app, operator: NotIn, values: [%s]}]"
    both = "{matchLabels: {app: web}, matchExpressions: %s}" % expressions  # noqa: UP031 (braces are YAML's here)

    assert allowed(TO_API % ("{from: [{podSelector: %s}]}" % (both % "db")))
    assert not allowed(TO_API % ("{from: [{podSelector: %s}]}" % (both % "web")))


# ---- peers


def test_a_pod_selector_alone_means_the_policys_own_namespace():
    rule = TO_API % "{from: [{podSelector: {matchLabels: {app: web}}}]}"

    assert allowed(rule)
    assert not allowed(rule, source=BANK_WEB)


def test_a_namespace_selector_alone_means_all_pods_there():
    rule = TO_API % "{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}"

    assert allowed(rule, source=BANK_WEB)
    assert allowed(rule, source=BANK_API)
    assert not allowed(rule)


def test_both_selectors_in_one_peer_must_both_be_true_and_in_two_peers_either():
    one = TO_API % "{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: web}}}]}"
    two = (
        TO_API % "{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: web}}}]}"
    )

    assert [allowed(one, source=each) for each in (BANK_WEB, BANK_API, WEB)] == [True, False, False]
    assert [allowed(two, source=each) for each in (BANK_WEB, BANK_API, WEB)] == [True, True, True]


def test_an_empty_namespace_selector_is_every_pod_but_nobody_outside():
    rule = TO_API % "{from: [{namespaceSelector: {}}]}"

    assert allowed(rule, source=ZOO_WEB)
    assert not allowed(rule, source=INTERNET)


def test_an_empty_pod_selector_is_every_pod_of_the_namespace():
    rule = TO_API % "{from: [{podSelector: {}}]}"

    assert allowed(rule)
    assert not allowed(rule, source=BANK_WEB)


def test_every_namespace_has_the_label_of_its_name_also_one_that_nobody_described():
    rule = TO_API % "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: nowhere}}}]}"

    assert allowed(rule, source=pod("web", "nowhere"))
    assert not allowed(rule, source=BANK_WEB)


@pytest.mark.parametrize("rule", ["{}", "{from: []}", "{from: null}", "{ports: []}", "{from: [], ports: null}"])
def test_absent_and_empty_peers_and_ports_are_everybody_and_every_port(rule):
    assert allowed(TO_API % rule)
    assert allowed(TO_API % rule, source=INTERNET, protocol=SCTP)


def test_no_rule_is_nobody():
    assert not allowed("{podSelector: {}, ingress: []}")


def test_ip_blocks_with_exceptions():
    block = "{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/28]}}]}"

    assert not allowed(TO_API % block, source=INTERNET)
    assert allowed(TO_API % block, source=Outsider("203.0.113.16"))
    assert not allowed(TO_API % block, source=Outsider("203.0.114.16"))


def test_an_exception_of_one_block_is_none_of_another():
    blocks = "{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}, {ipBlock: {cidr: 203.0.113.9/32}}]}"

    assert allowed(TO_API % blocks, source=INTERNET)


def test_ip_blocks_of_ipv6_hold_no_ipv4():
    block = TO_API % '{from: [{ipBlock: {cidr: "2001:db8::/32", except: ["2001:db8:1::/48"]}}]}'

    assert allowed(block, source=Outsider("2001:db8::1"))
    assert not allowed(block, source=Outsider("2001:db8:1::1"))
    assert not allowed(block, source=INTERNET)
    assert not allowed(TO_API % '{from: [{ipBlock: {cidr: "::/0"}}]}', source=INTERNET)


def test_an_ip_block_holds_pods_by_their_address_and_none_that_has_no_address():
    block = TO_API % "{from: [{ipBlock: {cidr: 10.1.0.0/16, except: [10.1.1.0/24]}}]}"

    assert allowed(block)
    assert not allowed(block, source=BANK_WEB)
    assert not allowed(block, source=pod("described"))


def test_a_pod_of_two_families_is_known_by_the_one_that_both_have():
    source = Pod("zoo", "dual", {}, ("2001:db8::7", "10.1.2.7"))
    block = TO_API % '{from: [{ipBlock: {cidr: "2001:db8::/32"}}]}'

    assert not allowed(block, source=source)
    assert allowed(block, source=source, target=Pod("shop", "api", {"app": "api"}, ("2001:db8::8", "10.1.0.8")))


def test_egress_looks_at_the_target():
    to_api = FROM_WEB % "{to: [{podSelector: {matchLabels: {app: api}}}]}"

    assert allowed(to_api)
    assert not allowed(to_api, target=BANK_API)
    assert not allowed(to_api, target=INTERNET)
    assert allowed(FROM_WEB % "{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}", target=INTERNET)


# ---- ports


def test_the_protocol_is_tcp_when_none_is_named():
    assert allowed(TO_API % "{ports: [{port: 80}]}")
    assert not allowed(TO_API % "{ports: [{port: 80}]}", protocol=UDP)


def test_a_rule_for_udp_or_sctp_does_not_allow_tcp_but_its_policy_isolates_all_the_same():
    for protocol in (UDP, SCTP):
        rule = TO_API % f"{{ports: [{{port: 80, protocol: {protocol}}}]}}"
        assert allowed(rule, protocol=protocol)
        assert not allowed(rule)


def test_a_protocol_without_a_port_is_every_port_of_that_protocol():
    assert allowed(TO_API % "{ports: [{protocol: UDP}]}", port=9, protocol=UDP)
    assert not allowed(TO_API % "{ports: [{protocol: UDP}]}")
    assert allowed(TO_API % "{ports: [{}]}", port=9)
    assert not allowed(TO_API % "{ports: [{}]}", port=9, protocol=UDP)


def test_a_range_holds_both_its_ends():
    rule = TO_API % "{ports: [{port: 80, endPort: 82}]}"

    assert [allowed(rule, port=port) for port in (79, 80, 81, 82, 83)] == [False, True, True, True, False]


def test_a_named_port_is_what_the_target_calls_so():
    rule = "{podSelector: {}, ingress: [{ports: [{port: http}]}]}"

    assert [allowed(rule, port=port) for port in (80, 8080)] == [False, True]
    assert [allowed(rule, source=API, target=WEB, port=port) for port in (80, 8080)] == [True, False]


def test_a_named_port_of_an_egress_rule_is_the_targets_too():
    rule = FROM_WEB % "{ports: [{port: http}]}"

    assert [allowed(rule, port=port) for port in (80, 8080)] == [False, True]


def test_a_name_belongs_to_a_protocol():
    tcp, udp = TO_API % "{ports: [{port: both}]}", TO_API % "{ports: [{port: both, protocol: UDP}]}"

    assert [allowed(tcp, port=port) for port in (90, 91)] == [True, False]
    assert [allowed(udp, port=port, protocol=UDP) for port in (90, 91)] == [False, True]
    assert not allowed(tcp, port=90, protocol=UDP)


def test_a_named_port_means_nothing_outside_and_where_no_container_has_it():
    assert not allowed(FROM_WEB % "{ports: [{port: http}]}", target=INTERNET)
    assert not allowed(TO_API % "{ports: [{port: nobody}]}")


def test_peers_and_ports_of_one_rule_belong_together():
    red = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 1}]}"
    blue = "{from: [{namespaceSelector: {matchLabels: {team: blue}}}], ports: [{port: 2}]}"
    rules = TO_API % f"{red}, {blue}"

    assert [allowed(rules, port=port) for port in (1, 2)] == [True, False]
    assert [allowed(rules, port=port, source=BANK_WEB) for port in (1, 2)] == [False, True]


# ---- nodes


HOSTED = Pod("shop", "agent", {"app": "agent"}, ("172.18.0.3",), host_network=True, node=("172.18.0.3",))
ON_NODE = Pod("shop", "api", {"app": "api"}, ("10.1.0.2",), node=("172.18.0.2",))


def test_a_pods_own_node_always_reaches_it_and_another_does_not():
    rule = "{podSelector: {}}"

    found = opinion(rule, source=Outsider("172.18.0.2"), target=ON_NODE)
    assert found.because == "traffic between pod api and the node that it runs on is always allowed"
    assert found.outcome is Outcome.ALLOWED
    assert not allowed(rule, source=Outsider("172.18.0.3"), target=ON_NODE)


def test_a_pod_always_reaches_its_own_node():
    rule = "{podSelector: {}, policyTypes: [Egress]}"

    assert allowed(rule, source=ON_NODE, target=Outsider("172.18.0.2"))
    assert not allowed(rule, source=ON_NODE, target=Outsider("172.18.0.3"))


def test_what_policies_mean_for_a_pod_on_its_nodes_network_is_not_defined_where_plugins_may_differ():
    found = opinion(TO_API % "{from: [{podSelector: {matchLabels: {app: agent}}}]}", source=HOSTED)

    assert found.outcome is None
    assert found.because == (
        "what NetworkPolicies mean for agent is left to the network plugin: it is on its node's network"
    )


def test_it_is_defined_where_it_makes_no_difference():
    assert allowed(TO_API % "{}", source=HOSTED)
    assert not allowed(TO_API % "{from: [{podSelector: {matchLabels: {app: web}}}]}", source=HOSTED)
    assert allowed(TO_API % "{from: [{podSelector: {}}, {ipBlock: {cidr: 172.18.0.0/16}}]}", source=HOSTED)
    assert allowed("{podSelector: {}}", source=HOSTED, target=BANK_API)


# ---- what is said


def test_the_rule_that_lets_in_is_named():
    found = opinion(TO_API % "{ports: [{port: 1}]}, {from: [{podSelector: {matchLabels: {app: web}}}]}")

    assert found.ingress == Side(("p1",), Permission("p1", Direction.INGRESS, 2, named=True))
    assert found.because == "NetworkPolicy p1 lets web in to api (ingress rule 2)"


def test_the_rules_of_both_ends_are_named():
    found = opinion(FROM_WEB % "{}", TO_API % "{}")

    assert found.because == (
        "NetworkPolicy p1 lets web out to api (egress rule 1), and NetworkPolicy p2 lets web in to api (ingress rule 1)"
    )


def test_the_policies_that_isolate_are_named():
    found = opinion(TO_API % "", "{podSelector: {}}", TO_API % "{ports: [{port: 1}]}", protocol=UDP)

    assert found.ingress == Side(("p1", "p2", "p3"), None)
    assert found.because == (
        "NetworkPolicies p1, p2 and p3 isolate api, and no rule of theirs lets web in on port 80/UDP"
    )


def test_both_ends_that_block_are_named_and_their_namespaces_where_they_differ():
    objects = [policy(FROM_WEB % "", "out"), policy(TO_API % "", "into", "bank")]
    found = Policies.read(objects, {}).opinion(WEB, BANK_API, 80, TCP)

    assert found.because == (
        "NetworkPolicy out isolates shop/web, and no rule of it lets it out to bank/api on port 80, "
        "and NetworkPolicy into isolates bank/api, and no rule of it lets shop/web in on port 80"
    )


def test_an_outsider_is_named_by_its_address():
    assert opinion(TO_API % "", source=INTERNET).because == (
        "NetworkPolicy p1 isolates api, and no rule of it lets 203.0.113.9 in on port 80"
    )


@pytest.mark.parametrize(
    ("peers", "named"),
    [
        ("", False),
        ("from: []", False),
        ("from: [{namespaceSelector: {}}]", False),
        ("from: [{namespaceSelector: {}, podSelector: {}}]", False),
        ("from: [{ipBlock: {cidr: 0.0.0.0/0}}]", False),
        ("from: [{ipBlock: {cidr: 0.0.0.0/0, except: [1.0.0.0/8]}}]", True),
        ("from: [{podSelector: {}}]", True),
        ("from: [{podSelector: {matchLabels: {app: web}}}]", True),
        ("from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]", True),
        ("from: [{namespaceSelector: {matchLabels: {team: red}}}]", True),
    ],
)
def test_a_rule_that_lets_everybody_in_names_nobody(peers, named):
    permission = opinion(TO_API % f"{{{peers}}}").ingress.allowed_by

    assert permission is not None
    assert permission.named is named
