"""A Prometheus of the release: which pods it measures, what it has counted, and which alerts it raises."""

from kube_acceptance.monitoring.alerts import must_alert, must_judge
from kube_acceptance.monitoring.counts import Counts, must_have_grown
from kube_acceptance.monitoring.dashboards import without_data
from kube_acceptance.monitoring.prometheus import Prometheus
from kube_acceptance.monitoring.targets import Tier, must_measure

__all__ = [
    "Counts",
    "Prometheus",
    "Tier",
    "must_alert",
    "must_have_grown",
    "must_judge",
    "must_measure",
    "without_data",
]
