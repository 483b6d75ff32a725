"""A mesh's data plane without a mesh: a real proxy injected beside every pod, through which its connections come."""

from kube_acceptance.mesh.carried import Carried, carried, must_carry
from kube_acceptance.mesh.injection import CONTAINER, Injection, without_proxy
from kube_acceptance.mesh.ports import Port, service_ports

__all__ = ["CONTAINER", "Carried", "Injection", "Port", "carried", "must_carry", "service_ports", "without_proxy"]
