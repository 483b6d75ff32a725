"""Services: what they listen on, which pods are behind them, and who finds them by name."""

from __future__ import annotations

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import objects, paths, services
from kube_acceptance.state.inside import Inside
from kube_acceptance.vocabulary import assertion


@assertion('the Service "{name}" has {count:d} endpoint(s)')
def has_endpoints(release: Release, name: str, count: int) -> None:
    """A Service has just so many endpoints that serve."""
    services.must_serve(release, name, count)


@assertion('the Service "{name}" has the type "{type_}"')
def has_type(release: Release, name: str, type_: str) -> None:
    """A Service has that type, such as ClusterIP or NodePort."""
    paths.must_equal(objects.read(release, "Service", name), "spec.type", type_, what=f"Service {name}")


@assertion('the Service "{name}" listens on port {port:d}')
def listens(release: Release, name: str, port: int) -> None:
    """A Service listens on that port."""
    services.must_listen(release, name, port)


@assertion('the Service "{name}" leads to the ready "{component}" pods')
def leads_to(release: Release, name: str, component: str) -> None:
    """The serving endpoints of a Service are just the ready pods of a tier."""
    note(services.must_lead_to(release, name, component))


@assertion(
    'the name "{host}" leads a "{component}" pod to the Service "{name}"',
    example='the name "${RELEASE}-backend" leads a "frontend" pod to the Service "${RELEASE}-backend"',
)
def resolves_to(release: Release, inside: Inside, host: str, component: str, name: str) -> None:
    """Asked from inside of a pod, the cluster's DNS gives the Service's own address for a name."""
    address = objects.read(release, "Service", name)["spec"]["clusterIP"]
    found = inside.resolve(component, host)[host]
    if found != [address]:
        raise AcceptanceError(f"{host} is {', '.join(found) or 'not found'} for the {component}, not {address}")
    note(f"{host} is {address}")


@assertion(
    'the name "{host}" is not found from a "{component}" pod, unlike "{control}"',
    example='the name "example.org" is not found from a "backend" pod, unlike "kubernetes.default.svc"',
)
def does_not_resolve(inside: Inside, host: str, component: str, control: str) -> None:
    """Asked from inside of a pod, the cluster's DNS does not know a name, but it knows the other one."""
    found = inside.resolve(component, host, control)
    if not found[control]:
        raise AcceptanceError(f"{control} is not found from a {component} pod either, so nothing can be said of {host}")
    if found[host]:
        raise AcceptanceError(f"{host} is {', '.join(found[host])} for the {component}")
