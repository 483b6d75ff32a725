"""Reachability between pods, proved at both ends: allowed, blocked or broken."""

from kube_acceptance.probe.canary import Enforcement, check_enforcement
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.reachability import Reachability
from kube_acceptance.probe.report import Report

__all__ = [
    "Enforcement",
    "Expectation",
    "Outcome",
    "Protocol",
    "Reachability",
    "Report",
    "check_enforcement",
]
