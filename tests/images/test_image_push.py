"""What a registry's answers mean, played by an engine that prints them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace as Object
from typing import Any

import pytest
import requests
from docker.errors import APIError, DockerException

from kube_acceptance.errors import ClusterError
from kube_acceptance.images.push import push

REFERENCE = "registry.example:5000/team/shop-web:4011ab"
DIGEST = "sha256:" + "1" * 64
START = "Start it, or name another one in cluster.registry."
LOG_IN = "Log in with `docker login`, or name another registry in cluster.registry."


def engine(*said: dict[str, Any], error: Exception | None = None) -> Any:
    def pushed(repository: str, *, tag: str, stream: bool, decode: bool) -> Iterator[dict[str, Any]]:
        assert (repository, tag) == ("registry.example:5000/team/shop-web", "4011ab")
        assert stream
        assert decode
        if error:
            raise error
        yield from said

    return Object(api=Object(push=pushed))


def test_the_digest_is_the_registrys() -> None:
    aux = {"Tag": "4011ab", "Digest": DIGEST, "Size": 1}
    assert push(REFERENCE, engine({"status": "Pushed"}, {"progressDetail": {}, "aux": aux}, {"aux": None})) == DIGEST


def test_a_registry_that_says_no_digest() -> None:
    with pytest.raises(ClusterError) as caught:
        push(REFERENCE, engine({"status": "Pushed"}))
    assert str(caught.value) == (f"the registry has taken {REFERENCE}, but does not say by which digest it knows it")


@pytest.mark.parametrize(
    ("said", "first", "hint"),
    [
        (
            "denied: requested access to the resource is denied",
            f"the registry refuses {REFERENCE}: denied: requested access to the resource is denied",
            LOG_IN,
        ),
        ("no basic auth credentials", f"the registry refuses {REFERENCE}: no basic auth credentials", LOG_IN),
        (
            'Get "https://king:crown@registry.example/token?account=king&scope=push": unauthorized:\n wrong',
            f'the registry refuses {REFERENCE}: Get "https://registry.example/token": unauthorized: wrong',
            LOG_IN,
        ),
        (
            'Get "http://registry.example:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused',
            f'the registry of {REFERENCE} does not answer: Get "http://registry.example:5000/v2/": dial tcp '
            "10.0.0.1:5000: connect: connection refused",
            START,
        ),
        ("EOF", f"the registry of {REFERENCE} does not answer: EOF", START),
        (
            "An image does not exist locally with the tag: shop",
            f"{REFERENCE} cannot be pushed: An image does not exist locally with the tag: shop",
            "Name another registry in cluster.registry.",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_the_account(said: str, first: str, hint: str) -> None:
    with pytest.raises(ClusterError) as caught:
        push(REFERENCE, engine({"status": "Preparing"}, {"errorDetail": {"message": said}, "error": said}))
    assert str(caught.value) == f"{first}\n{hint}"


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (
            DockerException("Credentials store error: docker-credential-safe not installed"),
            f"the registry refuses {REFERENCE}: Credentials store error: docker-credential-safe not installed",
        ),
        (APIError("no auth: forbidden"), f"the registry refuses {REFERENCE}: no auth: forbidden"),
        (requests.ReadTimeout("Read timed out."), f"the registry of {REFERENCE} does not answer: Read timed out."),
    ],
)
def test_what_docker_raises(error: Exception, first: str) -> None:
    with pytest.raises(ClusterError) as caught:
        push(REFERENCE, engine(error=error))
    assert caught.value.summary == first
    assert caught.value.__suppress_context__
