"""Acceptance tests for Kubernetes deployments, written as behaviour and proved on the running system."""
