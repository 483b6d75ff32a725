"""Faults, each with the proof that it happened."""

from kube_acceptance.fault.node import restart_node
from kube_acceptance.fault.pods import delete_pods

__all__ = ["delete_pods", "restart_node"]
