"""Services and the pods behind them."""

from __future__ import annotations

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.state import objects
from kube_acceptance.wait.rollout import is_ready


def must_serve(release: Release, name: str, count: int) -> None:
    """Fail unless a Service has so many endpoints that serve."""
    objects.read(release, "Service", name)
    if (found := len(release.endpoints(name))) != count:
        raise AcceptanceError(f"Service {name} has {found} serving endpoints, not {count}")


def must_listen(release: Release, name: str, port: int) -> None:
    """Fail unless a Service listens on a port."""
    ports = [one["port"] for one in objects.read(release, "Service", name)["spec"].get("ports") or []]
    if port not in ports:
        raise AcceptanceError(f"Service {name} listens on {', '.join(map(str, ports)) or 'no port'}, not on {port}")


def must_lead_to(release: Release, name: str, component: str) -> str:
    """Fail unless the serving endpoints of a Service are just the ready pods of a tier; returns their names."""
    behind = {one.target_ref.name for one in release.endpoints(name) if one.target_ref}
    ready = {pod.metadata.name for pod in release.pods(component) if is_ready(pod)}
    if not behind or behind != ready:
        raise AcceptanceError(
            f"Service {name} leads to {_names(behind)}, the ready {component} pods are {_names(ready)}"
        )
    return _names(behind)


def _names(found: set[str]) -> str:
    return ", ".join(sorted(found)) or "no pod"
