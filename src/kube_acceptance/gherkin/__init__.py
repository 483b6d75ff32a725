"""Feature files as pytest collects them, and what is wrong with them before anything starts."""

from kube_acceptance.gherkin.inspection import Inspection
from kube_acceptance.gherkin.mistakes import Kind, Mistake

__all__ = ["Inspection", "Kind", "Mistake"]
