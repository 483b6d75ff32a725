"""Whether a cluster's API server answers, and in words why it does not."""

from __future__ import annotations

import ssl
from pathlib import Path

import urllib3.exceptions
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_fixed

from kube_acceptance.console import progress

ANSWERS_WITHIN = (5.0, 15.0)
"""Seconds to connect and to read."""
RETURNS_WITHIN = 30.0
"""Seconds in which a server that is restarted answers again."""
EVERY = 2.0  # seconds
NO_MORE = "does not answer any more"
"""What is said of a cluster that vanished."""


def asking_once(kubeconfig: Path) -> client.ApiClient:
    """An API client that tries nothing twice."""
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    configuration.retries = 0
    return client.ApiClient(configuration)


def silence(name: str, kubeconfig: Path, within: float = RETURNS_WITHIN) -> str:
    """What is to be said of a cluster that does not answer; empty where it does, with a refusal too.

    Args:
        name: The cluster's name.
        kubeconfig: How it is reached.
        within: Seconds in which it may come back.
    """
    try:
        api = asking_once(kubeconfig)
    except ConfigException as error:
        return f"the cluster {name} {NO_MORE}: its kubeconfig cannot be read: {' '.join(str(error).split())}"

    def ask() -> str:
        try:
            client.VersionApi(api).get_code(_request_timeout=ANSWERS_WITHIN)
        except ApiException:
            return ""
        except urllib3.exceptions.HTTPError as error:
            return f"the cluster {name} {NO_MORE}: {trouble(error, api.configuration.host)}"
        return ""

    def first(state: RetryCallState) -> None:
        if state.attempt_number == 1:
            progress(f"the cluster {name} does not answer; it has {within:g} s to come back")

    asked = Retrying(
        before_sleep=first,
        retry=retry_if_result(bool),
        stop=stop_after_delay(within),
        wait=wait_fixed(EVERY),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else "",
    )
    return asked(ask)


def said_of(error: Exception) -> str:
    """What is to be said of an error of the API client; empty for every other error."""
    if not isinstance(error, ApiException | urllib3.exceptions.HTTPError):
        return ""
    pool = getattr(error, "pool", None)
    return trouble(error, f"{pool.scheme}://{pool.host}:{pool.port}" if pool else "the API server")


def trouble(error: Exception, server: str) -> str:
    """Why a server's answer is no use, in words.

    Args:
        error: What the API client raised.
        server: The server's address.
    """
    if isinstance(error, ApiException):
        if error.status == 401:
            return "the server does not know the account (401); log in again"
        return f"the server refuses: {error.status} {error.reason}"
    reason: object = getattr(error, "reason", error)
    if isinstance(reason, urllib3.exceptions.SSLError):
        reason = reason.args[0] if reason.args else reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of {server} is not valid: {reason.verify_message}"
    return f"{server} does not answer ({type(reason).__name__})"
