"""Phrases on todos as the API gives them, and on the way from tier to tier."""

from __future__ import annotations

import json

import pytest
import requests

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.ledger import Load, Way
from kube_acceptance.ledger.way import CONTENT
from kube_acceptance.probe.doors import ingress_inside
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.vocabulary import assertion, when

PAGE_SIZE = 100  # the most that the API lists at once


@pytest.fixture
def ways(release: Release) -> list[Way]:
    """Where todos are written: straight to the backend, and as users come, through the Ingress and the frontend."""
    body = {"title": CONTENT}
    backend = f"http://{release.name}-backend.{release.namespace}.svc:8000"
    return [
        Way("backend", f"{backend}/api/todos", body, tier="backend"),
        Way("Ingress", f"{ingress_inside(release)}/api/todos", body, headers={"Host": release.ingress_host()}),
    ]


@when('a todo "{title}" is created through the Ingress')
def create_one(ingress: Ingress, title: str) -> None:
    answer = ingress.request("POST", "/api/todos", json={"title": title})
    if answer.status_code != requests.codes.created:
        raise AcceptanceError(f"the todo {title!r} was not acknowledged: the Ingress answers {answer.status_code}")


@assertion('the Ingress lists the todo "{title}"')
def ingress_lists(ingress: Ingress, title: str) -> None:
    if title not in listed(ingress).values():
        raise AcceptanceError(f"the todo {title!r} is not listed through the Ingress")


@assertion('the Ingress lists the todo "{title}", and not "{other}"')
def ingress_lists_one(ingress: Ingress, title: str, other: str) -> None:
    found = set(listed(ingress).values())
    if title not in found:
        raise AcceptanceError(
            f"the todo {title!r} is not listed through the Ingress, so nothing can be said of {other!r}"
        )
    if other in found:
        raise AcceptanceError(f"the todo {other!r} is listed through the Ingress of {ingress.host}")


@assertion("every acknowledged write is listed through the Ingress")
def acknowledged_listed(ingress: Ingress, load: Load) -> None:
    load.ledger.must_lose_nothing(listed(ingress))
    note(f"{len(load.ledger.acknowledged())} acknowledged writes listed")


@when("the frontend pod asks the cluster for the name of the backend", target_fixture="resolved")
def resolve_backend(release: Release) -> str:
    lookup = "require('dns').lookup(new URL(process.env.BACKEND_URL).hostname, (e, a) => console.log(e ? e.code : a))"
    return _in_frontend(release, lookup)


@assertion("it learns the address of the backend's Service")
def learns_service_address(release: Release, resolved: str) -> None:
    service = release.cluster.core.read_namespaced_service(f"{release.name}-backend", release.namespace)
    if resolved != service.spec.cluster_ip:
        raise AcceptanceError(
            f"the name of the backend resolves to {resolved}, not to its Service {service.spec.cluster_ip}"
        )
    note(f"{service.metadata.name} is {resolved}")


@assertion("what the frontend pod fetches from that name is answered by a backend pod")
def fetched_from_backend(release: Release) -> None:
    fetch = (
        "fetch(process.env.BACKEND_URL + '/readyz').then(r => r.text()).then(console.log, e => console.log(String(e)))"
    )
    said = _in_frontend(release, fetch)
    pods = {pod.metadata.name for pod in release.serving_pods("backend")}
    try:
        answer = json.loads(said)
    except ValueError:
        raise AcceptanceError(f"the frontend pod gets no answer from the backend: {said}") from None
    if answer["service"] != "todo-backend" or answer["pod"] not in pods:
        raise AcceptanceError(f"the answer is not from one of the backend pods {sorted(pods)}: {said}")
    note(f"answered by {answer['pod']}")


def listed(ingress: Ingress) -> dict[str, str]:
    """All todos that the API lists, page by page: titles by id."""
    found: dict[str, str] = {}
    while True:
        response = ingress.request("GET", f"/api/todos?limit={PAGE_SIZE}&offset={len(found)}")
        if response.status_code != requests.codes.ok:
            raise AcceptanceError(f"the Ingress answers {response.status_code} for the list of todos")
        page = response.json()
        found |= {item["id"]: item["title"] for item in page["items"]}
        if not page["items"] or len(found) >= page["total"]:
            return found


def _in_frontend(release: Release, script: str) -> str:
    pod = release.serving_pods("frontend")[0].metadata.name
    return release.execute(pod, "node", "-e", script).strip()
