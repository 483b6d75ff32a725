"""Reachability between pods, proved at both ends: allowed, blocked or broken."""

from kube_acceptance.probe.canary import Enforcement, check_enforcement
from kube_acceptance.probe.matrix import Expectation, every_pair
from kube_acceptance.probe.outcome import Outcome, Protocol, Result
from kube_acceptance.probe.reachability import Reachability
from kube_acceptance.probe.report import Report

__all__ = [
    "Enforcement",
    "Expectation",
    "Outcome",
    "Protocol",
    "Reachability",
    "Report",
    "Result",
    "check_enforcement",
    "every_pair",
]
