"""Feature files as pytest collects them, and what is wrong with them before anything starts."""

from kube_acceptance.gherkin.check import problems
from kube_acceptance.gherkin.collect import FeatureFile, tags_key

__all__ = ["FeatureFile", "problems", "tags_key"]
