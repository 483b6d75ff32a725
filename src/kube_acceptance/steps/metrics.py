"""Metrics: what pods tell Prometheus, and what the metrics server measures of them."""

from __future__ import annotations

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import metrics
from kube_acceptance.state.inside import Inside
from kube_acceptance.vocabulary import assertion, given


@assertion('every "{component}" pod tells the metric "{metric}" on port {port:d}')
def tells_metric(inside: Inside, component: str, metric: str, port: int) -> None:
    """Each of a tier's pods has that metric at `/metrics`, read from inside of the pod."""
    found = metrics.read(inside, metric, component, port)
    note(f"{metric}: {', '.join(f'{value:g}' for value in found.values.values())}")


@given('the metric "{metric}" of the "{component}" pods on port {port:d}', target_fixture="reading")
def remember_metric(inside: Inside, component: str, metric: str, port: int) -> metrics.Reading:
    """Remembers a metric, summed over the pods of a tier and over its labels."""
    return metrics.read(inside, metric, component, port)


@assertion("the metric has grown by at least {least:g}", example="the metric has grown by at least 1")
def metric_has_grown(inside: Inside, reading: metrics.Reading, least: float) -> None:
    """The remembered metric is higher now by so much, in the same pods."""
    now = metrics.read(inside, reading.metric, reading.component, reading.port)
    note(f"{reading.metric}: {metrics.must_have_grown(reading, now, least):g} more")


@assertion('the CPU and memory of every "{component}" container are measured, and below their limits')
def measured_below_limits(release: Release, component: str) -> None:
    """The metrics server knows what every container uses, and it is less than its limits."""
    for line in metrics.must_be_below_limits(release, component):
        note(line)
