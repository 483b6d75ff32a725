"""The posture of rendered objects: rules that need no cluster, a function each, a module a theme.

A rule reads the objects that a chart becomes and says, in a sentence each, which object and field break it and what to
do. No annotation and no label of an object silences a rule. `RULES` has them all by name; `breaches` asks them.

The rules on pods are the whole `restricted` Pod Security Standard
(https://kubernetes.io/docs/concepts/security/pod-security-standards/), which the API server asks of pods but not of the
workloads that make them, and what it does not ask: bounded, probed, set apart, without a token, isolated, local.
"""

from kube_acceptance.security.posture import (
    bounds,
    disruption,
    identity,
    images,
    isolation,
    labels,
    locality,
    network,
    pods,
    probes,
    rollout,
    secrets,
)
from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import RULES, Breach, Rule, breaches

THEMES = tuple(
    module.__name__.rpartition(".")[2]
    for module in (
        bounds,
        probes,
        pods,
        isolation,
        identity,
        secrets,
        images,
        labels,
        disruption,
        rollout,
        network,
        locality,
    )
)
"""What rules are about, in the order in which they are told."""

__all__ = ["RULES", "THEMES", "Breach", "Rendered", "Rule", "breaches"]
