"""HTTP and the Ingress: as users' requests come, and from inside of pods."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import answers, objects, paths
from kube_acceptance.state.inside import Inside
from kube_acceptance.vocabulary import assertion, when

ROUTES = "spec.rules[0].http.paths"


@pytest.fixture
def ingress(cluster: Cluster, session: Session, release: Release) -> Ingress:
    """The way through the Ingress to the release, once it is open."""
    way = Ingress(cluster.provider.ingress(), release.ingress_host())
    way.wait_until_open()
    return way


@pytest.fixture
def inside(release: Release, session: Session) -> Inside:
    """What the release's pods see of the network."""
    return Inside(release, session.images[PROBE].reference)


@assertion('the Ingress "{name}" has the class "{class_name}"')
def has_class(release: Release, name: str, class_name: str) -> None:
    """That Ingress controller is to serve it."""
    paths.must_equal(
        objects.read(release, "Ingress", name), "spec.ingressClassName", class_name, what=f"Ingress {name}"
    )


@assertion('the Ingress "{name}" is for the host "{host}"')
def is_for_host(release: Release, name: str, host: str) -> None:
    """Its first rule is for that host."""
    paths.must_equal(objects.read(release, "Ingress", name), "spec.rules[0].host", host, what=f"Ingress {name}")


@assertion(
    'the Ingress "{name}" sends "{path}" to the Service "{service}"',
    example='the Ingress "${RELEASE}-frontend" sends "/" to the Service "${RELEASE}-frontend"',
)
def sends_to(release: Release, name: str, path: str, service: str) -> None:
    """Its first rule sends a path to that Service."""
    item = objects.read(release, "Ingress", name)
    paths.must_equal(item, f"{ROUTES}[path={path}].backend.service.name", service, what=f"Ingress {name}")


@assertion('the Ingress answers {status:d} for the release\'s host at "{path}"')
def answers_for_host(ingress: Ingress, status: int, path: str) -> None:
    """A GET through the Ingress for the release's host has that status."""
    _must_answer(answers.ask(ingress, "GET", path), status)


@assertion('the Ingress answers {status:d} for the host "{host}" at "{path}"')
def answers_for_other_host(ingress: Ingress, status: int, host: str, path: str) -> None:
    """A GET through the Ingress for another host has that status."""
    _must_answer(answers.ask(ingress.to(host), "GET", path), status)


@assertion('the Ingress answers at "{path}" with "{words}"', example='the Ingress answers at "/healthz" with "ok"')
def answers_with(ingress: Ingress, path: str, words: str) -> None:
    """A GET through the Ingress is answered by a text that holds these words."""
    response = answers.ask(ingress, "GET", path)
    answers.must_say(response.text, words, what=answers.called(response))


@assertion(
    'the Ingress answers at "{path}" with the field "{field}" equal to {value:value}',
    example='the Ingress answers at "/api/orders" with the field "items[0].title" equal to "Tea"',
)
def answers_with_field(ingress: Ingress, path: str, field: str, value: Any) -> None:
    """A GET through the Ingress is answered by JSON in which a field has that value."""
    response = answers.ask(ingress, "GET", path)
    answers.must_equal(response.text, field, value, what=answers.called(response))


@when('a {method} request for "{path}" is sent through the Ingress', target_fixture="answer")
def request(ingress: Ingress, method: str, path: str) -> requests.Response:
    """Sends one request without a body, never again by itself."""
    return answers.ask(ingress, method, path)


@when(
    'a {method} request for "{path}" is sent through the Ingress with this JSON',
    target_fixture="answer",
    example='a POST request for "/api/orders" is sent through the Ingress with this JSON',
)
def request_with(ingress: Ingress, method: str, path: str, docstring: str) -> requests.Response:
    """Sends one request with the JSON below the step, never again by itself."""
    return answers.ask(ingress, method, path, docstring)


@when(
    'a {method} request for "{path}" is sent through the Ingress with the header "{name}" set to "{value}"',
    target_fixture="answer",
    example='a GET request for "/api/orders" is sent through the Ingress with the header "X-Request-ID" set to "tea-1"',
)
def request_with_header(ingress: Ingress, method: str, path: str, name: str, value: str) -> requests.Response:
    """Sends one request with a further header, never again by itself."""
    return answers.ask(ingress, method, path, headers={name: value})


@when(
    '{count:d} requests for "{path}" are sent through the Ingress, {rate:d} a second, and all are answered {status:d}',
    example='25 requests for "/api/orders" are sent through the Ingress, 5 a second, and all are answered 200',
)
def requests_sent(ingress: Ingress, count: int, path: str, rate: int, status: int) -> None:
    """Sends GETs one after the other, not faster than that; none of them again."""
    found = answers.ask_often(ingress, path, count, rate=rate)
    if found != {status: count}:
        raise AcceptanceError(f"of {count} requests for {path} not all were answered {status}: {dict(found)}")


@assertion("the answer has the status {status:d}", timed=False)
def has_status(answer: requests.Response, status: int) -> None:
    """The request was answered with that status."""
    _must_answer(answer, status)


@assertion(
    'the answer has the header "{name}" with the value "{value}"',
    timed=False,
    example='the answer has the header "X-Frame-Options" with the value "DENY"',
)
def has_header(answer: requests.Response, name: str, value: str) -> None:
    """The answer came with that header."""
    answers.must_have_header(answer, name, value)


@assertion('the answer contains "{words}"', timed=False, example='the answer contains "Tea"')
def contains(answer: requests.Response, words: str) -> None:
    """The answer's body holds these words."""
    answers.must_say(answer.text, words, what=answers.called(answer))


@assertion(
    'the answer has "{path}" equal to {value:value}',
    timed=False,
    example='the answer has "items[0].title" equal to "Tea"',
)
def has_field(answer: requests.Response, path: str, value: Any) -> None:
    """The answer is JSON, and a field of it has that value."""
    answers.must_equal(answer.text, path, value, what=answers.called(answer))


@assertion('a GET of "{url}" from every "{component}" pod is answered {status:d}')
def answered_inside(inside: Inside, url: str, component: str, status: int) -> None:
    """Asked from inside of each of a tier's pods; `localhost` is the pod itself."""
    for answer in inside.get(component, url):
        answers.must_be(status, answer.status, what=url)
        note(f"{answer.status}: {answer.body[:120]}")


@assertion(
    'a GET of "{url}" from every "{component}" pod is answered with "{words}"',
    example='a GET of "http://${RELEASE}-backend:8000/readyz" from every "frontend" pod is answered with "ready"',
)
def answered_inside_with(inside: Inside, url: str, component: str, words: str) -> None:
    """Asked from inside of each of a tier's pods, the answer holds these words."""
    for answer in inside.get(component, url):
        answers.must_say(answer.body, words, what=url)


@assertion(
    'a GET of "{url}" from every "{component}" pod is answered with the field "{field}" equal to {value:value}',
    example='a GET of "http://localhost:80/health" from every "web" pod is answered with the field "up" equal to 1',
)
def answered_inside_with_field(inside: Inside, url: str, component: str, field: str, value: Any) -> None:
    """Asked from inside of each of a tier's pods, the answer is JSON in which a field has that value."""
    for answer in inside.get(component, url):
        answers.must_equal(answer.body, field, value, what=url)


def _must_answer(response: requests.Response, status: int) -> None:
    answers.must_be(status, response.status_code, what=answers.called(response))
    note(f"{response.status_code}: {response.text[:120]}")
