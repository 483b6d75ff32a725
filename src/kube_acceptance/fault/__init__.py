"""Faults, each with the proof that it happened."""

from kube_acceptance.fault.containers import continue_containers, freeze_containers, kill_containers
from kube_acceptance.fault.namespace import destroy_namespace
from kube_acceptance.fault.node import restart_node
from kube_acceptance.fault.pods import delete_pods

__all__ = [
    "continue_containers",
    "delete_pods",
    "destroy_namespace",
    "freeze_containers",
    "kill_containers",
    "restart_node",
]
