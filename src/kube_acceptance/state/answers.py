"""Answers to HTTP: their status, headers, text and JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import requests

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.state import paths


def ask(
    ingress: Ingress, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> requests.Response:
    """Send one request through the Ingress, with a JSON body and further headers if they are given.

    Raises:
        AcceptanceError: There was no answer.
    """
    return _asked(ingress, method, path, json=json.loads(body) if body else None, headers=headers)


def ask_with(ingress: Ingress, method: str, path: str, body: bytes) -> requests.Response:
    """Send one request through the Ingress, with a body of JSON just as it is given.

    Raises:
        AcceptanceError: There was no answer.
    """
    return _asked(ingress, method, path, data=body)


def ask_often(ingress: Ingress, path: str, count: int, *, rate: float) -> Counter[int]:
    """Send GETs one after the other, not faster than a rate; each is answered, or this fails.

    Args:
        ingress: The way.
        path: The path.
        count: How many.
        rate: How many a second at most.

    Returns:
        How often there was which status.

    Raises:
        AcceptanceError: One was not answered, so that it is not known what became of it.
    """
    statuses: Counter[int] = Counter()
    begun = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        statuses[ask(ingress, "GET", path).status_code] += 1
    return statuses


def must_be(status: int, found: int, *, what: str) -> None:
    """Fail unless a status is the expected one."""
    if found != status:
        raise AcceptanceError(f"{what} answers {found}, not {status}")


def must_say(text: str, words: str, *, what: str) -> None:
    """Fail unless words stand in a text."""
    if words not in text:
        raise AcceptanceError(f"{what} does not say {words!r}: {text[:200]!r}")


def must_have_header(response: requests.Response, name: str, value: str) -> None:
    """Fail unless a header of an answer has a value."""
    if (found := response.headers.get(name)) != value:
        raise AcceptanceError(f"the header {name} of {called(response)} is {found!r}, not {value!r}")


def json_of(text: str, *, what: str) -> Any:
    """A text as JSON; raises AcceptanceError when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        raise AcceptanceError(f"{what} does not answer with JSON: {text[:200]!r}") from None


def must_equal(text: str, path: str, value: Any, *, what: str) -> None:
    """Fail unless a field of a JSON text has a value."""
    paths.must_equal(json_of(text, what=what), path, value, what=what)


def called(response: requests.Response) -> str:
    """What an answer is to: the method and the address."""
    return f"{response.request.method} {response.url}"


def _asked(ingress: Ingress, method: str, path: str, **content: Any) -> requests.Response:
    try:
        return ingress.request(method, path, **content)
    except requests.RequestException as error:
        raise AcceptanceError(f"{method} {path} for {ingress.host} got no answer ({type(error).__name__})") from error
