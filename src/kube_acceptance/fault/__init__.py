"""Faults, each with the proof that it happened; whether the release is ready again is for others to ask."""

from kube_acceptance.fault.containers import kill_containers
from kube_acceptance.fault.drain import Drained, drain_node
from kube_acceptance.fault.endings import Ending, end_pods, not_by_itself
from kube_acceptance.fault.eviction import Eviction, evict_all, evict_kept, must_be_kept
from kube_acceptance.fault.freezer import Frozen, freeze_containers, thaw_containers
from kube_acceptance.fault.hang import Hung, await_restart_by_liveness, hang_containers
from kube_acceptance.fault.memory import exhaust_memory
from kube_acceptance.fault.namespace import destroy_namespace
from kube_acceptance.fault.node import restart_node
from kube_acceptance.fault.pods import delete_pods, replaced
from kube_acceptance.fault.removal import uninstall
from kube_acceptance.fault.rollouts import restart_rollouts
from kube_acceptance.fault.scheduling import let_every_node_take_pods, prefer_node, uncordon
from kube_acceptance.fault.slow_start import must_have_started_once, start_slowly
from kube_acceptance.fault.volume import bounded_volume, empty_volume, fill_volume

__all__ = [
    "Drained",
    "Ending",
    "Eviction",
    "Frozen",
    "Hung",
    "await_restart_by_liveness",
    "bounded_volume",
    "delete_pods",
    "destroy_namespace",
    "drain_node",
    "empty_volume",
    "end_pods",
    "evict_all",
    "evict_kept",
    "exhaust_memory",
    "fill_volume",
    "freeze_containers",
    "hang_containers",
    "kill_containers",
    "let_every_node_take_pods",
    "must_be_kept",
    "must_have_started_once",
    "not_by_itself",
    "prefer_node",
    "replaced",
    "restart_node",
    "restart_rollouts",
    "start_slowly",
    "thaw_containers",
    "uncordon",
    "uninstall",
]
