"""What NetworkPolicies mean by their specification, computed from the objects: no network plugin is asked."""

from kube_acceptance.policy.opinion import Direction, Opinion, Permission, Policies, Side
from kube_acceptance.policy.places import Outsider, Pod

__all__ = ["Direction", "Opinion", "Outsider", "Permission", "Pod", "Policies", "Side"]
