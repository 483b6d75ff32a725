"""Images brought to a registry by Docker's API, with the account that Docker itself keeps for it."""

from __future__ import annotations

import re

import requests
import urllib3.exceptions
from docker.client import DockerClient
from docker.errors import DockerException

from kube_acceptance.errors import ClusterError

_SILENCE = ("dial tcp", "no such host", "timeout", "timed out", "connection re", "eof", "tls:", "x509", "https client")
_REFUSALS = ("unauthorized", "denied", "no basic auth", "authentication required", "forbidden", "credential")
# accounts and tokens may stand before a host and behind a question mark
_PRIVATE = re.compile(r"(?<=//)[^/@\s\"]+@|\?[^\s\"]*")


def push(reference: str, client: DockerClient) -> str:
    """Push an image to the registry that its name begins with, and return the digest by which that knows it.

    Args:
        reference: The image, `REGISTRY/NAME:TAG`.
        client: The Docker engine.

    Raises:
        ClusterError: The registry refuses it, or does not answer; never with what the account is.
    """
    repository, _, tag = reference.rpartition(":")
    digest = ""
    try:
        for said in client.api.push(repository, tag=tag, stream=True, decode=True):
            if problem := said.get("error"):
                raise _failure(reference, str(problem))
            digest = (said.get("aux") or {}).get("Digest") or digest
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _failure(reference, str(error)) from None  # what it was made from may name the account
    if not digest:
        raise ClusterError(f"the registry has taken {reference}, but does not say by which digest it knows it")
    return digest


def _failure(reference: str, said: str) -> ClusterError:
    why = _PRIVATE.sub("", " ".join(said.split()))
    if any(sign in why.lower() for sign in _SILENCE):
        return ClusterError(
            f"the registry of {reference} does not answer: {why}",
            hint="Start it, or name another one in cluster.registry.",
        )
    if any(sign in why.lower() for sign in _REFUSALS):
        return ClusterError(
            f"the registry refuses {reference}: {why}",
            hint="Log in with `docker login`, or name another registry in cluster.registry.",
        )
    return ClusterError(f"{reference} cannot be pushed: {why}", hint="Name another registry in cluster.registry.")
