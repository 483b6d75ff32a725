"""A cluster that stays lacks something, and leaves the scenario out; one of the run's own fails it."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Existing, Kind, Minikube
from kube_acceptance.cluster.lacks import leave_out
from kube_acceptance.errors import AcceptanceError, ClusterError, WaitError
from kube_acceptance.fixtures import install
from kube_acceptance.state import autoscalers, objects
from kube_acceptance.state.metrics import measured

CLAIM = "claim data cannot be bound: no persistent volumes available for this claim and no storage class is set"
METRICS = (
    "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not "
    "find the requested resource (get pods.metrics.k8s.io)"
)


def there_before(*, strict: bool = False) -> Any:
    made = Existing.__new__(Existing)
    made.name, made._strict = "here", strict
    return made


def own() -> Any:
    return Kind.__new__(Kind)


def release(provider: Any) -> Any:
    def wait(within: float) -> None:
        raise WaitError(f"{CLAIM} (waited for release shop)")

    return Object(
        name="shop",
        namespace="shop",
        cluster=Object(provider=provider, new_client=lambda: None),
        install=lambda: None,
        wait_until_ready=wait,
    )


def test_other_failures_are_none_of_its_business() -> None:
    leave_out(there_before(), "claim data cannot be bound: the disk is full")


def test_no_default_storage_class() -> None:
    redactor: Any = Object(learn=lambda release: None)
    with pytest.raises(pytest.skip.Exception) as caught:
        install(release(there_before()), redactor)
    assert str(caught.value) == f"context here has no default storage class: {CLAIM} (waited for release shop)"
    with pytest.raises(ClusterError, match=r"^context here has no default storage class: claim data"):
        install(release(there_before(strict=True)), redactor)
    with pytest.raises(WaitError, match=r"^claim data"):
        install(release(own()), redactor)


def test_an_autoscaler_without_the_metrics_api(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": METRICS}
    monkeypatch.setattr(objects, "read", lambda *_: {"status": {"conditions": [condition]}})
    with pytest.raises(pytest.skip.Exception) as caught:
        autoscalers.must_measure(release(there_before()), "web")
    assert str(caught.value) == (
        f"context here has no metrics API: HorizontalPodAutoscaler web measures nothing: {METRICS}"
    )
    with pytest.raises(AcceptanceError, match=r"^HorizontalPodAutoscaler web measures nothing"):
        autoscalers.must_measure(release(own()), "web")


def test_too_few_nodes_where_their_number_is_not_the_projects_to_say() -> None:
    with pytest.raises(pytest.skip.Exception) as caught:
        there_before().too_few_nodes("web pods cannot be spread")
    assert str(caught.value) == "context here has too few nodes: web pods cannot be spread"
    minikube = Minikube.__new__(Minikube)
    minikube._strict = False
    with pytest.raises(pytest.skip.Exception) as caught:
        minikube.too_few_nodes("web pods cannot be spread")
    assert str(caught.value) == "Minikube's cluster has one node: web pods cannot be spread"
    minikube._strict = True
    with pytest.raises(ClusterError, match=r"^Minikube's cluster has one node: web pods cannot be spread$"):
        minikube.too_few_nodes("web pods cannot be spread")
    own().too_few_nodes("web pods cannot be spread")  # returns, and fails as too few nodes do


@pytest.mark.parametrize("status", [404, 503])
def test_measurements_without_the_metrics_api(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ApiException(status, "No")

    monkeypatch.setattr(client, "CustomObjectsApi", lambda _: Object(list_namespaced_custom_object=refuse))
    with pytest.raises(AcceptanceError) as failed:
        measured(release(own()))
    assert str(failed.value) == f"the metrics server does not answer ({status} No)"
    with pytest.raises(pytest.skip.Exception if status == 404 else AcceptanceError) as caught:
        measured(release(there_before()))
    assert str(caught.value) == ("context here has no metrics API" if status == 404 else str(failed.value))
