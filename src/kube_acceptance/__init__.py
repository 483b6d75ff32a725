"""Acceptance tests for Kubernetes deployments, written as behaviour and proved on the running system."""

from kube_acceptance.errors import pending

__all__ = ["pending"]
