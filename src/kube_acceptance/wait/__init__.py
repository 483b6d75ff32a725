"""Waits that say why: `eventually` and `consistently`, woken by the cluster and ended early by what cannot recover."""

from kube_acceptance.wait.until import Seen, consistently, eventually

__all__ = ["Seen", "consistently", "eventually"]
