"""Lets the sender in where a release's network policies would keep it out, by a policy of the harness's own."""

from __future__ import annotations

from typing import Any

from kube_acceptance.policy.opinion import Policies
from kube_acceptance.policy.spec import Direction
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT, INSTANCE


def isolated(release: Release, tier: str) -> bool:
    """Whether a policy isolates a tier's pods against what comes in; raises ReleaseError when it has no pods."""
    found = release.cluster.networking.list_namespaced_network_policy(release.namespace).items
    policies = Policies.read(found, {}, default_namespace=release.namespace).policies
    labels = [pod.metadata.labels or {} for pod in release.pods(tier)]
    return any(
        Direction.INGRESS in policy.spec.directions and policy.spec.podSelector.matches(each)
        for policy in policies
        for each in labels
    )


def opening(release: Release, tier: str, *, name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    """A policy that lets pods of another namespace in to a tier's pods.

    Policies add up, so it takes nothing from those that are there; where none isolates a pod it would, so there it must
    not be.

    Args:
        release: The release.
        tier: The tier.
        name: The policy's name.
        namespace: Where those pods are.
        labels: Their labels.
    """
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": labels},
    }
    return {
        "metadata": {"name": name, "annotations": {"kube-acceptance/task": "T-525"}},
        "spec": {
            "podSelector": {"matchLabels": {INSTANCE: release.name, COMPONENT: tier}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [peer]}],
        },
    }
