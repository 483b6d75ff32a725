"""Clusters: one a run, shared by all its workers, and gone when the last one leaves."""

from kube_acceptance.cluster.access import ENFORCE, RESTRICTED, Cluster
from kube_acceptance.cluster.existing import Existing
from kube_acceptance.cluster.inside import IN_CLUSTER, Inside
from kube_acceptance.cluster.kind import Kind
from kube_acceptance.cluster.minikube import Minikube, Profile
from kube_acceptance.cluster.provider import Provider
from kube_acceptance.cluster.shared import Lease, reap

__all__ = [
    "ENFORCE",
    "IN_CLUSTER",
    "RESTRICTED",
    "Cluster",
    "Existing",
    "Inside",
    "Kind",
    "Lease",
    "Minikube",
    "Profile",
    "Provider",
    "reap",
]
