"""Phrases on HTTP: through the Ingress, as a user's requests come, and from pod to Service."""

from __future__ import annotations

import pytest
import requests
from pytest_bdd import parsers, then

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session


@pytest.fixture
def ingress(cluster: Cluster, session: Session, release: Release) -> Ingress:
    """The way through the Ingress to the release, once it is open."""
    way = Ingress(cluster.provider.ingress(), release.ingress_host())
    way.wait_until_open()
    return way


@then(parsers.parse('the Ingress answers {status:d} for the release\'s host at "{path}"'))
def answers_for_host(ingress: Ingress, status: int, path: str) -> None:
    _must_answer(ingress.request("GET", path), status)


@then(parsers.parse('the Ingress answers {status:d} for the host "{host}" at "{path}"'))
def answers_for_other_host(ingress: Ingress, status: int, host: str, path: str) -> None:
    _must_answer(ingress.to(host).request("GET", path), status)


def _must_answer(response: requests.Response, status: int) -> None:
    if response.status_code != status:
        raise AcceptanceError(f"{response.request.method} {response.url} answers {response.status_code}, not {status}")
    note(f"{response.status_code}: {response.text[:120]}")
