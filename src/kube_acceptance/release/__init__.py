"""Releases: a chart rendered, installed, upgraded and removed by Helm, and what it became in the cluster."""

from kube_acceptance.release.chart import Chart
from kube_acceptance.release.release import Release

__all__ = ["Chart", "Release"]
