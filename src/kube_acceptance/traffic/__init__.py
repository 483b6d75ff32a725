"""Requests that go on all the while from a pod out of the reach of faults, each answer on record."""

from kube_acceptance.traffic.request import Answer, Request
from kube_acceptance.traffic.traffic import Traffic

__all__ = ["Answer", "Request", "Traffic"]
